"""Remove neurons that say nothing: those that never fire, those that always do, and those nobody
hears.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.layer_weights import without_weights
from spikefit_nb.adapt.prune_neurons import keep_neurons, units_of
from spikefit_nb.errors import DesignProblem, guarded
from spikefit_nb.network import Network, Population, Projection

STEPS_READ = 4096  # of samples of the data set at a time


class Constant(NamedTuple):
    """What neurons of a population send in every step of every sample, where they send the same."""

    sent: np.ndarray  # (n_neurons,) float64; 0 where it varies
    idle: np.ndarray  # (n_neurons,) bool, whether it never varies


@guarded
def remove_idle(network: Network, *, activity: Activity) -> Adapted:
    """Remove neurons whose spikes never vary on the calibration set, and those that reach nobody.

    A neuron that never fires goes with its synapses and nothing else changes. One that sends the
    same count ``c`` in every step goes too, and each target gets ``bias += c w``: the same sum in
    every step, up to the rounding of floats, except that a bias also acts in the first
    ``delay_steps`` steps, which spikes have not crossed yet. Of a population that a convolution
    meets, whole channels go. Inputs stay, since the data set drives them; only the synapses of
    their idle channels go. The output stays whole. Neurons that reach no other go whatever the
    data.

    Parameters
    ----------
    network : Network
    activity : Activity, of this network

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The activity is of another network.

    Examples
    --------
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.network import IF, Input
    >>> layers = [Population("in", (1,), Input()), Population("a", (3,), IF(1.0)),
    ...           Population("out", (1,), IF(1.0))]
    >>> network = Network(layers, [Projection("in", "a", np.array([[1.0, 0.0, -1.0]])),
    ...                            Projection("a", "out", np.ones((3, 1)))])
    >>> activity = Activity(network, SpikeDataset(np.array([[[1], [0]]], bool)))
    >>> remove_idle(network, activity=activity).network.n_neurons
    2
    """
    activity.must_be_of(network, exactly=True)  # who is idle may differ already where a weight does
    notes: list[str] = []
    kept: dict[str, np.ndarray] = {}
    going: dict[str, Constant] = {}
    for population in network.populations:
        if population.name == network.output:
            continue
        constant = _constant(population, activity)
        gone = constant.idle.copy()
        if not population.is_input:
            gone |= _unheard(population, network)
            kept[population.name], said = _kept(network, population, gone)
            notes += said
            gone &= ~kept[population.name]
        going[population.name] = Constant(np.where(gone, constant.sent, 0.0), gone)
    cut = {  # an input keeps its spikes, and a kernel its weights
        e: going[e.source]
        for e in network.projections
        if e.source in going
        and going[e.source].idle.any()
        and not (network[e.source].is_input and e.kind == "convolution")
    }
    silent = {e: e.weight.at_rows(e.weight.rows_of(source.idle)) for e, source in cut.items()}
    folded, said = _folded(without_weights(network, silent), cut)
    notes += said
    for name, (sent, idle) in going.items():
        if idle.any():
            n_on, n_idle = int(np.count_nonzero(sent)), int(idle.sum())
            what = "inputs" if network[name].is_input else "neurons"
            notes.append(f"{name}: {n_idle - n_on:,} silent and {n_on:,} always-on {what}")
    n_gone = sum(int((~keep).sum()) for keep in kept.values())
    return Adapted(
        f"{n_gone:,} idle neurons removed", network, keep_neurons(folded, kept), tuple(notes)
    )


def says_nothing(population: Population, network: Network, activity: Activity) -> np.ndarray:
    """Neurons that never fire, and those that fire for nobody, (n_neurons,) bool."""
    sent, idle = _constant(population, activity)
    return (idle & (sent == 0)) | _unheard(population, network)


def _constant(population: Population, activity: Activity) -> Constant:
    """What never varies, over all steps and samples."""
    if population.is_input:
        return _constant_input(population, activity)
    record = activity.record
    first = activity.network.starts[population.name]
    _, neuron, count = record.events.of(first, population.n_neurons)  # type: ignore[union-attr]
    n_rows = record.n_samples * record.n_steps
    n_events = np.bincount(neuron, minlength=population.n_neurons)
    total = np.bincount(neuron, count, minlength=population.n_neurons)
    squares = np.bincount(neuron, count.astype(np.float64) ** 2, minlength=population.n_neurons)
    idle = (n_events == 0) | ((n_events == n_rows) & (n_rows * squares == total**2))
    return Constant(np.where(idle, total / n_rows, 0.0), idle)


def _constant_input(population: Population, activity: Activity) -> Constant:
    network, dataset = activity.network, activity.dataset
    first = sum(p.n_neurons for p in network.inputs[: network.inputs.index(population)])
    low, high = np.full(population.n_neurons, np.inf), np.full(population.n_neurons, -np.inf)
    n_read = max(1, STEPS_READ // dataset.n_steps)
    for sample in range(0, dataset.n_samples, n_read):
        given = dataset.block(sample, min(sample + n_read, dataset.n_samples))[
            ..., first : first + population.n_neurons
        ]
        low, high = (
            np.minimum(low, given.min(axis=(0, 1))),
            np.maximum(high, given.max(axis=(0, 1))),
        )
    idle = low == high
    return Constant(np.where(idle, low, 0.0), idle)


def _unheard(population: Population, network: Network) -> np.ndarray:
    """Neurons without a synapse onto any other, (n_neurons,) bool."""
    heard = np.zeros(population.n_neurons, np.int64)
    for e in network.projections:
        if e.source == population.name:
            heard += e.out_degree()
            for source, target, _ in e.blocks() if e.target == e.source else ():
                heard -= np.bincount(source[source == target], minlength=heard.size)
    return heard == 0


def _kept(
    network: Network, population: Population, gone: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """The neurons that stay when whole units go and at least one is left, and why others stay, in
    words.
    """
    try:
        unit = units_of(network, population.name)
    except DesignProblem as problem:
        return np.ones_like(gone), [str(problem)] * bool(gone.any())
    whole = np.bincount(unit, gone) == np.bincount(unit)
    notes = []
    if whole.all():
        whole[0] = False
        notes.append(
            f"{population.name}: none of its neurons ever varies, so that it tells the output "
            "nothing; the first is "
            "left, since a population cannot be empty. Lower its threshold or look at the layers "
            "before it."
        )
    keep = ~whole[unit]
    n_left = int((gone & keep).sum())
    if n_left and not notes:
        notes.append(
            f"{population.name}: {n_left:,} idle neurons stay, as others of their channel are not "
            "idle"
        )
    return keep, notes


def _folded(bare: Network, cut: dict[Projection, Constant]) -> tuple[Network, list[str]]:
    """The network with what always arrives in the biases."""
    added: dict[str, np.ndarray] = {}
    notes = []
    for e, source in cut.items():
        if not source.sent.any():
            continue
        always = e.real_weight().apply(source.sent[None])[0]
        added[e.target] = added.get(e.target, np.zeros(always.size)) + always
        late = (
            f"; as a bias it also acts in the first {e.delay_steps} steps" if e.delay_steps else ""
        )
        notes.append(f"{e.source} -> {e.target}: what always arrives is now a bias{late}")
    populations = [_biased(p, added[p.name]) if p.name in added else p for p in bare.populations]
    return bare.replace(populations=populations), notes


def _biased(population: Population, added: np.ndarray) -> Population:
    """The population with more bias, as one number, or one a channel, where that says it."""
    bias = (population.parameter("bias") + added).reshape(population.shape)
    planes = bias.reshape(bias.shape[0], -1)
    if (planes == planes[:, :1]).all():
        bias = planes[:, 0].reshape(-1, *(1,) * (bias.ndim - 1))
        bias = bias.ravel()[0] if (bias == bias.ravel()[0]).all() else bias
    return replace(population, neuron=replace(population.neuron, bias=bias))
