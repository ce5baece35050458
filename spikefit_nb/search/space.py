"""Designs as points of a scikit-optimize space."""

from collections.abc import Mapping
from dataclasses import fields

from skopt.space import Categorical, Dimension, Integer, Real, Space

from spikefit_nb.adapt import Design
from spikefit_nb.search.ranges import Range, check_ranges

# decimals: finer steps would not be told apart
ROUNDED = {"prune_fraction": 2, "prune_neurons": 2, "threshold_scale": 2}


class DesignSpace:
    """Designs as points that a sampler can move in."""

    def __init__(self, ranges: Mapping[str, Range]):
        check_ranges(ranges)
        self.fixed: dict[str, object] = {}
        dimensions = []
        for name, value in ranges.items():
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
        kinds = {f.name: str(f.type) for f in fields(Design)}
        knobs = dict(self.fixed)
        for name, value in zip(self.names, point, strict=True):
            knobs[name] = (
                value
                if value is None
                else bool(value)
                if "bool" in kinds[name]
                else int(value)
                if "int" in kinds[name]
                else round(float(value), ROUNDED[name])
            )
        return Design(**knobs)


def _dimension(name: str, low: float, high: float) -> Dimension:
    if name == "weight_bits":
        return Integer(int(low), int(high), name=name, transform="normalize")
    if name in ("neurons_per_core", "max_fan_in", "weight_values", "max_events_per_step"):
        return Integer(int(low), int(high), prior="log-uniform", name=name, transform="normalize")
    prior = "log-uniform" if name == "threshold_scale" else "uniform"
    return Real(float(low), float(high), prior=prior, name=name, transform="normalize")
