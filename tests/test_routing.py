"""Packets over the links of the chip: each gets where it has to by a shortest way, none can block
itself for ever, and what each link and router carries is counted.
"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.mapping import (
    ROUTINGS,
    Links,
    Routes,
    Sites,
    Wiring,
    hops_of,
    map_network,
    place_cores,
    route,
    router_entries,
    sites_of,
    table_entries,
    tree_loads,
)
from spikefit_nb.mapping.routes import _walk, link_in_words
from spikefit_nb.replay import mesh_links
from tests.naive import routes as naive
from tests.networks import two_layers


@st.composite
def traffic(draw, topologies=("mesh", "torus")):
    each = draw(st.sampled_from([1, 3]))
    sites = Sites(
        columns=draw(st.integers(1, 6)),
        rows=draw(st.integers(1, 6)),
        cores_per_tile=each,
        topology=draw(st.sampled_from(topologies)),
    )
    random = np.random.default_rng(draw(st.integers(0, 999)))
    n_cores = draw(st.integers(1, sites.size))
    places = random.permutation(sites.size)[:n_cores]
    pairs = np.unique(random.integers(0, n_cores, (40, 2)), axis=0)
    return sites, places, Links(*pairs.T, random.integers(1, 50, len(pairs)).astype(float))


def links_of(routes):
    """The links of each pair of cores, in words."""
    found = [[] for _ in range(routes.links.source.size)]
    for pair, link in zip(routes.pair.tolist(), routes.link.tolist(), strict=True):
        tile, way = link_in_words(link).removeprefix("tile ").split()
        found[pair].append((int(tile), way))
    return found


@settings(max_examples=80, deadline=None)
@given(made=traffic(), routing=st.sampled_from(ROUTINGS))
def test_every_packet_gets_where_it_has_to_by_a_shortest_way(made, routing):
    sites, places, links = made
    routes = route(links, places, sites, routing)
    carried = Counter()
    for k, found in enumerate(links_of(routes)):
        ends = places[links.source[k]], places[links.target[k]]
        over_x, over_y = (naive.walk(sites, *ends, x_first) for x_first in (True, False))
        expected = {"xy": [over_x], "yx": [over_y], "west_first": [over_x, over_y]}[routing]
        assert found in expected
        for link in found:
            carried[link] += links.packets[k]
    loads = {
        (int(tile), way): load
        for link, load in enumerate(routes.loads.tolist())
        if load
        for tile, way in [link_in_words(link).removeprefix("tile ").split()]
    }
    assert loads == pytest.approx(dict(carried))
    assert routes.loads.sum() == pytest.approx(hops_of(links, places, sites))


@settings(max_examples=80, deadline=None)
@given(made=traffic(topologies=("mesh",)), routing=st.sampled_from(ROUTINGS))
def test_over_a_mesh_no_packets_can_wait_for_one_another_in_a_circle(made, routing):
    sites, places, links = made
    routes = route(links, places, sites, routing)
    assert routes.cycle == [] and not naive.has_circle(links_of(routes))


@settings(max_examples=60, deadline=None)
@given(made=traffic(), seed=st.integers(0, 99))
def test_a_circle_is_found_exactly_where_there_is_one(made, seed):
    """Along x or y first at random: some of these routes can block themselves, most cannot."""
    sites, places, links = made
    x_first = np.random.default_rng(seed).random(links.source.size) < 0.5
    routes = Routes(links, places, *_walk(links, places, sites, x_first), sites=sites)
    assert bool(routes.cycle) == naive.has_circle(links_of(routes))
    waits = {tuple(pair) for pair in routes.dependencies.tolist()}
    in_words = {(link_in_words(a), link_in_words(b)) for a, b in waits}
    for a, b in zip(routes.cycle, routes.cycle[1:] + routes.cycle[:1], strict=True):
        assert (a, b) in in_words


def test_four_packets_that_turn_around_a_square_block_each_other():
    square, places = Sites(columns=2, rows=2), np.arange(4)
    around = Links(np.array([0, 1, 3, 2]), np.array([3, 2, 0, 1]), np.ones(4))
    ways = np.array([True, False, True, False])
    routes = Routes(around, places, *_walk(around, places, square, ways), sites=square)
    assert sorted(routes.cycle) == ["tile 0 east", "tile 1 north", "tile 2 south", "tile 3 west"]
    for routing in ROUTINGS:
        assert route(around, places, square, routing).cycle == []


def test_around_a_ring_packets_block_each_other():
    ring, places = Sites(columns=5, rows=1, topology="torus"), np.arange(5)
    links = Links(np.arange(5), (np.arange(5) + 2) % 5, np.ones(5))
    assert route(links, places, ring).cycle == [f"tile {k} east" for k in (0, 1, 2, 3, 4)]


def test_west_first_relieves_the_busiest_link():
    random = np.random.default_rng(5)
    sites, places = Sites(columns=6, rows=6), np.arange(36)
    for _ in range(10):
        links = Links(*random.integers(0, 36, (2, 120)), random.random(120))
        busiest = {name: route(links, places, sites, name).busiest for name in ROUTINGS}
        assert busiest["west_first"] <= busiest["xy"]


@settings(max_examples=40, deadline=None)
@given(made=traffic(), routing=st.sampled_from(("xy", "yx")))
def test_entries_of_routers_are_those_that_packets_need_which_do_not_go_straight_on(made, routing):
    sites, places, links = made
    routes = route(links, places, sites, routing)
    starts, ends = (places[end] // sites.cores_per_tile for end in (links.source, links.target))
    walked = links_of(routes)
    expected = naive.entries(
        sites, links.source.tolist(), walked, starts.tolist(), ends=ends.tolist()
    )
    assert table_entries(routes).tolist() == expected


def test_so_many_cores_that_broadcast_overflow_a_router_of_spinnaker():
    """17 cores a chip over 8 x 8 chips, each to all: every router knows every core."""
    sites = Sites(columns=8, rows=8, cores_per_tile=17, topology="torus")
    n = sites.size
    some = np.arange(0, n, 17)  # one core of each chip is enough to be reached
    source, target = (end.ravel() for end in np.meshgrid(np.arange(n), some))
    entries = table_entries(route(Links(source, target, np.ones(n * 64)), np.arange(n), sites))
    assert entries.tolist() == [n] * 64
    assert entries.max() > sf.load_profile("spinnaker1").value("router_entries")


@settings(max_examples=30, deadline=None)
@given(made=traffic(), routing=st.sampled_from(ROUTINGS), seed=st.integers(0, 99))
def test_a_router_copies_packets_so_that_one_goes_over_a_link(made, routing, seed):
    sites, places, _ = made
    random = np.random.default_rng(seed)
    n = 3 * places.size
    core_of = np.append(np.arange(places.size), random.integers(0, places.size, n - places.size))
    targets = [np.flatnonzero(random.random(n) < 0.3) for _ in range(n)]
    ptr = np.append(0, np.cumsum([t.size for t in targets]))
    wiring = Wiring(ptr, np.concatenate(targets), random.integers(1, 9, n).astype(float))
    links = wiring.links(core_of)
    ways = links_of(route(links, places, sites, routing))
    of_pair = dict(zip(zip(*links[:2], strict=True), ways, strict=True))
    carried = Counter()
    for v in range(n):
        cores = {int(core_of[w]) for w in targets[v]} - {int(core_of[v])}
        crossed = set().union(*(of_pair[core_of[v], c] for c in cores))
        carried.update(dict.fromkeys(crossed, int(wiring.spikes[v])))
    found = tree_loads(wiring, core_of, places, sites, routing)
    assert found.sum() == sum(carried.values())
    assert sorted(found[found > 0].tolist()) == sorted(map(float, carried.values()))


def test_links_of_the_mesh_are_those_that_a_price_tells():
    network, profile = sf.load_network("digits"), sf.load_profile("loihi1")
    dataset = sf.load_dataset("digits").take(20)
    report = sf.deploy(network, profile, dataset, design=sf.Design(neurons_per_core=4))
    sites = Sites(columns=8, rows=4, cores_per_tile=4)
    routes = route(report.price.links, report.mapping.places, sites)
    told = mesh_links(report.mapping, report.price.links)
    assert routes.busiest == pytest.approx(told.packets.max())
    assert routes.loads.sum() == pytest.approx(told.packets.sum())


def test_what_is_wrong_is_told():
    links, places = Links(np.array([0]), np.array([1]), np.ones(1)), np.arange(2)
    with pytest.raises(UnknownName, match="no routing 'north_last'"):
        route(links, places, Sites(columns=2, rows=1), "north_last")
    with pytest.raises(DesignProblem, match="there is no way to choose"):
        route(links, places, Sites(columns=2, rows=1, topology="direct"))


def all_to_all(n):
    """Neurons that all feed each other and themselves."""
    own = np.ones((n, n), np.float32)
    neurons = sf.Population("out", (n,), sf.LIF(0.01))
    return sf.Network(
        [sf.Population("in", (1,), sf.Input()), neurons],
        [
            sf.Projection("in", "out", np.ones((1, n), np.float32)),
            sf.Projection("out", "out", own, delay_steps=1),
        ],
    )


@pytest.mark.parametrize(("n_cores", "fits"), [(9, True), (12, False)])
def test_entries_of_a_router_are_a_limit_with_its_source(n_cores, fits):
    """Each core sends to each: every router knows every core, and that of the input."""
    chips = {"cores": 12, "cores_per_tile": 2, "mesh_columns": 3, "mesh_rows": 2}
    board = sf.load_profile("spinnaker1").replace(router_entries=9, neurons_per_core=5, **chips)
    report = sf.check_fit(all_to_all(5 * (n_cores - 1)), board)
    assert router_entries(report.mapping).max() == n_cores
    (need,) = (need for need in report.needs if need.figure == "router_entries")
    assert (need.need, need.limit, need.met) == (n_cores, 9, fits)
    assert need.source == board.figure("router_entries").source


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 999),
    columns=st.integers(1, 4),
    placement=st.sampled_from(["rows", "annealed"]),
)
def test_routers_of_a_mapping_hold_what_its_packets_need(seed, columns, placement):
    network = two_layers(seed, recurrent=True)
    chip = sf.load_profile("spinnaker1").replace(
        cores=24, cores_per_tile=1, mesh_columns=columns, mesh_rows=-(-24 // columns)
    )
    mapping = map_network(network, chip, neurons_per_core=2)
    sites, pairs = sites_of(chip, mapping.n_cores), set()
    for v in range(mapping.core_of.size):
        for axon in range(mapping.fan_ptr[v], mapping.fan_ptr[v + 1]):
            pairs.add((int(mapping.core_of[v]), int(mapping.fan_core[axon])))
    source, target = (np.array(end) for end in zip(*sorted(pairs), strict=True))
    links = Links(source, target, np.ones(source.size))
    mapping = place_cores(mapping, links, placement)
    starts, ends = mapping.places[source].tolist(), mapping.places[target].tolist()
    walked = [naive.walk(sites, p, q, True) for p, q in zip(starts, ends, strict=True)]
    expected = naive.entries(sites, source.tolist(), walked, starts, ends=ends)
    assert router_entries(mapping).tolist() == expected


def test_where_one_way_is_busy_packets_to_the_next_column_take_the_other():
    """A hundred packets fill the link east of tile 0; of two ways to the tile across, which are as
    long, the one that begins there is worse.
    """
    links = Links(np.array([0, 0]), np.array([1, 2]), np.array([100.0, 7.0]))
    ways = {
        name: route(links, np.array([0, 1, 3]), Sites(columns=2, rows=2), name)
        for name in ("xy", "west_first")
    }
    assert [routes.busiest for routes in ways.values()] == [107.0, 100.0]
    assert ways["west_first"].in_words == ["tile 0 east", "tile 0 north", "tile 2 east"]
