"""Make the digits network that the package ships: ``uv run python -m tests.tools.make_digits``.

A 64-64-10 network of rectified linear units without biases is trained on scikit-learn's digits, 360
of them held back, and its weights are taken over by integrate-and-fire neurons that reset to zero,
as Loihi's do. Thresholds come from training images only.

The same weights come out on every machine: what enters a matrix product is rounded to a grid so
coarse that every sum is exact in float64, and so does not depend on the order in which a machine
adds. Everything else is done element by element with operations that IEEE 754 defines to the last
bit, or is rounded to the grid at once (exp).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets.digits import N_STEPS, digit_images, held_back
from spikefit_nb.encode import RateBernoulli

NETWORK_FILE = Path(__file__).parents[2] / "spikefit_nb" / "nir_file" / "networks" / "digits.nir"
SEED = 0
GRID = 2.0**-16
N_HIDDEN = 64


class Recipe(NamedTuple):
    """How the network is trained."""

    n_epochs: int = 300
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    shift_pixels: float = 0.7  # images move by up to this much, the augmentation that helps most
    dropout: float = 0.125
    activity_price: float = 3e-3  # per unit of hidden activity: fewer spikes


def on_grid(values: np.ndarray) -> np.ndarray:
    """Round to multiples of ``GRID``."""
    return np.round(values / GRID) * GRID


def shifted(images: np.ndarray, generator: np.random.Generator, pixels: float) -> np.ndarray:
    """Move each image by a random part of a pixel in both directions, interpolating linearly."""
    moved = images.reshape(-1, 8, 8)
    for axis in (1, 2):
        by = generator.uniform(-pixels, pixels, len(moved))[:, None, None]
        padded = np.pad(moved, [(0, 0), *((1, 1) if a == axis else (0, 0) for a in (1, 2))])
        before, after = np.take(padded, range(8), axis), np.take(padded, range(2, 10), axis)
        moved = (1 - np.abs(by)) * moved + np.abs(by) * np.where(by > 0, before, after)
    return moved.reshape(len(images), -1)


def as_counted(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """What counting Bernoulli spikes leaves of the images: noise of the same variance, in steps of
    one spike.
    """
    noise = np.sqrt(12 * images * (1 - images) / N_STEPS) * (generator.random(images.shape) - 0.5)
    return np.clip(np.round((images + noise) * N_STEPS), 0, N_STEPS) / N_STEPS


def gradients(
    weights: list[np.ndarray], x: np.ndarray, labels: np.ndarray, kept: np.ndarray, recipe: Recipe
):
    """Gradient of cross-entropy plus the price of activity, for both weight matrices."""
    first, second = (on_grid(w) for w in weights)
    drive = x @ first
    passing = (drive > 0) * kept / (1 - recipe.dropout)
    hidden = on_grid(drive * passing)
    score = hidden @ second
    likelihood = np.exp(score - score.max(axis=1, keepdims=True))
    error = on_grid(likelihood / likelihood.sum(axis=1, keepdims=True))
    error[np.arange(len(labels)), labels] -= 1
    back = on_grid((error @ second.T + recipe.activity_price) * passing)
    return x.T @ back / len(x), hidden.T @ error / len(x)


RECIPE = Recipe()


def train(recipe: Recipe = RECIPE, seed: int = SEED) -> list[np.ndarray]:
    """Train with Adam and a linearly falling learning rate; (64, 64) and (64, 10) float32."""
    images, labels = (part[training_indices()] for part in digit_images())
    generator = np.random.default_rng(seed)
    limit = np.sqrt(6 / N_HIDDEN)
    weights = [
        generator.uniform(-limit, limit, (n_in, n_out))
        for n_in, n_out in ((64, N_HIDDEN), (N_HIDDEN, 10))
    ]
    mean, square = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    left = np.ones(2)
    for epoch in range(recipe.n_epochs):
        rate_now = recipe.learning_rate * (1 - epoch / recipe.n_epochs)
        order = generator.permutation(len(images))
        seen = as_counted(shifted(images[order], generator, recipe.shift_pixels), generator)
        kept = generator.random((len(order), N_HIDDEN)) >= recipe.dropout
        for start in range(0, len(images), recipe.batch):
            part = slice(start, start + recipe.batch)
            left *= (0.9, 0.999)
            for k, gradient in enumerate(
                gradients(weights, seen[part], labels[order[part]], kept[part], recipe)
            ):
                gradient = gradient + recipe.weight_decay * weights[k]
                mean[k] = 0.9 * mean[k] + 0.1 * gradient
                square[k] = 0.999 * square[k] + 0.001 * (gradient * gradient)
                step = mean[k] / (1 - left[0]) / (np.sqrt(square[k] / (1 - left[1])) + 1e-8)
                weights[k] = weights[k] - rate_now * step
    return [on_grid(w).astype(np.float32) for w in weights]


def training_indices() -> np.ndarray:
    """Images not held back."""
    return np.setdiff1d(np.arange(len(digit_images()[1])), held_back())


def ann_activity(weights: list[np.ndarray], images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hidden and output activity of the rectified network it is made from."""
    hidden = np.maximum(images @ weights[0].astype(np.float64), 0)
    return hidden, hidden @ weights[1].astype(np.float64)


