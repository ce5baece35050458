"""What a study was asked, as its readers want it."""

from collections.abc import Mapping
from typing import Any

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.search.means import Means, Named
from spikefit_nb.search.objectives import limits_in_words, meets
from spikefit_nb.search.terms import Terms
from spikefit_nb.search.trial import Trial


class OfTerms:
    """What a study was asked, and what it is of."""

    _terms: Terms
    _means: Means | None

    @property
    def terms(self) -> Terms:
        """What was asked, with the limits that followed from the network as trained."""
        return self._terms

    @property
    def objectives(self) -> tuple[str, ...]:
        """What is traded."""
        return self.terms.objectives

    @property
    def n_trials(self) -> int:
        """Trials asked for, trial 0 left out."""
        return self.terms.n_trials

    @property
    def at_least(self) -> Mapping[str, float]:
        """What designs must reach to count."""
        return self.terms.at_least

    @property
    def at_most(self) -> Mapping[str, float]:
        """What designs must stay below to count."""
        return self.terms.at_most

    @property
    def case(self) -> Case | None:
        """The case of the network as trained; None where the study was loaded without it."""
        return self._means.base if self._means else None

    @property
    def chips(self) -> dict[str, HardwareProfile]:
        """The chips that are compared, by name; none where the study was loaded without them."""
        return {p.name: p for p in self._means.space.profiles} if self._means else {}

    @property
    def dataset(self) -> SpikeDataset | None:
        """The recordings that designs are chosen by."""
        return self.case.dataset if self.case else None

    @property
    def kept_back(self) -> SpikeDataset | None:
        """The recordings that a choice is confirmed on; None where there are too few."""
        return self._means.kept_back if self._means else None

    @property
    def network_name(self) -> str:
        """Name of the network."""
        return self.terms.network

    @property
    def profile(self) -> Any:
        """The chip, or what is known of it: its ``name`` and ``title``."""
        several = Named(self.terms.chip, self.terms.chip_title)
        return (
            self.case.profile if self.case and self.case.profile.name == several.name else several
        )

    def is_within_limits(self, trial: Trial) -> bool:
        """Whether a priced trial keeps ``at_least`` and ``at_most``."""
        is_done = trial.state == "done"
        return is_done and meets(trial.numbers, self.at_least, self.at_most)

    def broken_limits(self, trial: Trial) -> str:
        """Which limits a priced trial breaks, in words; empty where it keeps them."""
        return limits_in_words(
            {o: v for o, v in self.at_least.items() if trial.numbers[o] < v},
            {o: v for o, v in self.at_most.items() if trial.numbers[o] > v},
        )

    @property
    def limits_in_words(self) -> str:
        """The limits within which designs count as best, in words; empty where there are none."""
        return limits_in_words(self.at_least, self.at_most)
