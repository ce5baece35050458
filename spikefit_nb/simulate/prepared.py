"""What an arithmetic makes of a population: neurons, and weights as a chip holds them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from spikefit_nb.kernels.neurons import Fired, Seen
from spikefit_nb.network import Population, Projection


class Arriving(NamedTuple):
    """What reaches a population in a window: ``scale * sums`` is the current."""

    sums: np.ndarray  # (n_samples, n_window, n_neurons)
    scale: np.ndarray  # (1,) or (n_neurons,)
    n_last: int  # channels that lie side by side in the sums, see kernels.deliver.collect


class Neurons(Protocol):
    """The neurons of one population, ready to run."""

    current: type  # of the current that arrives: np.float32, or np.int32 for a chip's integers

    @property
    def kernel(self) -> Callable[..., int]:
        """The compiled function that runs them."""
        ...

    @property
    def amounts(self) -> bool:
        """Whether a neuron may fire several times a step."""
        ...

    def start(self, n_samples: int, wants_all: bool) -> tuple:
        """State before the first step; ``wants_all``: no step may be skipped, all are looked at."""
        ...

    def run(
        self,
        state: tuple,
        arriving: Arriving,
        arrived: np.ndarray,
        first_step: int,
        out: Fired,
        seen: Seen,
    ) -> int:
        """Run a window of steps; returns the number of events."""
        ...

    def overflows(self, state: tuple) -> int:
        """How often a number left its range so far."""
        ...

    def n_bytes(self, n_samples: int) -> int:
        """Memory of parameters and state."""
        ...


@dataclass(frozen=True, eq=False)
class Prepared:
    """A population in the numbers of an arithmetic."""

    neurons: Neurons
    projections: tuple[Projection, ...]  # into it, with the weights as the chip holds them
    # float32 or int32, (1,) or (n_neurons,): what sums of stored weights are worth as a current
    scales: tuple[np.ndarray, ...]
    notes: tuple[str, ...] = ()  # what was rounded on the way, in words
    most_spikes: int | None = 1  # a neuron can send in a step; None: no bound
    most_input: int | None = None  # spikes of a channel the chip takes in a step; None: no bound


class Prepare(Protocol):
    """How one population is put in the numbers of an arithmetic."""

    def __call__(
        self,
        population: Population,
        incoming: tuple[Projection, ...],
        dt_s: float,
        *,
        is_last: bool,
    ) -> Prepared:
        """Put a population and the projections into it in these numbers."""
        ...


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Numbers of one kind, and what they mean for weights."""

    prepare: Prepare
    is_integer: bool = True  # whether neurons count in the integers of a chip
    scales_per_neuron: bool = False  # whether thresholds make up for a scale each neuron has
    reads_zero_weights: bool = False  # whether a synapse of weight zero updates its neuron too
