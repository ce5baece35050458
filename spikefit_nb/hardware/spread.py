"""From where to where a figure may lie: as published, or by how figures of its kind have turned
out.
"""

from typing import NamedTuple

from spikefit_nb.hardware.figures import FIGURES
from spikefit_nb.hardware.sourced import LARGEST, Sourced

# kind: a figure of it lies between value / factor and value * factor; ``range_of`` says what that
# rests on
STATED = {"measured": 1.4, "datasheet": 1.4, "derived": 1.5, "simulated": 2.0, "assumed": 4.0}
COSTS = ("J", "W", "s", "Hz")  # base units; whatever else there is, is counted or a shape
CHOSEN = ("clock", "tick")  # by whoever runs the chip


class Range(NamedTuple):
    """The two ends of a figure, like its value and in its unit."""

    low: object
    high: object
    basis: str  # "published", "stated" by its kind, or "exact"


def range_of(name: str, figure: Sourced) -> Range:
    """From where to where a figure may lie."""
    if FIGURES[name].base not in COSTS or (name in CHOSEN and figure.spread is None):
        return Range(figure.value, figure.value, "exact")
    if figure.spread is not None:
        low, high = figure.spread
        return Range(low, high, "published")
    factor = STATED[figure.kind]
    return Range(_times(figure.value, 1 / factor), _times(figure.value, factor), "stated")


def _times(value: object, factor: float) -> object:
    if isinstance(value, tuple):
        return tuple(_times(number, factor) for number in value)
    return min(value * factor, float(LARGEST))  # type: ignore[operator]
