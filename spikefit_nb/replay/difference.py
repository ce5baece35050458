"""Whether two prices differ for sure, though both rest on figures that are not."""

from collections.abc import Iterator

from spikefit_nb.replay.interval import Contribution, Interval, Uncertainty


def difference(before: Uncertainty, after: Uncertainty, quantity: str) -> Interval | None:
    """From where to where a quantity changes from one design to another."""
    first, second = before.interval(quantity), after.interval(quantity)
    if first is None or second is None:
        return None
    value = second.value - first.value
    worst = Interval(second.low - first.high, value, second.high - first.low)
    if not _shared(before, after):
        return worst
    changes = list(_changes(before, after, quantity))
    pairs = ((after.cheap, before.cheap), (after.dear, before.dear))
    ends = [getattr(new, quantity) - getattr(old, quantity) for new, old in pairs]
    low = min(value + sum(min(0.0, *change) for change in changes), *ends)
    high = max(value + sum(max(0.0, *change) for change in changes), *ends)
    return Interval(max(low, worst.low), value, min(high, worst.high))


def _shared(before: Uncertainty, after: Uncertainty) -> set[str]:
    """Figures that are the same in both, and so wrong by the same amount."""
    old, new = ({c.figure: c.now for c in design.contributions} for design in (before, after))
    return {name for name in old if old[name] == new.get(name)}


def _changes(
    before: Uncertainty, after: Uncertainty, quantity: str
) -> Iterator[tuple[float, float]]:
    """By how much each figure, at its two ends, changes the difference."""
    old, new = ({c.figure: c for c in design.contributions} for design in (before, after))
    shared = _shared(before, after)
    for name in {**old, **new}:
        without = _moves(old.get(name), before, quantity)
        with_it = _moves(new.get(name), after, quantity)
        if name in shared:
            yield with_it[0] - without[0], with_it[1] - without[1]
        else:
            yield -without[0], -without[1]
            yield with_it


def _moves(
    contribution: Contribution | None, design: Uncertainty, quantity: str
) -> tuple[float, float]:
    """By how much a figure alone changes a design's cost at its two ends."""
    if contribution is None:
        return 0.0, 0.0
    now = getattr(design.now, quantity)
    return getattr(contribution.cheap, quantity) - now, getattr(contribution.dear, quantity) - now
