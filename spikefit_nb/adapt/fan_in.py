"""Keep the strongest synapses of each neuron, where a chip limits how many it can have."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.expect import expect_whole
from spikefit_nb.adapt.weights import as_matrix, with_values
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Conv2d, Network, Population, Projection


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
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (3,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[0.5], [-2.0], [1.0]]))])
    >>> limit_fan_in(network, 2).network.projections[0].weight.ravel()
    array([ 0., -2.,  1.])
    """
    if most is None:
        return Adapted("any number of synapses onto a neuron", network, network)
    expect_whole(most, "max_fan_in", 1)
    kept = {e: e for e in network.projections}
    for population in network.neurons:
        incoming = [e for e in network.projections if e.target == population.name]
        fan_in = sum((e.in_degree() for e in incoming), np.zeros(population.n_neurons, np.int64))
        if incoming and fan_in.max() > most:
            kept.update(zip(incoming, _strongest(population, incoming, most), strict=True))
    after = network.replace(projections=[kept[e] for e in network.projections])
    return Adapted(f"at most {most} synapses onto a neuron", network, after)


def _strongest(population: Population, incoming: list[Projection], most: int) -> list[Projection]:
    convolutions = [e for e in incoming if isinstance(e.weight, Conv2d)]
    if convolutions and len(incoming) > 1:
        raise DesignProblem(
            f"{population.name!r} has too many synapses from a convolution and other projections "
            "together; "
            "prune them one by one before."
        )
    if convolutions:
        e, kernel = incoming[0], incoming[0].weight.weight  # type: ignore[union-attr]
        strength = np.abs(e.real_weight().weight.reshape(kernel.shape[0], -1).T)  # type: ignore[union-attr]
        return [
            with_values(
                e,
                np.where(
                    _top(strength, most).T.ravel(), kernel.ravel(), np.zeros((), kernel.dtype)
                ),
            )
        ]
    matrices = [
        np.asarray(e.weight.todense() if sp.issparse(e.weight) else e.weight) for e in incoming
    ]
    kept = np.split(
        _top(np.abs(as_matrix(incoming)[0]), most), np.cumsum([m.shape[0] for m in matrices])[:-1]
    )
    left = [np.where(keep, m, 0) for keep, m in zip(kept, matrices, strict=True)]
    return [
        replace(e, weight=sp.csr_array(m) if sp.issparse(e.weight) else m)
        for e, m in zip(incoming, left, strict=True)
    ]


def _top(strength: np.ndarray, most: int) -> np.ndarray:
    """Whether each entry is among the ``most`` largest of its column, the first ones of equals."""
    rank = np.argsort(np.argsort(-strength, axis=0, kind="stable"), axis=0, kind="stable")
    return (rank < most) & (strength > 0)
