"""What the rules of a family are given: the figures of a chip, and counts of a network and a run.

Hardware does not know networks: the rooms above count, each thing when it is asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from spikefit_nb.hardware.sourced import Sourced


class Chip(Protocol):
    """The figures of a chip, as its profile gives them."""

    def has(self, name: str) -> bool:
        """Whether a figure is published."""
        ...

    def figure(self, name: str) -> Sourced:
        """One figure with its source."""
        ...

    def value(self, name: str) -> Any:
        """The value of a figure as published."""
        ...


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
    input_activity: float  # mean spikes of an input in a step
    hidden_activity: float  # mean spikes of a hidden neuron in a step
