"""Layer by layer onto cores: each population is cut into equal pieces, as few as the limits allow."""

from collections.abc import Callable

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping.axons import memory_bits, needs_typed_axons
from spikefit_nb.mapping.mapping import CoreNeeds, Mapping
from spikefit_nb.network import Fanout, Network, Population, Projection


def map_network(network: Network, profile: HardwareProfile, *, neurons_per_core: int | None = None) -> Mapping:
    """Put a network on a chip, population by population in core order.

    Each population is cut into the fewest equal pieces that keep neurons, axons and synapse memory of a core
    within the chip's limits and ``neurons_per_core``. What cannot be kept is reported by ``check_fit``.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    neurons_per_core : int or None, at most this many neurons on a core: spreading shortens the busiest core's
        step and adds packets

    Returns
    -------
    Mapping

    Raises
    ------
    DesignProblem
        ``neurons_per_core`` is below one.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2000,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((2, 2000)))])
    >>> map_network(network, load_profile("loihi1")).needs.neurons
    array([1000, 1000])
    """
    if neurons_per_core is not None and neurons_per_core < 1:
        raise DesignProblem(f"neurons_per_core is {neurons_per_core}; it must be 1 or more.")
    most = min(int(profile.value("neurons_per_core")), neurons_per_core or int(profile.value("neurons_per_core")))
    typed = {e: needs_typed_axons(e, profile) for e in network.projections}
    pieces: dict[str, np.ndarray] = {}
    copies: dict[str, np.ndarray] = {}
    for population in reversed(network.neurons):  # targets first: what a neuron sends hangs on where they are
        sent = _axons_out(population, pieces, copies, typed)
        copies[population.name] = np.ones_like(sent)
        if profile.has("fan_out_axons"):
            copies[population.name] = np.maximum(1, -(-sent // int(profile.value("fan_out_axons"))))
        pieces[population.name] = _cut(population, sent, copies[population.name], typed, profile, most)
    return _assemble(network, profile, pieces, copies, typed)


def _axons_out(
    population: Population, pieces: dict[str, np.ndarray], copies: dict[str, np.ndarray], typed: dict[Projection, bool]
) -> np.ndarray:
    """Axons each neuron feeds, as far as its targets are placed."""
    sent = np.zeros(population.n_neurons, np.int64)
    for e, by_weight in typed.items():
        if e.source == population.name and e.target in pieces:
            axons = e.fanout(pieces[e.target], copies[e.target], by_weight=by_weight)
            sent += np.bincount(axons.source, minlength=sent.size)
    return sent


def _cut(
    population: Population,
    sent: np.ndarray,
    copies: np.ndarray,
    typed: dict[Projection, bool],
    profile: HardwareProfile,
    most: int,
) -> np.ndarray:
    """Piece of each neuron, for the fewest pieces within the limits; the fewest at all where none is."""
    incoming = [e for e in typed if e.target == population.name]
    n = population.n_neurons
    fewest = max(-(-n // most), -(-int(copies.sum()) // int(profile.value("neurons_per_core"))))

    def pieces(n_pieces: int) -> np.ndarray:
        return np.arange(n) // -(-n // n_pieces)

    def fits(n_pieces: int) -> bool:
        piece = pieces(n_pieces)
        tables = [(e, e.fanout(piece, copies, by_weight=typed[e])) for e in incoming]
        neurons = np.bincount(piece, weights=copies).astype(np.int64)
        sending = np.bincount(piece, weights=sent)
        for e, table in tables:
            if e.source == population.name:  # its own loop, unknown until it is cut
                sending += np.bincount(piece[table.source], minlength=neurons.size)
        axons = sum((np.bincount(t.core, minlength=neurons.size) for _, t in tables), np.zeros(neurons.size, np.int64))
        return bool(
            neurons.max() <= int(profile.value("neurons_per_core"))
            and axons.max() <= profile.si("axons_in_per_core", np.inf)
            and sending.max() <= profile.si("axons_out_per_core", np.inf)
            and memory_bits(tables, neurons, profile).max() <= profile.si("synapse_memory_per_core", np.inf)
        )

    fan_in = sum((e.in_degree() for e in incoming), np.zeros(n, np.int64))
    if fan_in.max() > profile.si("axons_in_per_core", np.inf):
        return pieces(fewest)  # one neuron alone is too much for a core: cutting cures nothing
    enough = _smallest(fits, fewest, n)
    return pieces(enough or fewest)


def _smallest(fits: Callable[[int], bool], low: int, high: int) -> int | None:
    """The smallest number that fits, by doubling and bisection; None where not even the largest does."""
    if low >= high or fits(low):
        return low
    enough = min(2 * low, high)
    while not fits(enough):
        if enough == high:
            return None
        low, enough = enough, min(2 * enough, high)
    while enough - low > 1:
        middle = (low + enough) // 2
        low, enough = (low, middle) if fits(middle) else (middle, enough)
    return enough


def _assemble(
    network: Network,
    profile: HardwareProfile,
    pieces: dict[str, np.ndarray],
    copies: dict[str, np.ndarray],
    typed: dict[Projection, bool],
) -> Mapping:
    n_total = network.n_channels + network.n_neurons
    core_of, n_cores, labels = np.full(n_total, -1, np.int64), 0, []
    for population in network.neurons:
        piece, start = pieces[population.name], network.starts[population.name]
        core_of[start : start + piece.size] = piece + n_cores
        for k in range(int(piece.max()) + 1):
            members = np.flatnonzero(piece == k)
            labels.append(f"{population.name} {members[0]}-{members[-1]}")
        n_cores += int(piece.max()) + 1
    tables = []
    for e in network.projections:
        start, stop = network.starts[e.target], network.starts[e.target] + e.shape[1]
        table = e.fanout(core_of[start:stop], copies[e.target], by_weight=typed[e])
        tables.append((e, Fanout(table.source + network.starts[e.source], table.core, table.n_synapses)))
    every = Fanout(*(np.concatenate(column) for column in zip(*(t for _, t in tables), strict=True)))
    order = np.argsort(every.source, kind="stable")
    fan_ptr = np.zeros(n_total + 1, np.int64)
    np.cumsum(np.bincount(every.source, minlength=n_total), out=fan_ptr[1:])
    laid_out = np.concatenate([np.ones(network.n_channels, np.int64), *(copies[p.name] for p in network.neurons)])
    return Mapping(
        core_of, laid_out, fan_ptr, every.core[order], every.n_synapses[order],
        _needs(tables, every, core_of, laid_out, n_cores, profile), tuple(labels), profile,
    )  # fmt: skip


def _needs(
    tables: list[tuple[Projection, Fanout]],
    every: Fanout,
    core_of: np.ndarray,
    copies: np.ndarray,
    n_cores: int,
    profile: HardwareProfile,
) -> CoreNeeds:
    neurons = np.bincount(core_of[core_of >= 0], weights=copies[core_of >= 0], minlength=n_cores).astype(np.int64)
    sender = core_of[every.source]
    return CoreNeeds(
        neurons,
        np.bincount(every.core, minlength=n_cores),
        np.bincount(sender[sender >= 0], minlength=n_cores),
        memory_bits(tables, neurons, profile),
    )
