"""Accuracy against bits, or weight values: its finding, its intervals, and what it refuses."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem, UnknownName, WrongArgument
from spikefit_nb.plots import bits_data, plot_bits

ROUNDED = {8: (0.96, 0.94, 0.97), 2: (0.6, 0.5, 0.7), 4: (0.949, 0.92, 0.96)}
TUNED = {2: (0.955, 0.93, 0.97), 4: (0.96, 0.94, 0.98)}


@pytest.fixture(scope="module")
def reports():
    digits = (
        sf.load_network("digits"),
        sf.load_profile("loihi1"),
        sf.load_dataset("digits").take(40),
    )
    return {n: sf.deploy(*digits, design=sf.Design(weight_bits=n)) for n in (2, 8)}


def test_the_finding_says_from_where_on_each_way_is_within_a_point():
    shown = bits_data({"rounded": ROUNDED, "fine-tuned": TUNED})
    assert shown.title == "Within a point of 96.0 %: from 8 bits rounded, 2 fine-tuned"
    held = bits_data({"rounded": ROUNDED}, as_trained=0.99, of="values")
    assert held.title == "Within a point of 99.0 %: never rounded"
    # One that is low again at more bits is no end of the search.
    back = {2: (0.96, 0.9, 1.0), 3: (0.5, 0.4, 0.6), 4: (0.96, 0.9, 1.0)}
    assert "from 4 bits odd" in bits_data({"odd": back}).title


def test_lines_are_ordered_and_hold_what_was_given():
    (line,) = bits_data({"rounded": ROUNDED}).lines
    assert line.n.tolist() == [2, 4, 8]
    assert line.accuracy.tolist() == [0.6, 0.949, 0.96]
    assert (line.low[0], line.high[0]) == (0.5, 0.7)


def test_reports_bring_their_accuracy_and_interval(reports):
    (line,) = bits_data({"rounded": reports}).lines
    for n, accuracy, low, high in zip(line.n, line.accuracy, line.low, line.high, strict=True):
        assert accuracy == reports[n].accuracy and (low, high) == reports[n].accuracy_interval


def test_what_does_not_fit_is_told_and_is_not_drawn_as_zero(reports):
    misfit = sf.deploy(
        sf.load_network("digits"), sf.load_profile("truenorth"), sf.load_dataset("digits").take(9)
    )
    assert not misfit.fits
    shown = bits_data({"rounded": {**reports, 16: misfit}})
    assert shown.lines[0].n.tolist() == [2, 8]
    assert "rounded at 16 bits" in shown.note
    with pytest.raises(DesignProblem, match="no accuracy to draw"):
        bits_data({"rounded": {16: misfit}})


@pytest.mark.parametrize("of", ["bits", "values"])
def test_dots_of_several_ways_stand_side_by_side_at_their_number(of):
    fig = plot_bits({"rounded": ROUNDED, "adapted": TUNED, "fine-tuned": TUNED}, of=of)
    columns = [renderer.data_source.data for renderer in fig.renderers]
    places = np.unique([np.asarray(of_line["x"])[0] for of_line in columns])
    assert len(places) == 3 and np.all(abs(places - 2) < 0.1)
    assert fig.y_range.start <= 50 and fig.y_range.end > 98


def test_what_is_no_accuracy_is_refused():
    with pytest.raises(WrongArgument, match=r"must be a report or \(accuracy, low, high\)"):
        bits_data({"rounded": {4: "good"}})
    with pytest.raises(DesignProblem, match="between low and high"):
        bits_data({"rounded": {4: (96.0, 94.0, 98.0)}})
    with pytest.raises(WrongArgument, match="rounded"):
        bits_data({"rounded": 0.9})
    with pytest.raises(UnknownName, match="values"):
        plot_bits({"rounded": ROUNDED}, of="value")
