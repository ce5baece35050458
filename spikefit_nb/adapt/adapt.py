"""All steps in the right order: what a design makes of a network for a chip."""

from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.fan_in import limit_fan_in
from spikefit_nb.adapt.prune import prune
from spikefit_nb.adapt.quantize import quantize, quantized
from spikefit_nb.adapt.thresholds import scale_thresholds
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network


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
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.3]]))])
    >>> adapt(network, load_profile("loihi1"), Design(weight_bits=4)).projections[0].weight.ravel()
    array([ 7, -2], dtype=int8)
    """
    pruned = limit_fan_in(prune(network, design.prune_fraction).network, design.max_fan_in)
    scaled = scale_thresholds(pruned, design.threshold_scale)
    if design.weight_bits is not None:
        return quantize(scaled, design.weight_bits).network
    if not profile.has("weight_bits"):
        return scaled
    widest = max(profile.value("weight_bits"))
    return scaled.replace(projections=[e if e.scale is not None else quantized(e, widest) for e in scaled.projections])
