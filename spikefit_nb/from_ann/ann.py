"""A trained ANN as spikes can imitate it: rectified layers, each an affine map of earlier ones.

How much activity one spike stands for is measured by what its units do on calibration samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import Weight, add_weights, as_weight, compose, diagonal_of
from spikefit_nb.progress import phase

Shape = tuple[int, ...]

SAMPLES_AT_ONCE = 256
MOST_ACTIVITIES = 20e6  # of a layer, for a percentile; evenly spaced samples stand for all
LOW = 0.1  # percent of calibration samples whose highest score may stay below zero


@dataclass(frozen=True, eq=False)
class Layer:
    """``a = min(max(sum_k a_k @ terms[k] + bias, 0), ceiling)``."""

    name: str
    shape: Shape
    terms: dict[str, Weight]  # (n_source, n), by the name of an earlier layer or of the input
    bias: np.ndarray  # (n,) float
    rectified: bool = True  # the last layer may go without both bounds
    ceiling: float = np.inf  # such as 6 for ReLU6

    def __post_init__(self) -> None:
        with np.errstate(over="ignore"):  # what overflows is refused as soon as the ANN runs
            single = {source: as_weight(term).real(None) for source, term in self.terms.items()}
            vars(self).update(terms=single, bias=np.asarray(self.bias, dtype=np.float32))


@dataclass(frozen=True, eq=False)
class Signal:
    """``sum_k x_k @ terms[k] + bias``, where x_k is the input or a rectified layer's activity."""

    shape: Shape  # without the axis of samples
    terms: dict[str, Weight]  # (n_source, n), by the name of the source
    bias: np.ndarray  # (n,) float64
    ended_by: str = ""  # the node that made scores an answer, from which nothing is computed

    @property
    def size(self) -> int:
        """Values of one sample."""
        return int(np.prod(self.shape))

    @property
    def is_plain(self) -> bool:
        """Whether it is the activity of one source as it stands."""
        weights = list(self.terms.values())
        factors = diagonal_of(weights[0]) if len(weights) == 1 else None
        return factors is not None and not self.bias.any() and bool((factors == 1).all())

    @property
    def never_falls(self) -> bool:
        """Whether it is never below zero, if its sources are not."""
        weights = self.terms.values()
        return bool((self.bias >= 0).all()) and all((w.values >= 0).all() for w in weights)

    def through(self, matrix: Weight | np.ndarray | sp.sparray, shape: Shape) -> "Signal":
        """Pass a linear map."""
        weight = as_weight(matrix)
        bias = weight.apply(self.bias[None])[0] if self.bias.any() else np.zeros(weight.shape[1])
        terms = {source: compose(term, weight) for source, term in self.terms.items()}
        return Signal(shape, terms, bias)

    def value(self, active: dict[str, np.ndarray]) -> np.ndarray:
        """What it is on a block of samples, (n, size), from the activity of its sources."""
        return sum(term.apply(active[source]) for source, term in self.terms.items()) + self.bias

    def times(self, factor: np.ndarray) -> "Signal":
        """Multiply each value by its own factor, an array that broadcasts to the shape."""
        flat = np.broadcast_to(factor, self.shape).ravel().astype(np.float64)
        terms = {source: term.scaled(flat) for source, term in self.terms.items()}
        return Signal(self.shape, terms, self.bias * flat)

    def plus(self, offset: np.ndarray) -> "Signal":
        """Add an array that broadcasts to the shape."""
        return replace(self, bias=self.bias + np.broadcast_to(offset, self.shape).ravel())

    def with_signal(self, other: "Signal") -> "Signal":
        """Add another signal of the same shape."""
        terms = dict(self.terms)
        for source, term in other.terms.items():
            terms[source] = add_weights(terms[source], term) if source in terms else term
        return Signal(self.shape, terms, self.bias + other.bias)


def plain(source: str, shape: Shape) -> Signal:
    """The activity of a source as it stands."""
    size = int(np.prod(shape))
    return Signal(shape, {source: as_weight(sp.eye_array(size))}, np.zeros(size))


class MaxPool(NamedTuple):
    """The largest value of each window, and the mean that may stand for it."""

    name: str
    output: str  # of its node, which no other node has
    largest: Signal
    mean: Signal
    is_rate: bool  # never below zero


