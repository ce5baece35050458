"""Xylo: one core, clock cycles by the vendor's model, power measured while it computes."""

from collections.abc import Iterator
from typing import NamedTuple

from spikefit_nb.hardware.counts import Chip, Counts, RunCounts
from spikefit_nb.hardware.family import Family
from spikefit_nb.hardware.need import Need, counted


class XyloCycles(NamedTuple):
    """Clock cycles of each thing Xylo does in a step, by the vendor's model."""

    # Source: synsense/rockpool@126ecd0 rockpool/devices/xylo/syns63300/power_cycles_model.py.

    input_event: float = 3.5
    input_channel: float = 1
    recurrent_event: float = 7
    hidden_neuron: float = 22
    spike: float = 3
    output_spike: float = 1
    output_event: float = 8
    output_neuron: float = 12


VENDOR_CYCLES = XyloCycles()


def xylo_cycles(
    *,
    n_inputs: int,
    n_input_targets: int,
    n_hidden: int,
    n_recurrent: int,
    n_output_sources: int,
    n_outputs: int,
    n_aliases: int = 0,
    input_activity: float = 1.0,
    hidden_activity: float = 1.0,
    cycles: XyloCycles = VENDOR_CYCLES,
) -> float:
    """Clock cycles of one step of Xylo, by the vendor's model; the worst case by default."""
    # Source: synsense/rockpool@126ecd0 rockpool/devices/xylo/syns63300/power_cycles_model.py (Xylo
    # IMU and Audio 3); syns61201 (Audio 2) differs only in counting all hidden neurons as targets
    # and sources.
    p, alias = hidden_activity, n_aliases / max(n_hidden, 1)
    repeated = (
        2 * max(p, alias * alias)
        + 3 * max(p * alias, alias * alias)
        + p
        + alias * max(p, alias)
        - 3 * p
    )
    return (
        n_inputs * (input_activity * n_input_targets * cycles.input_event + cycles.input_channel)
        + cycles.recurrent_event * p * n_recurrent
        + n_output_sources * p * (cycles.output_spike + cycles.output_event * n_outputs)
        + n_hidden * (cycles.hidden_neuron + cycles.spike * p + repeated)
        + cycles.output_neuron * n_outputs
    )


def xylo_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Hidden neurons a hidden neuron reaches, and weights in all: the mean fan-out of the device
    times its neurons.
    """
    for name, reached in counts.hidden_reached.items():
        if chip.has("fan_out_per_neuron") and reached:
            what = "hidden neurons that one reaches"
            yield counted(what, reached, name, "fan_out_per_neuron", chip)
    if not chip.has("hidden_neurons"):
        return
    totals = {"mean_fan_out_output": ("synapses to the outputs", counts.n_to_output)}
    if not chip.has("recurrent_synapses"):  # the same limit, as a total
        recurrent = ("synapses between hidden neurons", counts.n_recurrent)
        totals = {"mean_fan_out_recurrent": recurrent} | totals
    for figure, (what, need) in totals.items():
        if chip.has(figure):
            most = chip.value(figure) * chip.value("hidden_neurons")
            yield counted(what, need, "the whole network", figure, chip, limit=most)


def _cycles(chip: Chip, run: RunCounts) -> float:
    into, n_sources = run.n_input_targets, run.n_output_sources
    if chip.value("input_targets") >= chip.value("hidden_neurons"):
        into = n_sources = run.n_hidden  # Audio 2 visits all, connected or not
    return run.n_steps * xylo_cycles(
        n_inputs=run.n_inputs,
        n_input_targets=into,
        n_hidden=run.n_hidden,
        n_recurrent=run.n_recurrent,
        n_output_sources=n_sources,
        n_outputs=run.n_outputs,
        input_activity=run.input_activity,
        hidden_activity=run.hidden_activity,
        cycles=XyloCycles(*(chip.value(f"cycles_{name}") for name in XyloCycles._fields)),
    )


FAMILY = Family(
    several_chips=False,
    one_core=True,
    needs=xylo_needs,
    figures=("fan_out_per_neuron", "mean_fan_out_recurrent", "mean_fan_out_output"),
    priced_by_power=True,
    cycles=_cycles,
    arithmetics=("xylo",),
)
