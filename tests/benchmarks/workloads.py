"""Two networks to time simulators with: made from a seed, with the spikes that must come out.

Weights are whole numbers from -127 to 127, so that every sum of them is exact in any arithmetic
wide enough, whatever the order of adding; only the leak rounds. Thresholds lie off the lattice of
the sums, and a workload is refused where float32 and float64 disagree about a single spike: whoever
counts other spikes computes something else.

All neurons: ``v = beta * v + (bias + I)``; spike where ``v >= threshold``; then ``v = 0``; ``beta =
float32(0.9)``.
"""

import os
import tempfile
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]

BETA = np.float32(0.9)
W1_SIZES = (784, 512, 256, 10)
W1_MEAN_WEIGHT = (-0.5, 1.0, 2.0)
W1_THRESHOLDS = (110.3765, 433.3765, 268.3765)  # about 7.5 % of the neurons fire in a step
W1_LAYERS = ("hidden1", "hidden2", "output")
W2_OUT_DEGREE = 100
W2_THRESHOLD = 100.4321
W2_EXCITATORY, W2_INHIBITORY = 6, -36


def w1(n_samples: int = 100, n_steps: int = 100) -> Path:
    """A perceptron of three layers, 784-512-256-10, with a tenth of the inputs on in each step;
    layers wait for none.

    ``x`` (n_steps, n_samples, 784) as packed bits, ``xs`` its shape, ``W0`` to ``W2`` (source,
    target) int8, ``thr`` one a layer; ``spikes`` (3, n_samples) are the spikes of each layer.
    """
    return _cached(f"w1-{n_samples}x{n_steps}", lambda: _make_w1(n_samples, n_steps))


def w2(n_neurons: int = 10_000, n_steps: int = 1000) -> Path:
    """A recurrent network, four in five neurons excitatory, each with 100 targets that hear it in
    the next step.

    ``post`` (n_neurons, 100) int32 and ``w`` int8, ``v0`` the potential to begin with, ``bias``,
    ``thr``; ``per`` the spikes of each step, ``fired`` who fired, step after step.
    """
    return _cached(f"w2-{n_neurons}x{n_steps}", lambda: _make_w2(n_neurons, n_steps))


def read(path: Path) -> Arrays:
    """All arrays of a workload."""
    with np.load(path) as stored:
        return dict(stored)


def w1_inputs(arrays: Arrays) -> np.ndarray:
    """The input spikes of W1, (n_steps, n_samples, 784) bool."""
    return np.unpackbits(arrays["x"], axis=-1)[..., : arrays["xs"][2]].astype(bool)


def w1_events(arrays: Arrays, n_samples: int) -> int:
    """Synaptic events of the first samples of W1."""
    n_in = np.count_nonzero(w1_inputs(arrays)[:, :n_samples])
    n_spikes = (n_in, *arrays["spikes"][:2, :n_samples].sum(axis=1))
    return int(sum(n * fan_out for n, fan_out in zip(n_spikes, W1_SIZES[1:], strict=True)))


def w2_events(arrays: Arrays, n_steps: int) -> int:
    """Synaptic events that the spikes of the first steps of W2 cause."""
    return int(arrays["per"][:n_steps].sum()) * W2_OUT_DEGREE


def _cached(name: str, make: Callable[[], Arrays]) -> Path:
    """Keep what is made in a temporary folder, under a name that changes with this file."""
    folder = Path(tempfile.gettempdir()) / "spikefit_nb-benchmarks"
    path = folder / f"{name}-{sha256(Path(__file__).read_bytes()).hexdigest()[:12]}.npz"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npz", delete=False) as file:
            np.savez(file, **make())
        os.replace(file.name, path)  # all or nothing, also when two make it at once
    return path


