"""The weights that a chip stores: as many bits as a design says or the chip has, shared or summed
as its circuits do.
"""

from collections.abc import Collection
from typing import Any

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.input_sums import on_steps_of_sums
from spikefit_nb.adapt.quantize import chip_scales, quantize, quantized
from spikefit_nb.adapt.share import share_currents
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, settings_of
from spikefit_nb.progress import phase


@phase("Quantizing")
def round_for_chip(
    network: Network, profile: HardwareProfile, design: Design, *, activity: Activity | None = None
) -> Adapted:
    """Round weights to as many bits as a design says or a chip stores, and to the steps it adds
    them up in; shared ones stay shared.
    """
    if not profile.has("input_sum_bits"):
        return _to_bits(network, profile, design, activity)
    sum_bits = profile.value("input_sum_bits")
    if design.weight_bits is None and design.weight_values is None:
        return on_steps_of_sums(network, network, sum_bits)
    first = _to_bits(network, profile, design, activity)
    last = on_steps_of_sums(first.network, network, sum_bits)
    change, notes = f"{first.change}, {last.change}", (*first.notes, *last.notes)
    return Adapted(change, network, last.network, notes)


def _to_bits(
    network: Network, profile: HardwareProfile, design: Design, activity: Activity | None
) -> Adapted:
    """Round weights to as many bits as a design says or a chip stores; shared ones stay shared."""
    said = _given(network, design.weight_bits)
    shared = set(_given(network, design.weight_values))
    unsaid = [p.name for p in network.neuron_populations if p.name not in said]
    bits, steps = dict(said), list[Adapted]()
    if unsaid and profile.has("weight_bits"):
        widest = max(profile.value("weight_bits"))
        own = _chips_own(network, profile, unsaid, widest, design, activity=activity)
        if own is None:
            bits |= dict.fromkeys(unsaid, widest)
        else:
            steps.append(own)
    for names in (shared, {p.name for p in network.neuron_populations} - shared):
        some = {name: n for name, n in bits.items() if name in names}
        if some:
            after = steps[-1].network if steps else network
            scales = _scales(after, profile, design, activity, is_shared=names is shared)
            steps.append(quantize(after, _one_or_each(after, some), activity=activity, **scales))
    if not steps:
        return Adapted("not rounded", network, network)
    notes = tuple(note for step in steps for note in step.notes)
    return Adapted(", ".join(s.change for s in steps), network, steps[-1].network, notes)


def _given(network: Network, setting: Any) -> dict[str, Any]:
    """The setting of each population that has one."""
    return {name: own for name, own in settings_of(network, setting).items() if own is not None}


def _one_or_each(network: Network, bits: dict[str, int]) -> int | dict[str, int]:
    """One number where all populations have the same."""
    is_one = len(bits) == len(network.neuron_populations) and len(set(bits.values())) == 1
    return next(iter(bits.values())) if is_one else bits


def _chips_own(
    network: Network,
    profile: HardwareProfile,
    names: Collection[str],
    widest: int,
    design: Design,
    activity: Activity | None,
) -> Adapted | None:
    """What a chip makes of weights of which the design says nothing, other than to round them to
    its bits; None where it does just that.
    """
    stored = [e for e in network.projections if e.target in names and e.scale is not None]
    if any((e.n_bits or 0) > widest for e in stored):
        # What holds integers stays: whether a chip can hold them is for ``check_fit`` to tell.
        rounded = {
            e: quantized(e, widest)
            for e in network.projections
            if e.target in names and e.scale is None
        }
        made = [rounded.get(e, e) for e in network.projections]
        after = network.replace(projections=made)
        return Adapted(f"the rest rounded to {widest} bits", network, after)
    if not profile.has("weight_currents_per_core") or stored:
        return None
    shared = _given(network, design.weight_values)
    return share_currents(
        network,
        profile.value("weight_currents_per_core"),
        scope="network" if design.share_cores else "population",
        activity=activity,
        compensate=not any(name in shared for name in names),
        populations=names,
    )


def _scales(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    activity: Activity | None,
    is_shared: bool,
) -> dict[str, Any]:
    """Which weights share a scale when they are rounded, and whether others make errors good."""
    if is_shared:
        return {"scope": "population", "compensate": False}
    if activity is None:
        return {}
    scales = chip_scales(profile)
    if design.share_cores and scales.n_scales is not None:  # a core's thresholds are for all on it
        scales = scales._replace(
            n_scales=max(1, scales.n_scales // len(network.neuron_populations))
        )
    return scales._asdict()
