"""Round weights to integers of a few bits."""

import numpy as np

from spikefit_nb.adapt.weights import with_values
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Network, Projection

SCALES_TRIED = 64


def quantize(network: Network, weight_bits: int) -> Network:
    """Round the weights of each projection to signed integers with one scale.

    ``integer = clip(round(w / scale), -L, L)`` with ``L = 2**(bits - 1) - 1``; of 64 scales up to ``max|w| / L``
    the one with the smallest squared error is taken. Two bits give -1, 0 and 1. Integers that take no more bits stay.

    Parameters
    ----------
    network : Network
    weight_bits : int, 2 to 16

    Returns
    -------
    Network, with int8 or int16 weights and a float32 scale

    Raises
    ------
    DesignProblem
        The number of bits is outside its range, or weights are integers of more bits already.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.3]]))])
    >>> quantize(network, 2).projections[0].weight.ravel()
    array([1, 0], dtype=int8)
    """
    if not 2 <= weight_bits <= 16:
        raise DesignProblem(f"weight_bits is {weight_bits}; it must be between 2 and 16.")
    for e in network.projections:
        if e.scale is not None and (e.weight_bits or 16) > weight_bits:
            raise DesignProblem(f"{e!r} holds integers of more bits already; quantize the network it was made from.")
    rounded = [e if e.scale is not None else quantized(e, weight_bits) for e in network.projections]
    return network.replace(projections=rounded)


def quantized(projection: Projection, weight_bits: int) -> Projection:
    """Round the weights of one projection, as ``quantize`` says.

    Parameters
    ----------
    projection : Projection
    weight_bits : int, 2 to 16

    Returns
    -------
    Projection
    """
    values, limit = projection.values.astype(np.float64), 2 ** (weight_bits - 1) - 1
    size = np.abs(values)
    largest = float(size.max(initial=0.0)) or 1.0

    def integers(scale: float) -> np.ndarray:
        return np.clip(np.rint(values / scale), -limit, limit)

    # A larger scale comes first, so that equal errors keep the full range. What is clipped only grows as scales
    # shrink: once that alone is worse than the best so far, so are all that follow.
    best, scale = np.inf, largest / limit
    for tried in largest / limit * np.linspace(1, 1 / SCALES_TRIED, SCALES_TRIED):
        if np.sum((size[size > limit * tried] - limit * tried) ** 2) > best:
            break
        error = float(np.sum((integers(tried) * tried - values) ** 2))
        best, scale = min((best, scale), (error, tried), key=lambda pair: pair[0])
    dtype = np.int8 if weight_bits <= 8 else np.int16
    return with_values(projection, integers(scale).astype(dtype), scale=np.float32(scale), weight_bits=weight_bits)
