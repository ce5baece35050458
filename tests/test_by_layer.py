"""Energy by layer: nothing is lost or counted twice, and each event goes to the layer it is of."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.replay import Counters, energy_by_layer

CHIPS = {
    "loihi1": sf.load_profile("loihi1"),
    "calibrated": sf.load_profile("loihi1", coefficients="calibrated"),
    "many_cores": sf.load_profile("loihi1").replace(neurons_per_core=9),
    "spikes": sf.load_profile("loihi1").replace(energy_spike=3.0, energy_packet=5.0),
}


@pytest.fixture(scope="module")
def dataset():
    return sf.load_dataset("digits").take(20)


@pytest.mark.parametrize("chip", CHIPS)
def test_layers_together_spend_all_of_each_part(dataset, chip):
    report = sf.deploy(sf.load_network("digits"), CHIPS[chip], dataset)
    by_layer = report.energy_by_layer_j
    assert list(by_layer) == [p.name for p in report.network.neuron_populations]
    for part, energy_j in report.price.energy_parts_j.items():
        assert sum(of[part] for of in by_layer.values()) == pytest.approx(energy_j, rel=1e-12)


def test_each_event_goes_to_its_layer(dataset):
    report = sf.deploy(sf.load_network("digits"), CHIPS["many_cores"], dataset)
    record, network, profile = report.record, report.network, report.profile
    n = record.n_samples
    for layer in network.neuron_populations:
        onto = [e for e in network.projections if e.target == layer.name]
        operations = sum(
            (record.spike_counts[e.source] @ (e.weight.toarray() != 0).sum(axis=1)).sum()
            for e in onto
        )
        told = report.energy_by_layer_j[layer.name]
        each_j = profile.si("energy_synaptic_operation")
        assert told["synaptic_operations"] == pytest.approx(operations * each_j / n)
        first = network.starts[layer.name] - network.n_channels
        bits = np.unpackbits(record.events.updated, axis=2, bitorder="little")
        active = bits[:, :, first : first + layer.n_neurons].sum()
        expected_j = active * profile.si("energy_update_active") / n
        assert told["updates_active"] == pytest.approx(expected_j)
    sent_j = report.price.energy_parts_j["hops_x"] + report.price.energy_parts_j["hops_y"]
    hidden = report.energy_by_layer_j["hidden"]
    assert sent_j > 0 and hidden["hops_x"] + hidden["hops_y"] == pytest.approx(sent_j)


def test_where_no_energy_is_published_there_is_none(dataset):
    report = sf.deploy(sf.load_network("digits"), sf.load_profile("loihi2"), dataset)
    counters = Counters(report.record, report.mapping)
    assert energy_by_layer(counters, report.price) == {"hidden": {}, "digit": {}}
    misfit = sf.deploy(sf.load_network("digits"), sf.load_profile("truenorth"), dataset)
    assert misfit.energy_by_layer_j == {}
