"""A trained ANN as what a spiking network can imitate: rectified layers, each an affine map of
earlier ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import Weight, as_weight

SAMPLES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Layer:
    """``a = min(max(sum_k a_k @ terms[k] + bias, 0), ceiling)``; the last layer of an ANN may go
    without both bounds.
    """

    name: str
    shape: tuple[int, ...]
    # dict of the name of an earlier layer, or of the input, to its (n_source, n) weight
    terms: dict[str, Weight]
    bias: np.ndarray  # (n,) float
    rectified: bool = True
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
    input_shape: tuple[int, ...]  # tuple of int, without the axis of samples
    layers: tuple[Layer, ...]  # tuple of Layer; the last gives the scores
    remarks: tuple[str, ...] = ()  # what was folded, dropped or assumed in reading it

    def activations(self, inputs: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
        """Run the ANN on blocks of samples: by layer, (n_in_block, n) float32, the last layer not
        rectified.
        """
        for start in range(0, len(inputs), SAMPLES_AT_ONCE):
            block = np.asarray(inputs[start : start + SAMPLES_AT_ONCE], dtype=np.float32)
            active = {self.input_name: block.reshape(len(block), -1)}
            for layer in self.layers:
                with np.errstate(over="ignore", invalid="ignore"):
                    score = (
                        sum(weight.apply(active[source]) for source, weight in layer.terms.items())
                        + layer.bias
                    )
                if not np.isfinite(score).all():
                    raise DatasetProblem(
                        f"What {layer.name!r} gets is beyond single precision, "
                        f"{np.finfo(np.float32).max:.2g}: "
                        "the inputs, or the weights in the file, are far too large. Are both as in "
                        "training?"
                    )
                active[layer.name] = np.clip(score, 0, layer.ceiling) if layer.rectified else score
            yield active

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """What the ANN says of each sample, (n_samples, n_classes) float32: the highest is its
        answer.
        """
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
        # Axes of length 1 may come and go; other axes in another order would be read as other
        # pixels.
        axes, wanted = (
            [n for n in shape if n != 1] for shape in (array.shape[1:], self.input_shape)
        )
        if array.ndim < 2 or len(array) == 0 or axes not in (wanted, [size]):
            flat = f" or (n_samples, {size})" if len(self.input_shape) > 1 else ""
            hint = (
                " Axes in another order? np.moveaxis puts them right."
                if sorted(axes) == sorted(wanted)
                else ""
            )
            raise DatasetProblem(
                f"{what} is {array.shape}, but the ANN takes samples of {self.input_shape}: "
                f"(n_samples, {', '.join(map(str, self.input_shape))}){flat} is needed.{hint}"
            )
        n_bad = int(np.sum(~np.isfinite(array)))
        if n_bad:
            raise DatasetProblem(f"{what}: {n_bad} of {array.size} values are NaN or infinite.")
        return array.reshape(len(array), *self.input_shape)
