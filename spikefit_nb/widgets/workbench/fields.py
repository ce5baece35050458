"""Fields in which a person writes a quantity with its unit, such as "95 %" or "20 µJ"."""

import math
from collections.abc import Iterable
from typing import Any

import ipywidgets

from spikefit_nb.errors import DesignProblem
from spikefit_nb.plots import words_of
from spikefit_nb.search import OBJECTIVES
from spikefit_nb.units import text, to_si
from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.workbench.panel import FULL, faint

LABEL = {"description_width": "190px"}
NO_LIMIT = "no limit"
HINT = (
    "Only designs within these count as best. Without any: at most ten points less accurate than "
    "the network as trained."
)
EXAMPLES = {"%": 0.95, "J": 20e-6, "s": 1e-3, "W": 0.1}


def value_of(written: str, unit: str, what: str) -> float | None:
    """The value that a text says, in SI and of a share as a fraction; None where there is none."""
    word = written.strip().replace(",", "").replace("μ", "µ")
    if not word:
        return None
    split = next((k for k, letter in enumerate(word) if letter not in "+-.0123456789eE"), len(word))
    try:
        number, given = float(word[:split]), word[split:].strip() or unit
    except ValueError:
        number, given = math.nan, unit
    value = number / 100 if unit == "%" else to_si(number, given)
    is_known = given == unit or (to_si(1.0, given) != 1.0 and given.endswith(unit))
    if not (math.isfinite(value) and is_known):
        raise DesignProblem(
            f"{what}: {written!r} is no quantity in {unit or 'whole numbers'}; write "
            f"{text(EXAMPLES.get(unit, 100), unit)} or the like, or leave it empty."
        )
    return value


class Limits(ipywidgets.VBox):
    """A field for the limit on each quantity of a report; one left empty limits nothing."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.hint = ipywidgets.HTML(faint(HINT))
        super().__init__([self.hint], layout=FULL)

    def offer(self, names: Iterable[str]) -> None:
        """Offer limits on these quantities; what is written on one stays."""
        before = {name: field.value for name, field in self.fields.items()}
        old = list(self.fields.values())
        self.fields = {name: _field(name, before.get(name, "")) for name in names}
        self.set_trait("children", [self.hint, *self.fields.values()])
        close_all(old)

    def values(self) -> dict[str, dict[str, float]]:
        """The limits that are written, as ``at_least`` and ``at_most``."""
        found: dict[str, dict[str, float]] = {"at_least": {}, "at_most": {}}
        for name, field in self.fields.items():
            value = value_of(field.value, OBJECTIVES[name].unit, field.description)
            if value is not None:
                found["at_least" if OBJECTIVES[name].maximize else "at_most"][name] = value
        return found


def _field(name: str, written: str) -> Any:
    side = "At least" if OBJECTIVES[name].maximize else "At most"
    unit = words_of(name)[1]
    return ipywidgets.Text(
        value=written,
        description=f"{side}: {OBJECTIVES[name].words}",
        placeholder=f"{NO_LIMIT}, in {unit}" if unit else NO_LIMIT,
        style=LABEL,
        layout=FULL,
    )
