"""The weights into a population as one layer: what each is worth, and what the others become where
some are removed or rounded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeGuard

import numpy as np
from scipy.linalg import solve_triangular

from spikefit_nb.adapt.activity import DAMPING, Activity, Moments, groups_into
from spikefit_nb.network import Network, Projection

MOST_ITERATIONS = 40
ACCURACY = 1e-5  # relative to the first gradient
LARGE = 2**17  # weights of a layer from which single precision is good enough to make up for some
MOST_PATTERNS = 32  # of free weights over all targets that are solved outright
LARGEST = 2**24  # weights of a matrix for which all others make up for those removed
ROUNDS = 4  # in which weights are removed, so that later ones are judged without the earlier
ITERATIONS = 6  # of the least squares between two rounds
ROWS_AT_ONCE = 64

Nearest = Callable[[int, np.ndarray], np.ndarray]


def places_shared(projections: Sequence[Projection]) -> int:
    """How many neurons of a population, one after the other, share their incoming weights."""
    return int(np.lcm.reduce([1, *(int(np.prod(e.weight.output_shape[1:])) for e in projections)]))


def row_slices(projections: Sequence[Projection]) -> list[slice]:
    """The rows of each projection, where those of all stand below one another."""
    ends = np.cumsum([0, *(e.weight.column_shape[1] for e in projections)])
    return [slice(int(first), int(last)) for first, last in pairwise(ends)]


def stacked(projections: Sequence[Projection], values: Sequence[np.ndarray]) -> np.ndarray:
    """Values of the stored weights of projections, rows below one another: (n_groups, n_rows,
    n_columns).
    """
    parts = zip(projections, values, strict=True)
    return np.concatenate([e.weight.columns(each) for e, each in parts], axis=1)


def as_matrix(projections: Sequence[Projection]) -> np.ndarray:
    """Real weights of projections into one population, as ``stacked``, float64."""
    return stacked(projections, [e.real_weight().values for e in projections]).astype(np.float64)


def from_matrix(projections: Sequence[Projection], matrix: np.ndarray) -> list[Projection]:
    """The projections with the weights of ``as_matrix`` replaced; a sparse one gets no synapse."""
    return [
        e.with_values(e.weight.from_columns(matrix[:, rows]))
        for e, rows in zip(projections, row_slices(projections), strict=True)
    ]


def of_each_weight(projections: Sequence[Projection], of_row: np.ndarray) -> Iterator[np.ndarray]:
    """What a row has, (n_groups, n_rows), for each stored weight that stands there."""
    for e, rows in zip(projections, row_slices(projections), strict=True):
        yield e.weight.at_rows(of_row[:, rows])


def damped(second: np.ndarray) -> np.ndarray:
    """The Hessian of a layer's squared error, ``H = E[x x^T] + 0.01 mean(E[x^2]) I``."""
    mean = float(np.trace(second)) / len(second)
    return second + (DAMPING * mean or 1.0) * np.eye(len(second))


def cost_of_removal(moments: Moments) -> np.ndarray:
    """What removing a weight of one costs in membrane error, once others have made up for it."""
    # Source: Hassibi & Stork 1992, NeurIPS 5 (optimal brain surgeon); layer by layer as in Frantar
    # & Alistarh 2022, NeurIPS 35.
    if moments.second is None:
        return moments.importance
    return np.array([1 / np.diag(np.linalg.inv(damped(second))) for second in moments.second])


def made_up_for(
    hessian: np.ndarray,
    change: np.ndarray,
    free: np.ndarray,
    *,
    most: int = MOST_ITERATIONS,
    accuracy: float = ACCURACY,
) -> np.ndarray:
    """Change the free weights so that the membrane error of the whole change is least."""
    # Source: Hestenes & Stiefel 1952, J. Res. NBS 49:409-436, preconditioned by the diagonal.
    patterns, pattern = np.unique(np.packbits(free, axis=0), axis=1, return_inverse=True)
    if patterns.shape[1] <= MOST_PATTERNS:
        return _solved(hessian, change, free, pattern.ravel())
    number = np.float32 if change.size > LARGE else np.float64
    hessian = hessian.astype(number)
    found: np.ndarray = change.astype(number)
    scale = 1 / np.diag(hessian)[:, None]
    residual = -(hessian @ found) * free
    step = scale * residual
    squared = np.einsum("ij,ij->j", residual, step)
    enough = accuracy**2 * squared
    for _ in range(min(most, len(hessian) + 1)):
        if (squared <= enough).all():
            break
        along = hessian @ step
        curved = np.einsum("ij,ij->j", step, along)
        length = np.divide(
            squared, curved, out=np.zeros_like(squared), where=(squared > enough) & (curved > 0)
        )
        found += length * step
        along *= length
        along *= free
        residual -= along
        np.multiply(scale, residual, out=along)
        now = np.einsum("ij,ij->j", residual, along)
        step *= np.divide(now, squared, out=np.zeros_like(now), where=squared > 0)
        step += along
        squared = np.where(length > 0, now, 0)
    return found.astype(np.float64)


