"""Which limit of a chip, made larger, would make a network fit."""

from collections.abc import Iterator
from dataclasses import replace

from spikefit_nb.deploy import Report
from spikefit_nb.fit import SAME_EVERYWHERE, FitReport, judge
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.sensitivity.result import Cure
from spikefit_nb.sensitivity.scaling import is_cost, scalable, scaled, with_value

LARGEST_FACTOR = 1024
MOST_ROUNDS = 8  # of raising what is still too small; fewer limits follow from one another


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
            factor = None if n is None else n / _largest(report.profile, name)
            found.append(Cure(name, now, after and after.value(name), factor, can_grow))
    return tuple(sorted(found, key=lambda cure: (cure.factor is None, cure.factor or 0)))


def raised_together(report: Report) -> dict[str, object] | None:
    """Raise every exceeded limit to its need, and what is exceeded then, until the network fits."""
    fit, profile = report.fit, report.profile
    can_grow = {name for name in scalable(report) if not is_cost(name)}
    raised: dict[str, object] = {}
    for _ in range(MOST_ROUNDS):
        if any(need.figure not in can_grow or not need.share for need in fit.violations):
            return None
        for name in dict.fromkeys(need.figure for need in fit.violations):
            needs = [need for need in fit.violations if need.figure == name]
            worst = max(needs, key=lambda need: need.share or 0)
            before = profile.value(name)
            numbers = before if isinstance(before, tuple) else (before,)
            numbers = tuple(-(-v * int(worst.need) // int(worst.limit)) for v in numbers)  # type: ignore[call-overload]
            raised[name] = numbers if isinstance(before, tuple) else numbers[0]
            profile = with_value(profile, name, raised[name])
        fit = _judged(report, profile)
        if fit.fits:
            return raised
    return None


def _judged(report: Report, profile: HardwareProfile) -> FitReport:
    return judge(replace(report.case, profile=profile), report.fit.adaptation)


def _largest(profile: HardwareProfile, name: str) -> int:
    value = profile.value(name)
    return max(value) if isinstance(value, tuple) else value


def _raised(profile: HardwareProfile, name: str, n: int) -> HardwareProfile | None:
    """The chip with this figure, or the largest of its list, at n, and others in proportion."""
    return scaled(profile, name, n / _largest(profile, name))


def _least(report: Report, name: str) -> int | None:
    """The smallest number at which the network fits, or None up to the largest factor."""
    now = _largest(report.profile, name)

    def fits(n: int) -> bool:
        profile = _raised(report.profile, name, n)
        return profile is not None and _judged(report, profile).fits

    low, high = now, LARGEST_FACTOR * now
    if not now or not fits(high):
        return None
    for n in _likely(report, name, now):  # often the answer, and judging takes time
        if low < n < high:
            low, high = (low, n) if fits(n) else (n, high)
    while high - low > 1:
        middle = min(2 * low, (low + high) // 2)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _likely(report: Report, name: str, now: int) -> Iterator[int]:
    shares = [need.share for need in report.violations if need.figure == name and need.share]
    if shares:
        n = round(now * max(shares))
        yield from (n, n - 1)
