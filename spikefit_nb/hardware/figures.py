"""Every figure a chip can have: its name, the unit people give it in, what it says. One vocabulary
for all chips.
"""

from typing import NamedTuple

from spikefit_nb.units import SCALE_OF_PREFIX, SI_UNITS

STEPS = ("barrier", "tick", "cycles", "asynchronous")


class Meaning(NamedTuple):
    """What a figure says."""

    unit: str  # usual; an SI unit may carry another prefix
    shape: str  # "number", "numbers" or "words"
    says: str

    @property
    def base(self) -> str:
        """The SI unit it is measured in; nothing where it is counted, or measured in mm2, nm or
        cycles.
        """
        return base_of(self.unit)

    @property
    def is_count(self) -> bool:
        """Whether it comes in whole numbers."""
        return self.shape != "words" and not self.base and self.unit not in MEASURED_AS_THEY_ARE


def _in(unit: str, shape: str = "number", **figures: str) -> dict[str, Meaning]:
    return {name: Meaning(unit, shape, says) for name, says in figures.items()}


EVENTS = {
    "synaptic_operation": "one synaptic operation (where formats differ: of a dense projection)",
    "synaptic_operation_sparse": "one synaptic operation of a sparse projection",
    "synaptic_operation_convolution": "one synaptic operation of a convolution",
    "update_active": "one neuron update where there was something to do",
    "update_inactive": "one neuron update where there was nothing to do",
    "spike": "a neuron's firing, apart from what follows it",
    "packet": "one message to one core, apart from its way",
    "packet_in": "one message at the core it arrives at",
    "within_tile": "one message to a core of the same tile",
    "hop_x": "one message over one link, east-west",
    "hop_y": "one message over one link, north-south",
    "chip_hop": "one message from one chip to the next, apart from its hops",
}

