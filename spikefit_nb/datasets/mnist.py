"""MNIST: images of digits, to be encoded."""

from pathlib import Path

import numpy as np

from spikefit_nb.datasets.files import read_idx
from spikefit_nb.errors import FileProblem

SHAPE = (28, 28)
WHITE = 255


def read_mnist(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images and digits, and see that they belong together."""
    pixels, digits = read_idx(images), read_idx(labels)
    if pixels.ndim != 3 or pixels.shape[1:] != SHAPE or digits.shape != pixels.shape[:1]:
        raise FileProblem(
            f"{images} holds {pixels.shape} and {labels} {digits.shape}; "
            "(n, 28, 28) images and (n,) labels are needed."
        )
    if len(digits) == 0 or digits.max() > 9:
        raise FileProblem(
            f"{labels} holds {len(digits)} labels up to {digits.max(initial=0)}; digits are 0 to 9."
        )
    return pixels, digits.astype(np.int64)
