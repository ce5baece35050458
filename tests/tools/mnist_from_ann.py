"""Convert the two MNIST networks and run all 10,000 test images: ``uv run python -m
tests.tools.mnist_from_ann``.

Prints accuracy after each number of steps beside the ANN's, the share of images whose answer
differs, and how long it took. The tests do the same on fewer images.
"""

import gzip
import sys
import time
from pathlib import Path

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.encode import Direct
from spikefit_nb.from_ann import ann_scores, from_ann
from spikefit_nb.network import Network
from spikefit_nb.simulate import simulate

DATA = Path(__file__).parents[3] / "shared" / "data"
N_CALIBRATION = 1000
AT_ONCE = 500


def idx(path: Path) -> np.ndarray:
    """An IDX file of bytes as an array."""
    content = gzip.decompress(path.read_bytes())
    n_axes = content[3]
    lengths = np.frombuffer(content, ">i4", n_axes, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(lengths)


def mnist_test(data: Path = DATA) -> tuple[np.ndarray, np.ndarray]:
    """The 10,000 test images from 0 to 1, and their digits."""
    images = idx(data / "mnist" / "t10k-images-idx3-ubyte.gz")
    return images / np.float32(255), idx(data / "mnist" / "t10k-labels-idx1-ubyte.gz").astype(
        np.int64
    )


def calibration_images(data: Path = DATA) -> np.ndarray:
    """Training images, none of which is a test image."""
    return np.load(data / "mnist" / "train10k.npz")["images"][:N_CALIBRATION] / np.float32(255)


def run(network: Network, images: np.ndarray, n_steps: int) -> np.ndarray:
    """The answers after each step, (n_images, n_steps), a block of images at a time."""
    parts = []
    for start in range(0, len(images), AT_ONCE):
        block = images[start : start + AT_ONCE].reshape(-1, 784)
        parts.append(
            simulate(network, SpikeDataset(Direct(n_steps).encode(block))).predictions_by_step
        )
    return np.concatenate(parts)


def main() -> None:
    """Convert, run and print both."""
    n_images = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    images, labels = (part[:n_images] for part in mnist_test())
    for name in ("mnist_mlp", "mnist_cnn"):
        path = DATA / "onnx" / f"{name}.onnx"
        answers = ann_scores(path, images).argmax(axis=1)
        print(f"{name}: ANN {np.mean(answers == labels):.2%} of {n_images} images")
        for n_steps in (16, 32, 64):
            network = from_ann(path, calibration_images(), n_steps=n_steps)
            start = time.perf_counter()
            spiking = run(network, images, n_steps)
            seconds = time.perf_counter() - start
            shown = [k for k in (4, 8, 16, 32, 64) if k <= n_steps]
            curve = ", ".join(
                f"{np.mean(spiking[:, k - 1] == labels):.2%} after {k}" for k in shown
            )
            differ = np.mean(spiking[:, -1] != answers)
            print(
                f"  made for {n_steps}: {curve}; {differ:.2%} answer otherwise; {seconds:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
