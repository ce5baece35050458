"""The core map by value: loads, energies and layers of cores, links along the ways of packets."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.models import LinearColorMapper, Slider

import spikefit_nb as sf
from spikefit_nb.fit.remedies import chips_of
from spikefit_nb.mapping import Links, Sites
from spikefit_nb.plots import build_cores, cores_data, cores_frame, no_cores, plot_cores
from spikefit_nb.plots.core_columns import cores_columns, thumb_window
from spikefit_nb.plots.core_key import key_html
from spikefit_nb.plots.cores import MOST_TIMES, over_time, window
from spikefit_nb.plots.theme import (
    GREY,
    LAYER_COLOURS,
    LOAD_COLOURS,
    layer_colours,
    load_colour,
)
from spikefit_nb.plots.ways import FEW, chip_edges, link_bars, own_links
from spikefit_nb.widgets.embed import figure_html
from tests.browser.stand_ins import report


@pytest.fixture(scope="module")
def digits():
    return sf.load_network("digits"), sf.load_dataset("digits").take(20)


@pytest.fixture(scope="module")
def spread(digits):
    """Digits on many cores of Loihi, whose tiles have four each."""
    network, dataset = digits
    return sf.deploy(network, sf.load_profile("loihi1").replace(neurons_per_core=3), dataset)


def crowd(n_cores=4096, n_links=40_000, side=64, seed=0):
    """A stand-in for a chip full of cores."""
    rng = np.random.default_rng(seed)
    small = report(2, grid=(side, side))
    order, sites = np.arange(n_cores), Sites(columns=side, rows=side)
    pairs = np.unique(rng.integers(0, n_cores, (n_links, 2)), axis=0)
    packets = 10 ** rng.uniform(0, 3, len(pairs))
    mapping = SimpleNamespace(
        **{
            **vars(small.mapping),
            "sites": sites,
            "places": order,
            "chips": np.zeros(n_cores, int),
            "layers": 1 + 2 * order // (n_cores + 1),
            "positions": sites.tiles[:n_cores],
            "labels": tuple(f"hidden {16 * k}-{16 * k + 15}" for k in range(n_cores)),
            "n_neurons": np.full(n_cores, 16),
        }
    )
    loads = rng.random(n_cores)
    return SimpleNamespace(
        profile=small.profile,
        mapping=mapping,
        price=SimpleNamespace(core_loads=loads, links=Links(*pairs.T, packets)),
        energy_by_core_j=1e-9 * loads,
        loads_by_step=loads * rng.random((100, 1)),
    )


# Cores.


def test_the_title_of_a_core_map_is_its_finding():
    assert cores_data(report()).title == "loihi1: 6 of 128 cores, busiest core 61 %"
    assert (
        cores_data(report(), name="Trial 27").title == "Trial 27: 6 of 128 cores, busiest core 61 %"
    )
    assert cores_data(report(fits=False)).title == "loihi1: 6 of 128 cores, does not fit"


def test_the_colour_of_a_load_never_depends_on_other_cores():
    for busiest in (0.2, 1.0):
        loads = report(busiest=busiest).price.core_loads
        columns = cores_columns(cores_data(report(busiest=busiest)))
        assert columns["cores"]["load"] == pytest.approx(loads)
    mappers = build_cores(cores_data(report())).figure.select({"type": LinearColorMapper})
    assert {(mapper.low, mapper.high) for mapper in mappers} == {(0.0, 1.0)}
    assert load_colour(0.5) == LOAD_COLOURS[len(LOAD_COLOURS) // 2]
    assert load_colour(7.0) == LOAD_COLOURS[-1]


def test_energies_are_shares_of_the_largest_and_the_key_says_how_much_that_is(spread):
    shown = cores_data(spread)
    energy_j = spread.energy_by_core_j
    assert cores_columns(shown)["cores"]["energy"] == pytest.approx(energy_j / energy_j.max())
    assert sf.units.text(energy_j.max(), "J") in key_html(shown, "energy")


def test_each_core_has_the_colour_of_its_layer(spread):
    shown, mapping = cores_data(spread), spread.mapping
    assert shown.layers == ("hidden", "digit")
    for core, colour in enumerate(cores_columns(shown)["cores"]["colour"]):
        held = [name for name, cores in mapping.cores.items() if mapping.places[core] in cores]
        assert [colour] == [LAYER_COLOURS[shown.layers.index(name)] for name in held]
    many = layer_colours(30)
    assert len(set(many)) == 30 and (many[0], many[-1]) == (LOAD_COLOURS[0], LOAD_COLOURS[-1])


def test_packets_sent_and_received_add_up_to_the_links():
    data, price = cores_data(report(9, seed=2)), report(9, seed=2).price
    assert data.sent.sum() == pytest.approx(price.links.packets.sum())
    assert data.received.sum() == pytest.approx(price.links.packets.sum())
    assert data.n_targets.sum() == data.n_sources.sum() == len(price.links.packets)


def test_a_window_holds_every_used_core_and_stays_on_the_chip():
    rng = np.random.default_rng(3)
    for grid in ((16, 8), (64, 64), (1, 1), (3, 200)):
        x, y = rng.integers(0, grid[0], 5), rng.integers(0, grid[1], 5)
        left, right, bottom, top = window(x, y, grid)
        assert left < x.min() and x.max() < right and bottom < y.min() and y.max() < top
        assert (
            left >= -0.65 and right <= grid[0] - 0.35 and bottom >= -0.65 and top <= grid[1] - 0.35
        )


def test_a_thumbnail_keeps_the_shape_of_the_chip():
    for grid in ((16, 8), (64, 64), (8, 16)):
        left, right, bottom, top = thumb_window(grid)
        assert (right - left) / (top - bottom) == pytest.approx(128 / 72, rel=1e-3)
        assert right - left >= grid[0] - 1e-3 and top - bottom >= grid[1] - 1e-3


def test_what_is_not_published_is_grey_and_no_number(digits):
    shown = cores_data(report(busiest=np.nan))
    assert shown.title == "loihi1: 6 of 128 cores, times not published"
    columns = cores_columns(shown)
    assert set(columns["cores"]["exact"]) == {"not published"}
    assert set(columns["words"]["percent"]) == {""} and shown.usual == "layer"
    assert (columns["cores"]["load"] < 0).all()  # below the scale, where the colour is grey
    for mapper in build_cores(shown).figure.select({"type": LinearColorMapper}):
        assert mapper.low_color == GREY
    assert "how hard cores work is not published" in key_html(shown, "load")
    network, dataset = digits
    for chip in ("speck", "seneca", "spinnaker2"):
        found = sf.deploy(network, sf.load_profile(chip), dataset)
        assert cores_data(found).title.endswith("times not published")
        assert not [*plot_cores(found).select({"type": Slider})]  # no loads over time either
    unpriced = cores_data(sf.deploy(network, sf.load_profile("loihi2"), dataset))
    assert "energy of a core is not published" in key_html(unpriced, "energy")
    assert set(cores_columns(unpriced)["cores"]["spent"]) == {"not published"}


def test_another_design_can_be_put_into_a_core_map_that_is_drawn():
    drawn = build_cores(no_cores(" "))
    frame = cores_frame(cores_data(report(busiest=np.nan), name="Trial 3"))
    drawn.show(json.loads(json.dumps(frame, allow_nan=False)))
    assert drawn.figure.title.text.startswith("Trial 3: 6 of 128")
    assert len(drawn.sources["cores"].data["x"]) == 6
    assert drawn.key.text == key_html(cores_data(report(busiest=np.nan)), "layer") or (
        "not published" in drawn.key.text
    )


def test_names_are_not_markup():
    shown = cores_data(report())._replace(layers=("<i>", "b"), chip="<b>", note="<u>")
    key = key_html(shown, "layer")
    assert "<b>" not in key and "<i>" not in key and "<u>" not in key


# Links.


def scattered(report):
    """Its cores all over the chip."""
    mapping = report.mapping
    places = np.random.default_rng(0).permutation(mapping.chip_n_cores)
    return dataclasses.replace(mapping, places=places[: mapping.n_cores])


def walked(mapping, links):
    """Packets over each link, tile by tile, x first: {(from tile, to tile): packets}."""
    found = {}
    for source, target, packets in zip(*links, strict=True):
        here, end = (list(map(int, mapping.tiles[core])) for core in (source, target))
        for axis in (0, 1):
            while here[axis] != end[axis]:
                start = tuple(here)
                here[axis] += 1 if end[axis] > here[axis] else -1
                key = (start, tuple(here))
                found[key] = found.get(key, 0.0) + packets
    return found


def test_bars_are_the_links_that_packets_cross_one_by_one(spread):
    mapping, links = scattered(spread), spread.price.links
    shown = link_bars(mapping, links)
    expected = walked(mapping, links)
    assert {abs(b[0] - a[0]) for a, b in expected} == {0, 1} and len(expected) > 50
    on_mesh = shown.length == 2.0  # cores along the edge of a tile
    middles = {}
    for (start, end), packets in expected.items():
        x, y = 2 * np.array(start) + 0.5 + (np.array(end) - start)
        right = np.array([end[1] - start[1], start[0] - end[0]]) * 0.07  # packets keep right
        middles[round(x + right[0], 3), round(y + right[1], 3)] = packets
    bars = zip(shown.x, shown.y, shown.packets, on_mesh, strict=True)
    told = {(round(x, 3), round(y, 3)): n for x, y, n, is_link in bars if is_link}
    assert told == pytest.approx(middles)
    assert shown.darkness.max() == 1.0 and shown.darkness.min() >= 0.1


def test_links_within_a_tile_join_their_cores(spread):
    mapping, links = scattered(spread), spread.price.links
    apart = [
        (source, target, packets)
        for source, target, packets in zip(*links, strict=True)
        if source != target and (mapping.tiles[source] == mapping.tiles[target]).all()
    ]
    shown = link_bars(mapping, links)
    within = shown.length < 2.0
    assert within.sum() == len(apart) > 0
    for (source, target, packets), length, told in zip(
        apart, shown.length[within], shown.packets[within], strict=True
    ):
        way = mapping.positions[target] - mapping.positions[source]
        assert length == pytest.approx(np.hypot(*way)) and told == packets


def test_of_many_links_each_core_keeps_its_busiest_for_a_tap():
    rng = np.random.default_rng(1)
    pairs = np.unique(rng.integers(0, 30, (600, 2)), axis=0)
    links = Links(*pairs.T, rng.permutation(len(pairs)) + 1.0)
    own = own_links(links, 30, 240)
    assert own.n_each == 4 and (own.source != own.target).all()
    apart = links.source != links.target
    for kept, every in ((own.source, links.source), (own.target, links.target)):
        for core in range(30):
            wanted = np.sort(links.packets[apart & (every == core)])[-4:]
            assert set(wanted) <= set(own.packets[kept == core])
    whole = own_links(links, 30, 10_000)
    assert whole.n_each is None and len(whole.source) == apart.sum()


def test_where_cores_lie_is_not_published_links_are_arcs_and_no_routes(digits):
    network, dataset = digits
    loihi2 = sf.load_profile("loihi2").replace(neurons_per_core=30)
    shown = cores_data(sf.deploy(network, loihi2, dataset))
    assert not len(shown.bars.x) and 0 < len(shown.own.source) <= FEW
    arcs = cores_columns(shown)["arcs"]
    for xs, ys, source, target in zip(
        arcs["xs"], arcs["ys"], shown.own.source, shown.own.target, strict=True
    ):
        assert (xs[0], ys[0]) == (shown.x[source], shown.y[source])
        assert (xs[-1], ys[-1]) == (shown.x[target], shown.y[target])
    assert "not by which way" in key_html(shown, "load")


def test_several_chips_are_told_apart(digits):
    network, dataset = digits
    chips = chips_of(sf.load_profile("loihi1").replace(neurons_per_core=3), 3)
    mapping = sf.deploy(network, chips, dataset).mapping
    edges = chip_edges(mapping)
    assert set(edges[:, 1]) == set(edges[:, 3]) == {7.5, 15.5}
    assert (edges[:, 0].min(), edges[:, 2].max()) == (-0.5, 15.5)
    small = chips_of(
        sf.load_profile("loihi1").replace(neurons_per_core=9, cores=4, mesh_columns=1, mesh_rows=1),
        3,
    )
    shown = cores_data(sf.deploy(network, small, dataset))
    assert shown.chip.startswith("3 chips: 2 x 6 cores")
    assert shown.label[0].endswith(", chip 1") and shown.label[-1].endswith(", chip 3")


# Time and size.


def test_loads_over_time_are_each_step_or_the_highest_of_several(spread):
    shown = cores_data(spread)
    assert shown.times == pytest.approx(spread.loads_by_step)
    assert shown.time_words[2] == "Step 3 of 65"  # one more, since Loihi delivers in the next
    loads = np.random.default_rng(0).random((1000, 7))
    times, words = over_time(loads)
    assert len(times) == len(words) <= MOST_TIMES
    assert times[1] == pytest.approx(loads[8:16].max(axis=0))
    assert words[1] == "Busiest of steps 9 to 16 of 1000"
    assert times.max(axis=0) == pytest.approx(loads.max(axis=0))


def test_a_chip_full_of_cores_is_a_small_page():
    shown = cores_data(crowd())
    assert len(shown.x) == 4096 and len(shown.bars.x) > 10_000 and len(shown.times) == 50
    own = cores_columns(shown)["own"]["source"]
    assert len(own) <= 2 * 4 * 4096 and "4 busiest links each way" in key_html(shown, "load")
    sample = figure_html(build_cores(cores_data(report())).layout)
    assert len(figure_html(plot_cores(crowd()))) - len(sample) < 1_500_000
