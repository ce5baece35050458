"""Round weights to what a chip stores."""

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.currents import share_currents
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.quantize import chip_scales, quantize, quantized
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network


def round_for_chip(
    network: Network, profile: HardwareProfile, design: Design, *, activity: Activity | None = None
) -> Adapted:
    """Round weights to as many bits as a design says or a chip stores; shared ones stay shared."""
    bits = design.weight_bits
    if bits is None and profile.has("weight_bits"):
        bits = max(profile.value("weight_bits"))
    if bits is None:
        return Adapted("not rounded", network, network)
    if design.weight_bits is None:
        stored = [e for e in network.projections if e.scale is not None]
        if any((e.weight_bits or 16) > bits for e in stored):
            return _rest_rounded(network, bits)
        if profile.has("weight_currents_per_core") and not stored:
            return _as_currents(network, profile, design, activity)
    if design.weight_values is not None:
        return quantize(network, bits, scope="population", activity=activity, compensate=False)
    if activity is None:
        return quantize(network, bits)
    scales = chip_scales(profile)
    if design.share_cores and scales.n_scales is not None:  # a core's thresholds are for all on it
        scales = scales._replace(
            n_scales=max(1, scales.n_scales // len(network.neuron_populations))
        )
    return quantize(network, bits, activity=activity, **scales._asdict())


def _rest_rounded(network: Network, bits: int) -> Adapted:
    """What holds integers stays: whether a chip can hold them is for ``check_fit`` to tell."""
    made = [e if e.scale is not None else quantized(e, bits) for e in network.projections]
    return Adapted(f"the rest rounded to {bits} bits", network, network.replace(projections=made))


def _as_currents(
    network: Network, profile: HardwareProfile, design: Design, activity: Activity | None
) -> Adapted:
    return share_currents(
        network,
        profile.value("weight_currents_per_core"),
        scope="network" if design.share_cores else "population",
        activity=activity,
        compensate=design.weight_values is None,
    )
