"""Layers cut into pieces of equal work, and cores given to what a run waits for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.balance import Bottleneck
from spikefit_nb.balance.tries import shared_by_waits
from spikefit_nb.balance.work import work_of
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import deploy_case
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import PARTITIONERS, PER_CORE, Layers, Tiles, equal_work, map_network
from spikefit_nb.mapping.shapes import along_hilbert
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.replay import FiringRates, replay, replay_by_core
from spikefit_nb.search import default_space
from spikefit_nb.simulate import RECORDS, simulate
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")


@pytest.fixture(scope="module")
def run():
    """Spikes of a small convolutional network."""
    network = convolutional(3)
    return network, simulate(network, SpikeDataset(spikes(network, 1)), record="events")


@pytest.mark.parametrize(("y", "x"), [(1, 1), (4, 4), (8, 8), (3, 7)])
def test_the_curve_meets_every_pixel_once_and_goes_from_neighbour_to_neighbour(y, x):
    row, column = np.indices((y, x)).reshape(2, -1)
    along = along_hilbert(row, column)
    assert np.unique(along).size == y * x
    order = np.argsort(along)
    if y == x:
        steps = np.abs(np.diff(row[order])) + np.abs(np.diff(column[order]))
        assert (steps == 1).all() and sorted(along) == list(range(y * x))


@pytest.mark.parametrize("partitioner", PARTITIONERS.values(), ids=PARTITIONERS)
@given(
    shape=st.sampled_from([(7,), (2, 3, 4), (1, 5, 5), (6, 1, 1)]),
    n_pieces=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_every_neuron_is_in_one_piece_and_no_piece_has_much_more_work_than_its_share(
    partitioner, shape, n_pieces, seed
):
    population = Population("out", shape, IF(1.0))
    work = np.random.default_rng(seed).uniform(0.1, 1.0, population.n_neurons)
    assert sorted(partitioner.order(population)) == list(range(population.n_neurons))
    piece = equal_work(partitioner, population, n_pieces, work)
    assert np.unique(piece).tolist() == list(range(piece.max() + 1))
    assert piece.max() < n_pieces
    assert np.bincount(piece, work).max() <= work.sum() / n_pieces + work.max() + 1e-9


def test_work_is_the_time_that_synaptic_operations_and_updates_take(run):
    network, record = run
    rates = FiringRates.of(record, network)
    work = work_of(rates, network, LOIHI)
    n_rows, n_active = record.n_samples * record.n_steps, rates.active.mean(axis=0)
    for p in network.neuron_populations:
        (e,) = (e for e in network.projections if e.target == p.name)
        synapses = e.weight.toarray() != 0
        received = record.spike_counts[e.source].sum(axis=0) @ synapses / n_rows
        active = n_active[network.starts[p.name] :][: p.n_neurons]
        inactive_s, active_s = LOIHI.si("time_update_inactive"), LOIHI.si("time_update_active")
        naive = received * LOIHI.si("time_synaptic_operation")
        naive = naive + inactive_s + (active_s - inactive_s) * active
        assert work[p.name] == pytest.approx(naive, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 500),
    axons=st.integers(20, 200),
    bits=st.integers(3000, 60_000),
    partition=st.sampled_from(["layers", "tiles"]),
)
def test_a_mapping_by_name_keeps_all_limits_that_can_be_kept(seed, axons, bits, partition):
    network = convolutional(seed)
    limits = {"axons_in_per_core": axons, "synapse_memory_per_core": bits}
    chip = LOIHI.replace(neurons_per_core=30, cores=10_000, **limits)
    fan_in = max(int(e.in_degree().max()) for e in network.projections)
    one_each = map_network(network, chip, neurons_per_core=1)
    if fan_in > axons or one_each.needs.memory_bits.max() > bits:
        return
    mapping = map_network(network, chip, partition=partition)
    again = map_network(network, chip, partition=partition)
    assert (mapping.core_of == again.core_of).all()
    assert mapping.fan_synapses.sum() == network.n_synapses
    for need, figure in PER_CORE.items():
        assert getattr(mapping.needs, need).max() <= chip.si(figure)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 500), recurrent=st.booleans(), budget=st.integers(3, 30))
def test_a_run_is_never_slower_once_cores_are_given_to_what_it_waits_for(seed, recurrent, budget):
    network = two_layers(seed, recurrent=recurrent)
    record = simulate(network, SpikeDataset(spikes(network, seed)), record="events")
    filled = map_network(network, LOIHI)
    found = Bottleneck(core_budget=budget).spread(record, filled)
    before, after = replay(record, filled), replay(record, found)
    assert after.latency_s <= before.latency_s
    assert after.energy_j <= before.energy_j * 1.05
    assert found is filled or found.n_cores <= budget
    assert after.counts["synaptic_operations"] == before.counts["synaptic_operations"]
    sent = np.diff(found.fan_ptr)[network.n_channels :]
    n_spikes = np.concatenate(
        [record.spike_counts[p.name].mean(axis=0) for p in network.neuron_populations]
    )
    assert after.counts["packets"] == pytest.approx(n_spikes @ sent)  # one an axon
    again = Bottleneck(core_budget=budget).spread(record, filled)
    assert (again.core_of == found.core_of).all()


def test_the_layer_that_is_waited_for_gets_the_cores(run):
    network, record = run
    filled = map_network(network, LOIHI)
    found = Bottleneck(growth=1.0).spread(record, filled)
    assert found.n_cores > filled.n_cores
    first, core_s = replay_by_core(record, filled)
    busiest = filled.labels[core_s.sum(axis=0).argmax()].split()[0]
    gained = {
        p.name: len(np.unique(found.core_of[network.starts[p.name] :][: p.n_neurons]))
        for p in network.neuron_populations
    }
    assert gained[busiest] == max(gained.values())
    assert replay(record, found).latency_s < first.latency_s


def test_no_core_gets_more_neurons_than_the_design_allows(run):
    network, record = run
    filled = map_network(network, LOIHI, neurons_per_core=20)
    found = Bottleneck(growth=1.0).spread(record, filled, neurons_per_core=20)
    assert found.needs.neurons.max() <= 20


@settings(max_examples=100)
@given(
    waits=st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=3, max_size=3),
    total=st.integers(3, 20),
)
def test_cores_go_one_by_one_to_the_layer_that_is_waited_for_longest(waits, total):
    sizes = {"a": 4, "b": 8, "c": 12}
    populations = [Population(name, (n,), IF(1.0)) for name, n in sizes.items()]
    network = Network(
        [Population("in", (1,), Input()), *populations],
        [Projection("in", name, np.ones((1, n))) for name, n in sizes.items()],
        output="a",
    )
    alone = map_network(network, LOIHI)
    found = shared_by_waits(
        dict(zip(sizes, map(np.array, waits), strict=True)), alone, alone, total
    )
    naive = dict.fromkeys(sizes, 1)
    while sum(naive.values()) < total:
        waited = dict.fromkeys(sizes, 0.0)
        for step in range(4):
            of = {name: waits[k][step] / naive[name] for k, name in enumerate(sizes)}
            longest = max(of, key=of.get)
            waited[longest] += of[longest]
        able = [name for name in sizes if naive[name] < sizes[name] and waited[name] > 0]
        if not able:
            break
        naive[max(able, key=waited.get)] += 1
    assert found == naive


@pytest.mark.parametrize("chip", ["truenorth", "speck", "xylo_audio3", "loihi2"])
def test_where_cores_change_no_time_nothing_is_moved(chip, run):
    network, record = run
    filled = map_network(network, load_profile(chip))
    assert Bottleneck().spread(record, filled) is filled


def test_a_design_that_changes_only_the_partition_is_never_simulated_again(monkeypatch):
    network = convolutional(5)
    dataset = SpikeDataset(spikes(network, 2), np.zeros(3, int))
    design = sf.Design(suit_chip=True, partition="layers")
    before = deploy_case(Case(network, LOIHI, dataset, design=design))
    assert before.fits, before.violations

    def never(*_, **__):
        raise AssertionError("simulated again")

    monkeypatch.setattr("spikefit_nb.simulate.cache.simulate", never)
    latency = {"layers": before.latency_s}
    for name in ("tiles", "bottleneck", "auto"):
        report = sf.deploy(
            network, LOIHI, dataset, design=sf.Design(partition=name, suit_chip=True)
        )
        latency[name] = report.latency_s
        assert report.accuracy == before.accuracy and report.fits
        assert (report.n_cores > before.n_cores) == (name != "tiles")
    assert latency["bottleneck"] <= latency["auto"] <= latency["layers"]
    assert RECORDS is not None


def test_the_knob_is_searched_where_a_chip_cuts_maps():
    network = convolutional(5)
    dataset = SpikeDataset(spikes(network, 2), np.zeros(3, int))
    names = {knob.name: knob for knob in default_space(network, LOIHI, dataset).knobs}
    assert names["partition"].found.range == ["layers", "tiles", "bottleneck", "auto"]
    budget = names["core_budget"].found
    assert budget.range == (2, 128) and not budget.acts({"partition": "tiles"})
    assert budget.acts({"partition": "bottleneck"}) and budget.acts({"partition": "auto"})
    ticking = default_space(network, load_profile("truenorth"), dataset).knobs
    assert {k.name: k for k in ticking}["partition"].found.range == ["layers", "tiles", "auto"]
    assert all(k.found.as_trained == "auto" for k in ticking if k.name == "partition")
    flat = two_layers(1)
    spiking = SpikeDataset(spikes(flat, 2), np.zeros(3, int))
    knobs = {knob.name: knob for knob in default_space(flat, LOIHI, spiking).knobs}
    assert knobs["partition"].found.range == ["layers", "auto"]
    # where a tick is as long on any cores, there is nothing to choose
    ticking = default_space(flat, load_profile("truenorth"), spiking).knobs
    assert not {"partition", "core_budget"} & {knob.name for knob in ticking}


def test_an_object_may_stand_in_place_of_a_name(run):
    network, record = run
    assert (
        map_network(network, LOIHI, partition=Tiles()).core_of
        == map_network(network, LOIHI, partition="tiles").core_of
    ).all()
    filled = map_network(network, LOIHI)
    by_name, by_object = Bottleneck(("layers",)), Bottleneck((Layers(),))
    cores = [b.spread(record, filled).core_of for b in (by_name, by_object)]
    assert (cores[0] == cores[1]).all()


def test_what_is_wrong_is_told():
    with pytest.raises(UnknownName, match=r"no partition 'botleneck'\. Did you mean 'bottleneck'"):
        sf.Design(partition="botleneck")
    with pytest.raises(UnknownName, match=r"no partitioner 'tils'"):
        Bottleneck(("tils",))
    with pytest.raises(DesignProblem, match="core_budget is 0; it must be 1 or more"):
        Bottleneck(core_budget=0)
