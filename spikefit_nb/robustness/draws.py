"""Accuracies of one deployed network that is run many times, each time with chance drawn anew."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import ClassVar

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.errors import DatasetProblem, DesignProblem, DoesNotFit, expect, expect_seed
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.simulate import RecordCache, SpikeRecord
from spikefit_nb.units import text

LOW = 5  # percentile
ENOUGH = 20  # draws, of which a 5th percentile can be told


@dataclass(frozen=True, eq=False, repr=False)
class Draws(Result):
    """Accuracies, (n_draws,) float64, beside the one of the report."""

    accuracies: np.ndarray
    accuracy: float

    without: ClassVar[str]  # what the report's own accuracy is, for a sentence

    @property
    @abstractmethod
    def words(self) -> str:
        """What is drawn anew."""

    @cached_property
    def low(self) -> float:
        """The accuracy below which one draw in twenty falls: the 5th percentile; of fewer than
        twenty draws the lowest.
        """
        if len(self.accuracies) < ENOUGH:
            return float(self.accuracies.min())
        return float(np.percentile(self.accuracies, LOW))

    @property
    def low_words(self) -> str:
        """What the low accuracy is, for a sentence."""
        n = len(self.accuracies)
        return "in 19 of 20 draws" if n >= ENOUGH else f"at worst of {n} draw{'s' * (n > 1)}"

    @property
    def median(self) -> float:
        """The accuracy that half of the draws reach."""
        return float(np.median(self.accuracies))

    def _headline(self) -> str:
        return (
            f"{text(self.low, '%')} {self.low_words}, {text(self.accuracy, '%')} {self.without}: "
            f"{self.words}"
        )

    def _told(self) -> tuple[Quantity, ...]:
        """The distribution in four numbers."""
        ends = float(self.accuracies.min()), float(self.accuracies.max())
        return (
            Quantity("accuracy", f"Accuracy {self.without}", self.accuracy, "%"),
            Quantity("median", "Accuracy of the draws, median", self.median, "%", *ends),
            Quantity("low", f"  {self.low_words}", self.low, "%"),
            Quantity("n_draws", "Draws", len(self.accuracies)),
        )

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


def check_drawable(report: Report, n_draws: int, seed: int) -> None:
    """Refuse what cannot be run again, or not so often."""
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    expect(seed, Integral, "seed", "0")
    expect_seed(seed)
    if isinstance(n_draws, bool) or not isinstance(n_draws, int) or n_draws < 1:
        raise DesignProblem(f"n_draws is {n_draws!r}; it must be a whole number, 1 or more.")
    if report.run is None:
        raise DoesNotFit(f"{report.fit.headline}: there is nothing to run again.")
    if report.accuracy is None:
        raise DatasetProblem("What is left is told in accuracy: give the recordings labels.")


def run_again(report: Report, network: Network, dataset: SpikeDataset) -> SpikeRecord:
    """Run a report's network, or one like it, on recordings like its own; nothing is kept."""
    extra_steps = report.run.retimed.extra_steps  # type: ignore[union-attr]  # checked before
    return RecordCache().simulate(
        network, dataset, extra_steps, report.case.decode, report.arithmetic
    )
