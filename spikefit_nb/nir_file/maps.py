"""Linear nodes as weights: a matrix or convolution for a whole path, one for each delay in it."""

from collections.abc import Mapping, Sequence
from math import gcd, prod

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import Conv2d, Weight, as_stored, as_weight, compose
from spikefit_nb.nir_file.graph import LIMIT_SIGNALS, SHAPE_ONLY, Graph, Node, Shape
from spikefit_nb.units import si

AXES = {
    "Linear": "(out, in)",
    "Affine": "(out, in)",
    "Conv1d": "(out, in / groups, x)",
    "Conv2d": "(out, in / groups, y, x)",
}
POOLS = ("SumPool2d", "AvgPool2d")
LIMIT_WEIGHTS = 10**8  # of a composed matrix
LIMIT_STEPS = 65_535  # what waits takes memory for every step
TOLERANCE_STEPS = 1e-3  # of rounding in float32 files
FINEST_S = 1e-6


def delays_in_steps(
    graph: Graph, incoming: Mapping[str, Shape], dt_s: float
) -> dict[str, np.ndarray]:
    """How many steps every Delay node holds every value back: ``delay / dt``."""
    return {
        node.name: _steps_of_delay(node, incoming[node.name], dt_s)
        for node in graph.of_kind("Delay")
    }


def _steps_of_delay(node: Node, shape: Shape, dt_s: float) -> np.ndarray:
    delay_s = node.array("delay").astype(np.float64)
    steps = delay_s / dt_s
    if (steps < 0).any() or (steps > LIMIT_STEPS).any():
        wrong = delay_s[(steps < 0) | (steps > LIMIT_STEPS)].flat[0]
        raise FileProblem(
            f"{node.where}: {node}, field 'delay' holds {wrong:g} s, "
            f"{wrong / dt_s:g} steps of {si(dt_s, 's')}; 0 to {LIMIT_STEPS:,} steps are read. "
            "NIR states delays in seconds; dt_s=... changes the step."
        )
    whole = np.round(steps)
    off = np.abs(steps - whole) > TOLERANCE_STEPS
    if off.any():
        raise FileProblem(
            f"{node.where}: {node}: a delay of {si(float(delay_s[off].flat[0]), 's')} is "
            f"{steps[off].flat[0]:.4g} steps of {si(dt_s, 's')}, no whole number. "
            f"{_remedy(delay_s)}"
        )
    return _each(whole, shape).astype(np.int64)


def _remedy(delay_s: np.ndarray) -> str:
    ticks = np.round(delay_s / FINEST_S)
    common = gcd(*(int(n) for n in np.unique(ticks)))
    if common == 0 or (np.abs(delay_s / FINEST_S - ticks) > TOLERANCE_STEPS + 1e-6 * ticks).any():
        return (
            "No time step down to 1 µs fits all delays; "
            "round them in the framework that wrote the file."
        )
    return (
        f"dt_s={common * FINEST_S:.6g} would do, if it suits the time constants too; "
        "or round the delays."
    )


def weights_of_path(
    nodes: Sequence[Node],
    incoming: Mapping[str, Shape],
    start: Shape,
    delays: Mapping[str, np.ndarray],
) -> dict[int, Weight]:
    """Compose the linear nodes between two populations into one weight for each delay in them."""
    linear = [node for node in nodes if node.kind not in SHAPE_ONLY]
    late = [delays[node.name] for node in linear if node.kind == "Delay"]
    if all(steps.min() == steps.max() for steps in late):
        rest = [node for node in linear if node.kind != "Delay"]
        return {int(sum(steps[0] for steps in late)): _weight(rest, incoming, start)}
    by_delay = _by_delay(linear, incoming, start, delays)
    return {steps: _kept(matrix) for steps, matrix in by_delay.items()}


