"""The synapses of a layer, one projection for each delay of what sends."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.lava_file.entries import MOST_SIDE, Layer
from spikefit_nb.network import Conv2d, Population, Projection, Weight, as_weight

LONGEST = 10_000  # steps of a delay: more was meant in another unit
STATED = 8  # bits of a weight of the chip


def weight_of(layer: Layer, source: tuple[int, ...]) -> Any:
    """The weights of a layer that a shape leads into: (source, target), or a convolution."""
    if layer.kind in ("dense", "dense_rec"):
        return _matrix(layer, "weight", int(np.prod(source)))
    return _kernel(layer, source)


def loop_of(layer: Layer, n: int) -> np.ndarray:
    """The weights of a layer onto itself, (source, target)."""
    return _matrix(layer, "weight_rec", n)


def _matrix(layer: Layer, key: str, n_source: int) -> np.ndarray:
    weight = layer.whole(key)
    n_target = int(np.prod(layer.shape))
    if weight.size != n_source * n_target:
        raise layer.problem(
            key, f"has shape {weight.shape}, for {n_target} neurons that {n_source} others reach."
        )
    return weight.reshape(n_target, n_source).T


def _kernel(layer: Layer, source: tuple[int, ...]) -> Conv2d:
    if len(source) != 3:
        raise layer.problem(
            "type",
            f"is {layer.kind!r}, but what leads there has the shape {source}, not (c, y, x).",
        )
    weight, is_pool = layer.whole("weight"), layer.kind == "pool"
    weight = weight[..., 0] if weight.ndim == 5 and weight.shape[4] == 1 else weight
    if weight.ndim != 4 or 0 in weight.shape:
        raise layer.problem("weight", f"has shape {weight.shape}; (out, in, y, x) is needed.")
    window = weight.shape[2:]
    if is_pool:
        weight = np.broadcast_to(weight[:1, :1], (source[0], 1, *window))
    groups = source[0] if is_pool else layer.number("groups", 1)
    stride = window if is_pool and "stride" not in layer else layer.sides("stride", 1)
    padding, dilation = layer.sides("padding", 0, least=0), layer.sides("dilation", 1)
    if max(groups, *padding, *dilation) > MOST_SIDE:
        raise layer.problem("groups", f"is {groups}; that many are never needed.")
    try:
        made = Conv2d(weight, source, stride, padding, dilation, groups=groups)
    except NetworkProblem as problem:
        raise layer.problem("weight", f"does not fit what leads there: {problem}") from problem
    if "shape" in layer and layer.shape != made.output_shape:
        raise layer.problem(
            "shape", f"is {layer.shape}, but its kernels make {made.output_shape} of {source}."
        )
    return made


def delays_of(layer: Layer, shape: tuple[int, ...]) -> np.ndarray:
    """Steps that the spikes of each neuron of a layer take beside the one between layers, (n,)."""
    n = int(np.prod(shape))
    if "delay" not in layer:
        return np.zeros(n, np.int64)
    steps = np.floor(layer.numbers("delay")).ravel().astype(np.int64)
    if (steps < 0).any() or (steps > LONGEST).any():
        raise layer.problem("delay", f"goes to {steps.max()} steps; 0 to {LONGEST} are read.")
    if steps.size not in (1, shape[0], n):
        raise layer.problem("delay", f"holds {steps.size} numbers for {n} neurons of {shape}.")
    return steps if steps.size == n else np.repeat(steps, n // steps.size)


def projections_of(
    source: Population, target: str, weight: Any, exponent: int, steps: np.ndarray
) -> Iterator[Projection]:
    """The projections of one layer, one for each delay of its sources."""
    whole: Weight = as_weight(weight)
    stored, scale = _stored(whole, exponent)
    for delay in np.unique(steps):
        sends = steps == delay
        part = stored if sends.all() else _of_sources(stored, sends)
        if part.values.any() or sends.all():
            yield Projection(
                source.name,
                target,
                part,
                delay_steps=int(delay),
                scale=scale,
                weight_bits=STATED if part.values.dtype == np.int8 else None,
            )


def _stored(weight: Weight, exponent: int) -> tuple[Weight, float]:
    """Weights as the chip stores them, 8 bits and a sign, and their scale: mantissas of mixed signs
    are even.
    """
    values, scale = weight.values, 2.0**exponent
    if values.size and not (values % 2).any() and abs(values).max() > 1:
        values, scale = values // 2, 2 * scale
    fits = values.min(initial=0) >= -128 and values.max(initial=0) <= 127
    return weight.with_values(values.astype(np.int8 if fits else np.int32)), scale


def _of_sources(weight: Weight, sends: np.ndarray) -> Weight:
    """The weights of some sources, all others zero."""
    made = weight.scaled_sources(sends.astype(np.int8))
    return made.with_values(made.values.astype(weight.values.dtype))
