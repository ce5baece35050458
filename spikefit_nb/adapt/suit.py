"""What a chip's circuits demand of a network: neuron models, resets, spikes a step, delays."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.substitute import LONG_STEPS, as_model, substitute_neuron
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import IF, LIF, Network, Neuron, Population
from spikefit_nb.simulate import check_inputs

LONG = f", with a time constant of {LONG_STEPS:,} steps"
SLOW = ", with synapses of {} steps, which no longer forget at once"
LIMITS = ("LIF", "CubaLIF")  # models that another one can be a limit of
REFITTED = (*LIMITS, "ALIF", "IF")  # models that thresholds can be refitted for, the nearest first
Changed = tuple[Network, list[str]]  # and what was changed, in words


class Demand(NamedTuple):
    """Whose circuits a network is to suit, and recordings that neurons are refitted to, if any."""

    profile: HardwareProfile
    calibration: SpikeDataset | None


@guarded
def suit(
    network: Network, profile: HardwareProfile, *, calibration: SpikeDataset | None = None
) -> Adapted:
    """Replace what a chip's circuits lack: neuron models, short synapses, resets, spikes a step,
    long delays.

    Models are refitted to the calibration set, or taken as the limit of another one: an IF as a LIF
    that hardly leaks. What cannot be replaced stays, for ``check_fit`` to tell.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    calibration : SpikeDataset, optional, that thresholds are refitted to

    Returns
    -------
    Adapted

    Raises
    ------
    DatasetProblem
        The calibration set does not belong to the network.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> suit(load_network("digits"), load_profile("tianjic")).change
    'LIF for IF, with a time constant of 1,000 steps'
    >>> suit(load_network("digits"), load_profile("loihi1")).change
    'suits the chip as it is'
    """
    if calibration is not None:
        check_inputs(network, calibration, "calibration")
    after, words = as_the_chip_demands(network, profile, calibration)
    if not words:
        return Adapted("suits the chip as it is", network, network)
    return Adapted("; ".join(words), network, after)


def as_the_chip_demands(
    network: Network,
    profile: HardwareProfile,
    calibration: SpikeDataset | None = None,
    *,
    over: Collection[str] | None = None,
) -> tuple[Network, tuple[str, ...]]:
    """The network with what the chip's circuits have, and what was changed, in words; only of
    figures that are exceeded, where it is known which.
    """
    words, demand = list[str](), Demand(profile, calibration)
    for figure, change in CHANGES.items():
        if profile.has(figure) and (over is None or figure in over):
            changed, said = change(network, demand)
            if over is not None or _differs(changed, network):
                network, words = changed, [*words, *said]
    return network, tuple(dict.fromkeys(words))


def _differs(one: Network, other: Network) -> bool:
    return one.fingerprint != other.fingerprint


def reset_of(population: Population) -> str | None:
    """One of "zero", "value" (to another potential) and "subtract"; None: there is no choice."""
    reset = getattr(population.neuron, "reset", None)
    return "value" if reset == "zero" and population.parameter("v_reset").any() else reset


def microcode_of(profile: HardwareProfile) -> tuple[str, ...]:
    """Resets that a chip has by a program of its neurons, not built in."""
    has = profile.has("resets_in_microcode")
    return tuple(profile.value("resets_in_microcode")) if has else ()


def spikes_figure(population: Population, network: Network, profile: HardwareProfile) -> str:
    """The figure that limits how often a neuron fires in a step: of the output its own, if any."""
    apart = population.name == network.output and profile.has("output_spikes_per_step")
    return "output_spikes_per_step" if apart else "spikes_per_step"


def synapse_steps(population: Population, dt_s: float) -> int | None:
    """The shortest time constant of its synapses in steps, as the nearest power of two that chips
    decay by; None where its neurons have no synapses of their own.
    """
    if "tau_syn_s" not in population.neuron.parameters:
        return None
    shortest = float(population.parameter("tau_syn_s").min())
    return int(2 ** max(0, round(np.log2(shortest / dt_s))))


def _first(names: Sequence[str], allowed: Sequence[str]) -> str | None:
    return next((name for name in names if name in allowed), None)


def _with_models(network: Network, demand: Demand) -> Changed:
    """Neurons of models that the chip has, refitted on the calibration set, or as their limits."""
    models = demand.profile.value("neuron_models")
    changed, fitted = _refitted(network, models, demand), ", refitted to the calibration set"
    if changed is None:
        populations = [_as_limit(p, models, network.dt_s, demand) for p in network.populations]
        changed, fitted = network.replace(populations=populations), ""
    pairs = zip(network.populations, changed.populations, strict=True)
    replaced = [(old.neuron, type(new.neuron).__name__) for old, new in pairs if new is not old]
    slow = {"CubaLIF": SLOW.format(_least_synapse(demand))} if _least_synapse(demand) > 1 else {}
    words = [
        f"{model} for {type(old).__name__}{_given_up(old)}{slow.get(model, '')}{fitted}"
        for old, model in replaced
    ]
    return changed, words


def _refitted(network: Network, models: Sequence[str], demand: Demand) -> Network | None:
    """The network with a model of the chip in place of those it lacks; None where none can be."""
    firing = [p for p in network.neuron_populations if p.neuron.fires]
    lacking = [p.name for p in firing if type(p.neuron).__name__ not in models]
    model = _first(REFITTED, models)
    if not lacking or model is None or demand.calibration is None:
        return None
    try:
        made = substitute_neuron(
            network,
            model,
            calibration=demand.calibration,
            populations=lacking,
            synapse_steps=_least_synapse(demand),
        )
    except DesignProblem:  # of neurons that are no limit of others, or have no threshold above zero
        return None
    return made.network


def _least_synapse(demand: Demand) -> int:
    """Steps that the shortest synapse of a chip takes."""
    chip = demand.profile
    return int(chip.value("shortest_synapse")) if chip.has("shortest_synapse") else 1


def _given_up(neuron: Neuron) -> str:
    """What a neuron loses as the limit of another model."""
    fires_once = getattr(neuron, "max_spikes_per_step", 1) == 1
    return LONG * isinstance(neuron, IF) + ", one spike a step" * (not fires_once)


def _as_limit(
    population: Population, models: Sequence[str], dt_s: float, demand: Demand
) -> Population:
    """A neuron as the limit of one the chip has: IF of a LIF that hardly leaks, LIF of a CubaLIF
    without memory, or with as little as the chip's synapses have.
    """
    neuron, model = population.neuron, _first(LIMITS, models)
    if model is None or not isinstance(neuron, IF | LIF) or type(neuron).__name__ in models:
        return population
    made = as_model(neuron, model, dt_s, synapse_steps=_least_synapse(demand))
    return replace(population, neuron=made)


def _slower(network: Network, demand: Demand) -> Changed:
    """Synapses that the chip can still count, and membranes shorter by what those take longer."""
    least, dt_s = _least_synapse(demand), network.dt_s
    populations = []
    for p in network.populations:
        if (synapse_steps(p, dt_s) or least) < least:
            tau_syn_s = np.maximum(p.parameter("tau_syn_s"), least * dt_s)
            longer_s = tau_syn_s - p.parameter("tau_syn_s")
            tau_mem_s = np.maximum(p.parameter("tau_mem_s") - longer_s, dt_s)
            p = replace(p, neuron=replace(p.neuron, tau_syn_s=tau_syn_s, tau_mem_s=tau_mem_s))
        populations.append(p)
    return network.replace(populations=populations), [f"synapses of {least} steps or more"]


def _with_resets(network: Network, demand: Demand) -> Changed:
    mode = _first(demand.profile.value("resets"), ("zero", "subtract"))
    allowed = (*demand.profile.value("resets"), *microcode_of(demand.profile))
    if mode is None:
        return network, []
    populations = [
        p
        if reset_of(p) in (None, *allowed)
        else replace(p, neuron=replace(p.neuron, reset=mode, v_reset=0.0))
        for p in network.populations
    ]
    words = f"reset {'to zero' if mode == 'zero' else 'by subtraction'}"
    return network.replace(populations=populations), [words]


def _rarer(network: Network, demand: Demand) -> Changed:
    populations = [_at_most(p, network, demand) for p in network.populations]
    words = "no more spikes a step than the chip allows"
    return network.replace(populations=populations), [words]


def _at_most(population: Population, network: Network, demand: Demand) -> Population:
    """The population with no more spikes a step than the chip allows it."""
    neuron, figure = population.neuron, spikes_figure(population, network, demand.profile)
    if not hasattr(neuron, "max_spikes_per_step") or not demand.profile.has(figure):
        return population
    most = int(demand.profile.value(figure))
    fewer = replace(neuron, max_spikes_per_step=min(neuron.max_spikes_per_step or most, most))
    return replace(population, neuron=fewer)


def _sooner(network: Network, demand: Demand) -> Changed:
    longest = demand.profile.value("maximum_delay")
    sooner = [replace(e, delay_steps=min(e.delay_steps, longest)) for e in network.projections]
    return network.replace(projections=sooner), [f"delays of at most {longest} steps"]


CHANGES = {  # figure: what to do where its limit is exceeded, in this order
    "neuron_models": _with_models,
    "shortest_synapse": _slower,
    "resets": _with_resets,
    "spikes_per_step": _rarer,
    "output_spikes_per_step": _rarer,
    "maximum_delay": _sooner,
}
