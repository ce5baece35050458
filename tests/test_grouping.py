"""Neurons on cores by what they have in common: no core too full, every packet counted, and few
hops.
"""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem, NetworkProblem, NotInstalled, UnknownName
from spikefit_nb.kernels import grouping as k
from spikefit_nb.mapping import (
    GROUPERS,
    Annealed,
    Graph,
    Hilbert,
    Overlap,
    Room,
    Sites,
    Stream,
    Wiring,
    group_and_place,
    group_neurons,
    grouper_named,
    hops_of,
    map_by_hand,
    map_network,
)
from spikefit_nb.mapping.grouping import N_PARTNERS, _groups, _grown
from spikefit_nb.replay import Counters
from spikefit_nb.search import default_space
from spikefit_nb.simulate import simulate
from tests.benchmarks.placement import InOrder, modular
from tests.naive import grouping as naive
from tests.networks import spikes, two_layers

SITES = Sites(columns=6, rows=6)


def random_wiring(seed, n=24, degree=4):
    random = np.random.default_rng(seed)
    fan_out = random.integers(0, degree + 1, n)
    targets = [np.sort(random.choice(n, size, replace=False)) for size in fan_out]
    ptr = np.append(0, np.cumsum(fan_out))
    n_spikes = random.integers(0, 99, n).astype(float)  # whole: sums are exact in any order
    return Wiring(ptr, np.concatenate(targets).astype(np.int64), n_spikes)


def power_of_two_fans(wiring):
    """The same with fan-outs of 0, 1, 2 or 4 and no loops, so that shares of spikes are exact."""
    rows = []
    for v in range(wiring.n_neurons):
        row = wiring.target[wiring.ptr[v] : wiring.ptr[v + 1]]
        row = row[row != v]
        rows.append(row[: {3: 2}.get(row.size, row.size)])
    ptr = np.append(0, np.cumsum([row.size for row in rows]))
    return Wiring(ptr, np.concatenate(rows), wiring.spikes)


@st.composite
def wirings(draw):
    wiring = random_wiring(draw(st.integers(0, 999)))
    most = int(wiring.fan_in.max())
    return wiring, Room(draw(st.integers(2, 12)), draw(st.integers(most, 3 * most + 1)))


def assert_within(wiring, room, core_of):
    assert core_of.shape == (wiring.n_neurons,) and core_of.min() == 0
    assert np.unique(core_of).size == core_of.max() + 1
    assert np.bincount(core_of).max() <= room.neurons
    assert np.bincount(core_of, wiring.fan_in).max() <= room.synapses


@settings(max_examples=40, deadline=None)
@given(made=wirings(), grouper=st.sampled_from(sorted(GROUPERS)))
def test_every_neuron_is_on_one_core_and_no_core_holds_too_much(made, grouper):
    wiring, room = made
    core_of = GROUPERS[grouper].cores(wiring, room)
    assert_within(wiring, room, core_of)
    assert (core_of == GROUPERS[grouper].cores(wiring, room)).all()  # same seed, same cores


@settings(max_examples=25, deadline=None)
@given(made=wirings(), by_share=st.booleans())
def test_a_core_grows_by_the_neuron_that_has_most_in_common_with_it(made, by_share):
    wiring, room = made
    expected = naive.grow(wiring, room, by_share, k.LEAST)
    found = _grown(wiring, room, by_share=by_share)
    assert found.tolist() == expected.tolist()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), most=st.integers(2, 9), extra=st.integers(0, 30))
def test_a_stream_puts_each_neuron_where_the_naive_one_does(seed, most, extra):
    wiring = power_of_two_fans(random_wiring(seed))
    room = Room(most, int(wiring.fan_in.max()) + extra)
    share = max(wiring.n_neurons / most, wiring.fan_in.sum() / room.synapses)
    expected = naive.stream(wiring, room, max(1, int(np.ceil(share))), 3, k.LEAST)
    assert Stream(n_passes=3, slack=0.0).cores(wiring, room).tolist() == expected.tolist()


