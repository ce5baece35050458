"""The weights into a population as one layer, from which synapses are removed and the others make
up for them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikefit_nb.adapt.activity import Moments
from spikefit_nb.adapt.saliency import cost_of_removal, damped, made_up_for
from spikefit_nb.adapt.weights import as_matrix, from_matrix, of_each_weight, row_slices, stacked
from spikefit_nb.network import Projection

LARGEST = 2**24  # weights of a matrix for which all others make up for those removed
ROUNDS = 4  # in which weights are removed, so that later ones are judged without the earlier
ITERATIONS = 6  # of the least squares between two rounds


def makes_up(moments: Moments) -> bool:
    """Whether a layer is small enough for its other weights to make up for those removed."""
    n_columns = moments.projections[0].weight.column_shape[2]
    return moments.second is not None and moments.diagonal.size * n_columns <= LARGEST


def value_saliency(moments: Moments) -> list[np.ndarray]:
    """Saliency of each stored weight, in the order of ``Projection.values``, for each projection of
    a layer.
    """
    cost = cost_of_removal(moments) if makes_up(moments) else moments.importance
    costs = zip(moments.projections, of_each_weight(moments.projections, cost), strict=True)
    return [e.real_weight().values.astype(np.float64) ** 2 * each for e, each in costs]


@dataclass(frozen=True, eq=False, repr=False)
class LayerWeights:
    """All weights into a population, or of one convolution, as matrices (n_groups, n_sources,
    n_targets).
    """

    moments: Moments

    @cached_property
    def real(self) -> np.ndarray:
        """In real units, float64."""
        return as_matrix(self.moments.projections)

    @cached_property
    def stored(self) -> np.ndarray:
        """As stored, float64."""
        projections = self.moments.projections
        return stacked(projections, [e.values.astype(np.float64) for e in projections])

    @cached_property
    def rows(self) -> list[slice]:
        """The rows of each projection."""
        return row_slices(self.moments.projections)

    @cached_property
    def adjustable(self) -> np.ndarray:
        """Whether a weight may change: not where none is, and no integer."""
        may = self.stored != 0
        for e, rows in zip(self.moments.projections, self.rows, strict=True):
            may[:, rows] &= e.values.dtype.kind == "f"
        return may

    @cached_property
    def hessians(self) -> list[np.ndarray]:
        """One a group."""
        return [damped(second) for second in self.moments.second]  # type: ignore[union-attr]

    def without(
        self, gone: np.ndarray, change: np.ndarray | None = None, **options: int
    ) -> np.ndarray:
        """The change of all weights, where those ``gone`` fall to zero and the others make up for
        them.
        """
        start = np.where(gone, -self.real, 0.0 if change is None else change)
        parts = zip(self.hessians, start, self.adjustable & ~gone, strict=True)
        return np.array(
            [made_up_for(hessian, part, free, **options) for hessian, part, free in parts]
        )

    def projections(self, gone: np.ndarray, change: np.ndarray) -> list[Projection]:
        """The projections with the weights changed; what did not change keeps every bit."""
        values = np.where(gone, 0.0, self.stored + np.where(self.adjustable, change, 0.0))
        parts = zip(self.moments.projections, self.rows, strict=True)
        return [from_matrix([e], values[:, rows].astype(e.values.dtype))[0] for e, rows in parts]


def least_salient(
    layer: LayerWeights, fraction: float, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Remove a fraction of each projection's weights in a few rounds, the others making up for them
    after each.
    """
    cost = cost_of_removal(layer.moments)[:, :, None]
    gone, change = np.zeros(layer.real.shape, bool), np.zeros(layer.real.shape)
    for k in range(1, rounds + 1):
        saliency = (layer.real + change) ** 2 * cost
        for rows in layer.rows:
            present = np.flatnonzero(layer.stored[:, rows])
            # Most go in the first rounds, when judging them is easiest: 1 - (1 - k / K)^3 of all.
            n_gone = round(round(fraction * present.size) * (1 - (1 - k / rounds) ** 3))
            worth = np.where(gone[:, rows], -1.0, saliency[:, rows]).ravel()[present]
            part = gone[:, rows].copy()
            part.ravel()[present[np.argsort(worth, kind="stable")[:n_gone]]] = True
            gone[:, rows] = part
        change = layer.without(gone, change, **({"most": ITERATIONS} if k < rounds else {}))
    return gone, change
