"""Two reports side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from spikefit_nb.html import table
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay import Interval

if TYPE_CHECKING:  # a report makes comparisons of itself
    from spikefit_nb.deploy.report import Report


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Two reports side by side: before, after, change, and whether the chip's figures are known
    well enough to say so.

    A change is inside the uncertainty where figures within their spreads turn it round
    (``Uncertainty.changes_to``).

    Parameters
    ----------
    before, after : Report

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.adapt import Design
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> before, after = (
    ...     deploy(network, load_profile("loihi1"), dataset, design=Design(neurons_per_core=n))
    ...     for n in (2, 1)
    ... )
    >>> print(str(before.compare(after)).splitlines()[0])
    Accuracy: 100.0 %  ->  100.0 %  (+0.0 points)
    """

    before: "Report"
    after: "Report"

    @cached_property
    def differences(self) -> dict[str, Interval]:
        """From where to where energies and latency change, by name; those that both reports
        have.
        """
        before, after = self.before.uncertainty, self.after.uncertainty
        return {} if before is None or after is None else before.changes_to(after)

    @cached_property
    def pairs(self) -> tuple[tuple[Quantity, Quantity], ...]:
        """What both reports tell, before and after."""
        after = {q.name: q for q in self.after.compared}
        return tuple((q, after[q.name]) for q in self.before.compared if q.name in after)

    def table(self) -> list[tuple[str, str, str, str]]:
        """(quantity, before, after, change) in words."""
        return [
            (a.label, _said(self.before, a), _said(self.after, b), self._change(a, b))
            for a, b in self.pairs
        ]

    def _change(self, a: Quantity, b: Quantity) -> str:
        """The change in words, and whether figures within their spreads could turn it round."""
        change = self._relative(a, b)
        if change is None:
            return ""
        said = f"{100 * change:+.1f} points" if a.unit == "%" else f"{100 * change:+.0f} %"
        if a.name in self.differences and a.value != b.value:
            side = "inside" if self.differences[a.name].holds_zero else "outside"
            said += f", {side} the uncertainty"
        return said

    def _relative(self, a: Quantity, b: Quantity) -> float | None:
        """The change; none from or to a chip that the network does not fit."""
        return _relative(a, b) if self.before.fits and self.after.fits else None

    def _headline(self) -> str:
        unfit = [r.fit.headline for r in (self.before, self.after) if not r.fits]
        if unfit:
            return f"{self._title}: {'; '.join(dict.fromkeys(unfit))}"
        changes = (f"{label.lower()} {change}" for label, _, _, change in self.table() if change)
        return f"{self._title}: {'; '.join(changes)}"

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(q for pair in self.pairs for q in self._of_pair(*pair))

    def _of_pair(self, a: Quantity, b: Quantity) -> Iterator[Quantity]:
        yield a._replace(name=f"before_{a.name}", label="Before", of=a.label)
        yield b._replace(name=f"after_{b.name}", label="After", of=a.label)
        unit, name = "points" if a.unit == "%" else "+%", f"difference_{a.name}"
        yield Quantity("change", "Change", self._relative(a, b), unit, of=a.label)
        if a.name in self.differences:
            low, value, high = self.differences[a.name]
            yield Quantity(name, "Difference", value, a.unit, low, high=high, of=a.label)

    @property
    def _title(self) -> str:
        return ", then ".join(dict.fromkeys((self.before.design.words, self.after.design.words)))

    def _card(self) -> tuple[str, ...]:
        chips = dict.fromkeys((self.before.profile.title, self.after.profile.title))
        header = ("", "Before", "After", "Change")
        title = f"{self._title}: {', then '.join(chips)}"
        return title, table(self.table(), header=header, align="lrrr")

    def __str__(self) -> str:
        return "\n".join(
            f"{label}: {a}  ->  {b}" + (f"  ({change})" if change else "")
            for label, a, b, change in self.table()
        )


def _said(report: "Report", q: Quantity) -> str:
    if q.value is None and not report.fits:
        return "does not fit"
    return q._replace(low=None, high=None).text


def _relative(a: Quantity, b: Quantity) -> float | None:
    """The difference of fractions, else the relative change; None where there is none."""
    before, after = a.value, b.value
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return None
    relative = after / before - 1 if before else None
    return after - before if a.unit == "%" else relative
