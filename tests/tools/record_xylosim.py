"""Record what XyloSim says of random networks of integers, for tests that cannot install it.

Run it with a Python that has ``xylosim`` 0.1.3 and NumPy; this package need not be there, and is
not used::

    python tests/tools/record_xylosim.py tests/recorded/xylo/random.npz

Each network has 8 inputs, 40 recurrent hidden and 8 output neurons, and runs 4,000 steps: together
more than a million neuron-steps. The file holds parameters, inputs and all spikes; of the membrane
potentials after each step, which would be large, it holds SHA-256 digests of the int16 arrays
(step, neuron), or with ``--states`` the arrays themselves. Synaptic currents are not kept: no
potential would be right if one of them were wrong.
"""

import argparse
import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

N_INPUT, N_HIDDEN, N_OUTPUT, N_STEPS = 8, 40, 8, 4000
NETWORKS = ("quiet", "busy", "biased", "shifted input", "shifted recurrent", "saturating")
STATES = ("v", "v_output")


def random_network(kind: str, seed: int) -> dict[str, np.ndarray]:
    """Parameters and inputs of one network, all integers."""
    random = np.random.default_rng(seed)
    shape = {
        "w_input": (N_INPUT, N_HIDDEN),
        "w_hidden": (N_HIDDEN, N_HIDDEN),
        "w_output": (N_HIDDEN, N_OUTPUT),
    }
    network = {
        name: random.integers(-127, 128, size).astype(np.int8) for name, size in shape.items()
    }
    network["w_hidden"] //= {"busy": 2, "shifted recurrent": 16}.get(kind, 4)
    network["w_input"] //= 4 if kind == "shifted input" else 1
    for name, weight in network.items():
        weight[0, 0] = -127 if name == "w_hidden" else 127
    if (
        kind == "saturating"
    ):  # one sign a target, so that the order of spikes within a step changes nothing
        sign = random.choice([-1, 1, 1], N_HIDDEN)
        network["w_input"] = np.abs(network["w_input"]) * sign.astype(np.int8)
        network["w_hidden"] = np.abs(network["w_hidden"]) * sign.astype(np.int8)
        network["w_output"] = np.abs(network["w_output"])
    shifts = {"shifted input": (2, 0, 0), "shifted recurrent": (0, 3, 0)}.get(kind, (0, 0, 0))
    low, high = {"quiet": (2000, 20000), "busy": (300, 2000), "saturating": (20000, 32767)}.get(
        kind, (800, 8000)
    )
    for name, n in (("hidden", N_HIDDEN), ("output", N_OUTPUT)):
        network[f"dash_syn_{name}"] = random.integers(
            1, {"saturating": 10}.get(kind, 4 if any(shifts) else 7), n
        )
        network[f"dash_mem_{name}"] = random.integers(1, 9 if kind != "saturating" else 13, n)
        network[f"threshold_{name}"] = random.integers(low, high, n)
        network[f"bias_{name}"] = random.integers(-40, 41, n) * (kind == "biased")
    rate = {"quiet": 0.3, "saturating": 8.0}.get(kind, 1.0)
    network["inputs"] = np.minimum(random.poisson(rate, (N_STEPS, N_INPUT)), 15).astype(np.uint8)
    network["shifts"] = np.array(shifts)
    return {
        name: value if value.dtype.itemsize == 1 else value.astype(np.int16)
        for name, value in network.items()
    }


def run(network: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Spikes and membrane potential of every neuron after every step, (step, neuron)."""
    from xylosim.v2 import XyloLayer, XyloSynapse

    alive = []  # the tool keeps pointers to what Python would throw away

    def synapses(weight: np.ndarray) -> list:
        rows = [
            [XyloSynapse(int(t), 0, int(row[t])) for t in np.flatnonzero(row)] for row in weight
        ]
        alive.extend(rows)
        return rows

    def of(name: str) -> list:
        return network[name].tolist()

    layer = XyloLayer(
        synapses_in=synapses(network["w_input"]),
        synapses_rec=synapses(network["w_hidden"]),
        synapses_out=synapses(network["w_output"]),
        aliases=[[] for _ in range(N_HIDDEN)],
        threshold=of("threshold_hidden"),
        threshold_out=of("threshold_output"),
        has_bias=bool(network["bias_hidden"].any()),
        bias=of("bias_hidden"),
        bias_out=of("bias_output"),
        weight_shift_inp=int(network["shifts"][0]),
        weight_shift_rec=int(network["shifts"][1]),
        weight_shift_out=int(network["shifts"][2]),
        dash_mem=of("dash_mem_hidden"),
        dash_mem_out=of("dash_mem_output"),
        dash_syns=[[dash] for dash in of("dash_syn_hidden")],
        dash_syns_out=[[dash] for dash in of("dash_syn_output")],
        name="random",
    )
    layer.evolve(of("inputs"))
    return {
        "spikes": np.array(layer.rec_recurrent_spikes, np.uint8),
        "spikes_output": np.array(layer.rec_out_spikes, np.uint8),
        "v": np.array(layer.rec_v_mem, np.int16).T,
        "v_output": np.array(layer.rec_v_mem_out, np.int16).T,
    }


def digest(potentials: np.ndarray) -> str:
    """SHA-256 of little-endian int16 in C order."""
    return hashlib.sha256(np.ascontiguousarray(potentials, "<i2").tobytes()).hexdigest()


def main() -> None:
    """Read the command line, run every network and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--states", action="store_true", help="the potentials themselves, not their digests"
    )
    given = parser.parse_args()
    record = {
        "tool": np.array(f"XyloSim {version('xylosim')}, version 2 of the chip"),
        "command": np.array("python tests/tools/record_xylosim.py " + " ".join(sys.argv[1:])),
        "networks": np.array(NETWORKS),
    }
    for seed, kind in enumerate(NETWORKS):
        network = random_network(kind, seed)
        said = run(network)
        for name in STATES if not given.states else ():
            said[name] = np.array(digest(said[name]))
        record |= {f"{kind}/{name}": value for name, value in (network | said).items()}
    np.savez_compressed(given.file, **record)


if __name__ == "__main__":
    main()
