"""The slope of a loss: the simulator's own run forward, the adjoint of its kernels back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels import adjoint as k
from spikefit_nb.kernels.deliver import Convolution, Dense, Sparse
from spikefit_nb.kernels.gather import add_windows, to_sources, to_weights
from spikefit_nb.kernels.neurons import ADAPTING, CURRENT, DECAY, V_THRESHOLD, Values
from spikefit_nb.network import Conv2d, Network, Population, Projection, SparseWeight, Weight
from spikefit_nb.simulate import Rows, States, lay_out, neuron_values

KINDS = {"fast_sigmoid": k.FAST_SIGMOID, "arctangent": k.ARCTAN}
Layout = Dense | Sparse | Convolution
CACHE_BYTES = 1e6  # of what a convolution tells its sources, place by place of its kernel


class Surrogate(NamedTuple):
    """What stands for the slope of the step at a threshold.

    With ``x = (v - v_threshold) / (width * v_threshold)`` it is ``height / v_threshold`` times
    ``1 / (1 + x**2)`` ("arctangent") or ``1 / (1 + |x|)**2`` ("fast_sigmoid"). A height well
    below 1 keeps slopes bounded over many steps and loops.

    References
    ----------
    Neftci et al. 2019, arXiv 1901.09948; Bellec et al. 2018, arXiv 1803.09574, for the height.

    Examples
    --------
    >>> Surrogate(width=0.3).height
    0.2
    """

    kind: str = "arctangent"
    width: float = 0.5  # in thresholds
    height: float = 0.2  # at the threshold, in spikes a threshold
    through_reset: bool = False  # whether the reset, too, is differentiated

    def of(self, p: Values) -> k.Slope:
        """The surrogate of a population's neurons."""
        threshold = p.columns[V_THRESHOLD]
        per_threshold = np.stack([1 / (self.width * threshold), self.height / threshold])
        dtype = p.columns.dtype.type
        return k.Slope(KINDS[self.kind], per_threshold, dtype(self.through_reset))


class Link(NamedTuple):
    """A projection as the way back goes through it."""

    source: str
    target: str
    delay: int
    weights: Layout  # real ones, float32
    n_last: int = 1  # channels that lie side by side in what arrives
    # of each weight laid out, its place among the projection's values, from 1; 0: it has none
    place: np.ndarray | None = None
    convolution: Conv2d | None = None  # with real weights, if it is one


def link_of(projection: Projection, dtype: type) -> Link:
    """Lay a projection's real weights out as ``deliver`` does."""
    weight: Weight = projection.weight
    values: np.ndarray = projection.values.astype(dtype)
    if projection.scale is not None:
        scale: np.ndarray = np.broadcast_to(
            np.asarray(projection.scale, dtype), projection.shape[1:]
        )
        values = values * weight.at_targets(scale)
    layout: Layout
    ends = projection.source, projection.target, projection.delay_steps
    if isinstance(weight, Conv2d):
        place = lay_out(weight, np.arange(1, values.size + 1)).weight
        n_last, real = weight.output_shape[0], weight.with_values(values)
        return Link(*ends, lay_out(weight, values), n_last, place=place, convolution=real)
    if isinstance(weight, SparseWeight):
        layout = Sparse(weight.matrix.indptr, weight.matrix.indices, values)
    else:
        layout = Dense(values.reshape(projection.shape))
    return Link(*ends, layout)


@dataclass(frozen=True, eq=False)
class WayBack:
    """A network, ready for the way back."""

    names: tuple[str, ...]  # of populations with neurons, in order of evaluation
    values: Mapping[str, Values]
    links: tuple[Link, ...]  # in the order of the network's projections
    loops: Mapping[str, k.Loop]
    adaptation: Mapping[str, np.ndarray]  # of ALIF, what it has in the first step
    window: int | None  # steps that can be gone back over at once


