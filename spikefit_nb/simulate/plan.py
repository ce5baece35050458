"""From a network to what is run: its populations in order, each with the routes that lead into it."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.datasets import SpikeDataset, storage
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import Network, Population
from spikefit_nb.simulate.arithmetic import ARITHMETICS, Neurons, Prepared
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
        The arithmetic cannot express the network, or the input: currents, or more spikes a step than the chip takes.
    """
    senders = {e.source for e in network.projections}
    ready = {
        p.name: ARITHMETICS[arithmetic].prepare(
            p,
            tuple(e for e in network.projections if e.target == p.name),
            network.dt_s,
            is_last=p.name not in senders,
        )
        for p in network.neurons
    }
    for name, prepared in ready.items():
        _check_input(name, prepared, dataset, arithmetic)
    most = {name: prepared.most_spikes for name, prepared in ready.items()}
    most |= {p.name: input_spikes(dataset) for p in network.inputs}
    place = {p.name: at for at, p in enumerate((*network.inputs, *network.neurons))}
    back = [e.delay_steps for e in network.projections if place[e.source] >= place[e.target]]
    first_bit = dict(zip([p.name for p in network.neurons], _starts(network.neurons), strict=True))
    stages: list[Stage] = []
    notes: list[str] = []
    for p in network.neurons:
        prepared = ready[p.name]
        scaled = zip(prepared.projections, prepared.scales, strict=True)
        routes = tuple(make_route(e, most[e.source], scale) for e, scale in scaled)
        remember = max((e.delay_steps for e in network.projections if e.source == p.name), default=0)
        stages.append(Stage(p.name, p.n_neurons, prepared.neurons, routes, first_bit[p.name], remember))
        notes += prepared.notes
    inputs = tuple((p.name, p.n_neurons) for p in network.inputs)
    return Plan(inputs, tuple(stages), min(back, default=None), tuple(notes))


def input_spikes(dataset: SpikeDataset) -> int | None:
    """Spikes an input channel can send in a step; None: currents.

    Parameters
    ----------
    dataset : SpikeDataset, which drives inputs

    Returns
    -------
    int or None
    """
    return None if dataset.is_current else 1 if dataset.spikes.dtype == bool else 255


def _check_input(name: str, prepared: Prepared, dataset: SpikeDataset, arithmetic: str) -> None:
    if prepared.neurons.current is np.int32 and dataset.is_current:
        raise NetworkProblem(
            f"Population {name!r} counts in the integers of {arithmetic!r}, but data set {dataset.name!r} drives its "
            "input with currents: a chip takes whole spikes. Turn the values into spikes with SpikeDataset.encode and "
            "an encoder of sf.encode, or keep arithmetic='float32'."
        )
    limit = prepared.most_input
    if limit is not None and dataset.spikes.dtype != bool:
        most = max(int(part.max(initial=0)) for _, part in storage.blocks(dataset.spikes))
        if most > limit:
            raise NetworkProblem(
                f"A channel of data set {dataset.name!r} sends {most} spikes in one step, but the inputs of "
                f"{arithmetic!r} take {limit} at most and drop what comes above. Use shorter steps, or "
                f"np.minimum(spikes, {limit})."
            )


def _starts(populations: tuple[Population, ...]) -> np.ndarray:
    return np.cumsum([0] + [p.n_neurons for p in populations])[:-1].tolist()
