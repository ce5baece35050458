"""Limits that hold wherever the neurons are put: models, resets, synapses, layers, sizes of the
whole network.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.suit import microcode_of, reset_of, spikes_figure, synapse_steps
from spikefit_nb.fit.properties import FIGURES
from spikefit_nb.hardware import FAMILIES, HardwareProfile, Need, among, counted
from spikefit_nb.mapping import layer_on, most_weights
from spikefit_nb.network import IF, Layer, Network, Population, Projection

Found = Callable[[Network, HardwareProfile], Iterable[tuple[object, str]]]
WHOLE = "the whole network"
SPIKES = "spikes of a neuron in a step"
RELU = "ReLU"  # a neuron of an artificial network, in lists of neuron models


class Rule(NamedTuple):
    """What a figure limits, how much of it a network needs and where, and how that is held against
    the figure.
    """

    what: str
    found: Found
    held: Callable[..., Need] = counted


def network_needs(network: Network, profile: HardwareProfile) -> Iterator[Need]:
    """Every limit that is the same for all mappings, with what the network needs of it."""
    for figure, (what, found, held) in RULES.items():
        if profile.has(figure):
            for need, where in found(network, profile):
                yield held(what, need, where, figure, profile)


def hidden_of(network: Network) -> list[Population]:
    """Populations that are neither inputs nor the output."""
    return [p for p in network.neuron_populations if p.name != network.output]


def loops_of(network: Network) -> Iterator[Projection]:
    """Projections between hidden populations."""
    hidden = {p.name for p in hidden_of(network)}
    return (e for e in network.projections if e.source in hidden and e.target in hidden)


def _whole(measure: Callable[[Network], float], where: str = WHOLE) -> Found:
    return lambda network, profile: [(measure(network), where)]


def _of_neurons(measure: Callable[[Network, Population], object]) -> Found:
    return lambda network, profile: [
        (measure(network, p), p.name) for p in network.neuron_populations
    ]


def _named(e: Projection) -> str:
    return f"{e.source} -> {e.target}"


def _into(network: Network, population: Population) -> list[Projection]:
    return [e for e in network.projections if e.target == population.name]


def _spikes(figure: str) -> Found:
    return lambda network, profile: [
        (getattr(p.neuron, "max_spikes_per_step", 1), p.name)
        for p in network.neuron_populations
        if spikes_figure(p, network, profile) == figure
    ]


def _held_spikes(
    what: str, need: float | None, where: str, figure: str, profile: HardwareProfile
) -> Need:
    if need is not None:
        return counted(what, need, where, figure, profile)
    limit = profile.figure(figure)
    return Need(what, "any number", limit.value, where, figure, source=limit.source, met=False)


def _n_reached(network: Network) -> int:
    """Neurons that inputs have synapses onto."""
    inputs = {p.name for p in network.inputs}
    from_inputs = (
        [e.in_degree() for e in _into(network, p) if e.source in inputs]
        for p in network.neuron_populations
    )
    return sum(int(np.count_nonzero(sum(degrees))) for degrees in from_inputs)


def _n_reaching(network: Network) -> int:
    """Neurons with synapses onto the output."""
    onto_output = _into(network, network[network.output])
    to_output = (
        [e.out_degree() for e in onto_output if e.source == p.name] for p in hidden_of(network)
    )
    return sum(int(np.count_nonzero(sum(degrees))) for degrees in to_output)


def _fan_in(network: Network, population: Population) -> int:
    degrees = (e.in_degree() for e in _into(network, population))
    return int(sum(degrees, np.zeros(population.n_neurons, int)).max())


def _weight_values(network: Network, profile: HardwareProfile) -> Iterator[tuple[int, str]]:
    for p in network.neuron_populations:
        incoming = _into(network, p)
        sources = " + ".join(e.source for e in incoming)
        yield most_weights(incoming), f"{sources} -> {p.name}"


def _held_from_below(
    what: str, need: int, where: str, figure: str, profile: HardwareProfile
) -> Need:
    least, source = int(profile.value(figure)), profile.figure(figure).source
    words = f"{least} or more"
    return Need(what, str(need), words, where, figure, source=source, met=need >= least)


def _kernels(network: Network, profile: HardwareProfile) -> Iterator[tuple[Projection, Layer]]:
    """Projections that are kernels on a chip: on whole cores dense ones are, too."""
    for e in network.projections:
        if e.kind == "convolution" or FAMILIES[profile.family].whole_layers:
            yield e, layer_on(e, network[e.source].shape, profile)


def _strides(network: Network, profile: HardwareProfile) -> Iterator[tuple[int, str]]:
    own_at_inputs = FAMILIES[profile.family].own_strides_at_inputs
    for e, layer in _kernels(network, profile):
        if not (own_at_inputs and network[e.source].is_input):
            yield from ((stride, _named(e)) for stride in sorted(set(layer.stride)))


def _side(shape: tuple[int, ...]) -> int:
    return max(shape[1:]) if len(shape) == 3 else 1


def model_of(population: Population, profile: HardwareProfile) -> str:
    """The name of its model: that of a ReLU where a chip has those and no such neurons, for one
    that fires at a rate which is a ReLU of its input.
    """
    # Rueckauer 2017, Front. Neurosci. 11:682, section 2.2
    neuron, models = population.neuron, profile.value("neuron_models")
    is_rate = isinstance(neuron, IF) and neuron.reset == "subtract"
    name = type(neuron).__name__
    return RELU if is_rate and RELU in models and name not in models else name


def _of_models(network: Network, profile: HardwareProfile) -> list[Population]:
    """The populations that the neuron models are a list for: the output may have its own."""
    return hidden_of(network) if profile.has("output_models") else list(network.neuron_populations)


RULES = {
    "neuron_models": Rule(
        "neuron model",
        lambda n, chip: [(model_of(p, chip), p.name) for p in _of_models(n, chip)],
        among,
    ),
    "output_models": Rule(
        "neuron model of the output",
        lambda n, _: [(type(n[n.output].neuron).__name__, n.output)],
        among,
    ),
    "shortest_synapse": Rule(
        "time constant of a synapse in steps",
        lambda n, _: [
            (steps, p.name)
            for p in n.neuron_populations
            if (steps := synapse_steps(p, n.dt_s)) is not None
        ],
        _held_from_below,
    ),
    "resets": Rule(
        "reset mode",
        lambda n, chip: [
            (reset_of(p), p.name)
            for p in n.neuron_populations
            if reset_of(p) and reset_of(p) not in microcode_of(chip)
        ],
        among,
    ),
    "spikes_per_step": Rule(SPIKES, _spikes("spikes_per_step"), _held_spikes),
    "output_spikes_per_step": Rule(SPIKES, _spikes("output_spikes_per_step"), _held_spikes),
    "input_channels": Rule("input channels", _whole(lambda n: n.n_channels, "the inputs")),
    "output_neurons": Rule(
        "neurons that are read out", _whole(lambda n: n[n.output].n_neurons, "the output")
    ),
    "hidden_neurons": Rule("hidden neurons", _whole(lambda n: n.n_neurons - n[n.output].n_neurons)),
    "input_targets": Rule("neurons that inputs reach", _whole(_n_reached)),
    "output_sources": Rule("neurons that reach the output", _whole(_n_reaching)),
    "neurons_per_chip": Rule("neurons", _whole(lambda n: n.n_neurons)),
    "synapses_per_chip": Rule("synapses", _whole(lambda n: n.n_synapses)),
    "recurrent_synapses": Rule(
        "synapses between hidden neurons", _whole(lambda n: sum(e.n_synapses for e in loops_of(n)))
    ),
    "fan_in_per_neuron": Rule("synapses onto a neuron", _of_neurons(_fan_in)),
    "weight_bits": Rule(
        "bits of a weight", lambda n, _: [(e.n_bits or 0, _named(e)) for e in n.projections]
    ),
    "axon_types": Rule("different weight values", _weight_values),
    "maximum_delay": Rule(
        "delay in steps", lambda n, _: [(e.delay_steps, _named(e)) for e in n.projections]
    ),
    "kernel_size": Rule(
        "kernel size", lambda n, chip: [(max(k.kernel), _named(e)) for e, k in _kernels(n, chip)]
    ),
    "padding": Rule(
        "padding", lambda n, chip: [(max(k.padding), _named(e)) for e, k in _kernels(n, chip)]
    ),
    "strides": Rule("stride", _strides, among),
    "poolings": Rule(
        "sum pooling",
        lambda n, chip: [
            (layer_on(e, n[e.source].shape, chip).pool, _named(e)) for e in n.projections
        ],
        among,
    ),
    "input_size": Rule(
        "input side",
        lambda n, _: [
            (_side(n[e.source].shape), e.source) for e in n.projections if n[e.source].is_input
        ],
    ),
    "feature_maps": Rule(
        "feature maps of a layer",
        _of_neurons(lambda n, p: p.shape[0] if len(p.shape) == 3 else p.n_neurons),
    ),
    "output_size": Rule("output side", _of_neurons(lambda n, p: _side(p.shape))),
    "target_layers": Rule(
        "layers a layer sends to",
        _of_neurons(lambda n, p: sum(e.source == p.name for e in n.projections)),
    ),
}
SAME_EVERYWHERE = frozenset((*RULES, *FIGURES))  # figures judged alike wherever the neurons are put