def _solved(
    hessian: np.ndarray, change: np.ndarray, free: np.ndarray, pattern: np.ndarray
) -> np.ndarray:
    """The least squares of targets by their sets of free entries."""
    found = change.copy()
    for k in range(int(pattern.max(initial=-1)) + 1):
        targets = np.flatnonzero(pattern == k)
        own = free[:, targets[0]]
        if own.any():
            given = hessian[np.ix_(own, ~own)] @ change[np.ix_(~own, targets)]
            found[np.ix_(own, targets)] = np.linalg.solve(hessian[np.ix_(own, own)], -given)
    return found


def makes_up(moments: Moments | None) -> TypeGuard[Moments]:
    """Whether a layer is known, and small enough for its other weights to make up for some."""
    if moments is None or moments.second is None:
        return False
    return moments.diagonal.size * moments.projections[0].weight.column_shape[2] <= LARGEST


def value_saliency(moments: Moments) -> list[np.ndarray]:
    """Saliency of each stored weight, in the order of ``Projection.values``, for each projection of
    a layer.
    """
    cost = cost_of_removal(moments) if makes_up(moments) else moments.importance
    costs = zip(moments.projections, of_each_weight(moments.projections, cost), strict=True)
    return [e.real_weight().values.astype(np.float64) ** 2 * each for e, each in costs]


def saliencies(group: Sequence[Projection], moments: Moments | None) -> list[np.ndarray]:
    """``value_saliency`` of projections, or magnitudes where nothing is known of them."""
    if moments is not None:
        return value_saliency(moments)
    return [np.abs(e.real_weight().values).astype(np.float64) for e in group]


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


def without_weights(
    network: Network, gone: Mapping[Projection, np.ndarray], activity: Activity | None = None
) -> Network:
    """The network without some stored weights; where an activity is known, others make up for
    them.
    """
    after: dict[Projection, Projection] = {}
    for population in network.neuron_populations:
        for group, moments in groups_into(network, population.name, activity):
            cut = {e: gone[e] for e in group if e in gone}
            if cut and makes_up(moments):
                layer = LayerWeights(moments)
                every = [cut.get(e, np.zeros(e.values.size, bool)) for e in group]
                places = stacked(group, every)
                made = layer.projections(places, layer.without(places))
                after.update(zip(group, made, strict=True))
                continue
            for e, going in cut.items():
                after[e] = e.with_values(np.where(going, 0, e.values).astype(e.values.dtype))
    return network.replace(projections=[after.get(e, e) for e in network.projections])


def compensated(weights: np.ndarray, second: np.ndarray, nearest: Nearest) -> np.ndarray:
    """Round so that the potential changes least: ``sum over targets of dW.T @ H @ dW``, ``H`` the
    second moments.
    """
    # Source: Frantar et al. 2023, "GPTQ", ICLR, and Hassibi & Stork 1992, NeurIPS 5, for one
    # weight.
    rounded = np.stack([np.where(row != 0, nearest(i, row), 0.0) for i, row in enumerate(weights)])
    order = np.argsort(-np.diag(second), kind="stable")
    ordered = second[np.ix_(order, order)]
    if np.trace(ordered) <= 0:  # no source does anything
        return rounded
    root = np.linalg.cholesky(damped(ordered)[::-1, ::-1])[::-1, ::-1]  # upper, of root @ root.T
    upper = solve_triangular(root, np.eye(len(order)), lower=False)  # upper.T @ upper: the inverse
    left, made = weights[order], np.empty_like(weights)
    for start in range(0, len(order), ROWS_AT_ONCE):
        stop = min(start + ROWS_AT_ONCE, len(order))
        errors = np.empty((stop - start, weights.shape[1]))
        for i in range(start, stop):
            source = order[i]
            made[source] = np.where(weights[source] != 0, nearest(int(source), left[i]), 0.0)
            errors[i - start] = (left[i] - made[source]) / upper[i, i]
            left[i + 1 : stop] -= upper[i, i + 1 : stop, None] * errors[i - start]
        left[stop:] -= upper[start:stop, stop:].T @ errors
    return np.where(
        potential_change(weights, made, second) < potential_change(weights, rounded, second),
        made,
        rounded,
    )


def potential_change(before: np.ndarray, after: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean square change of what reaches each target's potential: the diagonal of dW.T @ H @ dW."""
    off = after - before
    return np.einsum("ij,ij->j", off, second @ off)
