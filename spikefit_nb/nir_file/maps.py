"""Linear nodes as weights: a matrix or convolution for a whole path, one for each delay in it."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import Weight, as_stored, as_weight, compose
from spikefit_nb.nir_file.graph import SHAPE_ONLY, Node, Shape
from spikefit_nb.nir_file.layers import POOLS, convolution_of, matrix_of

LIMIT_WEIGHTS = 10**8  # of a composed matrix


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
        return as_weight(matrix_of(linear[0]).T)
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
        return sp.csr_array(matrix_of(node).T.astype(np.float64))
    if node.kind == "Scale":
        return sp.diags_array(_factors(node, arriving).astype(np.float64)).tocsr()
    if node.kind == "Delay":
        return sp.eye_array(prod(arriving), dtype=np.float64, format="csr")
    convolution = convolution_of(node, arriving)
    n_weights = convolution.shape[0] * convolution.weight[:, 0].size // convolution.groups
    if n_weights > LIMIT_WEIGHTS:
        raise FileProblem(
            f"{node.where}: {node} would take {n_weights:,} weights as a matrix, to be composed "
            f"with what follows; at most {LIMIT_WEIGHTS:,} are taken. Put neurons between them."
        )
    return convolution.tocsr().astype(np.float64)


def _factors(node: Node, arriving: Shape) -> np.ndarray:
    factors = node.array("scale")
    fits = factors.size == prod(arriving)
    return (factors if fits else np.broadcast_to(factors, arriving)).flatten()


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
