"""Axons of a sparse projection: to which cores the synapses of each source lead, read row by row.

Where synapses of different weight come in over different axons, each core has so many *levels*,
and an axon ends on one of them: ``place = n_levels * core + level``.
"""

from spikefit_nb.kernels.compiled import compiled


@compiled(inline="always")
def place_of(target, level, core_of, n_levels, j):
    """The place on which a synapse lies."""
    core = core_of[target[j]]
    return core * n_levels + level[j] if n_levels > 1 else core


@compiled()
def count_axons(ptr, target, level, core_of, n_levels, last, n_axons):
    """Write how many different places the synapses of each source lie on."""
    # last (n_places,) int64, all -1: the last source seen at each place
    for source in range(n_axons.size):
        n = 0
        for j in range(ptr[source], ptr[source + 1]):
            place = place_of(target, level, core_of, n_levels, j)
            n += last[place] != source
            last[place] = source
        n_axons[source] = n


@compiled()
def list_axons(ptr, target, level, core_of, n_levels, n_copies, axons, at, core, n_synapses):
    """Write the core of each axon, in ascending order for each source, and its synapses."""
    # axons (n_source + 1,) int64, where those of each source begin; at (n_places,) int64, all -1;
    # n_synapses zeros; n_copies (n_target,) int64, how often each target is laid out, or empty
    for source in range(axons.size - 1):
        first, end = axons[source], axons[source]
        for j in range(ptr[source], ptr[source + 1]):
            place = place_of(target, level, core_of, n_levels, j)
            if at[place] < first:
                at[place] = end
                core[end] = place
                end += 1
        is_sorted = True
        for k in range(first + 1, end):
            is_sorted &= core[k - 1] < core[k]
        if not is_sorted:
            core[first:end].sort()
            for k in range(first, end):
                at[core[k]] = k
        for j in range(ptr[source], ptr[source + 1]):
            place = place_of(target, level, core_of, n_levels, j)
            n_synapses[at[place]] += n_copies[target[j]] if n_copies.size else 1
        for k in range(first, end):
            core[k] //= n_levels


@compiled()
def count_sources(ptr, target, start, stop):
    """How many sources have a synapse onto some of the targets ``start`` to ``stop``."""
    n = 0
    for source in range(ptr.size - 1):
        for j in range(ptr[source], ptr[source + 1]):
            if start <= target[j] < stop:
                n += 1
                break
    return n


@compiled()
def count_pieces(ptr, source, most, seen):
    """The fewest pieces of consecutive targets that each have at most so many sources."""
    # ptr, source: of each target; seen (n_sources,) int64, all -1: the last piece it leads to
    piece, n = 0, 0
    for target in range(ptr.size - 1):
        new = 0
        for j in range(ptr[target], ptr[target + 1]):
            new += seen[source[j]] != piece
        if n + new > most:
            piece, n, new = piece + 1, 0, ptr[target + 1] - ptr[target]
        for j in range(ptr[target], ptr[target + 1]):
            seen[source[j]] = piece
        n += new
    return piece + 1
