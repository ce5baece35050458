"""The published measurements, with their sources, and how far each can be predicted."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from spikefit_nb.units import SCALE_OF_PREFIX, SI_UNITS, to_si

FILE = Path(__file__).with_name("rows.csv")
STANDINGS = {  # of a row: what that means, for people
    "predicted": "predicted; no figure of the chip rests on it",
    "fitted": "predicted, but a figure of the chip, or an end of its range, rests on it",
    "at least": "only bounded from below",
    "at most": "only bounded from above",
    "not priced": "not to be priced: a figure it would take is not published",
}


class Row(NamedTuple):
    """One published measurement."""

    name: str
    chip: str
    system: str
    quantity: str
    value: float
    unit: str
    standing: str
    workload: str
    source: str
    note: str

    @property
    def si(self) -> float:
        """What was published, in SI."""
        return to_si(self.value, self.unit) if self.base else self.value

    @property
    def base(self) -> str:
        """The SI unit of the value; nothing for shares."""
        has_prefix = (b for b in SI_UNITS if self.unit.removesuffix(b) in SCALE_OF_PREFIX)
        return next((b for b in has_prefix if self.unit.endswith(b)), "")

    @property
    def is_predictable(self) -> bool:
        """Whether a number is predicted, not only a bound."""
        return self.standing in ("predicted", "fitted")


@cache
def rows() -> tuple[Row, ...]:
    """All rows, in the order of the file."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return tuple(Row(**{**row, "value": float(row["value"])}) for row in csv.DictReader(file))
