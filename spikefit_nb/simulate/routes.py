"""Choose for each projection how its weights are laid out; the kernel that sends its spikes follows
from that.
"""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.kernels import packing
from spikefit_nb.kernels.deliver import Convolution, Dense, Packed, Sparse, Uniform
from spikefit_nb.network import Conv2d, Projection
from spikefit_nb.simulate.convolution import lay_out

Weights = Dense | Sparse | Packed | Uniform | Convolution
LARGEST = {np.int16: 2**15 - 1, np.int32: 2**31 - 1}  # sums that never leave these are exact


@dataclass(frozen=True, eq=False)
class Route:
    """One projection, ready to run."""

    source: str  # name of the population it comes from
    delay_steps: int
    weights: Weights
    sums: type
    scale: np.ndarray  # (1,) or (n_target,) float32 or int32, what a sum is worth
    n_last: int  # channels that lie side by side in the sums
    n_bytes: int  # memory of the weights beyond what they share with the projection


def make_route(projection: Projection, most: int | None, scale: np.ndarray) -> Route:
    """Lay out one projection."""
    is_whole = projection.scale is not None
    sums = _sums_of(projection, most) if is_whole and most is not None else np.float32
    values = projection.values
    if sums is np.float32:
        values = values.astype(np.float32, copy=False)
    elif values.dtype not in (np.int8, np.int16):
        values = values.astype(np.int32, copy=False)
    if isinstance(projection.weight, Conv2d):
        weights, n_last = lay_out(projection.weight, values), projection.weight.output_shape[0]
    elif projection.kind == "dense":
        weights, n_last = Dense(values.reshape(projection.shape)), 1
    else:
        weights, n_last = _sparse(projection, values, sums), 1
    held = (
        projection.values,
        getattr(projection.weight, "indptr", None),
        getattr(projection.weight, "indices", None),
    )
    own = [
        a
        for a in weights
        if isinstance(a, np.ndarray) and not any(np.may_share_memory(a, h) for h in held)
    ]
    n_bytes = sum(a.nbytes for a in own)
    return Route(projection.source, projection.delay_steps, weights, sums, scale, n_last, n_bytes)


def _sums_of(projection: Projection, most: int) -> type:
    largest = most * _largest_sum(projection)
    return next((dtype for dtype, limit in LARGEST.items() if largest <= limit), np.float32)


def _largest_sum(projection: Projection) -> int:
    """Bound what the weights that meet in one neuron add up to."""
    values = projection.values
    if projection.kind == "sparse":
        return packing.largest_sum(
            projection.weight.indices, values, np.zeros(projection.shape[1], np.int64)
        )
    if isinstance(projection.weight, Conv2d):
        matrix = values.reshape(
            projection.weight.weight.shape[0], -1
        ).T  # one column an output channel
    else:
        matrix = values.reshape(projection.shape)
    most = max(int(values.max(initial=0)), -int(values.min(initial=0))) * matrix.shape[0]
    if most <= LARGEST[np.int16]:  # that small, it need not be found out exactly
        return most
    return int(np.abs(matrix.astype(np.int32)).sum(axis=0, dtype=np.int64).max(initial=0))


def _sparse(projection: Projection, values: np.ndarray, sums: type) -> Weights:
    """The synapses in one stream of memory where that is possible."""
    indptr = projection.weight.indptr.astype(np.int64, copy=False)
    index, (n_source, n_target) = projection.weight.indices, projection.shape
    narrow = np.uint16 if n_target <= 2**16 else np.uint32
    each = np.zeros(n_source, values.dtype)
    if packing.find_uniform(indptr, values, each):
        return Uniform(indptr, index.astype(narrow), each)
    if values.dtype == np.int8 and sums is not np.float32 and n_target <= 2**24:
        packed = np.empty(values.size, np.uint32)
        packing.pack(index, values, packed)
        return Packed(indptr, packed)
    return Sparse(indptr, index.astype(narrow), values)
