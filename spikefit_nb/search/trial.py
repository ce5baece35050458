"""One design that was tried, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spikefit_nb.case import Case, OfCase
from spikefit_nb.deploy import Report
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.objectives import OBJECTIVES, is_best, losses_of


@dataclass(frozen=True, eq=False, repr=False)
class Trial(OfCase, Result):
    """One design that was tried.

    Parameters
    ----------
    number : int; 0 is the network as trained
    case : Case, what was run
    state : "done", "infeasible" (does not fit) or "failed" (an error)
    values : dict of objective to float; empty unless done
    report : Report or None
    message : str, why it does not fit or failed

    Examples
    --------
    >>> from spikefit_nb.adapt import Design
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> case = Case(load_network("digits"), load_profile("loihi1"), design=Design(weight_bits=4))
    >>> Trial(3, case, "failed", message="out of memory")
    Trial(3, failed: out of memory)
    """

    number: int
    case: Case
    state: Literal["done", "infeasible", "failed"]
    values: dict[str, float] = field(default_factory=dict)
    report: Report | None = None
    message: str = ""

    def _headline(self) -> str:
        if self.state != "done":
            return f"{self.number}, {self.state}: {self.message}"
        return f"{self.number}, {self.report.finding if self.report else self.message}"

    def _quantities(self) -> tuple[Quantity, ...]:
        objectives = ((name, OBJECTIVES[name], value) for name, value in self.values.items())
        return (
            Quantity("number", "Trial", self.number),
            *(Quantity(name, o.words.capitalize(), value, o.unit) for name, o, value in objectives),
        )

    def _card(self) -> tuple[str, ...]:
        return (f"Trial {self.headline} ({self.design.words})",)


def front(trials: Iterable[Trial], objectives: tuple[str, ...]) -> tuple[Trial, ...]:
    """The priced trials that no other of them beats, in order of the last objective."""
    done = [t for t in trials if t.state == "done"]
    losses = [losses_of(t.values, objectives) for t in done]
    best = zip(done, losses, is_best(np.array(losses)), strict=True)
    ordered = sorted((row[-1], t.number, t) for t, row, is_good in best if is_good)
    return tuple(t for *_, t in ordered)
