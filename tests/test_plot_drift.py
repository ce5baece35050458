"""The picture of drift, by value: its title is the finding, and what never fires is in it."""

import numpy as np
import pytest
from bokeh.models import Legend, Title

from spikefit_nb.adapt import drift
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import WrongArgument
from spikefit_nb.network import IF, LI, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.plots import drift_data, plot_drift
from tests.silent_networks import deep_chain, rounded_naively


@pytest.fixture(scope="module")
def silenced():
    network, dataset = deep_chain()
    return drift(network, rounded_naively(network, bits=3), dataset)


def test_the_title_is_the_finding_and_the_population_to_blame_stands_out(silenced):
    shown = drift_data(silenced)
    assert shown.title.startswith("Accuracy 100.0 -> 25.0 %: 'layer4' fell silent (")
    assert shown.names == ("layer1", "layer2", "layer3", "layer4", "out") and shown.blamed == 3
    assert shown.note.startswith("Answers that changed: 120 of 160. Right ones lost: 120, won: 0.")
    words = plot_drift(silenced).select_one({"name": "words"})
    assert words.data_source.data["style"] == ["normal"] * 3 + ["bold", "normal"]


def test_quantiles_are_those_of_the_neurons_that_fire(silenced):
    shown = drift_data(silenced)
    for row, p in enumerate(silenced.populations):
        firing = np.sort(p.after_hz[p.after_hz > 0])
        assert shown.dead_after[row] == pytest.approx(1 - firing.size / p.after_hz.size)
        if firing.size:
            assert shown.after_hz[row, 2] == pytest.approx(np.median(firing))
            assert firing[0] <= shown.after_hz[row, 0] <= shown.after_hz[row, 4] <= firing[-1]
        else:
            assert np.isnan(shown.after_hz[row]).all()


def test_every_rate_lies_on_the_axis_and_boxes_beside_it(silenced):
    fig, shown = plot_drift(silenced), drift_data(silenced)
    boxes = fig.select_one({"name": "dead after"}).data_source.data
    least = np.nanmin([shown.before_hz, shown.after_hz])
    assert fig.x_range.start < boxes["left"][0] < boxes["right"][0] < least
    assert np.nanmax([shown.before_hz, shown.after_hz]) < fig.x_range.end
    assert boxes["end"][-1] == pytest.approx(boxes["right"][-1])  # of the output nothing fires
    assert boxes["words"][-1] == "100 %" and boxes["words"][0] == ""


def test_both_runs_are_in_the_key(silenced):
    items = plot_drift(silenced).select_one({"type": Legend}).items
    assert [item.label.value for item in items] == ["before", "after"]


def test_a_network_that_did_not_drift_and_one_without_neurons_that_fire_are_drawn_too():
    network, dataset = load_network("digits"), load_dataset("digits").take(30)
    same = drift_data(drift(network, network, dataset))
    assert same.words == ("the same rate", "the same rate") and same.blamed is None
    read = Network(
        [Population("in", (1,), Input()), Population("out", (1,), LI(0.01))],
        [Projection("in", "out", np.eye(1))],
    )
    empty = plot_drift(drift(read, read, SpikeDataset(np.ones((1, 3, 1), bool))))
    assert "every spike is the same" in empty.select({"type": Title})[0].text or empty.title.text
    quiet = Network(
        [Population("in", (1,), Input()), Population("out", (1,), IF(9.0))],
        [Projection("in", "out", np.eye(1))],
    )
    loud = quiet.replace(projections=[Projection("in", "out", np.full((1, 1), 9.0))])
    once = SpikeDataset(np.ones((1, 3, 1), bool))
    assert drift_data(drift(quiet, quiet, once)).words == ("silent in both",)
    assert drift_data(drift(quiet, loud, once)).words == ("silent before",)


def test_what_is_no_drift_is_refused():
    with pytest.raises(WrongArgument, match="found is a Network"):
        plot_drift(load_network("digits"))