@settings(max_examples=25, deadline=None)
@given(made=wirings(), seed=st.integers(0, 9))
def test_moves_shorten_the_ways_of_packets_by_what_they_say(made, seed):
    wiring, room = made
    core_of = Overlap().cores(wiring, room)
    n_cores = int(core_of.max()) + 1
    places = np.random.default_rng(seed).permutation(SITES.size)[:n_cores]
    groups = _groups(wiring, core_of, n_cores, room)
    hops = SITES.hops(np.repeat(places, n_cores), np.tile(places, n_cores))
    random = np.random.default_rng(seed)
    before = naive.all_hops(wiring, core_of, places, SITES)
    change = k.refine(
        wiring.wires,
        groups,
        hops.reshape(n_cores, n_cores),
        random.permutation(wiring.n_neurons),
        random.random((wiring.n_neurons, N_PARTNERS)),
        room.neurons,
        room.synapses,
        np.zeros(n_cores),
    )
    after = naive.all_hops(wiring, groups.core_of, places, SITES)
    assert change <= 0 and before + change == pytest.approx(after)
    assert np.bincount(groups.core_of).max() <= room.neurons
    assert np.bincount(groups.core_of, wiring.fan_in).max() <= room.synapses
    assert (groups.reach == wiring.reach(groups.core_of, n_cores)).all()
    assert (np.bincount(groups.core_of, minlength=n_cores) == groups.n_neurons).all()
    at = groups.member[groups.core_of, groups.slot]
    assert (at == np.arange(wiring.n_neurons)).all()


@settings(max_examples=20, deadline=None)
@given(made=wirings(), grouper=st.sampled_from(sorted(GROUPERS)), seed=st.integers(0, 3))
def test_hops_are_those_of_all_packets_and_more_rounds_lose_nothing(made, grouper, seed):
    wiring, room = made
    found = [
        group_and_place(
            wiring,
            room,
            SITES,
            partition=grouper,
            placement=Hilbert(),
            n_rounds=n_rounds,
            seed=seed,
        )
        for n_rounds in (0, 2, 2)
    ]
    assert found[1].hops <= found[0].hops
    for core_of, places, hops in found:
        assert np.unique(places).size == places.size
        assert np.bincount(core_of).max() <= room.neurons
        assert hops == pytest.approx(naive.all_hops(wiring, core_of, places, SITES))
    assert (found[1].core_of == found[2].core_of).all()
    assert (found[1].places == found[2].places).all()


@pytest.mark.parametrize("grouper", sorted(GROUPERS))
def test_neurons_that_only_feed_each_other_are_found_however_they_are_counted(grouper):
    """Eight rings of sixteen, all to all within, mixed up: each ring gets a core, none sends."""
    ring = np.random.default_rng(1).permutation(np.repeat(np.arange(8), 16))
    rows = [np.flatnonzero((ring == ring[v]) & (np.arange(128) != v)) for v in range(128)]
    wiring = Wiring(np.arange(0, 128 * 15 + 1, 15), np.concatenate(rows), np.ones(128))
    grouped = grouper_named(grouper)
    grouped = {"graph": Graph(slack=0.0), "stream": Stream(slack=0.0)}.get(grouper, grouped)
    core_of = grouped.cores(wiring, Room(16, 16 * 15))
    assert wiring.links(core_of).packets.size == 0


def test_layers_share_cores_where_that_saves_packets():
    """Inputs of a core's neurons lie on it too: six of seven packets leave it, not all seven."""
    sizes = (70, 70)
    target = np.tile(np.arange(70, 140), 70)
    ptr = np.append(np.arange(0, 70 * 70 + 1, 70), np.full(70, 70 * 70))
    wiring = Wiring(ptr, target, np.append(np.ones(70), np.zeros(70)))
    room, layer = Room(70, 10 * 70), np.repeat([0, 1], sizes)
    apart = InOrder(np.arange(140), layer).cores(wiring, room)
    together = Overlap().cores(wiring, room)
    packets = [wiring.links(core_of).packets.sum() for core_of in (apart, together)]
    assert packets == [70 * 7, 70 * 6]


