"""Layer by layer onto cores: each population is cut into equal pieces, as few as the limits
allow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.mapping.axon_types import axon_types
from spikefit_nb.mapping.axons import (
    StoredAxons,
    delay_slots,
    memory_bits,
    stored_projection,
)
from spikefit_nb.mapping.core_map import FORMATS, PER_CORE, CoreMap, CoreNeeds, counts_cores
from spikefit_nb.mapping.cuts import said
from spikefit_nb.mapping.cutting import cut_population
from spikefit_nb.mapping.places import places_of
from spikefit_nb.mapping.shapes import Partitioner, partitioner_named
from spikefit_nb.mapping.sources import places_of_sources, source_cores
from spikefit_nb.mapping.stored_once import ways_to_store
from spikefit_nb.network import ByWeight, Fanout, Network, Population, Projection, settings_of
from spikefit_nb.progress import phase


@phase("Mapping")
def map_network(
    network: Network,
    profile: HardwareProfile,
    *,
    neurons_per_core: int | Mapping[str, int | None] | None = None,
    share_cores: bool = False,
    partition: Partitioner | str = "layers",
    core_budget: int | None = None,
) -> CoreMap:
    """Put a network on a chip, population by population in core order.

    Each population is cut into the fewest equal pieces that keep neurons, axons and synapse memory
    of a core within the chip's limits and ``neurons_per_core``: in the order of its neurons, or
    where that takes fewer pieces, a map of channels by rows, by columns or in tiles. Where a chip
    takes layers whole (Speck) or has one core (Xylo, ODIN, ReckOn, BrainScaleS-2), nothing is cut.
    Every axon has weights of its own; where that takes more cores than there are, and a core can
    (Loihi), the weights of a kernel are stored once for all axons. What cannot be kept is reported
    by ``check_fit``.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    neurons_per_core : int or None, at most this many neurons on a core: spreading shortens the
        busiest core's step and adds packets; or a mapping of population to its own
    share_cores : bool, whether pieces of different populations may share a core
    partition : Partitioner or str, one of PARTITIONERS: "layers" as told above; "tiles" fills cores
        along a Hilbert curve, with all channels of a pixel together; all others in their own
        order, into the fewest pieces of as many neurons each that keep the limits
    core_budget : int or None, cores there are for it; None: all of the chip

    Returns
    -------
    CoreMap

    Raises
    ------
    DesignProblem
        ``neurons_per_core`` or ``core_budget`` is below one.
    UnknownName
        ``neurons_per_core`` names what is no population with neurons, or there is no such
        partitioner.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2000,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((2, 2000)))])
    >>> map_network(network, load_profile("loihi1")).needs.neurons
    array([1000, 1000])
    """
    at_most, shape = most_neurons(network, profile, neurons_per_core), partitioner_named(partition)
    if core_budget is not None and core_budget < 1:
        raise DesignProblem(f"core_budget is {core_budget}; it must be 1 or more.")
    most_cores = min(core_budget or np.inf, profile.si("cores", np.inf))
    found = []
    for chip in ways_to_store(network, profile):
        pieces, copies, typed = _cut(network, chip, at_most, shape)
        mapping = _laid_out(
            network, profile, pieces, copies, typed, at_most=at_most, share=share_cores
        )
        over = mapping.needs.memory_bits.max() > profile.si("synapse_memory_per_core", np.inf)
        if mapping.n_cores <= most_cores and not over:
            return mapping
        found.append((over, mapping.n_cores, mapping))
    return min(found, key=lambda tried: tried[:2])[-1]


def _cut(
    network: Network, profile: HardwareProfile, at_most: dict[str, float], shape: Partitioner
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[Projection, ByWeight]]:
    """Pieces and copies of every neuron, by population, and how axons tell weights apart."""
    family, typed = FAMILIES[profile.family], _typed(network, profile)
    pieces = {p.name: np.zeros(p.n_neurons, np.int64) for p in network.neuron_populations}
    copies = {p.name: np.ones(p.n_neurons, np.int64) for p in network.neuron_populations}
    if not family.one_core and not family.whole_layers:
        _cut_all(network, profile, pieces, copies, typed, at_most=at_most, shape=shape)
    return pieces, copies, typed


def _laid_out(
    network: Network,
    profile: HardwareProfile,
    pieces: dict[str, np.ndarray],
    copies: dict[str, np.ndarray],
    typed: dict[Projection, ByWeight],
    at_most: dict[str, float],
    share: bool,
) -> CoreMap:
    """Pieces on cores of their own, or where they share, on the first that has room."""
    family = FAMILIES[profile.family]
    if family.one_core:
        one_core = np.zeros(len(pieces), np.int64)
        return _assemble(network, profile, pieces, copies, typed, core_of_piece=one_core)
    n_pieces = sum(int(piece.max()) + 1 for piece in pieces.values())
    apart = _assemble(network, profile, pieces, copies, typed, core_of_piece=np.arange(n_pieces))
    if not share or family.whole_layers:
        return apart
    limits = {need: profile.si(figure, np.inf) for need, figure in PER_CORE.items()}
    of_piece = [at_most[name] for name, piece in pieces.items() for _ in range(piece.max() + 1)]
    of_neurons = CoreNeeds(*(need[:n_pieces] for need in apart.needs))  # sources share none
    fitted = _first_fit(of_neurons, limits, np.array(of_piece))
    of_core = np.full(int(fitted.max()) + 1, np.inf)
    np.minimum.at(of_core, fitted, of_piece)
    together = _assemble(network, profile, pieces, copies, typed, core_of_piece=fitted)
    over = not together.is_within_cores
    over |= bool((together.needs.neurons[: of_core.size] > of_core).any())
    over |= bool(together.slots_in_use.max() > profile.si("delay_slots_per_core", np.inf))
    return apart if over else together


def most_neurons(
    network: Network, profile: HardwareProfile, neurons_per_core: Any
) -> dict[str, float]:
    """Tell how many neurons may lie on a core with some of each population, at most.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    neurons_per_core : as of ``map_network``

    Returns
    -------
    dict of population name to number; inf where nothing limits it

    Raises
    ------
    DesignProblem
        ``neurons_per_core`` is below one.
    UnknownName
        ``neurons_per_core`` names what is no population with neurons.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("out", (3,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((2, 3)))])
    >>> most_neurons(network, load_profile("loihi1"), None)
    {'out': 1024}
    """
    wanted, limit = settings_of(network, neurons_per_core), profile.si("neurons_per_core", np.inf)
    for n in wanted.values():
        if n is not None and n < 1:
            raise DesignProblem(f"neurons_per_core is {n}; it must be 1 or more.")
    return {name: min(limit, n or np.inf) for name, n in wanted.items()}


def map_by_hand(
    network: Network, profile: HardwareProfile, cores: dict[str, np.ndarray]
) -> CoreMap:
    """Put every neuron on the core it is given.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    cores : dict of population name to (n_neurons,) int, the chip's core of each neuron
        Of inputs too, where a chip has cores for them; None of them: the first that are free.

    Returns
    -------
    CoreMap
        Cores in use in ascending order, those of inputs behind.

    Raises
    ------
    DesignProblem
        A population is missing or unknown, has another number of neurons, or a core is not one of
        the chip's.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("out", (3,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((2, 3)))])
    >>> map_by_hand(network, load_profile("loihi1"), {"out": np.array([7, 0, 7])}).tiles.tolist()
    [[0, 0], [1, 0]]
    """
    _check_cores(network, profile, cores)
    names = [p.name for p in network.neuron_populations]
    found = {name: np.unique(cores[name], return_inverse=True) for name in names}
    places, core_of_piece = np.unique(
        np.concatenate([found[name][0] for name in names]), return_inverse=True
    )
    pieces = {name: piece.astype(np.int64) for name, (_, piece) in found.items()}
    typed = _typed(network, profile)
    copies = {p.name: np.ones(p.n_neurons, np.int64) for p in network.neuron_populations}
    mapping = _assemble(network, profile, pieces, copies, typed, core_of_piece=core_of_piece)
    if profile.has("fan_out_axons"):
        sent = _copies(profile, np.diff(mapping.fan_ptr))
        copies = {name: sent[network.starts[name] :][: of.size] for name, of in copies.items()}
        mapping = _assemble(network, profile, pieces, copies, typed, core_of_piece=core_of_piece)
    of_sources = places_of_sources(network, profile, cores, places)
    return replace(mapping, places=np.concatenate([places.astype(np.int64), of_sources]))


def _check_cores(network: Network, profile: HardwareProfile, cores: dict[str, np.ndarray]) -> None:
    names = [p.name for p in network.neuron_populations]
    sources = source_cores(network, profile, 0)
    if sorted(name for name in cores if name not in sources) != sorted(names):
        raise DesignProblem(
            f"cores names {', '.join(cores)}; the populations with neurons are {', '.join(names)}."
        )
    is_limited = profile.has("cores") and counts_cores(profile)
    n_cores = int(profile.value("cores")) if is_limited else None
    for p in (network[name] for name in cores):
        given = np.asarray(cores[p.name])
        if given.shape != (p.n_neurons,) or given.dtype.kind not in "iu":
            raise DesignProblem(
                f"cores[{p.name!r}] is {given.dtype} {given.shape}; a whole number for each of "
                f"{p.n_neurons} neurons "
                "is needed."
            )
        if given.min() < 0 or (n_cores is not None and given.max() >= n_cores):
            raise DesignProblem(
                f"cores[{p.name!r}] goes from {given.min()} to {given.max()}; {profile.title} has "
                "cores 0 to "
                f"{'?' if n_cores is None else n_cores - 1}."
            )


def _typed(network: Network, profile: HardwareProfile) -> dict[Projection, ByWeight]:
    """Each projection as the chip stores it, and whether its synapses come over axons by weight."""
    types = axon_types(network, profile)
    return {stored_projection(e, profile): types[e] for e in network.projections}


def _copies(profile: HardwareProfile, sent: np.ndarray) -> np.ndarray:
    """How often neurons are laid out that send over so many axons."""
    return (
        np.maximum(1, -(-sent // int(profile.value("fan_out_axons"))))
        if profile.has("fan_out_axons")
        else np.ones_like(sent)
    )


def _first_fit(needs: CoreNeeds, limits: dict[str, float], most: np.ndarray) -> np.ndarray:
    """A core for each piece, (n_pieces,) int64: the first with room for it, and for all that lies
    there already within ``most`` neurons, (n_pieces,), of a core with that piece.
    """
    room: list[np.ndarray] = []
    neurons, least = list[float](), list[float]()
    core = np.zeros(needs.neurons.size, np.int64)
    for piece, need in enumerate(np.stack([getattr(needs, name) for name in limits], axis=1)):
        n = needs.neurons[piece]
        k = next(
            (
                k
                for k, left in enumerate(room)
                if (need <= left).all() and neurons[k] + n <= min(least[k], most[piece])
            ),
            len(room),
        )
        if k == len(room):
            room.append(np.array(list(limits.values())))
            neurons.append(0)
            least.append(np.inf)
        core[piece], room[k] = k, room[k] - need
        neurons[k], least[k] = neurons[k] + n, min(least[k], most[piece])
    return core


def _cut_all(
    network: Network,
    profile: HardwareProfile,
    pieces: dict[str, np.ndarray],
    copies: dict[str, np.ndarray],
    typed: dict[Projection, ByWeight],
    at_most: dict[str, float],
    shape: Partitioner,
) -> None:
    """Cut every population, targets first: what a neuron sends depends on where they are."""
    placed: dict[str, np.ndarray] = {}
    for population in reversed(network.neuron_populations):
        sent = _axons_out(population, placed, typed)
        copies[population.name] = _copies(profile, sent)
        most = min(at_most[population.name], neurons_for_delays(population, typed, profile))
        placed[population.name] = cut_population(
            population, sent, copies[population.name], typed, profile, most=most, shape=shape
        )
    pieces.update(placed)


def neurons_for_delays(
    population: Population, projections: Iterable[Projection], profile: HardwareProfile
) -> float:
    """How many neurons of a population a core has delay slots for."""
    delays = [e.delay_steps for e in projections if e.target == population.name]
    if not delays or not profile.has("delay_slots_per_core"):
        return np.inf
    return max(1, profile.value("delay_slots_per_core") // int(delay_slots(max(delays))))


def _axons_out(
    population: Population, pieces: dict[str, np.ndarray], typed: dict[Projection, ByWeight]
) -> np.ndarray:
    """Axons each neuron feeds, as far as its targets are placed."""
    sent = np.zeros(population.n_neurons, np.int64)
    for e, by_weight in typed.items():
        if e.source == population.name and e.target in pieces:
            axons = e.fanout(pieces[e.target], by_weight=by_weight)
            sent += np.bincount(axons.source, minlength=sent.size)
    return sent


def _assemble(
    network: Network,
    profile: HardwareProfile,
    pieces: dict[str, np.ndarray],
    copies: dict[str, np.ndarray],
    typed: dict[Projection, ByWeight],
    core_of_piece: np.ndarray,
) -> CoreMap:
    n_total = network.n_channels + network.n_neurons
    core_of, n_pieces = np.full(n_total, -1, np.int64), 0
    labels: list[list[str]] = [[] for _ in range(int(core_of_piece.max()) + 1)]
    for population in network.neuron_populations:
        piece, start = pieces[population.name], network.starts[population.name]
        core_of[start : start + piece.size] = core_of_piece[piece + n_pieces]
        for k in range(int(piece.max()) + 1):
            members, core = np.flatnonzero(piece == k), core_of_piece[n_pieces + k]
            labels[core].append(f"{population.name} {said(population, members)}")
        n_pieces += int(piece.max()) + 1
    for name, core in source_cores(network, profile, len(labels)).items():
        core_of[network.starts[name] :][: core.size] = core
        ends = (np.flatnonzero(core == k)[[0, -1]] for k in np.unique(core))
        labels += [[f"sources of {name} {first}-{last}"] for first, last in ends]
    stored, every, formats = _axons(network, typed, core_of, copies)
    fan_ptr = np.zeros(n_total + 1, np.int64)
    np.cumsum(np.bincount(every.source, minlength=n_total), out=fan_ptr[1:])
    laid_out = np.concatenate(
        [
            np.ones(network.n_channels, np.int64),
            *(copies[p.name] for p in network.neuron_populations),
        ]
    )
    return CoreMap(
        core_of,
        laid_out,
        fan_ptr,
        every.core,
        formats,
        needs=_needs(
            network, stored, every, core_of, laid_out, n_cores=len(labels), profile=profile
        ),
        labels=tuple(map(" + ".join, labels)),
        profile=profile,
        network=network,
        places=places_of(network, profile, len(labels)),
    )


def _axons(
    network: Network,
    typed: dict[Projection, ByWeight],
    core_of: np.ndarray,
    copies: dict[str, np.ndarray],
) -> tuple[list[StoredAxons], Fanout, np.ndarray]:
    """The axons of each projection, all together, and their synapses by format."""
    stored, tables = [], []
    n_types = max(
        1 if isinstance(told, bool) else told.shape[1] for told in [False, *typed.values()]
    )
    for e in sorted(typed, key=lambda e: network.starts[e.source]):
        targets = core_of[network.starts[e.target] :][: e.shape[1]]
        table = e.fanout(targets, copies[e.target], by_weight=typed[e], apart=True)
        place = table.core * n_types if isinstance(typed[e], bool) else table.core
        stored.append(StoredAxons(e, table._replace(core=place // n_types), targets))
        source = table.source + network.starts[e.source]
        tables.append((e, Fanout(source, place, table.n_synapses)))
    return stored, *_together(tables, n_types)


def _together(tables: list[tuple[Projection, Fanout]], n_types: int) -> tuple[Fanout, np.ndarray]:
    """All axons by source, and their synapses by format, (3, n_axons); projections share those of
    one type to one core, ``n_types * core + type``.
    """
    nothing = Fanout(*(np.zeros(0, np.int64),) * 3)
    source, place, _ = (
        np.concatenate(c) for c in zip(nothing, *(t for _, t in tables), strict=True)
    )
    formats = np.zeros((len(FORMATS), source.size), np.int64)
    ends = np.cumsum([table.source.size for _, table in tables])
    for (e, table), end in zip(tables, ends, strict=True):
        formats[FORMATS.index(e.kind), end - table.source.size : end] = table.n_synapses
    key = source * (int(place.max(initial=0)) + 1) + place
    if not (np.diff(key) > 0).all():  # else in order, and none twice
        order = np.argsort(key, kind="stable")  # tables are in order already
        source, place, key, formats = source[order], place[order], key[order], formats[:, order]
        first = np.flatnonzero(np.diff(key, prepend=-1) != 0)
        source, place = source[first], place[first]
        formats = np.add.reduceat(formats, first, axis=1)
    return Fanout(source, place // n_types, formats.sum(axis=0)), formats


def _needs(
    network: Network,
    stored: list[StoredAxons],
    every: Fanout,
    core_of: np.ndarray,
    copies: np.ndarray,
    n_cores: int,
    profile: HardwareProfile,
) -> CoreNeeds:
    on_core, laid_out = core_of[network.n_channels :], copies[network.n_channels :]
    neurons = np.bincount(on_core, weights=laid_out, minlength=n_cores).astype(np.int64)
    sender = core_of[every.source]
    return CoreNeeds(
        neurons,
        np.bincount(every.core, minlength=n_cores),
        np.bincount(sender[sender >= 0], minlength=n_cores),
        memory_bits(network, stored, neurons, profile),
    )