def ann_accuracy(weights: list[np.ndarray]) -> float:
    """Share of the 360 held-back images the rectified network gets right."""
    images, labels = (part[held_back()] for part in digit_images())
    return float(np.mean(ann_activity(weights, images)[1].argmax(axis=1) == labels))


def run_spiking(
    weights: list[np.ndarray], thresholds: list[float], spikes: np.ndarray
) -> list[np.ndarray]:
    """Spike counts of both layers, integrate and fire with reset to zero, float32."""
    potential = [np.zeros((len(spikes), w.shape[1]), np.float32) for w in weights]
    counts = [np.zeros(v.shape, np.int64) for v in potential]
    for step in range(spikes.shape[1]):
        arriving = spikes[:, step].astype(np.float32)
        for k, weight in enumerate(weights):
            potential[k] += arriving @ weight
            fired = potential[k] >= np.float32(thresholds[k])
            potential[k][fired] = 0
            counts[k] += fired
            arriving = fired.astype(np.float32)
    return counts


def balance(weights: list[np.ndarray]) -> list[float]:
    """The highest thresholds that cost no accuracy on the training images, in steps of 1/16.

    The unit is the 99th percentile of activity: a neuron that is this active fires about every step
    at threshold 1.
    """
    images, labels = (part[training_indices()] for part in digit_images())
    spikes = RateBernoulli(N_STEPS).encode(images, seed=SEED + 1)
    hidden, score = ann_activity(weights, images)
    unit_hidden = np.percentile(hidden[hidden > 0], 99)
    unit_output = np.percentile(score.max(axis=1), 99) / unit_hidden
    found = []
    for factor_hidden in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0):
        for factor_output in (0.25, 0.5, 1.0):
            thresholds = [
                float(np.ceil(16 * t) / 16)
                for t in (factor_hidden * unit_hidden, factor_output * unit_output)
            ]
            counts = run_spiking(weights, thresholds, spikes)
            accuracy = np.mean(counts[1].argmax(axis=1) == labels)
            n_spikes = (counts[0].sum() + counts[1].sum()) / len(spikes)
            found.append((accuracy, n_spikes, thresholds))
    best = max(accuracy for accuracy, *_ in found)
    tolerance = 1 / len(labels)  # one image more or less is chance
    return min((n, t) for accuracy, n, t in found if accuracy >= best - tolerance)[1]


def write(weights: list[np.ndarray], thresholds: list[float], path: Path = NETWORK_FILE) -> None:
    """Write the network as NIR, with what NIR does not state as metadata."""
    import nir

    def neurons(n: int, threshold: float) -> "nir.IF":
        return nir.IF(r=np.ones(n, np.float32), v_threshold=np.full(n, threshold, np.float32))

    graph = nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([64])}),
            "hidden_weight": nir.Linear(np.ascontiguousarray(weights[0].T)),
            "hidden": neurons(weights[0].shape[1], thresholds[0]),
            "digit_weight": nir.Linear(np.ascontiguousarray(weights[1].T)),
            "digit": neurons(weights[1].shape[1], thresholds[1]),
            "output": nir.Output({"output": np.array([10])}),
        },
        edges=[
            ("input", "hidden_weight"),
            ("hidden_weight", "hidden"),
            ("hidden", "digit_weight"),
            ("digit_weight", "digit"),
            ("digit", "output"),
        ],
        metadata={
            "dt_s": 1e-3,
            "reset": "zero",
            "ann_accuracy": ann_accuracy(weights),
            "seed": SEED,
            "made_by": "tests/tools/make_digits.py",
            "trained_on": "scikit-learn digits without the 360 held back",
        },
    )
    nir.write(path, graph)


def main() -> None:
    """Train, balance, write, and say how good it is."""
    weights = train()
    thresholds = balance(weights)
    write(weights, thresholds)
    images, labels = (part[held_back()] for part in digit_images())
    print(
        f"{NETWORK_FILE.name}: thresholds {thresholds}, ANN {ann_accuracy(weights):.2%} "
        f"on {len(labels)} held back"
    )
    for seed in range(5):
        hidden, digit = run_spiking(
            weights, thresholds, RateBernoulli(N_STEPS).encode(images, seed=seed)
        )
        accuracy = np.mean(digit.argmax(axis=1) == labels)
        print(
            f"encoding seed {seed}: spiking {accuracy:.2%}, {hidden.sum() / len(labels):.0f} "
            "hidden spikes an image"
        )


if __name__ == "__main__":
    main()
