"""What an objective is called on an axis, and in which prefix it is written."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spikefit_nb.search import OBJECTIVES
from spikefit_nb.units import PREFIXES, text

# What is measured, its unit, and the word for the least of it.
WORDS = {
    "accuracy": ("Accuracy", "%", "most accurate"),
    "energy_j": ("Energy per inference", "J", "cheapest"),
    "total_energy_j": ("Energy per inference with static power", "J", "cheapest"),
    "latency_s": ("Time per inference", "s", "fastest"),
    "n_cores": ("Cores in use", "", "smallest"),
    "memory_bits": ("Memory in use", "bits", "smallest"),
    "synaptic_operations": ("Synaptic operations per inference", "", "lightest"),
}


class AxisWords(NamedTuple):
    """How an objective is shown: ``shown = value * scale``, under a label, on a log axis or not."""

    objective: str
    label: str
    scale: float
    unit: str
    is_log: bool
    higher_is_better: bool


def axis_words(objective: str, values: Iterable[float]) -> AxisWords:
    """Choose words, unit and prefix of an axis by the first values seen."""
    name, unit, _ = WORDS.get(objective, (objective.replace("_", " ").capitalize(), "", ""))
    higher = objective in OBJECTIVES and OBJECTIVES[objective].maximize
    if unit == "%":
        return AxisWords(objective, f"{name} (%)", 100.0, "%", False, higher_is_better=higher)
    positive = [v for v in values if v > 0 and math.isfinite(v)]
    scale = 1.0
    if unit in ("J", "s") and positive:
        power = min(max(3 * math.floor(math.log10(min(positive)) / 3), -15), 12)
        scale, unit = 10.0**-power, f"{PREFIXES[power]}{unit}"
    label = f"{name} ({unit})" if unit else name
    return AxisWords(objective, label, scale, unit, not higher, higher_is_better=higher)


def written(objective: str, value: float) -> str:
    """Write one value of an objective for a sentence."""
    unit = WORDS.get(objective, ("", "", ""))[1]
    return text(value, unit)


def chosen_axes(objectives: Sequence[str]) -> tuple[str, str]:
    """Say which objective goes along and which goes up: what it costs, against what it is worth."""
    if len(objectives) == 1:
        return "", objectives[0]
    worth = [name for name in objectives if name in OBJECTIVES and OBJECTIVES[name].maximize]
    y = worth[0] if worth else objectives[1]
    others = [name for name in objectives if name != y]
    return ("energy_j" if "energy_j" in others else others[0]), y


def grown(
    limits: tuple[float, float] | None, values: Sequence[float], *, is_log: bool
) -> tuple[float, float]:
    """Widen the limits of an axis so that the values fit with room around them."""
    values = [v for v in values if math.isfinite(v) and (v > 0 or not is_log)]
    if not values:
        return limits or ((1.0, 10.0) if is_log else (0.0, 1.0))
    lo, hi = min(values), max(values)
    # Room on both sides, for a label beside the last point: an edge that was far enough for a short
    # axis is too near for a long one.
    if is_log:
        pad = max((hi / lo) ** 0.18, 1.15) if hi > lo else 1.4
        wanted = (lo / pad, hi * pad)
    else:
        pad = max(0.12 * (hi - lo), 0.01 * abs(hi), 1e-12)
        wanted = (lo - pad, hi + pad)
    return wanted if limits is None else (min(limits[0], wanted[0]), max(limits[1], wanted[1]))
