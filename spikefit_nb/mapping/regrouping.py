"""A mapping whose cores hold neurons of any layers, by what they have in common in a run."""

from typing import Any

import numpy as np

from spikefit_nb.mapping.core_map import CoreMap, can_be_cut
from spikefit_nb.mapping.grouping import Grouper, Room, group_and_place
from spikefit_nb.mapping.partition import map_by_hand, most_neurons
from spikefit_nb.mapping.placing import Placer
from spikefit_nb.mapping.sites import Sites, sites_of
from spikefit_nb.mapping.wiring import Wiring

FEWER, N_TRIES = 0.85, 12  # neurons a core, where one holds too much; how often


def group_neurons(
    mapping: CoreMap,
    spikes: np.ndarray,
    *,
    partition: Grouper | str = "overlap",
    placement: Placer | str = "rows",
    neurons_per_core: Any = None,
) -> CoreMap:
    """Put neurons of any layers on one core by what they have in common, within its limits.

    Where a core would hold too many axons or too much memory, cores of fewer neurons are tried.

    Parameters
    ----------
    mapping : CoreMap, of the same network
    spikes : (n_neurons,) float64, of a run, neurons in the order of the network without its inputs
    partition : Grouper or str, one of GROUPERS
    placement : Placer or str, one of PLACERS
    neurons_per_core : as of ``map_network``

    Returns
    -------
    CoreMap, the one given where none is within all limits, or the chip leaves no choice

    Raises
    ------
    NotInstalled
        "graph" needs pymetis.
    UnknownName
        There is no such grouper or placer.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> pairs = np.eye(4)[[1, 0, 3, 2]]
    >>> network = Network([Population("in", (4,), Input()), Population("a", (4,), IF(1.0)),
    ...                    Population("b", (4,), IF(1.0))],
    ...                   [Projection("in", "a", np.eye(4)), Projection("a", "b", pairs)])
    >>> mapping = map_network(network, load_profile("loihi1"), neurons_per_core=4)
    >>> grouped = group_neurons(mapping, np.ones(8), neurons_per_core=4)
    >>> mapping.core_of[4:], grouped.core_of[4:]
    (array([0, 0, 0, 0, 1, 1, 1, 1]), array([0, 0, 1, 1, 0, 0, 1, 1]))
    """
    network, profile = mapping.network, mapping.profile
    if not can_be_cut(profile):
        return mapping
    wiring = Wiring.of(network, spikes)
    most = min(network.n_neurons, *most_neurons(network, profile, neurons_per_core).values())
    for _ in range(N_TRIES):
        room = Room(int(most), max(1, wiring.target.size))
        found = _mapped(mapping, wiring, room, partition, placement)
        if found is not None and _is_within(found):
            return found
        most *= FEWER
        if most < 1:
            break
    return mapping


def _mapped(
    mapping: CoreMap,
    wiring: Wiring,
    room: Room,
    partition: Grouper | str,
    placement: Placer | str,
) -> CoreMap | None:
    """The network grouped into cores of so much room; None where these are too many."""
    network, profile = mapping.network, mapping.profile
    n_cores = mapping.chip_n_cores or wiring.n_neurons
    if -(-wiring.n_neurons // room.neurons) > n_cores:
        return None
    anywhere = Sites(columns=n_cores, rows=1, topology="direct")
    sites = sites_of(profile, 1) or anywhere
    grouped = group_and_place(wiring, room, sites, partition=partition, placement=placement)
    core_of, cores = grouped.places[grouped.core_of], {}
    for p in network.neuron_populations:
        first = network.starts[p.name] - network.n_channels
        cores[p.name] = core_of[first : first + p.n_neurons]
    return map_by_hand(network, profile, cores)


def _is_within(mapping: CoreMap) -> bool:
    """Whether no core holds more than it can."""
    slots = mapping.profile.si("delay_slots_per_core", np.inf)
    return bool(mapping.slots_in_use.max() <= slots) and mapping.is_within_cores
