"""Train a network from random weights."""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, guarded
from spikefit_nb.network import Network, Population, Projection
from spikefit_nb.progress import counting
from spikefit_nb.simulate import Decode, check_inputs, neuron_values, run_states, settle_decode
from spikefit_nb.train import loop
from spikefit_nb.train.gradient import Told
from spikefit_nb.train.loop import TOP, Goal, Latents, Recipe

RATE, NEAR = 0.1, 1.25  # spikes a step of neurons before training, and how near is near enough
MOST_RUNS, LOOKED_AT = 12, 64  # runs, and recordings of each, to find weights that make them so
STEP_SIZE, BATCH = 0.03, 32  # larger steps, and more of them, than where a network is known
APART = 0.25  # spikes a step by which an output is ahead that is as good as sure


class RealWeights:
    """A network of which all weights are learned."""

    def __init__(self, network: Network) -> None:
        self.base, self.latents = network, Latents()
        self.sizes = [2 * float(np.abs(e.values).mean()) or 1.0 for e in network.projections]
        for k, (e, size) in enumerate(zip(network.projections, self.sizes, strict=True)):
            self.latents["weight", k] = e.values.astype(np.float64) / size

    def network(self, slide: float = 1.0) -> Network:
        """The network with the weights learned so far."""
        made = []
        for k, (e, size) in enumerate(zip(self.base.projections, self.sizes, strict=True)):
            made.append(e.with_values((self.latents["weight", k] * size).astype(np.float32)))
        return self.base.replace(projections=made)

    def told(self, told: Told, slide: float) -> Latents:
        """The loss's derivative by each latent; a synapse that is not there has none."""
        parts = zip(told.weights, self.base.projections, self.sizes, strict=True)
        return {
            ("weight", k): by_weight * (e.values != 0) * size
            for k, (by_weight, e, size) in enumerate(parts)
        }


@guarded
def train_network(
    network: Network, dataset: SpikeDataset, *, epochs: int = 60, seed: int = 0
) -> Network:
    """Train a network from random weights on recordings with labels.

    ``min cross-entropy(softmax(gain * answers))`` over all weights, by Adam and surrogate
    gradients. Weights are drawn, ``w ~ N(0, 1 / fan_in)``, and those into each population
    multiplied such that its neurons fire 0.1 times a step; what neurons are, and which synapses
    there are, stays as it is. What comes out is a network like any other, for ``deploy`` and
    ``search``.

    Parameters
    ----------
    network : Network, of which weights other than zero are drawn anew
    dataset : SpikeDataset, with labels: what is learned from, and never the recordings that
        accuracy is told of
    epochs : int, how many times all recordings are gone through
    seed : int, of the first weights and the order of recordings

    Returns
    -------
    Network; an interrupt ends training early

    Raises
    ------
    DatasetProblem
        Recordings do not belong to the network, or have no labels, or labels that no output is of.
    NetworkProblem
        Neurons are of a model that is not trained here (SigmaDelta).

    References
    ----------
    Neftci et al. 2019, arXiv 1901.09948, for surrogate gradients; Rossbroich et al. 2022, arXiv
    2206.10226, for first weights that make neurons fire.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.network import IF, Input
    >>> populations = [Population("pixels", (64,), Input()), Population("hidden", (32,), IF(1.0)),
    ...                Population("digit", (10,), IF(1.0))]
    >>> projections = [Projection("pixels", "hidden", np.ones((64, 32))),
    ...                Projection("hidden", "digit", np.ones((32, 10)))]
    >>> learned, _ = load_dataset("digits").split(0.5, seed=0)
    >>> made = train_network(Network(populations, projections, dt_s=1e-3), learned, epochs=2)
    >>> made.n_synapses
    2368
    """
    check_inputs(network, dataset, "dataset")
    for population in network.neuron_populations:
        neuron_values(network, population)  # refuses what is not trained
    wanted = _wanted(network, dataset)
    learnt = RealWeights(drawn(network, dataset.take(LOOKED_AT), np.random.default_rng(seed)))
    decode: Decode = "potential" if settle_decode(network, None) == "potential" else "count"
    goal = Goal(decode, TOP / (APART * dataset.n_steps), wanted)
    recipe = Recipe(epochs, step_size=STEP_SIZE, batch=BATCH)
    with counting(epochs, "Training", "epoch") as show, suppress(KeyboardInterrupt):
        for epoch in loop.epochs(learnt, dataset, "float32", recipe, goal, seed=seed):
            show(epoch.words)
    return learnt.network()


def _wanted(network: Network, dataset: SpikeDataset) -> np.ndarray:
    """The right answers as shares, (n_samples, n_outputs)."""
    if dataset.labels is None:
        raise DatasetProblem(
            f"train_network needs the right answers, and {dataset.name!r} has no labels: give "
            "sf.SpikeDataset(spikes, labels)."
        )
    if dataset.has_step_labels:
        raise DatasetProblem(f"train_network needs {loop.ONE_ANSWER.format(name=dataset.name)}")
    answers: np.ndarray = np.eye(network[network.output].n_neurons)[dataset.labels]
    return answers


def drawn(network: Network, dataset: SpikeDataset, random: np.random.Generator) -> Network:
    """The network with random weights such that each population fires about as often as wanted."""
    made = network.replace(projections=[_drawn(e, random) for e in network.projections])
    for population in network.neuron_populations:
        for _ in range(MOST_RUNS):
            states = run_states(made, dataset, "float32")
            if population.neuron.fires:
                factor = np.sqrt(RATE / max(float(states.spikes[population.name].mean()), 1e-9))
            else:
                factor = 1 / max(float(states.potential[population.name].std()), 1e-9)
            if 1 / NEAR < factor < NEAR:
                break
            made = _scaled(made, population, float(np.clip(factor, 0.25, 4.0)))
    return made


def _drawn(e: Projection, random: np.random.Generator) -> Projection:
    real = replace(e, weight=e.real_weight(), scale=None, weight_bits=None)
    spread = 1 / np.sqrt(max(1.0, float(e.in_degree().mean())))
    values = random.normal(0.0, spread, e.values.size) * (e.values != 0)
    return real.with_values(values.astype(np.float32))


def _scaled(network: Network, population: Population, factor: float) -> Network:
    made = [
        e.with_values((e.values * factor).astype(np.float32)) if e.target == population.name else e
        for e in network.projections
    ]
    return network.replace(projections=made)
