"""Make neurons harder or easier to fire, whatever their model."""

from dataclasses import replace

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import ALIF, AdEx, Izhikevich, Network, Neuron


def scale_threshold(neuron: Neuron, factor: float | np.ndarray) -> Neuron:
    """The neuron with ``factor`` times the threshold; above one it fires less.

    ALIF: ``v_threshold`` and ``beta``. Izhikevich and AdEx have no single threshold, and theirs is not counted from 0:
    ``r`` is divided by the factor, which for a neuron that starts at 0 and is reset to 0 comes to the same. What never
    fires, and inputs, stay as they are.

    Parameters
    ----------
    neuron : a neuron model
    factor : float, above zero, or one for each neuron in the shape of its population

    Returns
    -------
    a neuron of the same model

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> scale_threshold(IF(2.0), 1.5).v_threshold, scale_threshold(Izhikevich(), 2.0).r
    (np.float64(3.0), np.float64(0.5))
    """
    if isinstance(neuron, Izhikevich | AdEx):
        return replace(neuron, r=np.asarray(neuron.r) / factor)
    if "v_threshold" not in neuron.parameters:
        return neuron
    scaled = {"v_threshold": np.asarray(neuron.v_threshold) * factor}
    if isinstance(neuron, ALIF):
        scaled["beta"] = np.asarray(neuron.beta) * factor
    return replace(neuron, **scaled)


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
    >>> from spikefit_nb.network import IF, Input, Population, Projection
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
