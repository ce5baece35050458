"""Cores grown and hops counted by hand, everything anew each time."""

import numpy as np


def edges_of(wiring):
    """(source, target) of each synapse."""
    return [
        (u, int(v))
        for u in range(wiring.n_neurons)
        for v in wiring.target[wiring.ptr[u] : wiring.ptr[u + 1]]
    ]


def all_hops(wiring, core_of, places, sites):
    """One packet a spike to each other core with a target, each over its links."""
    ways = {(u, int(core_of[v])) for u, v in edges_of(wiring)}
    return sum(
        wiring.spikes[u] * sites.hops(places[[core_of[u]]], places[[c]])[0] for u, c in ways
    )


def grow(wiring, room, by_share, least):
    """The core of each neuron: next comes the one with most spikes in common with the core."""
    n, edges = wiring.n_neurons, [(u, v) for u, v in edges_of(wiring) if u != v]
    spikes, fan_in = wiring.spikes + least, wiring.fan_in
    into = [{u for u, v in edges if v == w} for w in range(n)]
    core_of, core, members = np.full(n, -1), 0, []

    def scores(members):
        heard = set(members).union(*(into[m] for m in members)) if members else set()
        found = {}
        for w in np.flatnonzero(core_of < 0).tolist():
            common = sum(spikes[u] for u in into[w] if u in heard) + spikes[w] * (w in heard)
            whole = sum(spikes[u] for u in into[w]) + spikes[w] if by_share else 1.0
            found[w] = common / whole
        return found

    while (core_of < 0).any():
        known = scores(members)
        members, used = [], 0
        while len(members) < room.neurons and (core_of < 0).any():
            able = {w: s for w, s in known.items() if s > 0 and used + fan_in[w] <= room.synapses}
            if able:
                v = max(able, key=able.get)
            else:
                v = int(np.flatnonzero(core_of < 0)[0])
                if members and used + fan_in[v] > room.synapses:
                    break
            core_of[v] = core
            members.append(v)
            used += fan_in[v]
            known = scores(members)
        core += 1
    return core_of


def walk(wiring):
    """Neurons as they are met, those that one feeds before those that feed it."""
    edges = [(u, v) for u, v in edges_of(wiring) if u != v]
    met = []
    for start in range(wiring.n_neurons):
        waiting = [start] if start not in met else []
        met += waiting
        while waiting:
            u = waiting.pop(0)
            near = [b for a, b in edges if a == u] + [a for a, b in edges if b == u]
            new = list(dict.fromkeys(v for v in near if v not in met))
            met += new
            waiting += new
    return met


def stream(wiring, room, n_cores, n_passes, least):
    """The core of each neuron: where most of its spikes are shared, times what of it is free."""
    n, edges = wiring.n_neurons, [(u, v) for u, v in edges_of(wiring) if u != v]
    fan_out = [max(1, sum(u == w for u, _ in edges)) for w in range(n)]
    core_of = [None] * n
    for _ in range(n_passes):
        members = [[] for _ in range(n_cores)]
        for v in walk(wiring):
            shares = [0.0] * n_cores
            for u, w in edges:
                other = w if u == v else u if w == v else None
                if other is not None and core_of[other] is not None:
                    shares[core_of[other]] += (wiring.spikes[u] + least) / fan_out[u]

            def used(core):
                return sum(int(wiring.fan_in[m]) for m in members[core])

            def has_room(core):
                is_held = used(core) + int(wiring.fan_in[v]) <= room.synapses
                return is_held and len(members[core]) < room.neurons

            able = [core for core in range(n_cores) if has_room(core)]
            full = {c: max(len(members[c]) / room.neurons, used(c) / room.synapses) for c in able}
            free = {core: shares[core] * (1.0 - full[core]) for core in able}
            if max(free.values(), default=0) > 0:
                best = max(able, key=free.get)
            elif able:
                best = min(able, key=lambda core: len(members[core]))
            else:
                best, n_cores = n_cores, n_cores + 1
                members.append([])
            members[best].append(v)
            core_of[v] = best
    return np.unique(core_of, return_inverse=True)[1]
