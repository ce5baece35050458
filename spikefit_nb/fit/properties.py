"""What a network may use beside size, and whether a chip has it, lacks it, or nobody has said."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import HardwareProfile, Need, counted
from spikefit_nb.network import LI, LIF, CubaLI, CubaLIF, Network, Population, Projection

Where = Iterable[str]
AT_REST_IN_ITS_MODEL = (LIF, CubaLIF, LI, CubaLI)  # whose potential rests at zero by itself
OF_INPUTS = "input_spikes_per_step"
NEURONS_ALIKE = ("neurons_per_core", "neurons_per_chip", "neuron_memory_per_core")  # any to any


class Property(NamedTuple):
    """How a network, or what it is run on, shows where it uses a property, and which figures of a
    chip judge it beside ``supports`` and ``lacks``: everywhere, or but at the output.
    """

    what: str
    used: Callable[[Network, SpikeDataset | None], Where]
    figures: tuple[str, ...] = ()
    figures_of_hidden: tuple[str, ...] = ()


def property_needs(
    network: Network, dataset: SpikeDataset | None, profile: HardwareProfile
) -> Iterator[Need]:
    """The properties in use that a profile says its chip has or lacks, and what inputs send."""
    if dataset is not None and not dataset.is_current and profile.has(OF_INPUTS):
        what, largest = RULES["counts"].what, int(dataset.largest_value)
        yield counted(what, largest, "the inputs", OF_INPUTS, profile)
    for figure, limit, is_met in (("supports", "there", True), ("lacks", "none", False)):
        for word in profile.value(figure) if profile.has(figure) else ():
            what, used, *_ = RULES[word]
            source = profile.figure(figure).source
            for where in used(network, dataset):
                yield Need(what, "needed", limit, where, figure, source=source, met=is_met)


def not_judged(
    network: Network, dataset: SpikeDataset | None, profile: HardwareProfile
) -> tuple[str, ...]:
    """The properties in use about which a profile says nothing."""
    said = {
        word
        for figure in ("supports", "lacks")
        if profile.has(figure)
        for word in profile.value(figure)
    }
    silent = [
        rule
        for word, rule in RULES.items()
        if word not in said and not any(map(profile.has, rule.figures))
    ]

    def places(rule: Property) -> Iterator[str]:
        hidden = any(map(profile.has, rule.figures_of_hidden))
        used = rule.used(network, dataset)
        return (where for where in used if where == network.output or not hidden)

    return tuple(rule.what for rule in silent if any(places(rule)))


def _neurons(is_used: Callable[[Population], bool]) -> Callable[..., Where]:
    return lambda network, _: (p.name for p in network.neuron_populations if is_used(p))


def _named(projections: Iterable[Projection]) -> Where:
    return (f"{e.source} -> {e.target}" for e in projections)


def _synapses(is_used: Callable[[Projection], bool]) -> Callable[..., Where]:
    return lambda network, _: _named(filter(is_used, network.projections))


def _skips(network: Network, _: SpikeDataset | None) -> Where:
    """Projections from inputs to the output of a network with hidden neurons."""
    if len(network.neuron_populations) == 1:
        return ()
    onto_output = (e for e in network.projections if e.target == network.output)
    return _named(e for e in onto_output if network[e.source].is_input)


def _inputs(is_used: Callable[[SpikeDataset], bool]) -> Callable[..., Where]:
    return lambda _, dataset: ["the inputs"] if dataset is not None and is_used(dataset) else []


def _has_bias(population: Population) -> bool:
    """Whether something drives the neurons that is no spike: a bias, or a rest away from both zero
    and where they are reset to.
    """
    neuron = population.neuron
    if "bias" in neuron.parameters and population.parameter("bias").any():
        return True
    if not isinstance(neuron, AT_REST_IN_ITS_MODEL):
        return False
    rest = population.parameter("v_leak")
    reset = population.parameter("v_reset") if "v_reset" in neuron.parameters else 0.0
    return bool(((rest != 0) & (rest != reset)).any())


def _has_own_parameters(population: Population) -> bool:
    """Whether neurons of a population differ in more than their bias and the scale of their input,
    which the weights can take.
    """
    shared = [n for n in population.neuron.parameters if n not in ("bias", "r", "w_in")]
    return any(np.ptp(population.parameter(name)) > 0 for name in shared)


RULES = {  # by the word of PROPERTIES
    "delays": Property("longest delay", _synapses(lambda e: e.delay_steps > 1), ("maximum_delay",)),
    "spikes": Property(
        "spikes of a neuron in a step",
        _neurons(lambda p: getattr(p.neuron, "max_spikes_per_step", 1) != 1),
        ("spikes_per_step",),
    ),
    "counts": Property(
        "spikes of an input in a step",
        _inputs(lambda dataset: not dataset.is_current and dataset.largest_value > 1),
        (OF_INPUTS,),
    ),
    "currents": Property("currents at the inputs", _inputs(lambda dataset: dataset.is_current)),
    "bias": Property("bias", _neurons(_has_bias), ("bias_memory_per_core",)),
    "recurrence": Property(
        "recurrence",
        lambda network, _: ["the whole network"] if network.is_recurrent else [],
        ("recurrent_synapses", "mean_fan_out_recurrent"),
    ),
    "inputs to the output": Property(
        "inputs to the output beside hidden neurons", _skips, NEURONS_ALIKE
    ),
    "output that feeds back": Property(
        "an output that feeds back",
        lambda network, _: _named(e for e in network.projections if e.source == network.output),
        NEURONS_ALIKE,
    ),
    "own parameters": Property(
        "parameters of each neuron",
        _neurons(_has_own_parameters),
        ("threshold_configurations", "compartment_configurations"),
        ("neurons_per_parameter_set",),
    ),
    "late reset": Property(
        "reset in the following step",
        _neurons(lambda p: getattr(p.neuron, "delayed_reset", False)),
    ),
    "negative weights": Property(
        "negative weights",
        _synapses(lambda e: bool((e.weight.values < 0).any())),
        ("weight_bits", "axon_types", "signs_per_source"),
    ),
}
FIGURES = ("supports", "lacks", OF_INPUTS)
