"""What an arithmetic makes of a population: neurons, and weights as a chip holds them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from spikefit_nb.kernels.neurons import State
from spikefit_nb.network import Population, Projection

NO_COLUMNS = np.zeros(0, np.int32)


class Neurons(NamedTuple):
    """The neurons of one population, ready to run."""

    kernel: Callable[..., int]  # of ``kernels``, the compiled function that runs them
    values: Any  # a NamedTuple: their parameters as that kernel reads them
    # before the first step, (n_neurons,) in the numbers of the kernel; none where it has no such
    v: np.ndarray
    i: np.ndarray = NO_COLUMNS
    w: np.ndarray = NO_COLUMNS
    fired: np.ndarray = NO_COLUMNS
    most_spikes: int | None = 1  # a neuron can send in a step; None: no bound
    current: type = np.int32  # of what arrives; np.float32 where nothing is rounded
    graded: bool = False  # whether a spike carries a number with a sign, in float32

    @property
    def amounts(self) -> type | None:
        """The numbers that spikes carry; None where each is one spike."""
        if self.graded:
            return np.float32
        return None if self.most_spikes == 1 else np.int32

    def start(self, n_samples: int) -> State:
        """What the neurons remember before the first step."""
        return State(
            *(np.tile(each, (n_samples, 1)) for each in (self.v, self.i, self.w, self.fired)),
            idle=np.zeros(n_samples, np.int64),
            overflows=np.zeros(n_samples, np.int64),
        )

    def n_bytes(self, n_samples: int) -> int:
        """Memory of parameters and state."""
        fixed = sum(each.nbytes for each in self.values if isinstance(each, np.ndarray))
        return fixed + n_samples * sum(x.nbytes for x in (self.v, self.i, self.w, self.fired))


@dataclass(frozen=True, eq=False)
class Prepared:
    """A population in the numbers of an arithmetic."""

    neurons: Neurons
    projections: tuple[Projection, ...]  # into it, with the weights as the chip holds them
    # float32 or int32, (1,) or (n_neurons,): what sums of stored weights are worth as a current
    scales: tuple[np.ndarray, ...]
    notes: tuple[str, ...] = ()  # what was rounded on the way, in words
    most_input: int | None = None  # spikes of a channel the chip takes in a step; None: no bound
    coarser: "Callable[[], Prepared] | None" = None  # where numbers of a run leave their range
    meets: bool = False  # fires at its threshold, as its network says: the chip's own cannot


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
    per_event: bool = False  # whether the chip has no steps: a neuron fires once for each event
