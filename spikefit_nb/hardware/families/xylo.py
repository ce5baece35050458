"""Xylo: one core, clock cycles by the vendor's model, power measured while it computes."""

from collections.abc import Iterator

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, Need, RunCounts, counted


def xylo_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Hidden neurons that one reaches, and weights in all: the device's mean fan-out times its
    neurons.
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


def xylo_cycles(chip: Chip, run: RunCounts) -> float:
    """Clock cycles by the vendor's model, for networks without aliases of neurons; several events
    of a neuron in a step cost as one.
    """
    # Source: synsense/rockpool@126ecd0 rockpool/devices/xylo/syns63300/power_cycles_model.py (Xylo
    # IMU and Audio 3); syns61201 (Audio 2) differs only in counting all hidden neurons as targets
    # and sources.
    into, n_sources, p = run.n_input_targets, run.n_output_sources, run.hidden_activity
    if chip.value("input_targets") >= chip.value("hidden_neurons"):
        into = n_sources = run.n_hidden  # Audio 2 visits all, connected or not
    per_input = run.input_activity * into * chip.value("cycles_input_event")
    per_source = chip.value("cycles_output_spike") + chip.value("cycles_output_event") * (
        run.n_outputs
    )
    per_hidden = chip.value("cycles_hidden_neuron") + chip.value("cycles_spike") * p
    return run.n_steps * (
        run.n_inputs * (per_input + chip.value("cycles_input_channel"))
        + chip.value("cycles_recurrent_event") * p * run.n_recurrent
        + n_sources * p * per_source
        + run.n_hidden * per_hidden
        + chip.value("cycles_output_neuron") * run.n_outputs
    )


FAMILY = Family(
    several_chips=False,
    one_core=True,
    needs=xylo_needs,
    figures=("fan_out_per_neuron", "mean_fan_out_recurrent", "mean_fan_out_output"),
    priced_by_power=True,
    cycles=xylo_cycles,
    arithmetics=("xylo",),
    is_live=True,
    leads_with=("power_w",),
)