def _make_w1(n_samples: int, n_steps: int) -> Arrays:
    rng = np.random.default_rng(1)
    x = rng.random((n_steps, n_samples, W1_SIZES[0])) < 0.10
    weights = [
        np.clip(np.rint(rng.normal(mean, 20, shape)), -127, 127).astype(np.int8)
        for mean, shape in zip(W1_MEAN_WEIGHT, pairwise(W1_SIZES), strict=True)
    ]
    thresholds = np.array(W1_THRESHOLDS, np.float32)
    spikes, output = _same(
        _run_w1(x, weights, thresholds, dtype) for dtype in (np.float32, np.float64)
    )
    return {
        "x": np.packbits(x, axis=-1),
        "xs": np.array(x.shape),
        "thr": thresholds,
        "beta": BETA,
        "W0": weights[0],
        "W1": weights[1],
        "W2": weights[2],
        "spikes": spikes,
        "out": output,
    }


def _run_w1(
    x: np.ndarray, weights: list[np.ndarray], thresholds: np.ndarray, dtype: type
) -> tuple[np.ndarray, ...]:
    """Spikes of each layer and sample, (3, n_samples), and of each output neuron, (n_samples,
    10).
    """
    n_samples, output = x.shape[1], np.zeros((x.shape[1], W1_SIZES[-1]), np.int64)
    potentials = [np.zeros((n_samples, size), dtype) for size in W1_SIZES[1:]]
    spikes = np.zeros((len(weights), n_samples), np.int64)
    exact = [w.astype(np.float64) for w in weights]  # sums below 2**53
    for step in x:
        active = step.astype(np.float64)
        for layer, v in enumerate(potentials):
            v *= dtype(BETA)
            v += (active @ exact[layer]).astype(dtype)
            fires = v >= dtype(thresholds[layer])
            v[fires] = 0
            spikes[layer] += fires.sum(axis=1)
            active = fires.astype(np.float64)
        output += fires
    return spikes, output


def _make_w2(n_neurons: int, n_steps: int) -> Arrays:
    rng = np.random.default_rng(2)
    post = np.empty((n_neurons, W2_OUT_DEGREE), np.int32)
    for source in range(n_neurons):
        others = rng.choice(n_neurons - 1, W2_OUT_DEGREE, replace=False)
        post[source] = np.sort(others + (others >= source))  # none to itself
    weight = np.where(np.arange(n_neurons) < n_neurons * 4 // 5, W2_EXCITATORY, W2_INHIBITORY)
    v0 = rng.integers(0, 100, n_neurons).astype(np.float64)
    bias = rng.integers(7, 13, n_neurons).astype(np.float64)
    per_step, fired = _same(
        _run_w2(post, weight, v0, bias, n_steps, dtype) for dtype in (np.float32, np.float64)
    )
    w = np.repeat(weight.astype(np.int8)[:, None], W2_OUT_DEGREE, axis=1)
    return {
        "post": post,
        "w": w,
        "v0": v0,
        "bias": bias,
        "thr": np.float32(W2_THRESHOLD),
        "beta": BETA,
        "per": per_step,
        "fired": fired,
    }


def _run_w2(
    post: np.ndarray,
    weight: np.ndarray,
    v0: np.ndarray,
    bias: np.ndarray,
    n_steps: int,
    dtype: type,
) -> tuple[np.ndarray, ...]:
    """Spikes of each step, (n_steps,), and who fired, (n_spikes,)."""
    v, fired = v0.astype(dtype), [np.zeros(0, np.int64)]
    for _ in range(n_steps):
        targets, values = post[fired[-1]].ravel(), np.repeat(weight[fired[-1]], W2_OUT_DEGREE)
        v *= dtype(BETA)
        v += (bias + np.bincount(targets, weights=values, minlength=v.size)).astype(dtype)
        fired.append(np.flatnonzero(v >= dtype(np.float32(W2_THRESHOLD))))
        v[fired[-1]] = 0
    return np.array([f.size for f in fired[1:]]), np.concatenate(fired)


def _same(runs) -> tuple[np.ndarray, ...]:
    """What both arithmetics say."""
    single, double = runs
    if not all(np.array_equal(a, b) for a, b in zip(single, double, strict=True)):
        raise ArithmeticError(
            "float32 and float64 disagree about a spike: a threshold meets a potential too closely."
        )
    return double
