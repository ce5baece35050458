"""What is particular to a family of chips, and what holds where nothing is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spikefit_nb.hardware.counts import Chip, Counts, LayerWords, RunCounts
from spikefit_nb.hardware.need import Need


def stored_width(weight_bits: int, available: Sequence[int]) -> int:
    """Find the narrowest stored width that holds a value; the widest where none does.

    Parameters
    ----------
    weight_bits : int
    available : sequence of int, widths that a chip stores

    Returns
    -------
    int

    References
    ----------
    nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.WEIGHT_BITS_MAP (a weight of 7
    bits is stored in 8).

    Examples
    --------
    >>> stored_width(7, [1, 2, 3, 4, 5, 6, 8])
    8
    """
    return min((bits for bits in available if bits >= weight_bits), default=max(available))


def plain_axon_bits(
    n_synapses: np.ndarray, n_neurons: np.ndarray, weight_bits: int, delay_steps: int
) -> np.ndarray:
    """Memory at the very least: weights, without index, header or padding."""
    # Source: arithmetic; the log: lava-nc/lava-dl@12f0402
    # tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb and @1878d6d
    # pilotnet_sdnn/benchmark.ipynb, outputs of the run cells.
    return n_synapses * weight_bits


def plain_layer_words(
    kernels: Sequence[tuple[int, int, int, int]], shape: tuple[int, int, int], has_bias: bool
) -> LayerWords:
    """A word for each weight, each neuron, and each channel's bias."""
    n_weights = sum(n_in * n_out * y * x for n_in, n_out, y, x in kernels)
    n_maps, y, x = shape
    return LayerWords(n_weights, n_maps * y * x, n_maps if has_bias else 0)


def plain_cycles(chip: Chip, run: RunCounts) -> float:
    """Clock cycles of the spikes, the synaptic operations and the steps of an inference."""
    return (
        run.scheduled_spikes * chip.value("cycles_spike")
        + run.synaptic_operations * chip.value("cycles_synapse")
        + run.n_steps * chip.value("cycles_step")
    )


def no_needs(chip: Chip, counts: Counts) -> Iterable[Need]:
    """Nothing is limited beyond the figures that all chips share."""
    return ()


@dataclass(frozen=True, eq=False)
class Family:
    """What chips of one family share beyond figures: how they are filled, priced and counted.

    One file of ``hardware/families/`` each; a family without particulars is ``Family()``.

    Parameters
    ----------
    several_chips : bool, whether several chips make one larger
    one_core : bool, whether the only core takes the whole network
    whole_layers : bool, whether a core takes one layer, which is never cut
    own_strides_at_inputs : bool, whether ``needs`` judges strides of the first layer, the figure
        those of the others
    axon_bits : (n_synapses of each axon on a core, neurons of that core, bits of a stored weight,
        steps of delay) -> bits of each axon, (n_axons,)
    layer_words : (kernels that lead into a layer as (n_in, n_out, y, x), its shape as (maps, y, x),
        whether it has a bias) -> LayerWords, where layers are whole
    assign : (LayerWords of each layer, LayerWords of each core) -> core of each layer or None,
        where layers have to find a core large enough
    needs : (chip, Counts) -> needs beside limits that only this family has
    figures : tuple of str, figures by which ``needs`` judges
    priced_by_power : bool, whether energy is the power of the computing chip times latency, not a
        sum over events
    operations_per_spike : int or None, synaptic operations of every spike; None: one a synapse
    cycles : (chip, RunCounts) -> clock cycles of an inference, where these make the step
    arithmetics : tuple of str, numbers that neurons of the family can count in, beside float32:
        names of files in ``simulate/arithmetic/``

    Examples
    --------
    >>> from spikefit_nb.hardware import FAMILIES, load_profile
    >>> family = FAMILIES[load_profile("odin").family]
    >>> family.one_core, family.several_chips, family.operations_per_spike
    (True, False, 256)
    """

    several_chips: bool = True
    one_core: bool = False
    whole_layers: bool = False
    own_strides_at_inputs: bool = False
    axon_bits: Callable[[np.ndarray, np.ndarray, int, int], np.ndarray] = plain_axon_bits
    layer_words: Callable[
        [Sequence[tuple[int, int, int, int]], tuple[int, int, int], bool], LayerWords
    ] = plain_layer_words
    assign: (
        Callable[[Sequence[LayerWords], Sequence[LayerWords]], tuple[int | None, ...]] | None
    ) = None
    needs: Callable[[Chip, Counts], Iterable[Need]] = no_needs
    figures: tuple[str, ...] = ()
    priced_by_power: bool = False
    operations_per_spike: int | None = None
    cycles: Callable[[Chip, RunCounts], float] = plain_cycles
    arithmetics: tuple[str, ...] = ()
