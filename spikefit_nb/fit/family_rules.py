"""Limits that only one family of chips has, each counted by the family's own capacity rule."""

from collections.abc import Callable, Iterator

import numpy as np

from spikefit_nb.fit.needs import Need, counted
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.hardware.capacity import (
    akida_broken_rules,
    brainscales2_circuits,
    dynap_se2_currents,
    dynap_se2_destinations,
    odin_addresses,
)
from spikefit_nb.mapping import Mapping, layer_words
from spikefit_nb.network import Conv2d, Network, Projection, layer_of

AKIDA_LIST = (
    "BrainChip, Akida 1.0 hardware constraints (akida_examples 2.4.0, "
    "user_guide/1.0_hw_constraints)"
)
DYNAP_SE2_CORES = 4  # of one chip, however many chips a profile stands for
AKIDA_FIGURE = {
    "stride": "strides",
    "weight bits": "weight_bits",
}  # all else goes under kernel_size, of one source


def family_needs(network: Network, mapping: Mapping) -> Iterator[Need]:
    """What the chip's own family limits beyond the figures all chips share."""
    rule, _ = FAMILY_RULES.get(mapping.profile.family, (None, ()))
    if rule is not None:
        yield from rule(network, mapping)


def family_figures(profile: HardwareProfile) -> tuple[str, ...]:
    """Names of the figures by which the rule of a chip's own family judges."""
    return FAMILY_RULES.get(profile.family, (None, ()))[1]


def _has(profile: HardwareProfile, *figures: str) -> bool:
    return all(profile.has(figure) for figure in figures)


