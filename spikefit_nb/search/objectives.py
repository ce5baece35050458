"""What can be traded: each objective, its direction, the figure a chip must have published for it,
and which designs no other beats.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from numbers import Real
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, NotPublished, UnknownName, expect
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import counts_cores
from spikefit_nb.replay import missing_figures
from spikefit_nb.units import text


class Objective(NamedTuple):
    """One quantity to be made best, or to be kept within limits.

    Parameters
    ----------
    words : str, what people call it
    unit : str, one of ``units.SUFFIXES``; "%" says that the value is a fraction
    maximize : bool
    logarithmic : bool, whether ratios of it count, not differences
    name : str, for programs; needed with ``of``
    of : callable, Report -> number, for a quantity of one's own; None: the attribute of a Report
        that has its name

    Examples
    --------
    >>> product = Objective("energy-delay product", "", False, True, name="energy_delay",
    ...                     of=lambda report: report.energy_j * report.latency_s)
    >>> product.said(0.002)
    'energy-delay product 0.002'
    """

    words: str
    unit: str
    maximize: bool
    logarithmic: bool
    name: str = ""
    of: Callable[[Report], float] | None = None

    def said(self, value: float) -> str:
        """The quantity and its value, such as "accuracy 95.0 %"."""
        return f"{self.words} {text(value, self.unit)}"

    def read(self, report: Report, name: str) -> float | None:
        """Its value in a report; None where the report has none.

        Raises
        ------
        ValueError
            It is the user's own, and read from a file, which holds no function.
        """
        is_own = name not in BUILT_IN
        if is_own and self.of is None:
            raise ValueError(f"how {name} is worked out is not known here: give it to load_study")
        value = getattr(report, name) if self.of is None else self.of(report)
        return None if value is None else float(value)

    def needed(self, report: Report, name: str) -> float:
        """Its value in a report that has to have one.

        Raises
        ------
        ValueError
            The report has none, or it is no finite number.
        """
        value = self.read(report, name)
        if value is None:
            why = NEEDS.get(name, "see the report's notes on what is not published")
            raise ValueError(f"{name} is not known of this design; {why}")
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value} of this design; it must be a number")
        return value


OBJECTIVES = {
    "accuracy": Objective("accuracy", "%", True, False),
    "event_energy_j": Objective("event energy per inference", "J", False, True),
    "energy_j": Objective("energy with static power", "J", False, True),
    "power_w": Objective("power", "W", False, True),
    "latency_s": Objective("latency", "s", False, True),
    "n_cores": Objective("cores", "", False, True),
    "memory_bits": Objective("synapse memory", "bits", False, True),
    "synaptic_operations": Objective("synaptic operations per inference", "", False, True),
    "area_mm2": Objective("silicon area in use", "mm2", False, True),
    "late_share": Objective(
        "answers after the deadline", "%", False, False, of=attrgetter("operation.late_share")
    ),
    "lag_s": Objective(
        "time from the last step to the answer", "s", False, True, of=attrgetter("operation.lag_s")
    ),
    "missed_steps_share": Objective(
        "steps that take too long", "%", False, False, of=attrgetter("operation.missed_steps_share")
    ),
}
NEEDS = {"late_share": "it needs deadline_s", "missed_steps_share": "it needs live input"}
BUILT_IN = frozenset(OBJECTIVES)
PRICED_FROM = {  # parts of a price that rest on published figures
    "event_energy_j": ("energy_j",),
    "energy_j": ("energy_j", "latency_s"),
    "power_w": ("energy_j", "latency_s"),
    "latency_s": ("latency_s",),
    "late_share": ("latency_s",),
    "lag_s": ("latency_s",),
    "missed_steps_share": ("latency_s",),
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


def know(objectives: Iterable[str | Objective]) -> tuple[str, ...]:
    """Give objectives their names; those of one's own are remembered under theirs."""
    names = []
    for objective in objectives:
        if isinstance(objective, Objective):
            if not objective.name.isidentifier() or objective.name in BUILT_IN:
                raise DesignProblem(
                    f"An objective of one's own is named {objective.name!r}; give it a name of its "
                    "own, such as name='battery_days', beside of=lambda report: ..."
                )
            if not callable(objective.of):
                raise DesignProblem(
                    f"{objective.name}: of is {objective.of!r}; give a function of a report, such "
                    "as of=lambda report: report.energy_j * report.latency_s"
                )
            OBJECTIVES[objective.name] = objective
            objective = objective.name
        expect(objective, str, "each of objectives", "'event_energy_j'")
        names.append(objective)
    return tuple(names)


def check_objectives(
    objectives: tuple[str, ...],
    profile: HardwareProfile,
    at_least: Mapping[str, float] = MappingProxyType({}),
    at_most: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Refuse what there is no such quantity of, and what the chip cannot price."""
    if not objectives or len(set(objectives)) < len(objectives):
        raise DesignProblem(
            f"objectives is {objectives}; name one or more, each once: {', '.join(OBJECTIVES)}."
        )
    check_limits(at_least, at_most)
    for name in dict.fromkeys((*objectives, *at_least, *at_most)):
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
    if name == "area_mm2" and not profile.has("area") and not profile.has("core_area"):
        missing.append("area")
    return list(dict.fromkeys(missing))


def check_limits(at_least: Mapping[str, float], at_most: Mapping[str, float]) -> None:
    """Refuse limits on what is no quantity, those that point the wrong way, and accuracies in per
    cent.
    """
    for limits, wanted, other in ((at_least, True, "at_most"), (at_most, False, "at_least")):
        for name, value in limits.items():
            if name not in OBJECTIVES:
                raise UnknownName("quantity to be limited", name, OBJECTIVES)
            if OBJECTIVES[name].maximize != wanted:
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


def excess_of(
    values: Mapping[str, float], at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> dict[str, float]:
    """By how much values break each limit, as losses: at most 0 where it is kept."""
    found = {}
    for name, limit in (*at_least.items(), *at_most.items()):
        if name in values:
            value, allowed = (losses_of({name: v}, (name,))[0] for v in (values[name], limit))
            found[name] = float(value - allowed)
    return found


def limits_in_words(at_least: Mapping[str, float], at_most: Mapping[str, float]) -> str:
    """Limits as a sentence has them, such as "accuracy of at least 95.0 %"."""
    limits = [("least", *limit) for limit in at_least.items()]
    limits += [("most", *limit) for limit in at_most.items()]
    return " and ".join(
        f"{OBJECTIVES[o].words} of at {side} {text(value, OBJECTIVES[o].unit)}"
        for side, o, value in limits
    )


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
    best = np.zeros(len(losses), bool)
    if not len(losses):
        return best
    kept = np.empty((0, losses.shape[1]))
    for k in np.lexsort(losses.T[::-1]):  # what beats a row comes before it, and so do its equals
        if not (kept <= losses[k]).all(axis=1).any():
            best[k] = True
            kept = np.vstack([kept, losses[k]])
    return best


def normalized(losses: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Losses between 0 (best of ``reference``) and 1 (worst of it) in every objective."""
    low, high = reference.min(axis=0), reference.max(axis=0)
    return (losses - low) / np.where(high > low, high - low, 1.0)
