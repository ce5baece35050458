"""What a neuron's spikes are worth to the right answers, and what they cost."""

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, guarded
from spikefit_nb.network import Network
from spikefit_nb.simulate import settle_decode
from spikefit_nb.train import ONE_ANSWER, Recipe, goal_of, slope_of


@guarded
def spike_contribution(network: Network, dataset: SpikeDataset) -> dict[str, np.ndarray]:
    """What each neuron's spikes are worth to the right answers.

    ``mean over samples of (sum_t dL/ds_t * s_t)**2``, with ``L`` the cross-entropy of the answers
    and ``s_t`` the neuron's spikes in step ``t``: to second order, by how much the loss changes
    without them (Fisher information). Give it to ``prune_neurons`` as ``saliency``, by itself or
    over ``spike_operations``.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset, with labels

    Returns
    -------
    dict of population to (n_neurons,) float64

    Raises
    ------
    DesignProblem
        The data set has no labels.

    References
    ----------
    Theis et al. 2018, arXiv 1801.05787, for Fisher pruning; after the problem that arXiv
    2510.15542 poses.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> worth = spike_contribution(load_network("digits"), load_dataset("digits").take(64))
    >>> worth["hidden"].shape, bool((worth["hidden"] >= 0).all())
    ((64,), True)
    """
    must_have_labels(dataset, "spike_contribution")
    goal = goal_of(network, dataset, settle_decode(network, None), distil=0.0)
    slope = slope_of(network, dataset, "float32", Recipe(1), goal)
    return {name: worth / dataset.n_samples for name, worth in slope.told.worth.items()}


@guarded
def spike_operations(network: Network) -> dict[str, np.ndarray]:
    """Synaptic operations that one spike of each neuron causes.

    Parameters
    ----------
    network : Network

    Returns
    -------
    dict of population to (n_neurons,) float64

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> {name: float(n.max()) for name, n in spike_operations(load_network("digits")).items()}
    {'hidden': 10.0, 'digit': 0.0}
    """
    operations = {p.name: np.zeros(p.n_neurons) for p in network.neuron_populations}
    for e in network.projections:
        if e.source in operations:
            operations[e.source] += e.out_degree()
    return operations


def must_have_labels(dataset: SpikeDataset, what: str) -> None:
    """Refuse recordings whose right answers are not known, or not one a recording."""
    if dataset.labels is None:
        raise DesignProblem(
            f"{what} needs the right answers, and {dataset.name!r} has no labels: give "
            "sf.SpikeDataset(spikes, labels)."
        )
    if dataset.has_step_labels:
        raise DesignProblem(f"{what} needs {ONE_ANSWER.format(name=dataset.name)}")
