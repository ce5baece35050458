"""What the rules of a chip's family ask of a run, each counted when it is asked for."""

from functools import cached_property

import numpy as np

from spikefit_nb.network import Network, Projection
from spikefit_nb.simulate import SpikeRecord


class RecordCounts:
    """Counts of a recorded run, per inference; of hidden neurons all but the output's."""

    def __init__(
        self,
        record: SpikeRecord,
        network: Network,
        synaptic_operations: float,
        operations_per_spike: int | None,
    ) -> None:
        self.record, self.network, self.n_steps = record, network, record.n_steps
        self.n_inputs, self.n_outputs = network.n_channels, network[network.output].n_neurons
        self.n_hidden = network.n_neurons - self.n_outputs
        self.synaptic_operations = synaptic_operations
        if operations_per_spike is not None:
            self.synaptic_operations = operations_per_spike * self.scheduled_spikes

    @cached_property
    def scheduled_spikes(self) -> float:
        """Spikes of inputs, and of neurons that have synapses."""
        sources = {e.source for e in self.network.projections}
        return self._spikes(sources) / self.record.n_samples

    @cached_property
    def n_input_targets(self) -> int:
        """Hidden neurons that inputs reach."""
        reached: dict[str, np.ndarray | int] = {}
        for e in self._between(self._inputs, self._hidden):
            reached[e.target] = reached.get(e.target, 0) + e.in_degree()
        return sum(int(np.count_nonzero(n)) for n in reached.values())

    @cached_property
    def n_recurrent(self) -> int:
        """Synapses between hidden neurons."""
        return sum(e.n_synapses for e in self._between(self._hidden, self._hidden))

    @cached_property
    def n_output_sources(self) -> int:
        """Hidden neurons that reach the output, once for each projection."""
        outward = self._between(self._hidden, {self.network.output})
        return sum(int(np.count_nonzero(e.out_degree())) for e in outward)

    @cached_property
    def input_activity(self) -> float:
        """Mean spikes of an input in a step."""
        return self._activity(self._inputs, self.n_inputs)

    @cached_property
    def hidden_activity(self) -> float:
        """Mean spikes of a hidden neuron in a step."""
        return self._activity(self._hidden, self.n_hidden)

    @property
    def _inputs(self) -> set[str]:
        return {p.name for p in self.network.inputs}

    @property
    def _hidden(self) -> set[str]:
        return {p.name for p in self.network.neurons} - {self.network.output}

    def _between(self, sources: set[str], targets: set[str]) -> list[Projection]:
        return [e for e in self.network.projections if e.source in sources and e.target in targets]

    def _spikes(self, names: set[str]) -> float:
        """Spikes of all samples together."""
        counts = self.record.spike_counts
        return sum(float(counts[p.name].sum()) for p in self.network.populations if p.name in names)

    def _activity(self, names: set[str], n_neurons: int) -> float:
        n_neuron_steps = self.record.n_samples * self.n_steps * max(1, n_neurons)
        return self._spikes(names) / n_neuron_steps
