"""Limits that hold wherever the neurons are put: models, resets, fan-in, signs, sizes of the whole
network.
"""

from collections.abc import Callable, Iterator

import numpy as np

from spikefit_nb.hardware import HardwareProfile, Need, among, counted
from spikefit_nb.mapping import weight_kinds
from spikefit_nb.network import Network, Population, Projection

Found = Iterator[tuple[float, str]]


def network_needs(network: Network, profile: HardwareProfile) -> Iterator[Need]:
    """Every limit that is the same for all mappings, with what the network needs of it."""
    for population in network.neuron_populations:
        if profile.has("neuron_models"):
            model = type(population.neuron).__name__
            yield among("neuron model", model, population.name, "neuron_models", profile)
        if profile.has("resets") and hasattr(
            population.neuron, "reset"
        ):  # otherwise the model has no choice of it
            yield among("reset mode", _reset_of(population), population.name, "resets", profile)
        yield from _spikes(population, network, profile)
    for figure, (what, found) in COUNTED.items():
        if profile.has(figure):
            for need, where in found(network):
                yield counted(what, need, where, figure, profile)


def _reset_of(population: Population) -> str:
    """One of "zero", "value" (to another potential) and "subtract"."""
    reset = population.neuron.reset  # type: ignore[union-attr]
    return "value" if reset == "zero" and population.parameter("v_reset").any() else reset


def _spikes(population: Population, network: Network, profile: HardwareProfile) -> Iterator[Need]:
    figure = "spikes_per_step"
    if population.name == network.output and profile.has("output_spikes_per_step"):
        figure = "output_spikes_per_step"
    if not profile.has(figure):
        return
    fires = getattr(population.neuron, "max_spikes_per_step", 1)
    if fires is None:
        limit = profile.figure(figure)
        what, where = "spikes of a neuron in a step", population.name
        yield Need(what, "any number", limit.value, where, figure, source=limit.source, met=False)
    else:
        yield counted("spikes of a neuron in a step", fires, population.name, figure, profile)


def _into(network: Network) -> Iterator[tuple[Population, list[Projection]]]:
    for population in network.neuron_populations:
        yield population, [e for e in network.projections if e.target == population.name]


def _out_of(network: Network) -> Iterator[tuple[Population, list[Projection]]]:
    for population in network.neuron_populations:
        yield population, [e for e in network.projections if e.source == population.name]


def _weight_values(network: Network) -> Found:
    for population, incoming in _into(network):
        yield (
            len(weight_kinds(incoming)),
            f"{' + '.join(e.source for e in incoming)} -> {population.name}",
        )


def _fan_in(network: Network) -> Found:
    for population, incoming in _into(network):
        yield (
            int(sum((e.in_degree() for e in incoming), np.zeros(population.n_neurons, int)).max()),
            population.name,
        )


def hidden_of(network: Network) -> list[Population]:
    """Populations that are neither inputs nor the output."""
    return [p for p in network.neuron_populations if p.name != network.output]


def _reached(network: Network) -> Found:
    inputs = {p.name for p in network.inputs}
    yield (
        sum(
            int(np.count_nonzero(sum(e.in_degree() for e in incoming if e.source in inputs)))
            for _, incoming in _into(network)
        ),
        "the whole network",
    )


def _reaching(network: Network) -> Found:
    yield (
        sum(
            int(
                np.count_nonzero(
                    sum(e.out_degree() for e in outgoing if e.target == network.output)
                )
            )
            for population, outgoing in _out_of(network)
            if population.name != network.output
        ),
        "the whole network",
    )


def loops_of(network: Network) -> Iterator[Projection]:
    """Projections between hidden populations."""
    hidden = {p.name for p in hidden_of(network)}
    return (e for e in network.projections if e.source in hidden and e.target in hidden)


def _each(measure: Callable[[Projection], float]) -> Callable[[Network], Found]:
    def found(network: Network) -> Found:
        for e in network.projections:
            yield measure(e), f"{e.source} -> {e.target}"

    return found


def _whole(
    measure: Callable[[Network], float], where: str = "the whole network"
) -> Callable[[Network], Found]:
    def found(network: Network) -> Found:
        yield measure(network), where

    return found


# figure: (what it limits, how much of it a network needs and where)
COUNTED: dict[str, tuple[str, Callable[[Network], Found]]] = {
    "input_channels": ("input channels", _whole(lambda n: n.n_channels, "the inputs")),
    "output_neurons": (
        "neurons that are read out",
        _whole(lambda n: n[n.output].n_neurons, "the output"),
    ),
    "hidden_neurons": ("hidden neurons", _whole(lambda n: n.n_neurons - n[n.output].n_neurons)),
    "input_targets": ("neurons that inputs reach", _reached),
    "output_sources": ("neurons that reach the output", _reaching),
    "neurons_per_chip": ("neurons", _whole(lambda n: n.n_neurons)),
    "synapses_per_chip": ("synapses", _whole(lambda n: n.n_synapses)),
    "recurrent_synapses": (
        "synapses between hidden neurons",
        _whole(lambda n: sum(e.n_synapses for e in loops_of(n))),
    ),
    "fan_in_per_neuron": ("synapses onto a neuron", _fan_in),
    "weight_bits": ("bits of a weight", _each(lambda e: e.weight_bits or 0)),
    "axon_types": ("different weight values", _weight_values),
    "maximum_delay": ("delay in steps", _each(lambda e: e.delay_steps)),
}
FIGURES = ("neuron_models", "resets", "spikes_per_step", "output_spikes_per_step", *COUNTED)
