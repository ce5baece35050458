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

FEW = 0.02  # of the answers: that many ties are nothing to be told of
ANSWERS = {
    "first_spike": "the output neuron that fires first",
    "potential": "the highest potential of the output, summed over the steps",
}
STEP_ANSWERS = {
    "count": "the class that fired most in the last step in which any fired",
    "potential": "the highest potential of the output in that step",
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


def wilson_interval(n_right: float, n: int) -> tuple[float, float]:
    """Bound the true proportion behind ``n_right`` of ``n``, at 95 %.

    Parameters
    ----------
    n_right : float, whole where the answers are independent
    n : int

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


def accuracy_of(
    n_right: int | None, n_answers: int, run: str = "", *, n_independent: int | None = None
) -> tuple[Quantity, ...]:
    """The share of right answers with its interval, as a quantity; none without labels.

    Parameters
    ----------
    n_right : int or None
    n_answers : int
    run : str, which of several runs, such as "before"
    n_independent : int, of the answers; None: all of them

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
    n = n_answers if n_independent is None else n_independent
    share = n_right / n_answers
    ends = wilson_interval(n_right if n == n_answers else share * n, n)
    return (Quantity(name, label, share, "%", *ends),)


@dataclass(frozen=True, eq=False, repr=False)
class SpikeRecord(Result):
    """Spikes of one network on one data set.

    Parameters
    ----------
    spike_counts : dict of population name to (n_samples, n_neurons) int32
        An input current other than zero, or a message of a SigmaDelta, counts once.
    output_spikes : (n_samples, n_steps, n_classes) uint8
        Or int32, where a neuron may fire several times a step.
    output_potential : (n_samples, n_steps, n_classes) float32 or None
        Before reset, where that is the answer.
    labels : (n_samples,) int64, or (n_samples, n_steps) with -1 where none is asked for, or None
    decode : "count", "first_spike" or "potential"
        Most spikes win, or the earliest one, or the highest potential summed over steps. Where
        every step has a label: most spikes in the last step in which any fired, or the highest
        potential of the step.
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

    @property
    def has_step_labels(self) -> bool:
        """Whether every step has a right answer of its own."""
        return self.labels is not None and self.labels.ndim == 2

    @cached_property
    def wanted(self) -> np.ndarray | None:
        """The right answers, in the order of ``predictions``, (n_answers,) int64; None without
        labels.
        """
        if self.labels is None or not self.has_step_labels:
            return self.labels
        return self.labels[self.labels >= 0]

    @property
    def n_answers(self) -> int:
        """Answers that are told: one a sample, or one a step that has a label."""
        return self.n_samples if self.wanted is None else len(self.wanted)

    @property
    def n_independent(self) -> int:
        """Samples with answers: the steps of one sample are not independent of each other."""
        if self.labels is None or not self.has_step_labels:
            return self.n_samples
        return int((self.labels >= 0).any(axis=1).sum())

    @property
    def scores_by_step(self) -> np.ndarray:
        """What each class has after each step, (n_samples, n_steps, n_classes): spikes, steps since
        its first spike, or potential summed over the steps; where every step has a label, of the
        last step with spikes, or of the step. Most wins.
        """
        if self.has_step_labels:
            return self._scores_of_steps
        if self.decode == "first_spike":
            has_fired = np.maximum.accumulate(self.output_spikes > 0, axis=1)
            return np.cumsum(has_fired, axis=1, dtype=np.int32)  # most for the first
        signal = self.output_spikes
        if self.output_potential is not None:
            signal = self.output_potential.astype(np.float64)
        return np.cumsum(signal, axis=1)

    @property
    def _scores_of_steps(self) -> np.ndarray:
        """What each class has in each step; of a step without spikes, what it had before."""
        if self.output_potential is not None:
            return self.output_potential.astype(np.float64)
        fires = self.output_spikes.any(axis=2)
        last = np.maximum.accumulate(np.where(fires, np.arange(self.n_steps), 0), axis=1)
        held: np.ndarray = np.take_along_axis(self.output_spikes, last[:, :, None], axis=1)
        return held.astype(np.int64)

    @cached_property
    def predictions_by_step(self) -> np.ndarray:
        """The answer if the run were cut after each step, (n_samples, n_steps) int64; where every
        step has a label, the answer of the step.

        Ties go to the lowest index.
        """
        return self.scores_by_step.argmax(axis=2)

    @property
    def margins_by_step(self) -> np.ndarray:
        """By how much the first class leads the second after each step, (n_samples, n_steps); of a
        single class what it has.
        """
        scores = self.scores_by_step
        if scores.shape[2] == 1:
            return scores[..., 0]
        scores.partition(scores.shape[2] - 2, axis=2)
        return scores[..., -1] - scores[..., -2]

    @property
    def predictions(self) -> np.ndarray:
        """The answer after the last step, (n_samples,) int64; where steps have labels, of every
        step that has one, sample after sample, (n_answers,).
        """
        return self._scores.argmax(axis=1)

    @cached_property
    def _scores(self) -> np.ndarray:
        """What each class has after the last step, as ``scores_by_step``, (n_answers, n_classes);
        whole numbers need no sum after every step.
        """
        if self.labels is not None and self.has_step_labels:
            return self._scores_of_steps[self.labels >= 0]
        if self.output_potential is not None:
            return self.scores_by_step[:, -1]
        if self.decode == "count":
            return self.output_spikes.sum(axis=1, dtype=np.int64)
        fires = self.output_spikes > 0
        return np.where(fires.any(axis=1), self.n_steps - fires.argmax(axis=1), 0)

    @property
    def n_right(self) -> int | None:
        """Right answers; None without labels."""
        return None if self.wanted is None else int(np.sum(self.predictions == self.wanted))

    @property
    def accuracy(self) -> float | None:
        """Share of right answers; None without labels."""
        return None if self.n_right is None else self.n_right / self.n_answers

    def accuracy_told(self, run: str = "") -> tuple[Quantity, ...]:
        """The accuracy with its interval as a quantity, of one of several runs; none without
        labels.
        """
        return accuracy_of(self.n_right, self.n_answers, run, n_independent=self.n_independent)

    @property
    def accuracy_interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy, Wilson's score interval: what other samples might give.

        Of labels of steps a sample counts as one answer: the share of its steps that are right
        varies no more than that (Bhatia & Davis 2000, Am. Math. Mon. 107(4):353-357).
        """
        told = self.accuracy_told()
        return (told[0].low, told[0].high) if told else None  # type: ignore[return-value]

    @property
    def accuracy_by_step(self) -> np.ndarray | None:
        """Accuracy if the run were cut after each step, (n_steps,); where steps have labels that of
        each step, NaN where none is asked for.
        """
        if self.labels is None:
            return None
        if self.has_step_labels:
            n_asked = (self.labels >= 0).sum(axis=0)
            right = (self.predictions_by_step == self.labels).sum(axis=0)
            return np.divide(right, n_asked, out=np.full(n_asked.size, np.nan), where=n_asked > 0)
        return (self.predictions_by_step == self.labels[:, None]).mean(axis=0)

    @property
    def confusion(self) -> np.ndarray | None:
        """Answers by label, (n_classes, n_classes) int64: a row a label, a column an answer; None
        without labels.
        """
        if self.wanted is None:
            return None
        n = max(self.output_spikes.shape[2], int(self.wanted.max()) + 1)
        table = np.zeros((n, n), np.int64)
        np.add.at(table, (self.wanted, self.predictions), 1)
        return table

    @property
    def accuracy_by_class(self) -> np.ndarray | None:
        """Share of right answers of each label, (n_classes,); NaN where no recording has it."""
        if self.confusion is None:
            return None
        n_each = self.confusion.sum(axis=1)
        right = self.confusion.diagonal()
        return np.divide(right, n_each, out=np.full(len(n_each), np.nan), where=n_each > 0)

    @property
    def n_silent(self) -> int:
        """Samples in which no neuron of the output fires, where spikes are the answer; of steps
        with labels those before the first spike.
        """
        if self.decode == "potential":
            return 0
        if self.has_step_labels:
            return int(np.sum(~self._scores.any(axis=1)))
        return int(np.sum(~self.output_spikes.any(axis=(1, 2))))

    @property
    def n_tied(self) -> int:
        """Answers in which classes share the first place; silent ones are left out."""
        score = self._scores
        if self.has_step_labels:
            most = score.max(axis=1)
            heard = score.any(axis=1) | (self.decode == "potential")
            return int(np.sum(((score == most[:, None]).sum(axis=1) > 1) & heard))
        if self.decode == "potential":
            potential: np.ndarray = self.output_potential  # type: ignore[assignment]
            score = potential.astype(np.float64).sum(axis=1)
        most = score.max(axis=1)
        tied = (score == most[:, None]).sum(axis=1) > 1
        heard = self.output_spikes.any(axis=(1, 2)) | (self.decode == "potential")
        return int(np.sum(tied & heard))

    @property
    def doubts(self) -> tuple[str, ...]:
        """Answers that rest on nothing: silent outputs, and ties; where they are not few."""
        of = f"of {text(self.n_answers)} answers"
        few = FEW * self.n_answers
        silent, tied = (n if n > few else 0 for n in (self.n_silent, self.n_tied))
        return (
            *([f"{text(silent)} {of} rest on no spike of the output: class 0"] if silent else []),
            *([f"{text(tied)} {of} are ties, which the lowest class wins"] if tied else []),
        )

    @property
    def step_words(self) -> str:
        """How the answers of steps with labels are read and counted; empty without such labels."""
        if not self.has_step_labels:
            return ""
        return (
            f"Accuracy is the share of {text(self.n_answers)} labelled steps: the answer of each "
            f"is {STEP_ANSWERS[self.decode]}. Its interval counts a recording as one answer, since "
            "steps of one are not independent."
        )

    def _headline(self) -> str:
        steps = f"{self.n_steps} step{'s' if self.n_steps != 1 else ''}"
        right = "" if self.accuracy is None else f"{text(self.accuracy, '%')} of "
        right += f"{self.n_answers:,} labelled steps of " if self.has_step_labels else ""
        read = "" if self.decode == "count" else f" read by {self.decode.replace('_', ' ')}"
        operations = f"{self.synaptic_operations.sum():,} synaptic operations"
        return f"{right}{self.n_samples} samples{read}, {operations} in {steps}"

    def _quantities(self) -> tuple[Quantity, ...]:
        operations = float(self.synaptic_operations.mean())
        fired = {name: float(n.mean() / self.n_steps) for name, n in self.spike_counts.items()}
        by_class = [] if self.accuracy_by_class is None else self.accuracy_by_class.tolist()
        return (
            *self.accuracy_told(),
            Quantity("n_silent", "Answers without a spike", self.n_silent),
            Quantity("n_tied", "Answers that are ties", self.n_tied),
            *(
                Quantity("accuracy_of_class", "right", right, "%", of=f"Class {label}")
                for label, right in enumerate(by_class)
                if not np.isnan(right)
            ),
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
        read = [self.step_words] if self.has_step_labels else read
        if ARITHMETICS[self.arithmetic].is_integer:
            read.append(f"Neurons count in integers, as {self.arithmetic} does")
        return (*read, *self.warnings, *self.doubts)

    def _card(self) -> tuple[str, ...]:
        title = f"{self.n_samples} samples run"
        if self.accuracy is not None:
            title = f"{text(self.accuracy, '%')} right"
        fired = (q for q in self.quantities if q.name == "spikes_per_step")
        return title, grid(fired, "Population")