def _speck(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Words of each layer beside the largest core, then whether all that would fit one find a core
    at once.
    """
    profile, n_too_large = mapping.profile, 0
    if not _has(profile, "cores", "kernel_memory_per_core", "neuron_memory_per_core"):
        return
    cores, kernels = profile.value("cores"), profile.value("kernel_memory_per_core")
    neurons = profile.figure("neuron_memory_per_core")
    for population, need in zip(network.neurons, layer_words(network, profile), strict=True):
        where = population.name
        pairs = zip(neurons.value, kernels, strict=True)  # type: ignore
        able = [n for n, words in pairs if words >= need.kernel_words]
        limit = max(able, default=max(neurons.value))  # type: ignore[call-overload]
        words = [
            counted(
                "words for a layer's weights",
                need.kernel_words,
                where,
                "kernel_memory_per_core",
                profile,
            ),
            Need(
                "words for a layer's neurons",
                need.neuron_words,
                limit,
                where,
                "neuron_memory_per_core",
                neurons.source,
                need.neuron_words <= limit,
            ),
        ]
        if profile.has("bias_memory_per_core"):
            words.append(
                counted(
                    "words for a layer's biases",
                    need.biases,
                    where,
                    "bias_memory_per_core",
                    profile,
                )
            )
        n_too_large += not all(n.met for n in words)
        yield from words
    left_over = int(np.sum(mapping.places >= len(kernels))) - n_too_large
    if left_over and len(network.neurons) <= cores:
        source = profile.figure("kernel_memory_per_core").source
        yield Need(
            "layers with a core of their own",
            len(network.neurons),
            len(network.neurons) - left_over,
            "the chip",
            "kernel_memory_per_core",
            source,
            False,
        )


def _xylo(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Hidden neurons a hidden neuron reaches, and weights in all: the mean fan-out of the device
    times its neurons.
    """
    profile, output = mapping.profile, network.output
    hidden = {p.name for p in network.neurons} - {output}
    reaching = [e for e in network.projections if e.source in hidden and e.target in hidden]
    for population in network.neurons:
        reached = sum(e.out_degree() for e in reaching if e.source == population.name)
        if profile.has("fan_out_per_neuron") and np.any(reached):
            what = "hidden neurons that one reaches"
            yield counted(
                what, int(np.max(reached)), population.name, "fan_out_per_neuron", profile
            )
    for figure, what, targets in (
        ("mean_fan_out_recurrent", "synapses between hidden neurons", hidden),
        ("mean_fan_out_output", "synapses to the outputs", {output}),
    ):
        in_all = figure == "mean_fan_out_recurrent" and profile.has(
            "recurrent_synapses"
        )  # the same limit, as a total
        if _has(profile, figure, "hidden_neurons") and not in_all:
            need = sum(
                e.n_synapses
                for e in network.projections
                if e.source in hidden and e.target in targets
            )
            sourced, most = (
                profile.figure(figure),
                profile.value(figure) * profile.value("hidden_neurons"),
            )
            yield Need(what, need, most, "the whole network", figure, sourced.source, need <= most)


def _brainscales2(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Circuits: a source takes a row for each sign of its weights, circuits are merged for more
    rows.
    """
    profile, circuits, widest = mapping.profile, 0, 0
    if not _has(profile, "fan_in_per_circuit", "neurons_per_core"):
        return
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
    """Synapse rows each target neuron listens to: one a source, two where the source's weights have
    both signs.
    """
    signs = np.zeros((e.shape[0], 2), bool)
    for edges in e.blocks():
        signs[edges.source, (edges.weight < 0).astype(np.int64)] = True
    rows_of = signs.sum(axis=1)
    rows = np.zeros(e.shape[1])
    for edges in e.blocks():
        rows += np.bincount(edges.target, rows_of[edges.source], minlength=rows.size)
    return rows.astype(np.int64)


def _odin(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Addresses of the crossbar, and neurons with those that repeat a neuron whose weights have
    both signs.
    """
    profile = mapping.profile
    signs = np.zeros((network.n_channels + network.n_neurons, 2), np.int64)
    for e in network.projections:
        for edges in e.blocks():
            source = edges.source + network.starts[e.source]
            np.add.at(signs, (source, (edges.weight < 0).astype(np.int64)), 1)
    neurons = signs[network.n_channels :]
    ends = int((neurons == 0).all(axis=1).sum())
    others = (
        ends if ends < network.n_neurons else 0
    )  # without synapses between neurons the chip runs open loop
    if profile.has("source_addresses"):
        addresses = odin_addresses(signs[:, 0], signs[:, 1], others)
        yield counted(
            "addresses of inputs and neurons, two where weights have both signs",
            addresses,
            "the whole network",
            "source_addresses",
            profile,
        )
    if profile.has("neurons_per_core"):
        repeated = int((neurons > 0).all(axis=1).sum())
        yield counted(
            "neurons, with repeats of those of both signs",
            network.n_neurons + repeated,
            "the whole network",
            "neurons_per_core",
            profile,
        )


def _reckon(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Hidden neurons in groups of one threshold and decay: a group with one neuron too few leaves
    one idle.
    """
    profile, sets = mapping.profile, []
    if not _has(profile, "neurons_per_parameter_set", "hidden_neurons"):
        return
    for population in network.neurons:
        if population.name != network.output:
            decays = "tau_mem_s" in population.neuron.parameters
            decay = population.parameter("tau_mem_s") if decays else np.zeros(population.n_neurons)
            sets.append(np.stack([population.parameter("v_threshold"), decay], axis=1))
    if sets:
        figure, most = profile.figure("neurons_per_parameter_set"), profile.value("hidden_neurons")
        n_each = np.unique(np.concatenate(sets), axis=0, return_counts=True)[1]
        need = int((-(-n_each // figure.value) * figure.value).sum())  # type: ignore[operator]
        yield Need(
            "hidden neurons, with idle ones where a pair would differ",
            need,
            most,
            "the whole network",
            "neurons_per_parameter_set",
            figure.source,
            need <= most,
        )


def _dynap_se2(network: Network, mapping: Mapping) -> Iterator[Need]:
    """Chips a neuron sends to, and magnitudes of the weights on one core that sums of its base
    currents have to hit.
    """
    profile = mapping.profile
    if profile.has("destination_chips"):
        yield _destinations(mapping)
    if not profile.has("weight_currents_per_core"):
        return
    figure, on_core = profile.figure("weight_currents_per_core"), [np.zeros(0)] * mapping.n_cores
    for e in network.projections:
        start = network.starts[e.target]
        scale = np.broadcast_to(
            np.float64(1) if e.scale is None else np.asarray(e.scale, np.float64), e.shape[1]
        )
        for edges in e.blocks():
            magnitude = np.abs(edges.weight.astype(np.float64)) * scale[edges.target]
            core = mapping.core_of[start : start + e.shape[1]][edges.target]
            for k in np.unique(core):
                on_core[k] = np.union1d(on_core[k], magnitude[core == k])
    for label, magnitudes in zip(mapping.labels, on_core, strict=True):
        if dynap_se2_currents(magnitudes, figure.value) is None:  # type: ignore[arg-type]
            yield Need(
                "weights that are sums of base currents",
                f"{magnitudes.size} magnitudes",
                f"{figure.value} currents",
                label,
                "weight_currents_per_core",
                figure.source,
                False,
            )
            return


def _destinations(mapping: Mapping) -> Need:
    """Chips that the neuron with the widest reach sends to, and the computer that listens."""
    source = np.repeat(np.arange(mapping.core_of.size), np.diff(mapping.fan_ptr))
    chip, n_chips = mapping.fan_core // DYNAP_SE2_CORES, -(-mapping.n_cores // DYNAP_SE2_CORES)
    pairs = np.unique(source * n_chips + chip)
    reached = np.bincount(pairs // n_chips, minlength=mapping.core_of.size) * (mapping.core_of >= 0)
    n = int(reached.argmax())
    where = mapping.labels[max(0, int(mapping.core_of[n]))]
    return counted(
        "chips a neuron sends to, and one to be heard",
        dynap_se2_destinations(int(reached[n])),
        where,
        "destination_chips",
        mapping.profile,
    )


def _akida(network: Network, mapping: Mapping) -> Iterator[Need]:
    """The vendor's list of what a layer may be."""
    profile = mapping.profile
    if not _has(profile, "kernel_size", *AKIDA_FIGURE.values()):
        return
    for e in network.projections:
        source = network[e.source]
        layer = layer_of(e, source.shape)
        if isinstance(e.weight, Conv2d):
            kind = "input convolution" if source.is_input else "convolution"
            size = e.weight.input_shape[1:]
            whole = tuple(-(-n // layer.pool // s) for n, s in zip(size, layer.stride, strict=True))
            same = whole == e.weight.output_shape[1:]
        else:
            kind, size, same = "dense", layer.kernel, True
        for what, need, limit in akida_broken_rules(
            kind,
            channels=layer.n_in,
            height=size[0],
            width=size[1],
            filters=layer.n_out,
            kernel=layer.kernel,
            stride=max(layer.stride),
            same_padding=same,
            weight_bits=e.weight_bits or 8,
        ):
            figure = AKIDA_FIGURE.get(what, "kernel_size")
            named = f"{what} of {'an' if kind[0] == 'i' else 'a'} {kind}"
            where = f"{e.source} -> {e.target}"
            yield Need(named, need, limit, where, figure, AKIDA_LIST, False)


Rule = Callable[[Network, Mapping], Iterator[Need]]
FAMILY_RULES: dict[
    str, tuple[Rule, tuple[str, ...]]
] = {  # family: (its rule, the figures by which that judges)
    "speck": (_speck, ("kernel_memory_per_core", "neuron_memory_per_core", "bias_memory_per_core")),
    "xylo": (_xylo, ("fan_out_per_neuron", "mean_fan_out_recurrent", "mean_fan_out_output")),
    "brainscales2": (_brainscales2, ("fan_in_per_circuit", "neurons_per_core")),
    "odin": (_odin, ("source_addresses", "neurons_per_core")),
    "reckon": (_reckon, ("neurons_per_parameter_set",)),
    "dynap_se2": (_dynap_se2, ("destination_chips", "weight_currents_per_core")),
    "akida": (_akida, ("kernel_size", *AKIDA_FIGURE.values())),
}
