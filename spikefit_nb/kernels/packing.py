"""Look through the synapses of a sparse projection once, to keep them as small as they can be."""

import numpy as np

from spikefit_nb.kernels.compiled import compiled


@compiled()
def largest_sum(index, weight, sums):
    """Find the largest sum of absolute weights that meet in one target."""
    largest = 0  # sums (n_target,) int64, zeros
    for j in range(index.size):
        sums[index[j]] += abs(np.int64(weight[j]))
        largest = max(largest, sums[index[j]])
    return largest


@compiled()
def find_uniform(indptr, weight, each):
    """Whether all synapses of each source weigh the same; writes that weight, (n_source,)."""
    for n in range(each.size):
        for j in range(indptr[n], indptr[n + 1]):
            if weight[j] != weight[indptr[n]]:
                return False
            each[n] = weight[j]
    return True


@compiled()
def pack(index, weight, packed):
    """Write ``target << 8 | weight`` of every synapse, the int8 weight in the lowest bits."""
    for j in range(index.size):
        packed[j] = (np.uint32(index[j]) << np.uint32(8)) | np.uint32(np.uint8(weight[j]))
