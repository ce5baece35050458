"""Designs as points of a scikit-optimize space."""

from collections.abc import Mapping

from skopt.space import Categorical, Dimension, Integer, Real, Space

from spikefit_nb.adapt import KNOBS, Design
from spikefit_nb.search.ranges import Range, check_ranges

DECIMALS = 2  # of fractions and factors: finer steps would not be told apart
WIDE = 100  # times its least, from which on a knob is searched on a logarithmic scale


class DesignSpace:
    """Designs as points that a sampler can move in."""

    def __init__(self, ranges: Mapping[str, Range]):
        check_ranges(ranges)
        self.fixed: dict[str, object] = {}
        dimensions = []
        for name, value in ranges.items():
            if isinstance(value, tuple) and isinstance(value[0], bool):
                value = list(value)  # yes or no is a choice, not a range
            if isinstance(value, tuple) and value[0] != value[1]:
                dimensions.append(_dimension(name, *value))
            elif isinstance(value, list) and len(set(value)) > 1:
                dimensions.append(
                    Categorical(list(dict.fromkeys(value)), name=name, transform="onehot")
                )
            else:
                self.fixed[name] = value[0] if isinstance(value, tuple | list) else value
        self.space = Space(dimensions)
        self.names = tuple(d.name for d in dimensions)

    def design(self, point: list) -> Design:
        """The design at a point."""
        knobs = dict(self.fixed)
        for name, value in zip(self.names, point, strict=True):
            knobs[name] = None if value is None else _as_knob(name, value)
        return Design(**knobs)


def _as_knob(name: str, value: float) -> float:
    """A value of the kind that a knob takes."""
    kind = type(KNOBS[name][0])
    return round(float(value), DECIMALS) if kind is float else kind(value)


def _dimension(name: str, low: float, high: float) -> Dimension:
    least, most, _ = KNOBS[name]
    prior = "log-uniform" if least and most / least >= WIDE else "uniform"
    kind = Real if isinstance(least, float) else Integer
    numbers = map(type(least), (low, high))
    return kind(*numbers, prior=prior, name=name, transform="normalize")
