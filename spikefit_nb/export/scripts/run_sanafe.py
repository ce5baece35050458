"""A mapped network in SANA-FE: ``python run_sanafe.py`` writes what fired, energy and time.

``architecture.yaml`` is the chip. Inputs come from outside a chip: here they fire on a core of each
tile that costs nothing, one copy in each tile they reach, so that no packet of theirs crosses the
mesh. SANA-FE delivers every spike in the next step, those of inputs too. So everything runs a step
behind the inputs: a first step without bias is run before the others, and the cost of a step in
which nothing happens is taken off again.
"""

import contextlib
import io
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

NEVER = -1e18  # a second threshold, below which a neuron would fire too
INPUTS = "outside_spikes"  # soma units of ``architecture.yaml``


def make_inputs(net: Any, arch: Any, network: dict[str, Any], given: dict[str, np.ndarray]) -> dict:
    """The copies of each input population: by tile, its channels there and their neurons."""
    cores, per_tile, made = arch.cores(), network["cores_per_tile"] + 1, {}
    for p in (p for p in network["populations"] if p["kind"] == "input"):
        of_tile: dict[int, set] = {}
        for e in (e for e in network["projections"] if e["source"] == p["key"]):
            tile = given[f"{e['target']}.core"][given[f"{e['key']}.target"]] // per_tile
            for t in np.unique(tile).tolist():
                of_tile.setdefault(t, set()).update(given[f"{e['key']}.source"][tile == t].tolist())
        for tile, reached in sorted(of_tile.items()):
            channels = sorted(reached)
            group = net.create_neuron_group(f"{p['key']}_{tile}", len(channels))
            for k, neuron in enumerate(group):
                neuron.set_attributes(
                    soma_hw_name=f"{INPUTS}[{k}]", model_attributes={"spikes": [False]}
                )
                neuron.map_to_core(cores[(tile + 1) * per_tile - 1])
            made[p["key"], tile] = channels, group
    return made


def make_neurons(net: Any, arch: Any, p: dict[str, Any], given: dict[str, np.ndarray]) -> Any:
    """A population, each neuron on its core."""
    mode = "soft" if p["reset"] == "subtract" else "hard"
    group = net.create_neuron_group(
        p["key"],
        p["n"],
        model_attributes={"reset_mode": mode, "reverse_threshold": NEVER},
        default_synapse_hw_name=p["synapse"],
        soma_hw_name="neurons",
        log_spikes=True,
    )
    columns = {
        "threshold": given[f"{p['key']}.threshold"],
        "leak_decay": given[f"{p['key']}.keep_v"],
        "input_decay": given[f"{p['key']}.keep_u"],
        "reset": given[f"{p['key']}.v_reset"],
    }
    cores = arch.cores()
    for n, core in enumerate(given[f"{p['key']}.core"].tolist()):
        own = {name: float(values[n]) for name, values in columns.items()}
        group[n].set_attributes(model_attributes=own)
        group[n].map_to_core(cores[core])
    return group


def connect(
    network: dict[str, Any], given: dict[str, np.ndarray], inputs: dict, groups: dict[str, Any]
) -> None:
    """Every synapse; of an input in the tile it ends in."""
    per_tile = network["cores_per_tile"] + 1
    for e in network["projections"]:
        key, target = e["key"], given[f"{e['key']}.target"]
        source, weight = given[f"{key}.source"], given[f"{key}.weight"]
        if e["source"] in groups:
            pairs = list(zip(source.tolist(), target.tolist(), strict=True))
            groups[e["source"]].connect_neurons_sparse(
                groups[e["target"]], {"w": weight.tolist()}, pairs
            )
            continue
        tile = given[f"{e['target']}.core"][target] // per_tile
        for (of, at), (channels, group) in inputs.items():
            here = (tile == at) & (of == e["source"])
            if here.any():
                copy = np.searchsorted(channels, source[here])
                pairs = list(zip(copy.tolist(), target[here].tolist(), strict=True))
                group.connect_neurons_sparse(
                    groups[e["target"]], {"w": weight[here].tolist()}, pairs
                )


