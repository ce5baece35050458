"""Predict every row, and tell what share of the published values lies inside."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import median

from spikefit_nb.errors import FileProblem
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.replay import Interval
from spikefit_nb.units import SUFFIXES, text
from spikefit_nb.validation.rows import STANDINGS, Row, rows
from spikefit_nb.validation.workloads import WORKLOADS

MEASURED = ("spinnaker1", "odin", "truenorth")  # chips whose costs rest on measurements of them
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Validated(Result):
    """One published measurement beside what is predicted of it.

    Parameters
    ----------
    row : Row, what was published, and where
    predicted : Interval or None, in SI; None where it is not to be priced, or a file is missing
    missing : str, what was not at hand; empty where nothing was

    Examples
    --------
    >>> Validated(rows()[0], Interval(1.1, 1.49, 1.52))
    Validated(16,065 neurons, silent: 1.49 W predicted, 1.1 W to 1.52 W, 1.44 W published, inside)
    """

    row: Row
    predicted: Interval | None
    missing: str = ""

    @property
    def error(self) -> float | None:
        """Predicted over published, less one; None of a bound, and where nothing is predicted."""
        if self.predicted is None or not self.row.is_predictable:
            return None
        return self.predicted.value / self.row.si - 1

    @property
    def holds(self) -> bool | None:
        """Whether what was published lies inside the interval, or on the right side of a bound."""
        if self.predicted is None:
            return None
        low, value = self.predicted.low * (1 - ROUNDING), self.row.si
        high = self.predicted.high * (1 + ROUNDING)
        if self.row.standing == "at least":
            return value >= low
        return value <= high if self.row.standing == "at most" else low <= value <= high

    @property
    def half_width(self) -> float | None:
        """Half the width as a factor, ``sqrt(high / low)``; None of a bound."""
        if self.predicted is None or not self.row.is_predictable or self.predicted.low <= 0:
            return None
        return sqrt(self.predicted.high / self.predicted.low)

    @property
    def said(self) -> str:
        """Inside or not, or that the bound holds or does not."""
        if self.holds is None:
            return "not run" if self.missing else "not priced"
        if self.row.is_predictable:
            return "inside" if self.holds else "outside"
        return "holds" if self.holds else "does not hold"

    @property
    def predicted_text(self) -> str:
        """What is predicted, in words; the near end of a bound."""
        if self.predicted is None:
            return ""
        if self.row.is_predictable:
            return self._told(self.predicted.value)
        end = self.predicted.low if self.row.standing == "at least" else self.predicted.high
        return f"{self.row.standing} {self._told(end)}"

    @property
    def interval_text(self) -> str:
        """From where to where, in words; nothing of a bound."""
        if self.predicted is None or not self.row.is_predictable:
            return ""
        return f"{self._told(self.predicted.low)} to {self._told(self.predicted.high)}"

    @property
    def published_text(self) -> str:
        """What was published, in words."""
        return self._told(self.row.si)

    def _told(self, value: float) -> str:
        return text(value, self.row.base) if self.row.base else text(value, "%")

    def _headline(self) -> str:
        interval = f", {self.interval_text}" if self.interval_text else ""
        predicted = f"{self.predicted_text} predicted{interval}, " if self.predicted else ""
        return f"{self.row.name}: {predicted}{self.published_text} published, {self.said}"

    def _quantities(self) -> tuple[Quantity, ...]:
        unit, (low, value, high) = self.row.base or "%", self.predicted or (None,) * 3
        of = f"{self.row.chip}: {self.row.name}, {self.row.system}, {self.row.quantity}"
        suffix = SUFFIXES[unit]
        return (
            Quantity(f"predicted{suffix}", "Predicted", value, unit, low, high=high, of=of),
            Quantity(f"published{suffix}", "Published", self.row.si, unit, of=of),
            Quantity("error", "Error", self.error, "+%", of=of),
            Quantity("said", "Inside", self.said, of=of),
        )

    def _notes(self) -> tuple[str, ...]:
        return (self.missing,) if self.missing else ()

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


@dataclass(frozen=True, eq=False, repr=False)
class Validation(Result):
    """Published measurements beside what is predicted of them.

    Parameters
    ----------
    validated : tuple of Validated, one a row

    Examples
    --------
    >>> one = Validated(rows()[0], Interval(1.1, 1.49, 1.52))
    >>> Validation((one,))
    Validation(1 of 1 published measurement inside the interval stated, 100 %)
    """

    validated: tuple[Validated, ...]

    @property
    def predicted(self) -> tuple[Validated, ...]:
        """Rows of which a number is predicted, not only a bound."""
        return tuple(v for v in self.validated if v.row.is_predictable and v.predicted is not None)

    @property
    def unseen(self) -> tuple[Validated, ...]:
        """Of these, the rows that no figure of the chip rests on."""
        return tuple(v for v in self.predicted if v.row.standing == "predicted")

    @property
    def bounds(self) -> tuple[Validated, ...]:
        """Rows that are only bounded."""
        return tuple(v for v in self.validated if v.row.standing in ("at least", "at most"))

    @property
    def share_inside(self) -> float:
        """Share of the predicted rows whose published value lies inside the interval stated."""
        return sum(map(_holds, self.predicted)) / max(1, len(self.predicted))

    def half_width(self, *, measured: bool) -> float | None:
        """Median half-width as a factor, of chips whose costs rest on measurements or of others;
        None where there is no such row.

        Parameters
        ----------
        measured : bool

        Returns
        -------
        float or None
        """
        of_chips = [v.half_width for v in self.predicted if (v.row.chip in MEASURED) is measured]
        widths = [width for width in of_chips if width is not None]
        return median(widths) if widths else None

    def _headline(self) -> str:
        n = len(self.predicted)
        said = f"published measurement{'s' * (n > 1)} inside the interval stated"
        return f"{sum(map(_holds, self.predicted))} of {n} {said}, {100 * self.share_inside:.0f} %"

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("n_rows", "Rows", len(self.validated)),
            Quantity("n_predicted", "Predicted", len(self.predicted)),
            Quantity("n_inside", "  inside", sum(map(_holds, self.predicted))),
            Quantity("share_inside", "  share inside", self.share_inside, "%"),
            Quantity("n_unseen", "Of them no figure rests on", len(self.unseen)),
            Quantity("n_unseen_inside", "  inside", sum(map(_holds, self.unseen))),
            Quantity("n_bounds", "Bounds", len(self.bounds)),
            Quantity("n_bounds_hold", "  that hold", sum(map(_holds, self.bounds))),
            *(q for v in self.validated for q in v.quantities),
        )

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid(self._of_rows(), "Measurement")

    def _of_rows(self) -> Iterator[Quantity]:
        for v in self.validated:
            yield from v.quantities

    def to_markdown(self) -> str:
        """The table as a page: what lies inside, then every row with its source.

        Returns
        -------
        str
        """
        return "\n".join(_page(self)) + "\n"


def _holds(v: Validated) -> bool:
    return bool(v.holds)


def validate(*, chips: tuple[str, ...] | None = None) -> Validation:
    """Predict every published measurement that the package can be held to.

    Parameters
    ----------
    chips : tuple of str, optional; only rows of these

    Returns
    -------
    Validation

    Raises
    ------
    FileProblem
        ``SPIKEFIT_DATA`` names no folder. A row whose file is not at hand says so.

    Examples
    --------
    >>> validate(chips=("odin",))
    Validation(2 of 2 published measurements inside the interval stated, 100 %)
    """
    return Validation(tuple(map(_validated, (r for r in rows() if not chips or r.chip in chips))))


def _validated(row: Row) -> Validated:
    if not row.workload:
        return Validated(row, None)
    kind, *arguments = row.workload.split(":")
    workload = WORKLOADS[kind]
    try:
        found = workload.predict(*arguments, *([row.chip] if workload.takes_chip else []))
    except FileProblem as problem:
        return Validated(row, None, str(problem))
    return Validated(row, found)


def _page(found: Validation) -> Iterator[str]:
    yield "# How far can a prediction be trusted?"
    yield ""
    yield "Written by `python -m spikefit_nb.validation notebooks/validation.md`; do not edit."
    yield "Rows and sources stand in `spikefit_nb/validation/rows.csv`, chosen before they were"
    yield "predicted. An interval is the worst case of the figures' ranges."
    yield ""
    yield f"**{found.headline}**; {_of_unseen(found)}; {_of_bounds(found)}."
    yield f"Median half-width: {_of_widths(found)}."
    for standing, meaning in STANDINGS.items():
        of = [v for v in found.validated if v.row.standing == standing]
        if of:
            yield from ("", f"## {standing.capitalize()}: {meaning}", "", *_table(of))


def _of_unseen(found: Validation) -> str:
    inside = sum(map(_holds, found.unseen))
    return f"{inside} of the {len(found.unseen)} that no figure of their chip rests on"


def _of_bounds(found: Validation) -> str:
    return f"{sum(map(_holds, found.bounds))} of {len(found.bounds)} bounds hold"


def _of_widths(found: Validation) -> str:
    where = {True: "where costs rest on measurements of the chip", False: "elsewhere"}
    widths = {is_measured: found.half_width(measured=is_measured) for is_measured in where}
    said = [f"a factor of {w:.2f} {where[is_measured]}" for is_measured, w in widths.items() if w]
    return ", ".join(said)


def _table(of: list[Validated]) -> Iterator[str]:
    header = ("chip", "system", "what", "quantity", "predicted", "interval", "published", "error")
    columns = (*header, "", "source")
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for v in of:
        error = "" if v.error is None else f"{100 * v.error:+.1f} %"
        row, note = v.row, f"; {v.row.note}" if v.row.note else ""
        cells = (row.chip, row.system, row.name, row.quantity, v.predicted_text, v.interval_text)
        yield f"| {' | '.join((*cells, v.published_text, error, v.said, row.source + note))} |"
