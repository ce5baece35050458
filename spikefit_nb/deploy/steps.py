"""How many steps an answer takes: accuracy and costs of every shorter run, from one simulation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from spikefit_nb.case import Run
from spikefit_nb.errors import DesignProblem
from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.mapping import CoreMap
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.replay import Arrivals, Operation, replay
from spikefit_nb.simulate import accuracy_of, cut_record
from spikefit_nb.units import text

N_LENGTHS = 12
WITHIN = 0.01  # of the last accuracy
SPENT = ("event_energy_j", "energy_j")


@dataclass(frozen=True, eq=False, repr=False)
class BySteps(Result):
    """Accuracy, energy and time of a deployed network against the steps it is given.

    Parameters
    ----------
    operations : dict of number of steps to Operation, in ascending order
    n_right : (n_steps,) int64, right answers after each step; None without labels
    class_accuracy : (n_classes, n_steps) float64, or None like the former
        NaN where no recording has the class.
    n_samples : int
    extra_steps : int, that spikes take on the chip from the last step of input to the output

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> deploy(*digits).steps([16, 64])
    BySteps(97.2 % after 64 steps, 4.7 µJ; within a point of that from 22 steps on, 1.68 µJ)
    """

    operations: dict[int, Operation]
    n_right: np.ndarray | None
    class_accuracy: np.ndarray | None
    n_samples: int
    extra_steps: int = 0

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def n_steps(self) -> tuple[int, ...]:
        """How many steps were priced, in ascending order; the whole last."""
        return tuple(self.operations)

    @property
    def accuracy(self) -> np.ndarray | None:
        """Share of right answers after each step, (n_steps,); None without labels."""
        return None if self.n_right is None else self.n_right / self.n_samples

    @property
    def fewest(self) -> int | None:
        """Steps from which on the accuracy stays within a point of the last; None without
        labels.
        """
        return None if self.n_right is None else fewest_steps(self.n_right, self.n_samples)

    def spent_j(self, n_steps: int) -> Quantity | None:
        """All energy after so many steps, or that of events where no more is published.

        Parameters
        ----------
        n_steps : int, one of those priced

        Returns
        -------
        Quantity or None
        """
        told = {q.name: q for q in self.operations[n_steps].quantities}
        known = [told[name] for name in SPENT if told[name].value is not None]
        return known[-1] if known else None

    def _headline(self) -> str:
        last, fewest = self.n_steps[-1], self.fewest
        if fewest is None:
            return f"{last} steps{self._price_of(last)}"
        right = text(self.accuracy[-1], "%")  # type: ignore[index]
        said = f"{right} after {last} steps{self._price_of(last)}"
        steps = f"{fewest} step{'s' * (fewest > 1)}"
        return f"{said}; within a point of that from {steps} on{self._price_of(fewest)}"

    def _price_of(self, n_steps: int) -> str:
        spent = self.spent_j(n_steps) if n_steps in self.operations else None
        return "" if spent is None else f", {text(spent.value, 'J')}"

    def _quantities(self) -> tuple[Quantity, ...]:
        each = (self._after(n, operation) for n, operation in self.operations.items())
        return (
            *(q for q in self.operations[self.n_steps[-1]].quantities if q.name == "scenario"),
            Quantity("fewest_steps", "Fewest steps within a point", self.fewest or "no labels"),
            *(quantity for quantities in each for quantity in quantities),
        )

    def _after(self, n_steps: int, operation: Operation) -> Iterator[Quantity]:
        of = f"{n_steps} steps"
        n_right = None if self.n_right is None else int(self.n_right[n_steps - 1])
        yield Quantity("n_steps", "Steps", n_steps, of=of)
        yield from (q._replace(of=of) for q in accuracy_of(n_right, self.n_samples))
        yield from (q._replace(of=of) for q in operation.quantities if q.name in SPENT)
        yield Quantity("latency_s", "Latency", operation.price.latency_s, "s", of=of)

    def _notes(self) -> Iterator[str]:
        if self.n_right is not None:
            yield (
                "Choose a number of steps on calibration recordings: here it is chosen on those "
                "that accuracy is told of"
            )
        if self.extra_steps:
            yield (
                f"Each run takes {self.extra_steps} more, in which spikes reach the output; input "
                "of these is counted too, but in Design(n_steps=...)'s last steps there is none"
            )

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid((q for q in self.quantities if q.of), "Run")


def fewest_steps(n_right: np.ndarray, n_samples: int) -> int:
    """Steps from which on the right answers stay within a point of the last: no lucky early one."""
    below = np.flatnonzero(n_right < n_right[-1] - WITHIN * n_samples * (1 + 1e-9))
    return int(below[-1]) + 2 if below.size else 1


class Stoppable(NamedTuple):
    """A recorded run on its chip, that may be stopped earlier."""

    run: Run
    mapping: CoreMap
    whole: Operation  # all steps of all samples

    @property
    def extra_steps(self) -> int:
        """Steps from the last one of input to the last answer."""
        return self.run.retimed.extra_steps

    def must_answer_once(self, what: str) -> None:
        """Refuse recordings whose steps have labels: none of their answers is the last."""
        if self.run.record.has_step_labels:
            raise DesignProblem(
                f"{what} tells how soon a recording is answered, and here every step has an answer "
                "of its own: report.record.accuracy_by_step has them. Recordings are cut by "
                "dataset.take_steps(n_steps) or dataset.reset_every(n_steps, labels)."
            )

    def after(self, n_run: int, samples: np.ndarray | None = None) -> Operation:
        """What some samples, or all, spend that are stopped after so many steps of the run."""
        record = self.run.record
        if n_run == record.n_steps and samples is None:
            return self.whole
        early = cut_record(record, self.mapping.network, n_run, samples)
        n_steps = max(1, n_run - self.extra_steps)
        arrivals = Arrivals(self.whole.dt_s, n_steps)
        timing = self.whole.price.timing
        price = replay(early, self.mapping, timing=timing, arrivals=arrivals)
        return replace(self.whole, price=price, n_steps=n_steps)


def by_steps(stoppable: Stoppable, lengths: Iterable[int] | None = None) -> BySteps:
    """Price shorter runs of the same recordings, each cut out of the one simulation."""
    stoppable.must_answer_once("steps")
    record, extra = stoppable.run.record, stoppable.extra_steps
    n_steps, n_right, by_class = record.n_steps - extra, None, None
    chosen = {*_lengths(lengths, n_steps), n_steps}
    if record.labels is not None:
        is_right = record.predictions_by_step[:, extra:] == record.labels[:, None]
        n_right, by_class = is_right.sum(axis=0), _by_class(is_right, record.labels)
        chosen.add(fewest_steps(n_right, record.n_samples))
    operations = {n: stoppable.after(n + extra) for n in sorted(chosen)}
    return BySteps(operations, n_right, by_class, record.n_samples, extra)


def _by_class(is_right: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Share of right answers of each label after each step; NaN where no recording has it."""
    n_each = np.bincount(labels)[:, None]
    right = np.zeros((len(n_each), is_right.shape[1]))
    np.add.at(right, labels, is_right)
    return np.divide(right, n_each, out=np.full(right.shape, np.nan), where=n_each > 0)


def _lengths(lengths: Iterable[int] | None, n_steps: int) -> Sequence[int]:
    """Numbers of steps to price: those asked for, or a dozen evenly apart."""
    if lengths is None:
        return np.unique(np.linspace(0, n_steps, N_LENGTHS + 1).round()[1:].astype(int)).tolist()
    chosen = list(lengths)
    for n in chosen:
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= n_steps:
            raise DesignProblem(
                f"lengths has {n!r}; the run has {n_steps} steps: give whole numbers from 1 to "
                f"{n_steps}."
            )
    return [int(n) for n in chosen]
