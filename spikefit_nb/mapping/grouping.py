"""Neurons onto cores by what they have in common, across layers, for few packets and few hops."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import DesignProblem, NotInstalled, UnknownName
from spikefit_nb.kernels import grouping as k
from spikefit_nb.mapping.placing import Placer, hops_of, placer_named
from spikefit_nb.mapping.room import Room, must_hold
from spikefit_nb.mapping.sites import Sites
from spikefit_nb.mapping.streaming import Stream
from spikefit_nb.mapping.wiring import MOST_BYTES, Wiring

N_PARTNERS = 4  # neurons of a full core that are offered a place in return
N_SWEEPS = 3  # through all neurons, between two placements


class Grouper(Protocol):
    """Says which neurons of a network go onto one core together, whatever layers they are of.

    Examples
    --------
    >>> class InTurn:
    ...     def cores(self, wiring, room):
    ...         return np.arange(wiring.n_neurons) // room.neurons
    >>> InTurn().cores(Wiring(np.zeros(6, int), np.zeros(0, int), np.ones(5)), Room(2, 9))
    array([0, 0, 1, 1, 2])
    """

    def cores(self, wiring: Wiring, room: Room) -> np.ndarray:
        """The core of each neuron, counted from 0, (n_neurons,) int64."""
        ...


@dataclass(frozen=True)
class Overlap:
    """Grow core after core: next comes the neuron that has most in common with the core, spikes of
    sources that it hears already or holds, and spikes of its own that it hears.

    It grows twice, by how many spikes these are and by which share of all that the neuron hears and
    sends, and keeps what sends fewer packets.

    References
    ----------
    Overlap as the aim of a partition: Ronzani and Silvano, arXiv 2601.16118.

    Examples
    --------
    >>> mixed = np.array([0, 1, 0, 1])  # neurons 0 and 2 feed each other, so do 1 and 3
    >>> wiring = Wiring(np.arange(5), np.array([2, 3, 0, 1]), np.ones(4))
    >>> Overlap().cores(wiring, Room(2, 9))
    array([0, 1, 0, 1])
    """

    def cores(self, wiring: Wiring, room: Room) -> np.ndarray:
        """The core of each neuron, counted from 0, (n_neurons,) int64."""
        must_hold(wiring, room)
        grown = [_grown(wiring, room, by_share=by_share) for by_share in (False, True)]
        return min(grown, key=lambda core_of: wiring.links(core_of).packets.sum())


@dataclass(frozen=True)
class Graph:
    """Cut the graph of neurons by METIS, as many spikes uncut as it finds, then move neurons out of
    cores that hold too much.

    A synapse counts as the spikes of its source, shared among all that this feeds.

    Parameters
    ----------
    seed : int
    slack : float, share of a core that is left free at first

    Raises
    ------
    DesignProblem
        ``slack`` is not from 0 to below 1.

    References
    ----------
    Karypis and Kumar 1998, SIAM J. Sci. Comput. 20:359-392.

    Examples
    --------
    >>> mixed = np.array([2, 4, 3, 5, 0, 4, 1, 5, 0, 2, 1, 3])
    >>> wiring = Wiring(np.arange(0, 13, 2), mixed, np.ones(6))  # even ones feed even ones
    >>> wiring.links(Graph(slack=0.0).cores(wiring, Room(3, 9))).packets.sum()
    np.float64(0.0)
    """

    seed: int = 0
    slack: float = 0.03

    def __post_init__(self) -> None:
        if not 0 <= self.slack < 1:
            raise DesignProblem(f"slack is {self.slack}; it must be at least 0 and below 1.")

    def cores(self, wiring: Wiring, room: Room) -> np.ndarray:
        """The core of each neuron, counted from 0, (n_neurons,) int64."""
        must_hold(wiring, room)
        share = np.maximum(1 / room.neurons, wiring.fan_in / room.synapses)  # of a core
        n_cores = max(1, int(np.ceil(share.sum() / (1 - self.slack))))
        core_of = _cut(wiring, share, n_cores, self.seed)
        return _repaired(wiring, room, core_of)


GROUPERS: Mapping[str, Grouper] = {"overlap": Overlap(), "graph": Graph(), "stream": Stream()}


def grouper_named(partition: Grouper | str) -> Grouper:
    """The grouper of that name; one given as an object as it is.

    Parameters
    ----------
    partition : Grouper or str

    Returns
    -------
    Grouper

    Raises
    ------
    UnknownName
        There is none of that name.

    Examples
    --------
    >>> grouper_named("overlp")
    Traceback (most recent call last):
    spikefit_nb.errors.UnknownName: There is no grouper 'overlp'. Did you mean 'overlap'? ...
    """
    if not isinstance(partition, str):
        return partition
    if partition not in GROUPERS:
        raise UnknownName("grouper", partition, GROUPERS)
    return GROUPERS[partition]


class Grouped(NamedTuple):
    """Neurons on cores, and cores on places."""

    core_of: np.ndarray  # (n_neurons,) int64, cores counted from 0
    places: np.ndarray  # (n_cores,) int64
    hops: float  # of all packets together


def group_and_place(
    wiring: Wiring,
    room: Room,
    sites: Sites,
    *,
    partition: Grouper | str = "overlap",
    placement: Placer | str = "annealed",
    n_rounds: int = 2,
    seed: int = 0,
) -> Grouped:
    """Put neurons on cores and cores on the chip, together, for few hops.

    In each round every neuron goes to the core where the packets that reach it and that it sends
    have fewest hops, or trades places with one of a full core; then cores are placed anew. What is
    counted is what a chip that sends one packet to each core pays, not synapses cut.

    Parameters
    ----------
    wiring : Wiring
    room : Room, what a core holds
    sites : Sites
    partition : Grouper or str, one of GROUPERS, to begin with
    placement : Placer or str, one of PLACERS
    n_rounds : int; 0: the partition as it is
    seed : int, of the order in which neurons move

    Returns
    -------
    Grouped, the best of all rounds

    Raises
    ------
    DesignProblem
        A neuron has more synapses than a core holds, or there are fewer places than cores.
    NotInstalled
        "graph" needs pymetis.
    UnknownName
        There is no such grouper or placer.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> wiring = Wiring(np.arange(0, 401, 4), random.integers(0, 100, 400), random.random(100))
    >>> sites, room = Sites(columns=4, rows=4), Room(10, 99)
    >>> hops = [group_and_place(wiring, room, sites, n_rounds=n).hops for n in (0, 2)]
    >>> hops[1] < hops[0]
    True
    """
    placer = placer_named(placement)
    core_of = np.array(grouper_named(partition).cores(wiring, room), np.int64)
    n_cores = int(core_of.max()) + 1
    if n_cores > sites.size:
        raise DesignProblem(f"{n_cores} cores are needed; the chip has {sites.size}.")
    best = _placed(wiring, core_of, n_cores, sites, placer)
    if wiring.n_neurons * n_cores * 4 > MOST_BYTES:  # too large a table of neurons and cores
        return best
    random = np.random.default_rng(seed)
    for _ in range(n_rounds):
        groups = _groups(wiring, best.core_of, n_cores, room)
        for _ in range(N_SWEEPS):
            _sweep(wiring, groups, best.places, sites, room, random=random)
        moved = wiring.links(groups.core_of)
        stayed = Grouped(groups.core_of, best.places, hops_of(moved, best.places, sites))
        again = _placed(wiring, groups.core_of, n_cores, sites, placer)
        best = min(best, stayed, again, key=lambda grouped: grouped.hops)
    return best


def _placed(
    wiring: Wiring, core_of: np.ndarray, n_cores: int, sites: Sites, placer: Placer
) -> Grouped:
    links = wiring.links(core_of)
    places = placer.places(n_cores, sites, links)
    return Grouped(core_of, places, hops_of(links, places, sites))


def _sweep(
    wiring: Wiring,
    groups: k.Groups,
    places: np.ndarray,
    sites: Sites,
    room: Room,
    *,
    random: np.random.Generator,
) -> None:
    """Let each neuron go, once, where packets have fewer hops."""
    n, n_cores = wiring.n_neurons, places.size
    hops = sites.hops(np.repeat(places, n_cores), np.tile(places, n_cores))
    k.refine(
        wiring.wires,
        groups,
        hops.reshape(n_cores, n_cores),
        random.permutation(n),
        random.random((n, N_PARTNERS)),
        most_neurons=room.neurons,
        most_synapses=room.synapses,
        change=np.zeros(n_cores),
    )


def _groups(wiring: Wiring, core_of: np.ndarray, n_cores: int, room: Room) -> k.Groups:
    """Neurons on cores as the kernels move them."""
    n_neurons = np.bincount(core_of, minlength=n_cores)
    order, first = np.argsort(core_of, kind="stable"), np.cumsum(n_neurons) - n_neurons
    slot = np.empty(core_of.size, np.int64)
    slot[order] = np.arange(core_of.size) - np.repeat(first, n_neurons)
    member = np.zeros((n_cores, max(room.neurons, int(n_neurons.max())) + 1), np.int64)
    member[core_of, slot] = np.arange(core_of.size)
    n_synapses = np.bincount(core_of, wiring.fan_in, n_cores).astype(np.int64)
    reach = wiring.reach(core_of, n_cores)
    return k.Groups(core_of.copy(), reach, n_neurons, n_synapses, member, slot=slot)


def _grown(wiring: Wiring, room: Room, *, by_share: bool) -> np.ndarray:
    """Cores grown one after another, (n_neurons,) int64."""
    n, wires = wiring.n_neurons, wiring.wires
    counted = wires.spikes + k.LEAST
    heard_of = counted.copy() if by_share else np.ones(n)
    if by_share:
        target = np.repeat(np.arange(n), np.diff(wires.in_ptr))
        heard_of += np.bincount(target, counted[wires.source], n)
    growing = k.Growing(np.zeros(n), np.full(n, -1), np.zeros(n, np.int32))
    core_of = np.full(n, -1)
    order = np.arange(n)
    k.grow(
        wires,
        growing,
        heard_of,
        order,
        room.neurons,
        most_synapses=room.synapses,
        core_of=core_of,
    )
    return core_of


def _cut(wiring: Wiring, share: np.ndarray, n_cores: int, seed: int) -> np.ndarray:
    """The part of each neuron, by METIS, each of about as large a share of a core."""
    try:
        metis = import_module("pymetis")
    except ImportError:
        raise NotInstalled(
            '"graph" needs pymetis, which is not installed: pip install "spikefit_nb[graph]". '
            '"overlap" needs nothing.'
        ) from None
    if n_cores == 1:
        return np.zeros(wiring.n_neurons, np.int64)
    n, wires = wiring.n_neurons, wiring.wires
    fan_out = np.maximum(1, np.diff(wires.ptr))
    weight = np.repeat((wires.spikes + k.LEAST) / fan_out, np.diff(wires.ptr))
    one_way = sp.csr_array((weight, wires.target, wires.ptr), shape=(n, n))
    both = (one_way + one_way.T).tocsr()
    scale = 1000 / both.data.max() if both.nnz else 1.0
    _, part = metis.part_graph(
        n_cores,
        metis.CSRAdjacency(both.indptr.astype(np.int64), both.indices.astype(np.int64)),
        vweights=np.maximum(1, (share * (1000 / share.min())).round()).astype(np.int64),
        eweights=np.maximum(1, (both.data * scale).round()).astype(np.int64),
        options=metis.Options(seed=seed),
    )
    return np.asarray(part, np.int64)


def _repaired(wiring: Wiring, room: Room, core_of: np.ndarray) -> np.ndarray:
    """The same with neurons moved out of cores that hold too much, to the one that most of its
    synapses come from or go to, of those with room; onto one more where there is none.
    """
    core_of = core_of.copy()
    n_neurons = np.bincount(core_of).tolist()
    n_synapses = np.bincount(core_of, wiring.fan_in).tolist()
    wires = wiring.wires
    for v in np.argsort(wiring.fan_in, kind="stable")[::-1].tolist():
        p, mine = core_of[v], int(wiring.fan_in[v])
        if n_neurons[p] <= room.neurons and n_synapses[p] <= room.synapses:
            continue
        near = np.concatenate(
            [
                wires.source[wires.in_ptr[v] : wires.in_ptr[v + 1]],
                wires.target[wires.ptr[v] : wires.ptr[v + 1]],
            ]
        )
        common = np.bincount(core_of[near], minlength=len(n_neurons))
        ranked = np.argsort(-common, kind="stable").tolist()
        q = next(
            (
                q
                for q in ranked
                if n_neurons[q] < room.neurons and n_synapses[q] + mine <= room.synapses
            ),
            len(n_neurons),
        )
        if q == len(n_neurons):
            n_neurons.append(0)
            n_synapses.append(0)
        core_of[v] = q
        n_neurons[p], n_synapses[p] = n_neurons[p] - 1, n_synapses[p] - mine
        n_neurons[q], n_synapses[q] = n_neurons[q] + 1, n_synapses[q] + mine
    return np.unique(core_of, return_inverse=True)[1]
