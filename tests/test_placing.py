"""Cores on places of the chip: near those they talk to, each on one of its own, nothing else
changed.
"""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import deploy_case
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.hardware import load_profile
from spikefit_nb.kernels import placing as k
from spikefit_nb.mapping import (
    PLACERS,
    TOPOLOGIES,
    Annealed,
    Hilbert,
    Links,
    Rows,
    Sites,
    hops_of,
    map_network,
    place_cores,
    sites_of,
)
from spikefit_nb.mapping.placing import _both_ways, _cores_at, _moves
from spikefit_nb.replay import Counters, replay
from spikefit_nb.search import default_space
from spikefit_nb.simulate import simulate
from tests.naive import placing as naive
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")
FAST = {"rows": Rows(), "hilbert": Hilbert(), "annealed": Annealed(2_000)}


@st.composite
def chips(draw):
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    each = draw(st.sampled_from([1, 1, 2, 4]))
    room = columns * rows * each
    sites = Sites(
        columns=columns,
        rows=rows,
        cores_per_tile=each,
        topology=draw(st.sampled_from(TOPOLOGIES)),
        n_places=draw(st.integers(max(1, room - each), room)),
        cores_per_chip=draw(st.sampled_from([None, 3])),
        chip_link=draw(st.sampled_from([0.0, 7.0])),
    )
    n_cores = draw(st.integers(1, sites.size))
    return sites, n_cores, random_links(draw(st.integers(0, 99)), n_cores)


def random_links(seed, n_cores):
    random = np.random.default_rng(seed)
    n = 3 * n_cores
    return Links(*random.integers(0, n_cores, (2, n)), random.integers(0, 50, n).astype(float))


@settings(max_examples=60, deadline=None)
@given(chip=chips(), placer=st.sampled_from(sorted(FAST)))
def test_every_core_lies_on_one_place_of_the_chip_and_no_more_tiles_are_in_use(chip, placer):
    sites, n_cores, links = chip
    places = FAST[placer].places(n_cores, sites, links)
    assert np.unique(places).size == n_cores
    assert places.min() >= 0 and places.max() < sites.size
    in_rows = np.unique(np.arange(n_cores) // sites.cores_per_tile).size
    assert np.unique(places // sites.cores_per_tile).size <= in_rows + (sites.size < sites.columns)
    again = FAST[placer].places(n_cores, sites, links)
    assert (again == places).all()  # same seed, same places
    by_hand = naive.all_hops(links, places.tolist(), sites)
    assert hops_of(links, places, sites) == pytest.approx(by_hand)


@settings(max_examples=40, deadline=None)
@given(chip=chips(), seed=st.integers(0, 99), whole=st.booleans(), heat=st.sampled_from([1e-9, 99]))
def test_moves_are_kept_as_if_all_hops_were_counted_anew_for_each(chip, seed, whole, heat):
    sites, n_cores, links = chip
    random = np.random.default_rng(seed)
    places = random.permutation(sites.size)[:n_cores]
    moves, draws = _moves(30, n_cores, 3, sites.cores_per_tile, random), random.random(30)
    found, core_at = places.copy(), _cores_at(places, sites)
    both = _both_ways(links, n_cores)
    change = k.anneal(sites.ground, both, moves, draws, heat, found, core_at, whole)
    expected = naive.anneal(links, sites, moves, draws, heat, places.tolist(), whole)
    assert found.tolist() == expected
    assert (core_at == _cores_at(found, sites)).all()
    before = naive.all_hops(links, places.tolist(), sites)
    assert before + change == pytest.approx(naive.all_hops(links, expected, sites))


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_of_few_cores_annealing_finds_the_fewest_hops_there_are(topology):
    sites, links = Sites(columns=3, rows=2, topology=topology), random_links(3, 6)
    best = min(hops_of(links, np.array(p), sites) for p in permutations(range(6)))
    found = Annealed(20_000).places(6, sites, links)
    assert hops_of(links, found, sites) == pytest.approx(best)


def test_a_shuffled_chain_of_cores_is_laid_out_as_one():
    """A ring of 64 cores over a torus of 64 tiles needs 64 hops."""
    order = np.random.default_rng(4).permutation(64)
    chain = Links(order, np.roll(order, -1), np.ones(64))
    torus = Sites(columns=8, rows=8, topology="torus")
    assert hops_of(chain, Annealed().places(64, torus, chain), torus) < 1.15 * 64
    hops = [hops_of(chain, p.places(64, torus, chain), torus) for p in PLACERS.values()]
    assert hops[0] > 3 * hops[2] and hops[1] > hops[2]


def test_more_moves_never_lose_what_the_curve_found():
    for seed in range(20):
        sites, links = Sites(columns=6, rows=6), random_links(seed, 30)
        hilbert, annealed = (p.places(30, sites, links) for p in (Hilbert(), Annealed(500)))
        assert hops_of(links, annealed, sites) <= hops_of(links, hilbert, sites)


def test_links_between_chips_are_kept_few():
    """Two halves that talk among themselves, mixed up: each gets a chip of its own."""
    halves = np.random.default_rng(0).permutation(16).reshape(2, 8)
    pairs = np.concatenate([np.array([(a, b) for a in half for b in half]) for half in halves])
    links = Links(*pairs.T, np.ones(len(pairs)))
    sites = Sites(columns=4, rows=4, cores_per_chip=8, chip_link=100.0)
    chips_of = sites.chips[Annealed().places(16, sites, links)]
    assert all(np.unique(chips_of[half]).size == 1 for half in halves)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 500), recurrent=st.booleans(), placer=st.sampled_from(sorted(PLACERS)))
