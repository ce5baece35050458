"""Limits of each core and of the chip as a whole, once the neurons are placed."""

from collections.abc import Callable, Iterator

import numpy as np

from spikefit_nb.hardware import Need, counted
from spikefit_nb.mapping import CoreMap, router_entries
from spikefit_nb.network import Network, Population

Found = Callable[[Network, CoreMap, int], tuple[float, str]]  # the last is the limit


def core_needs(network: Network, mapping: CoreMap) -> Iterator[Need]:
    """What the fullest core, every neuron's axons and the chip have to hold, and their limits."""
    profile = mapping.profile
    for figure, (what, found) in RULES.items():
        if profile.has(figure) and (figure != "cores" or mapping.is_counted):
            need, where = found(network, mapping, profile.value(figure))
            yield counted(what, need, where, figure, profile)


def _fullest(counts: Callable[[Network, CoreMap], np.ndarray]) -> Found:
    """What the fullest core holds, and how many more are too full."""

    def found(network: Network, mapping: CoreMap, limit: int) -> tuple[int, str]:
        on_core = counts(network, mapping)
        n_over = int(np.sum(on_core > limit))
        more = f" and {n_over - 1} more core{'s' if n_over > 2 else ''}" if n_over > 1 else ""
        return int(on_core.max()), f"{mapping.labels[int(on_core.argmax())]}{more}"

    return found


def _formats(network: Network, mapping: CoreMap) -> np.ndarray:
    """Synapse formats on each core: one for each projection that ends on it."""
    cores = [
        np.unique(mapping.core_of[network.starts[e.target] :][: e.shape[1]])
        for e in network.projections
    ]
    every = np.concatenate([np.zeros(0, np.int64), *cores])
    return np.bincount(every, minlength=mapping.n_cores)


def _different(network: Network, mapping: CoreMap, *parameters: str) -> np.ndarray:
    """Different sets of these parameters on each core; what does not decay is alike."""
    sets = []
    for p in network.neuron_populations:
        core = mapping.core_of[network.starts[p.name] :][: p.n_neurons]
        sets.append(np.column_stack([core, *(_held(network, p, name) for name in parameters)]))
    on_core = np.unique(np.concatenate(sets), axis=0)[:, 0].astype(np.int64)
    return np.bincount(on_core, minlength=mapping.n_cores)


def _held(network: Network, population: Population, parameter: str) -> np.ndarray:
    """A parameter as a chip holds it, (n_neurons,) float64: a neuron's own scale is folded into its
    threshold.
    """
    if parameter not in population.neuron.parameters:
        return np.zeros(population.n_neurons)
    values = population.parameter(parameter)
    incoming = (e for e in network.projections if e.target == population.name)
    scales = [e.scale for e in incoming if np.ndim(e.scale)]
    if parameter != "v_threshold" or not scales:
        return values
    return (values / max(scales, key=np.max)).astype(np.float32).astype(np.float64)


def _axons_fed(network: Network, mapping: CoreMap, limit: int) -> tuple[int, str]:
    """The neuron that feeds most axons for each time it is laid out."""
    fed = np.diff(mapping.fan_ptr) * (mapping.core_of >= 0)
    each = -(-fed // mapping.copies)
    n = int(each.argmax())
    return int(each[n]), mapping.labels[mapping.core_of[n]]


def _routes_held(network: Network, mapping: CoreMap, limit: int) -> tuple[int, str]:
    """The router that has to hold most."""
    entries = router_entries(mapping)
    tile = int(entries.argmax())
    return int(entries[tile]), f"the router of tile {tile}"


CONFIGURATIONS = {  # of which a core holds only so many different ones
    "compartment_configurations": (
        "different decays on a core",
        _fullest(lambda n, m: _different(n, m, "tau_mem_s", "tau_syn_s")),
    ),
    "threshold_configurations": (
        "different thresholds on a core",
        _fullest(lambda n, m: _different(n, m, "v_threshold")),
    ),
}
RULES: dict[str, tuple[str, Found]] = {  # figure: what it limits, and how much there is of it
    "neurons_per_core": ("neurons on a core", _fullest(lambda n, m: m.needs.neurons)),
    "axons_in_per_core": ("input axons on a core", _fullest(lambda n, m: m.needs.axons_in)),
    "axons_out_per_core": ("output axons on a core", _fullest(lambda n, m: m.needs.axons_out)),
    "synapse_memory_per_core": (
        "bits of synapse memory on a core",
        _fullest(lambda n, m: m.needs.memory_bits),
    ),
    "synapses_per_core": (
        "synapses on a core",
        _fullest(lambda n, m: np.bincount(m.fan_core, m.fan_synapses, m.n_cores).astype(int)),
    ),
    "delay_slots_per_core": ("delay slots on a core", _fullest(lambda n, m: m.slots_in_use)),
    "chip_memory": ("bits of synapse memory", lambda n, m, _: (m.memory_bits, "the chip")),
    **CONFIGURATIONS,
    "synapse_configurations": ("synapse formats on a core", _fullest(_formats)),
    "fan_out_axons": ("axons fed by one neuron", _axons_fed),
    "router_entries": ("routes that a router holds", _routes_held),
    "cores": ("cores", lambda n, m, _: (m.n_cores, "the chip")),
}
FIGURES = ("cores", *RULES, "crossbar_row", "bits_per_synapse")
