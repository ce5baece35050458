"""Remove synapses, or whole neurons and channels; weights, parameters and shapes are cut alike."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from spikefit_nb.adapt.activity import Activity, Moments, groups_into, incoming_groups
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_fraction, expect_whole
from spikefit_nb.adapt.layer_weights import (
    ROUNDS,
    LayerWeights,
    as_matrix,
    least_salient,
    makes_up,
    row_slices,
    saliencies,
    value_saliency,
    without_weights,
)
from spikefit_nb.errors import DesignProblem, expect, guarded
from spikefit_nb.network import (
    Network,
    Population,
    Projection,
    copies_of,
    layer_of,
    setting_in_words,
    settings_of,
)
from spikefit_nb.progress import phase
from spikefit_nb.units import text


@phase("Pruning")
@guarded
def prune(
    network: Network, fraction: float | Mapping[str, float], *, activity: Activity | None = None
) -> Adapted:
    """Remove the weights of each projection that matter least.

    In each projection ``round(fraction * n)`` of its n weights other than zero are removed, the
    least salient first; of equals the first as stored, so that the result is the same everywhere.
    Weights that pooling made copies of one another count as one, and stay or go together, but where
    others make up for what is removed, which undoes pooling.
    Without ``activity`` the saliency is the magnitude, in real units. With it, it is the mean
    squared change of the membrane potential on the calibration set, ``w^2 / [H^-1]_ii`` with ``H``
    the mean products of the traces that sources leave there, and the weights that stay are changed
    so that this change is least: in four rounds (one where spikes come back to the population),
    each followed by the least squares of all targets at once, ``n_sources^3 + n_sources^2
    n_targets`` operations. Of a convolution, entries of its kernels are removed.

    Parameters
    ----------
    network : Network
    fraction : float, 0 to 0.99, or a mapping of population to that of the weights into it
    activity : Activity, optional, of the network or of one with the same projections

    Returns
    -------
    Adapted
        Integer weights are removed and none changed. Layers of more than 4,096 sources or 16
        million places are judged by ``w^2 E[x^2]`` and none of their weights changed.

    Raises
    ------
    DesignProblem
        The fraction is outside its range, or the activity is of another network.
    UnknownName
        There is no such population.

    References
    ----------
    Hassibi & Stork 1992, NeurIPS 5; layer by layer, Frantar & Alistarh 2022, NeurIPS 35,
    here on the membrane potential; many at a time with all others making up, as in SparseGPT
    (Frantar & Alistarh 2023, ICML).

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (4,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.2], [0.1], [3.0]]))])
    >>> prune(network, 0.5).network.projections[0].values
    array([1., 0., 0., 3.])

    An input that never spikes is worth little, strong as its weight may be:

    >>> from spikefit_nb.datasets import SpikeDataset
    >>> silent_last = SpikeDataset(np.array([[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]], bool))
    >>> activity = Activity(network, silent_last)
    >>> prune(network, 0.5, activity=activity).network.projections[0].values == 0
    array([False,  True,  True, False])
    """
    fractions = settings_of(network, fraction, 0.0)
    for each in fractions.values():
        expect_fraction(each, "prune_fraction")
    by = "magnitude" if activity is None else "saliency"
    change = f"{setting_in_words(fraction, in_per_cent)} pruned by {by}"
    if not any(fractions.values()):
        return Adapted(change, network, network)
    after: dict[Projection, Projection] = {}
    notes: list[str] = []
    for population in network.neuron_populations:
        share = fractions[population.name]
        for group, moments in groups_into(network, population.name, activity) if share else ():
            if makes_up(moments):
                # In a loop the traces change with the weights: what fits them ever closer fits the
                # network less.
                rounds = 1 if population.name in network.reach[population.name] else ROUNDS
                layer = LayerWeights(moments)
                pruned = layer.projections(*least_salient(layer, share, rounds))
                why = "integers, which do not make up for those removed; prune before rounding"
                told = [e for e in group if e.values.dtype.kind != "f"]
            else:
                parts = zip(group, saliencies(group, moments), strict=True)
                shape = {p.name: p.shape for p in network.populations}
                pruned = [
                    _without_smallest(e, each, share, copies_of(e, shape[e.source]))
                    for e, each in parts
                ]
                why = "too large for the others to make up for what is removed"
                told = [] if moments is None else [*group]
            after.update(zip(group, pruned, strict=True))
            notes += [f"{e.source} -> {e.target}: {why}" for e in told]
    pruned_network = network.replace(projections=[after.get(e, e) for e in network.projections])
    return Adapted(change, network, pruned_network, tuple(notes))


def _without_smallest(
    projection: Projection, saliency: np.ndarray, fraction: float, copies: np.ndarray
) -> Projection:
    """The projection without the least salient of its weights, those that are copies as one."""
    values = projection.values.copy()
    worth = np.bincount(copies, saliency)
    present = np.unique(copies[values != 0])
    order = np.argsort(worth[present], kind="stable")
    gone = np.zeros(worth.size, bool)
    gone[present[order[: round(fraction * present.size)]]] = True
    values[gone[copies]] = 0
    return projection.with_values(values)


def in_per_cent(fraction: float) -> str:
    """A fraction in words."""
    return text(float(fraction), "%")


@guarded
def limit_fan_in(network: Network, most: int | Mapping[str, int | None] | None) -> Adapted:
    """Remove the weakest synapses of every neuron that has more than ``most``, over all its
    projections.

    Of equal weights those of the earlier projection and source stay. All neurons of a feature map
    share a kernel, so a convolution keeps the ``most`` strongest entries of each kernel. Weights
    that pooling made copies of one another stay or go together.

    Parameters
    ----------
    network : Network
    most : int or None, which changes nothing; or a mapping of population to its own

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        ``most`` is below one, or a population with too many synapses mixes convolutions with other
        projections.
    UnknownName
        There is no such population.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (3,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[0.5], [-2.0], [1.0]]))])
    >>> limit_fan_in(network, 2).network.projections[0].values
    array([ 0., -2.,  1.])
    """
    if most is None:
        return Adapted("any number of synapses onto a neuron", network, network)
    limits = {name: own for name, own in settings_of(network, most).items() if own is not None}
    for own in limits.values():
        expect_whole(own, "max_fan_in", 1)
    gone: dict[Projection, np.ndarray] = {}
    for population in network.neuron_populations:
        own = limits.get(population.name, np.inf)
        groups = incoming_groups(network, population.name)
        n_synapses = np.zeros(population.n_neurons, np.int64)
        for e in chain.from_iterable(groups):
            n_synapses += e.in_degree()
        if n_synapses.max() <= own:
            continue
        if len(groups) > 1:
            raise DesignProblem(
                f"{population.name!r} has too many synapses from a convolution and other "
                "projections together; prune them one by one before."
            )
        gone |= _beyond(network, groups[0], own)
    after = without_weights(network, gone)
    return Adapted(f"at most {setting_in_words(most)} synapses onto a neuron", network, after)


def _beyond(
    network: Network, group: tuple[Projection, ...], most: float
) -> dict[Projection, np.ndarray]:
    """The weights of each projection that are not among the strongest ``most`` of their neuron."""
    strength, rows_of = np.abs(as_matrix(group)), row_slices(group)
    copies = [copies_of(e, network[e.source].shape) for e in group]
    place = np.zeros(strength.shape, np.int64)
    for e, rows, own in zip(group, rows_of, copies, strict=True):
        place[:, rows] = e.weight.columns(own) + place.max() + 1
    order = np.lexsort((place, -strength), axis=1)  # the first ones of equals stay
    is_kept = (np.argsort(order, axis=1, kind="stable") < most) & (strength > 0)
    gone = {}
    for e, rows, own in zip(group, rows_of, copies, strict=True):
        kept = e.weight.from_columns(is_kept[:, rows])
        whole = np.bincount(own, ~kept & (e.values != 0)) == 0  # copies of one, all kept
        gone[e] = ~(kept & whole[own])
    return gone


def units_of(network: Network, name: str) -> np.ndarray:
    """The unit of each neuron that stays or goes as a whole: itself, or its channel where a
    convolution or a pooling meets it.
    """
    n = network[name].n_neurons
    met = {box[0] for e in network.projections for box in boxes(e, name)}
    shape = network[name].shape
    met |= {shape[0] for e in network.projections if e.source == name and _pools(e, shape)}
    met = met or {n}
    if len(met) > 1:
        raise DesignProblem(
            f"Convolutions see {name!r} as {' and as '.join(map(str, sorted(met)))} channels, so "
            "that no part of it "
            "can be cut off alike for all. Leave it out: name other populations."
        )
    return np.arange(n) // (n // met.pop())


def _pools(e: Projection, shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and layer_of(e, shape).pool > 1


def boxes(projection: Projection, name: str) -> Iterator[tuple[int, int, int]]:
    """The shapes, channels first, that a convolution sees a population as."""
    weight = projection.weight
    shapes = ((projection.source, weight.input_shape), (projection.target, weight.output_shape))
    yield from (shape for end, shape in shapes if end == name and len(shape) == 3)


def keep_neurons(network: Network, kept: dict[str, np.ndarray]) -> Network:
    """The network of the neurons kept, with all synapses between them."""
    kept = {name: keep for name, keep in kept.items() if not keep.all()}
    if not kept:
        return network
    populations = [_cut(p, kept[p.name]) if p.name in kept else p for p in network.populations]
    every = {p.name: np.ones(p.n_neurons, bool) for p in network.populations} | kept
    projections = [
        e.take(every[e.source], every[e.target]) if e.source in kept or e.target in kept else e
        for e in network.projections
    ]
    return network.replace(populations=populations, projections=projections)


def _cut(population: Population, keep: np.ndarray) -> Population:
    shape: tuple[int, ...] = (int(keep.sum()),)
    by_channel = keep.reshape(population.shape[0], -1)
    if len(population.shape) > 1 and (by_channel == by_channel[:, :1]).all():
        shape = (int(by_channel[:, 0].sum()), *population.shape[1:])
    return part_of(population, keep, population.name, shape)


def part_of(
    population: Population, index: np.ndarray, name: str, shape: tuple[int, ...]
) -> Population:
    """Some neurons of a population as one of their own, with their own parameters."""
    own = {
        parameter: population.parameter(parameter)[index].reshape(shape)
        for parameter in population.neuron.parameters
        if np.ndim(getattr(population.neuron, parameter))
    }
    return Population(name, shape, replace(population.neuron, **own))


@phase("Pruning neurons")
@guarded
def prune_neurons(
    network: Network,
    fraction: float | Mapping[str, float],
    *,
    activity: Activity | None = None,
    populations: str | Sequence[str] | None = None,
    make_up: bool = True,
    saliency: Mapping[str, np.ndarray] | None = None,
) -> Adapted:
    """Remove the neurons of each hidden population that matter least, with their synapses and
    parameters.

    Where a convolution meets a population, whole channels are removed. Of n neurons or channels
    ``round(fraction * n)`` go, and at least one stays. The saliency of one is the mean squared
    change of all membrane potentials it feeds, were it silent: ``sum_j w_j^T H w_j``, with ``w_j``
    its synapses onto target ``j`` and ``H`` the mean products of their traces on the calibration
    set, over the square of the target's mean threshold; without ``activity``, ``H`` is 1.

    Parameters
    ----------
    network : Network
    fraction : float, 0 to 0.99, or a mapping of hidden population to its own
    activity : Activity, optional
    populations : name or sequence of names, optional; default: all but inputs and the output, as
        far as they can be cut
    make_up : bool, whether weights of neurons that stay are changed so that the membrane error of
        their targets is least; without it, the others fire as if those removed sent nothing. It
        needs the activity.
    saliency : mapping of population to what each of its neurons is worth, (n_neurons,), such as
        ``spike_contribution``; None: as above

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The fraction is outside its range, the activity is of another network, or a population named
        is an input, the output, or seen by convolutions as different numbers of channels.
    UnknownName
        There is no such population.

    References
    ----------
    Hassibi & Stork 1992, NeurIPS 5, for the saliency, here of all synapses of a neuron
    together.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (2,), Input()), Population("a", (4,), IF(1.0)),
    ...                    Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "a", np.ones((2, 4))),
    ...                    Projection("a", "out", np.array([[1.0], [-0.2], [0.1], [3.0]]))])
    >>> prune_neurons(network, 0.5).network.projections[1].values
    array([1., 3.])
    """
    fractions = settings_of(network, fraction, 0.0)
    for each in fractions.values():
        expect_fraction(each, "prune_neurons")
    if isinstance(fraction, Mapping) and populations is None:
        populations = [name for name, own in fractions.items() if own]
    change = f"{setting_in_words(fraction, in_per_cent)} of neurons pruned"
    kept: dict[str, np.ndarray] = {}
    notes: list[str] = []
    for name, unit in cuttable(network, populations, notes).items():
        if saliency is None:
            worth = unit_saliency(network, name, unit, activity)
        else:
            worth = np.bincount(unit, _given(saliency, network, name))
        stays = np.ones(worth.size, bool)
        n_gone = min(round(fractions[name] * worth.size), worth.size - 1)
        stays[np.argsort(worth, kind="stable")[:n_gone]] = False
        kept[name] = stays[unit]
    return without_neurons(change, network, kept, activity if make_up else None, notes)


def _given(saliency: Mapping[str, np.ndarray], network: Network, name: str) -> np.ndarray:
    """What each neuron of a population is said to be worth."""
    expect(saliency, Mapping, "saliency", "spike_contribution(network, dataset)")
    found, n_neurons = np.asarray(saliency.get(name, ())), network[name].n_neurons
    if found.shape != (n_neurons,):
        raise DesignProblem(
            f"saliency of {name!r} has shape {found.shape}; a number for each of its {n_neurons} "
            "neurons is needed."
        )
    return found


def without_neurons(
    change: str,
    network: Network,
    kept: dict[str, np.ndarray],
    activity: Activity | None,
    notes: Sequence[str] = (),
) -> Adapted:
    """Cut neurons out, the weights of the others making up for them where there is an activity."""
    kept = {name: keep for name, keep in kept.items() if not keep.all()}
    gone = {
        e: e.weight.at_rows(e.weight.rows_of(~kept[e.source]))
        for e in network.projections
        if e.source in kept
    }
    made = network if activity is None else without_weights(network, gone, activity)
    after, said = keep_neurons(made, kept), list(notes)
    for before, now in zip(network.projections, after.projections, strict=True):
        n_groups = [e.weight.column_shape[0] for e in (before, now)]
        if n_groups[0] > 1 and n_groups[1] == 1:
            said.append(
                f"{before.source} -> {before.target}: its groups are joined, with zeros in the "
                "kernels"
            )
    return Adapted(change, network, after, tuple(said))


def unit_saliency(
    network: Network, name: str, unit: np.ndarray, activity: Activity | None
) -> np.ndarray:
    """What each neuron or channel of a population is worth to all it feeds, as ``prune_neurons``
    says.
    """
    worth = np.zeros(int(unit.max()) + 1)
    for target in network.neuron_populations:
        threshold = (
            float(np.mean(target.parameter("v_threshold")))
            if "v_threshold" in target.neuron.parameters
            else 1.0
        )
        for group, moments in groups_into(network, target.name, activity):
            n_places = int(np.prod(group[0].weight.output_shape[1:]))
            worth += n_places / (threshold**2 or 1.0) * _worth_to(group, moments, name, unit)
    return worth


def _worth_to(
    group: tuple[Projection, ...], moments: Moments | None, name: str, unit: np.ndarray
) -> np.ndarray:
    """What each unit of a population is worth to one layer, (n_units,) float64."""
    worth = np.zeros(int(unit.max()) + 1)
    layer = LayerWeights(moments) if makes_up(moments) else None
    each = None if moments is None or layer is not None else value_saliency(moments)
    cuts = layer.rows if layer is not None else [slice(None)] * len(group)
    for k, e in enumerate(group):
        if e.source != name:
            continue
        rows = e.weight.rows_of(unit)
        if layer is not None:
            worth += _quadratic(layer, rows, cuts[k], worth.size)
        else:
            values = e.real_weight().values.astype(np.float64) ** 2 if each is None else each[k]
            worth += np.bincount(e.weight.at_rows(rows), values, minlength=worth.size)
    return worth


def cuttable(
    network: Network, populations: str | Sequence[str] | None, notes: list[str]
) -> dict[str, np.ndarray]:
    """The units of each population to be cut."""
    if populations is not None:
        names = (populations,) if isinstance(populations, str) else populations
        if not isinstance(names, Collection):
            raise DesignProblem(
                f"populations is {populations!r}; it must be names, such as [{network.output!r}]."
            )
        for name in names:
            if network[name].is_input or name == network.output:
                what = (
                    "an input: the data set drives it"
                    if network[name].is_input
                    else "the output: it answers"
                )
                raise DesignProblem(
                    f"{name!r} is {what}, so that its neurons stay. Name hidden populations."
                )
        return {name: units_of(network, name) for name in names}
    found = {}
    for population in network.neuron_populations:
        if population.name == network.output:
            continue
        try:
            found[population.name] = units_of(network, population.name)
        except DesignProblem as problem:
            notes.append(str(problem))
    return found


def _quadratic(layer: LayerWeights, rows: np.ndarray, cut: slice, n: int) -> np.ndarray:
    """``sum_j w_j^T H w_j`` of each unit."""
    worth = np.zeros(n)
    for group, unit in enumerate(rows):
        weights, hessian = layer.real[group, cut], layer.hessians[group][cut, cut]
        if np.unique(unit).size == unit.size:  # a row each
            worth += np.bincount(unit, np.diag(hessian) * (weights**2).sum(axis=1), minlength=n)
            continue
        for each in np.unique(unit):
            own = np.flatnonzero(unit == each)
            worth[each] += np.sum(weights[own] * (hessian[np.ix_(own, own)] @ weights[own]))
    return worth
