"""How answers are read: by label, and which of them rest on nothing."""

import numpy as np
import pytest

import spikefit_nb as sf

# counts of three output neurons in two steps, a sample a row: right, tied, silent, wrong
FIRED = np.array(
    [
        [[1, 0, 0], [1, 0, 0]],
        [[0, 1, 0], [0, 0, 1]],
        [[0, 0, 0], [0, 0, 0]],
        [[0, 1, 1], [0, 1, 0]],
    ],
    bool,
)
LABELS = [0, 1, 2, 2]


def ran(decode=None, labels=LABELS):
    layers = [sf.Population("in", (3,), sf.Input()), sf.Population("out", (3,), sf.IF(1.0))]
    network = sf.Network(layers, [sf.Projection("in", "out", np.eye(3))])
    return sf.simulate(network, sf.SpikeDataset(FIRED, labels), decode=decode)


def test_answers_by_label_are_counted_and_their_rows_are_the_recordings_of_a_class():
    record = ran()
    assert record.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [1, 1, 0]]
    assert record.accuracy_by_class.tolist() == [1.0, 1.0, 0.0]
    assert record.confusion.trace() == record.n_right


def test_a_class_that_no_recording_has_is_not_zero_per_cent_right():
    by_class = ran(labels=[0, 0, 1, 1]).accuracy_by_class
    assert by_class[:2].tolist() == [0.5, 0.5] and np.isnan(by_class[2])
    assert ran(labels=None).confusion is ran(labels=None).accuracy_by_class is None


@pytest.mark.parametrize(
    ("decode", "silent", "tied"), [("count", 1, 1), ("first_spike", 1, 1), ("potential", 0, 2)]
)
def test_answers_without_a_spike_and_ties_are_counted(decode, silent, tied):
    record = ran(decode)
    assert (record.n_silent, record.n_tied) == (silent, tied)


def test_the_report_says_which_answers_rest_on_nothing():
    layers = [sf.Population("in", (3,), sf.Input()), sf.Population("out", (3,), sf.IF(1.0))]
    network = sf.Network(layers, [sf.Projection("in", "out", np.eye(3))])
    report = sf.deploy(network, sf.load_profile("loihi1"), sf.SpikeDataset(FIRED, LABELS))
    said = " ".join(report.warnings)
    assert "1 of 4 answers rest on no spike of the output" in said
    assert "1 of 4 answers are ties" in said
