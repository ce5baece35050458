"""Figures made better and worse, and which limit, made larger, would make a network fit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from spikefit_nb.deploy import Report
from spikefit_nb.errors import ProfileProblem
from spikefit_nb.fit import SAME_EVERYWHERE, FitReport, judge
from spikefit_nb.hardware import FAMILIES, FIGURES, HardwareProfile, Need
from spikefit_nb.sensitivity.result import Cure, largest

NOT_BY_SIZE = (  # choices, shapes and widths: no number of which more or less is better
    "weight_bits",
    "state_bits",
    "strides",
    "poolings",
    "signs_per_source",
    "neurons_per_parameter_set",
    "mesh_columns",
    "mesh_rows",
    "cores_per_tile",
    "cores_per_chip",
    "barrier_tiles",
    "destination_chips",
    "board_chips",
    "process",
    "minimum_delay",  # another one gives another network, with other spikes
    "weight_currents_per_core",  # which weights more than four currents can express is not known
)
TAKES_MEMORY = ("bits_per_synapse", "crossbar_row")  # counts of which fewer are better
OF_EACH_CORE = ("kernel_memory_per_core", "neuron_memory_per_core")
# by rules of a family that name another figure
READ_SILENTLY = ("bias_memory_per_core", "fan_in_per_circuit")

LARGEST_FACTOR = 1024
MOST_ROUNDS = 8  # of raising what is still too small; fewer limits follow from one another


def is_cost(name: str) -> bool:
    """Whether less of a figure is better: energies, times, powers, cycles, and memory taken."""
    meaning = FIGURES[name]
    return meaning.base in ("J", "s", "W") or meaning.unit == "cycles" or name in TAKES_MEMORY


def scalable(report: Report) -> tuple[str, ...]:
    """Figures a report rests on that can be made better and worse by a factor."""
    profile = report.profile
    fixed = (*NOT_BY_SIZE, "cores") if FAMILIES[profile.family].one_core else NOT_BY_SIZE
    judged = (need.figure for need in report.fit.needs)
    names = dict.fromkeys((*report.figures, *judged, *READ_SILENTLY))
    numbers = (name for name in names if profile.has(name) and FIGURES[name].shape != "words")
    return tuple(name for name in numbers if name not in fixed)


def scaled(profile: HardwareProfile, name: str, ratio: float) -> HardwareProfile | None:
    """The chip with one figure multiplied, lists number by number, what is counted rounded."""
    before, is_count = profile.value(name), FIGURES[name].is_count
    after = _each(before, lambda number: round(number * ratio) if is_count else number * ratio)
    if is_count and after == before:
        return None
    try:
        return with_value(profile, name, after)
    except ProfileProblem:  # fewer than there must be, or more than a file can hold
        return None


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value changed, or each number of a list."""
    return tuple(map(change, value)) if isinstance(value, tuple) else change(value)


def with_value(profile: HardwareProfile, name: str, value: object) -> HardwareProfile:
    """The chip with another value of one figure; lists of cores grow or shrink with them."""
    figures = {name: value}
    if name == "cores":
        lists = [each for each in OF_EACH_CORE if profile.has(each)]
        figures |= {each: _repeated(profile.value(each), value) for each in lists}
    return profile.replace(**figures)


def _repeated(values: tuple[int, ...], n: object) -> list[int]:
    return [values[k % len(values)] for k in range(int(n))]  # type: ignore[call-overload]


def find_cures(report: Report) -> tuple[Cure, ...]:
    """Find for each limit the smallest factor that makes the network fit alone, least first."""
    exceeded = dict.fromkeys(need.figure for need in report.violations)
    limits = [name for name in scalable(report) if not is_cost(name)]
    everywhere = SAME_EVERYWHERE & set(exceeded)  # which nothing else cures
    found = []
    for name in dict.fromkeys((*exceeded, *limits)):
        now, can_grow = report.profile.figure(name), name in limits
        may_cure = everywhere <= {name} and (name in exceeded or name not in SAME_EVERYWHERE)
        n = _least(report, name) if can_grow and may_cure else None
        after = None if n is None else _raised(report.profile, name, n)
        if after is not None or name in exceeded:
            factor = None if n is None else n / largest(now.value)
            found.append(Cure(name, now, after and after.value(name), factor, can_grow))
    return tuple(sorted(found, key=lambda cure: (cure.factor is None, cure.factor or 0)))


def raised_together(report: Report) -> dict[str, object] | None:
    """Raise every exceeded limit to its need, and what is exceeded then, until the network fits."""
    violations, profile = report.violations, report.profile
    can_grow = {name for name in scalable(report) if not is_cost(name)}
    raised: dict[str, object] = {}
    for _ in range(MOST_ROUNDS):
        if any(need.figure not in can_grow or not need.share for need in violations):
            return None
        for name in dict.fromkeys(need.figure for need in violations):
            needs = [need for need in violations if need.figure == name]
            raised[name] = _enough(profile.value(name), max(needs, key=lambda n: n.share or 0))
            profile = with_value(profile, name, raised[name])
        violations = _judged(report, profile).violations
        if not violations:
            return raised
    return None


def _enough(value: object, worst: Need) -> object:
    """A limit, or each of a list, raised as many times as it is exceeded."""
    need, most = int(worst.need), int(worst.limit)  # type: ignore[call-overload]
    return _each(value, lambda limit: -(-limit * need // most))


def _judged(report: Report, profile: HardwareProfile) -> FitReport:
    return judge(replace(report.case, profile=profile), report.fit.adaptation)


def _raised(profile: HardwareProfile, name: str, n: int) -> HardwareProfile | None:
    """The chip with this figure, or the largest of its list, at n, and others in proportion."""
    return scaled(profile, name, n / largest(profile.value(name)))


def _least(report: Report, name: str) -> int | None:
    """The smallest number at which the network fits, or None up to the largest factor."""
    now = largest(report.profile.value(name))

    def fits(n: int) -> bool:
        profile = _raised(report.profile, name, n)
        return profile is not None and _judged(report, profile).fits

    low, high = now, LARGEST_FACTOR * now
    if not now or not fits(high):
        return None
    shares = (need.share or 0 for need in report.violations if need.figure == name)
    likely = round(now * max(shares, default=0))  # often the answer, and judging takes time
    for n in (likely, likely - 1):
        if low < n < high:
            low, high = (low, n) if fits(n) else (n, high)
    while high - low > 1:
        middle = min(2 * low, (low + high) // 2)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
