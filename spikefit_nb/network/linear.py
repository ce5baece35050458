"""Weights as the linear maps that they are: composed into one, scaled, and applied to arrays."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.lib.stride_tricks import sliding_window_view

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network.projections import Conv2d, Weight

DENSE_ABOVE = 0.5  # share of weights other than zero from which a composed matrix is kept dense
LARGEST = 2**26  # weights of a composed matrix
BLOCK_VALUES = 2**23  # numbers a block of samples may take while a convolution is applied to it


def compose(first: Weight, second: Weight) -> Weight:
    """The one map that does what two do in a row: ``compose(A, B) = A @ B``."""
    if first.shape[1] != second.shape[0]:
        raise NetworkProblem(
            f"A map onto {first.shape[1]} values does not lead into one that takes "
            f"{second.shape[0]}."
        )
    for weight, factor, scaled in (
        (second, diagonal_of(first), scale_sources),
        (first, diagonal_of(second), scale),
    ):
        if factor is not None:
            return scaled(weight, factor)
    if (
        isinstance(first, Conv2d)
        and isinstance(second, Conv2d)
        and pools(first)
        and second.dilation == (1, 1)
    ):
        return _pooled_convolution(first, second)
    return _product(first, second)


def diagonal_of(weight: Weight) -> np.ndarray | None:
    """The diagonal of a sparse matrix that has nothing else, or None."""
    if not sp.issparse(weight) or weight.shape[0] != weight.shape[1]:
        return None
    matrix = sp.csr_array(weight)
    one_each = matrix.nnz == matrix.shape[0] and (np.diff(matrix.indptr) == 1).all()
    return matrix.data if one_each and (matrix.indices == np.arange(matrix.nnz)).all() else None


def scale(weight: Weight, factor: np.ndarray) -> Weight:
    """Multiply what each target gets by its own factor, (n_target,)."""
    if isinstance(weight, Conv2d):
        each = _one_a_channel(factor, weight.output_shape)
        if each is None:
            return scale(sparse_matrix(weight), factor)
        return _with_kernel(weight, weight.weight * each[:, None, None, None])
    if sp.issparse(weight):
        return sp.csr_array(weight @ sp.diags_array(factor))
    return weight * factor


def scale_sources(weight: Weight, factor: np.ndarray) -> Weight:
    """Multiply what each source sends by its own factor, (n_source,)."""
    if isinstance(weight, Conv2d):
        each = _one_a_channel(factor, weight.input_shape)
        if each is None:
            return scale_sources(sparse_matrix(weight), factor)
        return _with_kernel(weight, weight.weight * _by_kernel_input(weight, each))
    if sp.issparse(weight):
        return sp.csr_array(sp.diags_array(factor) @ weight)
    return factor[:, None] * weight


def sparse_matrix(weight: Weight) -> sp.csr_array:
    """Any weight as a (n_source, n_target) float64 matrix of its entries other than zero."""
    if not isinstance(weight, Conv2d):
        return sp.csr_array(weight, dtype=np.float64)
    n_most = weight.shape[0] * weight.weight[:, 0].size // weight.groups
    if n_most > LARGEST:
        raise NetworkProblem(
            f"A convolution {weight.weight.shape} over {weight.input_shape} would have to be "
            "written out as a matrix "
            f"of up to {n_most:,} weights; {LARGEST:,} is the limit."
        )
    edges = weight.edges(0, weight.shape[0])
    return sp.csr_array(
        (edges.weight.astype(np.float64), (edges.source, edges.target)), shape=weight.shape
    )


def apply(weight: Weight, values: np.ndarray) -> np.ndarray:
    """Send values through a map: ``values @ weight``."""
    if isinstance(weight, Conv2d):
        return np.concatenate([_convolved(weight, block) for block in _blocks(weight, values)])
    return np.asarray(values @ weight)


def _product(first: Weight, second: Weight) -> Weight:
    n_source, n_target = first.shape[0], second.shape[1]
    any_dense = isinstance(first, np.ndarray) or isinstance(second, np.ndarray)
    if any_dense and n_source * n_target > LARGEST:
        raise NetworkProblem(
            f"Two maps in a row make one matrix of {n_source:,} x {n_target:,} weights; "
            f"{LARGEST:,} are the limit."
        )
    first = first if isinstance(first, np.ndarray) else sparse_matrix(first)
    second = second if isinstance(second, np.ndarray) else sparse_matrix(second)
    product = first @ second
    if sp.issparse(product) and product.nnz <= DENSE_ABOVE * n_source * n_target:
        return sp.csr_array(product)
    return product.toarray() if sp.issparse(product) else np.asarray(product)


def _one_a_channel(factor: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray | None:
    """The factor of each channel, where all neurons of a channel share theirs."""
    planes = np.broadcast_to(factor, (shape[0] * shape[1] * shape[2],)).reshape(shape[0], -1)
    return planes[:, 0] if (planes == planes[:, :1]).all() else None


def _with_kernel(weight: Conv2d, kernel: np.ndarray) -> Conv2d:
    return Conv2d(
        kernel, weight.input_shape, weight.stride, weight.padding, weight.dilation, weight.groups
    )


def _by_kernel_input(weight: Conv2d, each: np.ndarray) -> np.ndarray:
    """A value per input channel, arranged as the kernel's entries see their inputs: (n_out, n_in /
    groups, 1, 1).
    """
    by_group = each.reshape(weight.groups, weight.weight.shape[1])
    return np.repeat(by_group, weight.weight.shape[0] // weight.groups, axis=0)[:, :, None, None]


def pools(weight: Conv2d) -> bool:
    """Whether a convolution sums each channel over tiles without overlap, each with one weight."""
    kernel, window = weight.weight, weight.weight.shape[2:]
    divides = all(
        size % length == 0 for size, length in zip(weight.input_shape[1:], window, strict=True)
    )
    alone = kernel.shape[1] == 1 and kernel.shape[0] == weight.groups
    even = bool((kernel == kernel[:, :, :1, :1]).all())
    return alone and even and divides and weight.stride == window and weight.padding == (0, 0)


def _pooled_convolution(pool: Conv2d, convolution: Conv2d) -> Conv2d:
    """Pooling in tiles, then a convolution: each kernel entry spread over its tile, steps counted
    in pixels.
    """
    tile = pool.weight.shape[2:]
    kernel = convolution.weight * _by_kernel_input(convolution, pool.weight[:, 0, 0, 0])
    kernel = np.repeat(np.repeat(kernel, tile[0], axis=2), tile[1], axis=3)
    stride = (convolution.stride[0] * tile[0], convolution.stride[1] * tile[1])
    padding = (convolution.padding[0] * tile[0], convolution.padding[1] * tile[1])
    return Conv2d(kernel, pool.input_shape, stride, padding, 1, convolution.groups)


def _blocks(weight: Conv2d, values: np.ndarray) -> Iterator[np.ndarray]:
    n_values = (
        weight.output_shape[1]
        * weight.output_shape[2]
        * weight.input_shape[0]
        * weight.weight[0, 0].size
    )
    size = max(1, BLOCK_VALUES // n_values)
    yield from (values[start : start + size] for start in range(0, max(1, len(values)), size))


def _convolved(weight: Conv2d, values: np.ndarray) -> np.ndarray:
    (py, px), (dy, dx), (sy, sx) = weight.padding, weight.dilation, weight.stride  # type: ignore[misc]
    per_group, ky, kx = weight.weight.shape[1:]
    padded = np.pad(values.reshape(-1, *weight.input_shape), ((0, 0), (0, 0), (py, py), (px, px)))
    windows = sliding_window_view(padded, (dy * (ky - 1) + 1, dx * (kx - 1) + 1), axis=(2, 3))
    windows = windows[:, :, ::sy, ::sx, ::dy, ::dx]
    parts = []
    for group, kernel in enumerate(np.split(weight.weight, weight.groups)):
        seen = windows[:, group * per_group : (group + 1) * per_group]
        parts.append(np.tensordot(seen, kernel, axes=((1, 4, 5), (1, 2, 3))))
    return np.moveaxis(np.concatenate(parts, axis=3), 3, 1).reshape(len(values), weight.shape[1])
