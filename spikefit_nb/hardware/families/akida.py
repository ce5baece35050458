"""Akida: the vendor's list of what a layer of AKD1000 may be."""

from collections.abc import Iterator

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, LayerCounts, Need

LIST = (
    "BrainChip, Akida 1.0 hardware constraints (akida_examples 2.4.0, "
    "user_guide/1.0_hw_constraints)"
)
# All numbers are from that list.
KERNELS = {
    "an input convolution": ("3x3", "5x5", "7x7"),
    "a convolution": ("1x1", "3x3", "5x5", "7x7"),
}
STRIDES = {"an input convolution": (1, 2, 3), "a convolution": (1, 2)}
WEIGHT_BITS = {
    "an input convolution": (1, 2, 4, 8),
    "a convolution": (1, 2, 4),
    "a dense": (1, 2, 4),
}
NARROWEST, WIDEST = 5, 256  # inputs; a height has only the lower end
INPUT_CHANNELS = (1, 3)
INPUT_FILTERS = {  # (channels, kernel)
    (1, "3x3"): 512,
    (1, "5x5"): 192,
    (1, "7x7"): 96,
    (3, "3x3"): 192,
    (3, "5x5"): 64,
    (3, "7x7"): 32,
}
DENSE_INPUTS = 57334


def akida_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """The rules of the vendor's list that a layer breaks."""
    if all(chip.has(figure) for figure in FAMILY.figures):
        for layer in counts.layers:
            yield from (need for need in _rules(layer) if not need.met)


def _rules(layer: LayerCounts) -> list[Need]:
    """All rules for a layer of its kind."""
    (height, width), stride = layer.size, max(layer.stride)
    kernel, n_inputs = "x".join(map(str, layer.kernel)), layer.channels * height * width
    kind = "a dense"
    if layer.is_convolution:
        kind = "an input convolution" if layer.is_first else "a convolution"

    def rule(
        what: str, need: object, limit: object, met: bool, figure: str = "kernel_size"
    ) -> Need:
        what = f"{what} of {kind}"
        return Need(what, need, limit, layer.where, figure=figure, source=LIST, met=met)

    def among(what: str, need: object, allowed: tuple, figure: str = "kernel_size") -> Need:
        *rest, last = map(str, allowed)
        return rule(what, need, f"{', '.join(rest)} or {last}", need in allowed, figure)

    # weights as trained would be rounded to the widest there are
    bits = among("weight bits", layer.weight_bits or 8, WEIGHT_BITS[kind], "weight_bits")
    if not layer.is_convolution:
        return [rule("dense inputs", n_inputs, DENSE_INPUTS, n_inputs <= DENSE_INPUTS), bits]
    shape = [
        among("kernel size", kernel, KERNELS[kind]),
        among("stride", stride, STRIDES[kind], "strides"),
    ]
    if not layer.is_first:
        return [
            *shape,
            # in the notes of the list's page of 2.3.0 only
            rule("kernel size at stride 2", kernel, "3x3", stride != 2 or kernel == "3x3"),
            rule("padding", "not same", "same", layer.same_size),
            bits,
        ]
    most = INPUT_FILTERS.get((layer.channels, kernel), layer.filters)
    return [
        *shape,
        bits,
        rule("input width", width, f"{NARROWEST} to {WIDEST}", NARROWEST <= width <= WIDEST),
        rule("input height", height, f"at least {NARROWEST}", height >= NARROWEST),
        among("input channels", layer.channels, INPUT_CHANNELS),
        rule("filters", layer.filters, most, layer.filters <= most),
    ]


FAMILY = Family(
    several_chips=False,
    own_strides_at_inputs=True,
    needs=akida_needs,
    figures=("kernel_size", "strides", "weight_bits"),
)
