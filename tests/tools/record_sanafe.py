"""Record what SANA-FE says of three runs, for tests that cannot install it.

Run it with a Python that has ``sanafe`` 2.2.9 and NumPy; this package need not be there, and is not
used::

    python tests/tools/record_sanafe.py dvs tests/recorded/sanafe/dvs.json --cycle-steps 20
    python tests/tools/record_sanafe.py w2 tests/recorded/sanafe/w2_10_cores.json --arrays w2.npz
    --cycle-steps 5 python tests/tools/record_sanafe.py w2 tests/recorded/sanafe/w2_128_cores.json
    --arrays w2.npz --cores 128
    python tests/tools/record_sanafe.py dvs tests/recorded/sanafe/dvs_balanced.json --places
    tests/recorded/sanafe/dvs_balanced.npz --models simple

``dvs`` is the network of the tool's own examples on its own Loihi architecture, mapped as its
tutorial 5 maps it, or with ``--places`` as a file says: the tool's core of each neuron, by layer.
``w2`` is a recurrent network of 10,000 neurons, each with 100 synapses, a bias and a start
potential. Energy and counts do not depend on the timing model: they are asserted to be equal, and
written once.
"""

import argparse
import contextlib
import io
import json
import math
import re
import sys
import time
from collections.abc import Callable, Sequence
from graphlib import TopologicalSorter
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # the tests look at this file with a Python that has no sanafe
    import sanafe

CORES_OF_LAYER = (1, 4, 16, 16, 4, 1)
DVS_LAYERS = ("conv1", "conv2", "conv3", "conv4")
# W2's values times this, so that cutting a potential to 1/64 is below float64's own rounding of W2
FINER = 4096.0
COUNTS = {
    "fired": "neurons_fired",
    "updated": "neurons_updated",
    "packets": "packets_sent",
    "synaptic_operations": "spikes",
}  # our words: the tool's


def map_evenly(group: Sequence, cores: Sequence) -> None:
    """As many neurons on each core as fit evenly, in order; the last core takes what is left."""
    each = len(group) // len(cores)
    for index, core in enumerate(cores):
        last = index == len(cores) - 1
        for neuron in group[index * each : None if last else (index + 1) * each]:
            neuron.map_to_core(core)


def map_by_file(layers: Sequence, names: Sequence[str], cores: Sequence, places: Path) -> None:
    """Every neuron on the core that a file gives it."""
    core_of = np.load(places)
    for name, layer in zip(names, layers, strict=True):
        for neuron, core in zip(layer, core_of[name].tolist(), strict=True):
            neuron.map_to_core(cores[core])


def dvs_network(arch: "sanafe.Architecture", places: Path | None = None) -> "sanafe.Network":
    """The network of tutorial 5 with its mapping, or with that of a file."""
    import sanafe.layers

    arrays = np.load(str(files("sanafe.examples") / "dvs_challenge.npz"))
    thresholds, net = arrays["thresholds"], sanafe.Network()
    layers = [sanafe.layers.Input2D(net, 32, 32, threshold=thresholds[0])]
    for name, stride, threshold in zip(DVS_LAYERS, (2, 1, 1, 1), thresholds[1:], strict=False):
        strides = {"stride_width": stride, "stride_height": stride}
        layers.append(
            sanafe.layers.Conv2D(net, layers[-1], arrays[name], threshold=threshold, **strides)
        )
    layers.append(
        sanafe.layers.Dense(net, layers[-1], 11, arrays["dense1"], threshold=thresholds[5])
    )
    for neuron, bias in zip(layers[0], arrays["inputs"], strict=True):
        neuron.set_attributes(model_attributes={"bias": bias})
    cores, first = arch.cores(), 0
    if places is not None:
        map_by_file(layers, ("pixels", *DVS_LAYERS, "dense1"), cores, places)
        return net
    for layer, n_cores in zip(layers, CORES_OF_LAYER, strict=True):
        map_evenly(layer, cores[first : first + n_cores])
        first += n_cores
    return net


def w2_network(arch: "sanafe.Architecture", arrays: Path, n_cores: int) -> "sanafe.Network":
    """W2 over the first cores. The tool does not leak in the first step, so potentials start one
    leak later.
    """
    import sanafe

    w2, net = np.load(arrays), sanafe.Network()
    beta, n_neurons = float(w2["beta"]), w2["v0"].size
    shared = {"threshold": float(w2["thr"]) * FINER, "leak_decay": beta, "reset": 0.0}
    group = net.create_neuron_group("w2", n_neurons, model_attributes=shared)
    for neuron, bias, start in zip(group, w2["bias"], w2["v0"] * beta, strict=True):
        neuron.set_attributes(
            model_attributes={"bias": float(bias) * FINER, "potential": float(start) * FINER}
        )
    source = np.repeat(np.arange(n_neurons), w2["post"].shape[1])
    pairs = list(zip(source.tolist(), w2["post"].ravel().tolist(), strict=True))
    group.connect_neurons_sparse(group, {"w": (w2["w"].ravel() * FINER).tolist()}, pairs)
    map_evenly(group, arch.cores()[:n_cores])
    return net


