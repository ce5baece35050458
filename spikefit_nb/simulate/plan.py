"""From a network to what is run: its populations in order, each with the routes into it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from inspect import signature

import numpy as np

from spikefit_nb.datasets import SpikeDataset, storage
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import Network, Population, Projection, SigmaDelta
from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.prepared import Neurons, Prepared
from spikefit_nb.simulate.routes import Route, make_route

LOOP_FROM = 1000  # neurons; a smaller loop is run before a kernel of its own is compiled


@dataclass(frozen=True, eq=False)
class Stage:
    """One population and what leads into it."""

    name: str
    n_neurons: int
    neurons: Neurons
    routes: tuple[Route, ...]
    loop: Route | None  # of the population onto itself, run within its kernel
    first_bit: int  # where its update bits begin


@dataclass(frozen=True, eq=False)
class Plan:
    """A network, ready to run."""

    inputs: tuple[tuple[str, int], ...]  # name and n_neurons; they share the channels out
    stages: tuple[Stage, ...]  # in order of evaluation
    longest_window: int | None  # steps that can be run at once: a loop must not overtake itself
    notes: tuple[str, ...]  # what an arithmetic rounded, in words
    finer: tuple[str, ...] = ()  # populations with a coarser choice, if numbers leave their range
    meets: tuple[str, ...] = ()  # populations that fire where those of the chip do not yet

    def remember(self, name: str) -> int:
        """Steps that the spikes of a population are kept, for projections with a delay."""
        routes = [route for stage in self.stages for route in stage.routes]
        return max((r.delay_steps for r in routes if r.source == name), default=0)

    @property
    def widest(self) -> int:
        """Neurons of the largest population."""
        return max(stage.n_neurons for stage in self.stages)


def make_plan(
    network: Network,
    dataset: SpikeDataset,
    arithmetic: str,
    *,
    runs_often: bool = False,
    coarse: Collection[str] = (),
) -> Plan:
    """Choose kernels for a network that is run on a data set; for one that is run often, also those
    that take longer to compile than they save in a run. ``coarse``: populations whose numbers have
    left their range in a run before.
    """
    ready = {p.name: prepare(network, p, arithmetic) for p in network.neuron_populations}
    for name in coarse:
        ready[name] = ready[name].coarser()
    for name, prepared in ready.items():
        check_input(name, prepared, dataset, arithmetic)
    loop_from = 1 if runs_often else LOOP_FROM
    return plan_of(network.neuron_populations, network.inputs, ready, dataset, loop_from=loop_from)


def prepare(network: Network, population: Population, arithmetic: str) -> Prepared:
    """One population of a network and what leads into it, in the numbers of an arithmetic."""
    incoming = tuple(e for e in network.projections if e.target == population.name)
    if ARITHMETICS[arithmetic].is_integer:
        _check_messages(population, arithmetic)
        incoming = tuple(_rounded_nothing(e) for e in incoming)
    is_last = all(e.source != population.name for e in network.projections)
    return ARITHMETICS[arithmetic].prepare(population, incoming, network.dt_s, is_last=is_last)


def _check_messages(population: Population, arithmetic: str) -> None:
    """Refuse neurons whose messages carry numbers: integers here are those of spikes."""
    if isinstance(population.neuron, SigmaDelta):
        raise NetworkProblem(
            f"Population {population.name!r} holds SigmaDelta neurons, whose messages carry "
            f"numbers with a sign, but the integers of {arithmetic!r} are those of neurons that "
            "spike. Simulate with arithmetic='float32'."
        )


def _rounded_nothing(projection: Projection) -> Projection:
    """A projection without a synapse in integers, which no rounding could change."""
    if projection.scale is not None or projection.values.any():
        return projection
    weight = projection.weight.with_values(projection.values.astype(np.int8))
    return replace(projection, weight=weight, scale=1.0)


def plan_of(
    populations: tuple[Population, ...],
    sources: tuple[Population, ...],
    ready: Mapping[str, Prepared],
    dataset: SpikeDataset,
    loop_from: int = LOOP_FROM,
) -> Plan:
    """The plan of some populations, for which all others that send to them are inputs."""
    senders = (*sources, *populations)
    most = {
        p.name: input_spikes(dataset) if p.is_input else _most_spikes(ready[p.name].neurons)
        for p in senders
    }
    first_bit = dict(zip([p.name for p in populations], _starts(populations), strict=True))
    stages: list[Stage] = []
    notes: list[str] = []
    for p in populations:
        prepared = ready[p.name]
        scaled = zip(prepared.projections, prepared.scales, strict=True)
        routes = tuple(
            make_route(e, _least(most[e.source], prepared.most_input), scale) for e, scale in scaled
        )
        loop = _loop(p.name, prepared.neurons, routes, loop_from)
        routes = tuple(route for route in routes if route is not loop)
        stages.append(
            Stage(p.name, p.n_neurons, prepared.neurons, routes, loop, first_bit=first_bit[p.name])
        )
        notes += prepared.notes
    place = {name: at for at, name in enumerate([p.name for p in senders])}
    back = [r.delay_steps for s in stages for r in s.routes if place[r.source] >= place[s.name]]
    inputs = tuple((p.name, p.n_neurons) for p in sources)
    return Plan(
        inputs,
        tuple(stages),
        min(back, default=None),
        tuple(dict.fromkeys(notes)),
        finer=tuple(p.name for p in populations if ready[p.name].coarser is not None),
        meets=tuple(p.name for p in populations if ready[p.name].meets),
    )


def _loop(name: str, neurons: Neurons, routes: tuple[Route, ...], loop_from: int) -> Route | None:
    """A large population's only projection onto itself, if sums keep their order without it."""
    own = [route for route in routes if route.source == name]
    takes_loop = "loop" in signature(neurons.kernel).parameters
    if not takes_loop or neurons.v.size < loop_from or len(own) != 1:
        return None
    if neurons.current is np.int32:  # sums of integers have no order
        return own[0]
    return None if len(routes) > 2 and routes[-1] is not own[0] else own[0]


