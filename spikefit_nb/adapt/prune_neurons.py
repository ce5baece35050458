"""Remove whole neurons and channels; weights, parameters and shapes are cut alike."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from spikefit_nb.adapt.activity import Activity, Moments, groups_into
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_fraction
from spikefit_nb.adapt.layer_weights import (
    LayerWeights,
    makes_up,
    value_saliency,
    without_weights,
)
from spikefit_nb.adapt.prune import in_per_cent
from spikefit_nb.errors import DesignProblem, expect, guarded
from spikefit_nb.network import (
    Network,
    Population,
    Projection,
    layer_of,
    setting_in_words,
    settings_of,
)
from spikefit_nb.progress import phase


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
    change = f"{setting_in_words(fraction, in_per_cent)} of neurons pruned"
    kept: dict[str, np.ndarray] = {}
    notes: list[str] = []
    for name, unit in cuttable(network, fraction, populations, notes).items():
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
    network: Network,
    fraction: float | Mapping[str, float],
    populations: str | Sequence[str] | None,
    notes: list[str],
) -> dict[str, np.ndarray]:
    """The units of each population to be cut: of those named, or that have a fraction of their own,
    or else of all that can be.
    """
    if populations is None and isinstance(fraction, Mapping):
        populations = [name for name, own in settings_of(network, fraction, 0.0).items() if own]
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