FIGURES: dict[str, Meaning] = {
    **_in(
        "cores",
        cores="Cores of one chip",
        cores_per_chip="Cores of each chip where several are seen as one",
        cores_per_tile="Cores that share a router",
    ),
    **_in("tiles", mesh_columns="Tiles east-west", mesh_rows="Tiles north-south"),
    **_in(
        "neurons",
        neurons_per_core="Neurons one core holds",
        neurons_per_chip="Neurons one chip holds",
        hidden_neurons="Neurons that are neither inputs nor outputs",
        output_neurons="Neurons that are read out",
        input_targets="Neurons that inputs can reach",
        output_sources="Neurons that can reach outputs",
        neurons_per_parameter_set="Neurons that share one threshold and decay",
    ),
    **_in(
        "channels",
        input_channels="Input channels",
        sources_per_core="Inputs that one core sends the spikes of, where they come from cores",
        feature_maps="Feature maps of one layer",
    ),
    **_in(
        "synapses",
        synapses_per_core="Synapses one core holds",
        synapses_per_chip="Synapses one chip holds",
        recurrent_synapses="Recurrent synapses of one chip",
        fan_in_per_neuron="Synapses onto one neuron",
        fan_in_per_circuit="Synapse rows of one neuron circuit; circuits can be merged",
        fan_out_per_neuron="Synapses from one neuron",
        mean_fan_out_recurrent="Recurrent synapses per hidden neuron, on average",
        mean_fan_out_output="Output synapses per hidden neuron, on average",
    ),
    **_in(
        "bits",
        synapse_memory_per_core="Memory for synapses of one core",
        core_memory="Memory for everything of one core",
        chip_memory="Memory that all cores of a chip share",
        bits_per_synapse="Memory one synapse takes",
        crossbar_row="Memory one neuron with its row of synapses takes",
        state_bits="Width of the membrane potential",
        input_sum_bits="Width of the sum of all weights that reach a neuron in a step, sign "
        "included: weights count in its steps",
    ),
    **_in(
        "axons",
        axons_in_per_core="Axons that end on one core",
        axons_out_per_core="Axons that start on one core",
        fan_out_axons="Axons one neuron feeds",
    ),
    **_in("types", axon_types="Kinds of axons, each with one weight a neuron"),
    **_in("currents", weight_currents_per_core="Currents of which each synapse adds up some"),
    **_in("signs", signs_per_source="Signs the weights of one source can have"),
    **_in("addresses", source_addresses="Inputs and neurons that synapses can come from"),
    **_in(
        "configurations",
        compartment_configurations="Sets of decays on one core",
        threshold_configurations="Thresholds on one core",
        synapse_configurations="Synapse formats on one core",
    ),
    **_in(
        "chips",
        destination_chips="Chips one neuron can send to",
        board_chips="Chips of the board whose power is published",
    ),
    **_in("entries", router_entries="Routes a router holds"),
    **_in("packets", packets_per_link="Packets that can wait in front of one link"),
    **_in("operations", operations_per_step="Synaptic operations one core can do in a step"),
    **_in("layers", target_layers="Layers one layer can send to"),
    **_in("words", bias_memory_per_core="Biases one core holds"),
    **_in(
        "pixels",
        kernel_size="Side of a kernel",
        input_size="Side of the input",
        output_size="Side of a layer's output",
        padding="Padding on each side",
    ),
    **_in(
        "words",
        "numbers",
        kernel_memory_per_core="Weights each core holds",
        neuron_memory_per_core="Neuron states each core holds",
    ),
    **_in("pixels", "numbers", strides="Steps of a kernel", poolings="Sides of a sum pooling"),
    **_in("bits", "numbers", weight_bits="Widths of a stored weight, sign included"),
    **_in(
        "models",
        "words",
        neuron_models="Neuron models",
        output_models="Neuron models of the output, where they are others",
    ),
    **_in(
        "modes",
        "words",
        resets="Resets after a spike",
        resets_in_microcode="Resets that no neuron has built in, but a program of it can",
    ),
    **_in(
        "properties",
        "words",
        supports="What networks here can use, of PROPERTIES, as somebody has published",
        lacks="What no network here can use, of PROPERTIES, as somebody has published",
    ),
    **_in(
        "formats",
        "words",
        zero_weights="Formats of projections whose weights of zero are stored and read too",
        shared_weights="Formats of projections whose weights a core can store once for all axons "
        "that read them",
    ),
    **_in(
        "stages",
        "words",
        stages_at_once="Stages of a core that work at the same time, not one after another",
    ),
    **_in(
        "spikes",
        spikes_per_step="Spikes of one neuron in a step",
        output_spikes_per_step="Spikes of one output neuron in a step",
        input_spikes_per_step="Spikes of one input in a step",
    ),
    **_in(
        "steps",
        shortest_synapse="Shortest time constant of a synapse that still reaches its neuron",
        minimum_delay="Shortest delay",
        maximum_delay="Longest delay",
        plain_delay="Longest delay without further cores that hold spikes back",
    ),
    **_in(
        "slots",
        delay_slots_per_core="Delay slots of one core: each of its neurons takes the power of two "
        "above the longest delay that ends there",
    ),
    **{
        f"energy_{event}": Meaning("pJ", "number", f"Energy of {of}")
        for event, of in EVENTS.items()
    },
    **_in(
        "pJ",
        energy_clock_cycle="Energy of one clock cycle, whatever is done in it",
        energy_packet_in_single="Energy of one message at the core it arrives at, where it meets "
        "the one synapse of neurons wired one to one",
        energy_input_packet="Energy of the way of one message from outside to one core",
    ),
    **{f"time_{event}": Meaning("ns", "number", f"Time of {of}") for event, of in EVENTS.items()},
    **_in(
        "ns",
        "numbers",
        time_barrier="Time until all tiles agree that a step is over, for each number of "
        "barrier_tiles",
    ),
    **_in(
        "tiles", "numbers", barrier_tiles="Numbers of tiles in use that time_barrier is given for"
    ),
    **_in("ms", tick="Duration of one step"),
    **_in(
        "ns",
        shortest_step="Duration of the shortest step measured, with next to nothing to do: no "
        "bound, since another board may be faster",
    ),
    **_in(
        "MHz",
        clock="Clock",
        clock_of_static_power="Clock at which the static power was measured",
        clock_of_active_power="Clock at which the power while it computes was measured",
    ),
    **_in(
        "cycles",
        cycles_input_event="Clock cycles of one input event at one neuron",
        cycles_recurrent_event="Clock cycles of one recurrent synaptic operation",
        cycles_output_event="Clock cycles of one spike at one output neuron",
        cycles_output_spike="Clock cycles of one spike that goes to outputs, apart from those",
        cycles_input_channel="Clock cycles of one input channel a step",
        cycles_hidden_neuron="Clock cycles of one hidden neuron a step",
        cycles_output_neuron="Clock cycles of one output neuron a step",
        cycles_synapse="Clock cycles of one synaptic operation",
        cycles_spike="Clock cycles of one spike, apart from its synapses",
        cycles_step="Clock cycles of one step, whatever happens in it",
    ),
    **_in(
        "mW",
        static_power="Power of the chip whatever it does, running",
        static_power_before_boot="Power of the chip before it is first started",
        static_power_after_run="Power of the chip idle after a run",
        active_power="Power of the chip while it computes, static power included",
        core_power="Power of one core while it computes, above static power",
        x86_power="Power of a chip's x86 cores on the workload it was measured on; in no sum",
        board_power="Power of a board of chips that idle",
    ),
    **_in(
        "share",
        accuracy_on_silicon="Accuracy that a network has been published to reach on the chip",
        accuracy_in_simulation="Accuracy of that network in simulation",
    ),
    **_in("mm2", area="Area of the chip", core_area="Area of one core"),
    **_in("nm", process="Process node"),
}

