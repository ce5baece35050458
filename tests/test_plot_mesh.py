"""Traffic over the mesh: nothing is lost between steps and links, and no route is made up."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DoesNotFit, NotPublished
from spikefit_nb.plots import mesh_data, plot_mesh
from spikefit_nb.replay import mesh_links


@pytest.fixture(scope="module")
def report():
    chip = sf.load_profile("loihi1").replace(neurons_per_core=5)
    return sf.deploy(sf.load_network("digits"), chip, sf.load_dataset("digits").take(12))


def test_steps_together_are_what_every_link_carries(report):
    shown = mesh_data(report)
    x, y, way, packets = mesh_links(report.mapping, report.price.links)  # counted another way
    assert len(packets) == len(shown.bars.packets) > 2
    assert np.sort(shown.by_step.sum(axis=0)) == pytest.approx(np.sort(packets))
    hops = report.price.counts["hops_x"] + report.price.counts["hops_y"]
    assert shown.hops.sum() == pytest.approx(hops)
    most = int(packets.argmax())
    tile = y[most] * 8 + x[most]
    way = ("east", "west", "north", "south")[way[most]]
    assert shown.title.startswith(f"Busiest link: tile {tile} {way}, ")


def test_a_step_carries_what_is_fired_in_it(report):
    mapping, record = report.mapping, report.record
    n_steps, tiles = record.n_steps, mapping.tiles
    expected = np.zeros(n_steps)
    events = record.events
    for row in range(len(events.ptr) - 1):
        for event in range(events.ptr[row], events.ptr[row + 1]):
            neuron = events.neuron[event]
            if mapping.core_of[neuron] < 0:
                continue
            for axon in range(mapping.fan_ptr[neuron], mapping.fan_ptr[neuron + 1]):
                start, end = tiles[mapping.core_of[neuron]], tiles[mapping.fan_core[axon]]
                expected[row % n_steps] += events.count[event] * np.abs(end - start).sum()
    assert mesh_data(report).hops == pytest.approx(expected / record.n_samples)


def test_where_cores_lie_or_what_they_send_is_not_known_nothing_is_drawn(report):
    case = report.case
    with pytest.raises(NotPublished, match="where the cores of"):
        plot_mesh(sf.deploy(case.network, sf.load_profile("loihi2"), case.dataset))
    with pytest.raises(DoesNotFit):
        plot_mesh(sf.deploy(case.network, sf.load_profile("truenorth"), case.dataset))
    design = sf.Design(partition="layers")  # two cores, of one tile
    near = sf.deploy(case.network, sf.load_profile("loihi1"), case.dataset, design=design)
    alone = mesh_data(near)
    assert alone.title == "No packet leaves its tile" and alone.hops.sum() == 0
    assert plot_mesh(near) is not None
