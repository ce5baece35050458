"""Remove synapses: those that matter least, or those beyond a most for each neuron."""

from collections.abc import Mapping
from itertools import chain

import numpy as np

from spikefit_nb.adapt.activity import Activity, groups_into, incoming_groups
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
    without_weights,
)
from spikefit_nb.errors import DesignProblem, guarded
from spikefit_nb.network import Network, Projection, copies_of, setting_in_words, settings_of
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
