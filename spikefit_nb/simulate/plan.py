"""From a network to what is run: its populations in order, each with the routes that lead into it."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import IF, Network, Population
from spikefit_nb.simulate.arithmetic import ARITHMETICS, Neurons
from spikefit_nb.simulate.routes import Route, make_route


@dataclass(frozen=True, eq=False)
class Stage:
    """One population and what leads into it.

    Parameters
    ----------
    name : str
    n_neurons : int
    neurons : Neurons
    routes : tuple of Route
    first_bit : int, where its update bits begin
    remember : int, steps that its spikes are kept for projections with a delay
    """

    name: str
    n_neurons: int
    neurons: Neurons
    routes: tuple[Route, ...]
    first_bit: int
    remember: int


@dataclass(frozen=True, eq=False)
class Plan:
    """A network, ready to run.

    Parameters
    ----------
    inputs : tuple of (name, n_neurons), which share the channels out among them
    stages : tuple of Stage, in order of evaluation
    longest_window : int or None, steps that can be run at once: a loop must not overtake itself
    notes : tuple of str, what an arithmetic rounded, in words
    """

    inputs: tuple[tuple[str, int], ...]
    stages: tuple[Stage, ...]
    longest_window: int | None
    notes: tuple[str, ...]

    @property
    def widest(self) -> int:
        """Neurons of the largest population."""
        return max(stage.n_neurons for stage in self.stages)


def make_plan(network: Network, dataset: SpikeDataset, arithmetic: str) -> Plan:
    """Choose kernels for a network that is run on a data set.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    arithmetic : str, one of ARITHMETICS

    Returns
    -------
    Plan

    Raises
    ------
    NetworkProblem
        The arithmetic cannot express the network.
    """
    most = {p.name: most_spikes(p, dataset) for p in network.populations}
    place = {p.name: at for at, p in enumerate((*network.inputs, *network.neurons))}
    back = [e.delay_steps for e in network.projections if place[e.source] >= place[e.target]]
    first_bit = dict(zip([p.name for p in network.neurons], _starts(network.neurons), strict=True))
    stages: list[Stage] = []
    notes: list[str] = []
    for p in network.neurons:
        incoming = tuple(e for e in network.projections if e.target == p.name)
        prepared = ARITHMETICS[arithmetic].prepare(p, incoming, network.dt_s)
        scaled = zip(prepared.projections, prepared.scales, strict=True)
        routes = tuple(make_route(e, most[e.source], scale) for e, scale in scaled)
        remember = max((e.delay_steps for e in network.projections if e.source == p.name), default=0)
        stages.append(Stage(p.name, p.n_neurons, prepared.neurons, routes, first_bit[p.name], remember))
        notes += prepared.notes
    inputs = tuple((p.name, p.n_neurons) for p in network.inputs)
    return Plan(inputs, tuple(stages), min(back, default=None), tuple(notes))


def most_spikes(population: Population, dataset: SpikeDataset) -> int | None:
    """Spikes a neuron can send in a step; None: currents, or no bound.

    Parameters
    ----------
    population : Population
    dataset : SpikeDataset, which drives inputs

    Returns
    -------
    int or None
    """
    if population.is_input:
        return None if dataset.is_current else 1 if dataset.spikes.dtype == bool else 255
    return population.neuron.max_spikes_per_step if isinstance(population.neuron, IF) else 1


def _starts(populations: tuple[Population, ...]) -> np.ndarray:
    return np.cumsum([0] + [p.n_neurons for p in populations])[:-1].tolist()