PROPERTIES = {  # what a network may use and a chip may lack: words of ``supports`` and ``lacks``
    "delays": "delays of more than one step",
    "spikes": "several spikes of a neuron in a step",
    "counts": "several spikes of an input in a step",
    "currents": "inputs that are currents, not spikes",
    "bias": "a constant input of their own, or a potential of rest, to neurons",
    "recurrence": "synapses that lead back",
    "inputs to the output": "synapses from inputs to the output beside hidden neurons",
    "output that feeds back": "synapses from output neurons",
    "own parameters": "thresholds or decays of their own to the neurons of a layer",
    "late reset": "a reset in the step after the spike",
    "negative weights": "synapses of negative weight",
}
EVERY_CHIP_HAS = {  # what decides whether a network fits, and the figures of which one tells it
    "number of cores": ("cores",),
    "neurons a core holds": (
        "neurons_per_core",
        "neurons_per_chip",
        "neuron_memory_per_core",
        "hidden_neurons",
    ),
    "memory for synapses": (
        "synapse_memory_per_core",
        "synapses_per_core",
        "synapses_per_chip",
        "kernel_memory_per_core",
        "chip_memory",
        "fan_in_per_neuron",
        "fan_in_per_circuit",
        "axons_in_per_core",
        "mean_fan_out_recurrent",
    ),
    "bits of a weight": ("weight_bits",),
    "neuron models": ("neuron_models",),
    "reset modes": ("resets",),
}

MEASURED_AS_THEY_ARE = (
    "mm2",
    "nm",
    "cycles",
    "share",
)  # units without a prefix of which there can be any amount
MAY_BE_ZERO = ("padding", "minimum_delay")  # of counts; there is at least one of everything else
ABOVE_ZERO = (
    "clock",
    "clock_of_static_power",
    "clock_of_active_power",
    "tick",
    "shortest_step",
)  # of what is measured; no time passes without them
COST_PREFIXES = (
    "energy_",
    "time_",
    "static_power",
    "area",
)  # what a chip's makers may keep to themselves

GROUP_OF_UNIT = {
    **dict.fromkeys(
        ("neurons", "synapses", "types", "currents", "signs", "configurations"),
        "Neurons and weights",
    ),
    **dict.fromkeys(
        ("models", "modes", "properties", "spikes", "steps", "share"), "Neurons and weights"
    ),
    "pJ": "Energy",
    **dict.fromkeys(("ns", "ms", "MHz", "cycles"), "Time"),
    "mW": "Power",
    **dict.fromkeys(("mm2", "nm"), "Area"),
}
GROUP_OF_FIGURE = {
    **dict.fromkeys(
        ("weight_bits", "bits_per_synapse", "state_bits", "input_sum_bits"), "Neurons and weights"
    ),
    **dict.fromkeys(("barrier_tiles", "stages_at_once"), "Time"),
    **dict.fromkeys(("zero_weights", "shared_weights"), "Neurons and weights"),
}
GROUPS = ("Structure", "Neurons and weights", "Energy", "Time", "Power", "Area")


def base_of(unit: str) -> str:
    """The SI unit that a unit is a multiple of; nothing for other units."""
    return next(
        (b for b in SI_UNITS if unit.endswith(b) and unit.removesuffix(b) in SCALE_OF_PREFIX), ""
    )


def group_of(name: str) -> str:
    """The heading under which a figure is shown."""
    return GROUP_OF_FIGURE.get(name) or GROUP_OF_UNIT.get(FIGURES[name].unit, "Structure")
