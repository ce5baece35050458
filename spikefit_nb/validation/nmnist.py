"""The convolutional network of the NIR paper for N-MNIST, in the integers of a chip."""

from functools import cache
from pathlib import Path

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.deploy import deploy
from spikefit_nb.fetch import fetch
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import Network
from spikefit_nb.nir_file import read_nir

FILE = "02_cnn/cnn_sinabs.nir"
URL = (
    "https://raw.githubusercontent.com/neuromorphs/NIR/"
    f"7232ada6d30e1beea78b180a5135b1a3bb3d3bc0/paper/{FILE}"
)
SHA256 = "e2fa55bda7aab5a772485e1b690358bcb825b303eca7dc426e3973937fcb5bcb"
SEVERAL_SPIKES = ("speck",)  # chips whose neurons fire several times a step, as in sinabs
N_SAMPLES = 1000


@cache
def given() -> tuple[Path, SpikeDataset]:
    """The network's file and the recordings."""
    return fetch(Path(FILE).name, URL, SHA256), load_dataset("nmnist", n_samples=N_SAMPLES)


def network_for(chip: str) -> Network:
    """The network as a chip's neurons run it."""
    most = None if chip in SEVERAL_SPIKES else 1
    return read_nir(given()[0], dt_s=1e-3, reset="subtract", max_spikes_per_step=most)


def accuracy_on(chip: str) -> tuple[float, int]:
    """Share of the recordings read right, and of how many."""
    dataset = given()[1]
    report = deploy(network_for(chip), load_profile(chip), dataset)
    return float(report.accuracy or 0.0), dataset.n_samples
