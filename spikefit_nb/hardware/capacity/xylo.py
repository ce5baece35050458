"""What Xylo counts: fan-out of its hidden neurons, and clock cycles of a step."""

from typing import NamedTuple


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
    """Clock cycles that Xylo takes for one step, by the vendor's model; the worst case by default."""
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
