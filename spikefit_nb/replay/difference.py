"""Whether two prices differ for sure, though both rest on figures that are not."""

from collections.abc import Iterator

from spikefit_nb.replay.interval import Contribution, Interval, Uncertainty


def difference(before: Uncertainty, after: Uncertainty, quantity: str) -> Interval | None:
    """From where to where a quantity changes from one design to another.

    A figure that both prices rest on, with the same value, source and spread, is wrong by the same amount in both, so
    it is moved once: ``change_i(end) = (after_i(end) - after) - (before_i(end) - before)``. A figure that the two do
    not share is moved apart. The interval is

        after - before + sum over figures of min(0, change_i(cheap), change_i(dear)), and the same with max.

    For energy, a sum of counts times figures, that is exact. Latency is a maximum over cores, and where other figures
    make another core the busiest, single changes do not quite add up: it is widened to hold what both designs cost
    with all figures at one end. It is never wider than the worst of one against the best of the other, and just that
    where they share nothing, such as two chips.

    Parameters
    ----------
    before, after : Uncertainty
    quantity : "energy_j", "total_energy_j" or "latency_s"

    Returns
    -------
    Interval or None
        None where one of the two is not published.

    Examples
    --------
    >>> from spikefit_nb.hardware import Sourced
    >>> from spikefit_nb.hardware.spread import Range
    >>> from spikefit_nb.replay.interval import Cost
    >>> now, cheap, dear = Cost(2e-9, None, None), Cost(1e-9, None, None), Cost(4e-9, None, None)
    >>> hop = Sourced(2, "pJ", "measured", "p. 1", spread=(1, 4))
    >>> one = Uncertainty(now, cheap, dear, (Contribution("energy_hop_x", hop, Range(1, 4, "published"), cheap, dear),))
    >>> difference(one, one, "energy_j")
    Interval(low=0.0, value=0.0, high=0.0)
    """
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


def _changes(before: Uncertainty, after: Uncertainty, quantity: str) -> Iterator[tuple[float, float]]:
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


def _moves(contribution: Contribution | None, design: Uncertainty, quantity: str) -> tuple[float, float]:
    """By how much a figure alone changes a design's cost at its two ends."""
    if contribution is None:
        return 0.0, 0.0
    now = getattr(design.now, quantity)
    return getattr(contribution.cheap, quantity) - now, getattr(contribution.dear, quantity) - now