@dataclass(frozen=True, eq=False)
class Ann:
    """An ANN that can be converted: the shape of one sample, and its layers from first to last."""

    name: str
    input_name: str
    input_shape: Shape  # without the axis of samples
    layers: tuple[Layer, ...]  # the last gives the scores
    remarks: tuple[str, ...] = ()  # what was folded, dropped or assumed in reading it
    max_pools: tuple[MaxPool, ...] = ()

    @property
    def n_units(self) -> int:
        """Units of all layers."""
        return sum(layer.bias.size for layer in self.layers)

    def activations(self, inputs: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
        """Run the ANN on blocks of samples: by layer, (n_in_block, n) float32."""
        for start in range(0, len(inputs), SAMPLES_AT_ONCE):
            block = np.asarray(inputs[start : start + SAMPLES_AT_ONCE], dtype=np.float32)
            active = {self.input_name: block.reshape(len(block), -1)}
            for layer in self.layers:
                with np.errstate(over="ignore", invalid="ignore"):
                    parts = (term.apply(active[source]) for source, term in layer.terms.items())
                    score = sum(parts) + layer.bias
                if not np.isfinite(score).all():
                    raise DatasetProblem(
                        f"What {layer.name!r} gets is beyond single precision, "
                        f"{np.finfo(np.float32).max:.2g}: the inputs, or the weights in the file, "
                        "are far too large. Are both as in training?"
                    )
                active[layer.name] = np.clip(score, 0, layer.ceiling) if layer.rectified else score
            yield active

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """What the ANN says of each sample, (n_samples, n_classes): the highest is its answer."""
        return np.concatenate([active[self.layers[-1].name] for active in self.activations(inputs)])

    def take_inputs(self, inputs: object, what: str) -> np.ndarray:
        """Inputs of the user's as an array (n_samples, *input_shape)."""
        try:
            array = np.asarray(inputs)
        except ValueError:
            array = np.empty(0, dtype=object)
        if array.dtype.kind not in "fiub":
            raise DatasetProblem(
                f"{what} must be an array of numbers (n_samples, ...), not {type(inputs).__name__}."
            )
        size = int(np.prod(self.input_shape))
        # Axes of length 1 may come and go; axes in another order would be read as other pixels.
        axes = [n for n in array.shape[1:] if n != 1]
        wanted = [n for n in self.input_shape if n != 1]
        if array.ndim < 2 or len(array) == 0 or axes not in (wanted, [size]):
            flat = f" or (n_samples, {size})" if len(self.input_shape) > 1 else ""
            is_turned = sorted(axes) == sorted(wanted)
            hint = " Axes in another order? np.moveaxis puts them right." if is_turned else ""
            raise DatasetProblem(
                f"{what} is {array.shape}, but the ANN takes samples of {self.input_shape}: "
                f"(n_samples, {', '.join(map(str, self.input_shape))}){flat} is needed.{hint}"
            )
        n_bad = int(np.sum(~np.isfinite(array)))
        if n_bad:
            raise DatasetProblem(f"{what}: {n_bad} of {array.size} values are NaN or infinite.")
        return array.reshape(len(array), *self.input_shape)


class Scales(NamedTuple):
    """The activity that one spike of each layer stands for, and what is added to every score."""

    of_layer: dict[str, float]  # the input's is 1: it sends what the ANN gets
    lift: float


@phase("Balancing rates")
def balance(ann: Ann, calibration: np.ndarray, percentile: float, n_steps: int) -> Scales:
    """Measure the scale of each layer."""
    # Source: Rueckauer et al. 2017, Front. Neurosci. 11:682, doi:10.3389/fnins.2017.00682,
    # "Parameter normalization": data-based normalization by a percentile (99.9) of the activities.
    # The scale of the scores is our own choice.
    largest = max(layer.bias.size for layer in ann.layers)
    step = int(np.ceil(len(calibration) * largest / MOST_ACTIVITIES))
    found: dict[str, list[np.ndarray]] = {layer.name: [] for layer in ann.layers}
    for active in ann.activations(calibration[:: max(1, step)]):
        for layer in ann.layers:
            values = active[layer.name]
            is_last = layer is ann.layers[-1]
            kept = np.sort(values, axis=1)[:, -2:] if is_last else values[values > 0]
            found[layer.name].append(kept)
    scales = {ann.input_name: 1.0}
    for layer in ann.layers[:-1]:
        values = np.concatenate(found[layer.name])
        if values.size == 0:
            raise DatasetProblem(
                f"None of the {layer.bias.size} units of {layer.name!r} is active on any of "
                f"the {len(calibration)} calibration samples, so no threshold can be found for "
                "them. Are the samples scaled as in training? Is this the trained file?"
            )
        scales[layer.name] = min(float(np.percentile(values, percentile)), layer.ceiling)
    second, first = np.concatenate(found[ann.layers[-1].name]).T
    scale, lift = _of_scores(first, second, percentile, n_steps)
    return Scales({**scales, ann.layers[-1].name: scale}, lift)


def _of_scores(
    first: np.ndarray, second: np.ndarray, percentile: float, n_steps: int
) -> tuple[float, float]:
    """Scale and lift of the scores, such that the highest fires, and the second not always."""
    lowest = float(np.percentile(first, LOW))
    lift = max(0.0, -lowest)
    # below that nothing is told apart any better
    least = float(np.percentile(first + lift, percentile)) / n_steps
    scale = max(float(np.percentile(second + lift, percentile)), least) * (1 + 2 / n_steps)
    scale = scale if scale > 0 else 1.0
    return scale, scale / n_steps - lowest if lowest < 0 else 0.0
