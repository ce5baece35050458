"""Stopping once the answer is clear: how early each sample is decided, and what that saves."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from spikefit_nb.deploy.steps import SPENT, Stoppable
from spikefit_nb.errors import DesignProblem, expect
from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.quantities import Quantity, Result, listed
from spikefit_nb.replay import Interval, Operation
from spikefit_nb.simulate import accuracy_of
from spikefit_nb.units import text

LEAD = {
    "count": "spikes",
    "first_spike": "steps since its first spike",
    "potential": "of potential, summed over the steps",
}


@dataclass(frozen=True, eq=False, repr=False)
class EarlyStop(Result):
    """A deployed network that stops once the first class leads the second by a margin.

    Parameters
    ----------
    margin : float
    decode : str, what the margin is of
    decision_steps : (n_samples,) int64, steps run of each; all where the margin is never reached
    n_right : int or None, right answers then; None without labels
    n_steps : int, of the whole run
    event_energy_j, energy_j : Interval or None, mean of an inference
    latency_s : float or None, mean time per inference
    whole : Operation, without stopping
    n_right_whole : int or None, right answers without stopping

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> deploy(*digits).stop_when(4)
    EarlyStop(97.2 % after 22.1 of 65 steps, 1.61 µJ in place of 4.7 µJ)
    """

    margin: float
    decode: str
    decision_steps: np.ndarray
    n_right: int | None
    n_steps: int
    event_energy_j: Interval | None
    energy_j: Interval | None
    latency_s: float | None
    whole: Operation
    n_right_whole: int | None

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def n_samples(self) -> int:
        """Samples run."""
        return self.decision_steps.size

    @property
    def mean_steps(self) -> float:
        """Steps run on average."""
        return float(self.decision_steps.mean())

    @property
    def late_steps(self) -> float:
        """Steps within which 95 of 100 samples are decided."""
        return float(np.percentile(self.decision_steps, 95))

    def _headline(self) -> str:
        share = None if self.n_right is None else self.n_right / self.n_samples
        right = "stops" if share is None else text(share, "%")
        steps = f"{right} after {text(self.mean_steps)} of {self.n_steps} steps"
        for name in reversed(SPENT):
            then, before = getattr(self, name), getattr(self.whole, name)
            if then is not None:
                return f"{steps}, {text(then.value, 'J')} in place of {text(before.value, 'J')}"
        return steps

    def _quantities(self) -> tuple[Quantity, ...]:
        whole = {q.name: q for q in self.whole.quantities}
        spent = [
            whole[name]._replace(low=low, value=value, high=high)
            for name in SPENT
            for low, value, high in [getattr(self, name) or (None, None, None)]
        ]
        before = [
            whole[name]._replace(name=f"{name[:-2]}_whole_j", label=f"{whole[name].label}, whole")
            for name in SPENT
        ]
        latency_s = self.whole.price.latency_s
        return (
            Quantity("margin", "Stops at a margin of", self.margin),
            Quantity("mean_steps", "Steps run, mean", self.mean_steps),
            Quantity("late_steps", "  95th percentile", self.late_steps),
            Quantity("n_steps", "  of", self.n_steps),
            *accuracy_of(self.n_right, self.n_samples),
            *accuracy_of(self.n_right_whole, self.n_samples, "whole"),
            *spent,
            *before,
            Quantity("latency_s", "Latency", self.latency_s, "s"),
            Quantity("latency_whole_s", "Latency, whole", latency_s, "s"),
        )

    def _notes(self) -> tuple[str, ...]:
        return (
            f"The margin is in {LEAD[self.decode]}",
            "Reading the output after every step, and stopping, are not priced",
        )

    def _card(self) -> tuple[str, ...]:
        return self.headline, listed(q for q in self.quantities if q.of)


def stop_early(stoppable: Stoppable, margin: float) -> EarlyStop:
    """Stop each sample once its answer leads by a margin, and price what was run until then."""
    expect(margin, Real, "margin", "4")
    if isinstance(margin, bool) or not margin > 0:
        raise DesignProblem(
            f"margin is {margin!r}; it must be above 0: 1 is one spike more than the second class."
        )
    stoppable.must_answer_once("stop_when")
    record = stoppable.run.record
    reached = record.margins_by_step >= margin
    steps = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, record.n_steps)
    # Samples that stop together are priced as the run of so many steps that they are.
    groups = [np.flatnonzero(steps == n) for n in np.unique(steps)]
    spent = [stoppable.after(int(steps[of[0]]), of) for of in groups]
    shares = np.array([of.size / steps.size for of in groups])
    answers = record.predictions_by_step[np.arange(steps.size), steps - 1]
    return EarlyStop(
        float(margin),
        record.decode,
        steps,
        None if record.labels is None else int(np.sum(answers == record.labels)),
        record.n_steps,
        event_energy_j=_mean([o.event_energy_j for o in spent], shares),
        energy_j=_mean([o.energy_j for o in spent], shares),
        latency_s=_mean_of([o.price.latency_s for o in spent], shares),
        whole=stoppable.whole,
        n_right_whole=record.n_right,
    )


def _mean(intervals: list[Interval | None], shares: np.ndarray) -> Interval | None:
    """The mean of intervals, end by end."""
    known = [interval for interval in intervals if interval is not None]
    if len(known) < len(intervals):
        return None
    return Interval(*(float(shares @ np.array(ends)) for ends in zip(*known, strict=True)))


def _mean_of(values: list[float | None], shares: np.ndarray) -> float | None:
    known = [value for value in values if value is not None]
    return None if len(known) < len(values) else float(shares @ np.array(known))
