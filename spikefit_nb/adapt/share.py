"""Let many synapses share few weights, or be sums of the few currents that a core has."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from spikefit_nb.adapt.activity import Activity, Moments, groups_into
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_whole
from spikefit_nb.adapt.layer_weights import (
    as_matrix,
    compensated,
    from_matrix,
    of_each_weight,
    places_shared,
    stacked,
)
from spikefit_nb.adapt.scales import best_levels, nearest_level
from spikefit_nb.errors import DesignProblem, UnknownName, guarded
from spikefit_nb.hardware import base_currents, current_sums
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network, Population, Projection, setting_in_words, settings_given

SCOPES = ("network", "projection", "population", "neuron")
# of weights other than zero and what each counts, to levels
Choose = Callable[[np.ndarray, np.ndarray], np.ndarray]
BINS = 2048  # that magnitudes are gathered in first
ROUNDS = 30  # of taking the nearest sums and then the best currents for them
STARTS = (0.4, 0.55, 0.7, 0.85, 1.0)  # largest sum at first, of the largest magnitude
RATIOS = (2.0, 1.7, 1.4)  # of one current to the next at first
DECIDED = 4  # so many currents, or fewer: whether weights are sums of them already can be told
PRECISION = 12  # bits of a current, so that sums are exact


@guarded
def share_weights(
    network: Network,
    n_values: int | Mapping[str, int | None],
    *,
    scope: str | CoreMap = "population",
    activity: Activity | None = None,
    compensate: bool = True,
    drop_small: bool = False,
) -> Adapted:
    """Give all synapses one of few weights, which are chosen so that the squared error is least.

    ``min sum(importance * (w - level(w)) ** 2)`` over at most ``n_values`` levels: k-means on a
    line, solved exactly. With a calibration set a weight counts by the mean square of what its
    source leaves in the potential, and the error of sharing one weight is made good by others
    (``layer_weights.compensated``): then the nearest level is not always the one taken. Weights of
    zero are synapses that are not there: they stay so and count as no value; a synapse whose shared
    weight is zero, such as the mean of -1 and 1, is no more either.

    Parameters
    ----------
    network : Network, with weights in floating point
    n_values : int, from 1 up, or a mapping of population to that of the weights into it, all others
        staying as they are
    scope : what shares the values: "network", "projection", "population" (all that leads into one),
        or "neuron" (all that leads into one neuron, or into one channel where a convolution does);
        or a CoreMap of this network: all that leads into one core, where a channel counts with the
        core of its first neuron
    activity : Activity, optional, of this network or one of the same shape on calibration data
    compensate : bool, whether errors are made good by other weights; only with an activity
    drop_small : bool, whether a synapse may vanish where zero is nearer than any value: one level
        more, which takes no memory where a chip stores only what is there

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        There is to be no whole number of values, weights are integers already, the mapping or the
        activity is of another network, or populations with numbers of their own are to share
        values with others.
    UnknownName
        There is no such scope or population.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (5,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[0.0], [1.0], [2.0], [8.0], [10.0]]))])
    >>> share_weights(network, 2).network.projections[0].values
    array([0. , 1.5, 1.5, 9. , 9. ], dtype=float32)
    """
    if isinstance(n_values, Mapping) and (isinstance(scope, CoreMap) or scope == "network"):
        raise DesignProblem(
            "Populations with numbers of values of their own share none with one another: the "
            'scope must be "population", "projection" or "neuron".'
        )
    numbers = settings_given(network, n_values)
    for own in numbers.values():
        expect_whole(own, "n_values", 1)
    after, notes = network, tuple[str, ...]()
    for own in dict.fromkeys(numbers.values()):
        choose = partial(best_levels, n_levels=own, with_zero=drop_small)
        named = [name for name, each in numbers.items() if each == own]
        after, said = snapped(
            after, choose, scope, activity, compensate, drop_small=drop_small, populations=named
        )
        notes += said
    of = "" if scope == "network" else " a core" if isinstance(scope, CoreMap) else f" a {scope}"
    change = f"at most {setting_in_words(n_values)} weights{of}"
    change += ", the smallest left out" if drop_small else ""
    change += ", errors made good by other weights" if activity is not None and compensate else ""
    return Adapted(change, network, after, notes)


def snapped(
    network: Network,
    choose: Choose,
    scope: str | CoreMap,
    activity: Activity | None,
    compensate: bool,
    drop_small: bool,
    populations: Collection[str] | None = None,
) -> tuple[Network, tuple[str, ...]]:
    """The network with each weight at one of the levels that a rule chooses for its scope; of all
    weights, or those into some populations.
    """
    chosen = [p for p in network.populations if populations is None or p.name in populations]
    if not isinstance(scope, CoreMap) and scope not in SCOPES:
        raise UnknownName("scope of shared weights", scope, SCOPES)
    if isinstance(scope, CoreMap) and [(p.name, p.shape) for p in scope.network.populations] != [
        (p.name, p.shape) for p in network.populations
    ]:
        raise DesignProblem(
            f"The mapping is of {scope.network!r} and not of {network!r}: give "
            "scope=map_network(network, profile)."
        )
    names = {p.name for p in chosen}
    for e in network.projections:
        if e.target in names and e.scale is not None:
            raise DesignProblem(
                f"{e!r} holds integers already; share the weights of the network it was made from."
            )
    parts = [part for p in chosen for part in _parts(network, p, scope, activity)]
    levels = _levels_of(parts, choose, drop_small)
    made: dict[Projection, Projection] = {}
    notes: list[str] = []
    for part in parts:
        known = part.moments if compensate else None
        if known is not None and known.second is not None:
            made.update(zip([e for e, _ in part.members], _made_good(part, levels), strict=True))
            continue
        for e, keys in part.members:
            made[e] = e.with_values(_snapped_to(e.values, keys, levels))
        if known is not None:
            notes.append(
                f"Too many sources reach {part.name!r} for errors of one to be made good by others."
            )
    return network.replace(projections=[made.get(e, e) for e in network.projections]), tuple(notes)


@dataclass(frozen=True, eq=False)
class _Part:
    """Projections whose errors can make each other good, and the scope that each of their weights
    is in.
    """

    name: str
    # with the number of its scope for each stored weight
    members: tuple[tuple[Projection, np.ndarray], ...]
    importance: tuple[np.ndarray, ...]
    moments: Moments | None


def _parts(
    network: Network, population: Population, scope: str | CoreMap, activity: Activity | None
) -> list[_Part]:
    groups = groups_into(network, population.name, activity)
    places = places_shared([e for group, _ in groups for e in group])
    start, neurons = network.starts[population.name], np.arange(population.n_neurons)
    made = []
    for group, known in groups:
        keys = []
        for e in group:
            if isinstance(scope, CoreMap):
                of_target = scope.core_of[start + neurons].astype(np.int64)
            elif scope == "neuron":
                of_target = start + neurons // places
            else:
                first = {"network": 0, "projection": network.projections.index(e)}
                of_target = np.full(neurons.size, first.get(scope, start))
            keys.append(e.weight.at_targets(of_target))
        counts = (
            tuple(of_each_weight(group, known.importance))
            if known is not None
            else tuple(np.ones(e.values.size) for e in group)
        )
        made.append(_Part(population.name, tuple(zip(group, keys, strict=True)), counts, known))
    return made


class _Levels:
    """The levels of each scope, a row each, with infinity for those that it does not use."""

    def __init__(self, keys: np.ndarray, levels: list[np.ndarray]) -> None:
        self.keys = keys
        self.table = np.full((len(levels), max((each.size for each in levels), default=0)), np.inf)
        for row, each in zip(self.table, levels, strict=True):
            row[: each.size] = each

    def nearest(self, values: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """The level nearest to each value (n,) in the scope of its key, (n,) or (1,)."""
        if not self.keys.size:  # nobody has a synapse
            return np.zeros(values.shape)
        rows = np.searchsorted(self.keys, keys)
        if rows.size == 1:
            levels = self.table[rows[0]]
            levels = levels[np.isfinite(levels)]
            return levels[nearest_level(values, levels)]
        taken = np.argmin(np.abs(values[:, None] - self.table[rows]), axis=1)
        return self.table[rows, taken]


def _levels_of(parts: list[_Part], choose: Choose, drop_small: bool) -> _Levels:
    empty = [np.zeros(0)]
    values = np.concatenate(
        [e.values.astype(np.float64) for part in parts for e, _ in part.members] + empty
    )
    keys = np.concatenate(
        [keys for part in parts for _, keys in part.members] + [np.zeros(0, np.int64)]
    )
    counts = np.concatenate([each for part in parts for each in part.importance] + empty)
    order = np.argsort(keys, kind="stable")
    found, first = np.unique(keys[order], return_index=True)
    levels = []
    for inside in np.split(order, first[1:]):
        present = inside[values[inside] != 0]
        own = choose(values[present], counts[present]).astype(np.float32).astype(np.float64)
        levels.append(np.union1d(own, 0.0) if drop_small or not own.size else np.unique(own))
    return _Levels(found, levels)


def _snapped_to(values: np.ndarray, keys: np.ndarray, levels: _Levels) -> np.ndarray:
    same = keys[:1] if keys.size and (keys == keys[0]).all() else keys
    return np.where(values != 0, levels.nearest(values.astype(np.float64), same), 0.0).astype(
        np.float32
    )


def _made_good(part: _Part, levels: _Levels) -> list[Projection]:
    """The projections with shared weights, errors made good by other weights."""
    projections = [e for e, _ in part.members]
    weights = as_matrix(projections)
    # -1: no synapse
    keys = stacked(projections, [k + 1 for _, k in part.members]) - 1
    made = np.empty_like(weights)
    for group in range(len(weights)):
        known = np.maximum(
            keys[group], keys[group].min(where=keys[group] >= 0, initial=levels.keys.max(initial=0))
        )

        def nearest(source: int, row: np.ndarray, known: np.ndarray = known) -> np.ndarray:
            own = known[source]
            return levels.nearest(row, own[:1] if (own == own[0]).all() else own)

        second = part.moments.second  # type: ignore[union-attr]
        made[group] = compensated(weights[group], second[group], nearest)  # type: ignore[index]
    return from_matrix(projections, made.astype(np.float32))


@guarded
def share_currents(
    network: Network,
    n_currents: int = 4,
    *,
    scope: str | CoreMap = "population",
    activity: Activity | None = None,
    compensate: bool = True,
    populations: Collection[str] | None = None,
) -> Adapted:
    """Make each weight a sum of some of ``n_currents`` currents, with its own sign: 16 strengths of
    four currents.

    ``min sum(importance * (|w| - m(w) . c) ** 2)`` over currents ``c`` and masks ``m``, by turns:
    the nearest sum for each weight, then least squares for the currents, from fifteen starts. What
    is nearest to the sum of none is a synapse no more. With a calibration set errors count as in
    ``share_weights``, and are made good by other weights. Weights that are such sums already stay
    as they are (for up to four currents, where that can be decided).

    Parameters
    ----------
    network : Network, with weights in floating point
    n_currents : int, 1 to 6
    scope : what shares the currents: as of ``share_weights``, or a CoreMap of this network: each
        core
    activity : Activity, optional
    compensate : bool, whether errors are made good by other weights; only with an activity
    populations : names of those whose incoming weights are such sums; default: all

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The number of currents is not a whole number or out of its range, or weights are integers
        already.

    References
    ----------
    synsense/rockpool@42cee1c rockpool/devices/dynapse: a synapse adds up any of four
    currents of its core.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (4,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-2.0], [3.0], [0.0]]))])
    >>> share_currents(network, 2).network.projections[0].values
    array([ 1., -2.,  3.,  0.], dtype=float32)
    """
    expect_whole(n_currents, "n_currents", 1)
    if n_currents > 6:
        raise DesignProblem(f"n_currents is {n_currents}; it must be between 1 and 6.")
    choose = partial(_sums, n_currents=n_currents)
    after, notes = snapped(
        network, choose, scope, activity, compensate, drop_small=True, populations=populations
    )
    where = "core" if isinstance(scope, CoreMap) else scope
    return Adapted(f"weights as sums of {n_currents} currents a {where}", network, after, notes)


def _sums(values: np.ndarray, importance: np.ndarray, n_currents: int) -> np.ndarray:
    """Sums of the best currents, with both signs; the weights where they are such sums already."""
    sizes = np.unique(np.abs(values))
    if (
        n_currents <= DECIDED
        and sizes.size < 2**n_currents
        and base_currents(sizes, n_currents) is not None
    ):
        return np.unique(values)
    sums = current_sums(best_currents(np.abs(values), importance, n_currents))
    return np.union1d(-sums, sums)


def best_currents(magnitudes: np.ndarray, importance: np.ndarray, n_currents: int) -> np.ndarray:
    """Currents whose sums are nearest to magnitudes, in squared error times importance."""
    largest = float(magnitudes.max(initial=0.0))
    if largest == 0:
        return np.zeros(n_currents)
    place = np.minimum((magnitudes / largest * BINS).astype(np.int64), BINS - 1)
    counted = np.bincount(place, importance, BINS)
    mean = np.divide(
        np.bincount(place, importance * magnitudes, BINS),
        counted,
        out=np.zeros(BINS),
        where=counted > 0,
    )
    mean, counted = mean[counted > 0], counted[counted > 0]
    unit = 2.0 ** (np.ceil(np.log2(largest)) - PRECISION)
    tried = []
    for start in STARTS:
        for ratio in RATIOS:
            first = ratio ** np.arange(n_currents)
            tried.append(_settled(mean, counted, first * (start * largest / first.sum()), unit))
    best = min(tried, key=lambda currents: _error(mean, counted, currents))
    return np.sort(best)


def _settled(
    mean: np.ndarray, counted: np.ndarray, currents: np.ndarray, unit: float
) -> np.ndarray:
    """Currents after turns of nearest sums and least squares, as long as the error falls."""
    masks = (np.arange(2**currents.size)[:, None] >> np.arange(currents.size)) & 1
    best, least = currents, np.inf
    for _ in range(ROUNDS):
        rounded = np.maximum(np.rint(currents / unit), 0) * unit
        if (error := _error(mean, counted, rounded)) >= least:
            break
        best, least = rounded, error
        chosen = masks[_nearest_sum(mean, masks @ currents)].astype(np.float64)
        root = np.sqrt(counted)
        currents = np.maximum(
            np.linalg.lstsq(chosen * root[:, None], mean * root, rcond=None)[0], 0.0
        )
    return best


def _nearest_sum(mean: np.ndarray, sums: np.ndarray) -> np.ndarray:
    order = np.argsort(sums, kind="stable")
    return order[nearest_level(mean, sums[order])]


def _error(mean: np.ndarray, counted: np.ndarray, currents: np.ndarray) -> float:
    sums = current_sums(currents)
    return float(np.sum(counted * (mean - sums[_nearest_sum(mean, sums)]) ** 2))
