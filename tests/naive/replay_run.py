"""The price of a run, counted synapse by synapse: the oracle of the replay kernel."""

from collections import Counter, defaultdict

import numpy as np

from tests.naive.run_network import run, synapses


def reached(network, mapping):
    """(population, neuron) -> core -> synapses there."""
    reach = defaultdict(Counter)
    for e in network.projections:
        for source, target, _ in synapses(e):
            reach[e.source, source][mapping.core_of[network.starts[e.target] + target]] += 1
    return reach


def replay(network, dataset, mapping, seconds, step_end_s):
    """Counts per sample and seconds per sample; ``seconds`` maps each timed event to its
    seconds.
    """
    fired, updated = run(network, dataset.block(0, dataset.n_samples))
    core = {p.name: mapping.core_of[network.starts[p.name] :][: p.n_neurons] for p in network.populations}
    reach = reached(network, mapping)
    tiles = mapping.tiles
    counts = [Counter() for _ in range(dataset.n_samples)]
    latency = np.zeros(dataset.n_samples)
    packets = Counter()
    for s in range(dataset.n_samples):
        for t in range(dataset.n_steps):
            busy = np.zeros(mapping.n_cores)
            for p in network.populations:
                for n in range(p.n_neurons):
                    amount, sender = int(fired[p.name][s, t, n]), core[p.name][n]
                    counts[s]["spikes"] += amount if sender >= 0 else 0
                    for to, n_synapses in reach[p.name, n].items():
                        if not amount:
                            continue
                        counts[s]["synaptic_operations"] += amount * n_synapses
                        busy[to] += amount * n_synapses * seconds["synaptic_operation"]
                        counts[s]["packets_in"] += amount
                        busy[to] += amount * seconds.get("packet_in", 0.0)
                        if sender < 0:
                            counts[s]["input_packets"] += amount
                            continue
                        x, y = abs(tiles[to] - tiles[sender])
                        counts[s]["packets"] += amount
                        packets[sender, to] += amount
                        counts[s]["hops_x"] += amount * x
                        counts[s]["hops_y"] += amount * y
                        counts[s]["within_tile"] += amount * (x + y == 0)
                    if sender >= 0 and not p.is_input:  # what a source does besides has no price
                        kind = "updates_active" if updated[p.name][s, t, n] else "updates_inactive"
                        counts[s][kind] += 1
                        busy[sender] += seconds[kind.replace("updates", "update")]
            latency[s] += busy.max() + step_end_s
    return counts, latency, packets
