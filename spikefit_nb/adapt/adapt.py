"""All steps in the right order: what a design makes of a network for a chip."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adaptation import Adaptation
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.currents import share_currents
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.fan_in import limit_fan_in
from spikefit_nb.adapt.idle import remove_idle
from spikefit_nb.adapt.prune import prune
from spikefit_nb.adapt.prune_neurons import prune_neurons
from spikefit_nb.adapt.quantize import chip_scales, quantize, quantized
from spikefit_nb.adapt.relay import relay_fan_in
from spikefit_nb.adapt.retune import best_retuned
from spikefit_nb.adapt.share import share_weights
from spikefit_nb.adapt.split import split_large_layers
from spikefit_nb.adapt.thresholds import scale_thresholds
from spikefit_nb.errors import DesignProblem, NetworkProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, layer_of

Step = Callable[[Network, Activity | None], Adapted]


def adapt(
    network: Network, profile: HardwareProfile, design: Design, activity: Activity | None = None
) -> Adaptation:
    """Change a network as a design says, for a chip.

    In this order: scale thresholds; remove idle neurons; prune neurons; prune synapses; limit
    fan-in, by pruning or by relays; share weights; round to the chip's weights; re-tune thresholds,
    so that populations fire as often as before the steps that removed or rounded something; split
    layers. Idle neurons go and thresholds are re-tuned only with an ``activity``, which also tells
    pruning, sharing and rounding which errors matter.

    Where nobody has published how wide a chip's weights are, they are rounded only if the design
    says so. Integers stay as they are unless the design says how wide: whether a chip can hold them
    is for ``check_fit`` to tell.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design
    activity : Activity, optional, of this network on a calibration set

    Returns
    -------
    Adaptation, with integer weights where they were rounded

    Raises
    ------
    DesignProblem
        Relays are asked for without an activity.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.3]]))])
    >>> made = adapt(network, load_profile("loihi1"), Design(weight_bits=4))
    >>> made.network.projections[0].weight.ravel()
    array([ 7, -2], dtype=int8)
    """
    made = [_thresholds(network, design.threshold_scale)] if design.threshold_scale != 1 else []
    now = made[-1].network if made else network
    pooled = _pooled(network, profile)
    if activity is not None and not pooled:
        made.append(
            remove_idle(
                now, activity if now is activity.network else Activity(now, activity.dataset)
            )
        )
        now = made[-1].network
    reference = now  # idle neurons would lower the mean rate that the others are to keep
    for step in _steps(profile, design):
        adapted = step(now, None if pooled else _activity_of(now, activity))
        made += [adapted] if adapted.network is not now else []
        now = adapted.network
    if activity is not None and now is not reference:
        made[-1] = replace(made[-1], notes=(*made[-1].notes, *pooled))
        made.append(_retuned(reference, now, profile, activity))
    if design.split_layers:
        made.append(split_large_layers(made[-1].network if made else network, profile))
    return Adaptation(network, tuple(step for step in made if step.network is not step.before))


def _pooled(network: Network, profile: HardwareProfile) -> tuple[str, ...]:
    """A word on projections that a chip pools: their weights are equal and are to stay so, or each
    has to be stored.
    """
    if not profile.has("poolings"):
        return ()
    made = ((e, layer_of(e, network[e.source].shape)) for e in network.projections)
    names = ", ".join(f"{e.source} -> {e.target}" for e, layer in made if layer.pool > 1)
    return (
        (f"Weights are judged without the calibration set, which would undo pooling: {names}",)
        if names
        else ()
    )


def _activity_of(network: Network, activity: Activity | None) -> Activity | None:
    """The evidence as far as it holds: taken anew where neurons are gone or came."""
    if activity is None or _shapes(activity.network) == _shapes(network):
        return activity
    return Activity(network, activity.dataset)


def _shapes(network: Network) -> list[tuple]:
    return [(p.name, p.shape) for p in network.populations]


def _steps(profile: HardwareProfile, design: Design) -> list[Step]:
    """Steps that prune, share and round, in order."""
    steps: list[Step] = []
    if design.prune_neurons:
        steps.append(
            lambda network, activity: prune_neurons(
                network, design.prune_neurons, activity=activity
            )
        )
    if design.prune_fraction:
        steps.append(
            lambda network, activity: prune(network, design.prune_fraction, activity=activity)
        )
    if design.max_fan_in is not None:
        steps.append(partial(_fan_in, design=design))
    if design.weight_values is not None:
        steps.append(
            lambda network, activity: share_weights(
                network, design.weight_values, activity=activity
            )
        )  # type: ignore
    return [*steps, partial(_rounded, profile=profile, design=design)]


def _thresholds(network: Network, factor: float) -> Adapted:
    return Adapted(f"thresholds x {factor:g}", network, scale_thresholds(network, factor))


def _fan_in(network: Network, activity: Activity | None, design: Design) -> Adapted:
    most: int = design.max_fan_in  # type: ignore[assignment]
    if not design.relays:
        return Adapted(
            f"at most {most} synapses onto a neuron", network, limit_fan_in(network, most)
        )
    if activity is None:
        raise DesignProblem(
            "relays need a calibration set, which says how strong they have to be: give "
            "calibration=dataset, or "
            "leave relays out and the weakest synapses are pruned."
        )
    return relay_fan_in(network, most, activity)


def _rounded(
    network: Network, activity: Activity | None, profile: HardwareProfile, design: Design
) -> Adapted:
    """Weights in as many bits as the design says or the chip stores; shared ones stay shared."""
    bits = design.weight_bits
    if bits is None and profile.has("weight_bits"):
        bits = max(profile.value("weight_bits"))
    if bits is None:
        return Adapted("not rounded", network, network)
    wider = [e for e in network.projections if e.scale is not None and (e.weight_bits or 16) > bits]
    if (
        design.weight_bits is None and wider
    ):  # whether a chip can hold them is for check_fit to tell
        made = [e if e.scale is not None else quantized(e, bits) for e in network.projections]
        return Adapted(
            f"the rest rounded to {bits} bits", network, network.replace(projections=made)
        )
    if (
        profile.has("weight_currents_per_core")
        and design.weight_bits is None
        and not any(e.scale is not None for e in network.projections)
    ):
        return share_currents(
            network,
            profile.value("weight_currents_per_core"),
            scope="network" if design.share_cores else "population",
            activity=activity,
            compensate=design.weight_values is None,
        )
    if design.weight_values is not None:
        return quantize(network, bits, scope="population", activity=activity, compensate=False)
    if activity is None:
        return quantize(network, bits)
    return quantize(network, bits, activity=activity, **chip_scales(profile)._asdict())


def _retuned(
    reference: Network, network: Network, profile: HardwareProfile, activity: Activity
) -> Adapted:
    """Thresholds brought back to the rates of the reference, in the chip's own numbers where they
    can express it.
    """
    scales = chip_scales(profile)
    tuned = partial(
        best_retuned,
        reference,
        network,
        activity.dataset,
        per_neuron=scales.scope == "neuron"
        and scales.n_scales is None,  # else a chip has not as many thresholds
        run=activity.record if reference is activity.network else None,
    )
    try:
        return tuned(arithmetic=profile.arithmetic)
    except NetworkProblem as problem:
        best = tuned(arithmetic="float32")
        return replace(best, notes=(*best.notes, f"Re-tuned in float32: {problem}"))