def _weight(linear: Sequence[Node], incoming: Mapping[str, Shape], start: Shape) -> Weight:
    kinds = [node.kind for node in linear]
    if not linear:
        return as_weight(sp.eye_array(prod(start), dtype=np.float32))
    if kinds in (["Linear"], ["Affine"]):
        return as_weight(weight_of(linear[0]).T)
    if kinds == ["Scale"]:
        return as_weight(sp.diags_array(_factors(linear[0], start)))
    if kinds in (["Conv1d"], ["Conv2d"]):
        return convolution_of(linear[0], incoming[linear[0].name])
    if kinds[0] in POOLS and kinds[1:] == ["Conv2d"]:
        pool, convolution = (convolution_of(node, incoming[node.name]) for node in linear)
        if pool.pools and convolution.dilation == (1, 1):
            return compose(pool, convolution)
    scaled = _scaled_convolution(linear, incoming)
    if scaled is not None:
        return scaled
    matrix = sparse_of(linear[0], incoming[linear[0].name])
    for node in linear[1:]:
        matrix = _times(matrix, node, incoming)
    return _kept(matrix)


def _kept(matrix: sp.csr_array) -> Weight:
    return as_stored(matrix.astype(np.float32))


def _by_delay(
    linear: Sequence[Node],
    incoming: Mapping[str, Shape],
    start: Shape,
    delays: Mapping[str, np.ndarray],
) -> dict[int, sp.csr_array]:
    """Expand the product: behind a Delay, values of equal delay go on in a matrix of their own."""
    parts = {0: sp.eye_array(prod(start), dtype=np.float64, format="csr")}
    for node in linear:
        if node.kind != "Delay":
            parts = {steps: _times(matrix, node, incoming) for steps, matrix in parts.items()}
            continue
        late: dict[int, sp.csr_array] = {}
        for steps, matrix in parts.items():
            for more in np.unique(delays[node.name]):
                delayed = (delays[node.name] == more).astype(np.float64)
                part = matrix @ sp.diags_array(delayed).tocsr()
                total = steps + int(more)
                late[total] = late[total] + part if total in late else part
        parts = late
    return {steps: matrix for steps, matrix in sorted(parts.items()) if matrix.nnz}


def _times(matrix: sp.csr_array, node: Node, incoming: Mapping[str, Shape]) -> sp.csr_array:
    second = sparse_of(node, incoming[node.name])
    n_products = int(np.diff(second.indptr)[matrix.indices].sum())
    if n_products > LIMIT_WEIGHTS:
        raise FileProblem(
            f"{node.where}: the linear nodes up to {node} make {n_products:,} products as one "
            f"matrix; at most {LIMIT_WEIGHTS:,} are taken. Put neurons between them."
        )
    return matrix @ second


def sparse_of(node: Node, arriving: Shape) -> sp.csr_array:
    """A linear node as a float64 (source, target) matrix."""
    if node.kind in ("Linear", "Affine"):
        return sp.csr_array(weight_of(node).T.astype(np.float64))
    if node.kind == "Scale":
        return sp.diags_array(_factors(node, arriving).astype(np.float64)).tocsr()
    convolution = convolution_of(node, arriving)
    n_weights = convolution.shape[0] * convolution.weight[:, 0].size // convolution.groups
    if n_weights > LIMIT_WEIGHTS:
        raise FileProblem(
            f"{node.where}: {node} would take {n_weights:,} weights as a matrix, to be composed "
            f"with what follows; at most {LIMIT_WEIGHTS:,} are taken. Put neurons between them."
        )
    return convolution.tocsr().astype(np.float64)


def _factors(node: Node, arriving: Shape) -> np.ndarray:
    return _each(node.array("scale"), arriving)


def _each(values: np.ndarray, shape: Shape) -> np.ndarray:
    """One value for each that arrives, in a line."""
    return (values if values.size == prod(shape) else np.broadcast_to(values, shape)).flatten()


def _scaled_convolution(linear: Sequence[Node], incoming: Mapping[str, Shape]) -> Weight | None:
    """A convolution between factors, which stays one where channels have one each; else None."""
    kinds = [node.kind for node in linear]
    n_convolutions = sum(kind in ("Conv1d", "Conv2d") for kind in kinds)
    if n_convolutions != 1 or kinds.count("Scale") != len(kinds) - 1:
        return None
    at = next(k for k, kind in enumerate(kinds) if kind != "Scale")
    weight: Weight = convolution_of(linear[at], incoming[linear[at].name])
    try:
        for node in (*linear[:at], *linear[at + 1 :]):
            factors = _factors(node, incoming[node.name]).astype(np.float64)
            is_before = node in linear[:at]
            weight = weight.scaled_sources(factors) if is_before else weight.scaled(factors)
    except NetworkProblem as problem:
        raise FileProblem(f"{linear[at].where}: {linear[at]}: {problem}") from problem
    return weight.real(None) if weight.kind == "convolution" else _kept(weight.tocsr())