def test_of_a_modular_network_a_fraction_of_the_packets_is_left():
    work = modular(2_000)
    graph = work["A"].tocsr()
    wiring = Wiring(graph.indptr, graph.indices.astype(np.int64), work["s"].astype(float))
    room = Room(64, 8_192)
    in_turn = InOrder(np.arange(2_000), work["layer"])
    hops = {
        str(name): group_and_place(
            wiring, room, SITES, partition=partition, placement=Annealed(100_000), n_rounds=n
        ).hops
        for name, partition, n in (
            ("in turn", in_turn, 0),
            ("overlap", "overlap", 0),
            ("graph", "graph", 0),
            ("refined", "overlap", 2),
        )
    }
    assert hops["overlap"] < 0.5 * hops["in turn"]
    assert hops["overlap"] < hops["graph"] and hops["refined"] < 0.95 * hops["overlap"]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 200), recurrent=st.booleans())
def test_packets_are_those_that_a_replay_of_the_mapping_counts(seed, recurrent):
    loihi, network = sf.load_profile("loihi1"), two_layers(seed, recurrent=recurrent)
    record = simulate(network, sf.SpikeDataset(spikes(network, seed)), record="events")
    fired = np.concatenate([record.spike_counts[p.name].sum(0) for p in network.neuron_populations])
    wiring = Wiring.of(network, fired)
    core_of = Overlap().cores(wiring, Room(5, 10_000))
    first, cores = network.n_channels, {}
    for p in network.neuron_populations:
        cores[p.name] = core_of[network.starts[p.name] - first :][: p.n_neurons]
    replayed = Counters(record, map_by_hand(network, loihi, cores)).links
    apart = replayed.source != replayed.target
    ours = wiring.links(core_of)
    assert ours.packets.sum() == pytest.approx(replayed.packets[apart].sum())
    sites = Sites(columns=64, rows=2)
    places = np.arange(core_of.max() + 1)
    assert hops_of(ours, places, sites) == pytest.approx(hops_of(replayed, places, sites))


def ring(n=96, loops=4, seed=0):
    """Neurons on a ring, each driven by an input and by its neighbours, numbered at random."""
    number = np.random.default_rng(seed).permutation(n)
    back = np.zeros((n, n), np.float32)
    for step in range(1, loops + 1):
        back[number, np.roll(number, step)] = back[number, np.roll(number, -step)] = 0.3
    neurons = sf.Population("ring", (n,), sf.LIF(5e-3, 1.0))
    populations = [sf.Population("in", (n,), sf.Input()), neurons]
    drive = sf.Projection("in", "ring", np.eye(n, dtype=np.float32) * 6)
    return sf.Network(populations, [drive, sf.Projection("ring", "ring", back, delay_steps=1)])


@pytest.mark.parametrize("partition", sorted(GROUPERS))
def test_a_design_groups_a_recurrent_network_for_few_packets_and_simulates_once(
    partition, monkeypatch
):
    network, loihi = ring(), sf.load_profile("loihi1")
    random = np.random.default_rng(2)
    dataset = sf.SpikeDataset(random.random((4, 20, 96)) < 0.1, np.zeros(4, int))
    by_layer = sf.deploy(network, loihi, dataset, design=sf.Design(neurons_per_core=12))
    assert by_layer.fits and by_layer.price.counts["spikes"] > 100

    def never(*_, **__):
        raise AssertionError("simulated again")

    monkeypatch.setattr("spikefit_nb.simulate.cache.simulate", never)
    design = sf.Design(neurons_per_core=12, partition=partition, placement="annealed")
    found = sf.deploy(network, loihi, dataset, design=design)
    assert found.fits and found.mapping.needs.neurons.max() <= 12
    before, after = by_layer.price.counts, found.price.counts
    assert after["packets"] < 0.7 * before["packets"]
    assert after["hops_x"] + after["hops_y"] < 0.5 * (before["hops_x"] + before["hops_y"])
    assert after["synaptic_operations"] == before["synaptic_operations"]


