"""What a chip's circuits demand of a network: neuron models, resets, spikes a step, delays."""

from collections.abc import Sequence
from dataclasses import replace

from spikefit_nb.adapt import LONG_STEPS, as_model, substitute_neuron
from spikefit_nb.case import Case
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile, Need
from spikefit_nb.network import IF, LIF, Network, Neuron, Population

LONG = f", with a time constant of {LONG_STEPS:,} steps"
LIMITS = ("LIF", "CubaLIF")  # models that another one can be a limit of
REFITTED = (*LIMITS, "ALIF", "IF")  # models that thresholds can be refitted for, the nearest first


def as_the_chip_demands(case: Case, needs: Sequence[Need]) -> tuple[Network, tuple[str, ...]]:
    """The network with what the chip's circuits have, and what was changed, in words."""
    over = {need.figure for need in needs if not need.met}
    network, words = case.network, list[str]()
    if "neuron_models" in over:
        network, said = _with_models(network, case)
        words += said
    if "resets" in over:
        network, said = _with_resets(network, case.profile.value("resets"))
        words += said
    if {"spikes_per_step", "output_spikes_per_step"} & over:
        rarer = [_rarer(p, case) for p in network.populations]
        network = network.replace(populations=rarer)
        words.append("no more spikes a step than the chip allows")
    if "maximum_delay" in over:
        longest = case.profile.value("maximum_delay")
        sooner = [replace(e, delay_steps=min(e.delay_steps, longest)) for e in network.projections]
        network = network.replace(projections=sooner)
        words.append(f"delays of at most {longest} steps")
    return network, tuple(dict.fromkeys(words))


def _with_models(network: Network, case: Case) -> tuple[Network, list[str]]:
    """Neurons of models that the chip has, refitted on the calibration set, or as their limits."""
    models = case.profile.value("neuron_models")
    changed, fitted = _refitted(network, models, case), ", refitted to the calibration set"
    if changed is None:
        populations = [_as_limit(p, models, network.dt_s) for p in network.populations]
        changed, fitted = network.replace(populations=populations), ""
    pairs = zip(network.populations, changed.populations, strict=True)
    replaced = [(old.neuron, type(new.neuron).__name__) for old, new in pairs if new is not old]
    words = [f"{model} for {type(old).__name__}{_given_up(old)}{fitted}" for old, model in replaced]
    return (changed, words) if words else (network, words)


def _refitted(network: Network, models: Sequence[str], case: Case) -> Network | None:
    """The network with a model of the chip in place of those it lacks; None where none can be."""
    lacking = [
        p.name
        for p in network.neuron_populations
        if p.neuron.fires and type(p.neuron).__name__ not in models
    ]
    model = next((model for model in REFITTED if model in models), None)
    if model is None or case.calibration is None:
        return None
    try:
        made = substitute_neuron(network, model, calibration=case.calibration, populations=lacking)
    except DesignProblem:  # of neurons that are no limit of others, or have no threshold above zero
        return None
    return made.network


def _given_up(neuron: Neuron) -> str:
    """What an IF neuron loses as the limit of one with a leak."""
    if not isinstance(neuron, IF):
        return ""
    return LONG + ", one spike a step" * (neuron.max_spikes_per_step != 1)


def _as_limit(population: Population, models: Sequence[str], dt_s: float) -> Population:
    """A neuron as the limit of one the chip has: IF of a LIF that hardly leaks, LIF of a CubaLIF
    without memory.
    """
    neuron = population.neuron
    if not isinstance(neuron, IF | LIF) or type(neuron).__name__ in models:
        return population
    model = next((model for model in LIMITS if model in models), None)
    if model is None:
        return population
    return replace(population, neuron=as_model(neuron, model, dt_s))


def _with_resets(network: Network, allowed: Sequence[str]) -> tuple[Network, list[str]]:
    mode = next((m for m in allowed if m in ("zero", "subtract")), None)
    if mode is None:
        return network, []
    populations = [_with_reset(p, mode, allowed) for p in network.populations]
    words = f"reset {'to zero' if mode == 'zero' else 'by subtraction'}"
    return network.replace(populations=populations), [words]


def _with_reset(population: Population, mode: str, allowed: Sequence[str]) -> Population:
    neuron = population.neuron
    if not hasattr(neuron, "reset"):
        return population
    to_value = neuron.reset == "zero" and population.parameter("v_reset").any()
    if not to_value and neuron.reset in allowed:
        return population
    return replace(population, neuron=replace(neuron, reset=mode, v_reset=0.0))


def _rarer(population: Population, case: Case) -> Population:
    """The population with no more spikes a step than the chip allows it."""
    neuron, most = population.neuron, _most(population, case.network, case.profile)
    if (
        not isinstance(neuron, IF)
        or most is None
        or (neuron.max_spikes_per_step or most + 1) <= most
    ):
        return population
    return replace(population, neuron=replace(neuron, max_spikes_per_step=most))


def _most(population: Population, network: Network, profile: HardwareProfile) -> int | None:
    if population.name == network.output and profile.has("output_spikes_per_step"):
        return int(profile.value("output_spikes_per_step"))
    return profile.value("spikes_per_step") if profile.has("spikes_per_step") else None
