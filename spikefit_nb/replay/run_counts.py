"""What the rule of a chip's family for clock cycles is told of a run."""

import numpy as np

from spikefit_nb.hardware import RunCounts
from spikefit_nb.network import Network, Projection
from spikefit_nb.simulate import SpikeRecord


def scheduled_spikes(record: SpikeRecord, network: Network) -> float:
    """Spikes per inference of inputs, and of neurons that have synapses."""
    return _spikes(record, {e.source for e in network.projections}) / record.n_samples


def run_counts(record: SpikeRecord, network: Network, synaptic_operations: float) -> RunCounts:
    """Count what clock cycles go into, per inference; hidden are all neurons but the output's."""
    inputs = {p.name for p in network.inputs}
    hidden = {p.name for p in network.neuron_populations} - {network.output}
    n_outputs = network[network.output].n_neurons
    n_hidden = network.n_neurons - n_outputs
    reached = {name: np.zeros(network[name].n_neurons, np.int64) for name in hidden}
    for e in _between(network, inputs, hidden):
        reached[e.target] += e.in_degree()
    outward = _between(network, hidden, {network.output})
    neuron_steps = record.n_samples * record.n_steps
    return RunCounts(
        record.n_steps,
        synaptic_operations,
        scheduled_spikes(record, network),
        n_inputs=network.n_channels,
        n_input_targets=sum(int(np.count_nonzero(n)) for n in reached.values()),
        n_hidden=n_hidden,
        n_recurrent=sum(e.n_synapses for e in _between(network, hidden, hidden)),
        n_output_sources=sum(int(np.count_nonzero(e.out_degree())) for e in outward),
        n_outputs=n_outputs,
        input_activity=_spikes(record, inputs) / (neuron_steps * max(1, network.n_channels)),
        hidden_activity=_spikes(record, hidden) / (neuron_steps * max(1, n_hidden)),
    )


def _between(network: Network, sources: set[str], targets: set[str]) -> list[Projection]:
    return [e for e in network.projections if e.source in sources and e.target in targets]


def _spikes(record: SpikeRecord, names: set[str]) -> float:
    return sum(float(n.sum()) for name, n in record.spike_counts.items() if name in names)