def test_groupers_are_searched_where_a_recurrent_network_takes_many_cores():
    dataset = sf.SpikeDataset(np.zeros((1, 2, 96), bool), np.zeros(1, int))
    small = sf.load_profile("loihi1").replace(neurons_per_core=12)
    by_name = {knob.name: knob for knob in default_space(ring(), small, dataset).knobs}
    assert by_name["partition"].found.range == ["layers", "auto", "overlap", "graph"]
    few = default_space(ring(), sf.load_profile("loihi1"), dataset).knobs
    by_name = {knob.name: knob for knob in few}
    assert by_name["partition"].found.range == ["layers", "auto"]  # one core holds it


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), axons=st.integers(4, 40), bits=st.integers(300, 4000))
def test_grouped_neurons_keep_all_limits_of_a_core_or_stay_where_they_were(seed, axons, bits):
    network = two_layers(seed, recurrent=True)
    chip = sf.load_profile("loihi1").replace(axons_in_per_core=axons, synapse_memory_per_core=bits)
    filled = map_network(network, chip)
    found = group_neurons(filled, np.ones(network.n_neurons))
    assert (found.core_of[network.n_channels :] >= 0).all()
    assert found is filled or (
        found.needs.axons_in.max() <= axons and found.needs.memory_bits.max() <= bits
    )


@pytest.mark.parametrize("chip", ["speck", "xylo_audio3", "spinnaker2"])
def test_where_a_chip_leaves_no_choice_neurons_are_not_grouped(chip):
    filled = map_network(two_layers(1), sf.load_profile(chip))
    assert group_neurons(filled, np.ones(filled.network.n_neurons)) is filled


def test_what_is_wrong_is_told(monkeypatch):
    wiring = random_wiring(1)
    with pytest.raises(UnknownName, match=r"no grouper 'overlp'\. Did you mean 'overlap'"):
        grouper_named("overlp")
    with pytest.raises(DesignProblem, match=r"A neuron has \d+ synapses; a core holds 4 neurons"):
        Overlap().cores(wiring, Room(4, 1))
    with pytest.raises(DesignProblem, match="12 cores are needed; the chip has 4"):
        group_and_place(wiring, Room(2, 999), Sites(columns=2, rows=2))
    with pytest.raises(DesignProblem, match="slack is 1; it must be at least 0 and below 1"):
        Graph(slack=1)
    with pytest.raises(NetworkProblem, match="are not the rows, columns and spikes"):
        Wiring(np.array([0, 1]), np.array([5]), np.ones(1))
    monkeypatch.setitem(sys.modules, "pymetis", None)
    with pytest.raises(NotInstalled, match=r'needs pymetis.*"overlap" needs nothing'):
        Graph().cores(wiring, Room(4, 999))


def test_where_the_table_of_neurons_and_cores_is_too_large_nothing_is_refined(monkeypatch):
    wiring, room = random_wiring(3), Room(4, 99)
    plain = group_and_place(wiring, room, SITES, n_rounds=0)
    monkeypatch.setattr("spikefit_nb.mapping.grouping.MOST_BYTES", 10)
    monkeypatch.setattr("spikefit_nb.mapping.wiring.MOST_BYTES", 10)
    found = group_and_place(wiring, room, SITES)
    assert found.hops == plain.hops and (found.core_of == plain.core_of).all()


@pytest.mark.parametrize("partition", ["auto", "overlap"])
def test_a_network_that_fits_only_where_neurons_are_grouped_is_judged_so(partition):
    network, design = ring(), sf.Design(partition=partition)
    limits = {"axons_in_per_core": 32, "cores": 8, "neurons_per_core": 12}
    chip = sf.load_profile("loihi1").replace(**limits)
    layers = sf.check_fit(network, chip, sf.Design(partition="layers"))
    assert [v.what for v in layers.violations] == ["cores"] and layers.mapping.n_cores > 8
    fit = sf.check_fit(network, chip, design)
    assert fit.fits and fit.mapping.n_cores == 8 and fit.mapping.needs.axons_in.max() == 32
    assert fit.cut_instead.startswith(
        f"Layer by layer, it would take {layers.mapping.n_cores} of 8 cores. Neurons are grouped"
    )
    # 12 neighbours, each heard by 4 on either side, and an input each: no fewer axons will do
    assert not sf.check_fit(network, chip.replace(axons_in_per_core=31), design).fits
    dataset = sf.SpikeDataset(np.random.default_rng(2).random((2, 20, 96)) < 0.1, np.zeros(2, int))
    report = sf.deploy(network, chip, dataset, design=design)
    assert report.fits and report.n_cores == 8 and report.mapping.is_within_cores
