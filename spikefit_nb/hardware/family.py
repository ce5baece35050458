"""The contract of a family of chips: what its rules are given, what they answer, and what holds
where a family has none of its own.

Hardware does not know networks: the rooms above count, each thing when it is asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.units import text


class LayerWords(NamedTuple):
    """What one layer needs of a core, or what one core has."""

    kernel_words: int  # for weights
    neuron_words: int  # for membrane states
    biases: int = 0


class LayerCounts(NamedTuple):
    """A projection as a layer."""

    where: str
    is_first: bool  # whether inputs feed it
    is_convolution: bool  # or dense: a kernel over its whole input
    channels: int
    filters: int
    size: tuple[int, int]  # y and x of its input
    kernel: tuple[int, int]
    stride: tuple[int, int]
    same_size: bool  # whether its output is as large as its input, but for pooling and stride
    weight_bits: int | None  # None: weights as trained


class Counts(Protocol):
    """What a rule can ask of a network on the cores of a chip."""

    n_channels: int  # inputs
    n_neurons: int
    # every projection
    layers: Sequence[LayerCounts]
    # of each population, by the family's own ``layer_words``
    layer_words: Mapping[str, LayerWords]
    # (n_cores,) int64, core of the chip for each core in use
    places: np.ndarray
    # (n_channels + n_neurons, 2) int64, synapses of positive and of negative weight from each
    synapses_by_sign: np.ndarray
    # (n_neurons,) int64 of each population, rows of synapses onto each neuron: one a source, two
    # where the weights of the source have both signs
    rows_by_sign: Mapping[str, np.ndarray]
    # of each population, the most hidden neurons that a hidden neuron of it reaches
    hidden_reached: Mapping[str, int]
    n_recurrent: int  # synapses between hidden neurons
    n_to_output: int  # synapses from hidden neurons to the output
    # (n_sets,) int64, hidden neurons of each set of threshold and decay
    hidden_alike: np.ndarray
    # of each input and population with synapses, its neurons and the longest delay of its spikes
    longest_delays: Mapping[str, tuple[int, int]]
    # of each core, its label and the different magnitudes of the weights on it
    magnitudes: Sequence[tuple[str, np.ndarray]]

    def chips_reached(self, cores_per_chip: int) -> tuple[int, str]:
        """The most chips of so many cores that a neuron sends to, and the label of its core."""
        ...


class RunCounts(NamedTuple):
    """What a rule is told of a run, per inference."""

    n_steps: int
    synaptic_operations: float
    scheduled_spikes: float  # of inputs, and of neurons that have synapses
    n_inputs: int  # channels
    n_input_targets: int  # hidden neurons that inputs reach
    n_hidden: int  # neurons that are not the output
    n_recurrent: int  # synapses between hidden neurons
    n_output_sources: int  # hidden neurons that reach the output
    n_outputs: int
    input_activity: float  # share of the steps of an input in which it has an event, or several
    hidden_activity: float  # share of the steps of a hidden neuron in which it fires


@dataclass(frozen=True)
class Need:
    """One thing a network needs and a chip limits.

    Parameters
    ----------
    what : str, in words
    need, limit : number or str
    where : str, population, projection or core
    figure : str, the name of the profile's figure that sets the limit
    source : str, of the limit
    met : bool

    Examples
    --------
    >>> Need("neurons on a core", 300, 256, "hidden 0-299", "neurons_per_core", "a paper", False)
    Need(neurons on a core: needs 300, limit 256, at hidden 0-299)
    """

    what: str
    need: object
    limit: object
    where: str
    figure: str
    source: str
    met: bool

    @property
    def share(self) -> float | None:
        """Need over limit; None where they are not numbers."""
        numbers = isinstance(self.need, int | float) and isinstance(self.limit, int | float)
        return float(self.need) / float(self.limit) if numbers and self.limit else None

    @property
    def words(self) -> str:
        """What is needed, the limit, and where, for a sentence."""
        return f"{self.what}: needs {text(self.need)}, limit {text(self.limit)}, at {self.where}"

    def __repr__(self) -> str:
        return f"Need({self.words})"


def counted(
    what: str, need: float, where: str, figure: str, chip: Chip, *, limit: float | None = None
) -> Need:
    """Hold a number against the figure that limits it from above.

    Parameters
    ----------
    what : str, in words
    need : number
    where : str, population, projection or core
    figure : str; of a list, the largest number is the limit
    chip : HardwareProfile
    limit : number or None, where it only follows from the figure

    Returns
    -------
    Need

    Raises
    ------
    NotPublished
        The chip has no such figure.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> chip = load_profile("truenorth")
    >>> counted("neurons on a core", 300, "hidden", "neurons_per_core", chip).met
    False
    """
    sourced = chip.figure(figure)
    if limit is None:
        value: Any = sourced.value
        limit = max(value) if isinstance(value, tuple) else value
    is_met = need <= limit
    return Need(what, need, limit, where, figure, source=sourced.source, met=is_met)


def among(what: str, need: object, where: str, figure: str, chip: Chip) -> Need:
    """Hold what must be one of those that a figure lists against that list.

    Parameters
    ----------
    what : str, in words
    need : number or str
    where : str, population, projection or core
    figure : str
    chip : HardwareProfile

    Returns
    -------
    Need

    Raises
    ------
    NotPublished
        The chip has no such figure.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> among("reset mode", "subtract", "hidden", "resets", load_profile("loihi1"))
    Need(reset mode: needs subtract, limit zero, at hidden)
    """
    sourced = chip.figure(figure)
    values: tuple = sourced.value  # type: ignore[assignment]
    limit = ", ".join(map(text, values))
    return Need(what, need, limit, where, figure, source=sourced.source, met=need in values)


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
    row_bits : (n_synapses of each row of weights that axons share on a core, neurons that rows of
        that core span, bits of a stored weight, steps of delay) -> bits of each row; None: weights
        alone
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
    is_live : bool, whether it is built for input as it comes, at the pace of the world
    is_analog : bool, whether its circuits differ from one another as transistors do
    leads_with : tuple of str, what papers on the family tell first, and so do reports:
        "event_energy_j", "energy_j", "power_w" (at its tick, or a rate of input events) or
        "board_power_w"

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
    row_bits: Callable[[np.ndarray, np.ndarray, int, int], np.ndarray] | None = None
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
    is_live: bool = False
    is_analog: bool = False
    leads_with: tuple[str, ...] = ("event_energy_j", "energy_j")
