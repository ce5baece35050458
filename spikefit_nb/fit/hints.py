"""What to do about a need that is not met, in words."""

from collections.abc import Iterable

from spikefit_nb.hardware import Need
from spikefit_nb.units import text

# figure: what helps; {need}, {limit}, {most} with its thousands apart, and the {first} of several
# allowed are filled in
HINTS = {
    "spikes_per_step": "A neuron here fires {limit} times a step at most: give neurons "
    "max_spikes_per_step={limit} and compare.",
    "neuron_models": "{need} is not a neuron of this chip ({limit}): it would have to be trained "
    "or refitted as one.",
    "output_models": "The chip reads its output as {limit}, not {need}: the last layer has to be "
    "trained as that.",
    "shortest_synapse": "Synapses here decay before they are used: one of fewer than {limit} steps "
    "reaches nothing. Train with a longer tau_syn, or shorter steps.",
    "axon_types": "At most {most} values over all that leads into a layer: "
    "Design(weight_values={limit}), or Design(weight_bits=2), which gives two a projection.",
    "axons_in_per_core": "More than {most} sources reach one core: fewer synapses onto a neuron "
    "(Design(max_fan_in=...)), or narrower or locally connected layers.",
    "fan_in_per_neuron": "More than {most} synapses onto a neuron: Design(max_fan_in={limit}) "
    "keeps the strongest.",
    "fan_out_axons": "A neuron here feeds one axon, and copies of it in its own loop are not "
    "counted: "
    "split the recurrence.",
    "synapse_memory_per_core": "Synapses take memory: fewer weight bits, pruning, or fewer neurons "
    "on a core "
    "(Design(neurons_per_core=...)).",
    "delay_slots_per_core": "Longer delays take slots of each neuron: fewer neurons on a core "
    "(Design(neurons_per_core=...)).",
    "cores": "Pruning, fewer weight bits and Design(share_cores=True) free cores; more chips add "
    "them.",
    "input_channels": "The chip takes {most} inputs: fewer or pooled channels, before the network "
    "is trained.",
    "hidden_neurons": "The chip has {most} hidden neurons: a narrower network has to be trained.",
    "output_neurons": "The chip reads out {most} neurons: fewer classes, or a code of them.",
    "neurons_per_core": "A core has {most} neurons, copies and merged circuits included: fewer "
    "synapses onto a neuron, "
    "or a narrower network.",
    "source_addresses": "Inputs and neurons share {most} addresses, and one whose weights have "
    "both signs takes two: "
    "fewer inputs, or weights of one sign for each source.",
    "target_layers": "A layer sends to at most {most} others: leave out skip paths.",
    "kernel_memory_per_core": "A layer has to fit one core: fewer channels or smaller kernels, "
    "before it is trained.",
    "neuron_memory_per_core": "A layer has to fit one core: more pooling or stride, or fewer "
    "channels, before it is "
    "trained.",
    "neurons_per_parameter_set": "Neurons share their threshold and decay in pairs: train one "
    "value a layer.",
    "lacks": "No step here has it; the source of the limit says why: the network has to be trained "
    "without.",
    "input_spikes_per_step": "An input here sends {limit} spikes a step at most: shorter steps, or "
    "fewer spikes.",
    "resets": "Reset {need!r} is not native here: read the network with reset={first!r} and "
    "compare.",
}


WHOLE_LAYERS = (
    "Each layer takes a core of its own here: a network of fewer layers has to be trained."
)
RELU_ALONE = (
    "The chip computes ReLU layers: a network of IF neurons that reset by subtraction, such as "
    "sf.from_ann makes, is one."
)


def hints_for(violations: Iterable[Need], *, whole_layers: bool = False) -> tuple[str, ...]:
    """One sentence for each kind of limit that is exceeded; a core may hold but one layer."""
    of_each: dict[str, Need] = {}
    for v in violations:
        of_each.setdefault(v.figure, v)
    found = {figure: _hint(figure, v) for figure, v in of_each.items() if figure in HINTS}
    if whole_layers and "cores" in found:
        found["cores"] = WHOLE_LAYERS
    return tuple(found.values())


def _hint(figure: str, v: Need) -> str:
    if figure == "neuron_models" and v.limit == "ReLU":
        return RELU_ALONE
    first = str(v.limit).split(", ")[0]
    return HINTS[figure].format(need=text(v.need), limit=v.limit, most=text(v.limit), first=first)
