"""Images of digits: scikit-learn's of 8 x 8, no network of ours being trained on some; MNIST."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from spikefit_nb.datasets.files import read_idx
from spikefit_nb.errors import FileProblem

N_HELD_BACK = 360
N_STEPS = 64  # fewer lose up to 2.5 points of accuracy
SPLIT_SEED = 0
WHITE = 255  # of MNIST


@cache
def digit_images() -> tuple[np.ndarray, np.ndarray]:
    """All images and their digits."""
    table = np.loadtxt(_packaged_file(), delimiter=",")
    return table[:, :-1] / 16, table[:, -1].astype(np.int64)


def _packaged_file() -> Path:
    # Importing scikit-learn takes seconds on a small machine, and one file of it is all it takes.
    package = find_spec("sklearn")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0] if folders else ".") / "datasets" / "data" / "digits.csv.gz"
    if not os.path.isfile(path):
        raise FileProblem(
            f"scikit-learn's digits are not at {path}. Install it again: pip install scikit-learn."
        )
    return path


@cache
def held_back() -> np.ndarray:
    """Indices of the 360 images kept from training, 36 of each digit, in a seeded order."""
    labels = digit_images()[1]
    generator = np.random.default_rng(SPLIT_SEED)
    of_digits = [np.flatnonzero(labels == digit) for digit in range(10)]
    chosen = [generator.permutation(images)[: N_HELD_BACK // 10] for images in of_digits]
    return generator.permutation(np.concatenate(chosen))


def held_back_images() -> tuple[np.ndarray, np.ndarray]:
    """The 360 held-back images and their digits."""
    images, labels = digit_images()
    return images[held_back()].reshape(-1, 8, 8), labels[held_back()]


def read_mnist(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images of MNIST and their digits, and see that they belong together."""
    pixels, digits = read_idx(images), read_idx(labels)
    if pixels.ndim != 3 or pixels.shape[1:] != (28, 28) or digits.shape != pixels.shape[:1]:
        raise FileProblem(
            f"{images} holds {pixels.shape} and {labels} {digits.shape}; "
            "(n, 28, 28) images and (n,) labels are needed."
        )
    if len(digits) == 0 or digits.max() > 9:
        raise FileProblem(
            f"{labels} holds {len(digits)} labels up to {digits.max(initial=0)}; digits are 0 to 9."
        )
    return pixels, digits.astype(np.int64)
