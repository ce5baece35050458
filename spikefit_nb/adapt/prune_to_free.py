"""Prune to where a chip gains by it: to the end of an axon, of a word of synapse memory, or of a
core.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heapify, heappop, heappush
from typing import Literal, NamedTuple

import numpy as np

from spikefit_nb.adapt.activity import Activity, groups_into
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_fraction
from spikefit_nb.adapt.layer_weights import saliencies, without_weights
from spikefit_nb.adapt.prune import prune
from spikefit_nb.adapt.prune_neurons import unit_saliency, units_of, without_neurons
from spikefit_nb.errors import DesignProblem, guarded, is_one_of
from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.mapping import CoreMap, map_network, stored_bits
from spikefit_nb.network import Network, Projection
from spikefit_nb.units import text

Freed = Literal["axons", "memory", "cores"]


class Use(NamedTuple):
    """What a network takes of a chip."""

    cores: int
    axons: int
    memory_bits: int


@dataclass(frozen=True, eq=False)
class Rows:
    """The synapses of a projection by axon, source neuron and core, on a chip: none of a
    convolution.
    """

    value: np.ndarray  # (n,) int, places among ``Projection.values``, by axon and then by saliency
    start: np.ndarray  # (n_axons + 1,) int
    core: np.ndarray  # (n_axons,) int


def used(network: Network, profile: HardwareProfile) -> Use:
    """What a network takes of a chip as ``map_network`` lays it out."""
    mapping = map_network(network, profile)
    return Use(
        mapping.n_cores, int(mapping.needs.axons_in.sum()), int(mapping.needs.memory_bits.sum())
    )


@guarded
def prune_to_free(
    network: Network,
    profile: HardwareProfile,
    fraction: float,
    *,
    activity: Activity | None = None,
    free: Freed = "axons",
) -> Adapted:
    """Prune at most a fraction, and only what frees something on the chip.

    ``"axons"``: all synapses of a source neuron on a core, which frees an input axon there.
    ``"memory"``: synapses of an axon down to where its row takes a word less (Loihi; elsewhere each
    synapse counts). What ``prune`` would free is freed first, without the synapses whose loss
    frees nothing; the rest of the fraction goes to what frees most for its saliency.
    Kernels of convolutions are shared by all axons and stay. ``"cores"``: neurons or channels, just
    as many that a population takes fewer cores, and none where the fraction does not reach that
    far.

    Of each projection ``round(fraction * n)`` synapses go at most, of each population as many
    neurons; where plain pruning turns out to need fewer cores, axons or bits after all, it is taken
    and a note says so.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    fraction : float, 0 to 0.99
    activity : Activity, optional, for saliency in place of magnitude; see ``prune``
    free : "axons", "memory" or "cores"

    Returns
    -------
    Adapted
        Notes say what was freed, and what the next removal would have cost.

    Raises
    ------
    DesignProblem
        The fraction or ``free`` is none of those possible, or the activity is of another network.

    References
    ----------
    Sparsity that hardware cannot use is worth nothing, 98 % of weights at 59 % utilisation,
    Yin et al. 2024, IEEE TETCI (u-Ticket, arXiv 2302.06746).

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population
    >>> weights = np.array([[1.0, 0.2], [0.3, 0.4], [0.1, 2.0]])
    >>> network = Network([Population("in", (3,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", weights)])
    >>> prune_to_free(network, load_profile("loihi1"), 0.4).network.projections[0].weight.toarray()
    array([[1. , 0.2],
           [0. , 0. ],
           [0.1, 2. ]])
    """
    if not is_one_of(free, ("axons", "memory", "cores")):
        raise DesignProblem(f'free is {free!r}; it must be "axons", "memory" or "cores".')
    expect_fraction(fraction, "prune_to_free")
    plain = prune(network, fraction, activity=activity)
    if fraction == 0:
        return plain
    before = map_network(network, profile)
    change = f"at most {text(float(fraction), '%')} pruned to free {free} of {profile.title}"
    if free == "cores":
        return _fewer_cores(network, profile, fraction, activity, before, change=change)
    gone, notes = {}, []
    for e, saliency in _saliencies(network, activity):
        if e.kind == "convolution":
            notes.append(
                f"{e.source} -> {e.target}: kernels are shared by all axons and stay; prune "
                "channels instead"
            )
            continue
        now = plain.network.projections[network.projections.index(e)]
        left = _ends(now)[now.values != 0]  # a sparse one forgets its zeros
        plainly = (e.values != 0) & ~np.isin(_ends(e), left)
        gone[e], worth, next_worth = _spend(e, saliency, plainly, fraction, before, free=free)
        unit, further = "axon" if free == "axons" else "bit", ""
        if next_worth is not None:
            further = f"; the next one {next_worth:.3g}, more than the fraction allows"
        notes.append(
            f"{e.source} -> {e.target}: {int(gone[e].sum()):,} synapses; the last {unit} freed "
            f"cost {worth:.3g} of saliency{further}"
        )
    after = without_weights(network, gone, activity)
    return _better(Adapted(change, network, after, tuple(notes)), plain, profile, free)


def _saliencies(
    network: Network, activity: Activity | None
) -> Iterator[tuple[Projection, np.ndarray]]:
    for population in network.neuron_populations:
        for group, moments in groups_into(network, population.name, activity):
            yield from zip(group, saliencies(group, moments), strict=True)


def _ends(e: Projection) -> np.ndarray:
    """Source and target of each stored weight of a matrix, as one number."""
    n_source, n_target = e.shape
    source = e.weight.at_rows(np.arange(n_source)[None])
    return source * n_target + e.weight.at_targets(np.arange(n_target))


def _rows(e: Projection, saliency: np.ndarray, mapping: CoreMap) -> Rows:
    start = mapping.network.starts[e.target]
    core_of = mapping.core_of[start : start + e.shape[1]]
    present = np.flatnonzero(e.values)
    source, target = np.divmod(_ends(e)[present], e.shape[1])
    axon = source * mapping.n_cores + core_of[target]
    order = np.lexsort((saliency[present], axon))
    first = np.flatnonzero(np.diff(axon[order], prepend=-1))
    return Rows(present[order], np.append(first, order.size), axon[order][first] % mapping.n_cores)


def _taken(e: Projection, mapping: CoreMap, free: Freed) -> Callable[[int, int], int]:
    """What an axon with so many synapses on a core takes of what is to be freed."""
    profile = mapping.profile
    if free == "axons":
        return lambda n, core: int(n > 0)
    bits, axon_bits = stored_bits(e, profile), FAMILIES[profile.family].axon_bits

    @cache
    def memory(n: int, n_neurons: int) -> int:
        return int(axon_bits(np.array([n]), np.array([n_neurons]), bits, e.delay_steps)[0])

    return lambda n, core: memory(n, int(mapping.n_neurons[core]))


class _Removals(NamedTuple):
    """What it costs to free the next axon, or the next word of one, by its least synapses."""

    rows: Rows
    summed: np.ndarray  # (n + 1,) float64: saliency of the synapses before each, in their order
    taken: Callable[[int, int], int]
    whole: bool  # whether nothing is free before all synapses of an axon are gone

    def next(self, axon: int, left: int) -> tuple[float, int, int] | None:
        """Saliency for what is freed, the axon, and the synapses then left; None: it is empty."""
        if left == 0:
            return None
        core = self.rows.core[axon]
        held, fewer = self.taken(left, core), 0 if self.whole else left - 1
        while fewer > 0 and self.taken(fewer, core) == held:
            fewer -= 1
        end = self.rows.start[axon + 1]
        worth = self.summed[end - fewer] - self.summed[end - left]
        return worth / (held - self.taken(fewer, core)), axon, fewer

    def spend(self, left: list[int], budget: int) -> tuple[float, float | None]:
        """Free what costs least until the budget is spent: what the last and the next are worth."""
        found = (self.next(axon, n) for axon, n in enumerate(left))
        waiting = [removal for removal in found if removal is not None]
        heapify(waiting)
        last, following = 0.0, None
        while waiting:
            worth, axon, fewer = heappop(waiting)
            if left[axon] - fewer > budget:
                following = worth if following is None else following
                continue
            budget -= left[axon] - fewer
            left[axon], last = fewer, worth
            further = self.next(axon, fewer)
            if further is not None:
                heappush(waiting, further)
        return last, following


def _left_by_plain(rows: Rows, plainly: np.ndarray, taken: Callable[[int, int], int]) -> list[int]:
    """Synapses left of each axon by plain pruning, those given back whose loss frees nothing."""
    if not rows.core.size:
        return []
    size = np.diff(rows.start)
    left = [int(n) for n in size - np.add.reduceat(plainly[rows.value], rows.start[:-1])]
    for axon, core in enumerate(rows.core):
        while left[axon] < size[axon] and taken(left[axon] + 1, core) == taken(left[axon], core):
            left[axon] += 1
    return left


def _spend(
    e: Projection,
    saliency: np.ndarray,
    plainly: np.ndarray,
    fraction: float,
    mapping: CoreMap,
    free: Freed,
) -> tuple[np.ndarray, float, float | None]:
    """What plain pruning frees, and with the synapses it wastes, further ones of least saliency
    for what they free.
    """
    rows, taken = _rows(e, saliency, mapping), _taken(e, mapping, free)
    left = _left_by_plain(rows, plainly, taken)
    summed = np.concatenate([[0.0], np.cumsum(saliency[rows.value])])
    n_gone = rows.value.size - sum(left)
    removals = _Removals(rows, summed, taken, whole=free == "axons")
    worth, next_worth = removals.spend(left, round(fraction * rows.value.size) - n_gone)
    gone = np.zeros(e.values.size, bool)
    for axon, n in enumerate(left):
        gone[rows.value[rows.start[axon] : rows.start[axon + 1] - n]] = True
    return gone, worth, next_worth


def _fewer_cores(
    network: Network,
    profile: HardwareProfile,
    fraction: float,
    activity: Activity | None,
    before: CoreMap,
    change: str,
) -> Adapted:
    """Neurons cut from each population to where it takes fewer cores, as few as that takes."""
    kept, notes = {}, []
    for population in network.neuron_populations:
        name = population.name
        start = network.starts[name]
        n_cores = int(np.unique(before.core_of[start : start + population.n_neurons]).size)
        if name == network.output or n_cores < 2:
            continue
        unit = units_of(network, name)
        order = np.argsort(unit_saliency(network, name, unit, activity), kind="stable")
        most = min(round(fraction * order.size), order.size - 1)

        def cores_without(
            n: int, order: np.ndarray = order, unit: np.ndarray = unit, name: str = name
        ) -> int:
            fewer = without_neurons("", network, {name: ~np.isin(unit, order[:n])}, None).network
            return map_network(fewer, profile).n_cores

        least = cores_without(most)
        if least >= before.n_cores:
            notes.append(
                f"{name}: {n_cores} cores, and as many without {most:,} of {order.size:,}, so that "
                "none went"
            )
            continue
        low, high = 0, most  # the fewest that still reach the fewest cores
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if cores_without(middle) <= least else (middle, high)
        kept[name] = ~np.isin(unit, order[:high])
        notes.append(
            f"{name}: {high:,} of {order.size:,} removed free {before.n_cores - least} cores"
        )
    return without_neurons(change, network, kept, activity, notes)


def _better(adapted: Adapted, plain: Adapted, profile: HardwareProfile, free: Freed) -> Adapted:
    """The one that needs no more than plain pruning, with what was freed."""
    before, aware, other = (
        used(n, profile) for n in (adapted.before, adapted.network, plain.network)
    )
    freed = (
        f"cores {before.cores:,} -> {aware.cores:,}, axons {before.axons:,} -> {aware.axons:,}, "
        "synapse memory "
        f"{before.memory_bits:,} -> {aware.memory_bits:,} bits; pruned without regard for the chip "
        f"{other.cores:,}, {other.axons:,} and {other.memory_bits:,}"
    )
    which = 2 if free == "memory" else 1
    if (other.cores, other[which]) < (aware.cores, aware[which]):
        return Adapted(
            plain.change,
            plain.before,
            plain.network,
            (*plain.notes, f"plain pruning frees more: {freed}"),
        )
    return Adapted(adapted.change, adapted.before, adapted.network, (freed, *adapted.notes))
