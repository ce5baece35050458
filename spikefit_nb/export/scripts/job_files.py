"""What lies beside a program for another tool: a network, what it is given, and what it answers.

``network.npz`` holds the network step by step, ``input.npz`` the events of its inputs, and the
program writes ``answer.npz``. None of them can hold anything but numbers and text.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
Arrays = Mapping[str, np.ndarray]


def read_network() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the populations and projections are, and their numbers by name."""
    with np.load(FOLDER / "network.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(str(arrays.pop("network"))), arrays


def read_input() -> tuple[dict[str, int], np.ndarray]:
    """How many samples, steps and channels there are, and the events: a row each of sample, step,
    channel, amount.
    """
    with np.load(FOLDER / "input.npz", allow_pickle=False) as file:
        sizes = json.loads(str(file["sizes"]))
        return sizes, np.stack([file[name] for name in ("sample", "step", "channel", "amount")], 1)


def dense_input(sizes: Mapping[str, int], events: np.ndarray, samples: Sequence[int]) -> np.ndarray:
    """The input of some samples, (n_samples, n_steps, n_channels) float32."""
    first, last = samples[0], samples[-1] + 1
    dense = np.zeros((last - first, sizes["n_steps"], sizes["n_channels"]), np.float32)
    here = events[(events[:, 0] >= first) & (events[:, 0] < last)]
    sample, step, channel = here[:, :3].astype(int).T
    dense[sample - first, step, channel] = here[:, 3]
    return dense


def write_answer(version: str, spikes: Mapping[str, np.ndarray], **more: np.ndarray) -> None:
    """Write what fired, by the keys of the populations: rows of sample, step, neuron, spikes."""
    said = {f"spikes.{key}": np.asarray(rows, np.int32) for key, rows in spikes.items()}
    part = FOLDER / "answer.part.npz"
    np.savez_compressed(part, version=np.array(version), **said, **more)
    part.replace(FOLDER / "answer.npz")
