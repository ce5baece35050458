"""Pruning, rounding and threshold scaling: each a pure function from network to network."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.fan_in import limit_fan_in
from spikefit_nb.adapt.thresholds import scale_threshold
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Conv2d, Network, Projection

SCALES_TRIED = 64


def adapt(network: Network, profile: HardwareProfile, design: Design) -> Network:
    """Change a network as a design says: prune, limit fan-in, scale thresholds, round to the chip's weights.

    Where nobody has published how wide a chip's weights are, they are rounded only if the design says so. Integers
    stay as they are unless the design says how wide: whether a chip can hold them is for ``check_fit`` to tell.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design

    Returns
    -------
    Network, with integer weights where they were rounded

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.3]]))])
    >>> adapt(network, load_profile("loihi1"), Design(weight_bits=4)).projections[0].weight.ravel()
    array([ 7, -2], dtype=int8)
    """
    pruned = limit_fan_in(prune(network, design.prune_fraction), design.max_fan_in)
    scaled = scale_thresholds(pruned, design.threshold_scale)
    if design.weight_bits is not None:
        return quantize(scaled, design.weight_bits)
    if not profile.has("weight_bits"):
        return scaled
    widest = max(profile.value("weight_bits"))
    return scaled.replace(projections=[e if e.scale is not None else _rounded(e, widest) for e in scaled.projections])


def _with_values(projection: Projection, values: np.ndarray, **changes: object) -> Projection:
    """The projection with other stored weights, in the order of ``projection.values``."""
    weight = projection.weight
    if isinstance(weight, Conv2d):
        weight = replace(weight, weight=values.reshape(weight.weight.shape))
    elif sp.issparse(weight):
        weight = sp.csr_array((values, weight.indices, weight.indptr), shape=weight.shape)
    else:
        weight = values.reshape(projection.shape)
    return replace(projection, weight=weight, **changes)


def prune(network: Network, fraction: float) -> Network:
    """Set the smallest weights of each projection to zero.

    In each projection ``round(fraction * n)`` of its n weights other than zero are removed, the smallest first; equal
    magnitudes go in storage order, so that the result is the same everywhere.

    Parameters
    ----------
    network : Network
    fraction : float, 0 to 0.99

    Returns
    -------
    Network

    Raises
    ------
    DesignProblem
        The fraction is outside its range.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (4,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.2], [0.1], [3.0]]))])
    >>> prune(network, 0.5).projections[0].weight.ravel()
    array([1., 0., 0., 3.])
    """
    if not 0 <= fraction < 1:
        raise DesignProblem(f"prune_fraction is {fraction}; it must be at least 0 and below 1.")
    if fraction == 0:
        return network

    def pruned(projection: Projection) -> Projection:
        values = projection.values.copy()
        present = np.flatnonzero(values)
        order = np.argsort(np.abs(values[present]), kind="stable")
        values[present[order[: round(fraction * present.size)]]] = 0
        return _with_values(projection, values)

    return network.replace(projections=[pruned(e) for e in network.projections])


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
    rounded = [e if e.scale is not None else _rounded(e, weight_bits) for e in network.projections]
    return network.replace(projections=rounded)


def _rounded(projection: Projection, weight_bits: int) -> Projection:
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
    return _with_values(projection, integers(scale).astype(dtype), scale=np.float32(scale), weight_bits=weight_bits)


def scale_thresholds(network: Network, factor: float) -> Network:
    """Multiply every threshold: above one fewer spikes, below one more (``scale_threshold`` says how for each model).

    Parameters
    ----------
    network : Network
    factor : float, above zero

    Returns
    -------
    Network

    Raises
    ------
    DesignProblem
        The factor is not above zero.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(2.0))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> scale_thresholds(network, 1.5)["out"].neuron.v_threshold
    np.float64(3.0)
    """
    if not factor > 0:
        raise DesignProblem(f"threshold_scale is {factor}; it must be above zero.")
    if factor == 1:
        return network
    return network.replace(
        populations=[replace(p, neuron=scale_threshold(p.neuron, factor)) for p in network.populations]
    )
