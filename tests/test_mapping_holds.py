"""What holds of every mapping, whichever way neurons are shared out, cores are placed and packets
are sent.
"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.adapt import PARTITIONS
from spikefit_nb.balance import choices
from spikefit_nb.mapping import GROUPERS, PLACERS, ROUTINGS, route
from spikefit_nb.mapping.routes import WAYS
from tests.networks import convolutional, spikes, two_layers

LOIHI = sf.load_profile("loihi1").replace(neurons_per_core=6)
KINDS = ("dense", "sparse", "recurrent", "map")


def network_of(kind, seed):
    if kind == "map":
        return convolutional(seed)
    return two_layers(seed, sparse=kind == "sparse", recurrent=kind == "recurrent")


def deployed(kind, seed, partition, placement):
    network = network_of(kind, seed)
    dataset = sf.SpikeDataset(spikes(network, seed, rate=0.4))
    design = sf.Design(suit_chip=True, partition=partition, placement=placement)
    return sf.deploy(network, LOIHI, dataset, design=design)


def synapses_by_memory(network, core_of):
    """Synapses from each input and neuron onto each core, one by one."""
    found = Counter()
    for e in network.projections:
        first, onto = network.starts[e.source], network.starts[e.target]
        for source, target in zip(*np.nonzero(e.weight.toarray()), strict=True):
            found[first + source, core_of[onto + target]] += 1
    return dict(found)


def walked(routes):
    """The tiles that the packets of each pair of cores pass, one by one."""
    columns, rows = routes.sites.columns, routes.sites.rows
    step = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}
    tiles = {}
    for pair, link in zip(routes.pair.tolist(), routes.link.tolist(), strict=True):
        x, y = link // 4 % columns, link // 4 // columns
        assert tiles.setdefault(pair, [(x, y)])[-1] == (x, y)  # each hop begins where the last ends
        x, y = x + step[WAYS[link % 4]][0], y + step[WAYS[link % 4]][1]
        assert 0 <= x < columns and 0 <= y < rows
        tiles[pair].append((x, y))
    return tiles


@settings(max_examples=10, deadline=None)
@pytest.mark.parametrize("partition", [*PARTITIONS, *GROUPERS])
@given(
    seed=st.integers(0, 99), kind=st.sampled_from(KINDS), placement=st.sampled_from(list(PLACERS))
)
def test_neurons_synapses_and_packets_are_where_they_belong(partition, seed, kind, placement):
    report = deployed(kind, seed, partition, placement)
    mapping, network = report.mapping, report.network
    own = mapping.core_of[network.n_channels :]
    assert own.min() >= 0 and (np.bincount(own) == mapping.needs.neurons).all()  # on one core
    assert np.unique(mapping.places).size == mapping.n_cores
    assert mapping.places.min() >= 0 and mapping.places.max() < LOIHI.value("cores")
    source = np.repeat(np.arange(mapping.core_of.size), np.diff(mapping.fan_ptr))
    axons = zip(source.tolist(), mapping.fan_core.tolist(), strict=True)
    found = dict(zip(axons, mapping.fan_synapses.tolist(), strict=True))
    assert len(found) == mapping.fan_core.size
    assert found == synapses_by_memory(network, mapping.core_of)  # in one memory, and reached
    fired = np.concatenate([n.sum(axis=0) for n in report.record.spike_counts.values()])
    sent = Counter()
    for neuron, core in found:
        if mapping.core_of[neuron] >= 0 and fired[neuron]:
            sent[mapping.core_of[neuron], core] += int(fired[neuron])
    links = report.price.links
    packets = links.packets * report.record.n_samples
    pairs = zip(links.source.tolist(), links.target.tolist(), strict=True)
    assert dict(zip(pairs, packets.tolist(), strict=True)) == pytest.approx(sent)
    for routing in ROUTINGS:
        routes = route(links, mapping.places, mapping.sites, routing)
        assert routes.cycle == []
        tiles, passed = mapping.tiles.tolist(), walked(routes)
        for pair, (start, end) in enumerate(zip(links.source, links.target, strict=True)):
            way = passed.get(pair, [tuple(tiles[start])])
            assert (way[0], way[-1]) == (tuple(tiles[start]), tuple(tiles[end]))
            assert len(way) - 1 == np.abs(np.subtract(tiles[start], tiles[end])).sum()


@settings(max_examples=3, deadline=None)
@pytest.mark.parametrize("partition", [*PARTITIONS, *GROUPERS])
@given(seed=st.integers(0, 99), kind=st.sampled_from(KINDS))
def test_the_same_design_gives_the_same_mapping(partition, seed, kind):
    one = deployed(kind, seed, partition, "annealed").mapping
    choices.CHOICES.forget()
    other = deployed(kind, seed, partition, "annealed").mapping
    assert (one.core_of == other.core_of).all() and (one.places == other.places).all()


@pytest.mark.parametrize("partition", [*PARTITIONS, *GROUPERS])
def test_what_cannot_be_placed_says_which_limit_how_far_over_and_what_would_help(partition):
    network, chip = two_layers(3, recurrent=True), LOIHI.replace(cores=1, axons_in_per_core=3)
    fit = sf.check_fit(network, chip, sf.Design(partition=partition))
    assert not fit.fits and fit.remedies
    for need in fit.violations:
        assert need.need > need.limit and need.figure in chip.figures and need.where
        assert f"{need.need}" in need.words.replace(",", "")
        assert f"{need.limit:g}" in need.words
    assert {v.figure for v in fit.violations} & {"cores", "axons_in_per_core"}
    assert all(sf.check_fit(r.network, r.profile, r.design).fits for r in fit.remedies[:1])
