"""Layers of convolutional chips, and the pooling that repeats itself in composed weights."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

POOLINGS_SOUGHT = (8, 4, 3, 2)


class Layer(NamedTuple):
    """Sum pooling of ``pool`` x ``pool`` pixels, then a convolution.

    A dense layer is a convolution over its whole input.
    """

    n_in: int
    n_out: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    pool: int
    groups: int


def largest_pooling(weight: np.ndarray, sizes: tuple[int, ...], poolings: Sequence[int]) -> int:
    """The largest pooling that divides all sizes and over whose tiles the weights repeat."""
    *others, y, x = weight.shape
    for pool in sorted(poolings, reverse=True):
        if any(size % pool for size in sizes):
            continue
        tiles = weight.reshape(*others, y // pool, pool, x // pool, pool)
        if (tiles == tiles[..., :1, :, :1]).all():
            return pool
    return 1


def tile_of_each(shape: tuple[int, ...], pool: int) -> np.ndarray:
    """The tile of pool x pool pixels that each weight of kernels (..., y, x) is in, as numbers."""
    *others, y, x = shape
    tiles = (*others, y // pool, 1, x // pool, 1)
    numbers = np.arange(int(np.prod(tiles))).reshape(tiles)
    return np.broadcast_to(numbers, (*others, y // pool, pool, x // pool, pool)).reshape(shape)