def input_spikes(dataset: SpikeDataset) -> int | None:
    """Spikes an input channel can send in a step; None: currents."""
    return None if dataset.is_current else 1 if dataset.spikes.dtype == bool else 255


def _most_spikes(neurons: Neurons) -> int | None:
    """Spikes that a neuron can send in a step; None: no bound, or numbers that are not whole."""
    return None if neurons.graded else neurons.most_spikes


def _least(most: int | None, limit: int | None) -> int | None:
    """Spikes that a source can send in a step; ``check_input`` has let no input exceed a limit."""
    return min((n for n in (most, limit) if n is not None), default=None)


def check_input(name: str, prepared: Prepared, dataset: SpikeDataset, arithmetic: str) -> None:
    """Refuse a data set whose inputs the neurons of a population cannot take."""
    if prepared.neurons.current is np.int32 and dataset.is_current:
        raise NetworkProblem(
            f"Population {name!r} counts in the integers of {arithmetic!r}, but data set "
            f"{dataset.name!r} drives its input with currents: a chip takes whole spikes. "
            "Turn the values into spikes with SpikeDataset.encode and an encoder of sf.encode, "
            "or keep arithmetic='float32'."
        )
    limit = prepared.most_input
    if limit is not None and dataset.spikes.dtype != bool:
        most = max(int(part.max(initial=0)) for _, part in storage.blocks(dataset.spikes))
        if most > limit:
            raise NetworkProblem(
                f"A channel of data set {dataset.name!r} sends {most} spikes in one step, "
                f"but the inputs of {arithmetic!r} take {limit} at most and drop what comes above. "
                f"Use shorter steps, or np.minimum(spikes, {limit})."
            )


def _starts(populations: tuple[Population, ...]) -> np.ndarray:
    return np.cumsum([0] + [p.n_neurons for p in populations])[:-1].tolist()