def way_back(network: Network, dtype: type = np.float32) -> WayBack:
    """Lay a network out for the way back."""
    names = tuple(p.name for p in network.neuron_populations)
    values = {p.name: neuron_values(network, p, dtype) for p in network.neuron_populations}
    links = tuple(link_of(e, dtype) for e in network.projections)
    adaptation = {
        p.name: _first_adaptation(p, values[p.name])
        for p in network.neuron_populations
        if values[p.name].model == ADAPTING
    }
    loops, place, back = {}, {name: at for at, name in enumerate(names)}, []
    for link in links:
        if link.source not in place or place[link.source] < place[link.target]:
            continue
        if link.source == link.target not in loops and isinstance(link.weights, Dense):
            loops[link.target] = k.Loop(link.weights.weight, link.delay)
        else:
            back.append(link.delay)
    return WayBack(
        names, values, links, loops, adaptation=adaptation, window=min(back, default=None)
    )


def _first_adaptation(population: Population, values: Values) -> np.ndarray:
    """ALIF's second variable in the first step: what is left of how it starts."""
    start = population.parameter("a_initial").astype(np.float32)
    return start.astype(values.columns.dtype) * (1 - values.columns[DECAY])


class Told(NamedTuple):
    """The derivatives of a loss, summed over samples.

    Examples
    --------
    >>> one = Told((np.ones(2),), {"out": np.ones((2, 1))}, {"out": np.ones(1)})
    >>> one.plus(one).weights
    (array([2., 2.]),)
    """

    weights: tuple[np.ndarray, ...]  # for each projection, like its values
    parameters: dict[str, np.ndarray]  # of each population, (2, n_neurons): threshold and bias
    worth: dict[str, np.ndarray]  # (n_neurons,): ``(sum_t dL/ds_t * s_t)**2``, over samples

    def plus(self, other: "Told") -> "Told":
        """Those of more samples."""
        weights = tuple(a + b for a, b in zip(self.weights, other.weights, strict=True))
        parameters = {name: a + other.parameters[name] for name, a in self.parameters.items()}
        worth = {name: a + other.worth[name] for name, a in self.worth.items()}
        return Told(weights, parameters, worth)


class Said(NamedTuple):
    """What a loss says of a run, the same in each step."""

    output: str
    by_answer: np.ndarray  # (n_samples, n_outputs), its derivative by what is summed over steps
    by_potential: bool  # whether that is potentials, not spikes
    cost: Mapping[str, np.ndarray]  # of some populations, what a spike adds, (n_neurons,)


def go_back(way: WayBack, states: States, said: Said, surrogate: Surrogate) -> Told:
    """Go back over a run, from what the loss says of it to weights and parameters."""
    told = {name: _told(way, states, said, name) for name in way.names}
    seen = {name: _seen(way, states, name) for name in way.names}
    carried = {name: _carried(way.values[name], told[name]) for name in way.names}
    n_steps = told[said.output].spikes.shape[1]
    window = way.window or n_steps
    for last in range(n_steps, 0, -window):
        first = max(0, last - window)
        for name in reversed(way.names):
            p, loop = way.values[name], way.loops.get(name)
            given = loop or k.Loop(np.zeros((0, 0), told[name].current.dtype), 0)
            k.go_back(p, surrogate.of(p), seen[name], told[name], carried[name], given, first, last)
            for link in way.links:
                is_loop = loop is not None and link.weights.weight is loop.weight
                if link.target == name and link.source in told and not is_loop:
                    _back_through(link, told, first, last)
    grown = tuple(
        _grown(link, states.rows[link.source], told[link.target].current) for link in way.links
    )
    worth = {name: (told[name].worth.astype(np.float64) ** 2).sum(axis=0) for name in way.names}
    return Told(grown, {name: told[name].parameters for name in way.names}, worth)


def _seen(way: WayBack, states: States, name: str) -> k.Seen:
    spikes, potential = states.spikes[name], states.potential[name]
    if name not in way.adaptation:
        return k.Seen(spikes, potential, potential[:, :, :0])
    adaptation = np.zeros_like(potential)
    adaptation[:, 0] = way.adaptation[name]
    k.adaptation_of(way.values[name], spikes, adaptation)
    return k.Seen(spikes, potential, adaptation)


