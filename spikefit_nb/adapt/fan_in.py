"""Keep the strongest synapses of each neuron, where a chip limits how many it can have."""

from itertools import chain

import numpy as np

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.expect import expect_whole
from spikefit_nb.adapt.weights import as_matrix, incoming_groups, row_slices
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Network, Projection


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
    kept = {e: e for e in network.projections}
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
        kept.update(zip(groups[0], _strongest(groups[0], most), strict=True))
    after = network.replace(projections=[kept[e] for e in network.projections])
    return Adapted(f"at most {most} synapses onto a neuron", network, after)


def _strongest(projections: tuple[Projection, ...], most: int) -> list[Projection]:
    kept, made = _top(np.abs(as_matrix(projections)), most), []
    for e, rows in zip(projections, row_slices(projections), strict=True):
        is_kept = e.weight.from_columns(kept[:, rows])
        made.append(e.with_values(np.where(is_kept, e.values, np.zeros((), e.values.dtype))))
    return made


def _top(strength: np.ndarray, most: int) -> np.ndarray:
    """Whether each entry is among the ``most`` largest of its column, the first ones of equals."""
    rank = np.argsort(np.argsort(-strength, axis=1, kind="stable"), axis=1, kind="stable")
    return (rank < most) & (strength > 0)
