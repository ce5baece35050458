"""Limits of each core and of the chip as a whole, once the neurons are placed."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.hardware import Need, counted
from spikefit_nb.mapping import PER_CORE, CoreMap
from spikefit_nb.network import Network, Population

IN_WORDS = {
    "neurons": "neurons on a core",
    "axons_in": "input axons on a core",
    "axons_out": "output axons on a core",
    "memory_bits": "bits of synapse memory on a core",
}
CONFIGURATIONS = {  # figure: the parameters of which a core holds only so many different sets
    "compartment_configurations": ("different decays on a core", ("tau_mem_s", "tau_syn_s")),
    "threshold_configurations": ("different thresholds on a core", ("v_threshold",)),
}
FIGURES = (
    "cores",
    *PER_CORE.values(),
    "synapses_per_core",
    "chip_memory",
    "fan_out_axons",
    "crossbar_row",
    "bits_per_synapse",
    "synapse_configurations",
    *CONFIGURATIONS,
)


def core_needs(network: Network, mapping: CoreMap) -> Iterator[Need]:
    """What the fullest core, every neuron's axons and the chip have to hold, and their limits."""
    profile = mapping.profile
    for need, figure in PER_CORE.items():
        if profile.has(figure):
            yield _fullest(getattr(mapping.needs, need), IN_WORDS[need], figure, mapping)
    if profile.has("synapses_per_core"):
        on_core = np.bincount(mapping.fan_core, mapping.fan_synapses, mapping.n_cores).astype(
            np.int64
        )
        yield _fullest(on_core, "synapses on a core", "synapses_per_core", mapping)
    if profile.has("chip_memory"):
        bits = int(mapping.needs.memory_bits.sum())
        yield counted("bits of synapse memory", bits, "the chip", "chip_memory", profile)
    for figure, (what, parameters) in CONFIGURATIONS.items():
        if profile.has(figure):
            yield _fullest(_different(network, mapping, parameters), what, figure, mapping)
    if profile.has("synapse_configurations"):
        cores = [
            np.unique(mapping.core_of[network.starts[e.target] :][: e.shape[1]])
            for e in network.projections
        ]
        formats = np.bincount(
            np.concatenate([np.zeros(0, np.int64), *cores]), minlength=mapping.n_cores
        )
        yield _fullest(formats, "synapse formats on a core", "synapse_configurations", mapping)
    if profile.has("fan_out_axons"):
        yield _axons_fed(mapping)
    if profile.has("cores"):
        yield counted("cores", mapping.n_cores, "the chip", "cores", profile)


def _fullest(counts: np.ndarray, what: str, figure: str, mapping: CoreMap) -> Need:
    limit = mapping.profile.value(figure)
    n_over = int(np.sum(counts > limit))
    more = f" and {n_over - 1} more core{'s' if n_over > 2 else ''}" if n_over > 1 else ""
    return counted(
        what,
        int(counts.max()),
        f"{mapping.labels[int(counts.argmax())]}{more}",
        figure,
        mapping.profile,
    )


def _different(network: Network, mapping: CoreMap, parameters: tuple[str, ...]) -> np.ndarray:
    """Different sets of these parameters on each core, (n_cores,) int64."""
    sets = []
    for population in network.neuron_populations:
        own, none = (
            population.neuron.parameters,
            np.zeros(population.n_neurons),
        )  # what does not decay is alike
        start = network.starts[population.name]
        core = mapping.core_of[start : start + population.n_neurons]
        held = (_held(network, population, p) if p in own else none for p in parameters)
        sets.append(np.column_stack([core, *held]))
    on_core = np.unique(np.concatenate(sets), axis=0)[:, 0].astype(np.int64)
    return np.bincount(on_core, minlength=mapping.n_cores)


def _held(network: Network, population: Population, parameter: str) -> np.ndarray:
    """A parameter as a chip holds it, (n_neurons,) float64: a neuron's own scale is folded into its
    threshold.
    """
    values = population.parameter(parameter)
    scales = [
        e.scale for e in network.projections if e.target == population.name and np.ndim(e.scale)
    ]
    if parameter != "v_threshold" or not scales:
        return values
    return (values / max(scales, key=np.max)).astype(np.float32).astype(np.float64)


def _axons_fed(mapping: CoreMap) -> Need:
    """The neuron that feeds most axons for each time it is laid out."""
    fed = np.diff(mapping.fan_ptr) * (mapping.core_of >= 0)
    each = -(-fed // mapping.copies)
    n = int(each.argmax())
    return counted(
        "axons fed by one neuron",
        int(each[n]),
        mapping.labels[mapping.core_of[n]],
        "fan_out_axons",
        mapping.profile,
    )
