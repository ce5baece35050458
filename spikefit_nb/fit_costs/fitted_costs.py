"""What a fit found: figures with intervals, what stays unknown, and the errors that remain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import UnknownName, expect
from spikefit_nb.fit_costs.measurement import Measurement, own_cost
from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.html import table
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.units import SUFFIXES, text

NO_SPREAD = "no spread can be told: as many measurements as coefficients"
AT_ZERO = "not distinguishable from zero"


def in_words(measured: tuple[Measurement, ...]) -> str:
    """How many measurements there are."""
    return f"{len(measured)} measurement{'s' if len(measured) > 1 else ''}"


class Coefficient(NamedTuple):
    """One figure as fitted, in SI."""

    figure: str
    unit: str  # J, W or s
    was: float | None  # in the profile; None where it was not published
    value: float | None  # None where the workloads do not identify it
    interval: tuple[float, float] | None = None  # 95 %, of the bootstrap
    no_interval: str = ""  # why there is none
    share: float = 0.0  # of the draws of the bootstrap, that identify it
    confounded: tuple[str, ...] = ()  # figures it cannot be told apart from

    @property
    def identifiable(self) -> bool:
        """Whether the workloads identify it."""
        return self.value is not None

    @property
    def words(self) -> str:
        """Whether the workloads identify it, and what would."""
        if self.identifiable:
            return f"yes, {AT_ZERO}" if self.value == 0 else "yes"
        if not self.confounded:
            return "no: no workload uses it; measure one that does"
        others = " and ".join(self.confounded)
        return (
            f"no: not told apart from {others}; vary the amount of {self.figure} while "
            f"that of {others} stays"
        )

    @property
    def spread(self) -> str:
        """The interval in words, or why there is none."""
        if self.interval is None:
            return self.no_interval
        interval = " to ".join(text(end, self.unit) for end in self.interval)
        if self.share == 1:
            return interval
        return f"{interval} (of the {100 * self.share:.0f} % of draws that identify it)"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The figure as fitted, within its interval, and as it was."""
        suffix, (low, high) = SUFFIXES[self.unit], self.interval or (None, None)
        was = Quantity(f"was{suffix}", "Was", self.was, self.unit, of=self.figure)
        fitted = was._replace(name=f"fitted{suffix}", label="Fitted", value="not identifiable")
        if self.identifiable:
            value = self.value or AT_ZERO
            fitted = fitted._replace(value=value, low=low, high=high, kind="measured")
        return fitted, was


@dataclass(frozen=True, eq=False, repr=False)
class FittedCosts(Result):
    """Figures fitted to measurements, and how well they explain them.

    Parameters
    ----------
    profile : HardwareProfile, with the identified figures as measured ones
    coefficients : tuple of Coefficient
    measurements : tuple of Measurement
    predicted : (n_measurements,) float64, in J or s, what the fit says of each
    condition_number : float
        Of the column-scaled amounts: by how much errors of measurement may grow.

    Examples
    --------
    >>> from spikefit_nb.fit_costs import fit_costs
    >>> from spikefit_nb.hardware import load_profile
    >>> power = Measurement({"static_power": 2.0}, 120, "mJ", "my bench")
    >>> fit_costs(load_profile("truenorth"), [power]).profile.figure("static_power").source
    'fitted to 1 measurement: my bench'
    """

    profile: HardwareProfile
    coefficients: tuple[Coefficient, ...]
    measurements: tuple[Measurement, ...]
    predicted: np.ndarray
    condition_number: float

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def errors(self) -> np.ndarray:
        """(n_measurements,) float64, predicted / measured - 1."""
        return self.predicted / np.array([m.si for m in self.measurements]) - 1

    def coefficient(self, figure: str) -> Coefficient:
        """One fitted figure.

        Parameters
        ----------
        figure : str

        Returns
        -------
        Coefficient

        Raises
        ------
        UnknownName
            It was not fitted.
        """
        by_name = {c.figure: c for c in self.coefficients}
        if figure not in by_name:
            raise UnknownName("fitted figure", figure, by_name)
        return by_name[figure]

    def predict(self, measurement: Measurement) -> float:
        """What the fitted profile says of another workload: ``sum over figures of amount *
        figure``.

        A figure that was not identified counts at the profile's own value.

        Parameters
        ----------
        measurement : Measurement, whose amounts are used and whose value is not

        Returns
        -------
        float, in J or s

        Raises
        ------
        NotPublished
            The fitted profile lacks a figure of the amounts.
        """
        expect(
            measurement, Measurement, "measurement", "sf.fit_costs.Measurement(amounts, value, ...)"
        )
        used = ((name, amount) for name, amount in measurement.amounts.items() if amount)
        return float(sum(amount * own_cost(self.profile, name) for name, amount in used))

    def _headline(self) -> str:
        found = [c for c in self.coefficients if c.identifiable]
        words = [f"{c.figure} {text(c.value, c.unit) if c.value else AT_ZERO}" for c in found]
        lost = [c.figure for c in self.coefficients if not c.identifiable]
        words += [f"not identifiable: {', '.join(lost)}"] if lost else []
        words += [NO_SPREAD] if found and all(c.no_interval == NO_SPREAD for c in found) else []
        error, measured = 100 * np.abs(self.errors).max(), in_words(self.measurements)
        return f"{self.profile.name}, worst error {error:.2f} % of {measured}: {'; '.join(words)}"

    def _quantities(self) -> tuple[Quantity, ...]:
        worst = float(np.abs(self.errors).max())
        return (
            Quantity("worst_error", "Worst error", worst, "%"),
            Quantity("condition_number", "Condition number", self.condition_number),
            *(q for c in self.coefficients for q in c.quantities),
            *self._residuals(),
        )

    def _notes(self) -> tuple[str, ...]:
        condition = text(self.condition_number)
        return (
            f"Condition number {condition}: by how much an error of measurement may grow.",
            *(f"{c.figure}: {c.words}" for c in self.coefficients if not c.identifiable),
        )

    def _residuals(self) -> Iterator[Quantity]:
        for k, (m, p) in enumerate(zip(self.measurements, self.predicted.tolist(), strict=True), 1):
            of, suffix = f"{k}. {m.source}", SUFFIXES[m.quantity]
            yield Quantity(f"measured{suffix}", "Measured", m.si, m.quantity, of=of)
            yield Quantity(f"predicted{suffix}", "Predicted", p, m.quantity, of=of)
            yield Quantity("error", "Error", p / m.si - 1, "+%", of=of)

    def _card(self) -> tuple[str, ...]:
        figures = [
            (
                c.figure.replace("_", " "),
                "" if c.value is None else text(c.value, c.unit),
                c.spread,
                text(c.was, c.unit),
                c.words,
            )
            for c in self.coefficients
        ]
        header = ("Figure", "Fitted", "95 % interval", "Was", "Identifiable")
        explained_each = zip(self.measurements, self.predicted.tolist(), self.errors, strict=True)
        measured = [
            (
                f"{k}. {m.source}",
                text(m.si, m.quantity),
                text(predicted, m.quantity),
                f"{round(100 * error, 2) + 0.0:+.2f} %",
            )
            for k, (m, predicted, error) in enumerate(explained_each, 1)
        ]
        explained = ("Measurement", "Measured", "Predicted", "Error")
        return (
            f"Costs fitted: {self.headline}",
            table(figures, header=header, align="lrlrl"),
            table(measured, header=explained, align="lrrr"),
        )
