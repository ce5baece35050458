"""Make neurons harder or easier to fire, whatever their model."""

from dataclasses import replace

import numpy as np

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.expect import expect_number
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import ALIF, AdEx, Izhikevich, Network, Neuron


def scale_threshold(neuron: Neuron, factor: float | np.ndarray) -> Neuron:
    """The neuron with ``factor`` times the threshold; above one it fires less.

    ALIF: ``v_threshold`` and ``beta``. Izhikevich and AdEx have no single threshold, and theirs is
    not counted from 0: ``r`` is divided by the factor, which for a neuron that starts at 0 and is
    reset to 0 comes to the same. What never fires, and inputs, stay as they are.

    Parameters
    ----------
    neuron : a neuron model
    factor : float, above zero, or one for each neuron in the shape of its population

    Returns
    -------
    a neuron of the same model

    Raises
    ------
    DesignProblem
        A threshold would be too large or too small for float32, in which networks run.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> scale_threshold(IF(2.0), 1.5).v_threshold, scale_threshold(Izhikevich(), 2.0).r
    (np.float64(3.0), np.float64(0.5))
    """
    if isinstance(neuron, Izhikevich | AdEx):
        return replace(neuron, r=_scaled(neuron.r, factor, "r", np.divide))
    if "v_threshold" not in neuron.parameters:
        return neuron
    names = ("v_threshold", "beta") if isinstance(neuron, ALIF) else ("v_threshold",)
    return replace(neuron, **{name: _scaled(getattr(neuron, name), factor, name) for name in names})


def _scaled(
    value: np.ndarray | float, factor: np.ndarray | float, name: str, by: np.ufunc = np.multiply
) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        scaled = by(value, factor)
        single = scaled.astype(np.float32)
    lost = ~np.isfinite(single) | ((single == 0) & (np.asarray(value) != 0))
    if lost.any():
        worst = np.broadcast_to(scaled, lost.shape)[lost][0]
        raise DesignProblem(
            f"{name} would be {worst:g} after scaling; float32, in which networks run, holds sizes "
            "from 1e-45 to 3e38."
        )
    return scaled


def scale_thresholds(network: Network, factor: float) -> Adapted:
    """Multiply every threshold: above one fewer spikes, below one more (``scale_threshold`` says
    how for each model).

    Parameters
    ----------
    network : Network
    factor : float, above zero

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The factor is not a number above zero, or brings a threshold to where float32 has none.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(2.0))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> scale_thresholds(network, 1.5).network["out"].neuron.v_threshold
    np.float64(3.0)
    """
    expect_number(factor, "threshold_scale", "above zero", lambda number: number > 0)
    change = f"thresholds x {factor:g}"
    if factor == 1:
        return Adapted(change, network, network)
    populations = [
        replace(p, neuron=scale_threshold(p.neuron, factor)) for p in network.populations
    ]
    return Adapted(change, network, network.replace(populations=populations))
