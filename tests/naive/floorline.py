"""What each core's step is spent on, spike by spike and synapse by synapse: the oracle of the
floorline kernel.
"""

from spikefit_nb.mapping import FORMATS
from tests.naive.run_network import run, synapses

CEILINGS = ("memory", "compute", "traffic")


def work(network, dataset, mapping, profile):
    """[sample][step][core] -> {"memory", "received", "compute", "sent"} in seconds, and counts of
    the same events.
    """

    def seconds(name, otherwise=0.0):
        return profile.si(f"time_{name}", otherwise)

    fired, updated = run(network, dataset.block(0, dataset.n_samples))
    core = {p.name: mapping.core_of[network.starts[p.name] :][: p.n_neurons] for p in network.populations}
    edges = [(e, list(synapses(e))) for e in network.projections]
    operation_s = {f: seconds(f"synaptic_operation_{f}", seconds("synaptic_operation")) for f in FORMATS}
    samples = []
    for s in range(dataset.n_samples):
        steps = []
        for t in range(dataset.n_steps):
            cores = [dict.fromkeys(("memory", "received", "compute", "sent", *COUNTS), 0.0) for _ in mapping.labels]
            packets = {}  # sender population, neuron and target core: one packet a spike
            for e, of in edges:
                for source, target, _ in of:
                    n, to = int(fired[e.source][s, t, source]), core[e.target][target]
                    cores[to]["memory"] += n * operation_s[e.kind]
                    cores[to]["operations"] += n
                    packets[e.source, source, to] = n
            for (name, neuron, to), n in packets.items():
                sender = core[name][neuron]
                if sender >= 0:
                    cores[sender]["sent"] += n * seconds("packet")
                    cores[sender]["packets"] += n
                cores[to]["received"] += n * seconds("packet_in")
            for p in network.neuron_populations:
                for neuron, own in enumerate(core[p.name]):
                    is_active = updated[p.name][s, t, neuron]
                    cores[own]["updates"] += bool(is_active)
                    cores[own]["compute"] += seconds("update_active" if is_active else "update_inactive")
                    cores[own]["compute"] += int(fired[p.name][s, t, neuron]) * seconds("spike")
            steps.append(cores)
        samples.append(steps)
    return samples


COUNTS = ("operations", "updates", "packets")


def busy(core, at_once, without=""):
    """Seconds a core works in a step, one ceiling left out."""
    kept = {
        name: 0.0 if ceiling_of(name) == without else core[name] for name in ("memory", "received", "compute", "sent")
    }
    reading, updating = kept["memory"] + kept["received"], kept["compute"] + kept["sent"]
    return max(reading, updating) if at_once else reading + updating


def ceiling_of(name):
    return "traffic" if name in ("received", "sent") else name


def even(cores, at_once):
    """Seconds every core would work if all worked alike."""
    mean = {name: sum(core[name] for core in cores) / len(cores) for name in ("memory", "received", "compute", "sent")}
    return busy(mean, at_once)


def waited_for(core, at_once):
    """Seconds of each ceiling that a core's step is made of: all, or those of the stage that ends
    last.
    """
    reading, updating = core["memory"] + core["received"], core["compute"] + core["sent"]
    parts = dict.fromkeys(CEILINGS, 0.0)
    if not at_once or reading > updating:
        parts["memory"] += core["memory"]
        parts["traffic"] += core["received"]
    if not at_once or reading <= updating:
        parts["compute"] += core["compute"]
        parts["traffic"] += core["sent"]
    return parts