def weight_of(node: Node) -> np.ndarray:
    """The weight of a matrix or convolution as NIR has it; a Conv1d is a Conv2d of height 1."""
    weight, axes = node.array("weight"), AXES[node.kind]
    if weight.ndim != axes.count(",") + 1:
        raise FileProblem(
            f"{node.where}: {node}, field 'weight' has shape {weight.shape}; {axes} is needed."
        )
    return weight[:, :, None] if node.kind == "Conv1d" else weight


def convolution_of(node: Node, arriving: Shape) -> Conv2d:
    """A Conv1d or Conv2d, or a pooling as the convolution that it is."""
    try:
        if node.kind in POOLS:
            return _pooling(node, arriving)
        kernel, padding = _kernel_and_padding(node)
        shape = (arriving[0], 1, arriving[1]) if node.kind == "Conv1d" else arriving
        stride, dilation = _steps(node, "stride", 1), _steps(node, "dilation", 1)
        return Conv2d(
            kernel, shape, stride, padding, dilation, groups=node.whole("groups", 1, 1)[0]
        )
    except NetworkProblem as problem:
        raise FileProblem(f"{node.where}: {node}: {problem}") from problem


def _steps(node: Node, name: str, default: int) -> tuple[int, int]:
    """A (y, x) field; along the height that a Conv1d does not have, the default."""
    y, x = node.pair(name, default, default)
    return (default, x) if node.kind == "Conv1d" else (y, x)


def _pooling(node: Node, arriving: Shape) -> Conv2d:
    window = node.pair("kernel_size", 1)
    if prod(window) * arriving[0] > LIMIT_SIGNALS:
        raise FileProblem(
            f"{node.where}: {node}: a window of {window} is larger than any picture that is read."
        )
    value = 1.0 if node.kind == "SumPool2d" else 1.0 / (window[0] * window[1])
    kernel = np.full((arriving[0], 1, *window), value, dtype=np.float32)
    stride = window if node.get("stride") is None else node.pair("stride", 1, 1)
    return Conv2d(kernel, arriving, stride, node.pair("padding", 0, 0), groups=arriving[0])


def _kernel_and_padding(node: Node) -> tuple[np.ndarray, tuple[int, int]]:
    kernel, padding = weight_of(node), node.get("padding")
    if isinstance(padding, bytes):
        padding = padding.decode()
    if not isinstance(padding, str):
        return kernel, _steps(node, "padding", 0)
    if padding == "valid":
        return kernel, (0, 0)
    if padding != "same":
        raise FileProblem(
            f"{node.where}: {node}, field 'padding' is {padding!r}; "
            "'same', 'valid' or numbers are known."
        )
    stride = _steps(node, "stride", 1)
    if stride != (1, 1):
        raise FileProblem(f"{node.where}: {node}: padding 'same' goes with stride 1, not {stride}.")
    return _same(node, kernel)


def _same(node: Node, kernel: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Padding that keeps the size, and the kernel, with a zero in front of an even window."""
    padding = []  # an even window pads one more behind
    for axis, dilation in enumerate(_steps(node, "dilation", 1)):
        total = dilation * (kernel.shape[2 + axis] - 1)
        if total % 2 == 0:
            padding.append(total // 2)
        elif dilation == 1:
            zero = np.zeros_like(np.take(kernel, [0], 2 + axis))
            kernel = np.concatenate([zero, kernel], 2 + axis)
            padding.append(total // 2 + 1)
        else:
            raise FileProblem(
                f"{node.where}: {node}: padding 'same' with an even window {kernel.shape[2:]} and "
                f"dilation {dilation} pads the two sides differently, which is not supported. "
                "State the padding in numbers."
            )
    return kernel, (padding[0], padding[1])
