"""One design that was tried, and what came of it."""

from dataclasses import dataclass, field
from typing import Literal

from spikefit_nb.adapt import Design
from spikefit_nb.deploy import Report


@dataclass(frozen=True, eq=False, repr=False)
class Trial:
    """One design that was tried.

    Parameters
    ----------
    number : int; 0 is the network as trained
    design : Design
    state : "done", "infeasible" (does not fit) or "failed" (an error)
    values : dict of objective to float; empty unless done
    report : Report or None
    message : str, why it does not fit or failed

    Examples
    --------
    >>> Trial(3, Design(weight_bits=4), "failed", message="out of memory")
    Trial(3, failed: out of memory)
    """

    number: int
    design: Design
    state: Literal["done", "infeasible", "failed"]
    values: dict[str, float] = field(default_factory=dict)
    report: Report | None = None
    message: str = ""

    @property
    def code(self) -> str:
        """The line that repeats this trial."""
        return f"sf.deploy(network, profile, dataset, design=sf.{self.design!r})"

    def __repr__(self) -> str:
        said = repr(self.report).removeprefix("Report(predicted: ").removesuffix(")") if self.report else self.message
        return f"Trial({self.number}, {said if self.state == 'done' else f'{self.state}: {self.message}'})"
