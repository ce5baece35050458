"""The raster of a population and the potential of a neuron, beside a run written out by hand."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DatasetProblem, DesignProblem, UnknownName
from spikefit_nb.plots import plot_potential, plot_raster, potential_data, raster_data


@pytest.fixture
def two_layers():
    """Two inputs, two accumulators that reset by subtraction, and one output of both."""
    neuron = sf.IF(1.0, reset="subtract")
    network = sf.Network(
        [
            sf.Population("in", (2,), sf.Input()),
            sf.Population("mid", (2,), neuron),
            sf.Population("out", (1,), neuron),
        ],
        [
            sf.Projection("in", "mid", [[0.4, 0.0], [0.0, 0.75]]),
            sf.Projection("mid", "out", [[0.5], [0.5]]),
        ],
    )
    spikes = np.ones((3, 8, 2), bool)
    spikes[1, :, 0] = False
    return network, sf.SpikeDataset(spikes, [0, 0, 0], name="ones")


def by_hand(weight, fed):
    """Potentials before reset, and the steps of the spikes, of one accumulator."""
    potential, seen, fired = np.float32(0), [], []
    for step, is_fed in enumerate(fed):
        potential += np.float32(weight) * is_fed
        seen.append(potential)
        if potential >= 1:
            fired.append(step)
            potential -= np.float32(1)
    return seen, fired


@pytest.mark.parametrize(("neuron", "weight"), [(0, 0.4), (1, 0.75)])
@pytest.mark.parametrize("index", [0, 1])
def test_potentials_and_spikes_are_those_of_the_equation(two_layers, neuron, weight, index):
    network, dataset = two_layers
    fed = dataset.spikes[index : index + 1][0][:, neuron]
    seen, fired = by_hand(weight, fed)
    found = potential_data(network, dataset, "mid", neuron, index=index)
    np.testing.assert_allclose(found.potential, seen, rtol=1e-6)
    assert (list(found.step), found.threshold) == (fired, 1.0)
    raster = raster_data(network, dataset, "mid", index)
    assert list(raster.step[raster.neuron == neuron]) == fired


def test_the_raster_of_the_input_is_the_recording(two_layers):
    network, dataset = two_layers
    found = raster_data(network, dataset, "in", 1)
    assert list(zip(found.step, found.neuron, strict=True)) == [(k, 1) for k in range(8)]
    assert found.title == "in, sample 1: 8 spikes, 500 Hz a neuron"


def test_spikes_of_a_step_that_fires_twice_are_counted():
    neuron = sf.IF(1.0, reset="subtract", max_spikes_per_step=None)
    network = sf.Network(
        [sf.Population("in", (1,), sf.Input()), sf.Population("out", (1,), neuron)],
        [sf.Projection("in", "out", [[2.0]])],
    )
    dataset = sf.SpikeDataset(np.ones((1, 4, 1), bool))
    assert raster_data(network, dataset, "out").title.startswith("out, sample 0: 8 spikes")
    assert potential_data(network, dataset, "out").title.endswith("8 spikes")


def test_pictures_show_each_spike(two_layers):
    network, dataset = two_layers
    raster, potential = (
        plot_raster(network, dataset, "mid"),
        plot_potential(network, dataset, "mid", 1),
    )
    assert len(raster.renderers[0].data_source.data["x"]) == 3 + 6
    line, spikes = potential.renderers
    assert len(line.data_source.data["x"]) == 8 and len(spikes.data_source.data["x"]) == 6


def test_what_is_not_there_is_refused(two_layers):
    network, dataset = two_layers
    with pytest.raises(UnknownName, match="middle"):
        raster_data(network, dataset, "middle")
    with pytest.raises(DatasetProblem, match="index is 3"):
        raster_data(network, dataset, "mid", 3)
    with pytest.raises(DesignProblem, match="neuron is 2, but mid has 2"):
        potential_data(network, dataset, "mid", 2)
    with pytest.raises(DesignProblem, match="no potential"):
        potential_data(network, dataset, "in")
