"""Weights as the linear maps that they are: made of what users give, composed and added."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network.conv2d import Conv2d
from spikefit_nb.network.dense_weight import DenseWeight
from spikefit_nb.network.sparse_weight import SparseWeight
from spikefit_nb.network.weight import Weight

DENSE_ABOVE = 0.5  # share of weights other than zero from which a composed matrix is kept dense
LARGEST = 2**26  # weights of a composed matrix


def as_weight(given: Weight | sp.sparray | ArrayLike) -> Weight:
    """An array, a scipy matrix or a weight as a weight; a sparse one stores no zeros.

    Parameters
    ----------
    given : (n_source, n_target) array or ``scipy.sparse`` array, or a weight

    Returns
    -------
    Weight

    Raises
    ------
    NetworkProblem
        The array has a mask.

    Examples
    --------
    >>> as_weight(np.eye(2)), as_weight(sp.csr_array([[0, 1]]))
    (DenseWeight((2, 2), float64), SparseWeight((1, 2), int64))
    """
    if np.ma.isMaskedArray(given):
        raise NetworkProblem(
            "weight has a mask, which nothing here would keep: weight.filled(0) has no synapse "
            "there."
        )
    weight = SparseWeight(given) if sp.issparse(given) else given
    if not isinstance(weight, Weight):
        return DenseWeight(weight)
    if isinstance(weight, SparseWeight) and not weight.values.all():
        matrix = weight.matrix.copy()
        matrix.eliminate_zeros()
        return SparseWeight(matrix)
    return weight


def as_stored(matrix: np.ndarray | sp.csr_array) -> Weight:
    """A matrix as a sparse weight, or as a dense one where that takes less.

    Parameters
    ----------
    matrix : (n_source, n_target) array or ``scipy.sparse`` array

    Returns
    -------
    Weight

    Examples
    --------
    >>> as_stored(np.eye(3)), as_stored(np.ones((3, 3)))
    (SparseWeight((3, 3), float64), DenseWeight((3, 3), float64))
    """
    sparse = sp.csr_array(matrix)
    is_dense = sparse.nnz > DENSE_ABOVE * sparse.shape[0] * sparse.shape[1]
    return DenseWeight(sparse.toarray()) if is_dense else SparseWeight(sparse)


def compose(first: Weight, second: Weight) -> Weight:
    """The one map that does what two do in a row, ``first @ second``.

    Factors, one a neuron, pooling, and maps of channels pixel by pixel go into a convolution, which
    stays one; all else becomes a matrix.

    Parameters
    ----------
    first, second : Weight

    Returns
    -------
    Weight

    Raises
    ------
    NetworkProblem
        The two do not fit together, or their product would be too large.

    Examples
    --------
    >>> pool = Conv2d(np.full((1, 1, 2, 2), 0.25), (1, 4, 4), stride=2)
    >>> compose(pool, Conv2d(np.ones((3, 1, 2, 2)), (1, 2, 2))).weight.shape
    (3, 1, 4, 4)
    """
    if first.shape[1] != second.shape[0]:
        raise NetworkProblem(
            f"A map onto {first.shape[1]} values does not lead into one that takes "
            f"{second.shape[0]}."
        )
    if (factor := diagonal_of(first)) is not None:
        return second.scaled_sources(factor)
    if (factor := diagonal_of(second)) is not None:
        return first.scaled(factor)
    if not isinstance(first, Conv2d) or not isinstance(second, Conv2d):
        return _product(first, second)
    if first.tiles and second.dilation == (1, 1):
        return second.after_tiles(first)
    if not (first.is_pointwise or second.is_pointwise):
        return _product(first, second)
    if first.groups != second.groups:
        if max(_n_ungrouped(first), _n_ungrouped(second)) > LARGEST:
            return _product(first, second)
        first, second = first.ungrouped(), second.ungrouped()
    return second.after_mixing(first) if first.is_pointwise else first.mixed_by(second)


def _n_ungrouped(weight: Conv2d) -> int:
    return weight.weight.size * weight.groups


def add_weights(first: Weight, second: Weight) -> Weight:
    """The sum of two weights between the same neurons.

    Convolutions of one geometry stay one; of matrices the sum is sparse where that takes less,
    and where both are.

    Parameters
    ----------
    first, second : Weight

    Returns
    -------
    Weight

    Examples
    --------
    >>> add_weights(as_weight(np.eye(2)), as_weight(np.ones((2, 2)))).matrix
    array([[2., 1.],
           [1., 2.]])
    """
    if (first.kind, first.layout) == (second.kind, second.layout):
        return first.with_values(first.values + second.values)
    if isinstance(first, DenseWeight) or isinstance(second, DenseWeight):
        return as_stored(first.toarray() + second.toarray())
    return SparseWeight(first.unrolled().tocsr() + second.unrolled().tocsr())


def diagonal_of(weight: Weight) -> np.ndarray | None:
    """The factor of each neuron where a sparse weight leads from each to itself, or None.

    Parameters
    ----------
    weight : Weight

    Returns
    -------
    (n,) ndarray or None

    Examples
    --------
    >>> diagonal_of(as_weight(sp.diags_array([2.0, 3.0]))), diagonal_of(as_weight(np.eye(2)))
    (array([2., 3.]), None)
    """
    if not isinstance(weight, SparseWeight) or weight.shape[0] != weight.shape[1]:
        return None
    matrix = weight.matrix
    one_each = matrix.nnz == matrix.shape[0] and (np.diff(matrix.indptr) == 1).all()
    return matrix.data if one_each and (matrix.indices == np.arange(matrix.nnz)).all() else None


def _product(first: Weight, second: Weight) -> Weight:
    n_source, n_target = first.shape[0], second.shape[1]
    either = [isinstance(weight, DenseWeight) for weight in (first, second)]
    if any(either) and n_source * n_target > LARGEST:
        raise NetworkProblem(
            f"Two maps in a row make one matrix of {n_source:,} x {n_target:,} weights; "
            f"{LARGEST:,} are the limit."
        )
    product = _matrix_of(first) @ _matrix_of(second)
    return as_stored(product) if sp.issparse(product) else DenseWeight(product)


def _matrix_of(weight: Weight) -> np.ndarray | sp.csr_array:
    """A matrix to multiply with; a sparse one in float64."""
    if isinstance(weight, DenseWeight):
        return weight.matrix
    return weight.unrolled().tocsr().astype(np.float64)
