"""What can be traded: each objective, its direction, the figure a chip must have published for it,
and which designs no other beats.
"""

import math
from collections.abc import Mapping
from itertools import chain
from numbers import Real
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import DesignProblem, NotPublished, UnknownName
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import counts_cores
from spikefit_nb.replay import missing_figures
from spikefit_nb.units import text


class Objective(NamedTuple):
    """One quantity to be made best.

    Attributes of a Report under the same name hold its value.
    """

    words: str
    unit: str
    maximize: bool
    logarithmic: bool

    def said(self, value: float) -> str:
        """The quantity and its value, such as "accuracy 95.0 %"."""
        return f"{self.words} {text(value, self.unit)}"


OBJECTIVES = {
    "accuracy": Objective("accuracy", "%", True, False),
    "event_energy_j": Objective("event energy per inference", "J", False, True),
    "energy_j": Objective("energy per inference, all of it", "J", False, True),
    "power_w": Objective("power", "W", False, True),
    "latency_s": Objective("latency", "s", False, True),
    "n_cores": Objective("cores", "", False, True),
    "memory_bits": Objective("synapse memory", "bits", False, True),
    "synaptic_operations": Objective("synaptic operations per inference", "", False, True),
}
PRICED_FROM = {  # parts of a price that rest on published figures
    "event_energy_j": ("energy_j",),
    "energy_j": ("energy_j", "latency_s"),
    "power_w": ("energy_j", "latency_s"),
    "latency_s": ("latency_s",),
}


def default_objectives(profile: HardwareProfile) -> tuple[str, ...]:
    """Accuracy, energy and latency where the chip can price them; else what energy and latency
    follow from: synaptic operations, and cores in use (memory where they are one or uncounted).
    """

    def space() -> str:
        has_one = profile.has("cores") and profile.si("cores") == 1
        return "memory_bits" if has_one or not counts_cores(profile) else "n_cores"

    wanted = {"event_energy_j": lambda: "synaptic_operations", "latency_s": space}
    priced = (o if not _missing(o, profile) else instead() for o, instead in wanted.items())
    return ("accuracy", *priced)


def unpriced_words(objectives: tuple[str, ...], profile: HardwareProfile) -> tuple[str, ...]:
    """Say that energy or latency is no objective because the chip cannot price it, if so."""
    costs = ("event_energy_j", "latency_s")
    missing = {o: _missing(o, profile) for o in costs if o not in objectives}
    missing = {o: figures for o, figures in missing.items() if figures}
    if not missing:
        return ()
    named = " and ".join(OBJECTIVES[o].words for o in missing)
    first, *more = dict.fromkeys(chain(*missing.values()))
    figures = f"{first} and {len(more)} more figures are" if more else f"{first} is"
    return (f"Not traded: {named}; {figures} not published for {profile.title}.",)


def check_objectives(
    objectives: tuple[str, ...],
    profile: HardwareProfile,
    at_least: Mapping[str, float] = MappingProxyType({}),
    at_most: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Refuse what the chip cannot price, and limits on what is not an objective."""
    if not objectives or len(set(objectives)) < len(objectives):
        raise DesignProblem(
            f"objectives is {objectives}; name one or more, each once: {', '.join(OBJECTIVES)}."
        )
    check_limits(objectives, at_least, at_most)
    for name in objectives:
        if name not in OBJECTIVES:
            raise UnknownName("objective", name, OBJECTIVES)
        missing = _missing(name, profile)
        if missing:
            works = [other for other in OBJECTIVES if not _missing(other, profile)]
            contained = ", 0 for what another one contains" if len(missing) > 1 else ""
            raise NotPublished(
                f"{name} cannot be priced on {profile.title}: {', '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} not published. Objectives that work: "
                f"{', '.join(works)}. "
                f"Figures of your own{contained}: "
                f"profile.replace({', '.join(f'{m}=...' for m in missing)}), "
                "which marks them as your assumption."
            )


def _missing(name: str, profile: HardwareProfile) -> list[str]:
    parts = PRICED_FROM.get(name, ())
    missing = [figure for part in parts for figure in missing_figures(profile, part)]
    if name in ("energy_j", "power_w") and not profile.has("static_power"):
        missing.append("static_power")
    if name == "n_cores" and not counts_cores(profile):
        missing.append("neurons_per_core")
    return list(dict.fromkeys(missing))


def check_limits(
    objectives: tuple[str, ...], at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> None:
    """Refuse limits on other things, those that point the wrong way, and accuracies in per cent."""
    for limits, wanted, other in ((at_least, True, "at_most"), (at_most, False, "at_least")):
        for name, value in limits.items():
            if name not in objectives:
                raise UnknownName("objective of this search", name, objectives)
            if name in OBJECTIVES and OBJECTIVES[name].maximize != wanted:
                better = "smaller" if wanted else "larger"
                raise DesignProblem(
                    f"{name} is better the {better} it is: say {other}={{{name!r}: {value}}}."
                )
            if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
                raise DesignProblem(f"The limit on {name} is {value!r}; it must be a number.")
            if name == "accuracy" and value > 1:
                raise DesignProblem(
                    f"accuracy is a share between 0 and 1, not {value}; 95 % is 0.95."
                )


def losses_of(values: dict[str, float], objectives: tuple[str, ...]) -> np.ndarray:
    """Values as numbers to be made small, on the scale where differences count: log10 for costs."""
    losses = []
    for name in objectives:
        objective, value = OBJECTIVES[name], values[name]
        value = np.log10(max(value, 1e-30)) if objective.logarithmic else value
        losses.append(-value if objective.maximize else value)
    return np.array(losses)


def meets(
    values: Mapping[str, float], at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> bool:
    """Whether values keep limits."""
    return all(values[o] >= v for o, v in at_least.items()) and all(
        values[o] <= v for o, v in at_most.items()
    )


def limits_of(
    objectives: tuple[str, ...], at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> np.ndarray:
    """Limits as losses not to exceed; infinite where there is none."""
    stated = dict(at_least) | dict(at_most)
    given = losses_of({o: stated.get(o, 1.0) for o in objectives}, objectives)
    return np.where([o in stated for o in objectives], given, np.inf)


def is_best(losses: np.ndarray) -> np.ndarray:
    """Mark the rows that no other row beats: equal or smaller everywhere and smaller somewhere.

    Of equal rows, the first is marked.

    Parameters
    ----------
    losses : (n, n_objectives) float64, to be made small

    Returns
    -------
    (n,) bool

    Examples
    --------
    >>> is_best(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [1.0, 3.0]]))
    array([ True,  True, False, False])
    """
    best = np.ones(len(losses), bool)
    for k, row in enumerate(losses):
        beaten = (losses <= row).all(axis=1) & (losses < row).any(axis=1)
        best[k] = not beaten.any() and not (losses[:k] == row).all(axis=1).any()
    return best


def normalized(losses: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Losses between 0 (best of ``reference``) and 1 (worst of it) in every objective."""
    low, high = reference.min(axis=0), reference.max(axis=0)
    return (losses - low) / np.where(high > low, high - low, 1.0)
