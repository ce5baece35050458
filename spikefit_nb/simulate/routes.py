"""Choose how the weights of each projection are laid out, and so the kernel that sends spikes."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.frozen import read_only
from spikefit_nb.kernels import packing
from spikefit_nb.kernels.deliver import Convolution, Dense, Packed, Sparse, Uniform
from spikefit_nb.network import Conv2d, Projection, SparseWeight
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
    values = read_only(values)
    weight, held, n_last = projection.weight, [projection.values], 1
    weights: Weights
    if isinstance(weight, Conv2d):
        weights, n_last = lay_out(weight, values), weight.output_shape[0]
    elif isinstance(weight, SparseWeight):
        weights = _sparse(weight, values, sums)
        held += [weight.matrix.indptr, weight.matrix.indices]
    else:
        weights = Dense(values.reshape(projection.shape))
    n_bytes = sum(
        a.nbytes
        for a in weights
        if isinstance(a, np.ndarray) and not any(np.may_share_memory(a, h) for h in held)
    )
    # else kernels would be compiled once more for weights that something else may write
    fixed = (read_only(a) if isinstance(a, np.ndarray) else a for a in weights)
    return Route(
        projection.source,
        projection.delay_steps,
        type(weights)(*fixed),
        sums,
        scale,
        n_last=n_last,
        n_bytes=n_bytes,
    )


def _sums_of(projection: Projection, most: int) -> type:
    largest = most * _largest_sum(projection)
    return next((dtype for dtype, limit in LARGEST.items() if largest <= limit), np.float32)


def _largest_sum(projection: Projection) -> int:
    """Bound what the weights that meet in one neuron add up to."""
    weight, values = projection.weight, projection.values
    if isinstance(weight, SparseWeight):
        sums = np.zeros(weight.shape[1], np.int64)
        return packing.largest_sum(read_only(weight.matrix.indices), read_only(values), sums)
    columns = weight.columns(values)
    most = max(int(values.max(initial=0)), -int(values.min(initial=0))) * columns.shape[1]
    if most <= LARGEST[np.int16]:  # that small, it need not be found out exactly
        return most
    return int(np.abs(columns.astype(np.int32)).sum(axis=1, dtype=np.int64).max(initial=0))


def _sparse(weight: SparseWeight, values: np.ndarray, sums: type) -> Weights:
    """The synapses in one stream of memory where that is possible."""
    indptr = read_only(weight.matrix.indptr.astype(np.int64, copy=False))
    index, (n_source, n_target) = weight.matrix.indices, weight.shape
    narrow = np.uint16 if n_target <= 2**16 else np.uint32
    each = np.zeros(n_source, values.dtype)
    if packing.find_uniform(indptr, values, each):
        return Uniform(indptr, index.astype(narrow), each)
    if values.dtype == np.int8 and sums is not np.float32 and n_target <= 2**24:
        packed = np.empty(values.size, np.uint32)
        packing.pack(read_only(index), values, packed)
        return Packed(indptr, packed)
    return Sparse(indptr, index.astype(narrow), values)
