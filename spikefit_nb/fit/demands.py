"""What a chip's circuits demand of a network: neuron models, resets, spikes a step, delays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spikefit_nb.adapt import LONG_STEPS, as_model, substitute_neuron
from spikefit_nb.case import Case
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit.network_rules import reset_of, spikes_figure, synapse_steps
from spikefit_nb.hardware import Need
from spikefit_nb.network import IF, LIF, Network, Neuron, Population

LONG = f", with a time constant of {LONG_STEPS:,} steps"
SLOW = ", with synapses of {} steps, which no longer forget at once"
LIMITS = ("LIF", "CubaLIF")  # models that another one can be a limit of
REFITTED = (*LIMITS, "ALIF", "IF")  # models that thresholds can be refitted for, the nearest first
Changed = tuple[Network, list[str]]  # and what was changed, in words


def as_the_chip_demands(case: Case, needs: Sequence[Need]) -> tuple[Network, tuple[str, ...]]:
    """The network with what the chip's circuits have, and what was changed, in words."""
    over = {need.figure for need in needs if not need.met}
    network, words = case.network, list[str]()
    for figure, change in CHANGES.items():
        if figure in over:
            network, said = change(network, case)
            words += said
    return network, tuple(dict.fromkeys(words))


def _first(names: Sequence[str], allowed: Sequence[str]) -> str | None:
    return next((name for name in names if name in allowed), None)


def _with_models(network: Network, case: Case) -> Changed:
    """Neurons of models that the chip has, refitted on the calibration set, or as their limits."""
    models = case.profile.value("neuron_models")
    changed, fitted = _refitted(network, models, case), ", refitted to the calibration set"
    if changed is None:
        populations = [_as_limit(p, models, network.dt_s, case) for p in network.populations]
        changed, fitted = network.replace(populations=populations), ""
    pairs = zip(network.populations, changed.populations, strict=True)
    replaced = [(old.neuron, type(new.neuron).__name__) for old, new in pairs if new is not old]
    slow = {"CubaLIF": SLOW.format(_least_synapse(case))} if _least_synapse(case) > 1 else {}
    words = [
        f"{model} for {type(old).__name__}{_given_up(old)}{slow.get(model, '')}{fitted}"
        for old, model in replaced
    ]
    return changed, words


def _refitted(network: Network, models: Sequence[str], case: Case) -> Network | None:
    """The network with a model of the chip in place of those it lacks; None where none can be."""
    firing = [p for p in network.neuron_populations if p.neuron.fires]
    lacking = [p.name for p in firing if type(p.neuron).__name__ not in models]
    model = _first(REFITTED, models)
    if model is None or case.calibration is None:
        return None
    try:
        made = substitute_neuron(
            network,
            model,
            calibration=case.calibration,
            populations=lacking,
            synapse_steps=_least_synapse(case),
        )
    except DesignProblem:  # of neurons that are no limit of others, or have no threshold above zero
        return None
    return made.network


def _least_synapse(case: Case) -> int:
    """Steps that the shortest synapse of a chip takes."""
    chip = case.profile
    return int(chip.value("shortest_synapse")) if chip.has("shortest_synapse") else 1


def _given_up(neuron: Neuron) -> str:
    """What a neuron loses as the limit of another model."""
    fires_once = getattr(neuron, "max_spikes_per_step", 1) == 1
    return LONG * isinstance(neuron, IF) + ", one spike a step" * (not fires_once)


def _as_limit(population: Population, models: Sequence[str], dt_s: float, case: Case) -> Population:
    """A neuron as the limit of one the chip has: IF of a LIF that hardly leaks, LIF of a CubaLIF
    without memory, or with as little as the chip's synapses have.
    """
    neuron, model = population.neuron, _first(LIMITS, models)
    if model is None or not isinstance(neuron, IF | LIF) or type(neuron).__name__ in models:
        return population
    made = as_model(neuron, model, dt_s, synapse_steps=_least_synapse(case))
    return replace(population, neuron=made)


def _slower(network: Network, case: Case) -> Changed:
    """Synapses that the chip can still count, and membranes shorter by what those take longer."""
    least, dt_s = _least_synapse(case), network.dt_s
    populations = []
    for p in network.populations:
        if (synapse_steps(p, dt_s) or least) < least:
            tau_syn_s = np.maximum(p.parameter("tau_syn_s"), least * dt_s)
            longer_s = tau_syn_s - p.parameter("tau_syn_s")
            tau_mem_s = np.maximum(p.parameter("tau_mem_s") - longer_s, dt_s)
            p = replace(p, neuron=replace(p.neuron, tau_syn_s=tau_syn_s, tau_mem_s=tau_mem_s))
        populations.append(p)
    return network.replace(populations=populations), [f"synapses of {least} steps or more"]


def _with_resets(network: Network, case: Case) -> Changed:
    allowed = case.profile.value("resets")
    mode = _first(allowed, ("zero", "subtract"))
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


def _rarer(network: Network, case: Case) -> Changed:
    populations = [_at_most(p, case) for p in network.populations]
    words = "no more spikes a step than the chip allows"
    return network.replace(populations=populations), [words]


def _at_most(population: Population, case: Case) -> Population:
    """The population with no more spikes a step than the chip allows it."""
    neuron, figure = population.neuron, spikes_figure(population, case.network, case.profile)
    if not hasattr(neuron, "max_spikes_per_step") or not case.profile.has(figure):
        return population
    most = int(case.profile.value(figure))
    fewer = replace(neuron, max_spikes_per_step=min(neuron.max_spikes_per_step or most, most))
    return replace(population, neuron=fewer)


def _sooner(network: Network, case: Case) -> Changed:
    longest = case.profile.value("maximum_delay")
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