def run(
    build: Callable[["sanafe.Architecture"], "sanafe.Network"], model: str, n_steps: int
) -> tuple[dict, dict]:
    """What a run gives whatever the timing model, and what only this model gives."""
    import sanafe

    arch = sanafe.load_arch(str(files("sanafe.examples") / "loihi.yaml"))
    chip = sanafe.SpikingChip(arch)
    chip.load(build(arch))
    rows, wall, cpu = [], time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):  # it reports every call
        for step in range(
            n_steps
        ):  # one call a step: only the results of a call say how many packets there were
            traced = True if step == n_steps - 1 else None
            rows.append(chip.sim(1, timing_model=model, perf_trace=True, message_trace=traced))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    counted = {ours: [row[its] for row in rows] for ours, its in COUNTS.items()}
    counted["hops"] = [int(row["perf_trace"]["hops"][0]) for row in rows]
    totals = {name: sum(values) for name, values in counted.items()}
    energy = {part: math.fsum(row["energy"][part] for row in rows) for part in rows[0]["energy"]}
    same = {
        "totals": {**totals, "energy_j": energy},
        "steps": {**counted, "energy_j": [row["energy"]["total"] for row in rows]},
    }
    latency = [row["sim_time"] for row in rows]
    durations = {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}
    own = {
        "n_steps": n_steps,
        "latency_s": math.fsum(latency),
        "step_latency_s": latency,
        **durations,
    }
    return same, own | {"tile_order": tile_order(rows[-1]["message_trace"][0])}


def tile_order(messages: Sequence[dict]) -> list[int]:
    """The order in which a neuron's messages are sent to tiles: that of addresses in the tool's
    memory, not of numbers.

    The timing model ``detailed`` depends on it. Within a tile, cores come in ascending order.
    """
    targets: dict[tuple, list[int]] = {}
    for message in sorted(messages, key=lambda message: message["mid"]):
        if not message["placeholder"]:
            sender = message["src_neuron_group_id"], message["src_neuron_offset"]
            targets.setdefault(sender, []).append(message["dest_tile_id"])
    order = TopologicalSorter({tile: () for tiles in targets.values() for tile in tiles})
    for tiles in targets.values():
        for first, second in pairwise(tiles):
            if first != second:
                order.add(second, first)
    return list(order.static_order())


def main() -> None:
    """Read the command line, run the models one after another and write the file after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workload", choices=("dvs", "w2"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--arrays", type=Path, help="w2.npz")
    parser.add_argument("--cores", type=int, default=10)
    parser.add_argument("--places", type=Path, help="of dvs: the core of each neuron, by layer")
    parser.add_argument("--steps", type=int, help="1,000 of dvs, 100 of w2")
    parser.add_argument("--models", nargs="+", default=["simple", "detailed"])
    parser.add_argument(
        "--cycle-steps", type=int, default=0, help="also the model `cycle`, for so many steps"
    )
    given = parser.parse_args()
    n_steps = given.steps or (1000 if given.workload == "dvs" else 100)
    if given.workload == "dvs":
        n_cores = sum(CORES_OF_LAYER)
        if given.places is not None:
            n_cores = int(max(cores.max() for cores in np.load(given.places).values())) + 1

        def build(arch: "sanafe.Architecture") -> "sanafe.Network":
            return dvs_network(arch, given.places)

    else:
        build, n_cores = lambda arch: w2_network(arch, given.arrays, given.cores), given.cores
    record = {
        "tool": f"SANA-FE {version('sanafe')} from PyPI, its own loihi.yaml",
        "command": "python tests/tools/record_sanafe.py "
        + " ".join(Path(word).name for word in sys.argv[1:]),
        "workload": given.workload,
        "n_cores": n_cores,
        "models": {},
    }
    plan = [(model, n_steps) for model in given.models] + [("cycle", given.cycle_steps)] * bool(
        given.cycle_steps
    )
    for model, n in plan:
        same, record["models"][model] = run(build, model, n)
        record = {**same, **record} if n == n_steps else record
        for name, values in same["steps"].items():
            assert record["steps"][name][:n] == values, f"{name} depends on the timing model"
        keys = ("tool", "command", "workload", "n_cores", "totals", "models", "steps")
        text = json.dumps({key: record[key] for key in keys}, indent=1)
        given.file.write_text(compact(text) + "\n", encoding="utf-8")


def compact(text: str) -> str:
    """The same JSON with each list on one line."""
    return re.sub(r"\[[^][]*\]", lambda found: re.sub(r"\s", "", found[0]), text)


if __name__ == "__main__":
    main()
