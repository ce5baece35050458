"""Scikit-learn's 8 x 8 digits: images, and which of them no network of ours is trained on."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.encode import RateBernoulli
from spikefit_nb.errors import FileProblem

N_HELD_BACK = 360
N_STEPS = 64  # fewer lose up to 2.5 points of accuracy
SPLIT_SEED = 0
ENCODING_SEED = 0
SHAPE = (8, 8)
SOURCE = (
    "scikit-learn load_digits (BSD-3-Clause), the test part of Alpaydin & Kaynak, Optical Recognition of Handwritten "
    "Digits, UCI 1998, doi:10.24432/C50P49 (CC BY 4.0); pixels as Bernoulli spike rates"
)


@cache
def digit_images() -> tuple[np.ndarray, np.ndarray]:
    """All images and their digits.

    Returns
    -------
    tuple of (1797, 64) float64 from 0 to 1, and (1797,) int64

    Raises
    ------
    FileProblem
        scikit-learn is not installed, or no longer ships the file.
    """
    table = np.loadtxt(_packaged_file(), delimiter=",")
    return table[:, :-1] / 16, table[:, -1].astype(np.int64)


def _packaged_file() -> Path:
    # Importing scikit-learn takes seconds on a small machine, and this needs nothing of it but a file.
    package = find_spec("sklearn")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0] if folders else ".") / "datasets" / "data" / "digits.csv.gz"
    if not path.is_file():
        raise FileProblem(f"scikit-learn's digits are not at {path}. Install it again: pip install scikit-learn.")
    return path


@cache
def held_back() -> np.ndarray:
    """Indices of the 360 images kept from training, 36 of each digit, in a seeded order.

    Returns
    -------
    (360,) int64
    """
    labels = digit_images()[1]
    generator = np.random.default_rng(SPLIT_SEED)
    chosen = [generator.permutation(np.flatnonzero(labels == digit))[: N_HELD_BACK // 10] for digit in range(10)]
    return generator.permutation(np.concatenate(chosen))


def load_digits() -> SpikeDataset:
    """The 360 held-back digits as rate spikes, 64 steps of 1 ms.

    Returns
    -------
    SpikeDataset
    """
    images, labels = digit_images()
    spikes = RateBernoulli(N_STEPS).encode(images[held_back()], seed=ENCODING_SEED)
    return SpikeDataset(
        spikes,
        labels[held_back()],
        dt_s=1e-3,
        name="digits",
        channel_shape=SHAPE,
        classes=tuple("0123456789"),
        source=SOURCE,
    )
