"""Neurons onto cores by what they have in common: grow cores, and move neurons between them.

A spike of neuron ``u`` is one packet to each other core on which it has a target. So a core is
cheap whose neurons share their sources, and which holds those sources too.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled

# Spikes that each neuron counts as besides its own: synapses of silent ones matter too.
LEAST = 2.0**-20


class Wires(NamedTuple):
    """Synapses between neurons, in both directions, none from a neuron to itself."""

    ptr: np.ndarray  # (n_neurons + 1,) int64
    target: np.ndarray  # (n_synapses,) int32
    in_ptr: np.ndarray  # (n_neurons + 1,) int64
    source: np.ndarray  # (n_synapses,) int32
    spikes: np.ndarray  # (n_neurons,) float64
    n_synapses: np.ndarray  # (n_neurons,) int64, that a neuron takes of a core's memory


class Growing(NamedTuple):
    """What is known of the core that grows."""

    score: np.ndarray  # (n_neurons,) float64, spikes that need no packet once a neuron is there
    heard: np.ndarray  # (n_neurons,) int64, the last core that hears each neuron
    near: np.ndarray  # (n_neurons,) int32, neurons with a score


@compiled(inline="always")
def hear(wires, growing, core_of, core, u, n_near):
    """Let a core hear a neuron: its other targets need no packet of it any more."""
    if growing.heard[u] == core:
        return n_near
    growing.heard[u] = core
    score, near = growing.score, growing.near
    for j in range(wires.ptr[u], wires.ptr[u + 1] + 1):
        w = wires.target[j] if j < wires.ptr[u + 1] else np.int32(u)
        if core_of[w] < 0:
            if score[w] == 0:
                near[n_near] = w
                n_near += 1
            score[w] += wires.spikes[u] + LEAST
    return n_near


@compiled()
def join(wires, growing, core_of, core, v, n_near):
    """Put a neuron on a core; returns how many neurons are near."""
    core_of[v] = core
    for j in range(wires.in_ptr[v], wires.in_ptr[v + 1]):
        n_near = hear(wires, growing, core_of, core, wires.source[j], n_near)
    return hear(wires, growing, core_of, core, v, n_near)


@compiled()
def nearest(wires, growing, core_of, heard_of, room, n_near):
    """The neuron with most in common that there is room for, -1 for none; and how many are near."""
    best, most, kept = -1, 0.0, 0
    for k in range(n_near):
        w = growing.near[k]
        if core_of[w] >= 0:
            continue
        growing.near[kept] = w
        kept += 1
        share = growing.score[w] / heard_of[w]
        is_more = share > most or (share == most and w < best)
        if wires.n_synapses[w] <= room and is_more:
            best, most = w, share
    return best, kept


@compiled()
def grow(wires, growing, heard_of, order, most_neurons, most_synapses, core_of):
    """Fill cores one after another, each from where the last one stopped; returns how many."""
    # next comes the neuron that hears, or is heard by, the core for the largest share of heard_of:
    # (n_neurons,) float64, the spikes that each hears and sends, or ones
    core, at, n_near, left = 0, 0, 0, core_of.size
    while left > 0:
        v, n_near = nearest(wires, growing, core_of, heard_of, most_synapses, n_near)
        for k in range(n_near):
            growing.score[growing.near[k]] = 0.0
        n_near, n_neurons, n_synapses = 0, 0, 0
        while n_neurons < most_neurons and left > 0:
            if v < 0:
                while at < order.size and core_of[order[at]] >= 0:
                    at += 1
                v = order[at]
                if n_neurons > 0 and n_synapses + wires.n_synapses[v] > most_synapses:
                    break
            n_near = join(wires, growing, core_of, core, v, n_near)
            n_neurons, n_synapses = n_neurons + 1, n_synapses + wires.n_synapses[v]
            left -= 1
            room = most_synapses - n_synapses
            v, n_near = nearest(wires, growing, core_of, heard_of, room, n_near)
        core += 1
    return core


class Groups(NamedTuple):
    """Neurons on cores, and what moving one asks for again and again."""

    core_of: np.ndarray  # (n_neurons,) int64
    reach: np.ndarray  # (n_neurons, n_cores) int32, synapses of a neuron on each core
    n_neurons: np.ndarray  # (n_cores,) int64
    n_synapses: np.ndarray  # (n_cores,) int64
    member: np.ndarray  # (n_cores, most_neurons + 1) int64
    slot: np.ndarray  # (n_neurons,) int64, place of each in its core's row of ``member``


@compiled()
def changes(wires, groups, hops, v, change):
    """Write what the hops of all packets change by if a neuron goes to each core."""
    core_of, reach = groups.core_of, groups.reach
    p, n_cores, leaves = core_of[v], change.size, 0.0
    for q in range(n_cores):
        change[q] = 0.0
    for c in range(n_cores):
        if reach[v, c] > 0:
            for q in range(n_cores):
                change[q] += wires.spikes[v] * (hops[q, c] - hops[p, c])
    for j in range(wires.in_ptr[v], wires.in_ptr[v + 1]):
        u = wires.source[j]
        spikes, row, far = wires.spikes[u], reach[u], hops[core_of[u]]
        if spikes > 0:
            leaves -= spikes * far[p] * (row[p] == 1)
            for q in range(n_cores):
                change[q] += spikes * far[q] * (row[q] == 0)
    for q in range(n_cores):
        change[q] += leaves
    change[p] = 0.0


@compiled()
def change_to(wires, groups, hops, v, q):
    """What the hops of all packets change by if a neuron goes to one core."""
    core_of, reach, p, change = groups.core_of, groups.reach, groups.core_of[v], 0.0
    if p == q:
        return 0.0
    for c in range(hops.shape[0]):
        if reach[v, c] > 0:
            change += wires.spikes[v] * (hops[q, c] - hops[p, c])
    for j in range(wires.in_ptr[v], wires.in_ptr[v + 1]):
        u = wires.source[j]
        far, spikes = hops[core_of[u]], wires.spikes[u]
        change += spikes * (far[q] * (reach[u, q] == 0) - far[p] * (reach[u, p] == 1))
    return change


@compiled()
def move(wires, groups, v, q):
    """Put a neuron on another core."""
    p, member, slot = groups.core_of[v], groups.member, groups.slot
    for j in range(wires.in_ptr[v], wires.in_ptr[v + 1]):
        groups.reach[wires.source[j], p] -= 1
        groups.reach[wires.source[j], q] += 1
    groups.n_neurons[p] -= 1
    last = member[p, groups.n_neurons[p]]
    member[p, slot[v]], slot[last] = last, slot[v]
    member[q, groups.n_neurons[q]], slot[v] = v, groups.n_neurons[q]
    groups.n_neurons[q] += 1
    groups.n_synapses[p] -= wires.n_synapses[v]
    groups.n_synapses[q] += wires.n_synapses[v]
    groups.core_of[v] = q


@compiled()
def trade(wires, groups, hops, most_synapses, v, q, gained, partners):
    """Exchange a neuron with one of some of a full core, where that makes ways shorter; returns by
    what.
    """
    p = groups.core_of[v]
    move(wires, groups, v, q)
    for draw in partners:
        w = groups.member[q, np.int64(draw * (groups.n_neurons[q] - 1))]
        less = wires.n_synapses[w]
        fits = groups.n_synapses[q] - less <= most_synapses
        fits &= groups.n_synapses[p] + less <= most_synapses
        if w == v or not fits:
            continue
        change = gained + change_to(wires, groups, hops, w, p)
        if change < -1e-6:
            move(wires, groups, w, p)
            return change
    move(wires, groups, v, p)
    return 0.0


@compiled()
def refine(wires, groups, hops, order, partners, most_neurons, most_synapses, change):
    """Let each neuron in turn go where packets have fewest hops, or trade places with another;
    returns by how much the hops changed.
    """
    total = 0.0
    for k in range(order.size):
        v = order[k]
        p, mine = groups.core_of[v], wires.n_synapses[v]
        changes(wires, groups, hops, v, change)
        free, wanted = p, p
        for q in range(change.size):
            if change[q] < change[wanted]:
                wanted = q
            has_room = groups.n_neurons[q] < most_neurons
            has_room &= groups.n_synapses[q] + mine <= most_synapses
            if has_room and change[q] < change[free]:
                free = q
        if change[free] < -1e-6:
            total += change[free]
            move(wires, groups, v, free)
        elif change[wanted] < -1e-6:
            gained = change[wanted]
            total += trade(wires, groups, hops, most_synapses, v, wanted, gained, partners[k])
    return total
