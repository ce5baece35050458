"""One design that was tried, and what came of it."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from threading import Lock
from typing import Literal

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.case import Case, deploy_line
from spikefit_nb.deploy import Report, deploy_case
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit import FitReport
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.objectives import OBJECTIVES, is_best, losses_of
from spikefit_nb.way_out import Exportable

KEPT_REPORTS = 32


@dataclass(frozen=True, eq=False, repr=False)
class Trial(Exportable, Result):
    """One design that was tried: the design and its numbers; the report is made again when it is
    asked for.

    Parameters
    ----------
    number : int; 0 is the network as trained
    case : Case or None, what was run; None where a study was loaded without network and recordings
    state : "done", "infeasible" (does not fit), "dropped" (cannot be among the best: ended early)
        or "failed" (an error)
    values : dict of objective to float; empty unless done
    message : str, why it does not fit, was dropped or failed
    numbers : dict of quantity to float: every known quantity of its report
    design : Design; default: the case's
    note : str, what the user wrote about it
    chip : str, the name of the chip; default: the case's
    figures : dict of figure of the chip to value, where the space has some
    dataset_code, chip_code : str, expressions for the recordings and the chip it was tried on
    line : str, the line that deploys it, where there is no case to tell it

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> case = Case(load_network("digits"), load_profile("loihi1"), design=Design(weight_bits=4))
    >>> Trial(3, case, "failed", message="out of memory")
    Trial(3, failed: out of memory)
    """

    number: int
    case: Case | None
    state: Literal["done", "infeasible", "dropped", "failed"]
    values: dict[str, float] = field(default_factory=dict)
    message: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    design: Design = None  # type: ignore[assignment]  # is filled in
    chip: str = ""
    note: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    dataset_code: str = "dataset"
    chip_code: str = "profile"
    line: str = ""

    @cached_property
    def tried(self) -> str:
        """What was tried: chip, design and figures; of trials that tried the same, the same."""
        return repr((self.chip, self.design, *self.figures.items()))

    def __post_init__(self) -> None:
        if self.design is None:
            object.__setattr__(self, "design", self.case.design if self.case else Design())
        if not self.chip and self.case:
            object.__setattr__(self, "chip", self.case.profile.name)
        if not self.line:
            object.__setattr__(self, "line", deploy_line(self.design, {}, is_calibrated=False))
        if not self.numbers:
            object.__setattr__(self, "numbers", self.values)

    @property
    def report(self) -> Report | None:
        """What it does and costs in full, made again from the case; None where that failed, or
        without a case.
        """
        if self.case is None or self.state == "failed":
            return None
        return report_of(self.case)

    @property
    def known_report(self) -> Report | None:
        """Its report where it is at hand, without making it again."""
        return None if self.case is None else known_report(self.case)

    @property
    def profile(self) -> HardwareProfile:
        """The chip it was tried on.

        Raises
        ------
        DesignProblem
            The study was loaded without its chip.
        """
        return self._case.profile

    @property
    def code(self) -> str:
        """The line that repeats it, with the names that the arguments of ``deploy`` have."""
        line = self.line if self.case is None else self.case.code
        given = f"network, {self.chip_code}, {self.dataset_code},"
        return line.replace("network, profile, dataset,", given, 1)

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f"trial {self.number}" if self.number else "the network as trained"

    @property
    def _case(self) -> Case:
        if self.case is None:
            raise DesignProblem(
                f"Trial {self.number} was loaded without its network, chip and recordings: "
                "load_study(storage, network=network, profile=profile, dataset=dataset)."
            )
        return self.case

    def _headline(self) -> str:
        if self.state != "done":
            return f"{self.number}, {self.state}: {self.message}"
        values = ", ".join(OBJECTIVES[name].said(value) for name, value in self.values.items())
        return f"{self.number}, {values}"

    def _quantities(self) -> tuple[Quantity, ...]:
        objectives = ((name, OBJECTIVES[name], value) for name, value in self.values.items())
        return (
            Quantity("number", "Trial", self.number),
            *(Quantity(name, o.words.capitalize(), value, o.unit) for name, o, value in objectives),
        )

    def _notes(self) -> tuple[str, ...]:
        return (self.note,) if self.note else ()

    def _card(self) -> tuple[str, ...]:
        return (f"Trial {self.headline} ({self.design.words})",)


_reports: OrderedDict[tuple, Report] = OrderedDict()  # the latest; each holds its case
_lock = Lock()


def report_of(case: Case, *, fit: FitReport | None = None) -> Report:
    """The report of a case, remembered for the latest cases asked for; ``fit`` where it was judged
    before.
    """
    found = known_report(case)
    if found is None:
        found = deploy_case(case, fit=fit)
        with _lock:
            _reports[_key(case)] = found
            while len(_reports) > KEPT_REPORTS:
                _reports.popitem(last=False)
    return found


def known_report(case: Case) -> Report | None:
    """The report of a case, or of another one of the same parts, where it is among the latest."""
    key = _key(case)
    with _lock:
        found = _reports.get(key)
        if found is not None:
            _reports.move_to_end(key)
        return found


def _key(case: Case) -> tuple:
    """Tells cases apart by their parts, which are the same objects in all trials of a study."""
    parts = (getattr(case, f.name) for f in fields(Case) if f.init and f.name != "design")
    return case.design, *map(id, parts)


def front(trials: Iterable[Trial], objectives: tuple[str, ...]) -> tuple[Trial, ...]:
    """The priced trials that no other of them beats, in order of the last objective."""
    done = [t for t in trials if t.state == "done"]
    losses = [losses_of(t.values, objectives) for t in done]
    best = zip(done, losses, is_best(np.array(losses)), strict=True)
    ordered = sorted((row[-1], t.number, t) for t, row, is_good in best if is_good)
    return tuple(t for *_, t in ordered)
