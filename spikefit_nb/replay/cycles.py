"""Clock cycles of chips whose step takes as long as its work: the vendors' own counts."""

import numpy as np

from spikefit_nb.hardware.capacity import XyloCycles, odin_cycles, xylo_cycles
from spikefit_nb.mapping import Mapping
from spikefit_nb.network import Network, Projection
from spikefit_nb.simulate import SpikeRecord

ODIN_OPERATIONS_PER_SPIKE = (
    256  # each spike visits every neuron: ChFrenkel/ODIN@1781931 doc/README.md, section 2.2.1
)


def cycles_per_inference(record: SpikeRecord, mapping: Mapping) -> float:
    """Clock cycles of one inference on a chip with one core, by the rule of its family."""
    if mapping.profile.family == "xylo":
        return record.n_steps * _xylo_step(record, mapping)
    cycles = {
        name: mapping.profile.value(f"cycles_{name}") for name in ("spike", "synapse", "step")
    }
    per_spike = cycles["spike"] + ODIN_OPERATIONS_PER_SPIKE * cycles["synapse"]
    n_spikes = scheduled_spikes(record, mapping.network)
    return odin_cycles(n_spikes, record.n_steps, per_spike=per_spike, per_step=cycles["step"])


def scheduled_spikes(record: SpikeRecord, network: Network) -> float:
    """Spikes that go through ODIN's scheduler: of inputs, and of neurons with synapses within the
    core.
    """
    sources = {e.source for e in network.projections}
    return sum(float(record.spike_counts[name].sum()) for name in sources) / record.n_samples


def _xylo_step(record: SpikeRecord, mapping: Mapping) -> float:
    network, profile = mapping.network, mapping.profile
    output = network.output
    hidden = [p for p in network.neurons if p.name != output]
    names = {p.name for p in hidden}
    inputs = {p.name for p in network.inputs}

    def reached(edges: list[Projection]) -> int:
        degrees = [(e.target, e.in_degree()) for e in edges]
        return sum(
            int(np.count_nonzero(sum(d for target, d in degrees if target == name)))
            for name in {t for t, _ in degrees}
        )

    into = reached([e for e in network.projections if e.source in inputs and e.target in names])
    within = [e for e in network.projections if e.source in names and e.target in names]
    outward = [e for e in network.projections if e.source in names and e.target == output]
    n_hidden = sum(p.n_neurons for p in hidden)
    n_sources = sum(int(np.count_nonzero(e.out_degree())) for e in outward)
    if profile.value("input_targets") >= profile.value(
        "hidden_neurons"
    ):  # Audio 2 visits all, connected or not
        into, n_sources = n_hidden, n_hidden
    return xylo_cycles(
        n_inputs=network.n_channels,
        n_input_targets=into,
        n_hidden=n_hidden,
        n_recurrent=sum(e.n_synapses for e in within),
        n_output_sources=n_sources,
        n_outputs=network[output].n_neurons,
        input_activity=_activity(record, inputs, network.n_channels),
        hidden_activity=_activity(record, names, n_hidden),
        cycles=XyloCycles(*(profile.value(f"cycles_{name}") for name in XyloCycles._fields)),
    )


def _activity(record: SpikeRecord, names: set[str], n_neurons: int) -> float:
    """Mean spikes a neuron and step."""
    spikes = sum(float(record.spike_counts[name].sum()) for name in names)
    return spikes / (record.n_samples * record.n_steps * max(1, n_neurons))
