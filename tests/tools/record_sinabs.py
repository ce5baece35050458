"""Record what sinabs says of a network whose weights and thresholds are whole numbers, for tests
without it.

Run it with a Python that has ``sinabs`` 3.1.3 and NumPy; this package need not be there, and is not
used::

    python tests/tools/record_sinabs.py tests/recorded/sinabs/integers.npz

A convolution into 4 x 10 x 10 neurons and 10 that read them, 8 samples of 100 steps, with either
reset and with one or any number of spikes a step: 1,312,000 neuron-steps. Of all spikes and
potentials (after reset and lower bound) it keeps SHA-256 digests of int16 arrays (sample, step,
neuron), and the spikes of the output themselves.
"""

import argparse
import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

SAMPLES, STEPS, SHAPE, THRESHOLDS = 8, 100, (2, 12, 12), (180, 700)
VARIANTS = [(reset, most) for reset in ("subtract", "zero") for most in ("one", "any")]


def parameters(seed: int) -> dict[str, np.ndarray]:
    """Integer weights and input spikes."""
    random = np.random.default_rng(seed)
    kernel = random.integers(-90, 121, (4, 2, 3, 3)).astype(np.int8)
    weight = random.integers(-120, 128, (400, 10)).astype(np.int8)
    kernel[0, 0, 0, 0] = weight[0, 0] = 127
    spikes = random.random((SAMPLES, STEPS, *SHAPE)) < 0.12
    return {
        "kernel": kernel,
        "weight": weight,
        "spikes": np.packbits(spikes),
        "thresholds": np.array(THRESHOLDS),
    }


def run(given: dict[str, np.ndarray], reset: str, most: str) -> dict[str, np.ndarray]:
    """Spikes and potentials of both layers, (sample, step, neuron)."""
    import sinabs.activation as sa
    import sinabs.layers as sl
    import torch

    def layer(threshold: int) -> sl.IAF:
        return sl.IAF(
            spike_threshold=torch.tensor(float(threshold)),
            spike_fn=sa.SingleSpike if most == "one" else sa.MultiSpike,
            reset_fn=sa.MembraneReset() if reset == "zero" else sa.MembraneSubtract(),
            min_v_mem=-float(threshold),
            record_states=True,
        )

    n_values = SAMPLES * STEPS * int(np.prod(SHAPE))
    spikes = np.unpackbits(given["spikes"])[:n_values].reshape(SAMPLES * STEPS, *SHAPE)
    kernel, weight = (torch.tensor(given[name].astype(np.float64)) for name in ("kernel", "weight"))
    said = {}
    with torch.no_grad():
        drive = torch.nn.functional.conv2d(torch.tensor(spikes.astype(np.float64)), kernel)
        for name, threshold in zip(("hidden", "output"), THRESHOLDS, strict=True):
            neurons = layer(threshold).double()
            fired = neurons(drive.reshape(SAMPLES, STEPS, -1))
            said[f"spikes_{name}"] = fired.numpy().astype(np.int16)
            said[f"v_{name}"] = neurons.recordings["v_mem"].numpy().astype(np.int16)
            drive = fired.double() @ weight if name == "hidden" else drive
    return said


def digest(values: np.ndarray) -> str:
    """SHA-256 of little-endian int16 in C order."""
    return hashlib.sha256(np.ascontiguousarray(values, "<i2").tobytes()).hexdigest()


def main() -> None:
    """Read the command line, run every variant and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    given = parameters(0)
    record = given | {
        "tool": np.array(
            f"sinabs {version('sinabs')}, torch {version('torch')}, "
            "float64 that holds whole numbers"
        ),
        "command": np.array("python tests/tools/record_sinabs.py " + " ".join(sys.argv[1:])),
    }
    for reset, most in VARIANTS:
        said = run(given, reset, most)
        record |= {
            f"{reset}/{most}/{name}": np.array(digest(values)) for name, values in said.items()
        }
        record[f"{reset}/{most}/output"] = said["spikes_output"].astype(np.uint8)
    np.savez_compressed(path, **record)


if __name__ == "__main__":
    main()
