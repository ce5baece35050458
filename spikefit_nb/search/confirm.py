"""Recordings kept back from a search, on which the accuracy of what it chose is told: the best of
many designs is flattered by being chosen.
"""

from typing import NamedTuple

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import deploy_case
from spikefit_nb.units import text

HELD_BACK = 400  # recordings, or half of them where there are fewer than twice as many
ENOUGH = 100  # recordings, below which none are kept back: both parts would tell too little


def keep_back(
    dataset: SpikeDataset, seed: int, n_back: int | None = None
) -> tuple[SpikeDataset, SpikeDataset | None]:
    """Deal recordings into those a search chooses by, and those kept back (None of too few)."""
    n = dataset.n_samples
    if n_back is None:
        n_back = 0 if n < ENOUGH or dataset.labels is None else min(HELD_BACK, n // 2)
    if not n_back:
        return dataset, None
    chosen_by, kept = dataset.split(1 - n_back / n, seed)
    return chosen_by, kept


class Confirmation(NamedTuple):
    """Accuracy on recordings that a design was not chosen by.

    Parameters
    ----------
    accuracy : float, and ``interval`` at 95 %
    n_samples : int, recordings
    chosen_by : float, the accuracy on the recordings that it was chosen by

    Examples
    --------
    >>> Confirmation(0.95, (0.92, 0.97), 400, 0.965).words
    'On 400 recordings kept back it reaches 95.0 % (92.0 % to 97.0 %), 1.5 points less than on those
     it was chosen by.'
    """

    accuracy: float
    interval: tuple[float, float]
    n_samples: int
    chosen_by: float

    @property
    def words(self) -> str:
        """Accuracy, interval and gap in a sentence."""
        low, high = self.interval
        gap = self.chosen_by - self.accuracy
        points = f"{100 * abs(gap):.1f}"
        more = f"{points} points {'less' if gap > 0 else 'more'} than on"
        more = "as many as on" if points == "0.0" else more
        return (
            f"On {self.n_samples} recordings kept back it reaches {text(self.accuracy, '%')} "
            f"({text(low, '%')} to {text(high, '%')}), {more} those it was chosen by."
        )


def confirm(case: Case, chosen_by: float) -> Confirmation | None:
    """Run a design on the recordings kept back."""
    report = deploy_case(case)
    if report.accuracy is None or report.accuracy_interval is None:
        return None
    n = report.dataset.n_samples
    return Confirmation(report.accuracy, report.accuracy_interval, n, chosen_by)
