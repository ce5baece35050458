"""Akida: the vendor's list of what a layer of AKD1000 may be."""

from collections.abc import Iterator
from typing import NamedTuple

from spikefit_nb.hardware.counts import Chip, Counts
from spikefit_nb.hardware.family import Family
from spikefit_nb.hardware.need import Need


class AkidaRules(NamedTuple):
    """What one kind of layer may be."""

    kernels: tuple[int, ...]  # tuple of int, allowed values; kernels are square
    strides: tuple[int, ...]  # tuple of int, allowed values; kernels are square
    weight_bits: tuple[int, ...]  # tuple of int, allowed values; kernels are square
    same_only: bool  # whether the map must keep its size but for the stride


# All from BrainChip, "Akida 1.0 Hardware constraints" (akida_examples 2.4.0,
# user_guide/1.0_hw_constraints).
AKIDA_RULES = {
    "input convolution": AkidaRules((3, 5, 7), (1, 2, 3), (1, 2, 4, 8), False),
    "convolution": AkidaRules((1, 3, 5, 7), (1, 2), (1, 2, 4), True),
    "separable convolution": AkidaRules((3, 5, 7), (1, 2), (2, 4), True),
}
AKIDA_INPUT_SIZE = (5, 256)  # width; a height has only the lower end
AKIDA_INPUT_CHANNELS = (1, 3)
AKIDA_INPUT_FILTERS = {
    (1, 3): 512,
    (1, 5): 192,
    (1, 7): 96,
    (3, 3): 192,
    (3, 5): 64,
    (3, 7): 32,
}  # (channels, kernel)
AKIDA_DENSE_INPUTS = 57334
AKIDA_DENSE_BITS = (1, 2, 4)
AKIDA_LIST = (
    "BrainChip, Akida 1.0 hardware constraints (akida_examples 2.4.0, "
    "user_guide/1.0_hw_constraints)"
)
# all else goes under kernel_size, of one source
AKIDA_FIGURE = {"stride": "strides", "weight bits": "weight_bits"}


def akida_broken_rules(
    layer: str,
    *,
    channels: int,
    height: int = 1,
    width: int = 1,
    filters: int = 1,
    kernel: tuple[int, int] = (1, 1),
    stride: int = 1,
    same_padding: bool = True,
    weight_bits: int = 4,
) -> list[tuple[str, object, object]]:
    """Rules of AKD1000 that a layer breaks."""
    # Source: BrainChip, Akida 1.0 Hardware constraints (akida_examples 2.4.0,
    # user_guide/1.0_hw_constraints); that stride 2 asks for a 3x3 kernel is in the notes of the
    # 2.3.0 page only.
    if layer == "dense":
        n_inputs = channels * height * width
        broken = (
            [("dense inputs", n_inputs, AKIDA_DENSE_INPUTS)]
            if n_inputs > AKIDA_DENSE_INPUTS
            else []
        )
        return broken + _not_among("weight bits", weight_bits, AKIDA_DENSE_BITS)
    rules = AKIDA_RULES[layer]
    broken = []
    if kernel[0] != kernel[1] or kernel[0] not in rules.kernels:
        broken.append(
            ("kernel size", f"{kernel[0]}x{kernel[1]}", _either(f"{k}x{k}" for k in rules.kernels))
        )
    broken += _not_among("stride", stride, rules.strides)
    if layer != "input convolution" and stride == 2 and kernel != (3, 3):
        broken.append(("kernel size at stride 2", f"{kernel[0]}x{kernel[1]}", "3x3"))
    if rules.same_only and not same_padding:
        broken.append(("padding", "not same", "same"))
    broken += _not_among("weight bits", weight_bits, rules.weight_bits)
    return broken + (
        _input_rules(channels, height, width, filters, kernel)
        if layer == "input convolution"
        else []
    )


def _input_rules(
    channels: int, height: int, width: int, filters: int, kernel: tuple[int, int]
) -> list[tuple[str, object, object]]:
    """Rules that only the first layer has."""
    least, most = AKIDA_INPUT_SIZE
    broken: list[tuple[str, object, object]] = []
    if not least <= width <= most:
        broken.append(("input width", width, f"{least} to {most}"))
    if height < least:
        broken.append(("input height", height, f"at least {least}"))
    broken += _not_among("input channels", channels, AKIDA_INPUT_CHANNELS)
    most_filters = AKIDA_INPUT_FILTERS.get((channels, kernel[0]))
    if most_filters is not None and filters > most_filters:
        broken.append(("filters", filters, most_filters))
    return broken


def _not_among(what: str, need: int, allowed: tuple[int, ...]) -> list[tuple[str, object, object]]:
    """The broken rule, if the value is none of those allowed."""
    return [] if need in allowed else [(what, need, _either(allowed))]


def _either(values) -> str:
    """'1, 2 or 4'."""
    *rest, last = map(str, values)
    return f"{', '.join(rest)} or {last}" if rest else last


def akida_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """The vendor's list of what a layer may be."""
    if not all(chip.has(figure) for figure in FAMILY.figures):
        return
    for layer in counts.layers:
        kind = "convolution" if layer.is_convolution else "dense"
        if layer.is_convolution and layer.is_first:
            kind = "input convolution"
        for what, need, limit in akida_broken_rules(
            kind,
            channels=layer.channels,
            height=layer.size[0],
            width=layer.size[1],
            filters=layer.filters,
            kernel=layer.kernel,
            stride=max(layer.stride),
            same_padding=layer.same_size,
            weight_bits=layer.weight_bits or 8,
        ):
            figure = AKIDA_FIGURE.get(what, "kernel_size")
            named = f"{what} of {'an' if kind[0] == 'i' else 'a'} {kind}"
            yield Need(named, need, limit, layer.where, figure, source=AKIDA_LIST, met=False)


FAMILY = Family(
    several_chips=False,
    own_strides_at_inputs=True,
    needs=akida_needs,
    figures=("kernel_size", *AKIDA_FIGURE.values()),
)