def _told(way: WayBack, states: States, said: Said, name: str) -> k.Told:
    """Room for the derivatives of a population, with what the loss itself says of it."""
    potential = states.potential[name]
    n_samples, _, n_neurons = potential.shape
    spikes, of_potential = np.zeros_like(potential), potential[:, :, :0]
    if name in said.cost:
        spikes += said.cost[name].astype(spikes.dtype)
    if name == said.output and said.by_potential:
        of_potential = np.zeros_like(potential)
        of_potential += said.by_answer[:, None].astype(spikes.dtype)
    elif name == said.output:
        spikes += said.by_answer[:, None].astype(spikes.dtype)
    return k.Told(
        spikes,
        of_potential,
        np.empty_like(potential),
        np.zeros((2, n_neurons), spikes.dtype),
        np.zeros((n_samples, n_neurons), spikes.dtype),
    )


def _carried(p: Values, told: k.Told) -> k.Carried:
    n_samples, n_neurons = told.worth.shape
    sizes = n_neurons, n_neurons * (p.model == CURRENT), n_neurons * (p.model == ADAPTING)
    return k.Carried(*(np.zeros((n_samples, n), told.spikes.dtype) for n in sizes))


def _back_through(link: Link, told: Mapping[str, k.Told], first: int, last: int) -> None:
    current, sources = told[link.target].current, told[link.source].spikes
    if isinstance(link.weights, Dense):
        at = max(first, link.delay)
        sources[:, at - link.delay : last - link.delay] += (
            current[:, at:last] @ link.weights.weight.T
        )
    elif link.convolution is not None:
        _back_through_kernels(link, link.convolution, current, sources, first=first, last=last)
    else:
        to_sources(link.weights, current, sources, link.delay, first, last)


def _back_through_kernels(
    link: Link,
    conv: Conv2d,
    current: np.ndarray,
    sources: np.ndarray,
    *,
    first: int,
    last: int,
) -> None:
    """One matrix product for all places of the kernels, and each place added where it looked."""
    (n_out, n_in, *kernel), n_groups = conv.weight.shape, conv.groups
    grouped = conv.weight.reshape(n_groups, n_out // n_groups, n_in, -1)
    by_place = np.ascontiguousarray(grouped.swapaxes(2, 3)).reshape(*grouped.shape[:2], -1)
    _, y_out, x_out = conv.output_shape
    step_bytes = by_place[:, 0].size * y_out * x_out * current.itemsize
    at_once = max(1, int(CACHE_BYTES // step_bytes))
    for told, earlier in zip(current, sources, strict=True):
        for begin in range(max(first, link.delay), last, at_once):
            end = min(begin + at_once, last)
            maps = told[begin:end].reshape(end - begin, n_groups, -1, y_out * x_out)
            parts = maps.swapaxes(2, 3) @ by_place
            parts = parts.reshape((-1, n_groups, y_out, x_out, *kernel, n_in))
            reached = earlier[begin - link.delay : end - link.delay]
            reached = reached.reshape(-1, n_groups, n_in, *conv.input_shape[1:])
            add_windows(parts, reached, conv.stride, conv.padding, conv.dilation)


def _in_order(link: Link, current: np.ndarray) -> np.ndarray:
    """What arrives, in the order of the sums."""
    if link.n_last == 1:
        return current
    maps = current.reshape(*current.shape[:2], link.n_last, -1)
    return np.ascontiguousarray(maps.swapaxes(2, 3)).reshape(current.shape)


def _grown(link: Link, rows: Rows, current: np.ndarray) -> np.ndarray:
    grown = link.weights._replace(weight=np.zeros_like(link.weights.weight))
    told = _in_order(link, current)
    to_weights(
        rows.start, rows.stop, rows.neuron, rows.amount, link.weights, told, grown, link.delay
    )
    if link.place is None:
        return grown.weight.ravel()
    values = np.zeros(link.place.max() + 1, grown.weight.dtype)
    values[link.place] = grown.weight  # what has no place among the values has none to fill
    return values[1:]
