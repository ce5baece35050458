"""What Xylo counts: fan-out of its hidden neurons, and clock cycles of a step."""

from typing import NamedTuple


class XyloCycles(NamedTuple):
    """Clock cycles of each thing Xylo does in a step, by the vendor's model.

    Source: synsense/rockpool@126ecd0 rockpool/devices/xylo/syns63300/power_cycles_model.py.
    """

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
    """Clock cycles that Xylo takes for one step, by the vendor's model; the worst case by default.

    ``n_inputs * (p_in * n_input_targets * 3.5 + 1)  +  7 * p * n_recurrent + 3 * n_hidden
    +  n_output_sources * p * (1 + 8 * n_outputs)  +  n_hidden * (19 + v)  +  12 * n_outputs``, where with the share
    a of neurons that have an alias ``v = 2 max(p, a * a) + 3 max(p * a, a * a) + p + a max(p, a)``.

    Parameters
    ----------
    n_inputs, n_hidden, n_outputs : int, input channels, hidden and output neurons in use
    n_input_targets : int, hidden neurons with an input; all of them on Xylo Audio 2
    n_recurrent : int, synapses between hidden neurons that are not 0
    n_output_sources : int, hidden neurons that reach an output; all of them on Xylo Audio 2
    n_aliases : int, hidden neurons whose spikes another one repeats (residual blocks)
    input_activity, hidden_activity : float, share of channels and of hidden neurons that spike in a step
    cycles : XyloCycles

    Returns
    -------
    float, clock cycles

    Source: synsense/rockpool@126ecd0 rockpool/devices/xylo/syns63300/power_cycles_model.py (Xylo IMU and Audio 3);
    syns61201 (Audio 2) differs only in counting all hidden neurons as targets and sources.

    Examples
    --------
    >>> xylo_cycles(n_inputs=2, n_input_targets=4, n_hidden=8, n_recurrent=32, n_output_sources=4, n_outputs=2,
    ...             n_aliases=4)  # the network of the vendor's power tutorial
    562.0
    """
    p, alias = hidden_activity, n_aliases / max(n_hidden, 1)
    repeated = 2 * max(p, alias * alias) + 3 * max(p * alias, alias * alias) + p + alias * max(p, alias) - 3 * p
    return (
        n_inputs * (input_activity * n_input_targets * cycles.input_event + cycles.input_channel)
        + cycles.recurrent_event * p * n_recurrent
        + n_output_sources * p * (cycles.output_spike + cycles.output_event * n_outputs)
        + n_hidden * (cycles.hidden_neuron + cycles.spike * p + repeated)
        + cycles.output_neuron * n_outputs
    )
