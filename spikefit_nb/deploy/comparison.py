"""Two reports side by side."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from spikefit_nb.html import Row, card, table
from spikefit_nb.replay.difference import difference
from spikefit_nb.replay.interval import QUANTITIES, Interval
from spikefit_nb.units import text

if TYPE_CHECKING:  # a report makes comparisons of itself
    from spikefit_nb.deploy.report import Report


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Two reports side by side: before, after, change, and whether the chip's figures are known
    well enough to say so.

    A change is inside the uncertainty where figures within their spreads turn it round
    (``replay.difference``).

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
    >>> before = deploy(network, load_profile("loihi1"), dataset)
    >>> before.compare(deploy(network, load_profile("loihi1"), dataset, design=Design(neurons_per_core=1))).rows()[0]
    ('Accuracy', '100.0 %  ->  100.0 %  (+0.0 points)', '')
    """

    before: "Report"
    after: "Report"

    @cached_property
    def differences(self) -> dict[str, Interval]:
        """From where to where energies and latency change, by name; those that both reports
        have.
        """
        before, after = self.before.uncertainty, self.after.uncertainty
        if before is None or after is None:
            return {}
        found = {quantity: difference(before, after, quantity) for quantity in QUANTITIES}
        return {quantity: between for quantity, between in found.items() if between is not None}

    def table(self) -> list[tuple[str, str, str, str]]:
        """(quantity, before, after, change) in words."""
        rows = []
        for label, name, unit in (
            ("Accuracy", "accuracy", "%"),
            ("Energy per inference, events", "energy_j", "J"),
            ("Energy with static power", "total_energy_j", "J"),
            ("Latency", "latency_s", "s"),
            ("Cores", "n_cores", ""),
            ("Synapse memory", "memory_bits", "bits"),
            ("Synaptic operations", "synaptic_operations", ""),
        ):
            a, b = getattr(self.before, name), getattr(self.after, name)
            change = ""
            if a is not None and b is not None and (a or unit == "%"):
                change = (
                    f"{100 * (b - a):+.1f} points" if unit == "%" else f"{100 * (b / a - 1):+.0f} %"
                )
                if name in QUANTITIES and a != b:
                    side = "inside" if self.differences[name].holds_zero else "outside"
                    change += f", {side} the uncertainty"
            rows.append(
                (label, self._said(self.before, a, unit), self._said(self.after, b, unit), change)
            )
        return rows

    @staticmethod
    def _said(report: "Report", value: float | None, unit: str) -> str:
        if value is None and not report.fits:
            return "does not fit"
        return "no labels" if value is None and unit == "%" else text(value, unit)

    def rows(self) -> list[Row]:
        """(label, "before -> after (change)", unit)."""
        rows = ((label, f"{a}  ->  {b}", change) for label, a, b, change in self.table())
        return [
            (label, f"{both}  ({change})" if change else both, "") for label, both, change in rows
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{label}: {value}" for label, value, _ in self.rows())

    def _repr_html_(self) -> str:
        chips = dict.fromkeys((self.before.profile.title, self.after.profile.title))
        title = f"{self.before.design.words}, then {self.after.design.words}: {' and '.join(chips)}"
        return card(
            title, table(self.table(), header=("", "Before", "After", "Change"), align="lrrr")
        )
