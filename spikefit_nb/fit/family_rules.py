"""Limits that only one family of chips has, each counted by the family's own capacity rule."""

from collections.abc import Callable, Iterator

import numpy as np

from spikefit_nb.fit.needs import Need, counted
from spikefit_nb.hardware.capacity import (
    akida_broken_rules,
    brainscales2_circuits,
    dynap_se2_currents,
    dynap_se2_destinations,
    odin_addresses,
    reckon_pairs,
)
from spikefit_nb.mapping import Mapping, layer_words
from spikefit_nb.network import Conv2d, Network, Projection, layer_of

DYNAP_SE2_CORES = 4  # of one chip, however many chips a profile stands for


def family_needs(network: Network, mapping: Mapping) -> Iterator[Need]:
    """What the chip's own family limits beyond the figures all chips share.

    Parameters
    ----------
    network : Network, as adapted
    mapping : Mapping, of the same network

    Yields
    ------
    Need
    """
    rules = FAMILY_RULES.get(mapping.profile.family)
    if rules is not None:
        yield from rules(network, mapping)


def _speck(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Weights and states of each layer beside the largest core, then whether all find a core at once."""
    profile = mapping.profile
    cores, kernels = profile.value("cores"), profile.value("kernel_memory_per_core")
    for population, need in zip(network.neurons, layer_words(network), strict=True):
        yield counted("words for a layer's weights", need.kernel_words, population.name, "kernel_memory_per_core",
                      profile)  # fmt: skip
        able = [n for n, words in zip(profile.value("neuron_memory_per_core"), kernels, strict=True)
                if words >= need.kernel_words]  # fmt: skip
        figure = profile.figure("neuron_memory_per_core")
        limit = max(able, default=max(figure.value))  # type: ignore[call-overload]
        yield Need("words for a layer's neurons", need.neuron_words, limit, population.name, "neuron_memory_per_core",
                   figure.source, need.neuron_words <= limit)  # fmt: skip
    left_over = int(np.sum(mapping.places >= cores))
    if left_over and len(network.neurons) <= cores:
        source = profile.figure("kernel_memory_per_core").source
        yield Need("layers with a core of their own", len(network.neurons), len(network.neurons) - left_over,
                   "the chip", "kernel_memory_per_core", source, False)  # fmt: skip


def _xylo(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Hidden neurons a hidden neuron reaches, and weights in all: the mean fan-out of the device times its neurons."""
    profile, output = mapping.profile, network.output
    hidden = {p.name for p in network.neurons} - {output}
    reaching = [e for e in network.projections if e.source in hidden and e.target in hidden]
    for population in network.neurons:
        reached = sum(e.out_degree() for e in reaching if e.source == population.name)
        if profile.has("fan_out_per_neuron") and np.any(reached):
            what = "hidden neurons that one reaches"
            yield counted(what, int(np.max(reached)), population.name, "fan_out_per_neuron", profile)
    for figure, what, targets in (
        ("mean_fan_out_recurrent", "synapses between hidden neurons", hidden),
        ("mean_fan_out_output", "synapses to the outputs", {output}),
    ):
        if profile.has(figure):
            need = sum(e.n_synapses for e in network.projections if e.source in hidden and e.target in targets)
            sourced, most = profile.figure(figure), profile.value(figure) * profile.value("hidden_neurons")
            yield Need(what, need, most, "the whole network", figure, sourced.source, need <= most)


def _brainscales2(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Circuits: a source takes a row for each sign of its weights, circuits are merged for more rows."""
    profile, circuits, widest = mapping.profile, 0, 0
    for population in network.neurons:
        rows = np.zeros(population.n_neurons, np.int64)
        for e in network.projections:
            if e.target == population.name:
                rows += _rows(e)
        each = brainscales2_circuits(rows, profile.value("fan_in_per_circuit"), signed=False)
        circuits, widest = circuits + int(each.sum()), max(widest, int(each.max()))
    where = f"the whole network, up to {widest} for one neuron"
    yield counted("neuron circuits", circuits, where, "neurons_per_core", profile)


def _rows(e: Projection) -> np.ndarray:
    """Synapse rows each target neuron listens to: one a source, two where the source's weights have both signs."""
    signs = np.zeros((e.shape[0], 2), bool)
    for edges in e.blocks():
        signs[edges.source, (edges.weight < 0).astype(np.int64)] = True
    rows_of = signs.sum(axis=1)
    rows = np.zeros(e.shape[1])
    for edges in e.blocks():
        rows += np.bincount(edges.target, rows_of[edges.source], minlength=rows.size)
    return rows.astype(np.int64)


def _odin(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Addresses of the crossbar, and neurons with those that repeat a neuron whose weights have both signs."""
    signs = np.zeros((network.n_channels + network.n_neurons, 2), np.int64)
    for e in network.projections:
        for edges in e.blocks():
            source = edges.source + network.starts[e.source]
            np.add.at(signs, (source, (edges.weight < 0).astype(np.int64)), 1)
    profile = mapping.profile
    addresses = odin_addresses(signs[:, 0], signs[:, 1])
    yield counted("addresses of sources, two where weights have both signs", addresses, "the whole network",
                  "source_addresses", profile)  # fmt: skip
    repeated = int((signs[network.n_channels :] > 0).all(axis=1).sum())
    yield counted("neurons, with repeats of those of both signs", network.n_neurons + repeated, "the whole network",
                  "neurons_per_core", profile)  # fmt: skip


def _reckon(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Pairs of hidden neurons that would have to share a threshold and a decay."""
    profile = mapping.profile
    if not profile.has("neurons_per_parameter_set"):
        return
    for population in network.neurons:
        if population.name == network.output:
            continue
        decay = np.zeros(population.n_neurons)
        if "tau_mem_s" in population.neuron.parameters:
            decay = population.parameter("tau_mem_s")
        pairs = reckon_pairs(population.parameter("v_threshold"), decay)
        figure = profile.figure("neurons_per_parameter_set")
        yield Need("pairs of neurons that differ in threshold or decay", pairs, 0, population.name,
                   "neurons_per_parameter_set", figure.source, pairs == 0)  # fmt: skip


def _dynap_se2(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Magnitudes of the weights on one core that sums of its base currents have to hit."""
    profile = mapping.profile
    yield from _destinations(mapping)
    figure, on_core = profile.figure("weight_currents_per_core"), [np.zeros(0)] * mapping.n_cores
    for e in network.projections:
        start = network.starts[e.target]
        scale = np.broadcast_to(np.float64(1) if e.scale is None else np.asarray(e.scale, np.float64), e.shape[1])
        for edges in e.blocks():
            magnitude = np.abs(edges.weight.astype(np.float64)) * scale[edges.target]
            core = mapping.core_of[start : start + e.shape[1]][edges.target]
            for k in np.unique(core):
                on_core[k] = np.union1d(on_core[k], magnitude[core == k])
    for label, magnitudes in zip(mapping.labels, on_core, strict=True):
        if dynap_se2_currents(magnitudes, figure.value) is None:  # type: ignore[arg-type]
            yield Need("weights that are sums of base currents", f"{magnitudes.size} magnitudes",
                       f"{figure.value} currents", label, "weight_currents_per_core", figure.source, False)  # fmt: skip
            return


def _destinations(mapping: Mapping) -> Iterator[Need]:
    """Chips that the neuron with the widest reach sends to, and the computer that listens."""
    source = np.repeat(np.arange(mapping.core_of.size), np.diff(mapping.fan_ptr))
    pairs = np.unique(np.stack([source, mapping.fan_core // DYNAP_SE2_CORES]), axis=1)
    reached = np.bincount(pairs[0], minlength=mapping.core_of.size) * (mapping.core_of >= 0)
    n = int(reached.argmax())
    where = mapping.labels[max(0, int(mapping.core_of[n]))]
    yield counted("chips a neuron sends to, and one to be heard", dynap_se2_destinations(int(reached[n])), where,
                  "destination_chips", mapping.profile)  # fmt: skip


def _akida(network: Network, mapping: Mapping) -> Iterator[Need]:
    """The vendor's list of what a layer may be."""
    source = "BrainChip, Akida 1.0 hardware constraints (akida_examples 2.4.0, user_guide/1.0_hw_constraints)"
    for e in network.projections:
        layer, shape = layer_of(e, network[e.source].shape), network[e.source].shape
        channels, y, x = shape if len(shape) == 3 else (network[e.source].n_neurons, 1, 1)
        kind = "dense"
        if isinstance(e.weight, Conv2d):
            kind = "input convolution" if network[e.source].is_input else "convolution"
        same = kind == "dense" or tuple(-(-n // layer.pool // s) for n, s in zip((y, x), layer.stride, strict=True)) \
            == tuple(e.weight.output_shape[1:])  # type: ignore[union-attr]  # fmt: skip
        for what, need, limit in akida_broken_rules(
            kind, channels=channels, height=y, width=x, filters=layer.n_out, kernel=layer.kernel,
            stride=max(layer.stride), same_padding=same, weight_bits=e.weight_bits or 8,
        ):  # fmt: skip
            yield Need(
                f"{what} of {'an' * (kind[0] == 'i') or 'a'} {kind}",
                need,
                limit,
                f"{e.source} -> {e.target}",
                "weight_bits",
                source,
                False,
            )


FAMILY_RULES: dict[str, Callable[[Network, Mapping], Iterator[Need]]] = {
    "speck": _speck,
    "xylo": _xylo,
    "brainscales2": _brainscales2,
    "odin": _odin,
    "reckon": _reckon,
    "dynap_se2": _dynap_se2,
    "akida": _akida,
}