def test_placement_changes_hops_and_nothing_else(seed, recurrent, placer):
    network = two_layers(seed, recurrent=recurrent)
    record = simulate(network, SpikeDataset(spikes(network, seed)), record="events")
    filled = map_network(network, LOIHI, neurons_per_core=2)
    links = Counters(record, filled).links
    placed = place_cores(filled, links, FAST[placer])
    assert (placed.core_of == filled.core_of).all() and placed.labels == filled.labels
    before, after = replay(record, filled), replay(record, placed)
    for counter in ("packets", "packets_in", "spikes", "synaptic_operations", "updates_active"):
        assert after.counts[counter] == before.counts[counter]
    sites = sites_of(LOIHI, filled.n_cores)
    by_us = hops_of(links, placed.places, sites) / record.n_samples
    assert after.counts["hops_x"] + after.counts["hops_y"] == pytest.approx(by_us)
    tiles = [len(np.unique(m.tiles, axis=0)) for m in (filled, placed)]
    assert tiles[1] <= tiles[0]


def test_a_design_that_changes_only_the_placement_is_never_simulated_again(monkeypatch):
    network = convolutional(5)
    dataset = SpikeDataset(spikes(network, 2), np.zeros(3, int))
    design = sf.Design(suit_chip=True, neurons_per_core=4)
    before = deploy_case(Case(network, LOIHI, dataset, design=design))
    assert before.fits, before.violations

    def never(*_, **__):
        raise AssertionError("simulated again")

    monkeypatch.setattr("spikefit_nb.simulate.cache.simulate", never)
    hops = [sum(before.price.counts[c] for c in ("hops_x", "hops_y"))]
    for name in ("hilbert", "annealed"):
        other = sf.Design(suit_chip=True, neurons_per_core=4, placement=name)
        report = sf.deploy(network, LOIHI, dataset, design=other)
        assert report.accuracy == before.accuracy and report.n_cores == before.n_cores
        hops.append(sum(report.price.counts[c] for c in ("hops_x", "hops_y")))
    assert hops[0] > hops[1] >= hops[2]


@pytest.mark.parametrize("chip", ["speck", "xylo_audio3", "loihi2", "spinnaker1"])
def test_where_there_is_no_mesh_or_no_choice_nothing_is_moved(chip):
    network = two_layers(1)
    filled = map_network(network, load_profile(chip))
    assert place_cores(filled, random_links(0, filled.n_cores)) is filled


def test_the_knob_is_searched_where_the_chip_has_a_mesh():
    network = two_layers(1)
    dataset = SpikeDataset(spikes(network, 2), np.zeros(3, int))
    for chip, acts in (("loihi1", True), ("truenorth", True), ("speck", False), ("loihi2", False)):
        knobs = {
            knob.name: knob for knob in default_space(network, load_profile(chip), dataset).knobs
        }
        assert ("placement" in knobs) == acts, chip
        if acts:
            assert knobs["placement"].found.range == ["rows", "hilbert", "annealed"]


