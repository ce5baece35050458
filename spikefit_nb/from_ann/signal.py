"""What passes between two nodes of an ANN: an affine function of its input and rectified units."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network import Weight, add_weights, as_weight, compose, diagonal_of

Shape = tuple[int, ...]


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

    def through(self, matrix: Weight | np.ndarray | sp.sparray, shape: Shape) -> "Signal":
        """Pass a linear map."""
        weight = as_weight(matrix)
        bias = weight.apply(self.bias[None])[0] if self.bias.any() else np.zeros(weight.shape[1])
        terms = {source: compose(term, weight) for source, term in self.terms.items()}
        return Signal(shape, terms, bias)

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
