"""What a simulation leaves behind: who fired, when, and whether the answers were right."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np

from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.units import text

Decode = Literal["count", "first_spike", "potential"]
DECODES: tuple[Decode, ...] = get_args(Decode)

ANSWERS = {
    "first_spike": "the output neuron that fires first",
    "potential": "the highest potential of the output, summed over the steps",
}


class SpikeEvents(NamedTuple):
    """Every spike of every population, inputs included, and which neurons were updated.

    The events of sample ``s`` and step ``t`` are ``neuron[ptr[k]:ptr[k + 1]]`` with
    ``k = s * n_steps + t``.
    """

    ptr: np.ndarray  # (n_samples * n_steps + 1,) int64
    neuron: np.ndarray  # (n_events,) int32, in the network-wide index: inputs first
    count: np.ndarray  # type: ignore[assignment]  # (n_events,) int32
    updated: np.ndarray  # (n_samples, n_steps, bytes) uint8: bit k of the neuron n_channels + k

    def of(
        self, first: int, n_neurons: int, rows: slice = slice(None)
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row (of those of ``ptr``), neuron from ``first`` on and count of each event of some."""
        ptr = self.ptr[rows]
        row = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
        neuron = self.neuron[ptr[0] : ptr[-1]] - first
        here = (neuron >= 0) & (neuron < n_neurons)
        return row[here], neuron[here], self.count[ptr[0] : ptr[-1]][here]


def wilson_interval(n_right: int, n: int) -> tuple[float, float]:
    """Bound the true proportion behind ``n_right`` of ``n``, at 95 %.

    Parameters
    ----------
    n_right, n : int

    Returns
    -------
    (float, float)

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22(158):209-212, the score interval.

    Examples
    --------
    >>> low, high = wilson_interval(350, 360)
    >>> round(low, 3), round(high, 3)
    (0.95, 0.985)
    """
    z, p = 1.959963984540054, n_right / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))


def accuracy_of(n_right: int | None, n_samples: int, run: str = "") -> tuple[Quantity, ...]:
    """The share of right answers with its interval, as a quantity; none without labels.

    Parameters
    ----------
    n_right : int or None
    n_samples : int
    run : str, which of several runs, such as "before"

    Returns
    -------
    tuple of Quantity, one or none

    Examples
    --------
    >>> [(q.name, q.text) for q in accuracy_of(350, 360, "before")]
    [('accuracy_before', '97.2 %, 95.0 to 98.5 %')]
    """
    if n_right is None:
        return ()
    name, label = "_".join(("accuracy", run)).rstrip("_"), f"Accuracy {run}".rstrip()
    ends = wilson_interval(n_right, n_samples)
    return (Quantity(name, label, n_right / n_samples, "%", *ends),)


@dataclass(frozen=True, eq=False, repr=False)
class SpikeRecord(Result):
    """Spikes of one network on one data set.

    Parameters
    ----------
    spike_counts : dict of population name to (n_samples, n_neurons) int32
    output_spikes : (n_samples, n_steps, n_classes) uint8
        Or int32, where a neuron may fire several times a step.
    output_potential : (n_samples, n_steps, n_classes) float32 or None
        Before reset, where that is the answer.
    labels : (n_samples,) int64 or None
    decode : "count", "first_spike" or "potential"
        Most spikes win, or the earliest one, or the highest potential summed over steps.
    events : SpikeEvents or None
    synaptic_operations : (n_samples,) int64, spikes times the synapses they reach
    warnings : tuple of str
    overflows : dict of population name to int
        How often a number left a chip's range; empty where none did.
    arithmetic : str, the numbers it was run in

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.simulate import simulate
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> simulate(network, SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1]))
    SpikeRecord(100.0 % of 2 samples, 2 synaptic operations in 1 step)
    """

    spike_counts: dict[str, np.ndarray]
    output_spikes: np.ndarray
    output_potential: np.ndarray | None
    labels: np.ndarray | None
    decode: Decode
    events: SpikeEvents | None
    synaptic_operations: np.ndarray
    warnings: tuple[str, ...] = ()
    overflows: dict[str, int] = field(default_factory=dict)
    arithmetic: str = "float32"

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def n_samples(self) -> int:
        """Samples simulated."""
        return self.output_spikes.shape[0]

    @property
    def n_steps(self) -> int:
        """Steps of each."""
        return self.output_spikes.shape[1]

    @cached_property
    def predictions_by_step(self) -> np.ndarray:
        """The answer if the run were cut after each step, (n_samples, n_steps) int64.

        Ties go to the lowest index.
        """
        if self.decode == "first_spike":
            has_fired = np.maximum.accumulate(self.output_spikes > 0, axis=1)
            steps_since = np.cumsum(has_fired, axis=1, dtype=np.int32)  # most for the first
            return steps_since.argmax(axis=2)
        signal = self.output_spikes
        if self.output_potential is not None:
            signal = self.output_potential.astype(np.float64)
        return np.cumsum(signal, axis=1).argmax(axis=2)

    @property
    def predictions(self) -> np.ndarray:
        """The answer after the last step, (n_samples,) int64."""
        return self.predictions_by_step[:, -1]

    @property
    def n_right(self) -> int | None:
        """Right answers; None without labels."""
        return None if self.labels is None else int(np.sum(self.predictions == self.labels))

    @property
    def accuracy(self) -> float | None:
        """Share of right answers; None without labels."""
        return None if self.n_right is None else self.n_right / self.n_samples

    @property
    def accuracy_interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy, Wilson's score interval: what other samples might give."""
        return None if self.n_right is None else wilson_interval(self.n_right, self.n_samples)

    @property
    def accuracy_by_step(self) -> np.ndarray | None:
        """Accuracy if the run were cut after each step, (n_steps,)."""
        if self.labels is None:
            return None
        return (self.predictions_by_step == self.labels[:, None]).mean(axis=0)

    def _headline(self) -> str:
        steps = f"{self.n_steps} step{'s' if self.n_steps != 1 else ''}"
        right = "" if self.accuracy is None else f"{text(self.accuracy, '%')} of "
        read = "" if self.decode == "count" else f" read by {self.decode.replace('_', ' ')}"
        operations = f"{self.synaptic_operations.sum():,} synaptic operations"
        return f"{right}{self.n_samples} samples{read}, {operations} in {steps}"

    def _quantities(self) -> tuple[Quantity, ...]:
        operations = float(self.synaptic_operations.mean())
        fired = {name: float(n.mean() / self.n_steps) for name, n in self.spike_counts.items()}
        return (
            *accuracy_of(self.n_right, self.n_samples),
            Quantity("n_samples", "Samples", self.n_samples),
            Quantity("n_steps", "Steps", self.n_steps),
            Quantity("synaptic_operations", "Synaptic operations per inference", operations),
            *(
                Quantity("spikes_per_step", "Spikes per neuron and step", value, of=name)
                for name, value in fired.items()
            ),
        )

    def _notes(self) -> tuple[str, ...]:
        read = [] if self.decode == "count" else [f"Answer: {ANSWERS[self.decode]}"]
        if ARITHMETICS[self.arithmetic].is_integer:
            read.append(f"Neurons count in integers, as {self.arithmetic} does")
        return (*read, *self.warnings)

    def _card(self) -> tuple[str, ...]:
        title = f"{self.n_samples} samples run"
        if self.accuracy is not None:
            title = f"{text(self.accuracy, '%')} right"
        return title, grid((q for q in self.quantities if q.of), "Population")
