"""Packets of one step that wait for one another, each looked at with everything under way in sight:
the oracle.
"""

import struct
from collections import defaultdict


def bits(seconds):
    """The bits of a float as a whole number."""
    return struct.unpack("<q", struct.pack("<d", seconds))[0]


def route(mapping, sender, target):
    """Places on the way: the core itself, then each tile entered with the direction it was entered
    in.
    """
    (x, y), (to_x, to_y) = mapping.tiles[sender].tolist(), mapping.tiles[target].tolist()
    places = [(x, y, f"core {mapping.places[sender]}")]
    while x != to_x:
        x += 1 if to_x > x else -1
        places.append((x, y, "east" if to_x > mapping.tiles[sender][0] else "west"))
    while y != to_y:
        y += 1 if to_y > y else -1
        places.append((x, y, "north" if to_y > mapping.tiles[sender][1] else "south"))
    return places


def queues(network, mapping, fired, updated, seconds, reach):
    """Per core the packets it sends, (seconds before each, target, seconds to read it), and what is
    left after them.
    """
    sent, left = defaultdict(list), defaultdict(float)
    for p in network.neuron_populations:
        start = network.starts[p.name]
        for n in range(p.n_neurons):
            core, copies = mapping.core_of[start + n], mapping.copies[start + n]
            left[core] += copies * seconds["update_active" if updated[p.name][n] else "update_inactive"]
            left[core] += fired[p.name][n] * seconds["spike"]
            for _ in range(fired[p.name][n]):
                for target, n_synapses in sorted(reach[p.name, n].items()):
                    reading = seconds["packet_in"] + n_synapses * seconds["synaptic_operation"]
                    sent[core].append((left[core] + seconds["packet"], target, reading))
                    left[core] = 0.0
    return sent, left


def step_seconds(network, mapping, fired, updated, seconds, reach, room, at_once):
    """Seconds of one step; ``fired`` and ``updated`` by population, ``reach`` as in
    ``replay_run``.
    """
    sent, left = queues(network, mapping, fired, updated, seconds, reach)
    which = (1 << max(1, (mapping.n_cores - 1).bit_length())) - 1
    free = {core: 0.0 for core in range(mapping.n_cores)}
    for p in network.inputs:
        for n in range(p.n_neurons):
            for target, n_synapses in reach[p.name, n].items():
                reading = seconds["packet_in"] + n_synapses * seconds["synaptic_operation"]
                free[target] += fired[p.name][n] * reading
    if not at_once:
        for core in free:
            free[core] += left[core] + sum(before for before, _, _ in sent[core])
    end = max([*free.values(), *(left[core] for core in free if not sent[core])])
    clock = {core: queue[0][0] for core, queue in sent.items() if queue}
    under_way = []  # (received, reading, places)
    while clock:
        core = min(clock, key=lambda c: (bits(clock[c]) & ~which, c))
        now, (_, target, reading) = clock[core], sent[core].pop(0)
        under_way = [packet for packet in under_way if packet[0] > now]
        mean = sum(packet[1] for packet in under_way) / len(under_way) if under_way else 0.0
        places = route(mapping, core, target)
        met = sum(len(set(places) & set(other)) / (len(other) + 1) for _, _, other in under_way)
        if met > len(places) * room:
            now += (met - len(places) * room) * mean
        x, y = abs(mapping.tiles[target] - mapping.tiles[core])
        way = x * seconds["hop_x"] + y * seconds["hop_y"] if x + y else seconds["within_tile"]
        received = max(free[target], now + max(way, met * mean / len(places)))
        free[target] = received + reading
        under_way.append((received, reading, places))
        clock[core] = now + (sent[core][0][0] if sent[core] else left[core])
        end = max(end, free[target], clock[core])
        if not sent[core]:
            del clock[core]
    return end
