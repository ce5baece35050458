"""A trained ANN as spikes can imitate it: rectified layers, each an affine map of earlier ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import Weight, as_weight

SAMPLES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Layer:
    """``a = min(max(sum_k a_k @ terms[k] + bias, 0), ceiling)``."""

    name: str
    shape: tuple[int, ...]
    terms: dict[str, Weight]  # (n_source, n), by the name of an earlier layer or of the input
    bias: np.ndarray  # (n,) float
    rectified: bool = True  # the last layer may go without both bounds
    ceiling: float = np.inf  # such as 6 for ReLU6

    def __post_init__(self) -> None:
        with np.errstate(over="ignore"):  # what overflows is refused as soon as the ANN runs
            single = {source: as_weight(term).real(None) for source, term in self.terms.items()}
            object.__setattr__(self, "terms", single)
            object.__setattr__(self, "bias", np.asarray(self.bias, dtype=np.float32))


@dataclass(frozen=True, eq=False)
class Ann:
    """An ANN that can be converted: the shape of one sample, and its layers from first to last."""

    name: str
    input_name: str
    input_shape: tuple[int, ...]  # without the axis of samples
    layers: tuple[Layer, ...]  # the last gives the scores
    remarks: tuple[str, ...] = ()  # what was folded, dropped or assumed in reading it

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
            hint = ""
            if sorted(axes) == sorted(wanted):
                hint = " Axes in another order? np.moveaxis puts them right."
            raise DatasetProblem(
                f"{what} is {array.shape}, but the ANN takes samples of {self.input_shape}: "
                f"(n_samples, {', '.join(map(str, self.input_shape))}){flat} is needed.{hint}"
            )
        n_bad = int(np.sum(~np.isfinite(array)))
        if n_bad:
            raise DatasetProblem(f"{what}: {n_bad} of {array.size} values are NaN or infinite.")
        return array.reshape(len(array), *self.input_shape)
