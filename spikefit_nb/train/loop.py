"""Learn what makes a loss small: batches, their slope, a step of Adam."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import Network
from spikefit_nb.simulate import Decode, n_threads, run_states
from spikefit_nb.train.gradient import Said, Surrogate, Told, go_back, way_back

# of samples whose slope is taken at once, however many threads there are: at most so many, and so
# many bytes of all that they went through
MOST_SAMPLES, BLOCK_BYTES = 32, 100e6
STATE_BYTES = 13  # of a neuron and step: spike, potential, and what the loss says of both
CLIP = 2.0  # a slope this many times as large as usual is made smaller
USUAL = 64  # steps over which it is told what is usual
MEAN, SQUARE = 0.9, 0.99  # what Adam keeps of its averages in a step
TOP = 8.0  # mean score of the best answer before training: enough to learn from, and no more

Latents = dict[tuple[str, object], np.ndarray]


class Learnt(Protocol):
    """What is learned, and the network that it makes."""

    latents: Latents  # float64, changed in place

    def network(self, slide: float) -> Network:
        """The network as it is run; ``slide``: how far weights are what the chip will hold, from 0
        (as they are) to 1.
        """
        ...

    def told(self, told: Told, slide: float) -> Latents:
        """The loss's derivative by each latent, from those by weights and parameters."""
        ...


class Adam:
    """Steps of a size of their own for each number, after Kingma & Ba 2015 (arXiv 1412.6980)."""

    def __init__(self, latents: Latents) -> None:
        self.mean = {key: np.zeros_like(each) for key, each in latents.items()}
        self.square = {key: np.zeros_like(each) for key, each in latents.items()}
        self.sizes: list[float] = []

    def step(self, latents: Latents, slopes: Latents, step_size: float) -> None:
        """Move each latent against its slope."""
        size = float(np.sqrt(sum(float((g * g).sum()) for g in slopes.values())))
        if not np.isfinite(size):  # a run that left all bounds tells nothing
            return
        self.sizes.append(size)
        most = CLIP * float(np.median(self.sizes[-USUAL:]))
        shrunk = min(1.0, most / size) if size > 0 else 1.0
        n = len(self.sizes)
        for key, latent in latents.items():
            g, mean, square = shrunk * slopes[key], self.mean[key], self.square[key]
            mean += (1 - MEAN) * (g - mean)
            square += (1 - SQUARE) * (g * g - square)
            spread = np.sqrt(square / (1 - SQUARE**n)) + 1e-12
            latent -= step_size * mean / (1 - MEAN**n) / spread


class Recipe(NamedTuple):
    """How training goes.

    Examples
    --------
    >>> Recipe(n_epochs=20).batch
    64
    """

    n_epochs: int
    step_size: float = 0.01  # of latents, whose own sizes are about 1
    batch: int = 64  # samples
    slide: float = 0.6  # part of the epochs after which weights are what the chip holds
    surrogate: Surrogate = Surrogate()
    # for each population, what a spike of each neuron adds to the loss, (n_neurons,)
    spike_cost: Mapping[str, np.ndarray] = MappingProxyType({})


class Slope(NamedTuple):
    """The loss of some samples, its derivatives, and how many answers were right."""

    told: Told
    loss: float
    n_right: int


