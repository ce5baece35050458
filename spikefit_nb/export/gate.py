"""A gate for continuous integration: does this file still fit, and does it do what is asked?"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from spikefit_nb.adapt import Design
from spikefit_nb.datasets import SpikeDataset, dataset_names, load_dataset, read_recordings
from spikefit_nb.deploy import Report, deploy
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit import FitReport, check_fit
from spikefit_nb.hardware import HardwareProfile, load_profile, read_profile
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.objectives import OBJECTIVES, check_limits
from spikefit_nb.units import text


class Asked(NamedTuple):
    """A limit that is asked for, and what came out: None where it is not known."""

    name: str
    side: str  # "least" or "most"
    limit: float
    value: float | None

    @property
    def is_met(self) -> bool:
        """Whether the limit is kept; what is not known is not kept."""
        if self.value is None:
            return False
        return self.value >= self.limit if self.side == "least" else self.value <= self.limit

    @property
    def words(self) -> str:
        """The limit and what came out."""
        objective = OBJECTIVES[self.name]
        found = "not known" if self.value is None else text(self.value, objective.unit)
        limit = text(self.limit, objective.unit)
        return f"{objective.words} {found} (at {self.side} {limit} is asked for)"


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Result):
    """Whether a network passes on a chip: it fits, and keeps what is asked for."""

    chip: HardwareProfile
    fit: FitReport
    report: Report | None
    asked: tuple[Asked, ...]

    @property
    def passes(self) -> bool:
        """Whether it fits and every limit is kept."""
        return self.fit.fits and all(asked.is_met for asked in self.asked)

    def _headline(self) -> str:
        if not self.fit.fits:
            return f"fails: {self.fit.headline}"
        broken = [asked.words for asked in self.asked if not asked.is_met]
        kept = [asked.words for asked in self.asked] or [self.fit.headline]
        said = "; ".join(broken or kept)
        return f"{'fails' if broken else 'passes'} on {self.chip.name}: {said}"

    def _quantities(self) -> Iterator[Quantity]:
        yield Quantity("passes", "Passes", "yes" if self.passes else "no")
        for name, found in self.fit.supported.nodes.items():
            yield Quantity("support", "Support", found.state, of=name)
        yield from (self.report or self.fit).quantities

    def _notes(self) -> tuple[str, ...]:
        nodes = self.fit.supported.nodes.items()
        why = (f"{name}: {found.said}" for name, found in nodes if found.why)
        return (*why, *(self.report or self.fit).notes)

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


class Limits(NamedTuple):
    """What is asked of a network, and how it is changed."""

    at_least: Mapping[str, float] = {}  # a tuple: nobody can change it
    at_most: Mapping[str, float] = {}
    design: Design | None = None
    calibration: SpikeDataset | None = None


def judge_on(
    network: Network, profile: HardwareProfile, dataset: SpikeDataset | None, limits: Limits
) -> Verdict:
    """Say whether a network passes on a chip."""
    check_limits(limits.at_least, limits.at_most)
    named = [("least", *limit) for limit in limits.at_least.items()]
    named += [("most", *limit) for limit in limits.at_most.items()]
    if dataset is None and named:
        raise DesignProblem(
            "What is asked for is known from a run: give recordings by --data recordings.npz."
        )
    settings: dict[str, Any] = {"design": limits.design, "calibration": limits.calibration}
    if dataset is None:
        return Verdict(profile, check_fit(network, profile, **settings), None, ())
    report = deploy(network, profile, dataset, **settings)
    asked = tuple(
        Asked(name, side, value, OBJECTIVES[name].read(report, name) if report.fits else None)
        for side, name, value in named
    )
    return Verdict(profile, report.fit, report, asked)


def recordings_at(place: str) -> SpikeDataset:
    """Recordings by the name of a file, or of the catalogue."""
    if place in dataset_names() and not os.path.exists(place):
        return load_dataset(place)
    return read_recordings(place)


def chip_at(place: str) -> HardwareProfile:
    """A chip by the name of a file, or of the catalogue."""
    return read_profile(place) if place.endswith(".toml") else load_profile(place)