class Chip:
    """A loaded chip, and what a run on it says."""

    def __init__(self, chip: Any, network: dict[str, Any], given: dict[str, np.ndarray]):
        self.chip, self.given = chip, given
        self.keys = [p["key"] for p in network["populations"] if p["kind"] != "input"]
        self.biased = [key for key in self.keys if given[f"{key}.bias"].any()]

    def sim(self, n_steps: int) -> dict[str, Any]:
        """Some steps."""
        with contextlib.redirect_stdout(io.StringIO()):  # it reports every call
            return self.chip.sim(
                n_steps, timing_model="simple", processing_threads=1, spike_trace=True
            )

    def bias(self, step: int | None) -> None:
        """Set the biases of a step, or none; one that synapses filter grows from step to step."""
        with contextlib.redirect_stdout(io.StringIO()):
            for key in self.biased:
                kept = self.given.get(f"{key}.bias_kept", np.zeros(1))
                grown = 0.0 if step is None else (1 - kept ** (step + 1)) / (1 - kept)
                neurons = self.chip.mapped_neuron_groups[key]
                values = self.given[f"{key}.bias"] * grown
                for neuron, bias in zip(neurons, values.tolist(), strict=True):
                    neuron.set_attributes(model_attributes={"bias": bias})

    def steps(self, n_steps: int) -> list[dict[str, Any]]:
        """All steps of a sample: at once, or one by one where a bias grows."""
        grows = any(f"{key}.bias_kept" in self.given for key in self.biased)
        runs = []
        for step in range(n_steps if grows else 1):
            self.bias(step)
            runs.append(self.sim(1 if grows else n_steps))
        return runs

    def begin(self, inputs: dict, first: dict[str, int], spikes: np.ndarray) -> None:
        """States as at the start, and the spikes (n_steps, n_channels) of a sample."""
        self.chip.reset()
        with contextlib.redirect_stdout(io.StringIO()):
            for (key, tile), (channels, _) in inputs.items():
                neurons = self.chip.mapped_neuron_groups[f"{key}_{tile}"]
                for channel, neuron in zip(channels, neurons, strict=True):
                    fires = spikes[:, first[key] + channel] > 0
                    neuron.set_attributes(model_attributes={"spikes": [*fires.tolist(), False]})
        self.bias(None)


def fired(trace: Sequence[Sequence[Any]], sample: int, keys: Sequence[str]) -> dict[str, list]:
    """Rows of sample, step, neuron, 1 by population."""
    rows: dict[str, list] = {key: [] for key in keys}
    for step, neurons in enumerate(trace):
        for neuron in neurons:
            key, _, number = str(neuron).partition(".")
            if key in rows:
                rows[key].append((sample, step, int(number), 1))
    return rows


def main() -> None:
    """Run all samples, one after another."""
    import sanafe
    from job_files import FOLDER, dense_input, read_input, read_network, write_answer

    network, given = read_network()
    sizes, events = read_input()
    arch, net = sanafe.load_arch(str(FOLDER / "architecture.yaml")), sanafe.Network()
    inputs = make_inputs(net, arch, network, given)
    groups = {
        p["key"]: make_neurons(net, arch, p, given)
        for p in network["populations"]
        if p["kind"] != "input"
    }
    connect(network, given, inputs, groups)
    spiking = sanafe.SpikingChip(arch)
    spiking.load(net)
    chip = Chip(spiking, network, given)
    first = {p["key"]: p["first"] for p in network["populations"] if p["kind"] == "input"}
    chip.begin(inputs, first, np.zeros((1, sizes["n_channels"])))
    idle = chip.sim(1)
    spikes: dict[str, list] = {key: [] for key in chip.keys}
    energy_j, latency_s = [], []
    for sample in range(sizes["n_samples"]):
        chip.begin(inputs, first, dense_input(sizes, events, [sample])[0])
        before = chip.sim(1)
        runs = chip.steps(sizes["n_steps"])
        trace = [step for run in runs for step in run["spike_trace"]]
        for key, rows in fired(trace, sample, chip.keys).items():
            spikes[key] += rows
        energy_j.append(
            sum(r["energy"]["total"] for r in (before, *runs)) - idle["energy"]["total"]
        )
        latency_s.append(sum(r["sim_time"] for r in (before, *runs)) - idle["sim_time"])
    fired_rows = {key: np.array(found, np.int32).reshape(-1, 4) for key, found in spikes.items()}
    write_answer(
        f"SANA-FE {version('sanafe')}",
        fired_rows,
        energy_j=np.array(energy_j),
        latency_s=np.array(latency_s),
    )


if __name__ == "__main__":
    main()
