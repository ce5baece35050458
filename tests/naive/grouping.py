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
