"""Record what Lava's fixed-point neurons and synapses do in random networks, for tests that cannot
install it.

Run it with a Python 3.10 that has ``lava-nc`` 0.10; this package need not be there, and is not
used::

    python tests/tools/record_lava.py tests/recorded/lava

Each network is input -> hidden (-> hidden) -> output, each connection takes one step. One file a
network: the integers it is made of, the input, every spike, a checksum over every current and
potential in every step, and these numbers themselves for some neurons and steps, so that a
difference can be looked at.
"""

import argparse
import datetime
import sys
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

N_INPUT, N_HIDDEN, N_OUTPUT, N_STEPS = 20, 60, 40, 2500
EVERY_NEURON, EVERY_STEP = 6, 25  # of which currents and potentials are written down as numbers


class Neurons(NamedTuple):
    """One population as Lava takes it."""

    du: int
    dv: int
    vth: int
    bias_mant: np.ndarray
    bias_exp: int


class Synapses(NamedTuple):
    """One connection: weights (source, target), which Lava takes with 8 bits, in steps of two where
    signs are mixed.
    """

    weight: np.ndarray
    exponent: int
    bits: int


class Case(NamedTuple):
    """One network and its input, (n_steps, n_input) bool."""

    neurons: dict
    synapses: dict
    spikes: np.ndarray


def weights(
    random: np.random.Generator, shape: tuple, bits: int, low: float = -1.0, high: float = 1.0
) -> np.ndarray:
    """Integers of so many bits, sign included, as Lava stores them: shifted to the top of 9 bits;
    the largest is there.

    ``low`` and ``high`` bound them as parts of the largest; where both have one sign, so have all
    weights.
    """
    most = 2 ** (bits - 1) - 1
    values = np.rint(random.uniform(low * most, high * most, shape)).astype(int)
    values.flat[0] = most if high > 0 else -most
    return values << (9 - bits)


def cases() -> dict:
    """The networks by name."""
    found = {}
    shapes = {
        "input": (N_INPUT, N_HIDDEN),
        "loop": (N_HIDDEN, N_HIDDEN),
        "output": (N_HIDDEN, N_OUTPUT),
    }
    for seed, (name, rate, layers, bounds, exponents, bits) in enumerate(
        (
            # numbers that Loihi's arithmetic chooses by itself for a network of real ones
            (
                "in_range",
                0.06,
                ((1023, 256, 200, 0, 0), (511, 128, 150, 0, 0)),
                (-1, 0.7),
                (1, 0, 1),
                8,
            ),
            (
                "biased",
                0.2,
                ((700, 300, 11000, 3000, 2), (900, 90, 15000, 4000, 1)),
                (-0.9, 1),
                (1, 0, 1),
                8,
            ),
            (
                "wrapping",
                0.5,
                ((30, 7, 131071, 4095, 7), (11, 3, 131000, -4000, 7)),
                (-1, 1),
                (7, 7, 6),
                8,
            ),
            (
                "four_bits",
                0.3,
                ((4095, 400, 350, 60, 3), (4095, 0, 150, -3, 0)),
                (-0.8, 1),
                (-2, -3, -5),
                4,
            ),
            (
                "one_sign",
                0.2,
                ((900, 4095, 1200, -2000, 3), (4095, 77, 2500, 20, 0)),
                (0, 1),
                (0, -1, 0),
                8,
            ),
        )
    ):
        random = np.random.default_rng(seed)
        neurons = {
            population: Neurons(
                du, dv, vth, random.integers(min(bias, 0), max(bias, 0) + 1, n), exponent
            )
            for (population, n), (du, dv, vth, bias, exponent) in zip(
                (("hidden", N_HIDDEN), ("output", N_OUTPUT)), layers, strict=True
            )
        }
        sides = {key: bounds for key in shapes} | ({"loop": (-1, 0)} if name == "one_sign" else {})
        synapses = {
            key: Synapses(weights(random, shape, bits, *sides[key]), exponent, bits)
            for (key, shape), exponent in zip(shapes.items(), exponents, strict=True)
        }
        found[name] = Case(neurons, synapses, random.random((N_STEPS, N_INPUT)) < rate)
    return found


