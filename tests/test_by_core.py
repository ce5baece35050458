"""Energy and work by core: nothing is lost or counted twice, and each event is on its core."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.fit.remedies import chips_of
from spikefit_nb.replay import energy_by_core, loads_by_step, replay
from tests.test_by_layer import CHIPS

SEVERAL = chips_of(
    sf.load_profile("loihi1").replace(cores=4, mesh_columns=1, mesh_rows=1, neurons_per_core=9), 3
).replace(energy_chip_hop=400.0)


@pytest.fixture(scope="module")
def dataset():
    return sf.load_dataset("digits").take(20)


def on(chip, dataset):
    return sf.deploy(sf.load_network("digits"), chip, dataset)


@pytest.mark.parametrize("chip", [*CHIPS.values(), SEVERAL])
def test_cores_together_spend_all_of_the_energy(dataset, chip):
    report = on(chip, dataset)
    assert report.energy_by_core_j.sum() == pytest.approx(report.price.energy_j, rel=1e-12)


@pytest.mark.parametrize("chip", [CHIPS["many_cores"], SEVERAL])
def test_cores_of_a_layer_spend_what_the_layer_spends(dataset, chip):
    report = on(chip, dataset)
    layers = [p.name for p in report.network.populations]
    of_core = np.array(layers)[report.mapping.layers]
    for name, parts in report.energy_by_layer_j.items():
        here = report.energy_by_core_j[of_core == name].sum()
        assert here == pytest.approx(sum(parts.values()), rel=1e-12)


def test_what_a_core_spends_is_what_its_events_cost_one_by_one(dataset):
    report = on(CHIPS["many_cores"], dataset)
    mapping, record, profile = report.mapping, report.record, report.profile
    network, n = report.network, record.n_samples
    spikes = np.concatenate([c.sum(axis=0) for c in record.spike_counts.values()])
    expected = np.zeros(mapping.n_cores)
    for e in network.projections:
        for source, target in zip(*np.nonzero(e.weight.toarray()), strict=True):
            core = mapping.core_of[network.starts[e.target] + target]
            fired = spikes[network.starts[e.source] + source]
            expected[core] += fired * profile.si("energy_synaptic_operation")
    bits = np.unpackbits(record.events.updated, axis=2, bitorder="little")
    for neuron in range(network.n_neurons):
        core = mapping.core_of[network.n_channels + neuron]
        active = int(bits[:, :, neuron].sum())
        idle = n * record.n_steps - active
        expected[core] += active * profile.si("energy_update_active")
        expected[core] += idle * profile.si("energy_update_inactive")
    for source, target, packets in zip(*report.price.links, strict=True):
        x, y = np.abs(mapping.tiles[target] - mapping.tiles[source])
        way = x * profile.si("energy_hop_x") + y * profile.si("energy_hop_y")
        way += profile.si("energy_within_tile") if x + y == 0 else 0.0
        expected[source] += n * packets * way
    assert report.energy_by_core_j == pytest.approx(expected / n)


@pytest.mark.parametrize("chip", ["loihi1", "truenorth", "xylo_audio3"])
def test_the_busiest_step_of_each_core_is_that_of_the_price(chip):
    neuron = sf.CubaLIF(0.02, 0.02, reset="subtract") if chip == "xylo_audio3" else sf.IF(1.0)
    layers = [sf.Population("in", (4,), sf.Input()), sf.Population("out", (3,), neuron)]
    network = sf.Network(layers, [sf.Projection("in", "out", np.ones((4, 3)))], dt_s=1e-3)
    spikes = np.random.default_rng(0).random((5, 20, 4)) < 0.5
    report = sf.deploy(network, sf.load_profile(chip), sf.SpikeDataset(spikes, dt_s=1e-3))
    loads = report.loads_by_step
    assert loads.shape == (report.price.n_steps, report.n_cores)
    assert loads.max(axis=0) == pytest.approx(report.price.core_loads, rel=1e-12)
    again = loads_by_step(report.record, report.mapping, timing=report.price.timing)
    assert again == pytest.approx(loads)


def test_what_is_not_published_is_no_number(dataset):
    report = on(sf.load_profile("speck"), dataset)
    assert report.loads_by_step is None
    unpriced = on(sf.load_profile("loihi2"), dataset)
    price = replay(unpriced.record, unpriced.mapping)
    assert energy_by_core(unpriced.mapping, price) is None and unpriced.energy_by_core_j is None
    misfit = on(sf.load_profile("truenorth"), dataset)
    assert misfit.energy_by_core_j is None and misfit.loads_by_step is None
