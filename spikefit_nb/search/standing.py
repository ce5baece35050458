"""What a study has found so far, seen at one moment."""

from collections.abc import Mapping
from typing import NamedTuple

from spikefit_nb.case import Case
from spikefit_nb.search.objectives import meets
from spikefit_nb.search.trial import Trial, front


class Standing(NamedTuple):
    """A study at one moment; while it is read, the search goes on."""

    case: Case  # of the network as trained
    objectives: tuple[str, ...]
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    n_trials: int  # asked for
    finished: tuple[Trial, ...]  # the network as trained among them, as number 0

    @property
    def reference(self) -> Trial | None:
        """Trial 0: the network as trained, changed only as much as the chip demands."""
        return next((trial for trial in self.finished if trial.number == 0), None)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All but the network as trained."""
        return tuple(trial for trial in self.finished if trial.number > 0)

    @property
    def done(self) -> tuple[Trial, ...]:
        """Every trial that was priced, the network as trained among them."""
        return tuple(trial for trial in self.finished if trial.state == "done")

    @property
    def within_limits(self) -> tuple[Trial, ...]:
        """Priced trials that keep ``at_least`` and ``at_most``."""
        return tuple(t for t in self.done if meets(t.values, self.at_least, self.at_most))

    @property
    def best(self) -> tuple[Trial, ...]:
        """The Pareto front of the trials within the limits, in order of the last objective."""
        return front(self.within_limits, self.objectives)