def run(case: Case) -> dict:
    """Let Lava run a network; (n_steps, n_neurons) spikes ``s``, currents ``u`` and potentials
    ``v`` after reset.
    """
    from lava.magma.core.run_conditions import RunSteps
    from lava.magma.core.run_configs import Loihi2SimCfg
    from lava.proc.dense.process import Dense
    from lava.proc.io.source import RingBuffer
    from lava.proc.lif.process import LIF
    from lava.proc.monitor.process import Monitor

    source = RingBuffer(data=case.spikes.T.astype(int))
    layers = {
        name: LIF(
            shape=p.bias_mant.shape,
            du=p.du,
            dv=p.dv,
            vth=p.vth,
            bias_mant=p.bias_mant,
            bias_exp=p.bias_exp,
        )
        for name, p in case.neurons.items()
    }
    ends = {
        "input": (source, layers["hidden"]),
        "loop": (layers["hidden"], layers["hidden"]),
        "output": (layers["hidden"], layers["output"]),
    }
    for name, (first, last) in ends.items():
        given = case.synapses[name]
        dense = Dense(weights=given.weight.T, weight_exp=given.exponent, num_weight_bits=given.bits)
        first.s_out.connect(dense.s_in)
        dense.a_out.connect(last.a_in)
    seen = {}
    for name, layer in layers.items():
        for key, variable in (("s", layer.s_out), ("u", layer.u), ("v", layer.v)):
            seen[name, key] = Monitor()
            seen[name, key].probe(variable, N_STEPS)
    source.run(condition=RunSteps(num_steps=N_STEPS), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
    traces = {}
    for (name, key), monitor in seen.items():
        (by_variable,) = monitor.get_data().values()
        (traces[name, key],) = by_variable.values()
    source.stop()
    return {key: np.asarray(trace).astype(np.int32) for key, trace in traces.items()}


def write(path: Path, case: Case, traces: dict) -> None:
    """Write one network, what it did, and how the file was made."""
    arrays = {"n_steps": N_STEPS, "spikes": np.packbits(case.spikes)}
    for name, p in case.neurons.items():
        arrays |= {f"{name}_{key}": value for key, value in p._asdict().items()}
        arrays[f"{name}_bias_mant"] = p.bias_mant.astype(np.int16)
        arrays[f"{name}_s"] = np.packbits(traces[name, "s"].astype(bool))
        for key in ("u", "v"):
            trace = np.ascontiguousarray(traces[name, key], "<i4")
            arrays[f"{name}_{key}"] = trace[::EVERY_STEP, ::EVERY_NEURON]
            arrays[f"{name}_{key}_crc32"] = zlib.crc32(trace.tobytes())
    for name, given in case.synapses.items():
        arrays |= {
            f"{name}_weight": given.weight.astype(np.int16),
            f"{name}_exponent": given.exponent,
        }
        arrays[f"{name}_bits"] = given.bits
    made = {"lava": version("lava-nc"), "python": sys.version.split()[0], "numpy": np.__version__}
    made |= {
        "date": datetime.date.today().isoformat(),
        "command": "python tests/tools/record_lava.py FOLDER",
    }
    np.savez_compressed(path, **arrays, **made, every=(EVERY_STEP, EVERY_NEURON))


def main() -> None:
    """Read the command line, run the networks one after another and write a file for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", help="names of networks")
    given = parser.parse_args()
    for name, case in cases().items():
        if given.only and name not in given.only:
            continue
        traces = run(case)
        write(given.folder / f"{name}.npz", case, traces)
        rates = {layer: f"{traces[layer, 's'].mean():.1%}" for layer in case.neurons}
        largest = {
            layer: [int(abs(traces[layer, k]).max()) for k in "uv"] for layer in case.neurons
        }
        size = (given.folder / f"{name}.npz").stat().st_size
        print(f"{name}: spikes {rates}, largest u and v {largest}, {size} bytes", flush=True)


if __name__ == "__main__":
    main()
