"""Let the packets of a step wait for one another: at their sender, on their way, where they go to.

Every core sends its packets one after another, each when the neurons before it are updated. The
packet that is sent first is looked at first. What it meets is known from the packets still under
way, each of which lies evenly on the places of its route and on the core it goes to:

    met      = sum over the places of its route of the packets' shares there
    blocked  = (met - room) * mean, where met is more than the buffers of the route have room for
    on_way   = max(hops * time of a hop, met / places * mean)
    received = max(sent + blocked + on_way, when the target core has read what came before)

``mean`` is the time it takes, on average over the packets under way, to read one. A blocked packet
holds up all that its sender has still to send. A place is a tile and the link by which a packet
came there: its core, or a direction.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.replay_run import count_bits

EAST, WEST, NORTH, SOUTH, N_WAYS = range(5)
NEVER = np.int64(2**63 - 1)


class Mesh(NamedTuple):
    """Where cores lie, and what lies between them."""

    x: np.ndarray  # (n_cores,) int64, of its tile
    y: np.ndarray  # (n_cores,) int64
    within: np.ndarray  # (n_cores,) int64, which core of its tile
    columns: int
    n_links: int  # places of a tile: the ways into it, and its cores
    room: float  # packets that can wait at a place
    hop_x: float  # seconds
    hop_y: float
    within_tile: float


class Work(NamedTuple):
    """Seconds of what cores do."""

    update_active: float
    update_inactive: float
    spike: float
    packet: float
    axon: np.ndarray  # (n_axons,) float64: the packet where it arrives, and its synapses
    at_once: bool  # a core reads what arrives while it updates its neurons


class Senders(NamedTuple):
    """What each core has still to send in a step."""

    first: np.ndarray  # (n_cores + 1,) int64, where the list of each core begins
    neuron: np.ndarray  # (room for all,) int64, firing neurons, core by core
    spikes: np.ndarray  # as long: how often they fire
    lead: np.ndarray  # as long, float64: seconds of updates since the neuron that fired before
    left: np.ndarray  # (n_cores,) float64, seconds of updates after the last that fired
    at: np.ndarray  # (n_cores,) int64, place in the list
    axon: np.ndarray  # (n_cores,) int64, of the next packet
    again: np.ndarray  # (n_cores,) int64, spikes of the same neuron still to be sent
    sent_s: np.ndarray  # (n_cores,) float64, when it sends that
    bits: np.ndarray  # the same memory as int64
    tree: np.ndarray  # (2 * n_leaves,) int64, cores by that time, as ``settle`` keeps them


class UnderWay(NamedTuple):
    """Packets not yet read: a queue for each target core, which reads them as they were sent."""

    density: np.ndarray  # (n_places,) float64, share of packets at each place
    free: np.ndarray  # (n_cores,) float64, when each core has read what came
    first: np.ndarray  # (n_cores,) int64, the packet that is read next; -1: none
    last: np.ndarray  # (n_cores,) int64
    received: np.ndarray  # (room for a step's packets, 2) float64: when, and seconds to read it
    packet: np.ndarray  # (as many, 2) int64: sender, and the next in its queue or of those unused
    next_s: np.ndarray  # (n_cores,) float64, when that is received
    bits: np.ndarray  # the same memory as int64
    tree: np.ndarray  # (2 * n_leaves,) int64, target cores by that time


@compiled(inline="always")
def settle(tree, core, bits):
    """Give a core another time in a tree whose nodes hold the earlier of the two below them."""
    k = tree.size // 2 + core
    key = (bits & ~(tree.size // 2 - 1)) | core if bits != NEVER else bits
    tree[k] = key
    while k > 1:
        key = min(key, tree[k ^ 1])
        k >>= 1
        if tree[k] == key:
            break
        tree[k] = key


@compiled(inline="always")
def walk(density, mesh, sender, x, y, share):
    """Add a share at each place of the way by x and y tiles; returns the sum that was there."""
    n_links, row = mesh.n_links, mesh.columns * mesh.n_links
    tile = mesh.y[sender] * row + mesh.x[sender] * n_links
    place = tile + N_WAYS + mesh.within[sender]
    met = density[place]
    density[place] += share
    step_x, step_y = (n_links if x > 0 else -n_links), (row if y > 0 else -row)
    way_x, way_y, hops_x = (EAST if x > 0 else WEST), (NORTH if y > 0 else SOUTH), abs(x)
    for k in range(hops_x + abs(y)):
        tile += step_x if k < hops_x else step_y
        place = tile + (way_x if k < hops_x else way_y)
        met += density[place]
        density[place] += share
    return met


@compiled()
def hear_inputs(ptr, neuron, count, row, layout, work, senders, free):
    """Clear the row before, let cores read inputs at once, and count the firing neurons of each."""
    core_of, fan_ptr, first = layout.core_of, layout.fan_ptr, senders.first
    n_first = ptr[row]
    for core in range(free.size):
        free[core] = 0.0
        senders.left[core] = 0.0
        first[core + 1] = 0
    for e in range(ptr[row], ptr[row + 1]):
        n = neuron[e]
        if core_of[n] < 0:
            n_first = e + 1
            for j in range(fan_ptr[n], fan_ptr[n + 1]):
                free[layout.fan_core[j]] += count[e] * work.axon[j]
        else:
            first[core_of[n] + 1] += fan_ptr[n + 1] > fan_ptr[n]
    for core in range(free.size):
        first[core + 1] += first[core]
        senders.at[core] = first[core]
    return n_first


@compiled()
def line_up(ptr, neuron, count, bits, row, layout, work, senders, free):
    """List what each core sends in a row, each with the updates before it."""
    fan_ptr, at, left = layout.fan_ptr, senders.at, senders.left
    e = hear_inputs(ptr, neuron, count, row, layout, work, senders, free)
    n_inputs = layout.core_of.size - layout.runs[-1, 1]
    for r in range(layout.runs.shape[0]):
        place, stop, core, copies = layout.runs[r]
        while place < stop:
            fires = e < ptr[row + 1] and neuron[e] - n_inputs < stop
            until = neuron[e] - n_inputs + 1 if fires else stop
            n_active = count_bits(bits, place, until)
            seconds = copies * (
                n_active * work.update_active + (until - place - n_active) * work.update_inactive
            )
            place = until
            if fires:
                n, spikes = neuron[e], count[e]
                e += 1
                n_axons = fan_ptr[n + 1] - fan_ptr[n]
                seconds += spikes * work.spike
                if not work.at_once:
                    free[core] += seconds + spikes * n_axons * work.packet
                left[core] += seconds
                if n_axons > 0:
                    k = at[core]
                    senders.neuron[k], senders.spikes[k], senders.lead[k] = n, spikes, left[core]
                    left[core] = 0.0
                    at[core] += 1
            else:
                if not work.at_once:
                    free[core] += seconds
                left[core] += seconds


@compiled()
def begin(layout, work, senders, under):
    """Turn each core to its first packet; returns when the last core is done that has none."""
    end = 0.0
    for k in range(senders.tree.size):
        senders.tree[k] = NEVER
        under.tree[k] = NEVER
    for core in range(under.free.size):
        under.first[core] = -1
        at = senders.first[core]
        senders.at[core] = at
        end = max(end, under.free[core])
        if at == senders.first[core + 1]:
            end = max(end, senders.left[core])
            continue
        n = senders.neuron[at]
        senders.axon[core], senders.again[core] = layout.fan_ptr[n], senders.spikes[at]
        senders.sent_s[core] = senders.lead[at] + work.packet
        settle(senders.tree, core, senders.bits[core])
    return end


@compiled(inline="always")
def next_packet(core, now, fan_ptr, packet_s, senders):
    """Turn a core to its next packet; returns when that is sent, or when the core is done."""
    at = senders.at[core]
    n = senders.neuron[at]
    senders.axon[core] += 1
    if senders.axon[core] < fan_ptr[n + 1]:
        return now + packet_s
    if senders.again[core] > 1:
        senders.again[core] -= 1
        senders.axon[core] = fan_ptr[n]
        return now + packet_s
    at += 1
    senders.at[core] = at
    if at == senders.first[core + 1]:
        return now + senders.left[core]
    n = senders.neuron[at]
    senders.axon[core], senders.again[core] = fan_ptr[n], senders.spikes[at]
    return now + senders.lead[at] + packet_s


@compiled()
def send_all(layout, mesh, work, senders, under):
    """Send all packets of a step; returns when the last core is done."""
    end = begin(layout, work, senders, under)
    fan_ptr, fan_core, reads = layout.fan_ptr, layout.fan_core, work.axon
    tile_x, tile_y, density, free = mesh.x, mesh.y, under.density, under.free
    first, last, packet, received = under.first, under.last, under.packet, under.received
    sent_s, send_tree, next_s, read_tree = senders.sent_s, senders.tree, under.next_s, under.tree
    which, total, n_under, n_used, unused = send_tree.size // 2 - 1, 0.0, 0, 0, -1
    while send_tree[1] != NEVER:
        sender = send_tree[1] & which
        now = sent_s[sender]
        # take off what is read by now
        while read_tree[1] != NEVER and next_s[read_tree[1] & which] <= now:
            target = read_tree[1] & which
            m = first[target]
            by = packet[m, 0]
            x, y = tile_x[target] - tile_x[by], tile_y[target] - tile_y[by]
            walk(density, mesh, by, x, y, -1.0 / (abs(x) + abs(y) + 2))
            n_under -= 1
            total = total - received[m, 1] if n_under > 0 else 0.0
            first[target] = packet[m, 1]
            packet[m, 1] = unused
            unused = m
            if first[target] >= 0:
                next_s[target] = received[first[target], 0]
            settle(read_tree, target, under.bits[target] if first[target] >= 0 else NEVER)
        axon = senders.axon[sender]
        target, seconds = fan_core[axon], reads[axon]
        x, y = tile_x[target] - tile_x[sender], tile_y[target] - tile_y[sender]
        places = abs(x) + abs(y) + 1
        met = walk(density, mesh, sender, x, y, 1.0 / (places + 1))
        mean = total / n_under if n_under > 0 else 0.0
        if met > places * mesh.room:
            now += (met - places * mesh.room) * mean
        way = abs(x) * mesh.hop_x + abs(y) * mesh.hop_y if places > 1 else mesh.within_tile
        arrives = max(free[target], now + max(way, met * mean / places))
        free[target] = arrives + seconds
        end = max(end, arrives + seconds)
        total += seconds
        n_under += 1
        m = unused
        if m >= 0:
            unused = packet[m, 1]
        else:
            m = n_used
            n_used += 1
        received[m, 0], received[m, 1], packet[m, 0], packet[m, 1] = arrives, seconds, sender, -1
        if first[target] < 0:
            first[target] = m
            next_s[target] = arrives
            settle(read_tree, target, under.bits[target])
        else:
            packet[last[target], 1] = m
        last[target] = m
        sent_s[sender] = next_packet(sender, now, fan_ptr, work.packet, senders)
        is_done = senders.at[sender] == senders.first[sender + 1]
        end = max(end, sent_s[sender])
        settle(send_tree, sender, NEVER if is_done else senders.bits[sender])
    return end


@compiled()
def contend_rows(
    ptr, neuron, count, updated, first_row, layout, mesh, work, senders, under, seconds
):
    """Write the seconds of the rows from ``first_row`` on, rows as in ``replay_run``."""
    for r in range(seconds.size):
        row = first_row + r
        for k in range(under.density.size):
            under.density[k] = 0.0
        line_up(ptr, neuron, count, updated[row], row, layout, work, senders, under.free)
        seconds[r] = send_all(layout, mesh, work, senders, under)
