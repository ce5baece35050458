"""Limits of chips that take a network layer by layer: kernels, strides, pooling, sizes, targets."""

from collections.abc import Iterator

from spikefit_nb.hardware import FAMILIES, HardwareProfile, Need, among, counted
from spikefit_nb.mapping import layer_on
from spikefit_nb.network import Layer, Network

FIGURES = (
    "kernel_size",
    "strides",
    "padding",
    "poolings",
    "feature_maps",
    "input_size",
    "output_size",
    "target_layers",
)


def layer_needs(network: Network, profile: HardwareProfile) -> Iterator[Need]:
    """Every limit on the layers of a network that a chip has, with what the network needs of it."""
    family = FAMILIES[profile.family]
    for e in network.projections:
        source, where = network[e.source], f"{e.source} -> {e.target}"
        layer = layer_on(e, source.shape, profile)
        # on whole cores dense layers are kernels too
        if e.kind == "convolution" or family.whole_layers:
            has_strides = not (source.is_input and family.own_strides_at_inputs)
            yield from _kernel_needs(layer, where, profile, has_strides)
        if profile.has("poolings"):
            yield among("sum pooling", layer.pool, where, "poolings", profile)
        if source.is_input and profile.has("input_size"):
            yield counted("input side", _side(source.shape), source.name, "input_size", profile)
    for population in network.neuron_populations:
        n_maps = population.shape[0] if len(population.shape) == 3 else population.n_neurons
        n_targets = sum(e.source == population.name for e in network.projections)
        side = _side(population.shape)
        for what, need, figure in (
            ("feature maps of a layer", n_maps, "feature_maps"),
            ("output side", side, "output_size"),
            ("layers a layer sends to", n_targets, "target_layers"),
        ):
            if profile.has(figure):
                yield counted(what, need, population.name, figure, profile)


def _kernel_needs(
    layer: Layer, where: str, profile: HardwareProfile, has_strides: bool
) -> Iterator[Need]:
    if profile.has("kernel_size"):
        yield counted("kernel size", max(layer.kernel), where, "kernel_size", profile)
    if profile.has("padding"):
        yield counted("padding", max(layer.padding), where, "padding", profile)
    if profile.has("strides") and has_strides:
        for stride in sorted(set(layer.stride)):
            yield among("stride", stride, where, "strides", profile)


def _side(shape: tuple[int, ...]) -> int:
    return max(shape[1:]) if len(shape) == 3 else 1
