"""Remove synapses: the least salient of a projection, or those of a neuron beyond a limit."""

from itertools import chain

import numpy as np

from spikefit_nb.adapt.activity import Activity, groups_into
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_fraction, expect_whole
from spikefit_nb.adapt.layer_weights import (
    ROUNDS,
    LayerWeights,
    least_salient,
    makes_up,
    saliencies,
    without_weights,
)
from spikefit_nb.adapt.weights import as_matrix, incoming_groups, row_slices
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Network, Projection
from spikefit_nb.units import text


def prune(network: Network, fraction: float, *, activity: Activity | None = None) -> Adapted:
    """Remove the weights of each projection that matter least.

    In each projection ``round(fraction * n)`` of its n weights other than zero are removed, the
    least salient first; of equals the first as stored, so that the result is the same everywhere.
    Without ``activity`` the saliency is the magnitude, in real units. With it, it is the mean
    squared change of the membrane potential on the calibration set, ``w^2 / [H^-1]_ii`` with ``H``
    the mean products of the traces that sources leave there, and the weights that stay are changed
    so that this change is least: in four rounds (one where spikes come back to the population),
    each followed by the least squares of all targets at once, ``n_sources^3 + n_sources^2
    n_targets`` operations. Of a convolution, entries of its kernels are removed.

    Parameters
    ----------
    network : Network
    fraction : float, 0 to 0.99
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
    expect_fraction(fraction, "prune_fraction")
    by = "magnitude" if activity is None else "saliency"
    change = f"{text(float(fraction), '%')} pruned by {by}"
    if fraction == 0:
        return Adapted(change, network, network)
    after: dict[Projection, Projection] = {}
    notes: list[str] = []
    for population in network.neuron_populations:
        for group, moments in groups_into(network, population.name, activity):
            if makes_up(moments):
                # In a loop the traces change with the weights: what fits them ever closer fits the
                # network less.
                rounds = 1 if population.name in network.reach[population.name] else ROUNDS
                layer = LayerWeights(moments)
                pruned = layer.projections(*least_salient(layer, fraction, rounds))
                why = "integers, which do not make up for those removed; prune before rounding"
                told = [e for e in group if e.values.dtype.kind != "f"]
            else:
                parts = zip(group, saliencies(group, moments), strict=True)
                pruned = [_without_smallest(e, each, fraction) for e, each in parts]
                why = "too large for the others to make up for what is removed"
                told = [] if moments is None else [*group]
            after.update(zip(group, pruned, strict=True))
            notes += [f"{e.source} -> {e.target}: {why}" for e in told]
    pruned_network = network.replace(projections=[after[e] for e in network.projections])
    return Adapted(change, network, pruned_network, tuple(notes))


def _without_smallest(projection: Projection, saliency: np.ndarray, fraction: float) -> Projection:
    """The projection without the least salient of its weights."""
    values = projection.values.copy()
    present = np.flatnonzero(values)
    order = np.argsort(saliency[present], kind="stable")
    values[present[order[: round(fraction * present.size)]]] = 0
    return projection.with_values(values)


def limit_fan_in(network: Network, most: int | None) -> Adapted:
    """Remove the weakest synapses of every neuron that has more than ``most``, over all its
    projections.

    Of equal weights those of the earlier projection and source stay. All neurons of a feature map
    share a kernel, so a convolution keeps the ``most`` strongest entries of each kernel.

    Parameters
    ----------
    network : Network
    most : int or None; None changes nothing

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        ``most`` is below one, or a population with too many synapses mixes convolutions with other
        projections.

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
    expect_whole(most, "max_fan_in", 1)
    gone: dict[Projection, np.ndarray] = {}
    for population in network.neuron_populations:
        groups = incoming_groups(network, population.name)
        n_synapses = np.zeros(population.n_neurons, np.int64)
        for e in chain.from_iterable(groups):
            n_synapses += e.in_degree()
        if n_synapses.max() <= most:
            continue
        if len(groups) > 1:
            raise DesignProblem(
                f"{population.name!r} has too many synapses from a convolution and other "
                "projections together; prune them one by one before."
            )
        is_kept = _top(np.abs(as_matrix(groups[0])), most)
        for e, rows in zip(groups[0], row_slices(groups[0]), strict=True):
            gone[e] = ~e.weight.from_columns(is_kept[:, rows])
    after = without_weights(network, gone)
    return Adapted(f"at most {most} synapses onto a neuron", network, after)


def _top(strength: np.ndarray, most: int) -> np.ndarray:
    """Whether each entry is among the ``most`` largest of its column, the first ones of equals."""
    rank = np.argsort(np.argsort(-strength, axis=1, kind="stable"), axis=1, kind="stable")
    return (rank < most) & (strength > 0)
