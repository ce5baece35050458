"""A projection seen as the layer of a convolutional chip: pooling, then a kernel; composed pooling
is found again.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network.projections import Conv2d, Projection

POOLINGS_SOUGHT = (8, 4, 3, 2)


class Layer(NamedTuple):
    """Sum pooling of ``pool`` x ``pool`` pixels, then a convolution; a dense layer is one over its
    whole input.
    """

    n_in: int
    n_out: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    pool: int
    groups: int


def layer_of(
    projection: Projection,
    source_shape: tuple[int, ...],
    *,
    poolings: Sequence[int] = POOLINGS_SOUGHT,
) -> Layer:
    """See a projection as pooling followed by a convolution.

    NIR's pooling nodes are composed into the weights when a network is read: weights that repeat
    over tiles of pixels are a pooling of that size, followed by a smaller kernel.

    Parameters
    ----------
    projection : Projection
    source_shape : shape of the source population, (channels, y, x) or (n,)
    poolings : sequence of int, sizes of pooling to look for; the largest found is taken

    Returns
    -------
    Layer

    Examples
    --------
    >>> dense = Projection("pixels", "out", np.repeat(np.ones((2, 10)), 4, axis=0))  # 2 channels of 2 x 2 pixels
    >>> layer_of(dense, (2, 2, 2))
    Layer(n_in=2, n_out=10, kernel=(1, 1), stride=(1, 1), padding=(0, 0), pool=2, groups=1)
    """
    weight = projection.weight
    if isinstance(weight, Conv2d):
        sizes = (*weight.weight.shape[2:], *weight.stride, *weight.padding, *weight.input_shape[1:])  # type: ignore
        pool = _pool(weight.weight, sizes, poolings) if weight.dilation == (1, 1) else 1

        def pooled(pair: object) -> tuple[int, int]:
            return tuple(int(n) // pool for n in pair)  # type: ignore[attr-defined, return-value]

        kernel, stride, padding = map(
            pooled, (weight.weight.shape[2:], weight.stride, weight.padding)
        )
        n_out, n_in = weight.weight.shape[0], weight.input_shape[0]
        return Layer(n_in, n_out, kernel, stride, padding, pool, weight.groups)
    channels, y, x = source_shape if len(source_shape) == 3 else (projection.shape[0], 1, 1)
    pool = 1
    if (y, x) != (1, 1):
        matrix = np.asarray(weight.todense() if sp.issparse(weight) else weight)
        pool = _pool(matrix.T.reshape(projection.shape[1], channels, y, x), (y, x), poolings)
    return Layer(channels, projection.shape[1], (y // pool, x // pool), (1, 1), (0, 0), pool, 1)


def _pool(weight: np.ndarray, sizes: tuple[int, ...], poolings: Sequence[int]) -> int:
    """The largest pooling that divides all sizes and over whose tiles the weights (..., y, x)
    repeat.
    """
    for pool in sorted(poolings, reverse=True):
        if any(size % pool for size in sizes):
            continue
        tiles = weight.reshape(
            *weight.shape[:-2], weight.shape[-2] // pool, pool, weight.shape[-1] // pool, pool
        )
        if (tiles == tiles[..., :1, :, :1]).all():
            return pool
    return 1
