"""Inputs whose spikes cores of the chip send, as on SpiNNaker."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.deploy import deploy
from spikefit_nb.errors import DesignProblem
from spikefit_nb.export import export, load_deployment
from spikefit_nb.mapping import map_by_hand, map_network
from spikefit_nb.replay import Counters, energy_by_core, energy_by_layer, predict, replay
from spikefit_nb.simulate import simulate
from tests.naive import replay_run as naive

CHIP = sf.load_profile("spinnaker1")


def small(n_in=1200, n_out=6):
    random = np.random.default_rng(0)
    weight = random.normal(0.3, 0.4, (n_in, n_out)) * (random.random((n_in, n_out)) < 0.02)
    populations = [
        sf.Population("in", (n_in,), sf.Input()),
        sf.Population("out", (n_out,), sf.LIF(0.01, r=20.0)),
    ]
    return sf.Network(populations, [sf.Projection("in", "out", weight)])


def recordings(n_in=1200):
    return sf.SpikeDataset(np.random.default_rng(1).random((2, 9, n_in)) < 0.05)


def test_sources_take_cores_of_their_own_that_hold_no_neuron():
    mapping = map_network(small(), CHIP)
    assert mapping.labels[1:] == (
        "sources of in 0-499",
        "sources of in 500-999",
        "sources of in 1000-1199",
    )
    assert mapping.n_cores == 4 and mapping.n_neurons.tolist() == [6, 0, 0, 0]
    assert mapping.needs.memory_bits[1:].sum() == mapping.needs.axons_in[1:].sum() == 0
    sent = np.diff(mapping.fan_ptr)[:1200]
    assert mapping.needs.axons_out[1:].sum() == sent.sum() > 0


def test_cores_of_sources_count_against_those_of_the_chip():
    at_limit = sf.check_fit(small(7_500), CHIP)  # 15 cores of sources, one of neurons
    assert at_limit.fits
    [violation] = sf.check_fit(small(8_500), CHIP).violations  # 17 and one
    assert violation.figure == "cores" and violation.need == 18


def test_what_sources_send_is_priced_from_their_cores():
    two = CHIP.replace(cores=34, cores_per_chip=17, mesh_rows=2)
    network, dataset = small(), recordings()
    record = simulate(network, dataset, record="events")
    mapping = map_by_hand(network, two, {"out": np.full(6, 20)})
    assert mapping.places.tolist() == [20, 0, 1, 2]  # the first that are free: on the other chip
    price = replay(record, mapping)
    counts, _, _ = naive.replay(
        network,
        dataset,
        mapping,
        {"synaptic_operation": 0.0, "update_active": 0.0, "update_inactive": 0.0},
        0.0,
    )
    for name in ("spikes", "packets", "packets_in", "hops_y", "synaptic_operations"):
        by_hand = sum(c[name] for c in counts) / dataset.n_samples
        assert price.counts[name] == pytest.approx(by_hand), name
    n_sent = float(dataset.spikes[:].sum()) / 2
    n_fired = record.spike_counts["out"].sum() / 2
    assert price.counts["spikes"] == n_sent + n_fired
    assert price.counts["hops_y"] == price.counts["packets"] > 0
    neurons = 6 * 9
    assert price.counts["updates_active"] + price.counts["updates_inactive"] == neurons
    assert predict(record, mapping).energy_j == pytest.approx(price.energy_j)
    assert energy_by_core(mapping, price).sum() == pytest.approx(price.energy_j)
    assert price.left_out == ("what cores that send input spikes do between them",)


def test_what_sources_send_is_spent_for_no_layer():
    record = simulate(small(), recordings(), record="events")
    mapping = map_network(small(), CHIP)
    price = replay(record, mapping)
    layers = energy_by_layer(Counters(record, mapping), price)
    of_layers = sum(sum(of.values()) for of in layers.values())
    n_sent = float(recordings().spikes[:].sum()) / 2
    sent = n_sent * CHIP.si("energy_spike")
    read = price.counts["packets_in"] * CHIP.si("energy_packet_in")
    assert of_layers + sent + read == pytest.approx(price.energy_j)
    assert record.output_spikes.any()


def test_a_deployment_keeps_the_cores_of_sources(tmp_path):
    report = deploy(small(), CHIP, recordings())
    assert report.n_cores == 4
    export(report, tmp_path / "out")
    back = load_deployment(tmp_path / "out")
    assert back.differences == () and set(back.cores) == {"in", "out"}
    assert (back.report.mapping.places == report.mapping.places).all()


def test_sources_are_not_put_among_neurons_or_torn_apart():
    for given in (np.zeros(1200, int), np.arange(1200) % 3 + 1):
        with pytest.raises(DesignProblem, match="not one core of its own for each 500 inputs"):
            map_by_hand(small(), CHIP, {"out": np.zeros(6, int), "in": given})


def test_inputs_from_outside_take_no_core():
    mapping = map_network(small(), sf.load_profile("loihi1"))
    assert mapping.n_cores == 1 and set(mapping.cores) == {"out"}