class Epoch(NamedTuple):
    """How far training is after an epoch.

    Examples
    --------
    >>> Epoch(loss=0.2, accuracy=0.95, slide=1.0).accuracy
    0.95
    """

    loss: float  # mean over samples, as they were run
    accuracy: float  # share of right answers, likewise
    slide: float

    @property
    def words(self) -> str:
        """What is said of it while training goes on."""
        return f"loss {self.loss:.3g}, {self.accuracy:.1%} right"


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores as shares of 1, (n_samples, n_classes)."""
    share = np.exp(scores - scores.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def cross_entropy(scores: np.ndarray, wanted: np.ndarray) -> tuple[float, np.ndarray]:
    """``-sum(wanted * log softmax(scores))`` over samples, and its derivative by the scores."""
    share = softmax(scores)
    loss = -float((wanted * np.log(np.maximum(share, np.finfo(float).tiny))).sum())
    return loss, share - wanted


def blocks(network: Network, dataset: SpikeDataset) -> list[slice]:
    """The samples of a data set in parts that are run, and gone back over, at once."""
    n_neurons = sum(p.n_neurons for p in network.neuron_populations)
    fits = int(BLOCK_BYTES // (STATE_BYTES * n_neurons * dataset.n_steps))
    size = min(MOST_SAMPLES, max(1, fits))
    starts = range(0, dataset.n_samples, size)
    return [slice(first, min(first + size, dataset.n_samples)) for first in starts]


def answers(network: Network, dataset: SpikeDataset, decode: Decode) -> np.ndarray:
    """Output spikes, or potentials, summed over steps, (n_samples, n_outputs) float64."""
    parts = []
    for block in blocks(network, dataset):
        part = dataset.select(np.arange(block.start, block.stop))
        states = run_states(network, part, "float32")
        of = states.potential if decode == "potential" else states.spikes
        parts.append(of[network.output].sum(axis=1, dtype=np.float64))
    return np.concatenate(parts)


# of recordings whose steps have labels
ONE_ANSWER = (
    "one right answer a recording, since what is learned is the sum over its steps, and every step "
    "of {name!r} has a label: dataset.reset_every(n_steps, labels) makes recordings of pieces."
)


class Goal(NamedTuple):
    """What answers are to be.

    Examples
    --------
    >>> Goal("count", 0.1, np.eye(2)).wanted.shape
    (2, 2)
    """

    decode: Decode
    gain: float  # a score for what is summed over the steps of an output
    wanted: np.ndarray  # (n_samples, n_classes), shares


def goal_of(network: Network, dataset: SpikeDataset, decode: Decode, distil: float) -> Goal:
    """The labels, and in part what a network answers before it is trained: it may know more than
    these labels tell.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset, with labels
    decode : "count" or "potential"; an answer by the first spike is learned by counts
    distil : float, 0 to 1, the part that is the network's

    Returns
    -------
    Goal

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> goal_of(load_network("digits"), load_dataset("digits").take(9), "count", 0.5).wanted.shape
    (9, 10)
    """
    found = answers(network, dataset, decode)
    apart = found.max(axis=1) - found.mean(axis=1)
    gain = TOP / max(float(apart.mean()), 1e-9)
    labels = np.eye(found.shape[1])[dataset.labels]
    return Goal(decode, gain, distil * softmax(gain * found) + (1 - distil) * labels)


def slope_of(
    network: Network,
    dataset: SpikeDataset,
    arithmetic: str,
    recipe: Recipe,
    goal: Goal,
) -> Slope:
    """The slope of the cross-entropy of a data set's answers, and of what spikes cost.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    arithmetic : str, one of ``simulate.ARITHMETICS``, that it is run in
    recipe : Recipe
    goal : Goal

    Returns
    -------
    Slope

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(9)
    >>> goal = goal_of(network, dataset, "count", 0.0)
    >>> slope = slope_of(network, dataset, "float32", Recipe(1), goal)
    >>> slope.n_right, [w.shape for w in slope.told.weights]
    (9, [(4096,), (640,)])
    """
    way, output = way_back(network), network.output

    def run(block: slice) -> Slope:
        part = dataset.select(np.arange(block.start, block.stop))
        states = run_states(network, part, arithmetic)
        by_potential = goal.decode == "potential"
        of = states.potential if by_potential else states.spikes
        scores = goal.gain * of[output].sum(axis=1, dtype=np.float64)
        loss, by_score = cross_entropy(scores, goal.wanted[block])
        n_right = int((scores.argmax(axis=1) == part.labels).sum())
        for name, cost in recipe.spike_cost.items():
            loss += float((states.spikes[name].sum(axis=(0, 1)) * cost).sum())
        said = Said(output, goal.gain * by_score, by_potential, cost=recipe.spike_cost)
        return Slope(go_back(way, states, said, recipe.surrogate), loss, n_right)

    parted = blocks(network, dataset)
    with ThreadPoolExecutor(min(n_threads(), len(parted))) as pool:
        parts = list(pool.map(run, parted))
    told = parts[0].told
    for part in parts[1:]:
        told = told.plus(part.told)
    return Slope(told, sum(p.loss for p in parts), sum(p.n_right for p in parts))


def epochs(
    learnt: Learnt,
    dataset: SpikeDataset,
    arithmetic: str,
    recipe: Recipe,
    goal: Goal,
    *,
    seed: int,
) -> Iterator[Epoch]:
    """Train, epoch after epoch; the steps become smaller along half a cosine.

    Parameters
    ----------
    learnt : Learnt, which changes
    dataset : SpikeDataset
    arithmetic : str, that the network is run in as soon as its weights are what the chip holds
    recipe : Recipe
    goal : Goal
    seed : int, of the order of samples

    Yields
    ------
    Epoch

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(9)
    >>> class Thresholds:  # hidden biases, to be short
    ...     latents = {("bias", "hidden"): np.zeros(64)}
    ...     def network(self, slide):
    ...         return network
    ...     def told(self, told, slide):
    ...         return {("bias", "hidden"): told.parameters["hidden"][1]}
    >>> goal = goal_of(network, dataset, "count", 0.0)
    >>> [e.accuracy for e in epochs(Thresholds(), dataset, "float32", Recipe(2), goal, seed=0)]
    [1.0, 1.0]
    """
    rng, adam = np.random.default_rng(seed), Adam(learnt.latents)
    n_batches = -(-dataset.n_samples // recipe.batch)
    for epoch in range(recipe.n_epochs):
        order = rng.permutation(dataset.n_samples)
        loss, n_right, slide = 0.0, 0, 1.0
        for k in range(n_batches):
            done = (epoch + k / n_batches) / recipe.n_epochs
            slide = min(1.0, done / recipe.slide) if recipe.slide else 1.0
            chosen = np.sort(order[k * recipe.batch : (k + 1) * recipe.batch])
            counted = arithmetic if slide == 1 else "float32"
            here = goal._replace(wanted=goal.wanted[chosen])
            slope = slope_of(learnt.network(slide), dataset.select(chosen), counted, recipe, here)
            step_size = recipe.step_size * 0.5 * (1 + np.cos(np.pi * done))
            adam.step(learnt.latents, learnt.told(slope.told, slide), step_size)
            loss, n_right = loss + slope.loss, n_right + slope.n_right
        yield Epoch(loss / dataset.n_samples, n_right / dataset.n_samples, slide)