def test_the_knob_acts_where_more_cores_are_in_use_than_lie_side_by_side():
    digits, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(20)
    space, case = default_space(digits, LOIHI, dataset), Case(digits, LOIHI, dataset)
    first = {**space.starts(case)[0], "partition": "layers"}
    spread = {**first, "neurons_per_core.hidden": 5}
    hops = {}
    for name in ("rows", "annealed"):
        assert "placement" not in space.canonical({**first, "placement": name})
        params = {**spread, "placement": name}
        assert space.canonical(params)["placement"] == name
        counts = deploy_case(space.case(params, case)).price.counts
        hops[name] = counts["hops_x"] + counts["hops_y"]
    assert hops["annealed"] < hops["rows"]
    by_itself = {**first, "partition": "auto", "placement": "annealed"}
    assert space.canonical(by_itself)["placement"] == "annealed"  # it may take many


def test_an_object_may_stand_in_place_of_a_name_and_is_checked():
    class Twice:
        def places(self, n_cores, sites, links):
            return np.zeros(n_cores, np.int64)

    class Outside:
        def places(self, n_cores, sites, links):
            return np.arange(n_cores) + sites.size

    filled = map_network(two_layers(1), LOIHI, neurons_per_core=2)
    links = random_links(0, filled.n_cores)
    by_name, by_object = (place_cores(filled, links, p).places for p in ("annealed", Annealed()))
    assert (by_name == by_object).all()
    with pytest.raises(DesignProblem, match=r"does not give each of \d+ cores a place of its own"):
        place_cores(filled, links, Twice())
    with pytest.raises(DesignProblem, match=r"gives places 128 to \d+; the chip has 0 to 127"):
        place_cores(filled, links, Outside())


def test_what_is_wrong_is_told():
    with pytest.raises(UnknownName, match=r"no placement 'anneled'\. Did you mean 'annealed'"):
        sf.Design(placement="anneled")
    with pytest.raises(UnknownName, match=r"no placer 'hilbrt'"):
        place_cores(map_network(two_layers(1), LOIHI), random_links(0, 2), "hilbrt")
    with pytest.raises(UnknownName, match="no topology 'ring'"):
        Sites(columns=2, rows=2, topology="ring")
    with pytest.raises(DesignProblem, match="rows is 0; it must be 1 or more"):
        Sites(columns=2, rows=0)
    with pytest.raises(DesignProblem, match="n_places is 9; 2 x 2 tiles of 1 cores hold 4"):
        Sites(columns=2, rows=2, n_places=9)
    for wrong in (Annealed, Hilbert):
        with pytest.raises(DesignProblem, match="is -1; it must be 0 or more"):
            wrong(-1)


def test_nothing_is_written_beyond_the_places_where_the_last_tile_is_not_full():
    sites = Sites(columns=3, rows=1, cores_per_tile=4, n_places=10)
    for seed in range(20):
        links = random_links(seed, 10)
        place_of, beyond = np.arange(10), np.full(18, -7, np.int64)
        core_at = beyond[4:14]
        core_at[:] = np.arange(10)
        k.relax(sites.ground, _both_ways(links, 10), 100, place_of, core_at)
        assert sorted(place_of) == list(range(10)) and (core_at[place_of] == np.arange(10)).all()
        assert (beyond[:4] == -7).all() and (beyond[14:] == -7).all()


@pytest.mark.parametrize("times", [2.0**-20, 2.0**10])
def test_in_which_unit_packets_are_counted_changes_no_place(times):
    """Temperatures go with the hops that exchanges change, so that all is decided alike."""
    random = np.random.default_rng(3)
    pairs = np.unique(random.integers(0, 30, (80, 2)), axis=0)
    packets = random.integers(1, 50, len(pairs)).astype(float)
    sites = Sites(columns=6, rows=5)
    placed = [
        Annealed(30_000).places(30, sites, Links(*pairs.T, packets * each)) for each in (1.0, times)
    ]
    assert (placed[0] == placed[1]).all()
    curve = Hilbert().places(30, sites, Links(*pairs.T, packets))
    assert (placed[0] != curve).any()  # it has found something of its own
