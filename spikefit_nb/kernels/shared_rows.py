"""Tell which axons read the same weights at the same places of a core, wherever these begin."""

import numpy as np

from spikefit_nb.kernels.compiled import compiled


@compiled()
def mixed(number):
    """Spread the bits of a number over all 64."""
    # Source: the finalizer of SplitMix64, Steele 2014, OOPSLA, Fig. 16 (variant 13 of Stafford).
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


@compiled()
def tell_rows(edges, cores, fan, channel, scratch, told):
    """Write a number for the row of each axon, the same for the same row of the same core, and how
    many neurons the row spans.
    """
    # A row is the weights of an axon, each with the place of its neuron, counted from the first
    # that the axon reaches; sources of different channels have rows of their own.
    # edges: source, target and bits of the weight of synapses, ordered by source. cores: core of
    # each target neuron, and its place there. fan: ptr and core of the axons of each source.
    # scratch: of each core -1, -1 and 0, and so again in the end. told: of each axon, written here.
    (source, target, bits), (core_of, place), (ptr, fan_core) = edges, cores, fan
    (first, last, row), (row_of, span_of) = scratch, told
    start = 0
    while start < source.size:
        stop, n = start, source[start]
        while stop < source.size and source[stop] == n:
            core, at = core_of[target[stop]], place[target[stop]]
            if first[core] < 0 or at < first[core]:
                first[core] = at
            last[core] = max(last[core], at)
            stop += 1
        for j in range(start, stop):
            core = core_of[target[j]]
            at = np.uint64(place[target[j]] - first[core])
            row[core] += mixed(mixed(at + np.uint64(1)) ^ bits[j])
        for axon in range(ptr[n], ptr[n + 1]):
            core = fan_core[axon]
            own = np.uint64(channel[n] * first.size + core + 1)
            row_of[axon] = mixed(row[core] ^ mixed(own))
            span_of[axon] = last[core] - first[core] + 1
            first[core], last[core], row[core] = -1, -1, np.uint64(0)
        start = stop
