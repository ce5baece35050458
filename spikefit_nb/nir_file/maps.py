"""Linear nodes as weights: one matrix or convolution for a whole path between two populations."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network import Conv2d
from spikefit_nb.network.projections import Weight
from spikefit_nb.nir_file.graph import SHAPE_ONLY, Node, Shape
from spikefit_nb.nir_file.layers import POOLS, convolution_of, matrix_of

DENSE_ABOVE = 0.5  # share of weights other than zero from which a composed matrix is kept dense


def weight_of_path(nodes: Sequence[Node], incoming: dict[str, Shape], start: Shape) -> Weight:
    """Compose the linear nodes between two populations into one weight.

    Parameters
    ----------
    nodes : sequence of Node, in the order signals pass them
    incoming : dict, the shape that arrives at each node
    start : tuple of int, shape of the source population

    Returns
    -------
    array, sparse array or Conv2d
        A matrix is (source, target).

    Raises
    ------
    FileProblem
        A convolution or pooling cannot be applied to the shape that arrives.
    """
    linear = [node for node in nodes if node.kind not in SHAPE_ONLY]
    kinds = [node.kind for node in linear]
    if not linear:
        return sp.eye_array(int(np.prod(start)), dtype=np.float32, format="csr")
    if kinds in (["Linear"], ["Affine"]):
        return np.ascontiguousarray(matrix_of(linear[0]).T)
    if kinds == ["Conv2d"]:
        return convolution_of(linear[0], incoming[linear[0].name])
    if kinds[0] in POOLS and kinds[1:] == ["Conv2d"]:
        pool, convolution = (convolution_of(node, incoming[node.name]) for node in linear)
        if _tiles(pool) and convolution.dilation == (1, 1):
            return _pooled_convolution(pool, convolution)
    return _product(linear, incoming)


def _product(linear: Sequence[Node], incoming: dict[str, Shape]) -> Weight:
    matrix = sparse_of(linear[0], incoming[linear[0].name])
    for node in linear[1:]:
        matrix = matrix @ sparse_of(node, incoming[node.name])
    matrix = sp.csr_array(matrix.astype(np.float32))
    return matrix.toarray() if matrix.nnz > DENSE_ABOVE * np.prod(matrix.shape) else matrix


def sparse_of(node: Node, arriving: Shape) -> sp.csr_array:
    """A linear node as a float64 (source, target) matrix."""
    if node.kind in ("Linear", "Affine"):
        return sp.csr_array(matrix_of(node).T.astype(np.float64))
    convolution = convolution_of(node, arriving)
    edges = convolution.edges(0, convolution.shape[0])
    return sp.csr_array((edges.weight.astype(np.float64), (edges.source, edges.target)), shape=convolution.shape)


def _tiles(pool: Conv2d) -> bool:
    window = pool.weight.shape[2:]
    divides = all(size % length == 0 for size, length in zip(pool.input_shape[1:], window, strict=True))
    return pool.stride == window and pool.padding == (0, 0) and divides


def _pooled_convolution(pool: Conv2d, convolution: Conv2d) -> Conv2d:
    """Pooling in tiles, then a convolution: each kernel entry spread over its tile, steps counted in pixels."""
    tile = pool.weight.shape[2:]
    kernel = np.repeat(np.repeat(convolution.weight, tile[0], axis=2), tile[1], axis=3) * pool.weight[0, 0, 0, 0]
    stride = (convolution.stride[0] * tile[0], convolution.stride[1] * tile[1])  # type: ignore[index]
    padding = (convolution.padding[0] * tile[0], convolution.padding[1] * tile[1])  # type: ignore[index]
    return Conv2d(kernel, pool.input_shape, stride, padding, 1, convolution.groups)
