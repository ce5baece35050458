"""Layers on cores of their own: what ways to spread a network have in common."""

import numpy as np

from spikefit_nb.mapping import CoreMap, map_by_hand
from spikefit_nb.network import Network
from spikefit_nb.replay import FiringRates
from spikefit_nb.simulate import SpikeRecord, cut_record

N_RECORDINGS = 16  # at most, evenly spread, by which layouts are compared
SAME_ANYWHERE = ("tick", "cycles")  # timings by which a run takes as long on any cores


def few_recordings(record: SpikeRecord, network: Network) -> SpikeRecord:
    """As many recordings of a run as layouts are compared by."""
    if record.n_samples <= N_RECORDINGS:
        return record
    return cut_record(record, network, record.n_steps, _some_of(record))


def rates_of_few(record: SpikeRecord, network: Network) -> FiringRates:
    """The rates of these recordings, without their events."""
    some = _some_of(record)
    counts = {name: n[some] for name, n in record.spike_counts.items()}
    return FiringRates(network, counts, record.n_steps, record.arithmetic)


def _some_of(record: SpikeRecord) -> np.ndarray:
    n_few = min(record.n_samples, N_RECORDINGS)
    return np.linspace(0, record.n_samples - 1, n_few).astype(np.int64)


def cores_by_population(mapping: CoreMap) -> dict[str, np.ndarray]:
    """The cores that each population is on."""
    network = mapping.network
    return {
        p.name: np.unique(mapping.core_of[network.starts[p.name] :][: p.n_neurons])
        for p in network.neuron_populations
    }


def n_cores_by_population(mapping: CoreMap) -> dict[str, int]:
    """How many cores each population is on."""
    return {name: cores.size for name, cores in cores_by_population(mapping).items()}


def in_turn(mapping: CoreMap, pieces: dict[str, np.ndarray]) -> CoreMap:
    """Pieces on cores of their own, population by population."""
    cores, first = {}, 0
    for name, piece in pieces.items():
        cores[name] = piece + first
        first += int(piece.max()) + 1
    return map_by_hand(mapping.network, mapping.profile, cores)


def is_within(mapping: CoreMap, most: dict[str, float]) -> bool:
    """Whether no core holds more than it can, or more neurons of a population than asked for."""
    n_neurons = mapping.needs.neurons
    return mapping.is_within_cores and all(
        n_neurons[cores].max() <= most[name] for name, cores in cores_by_population(mapping).items()
    )
