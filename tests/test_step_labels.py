"""Labels of every step of a recording: what is answered, counted, kept and refused."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import Design, drift
from spikefit_nb.datasets import SpikeDataset, ValueDataset, read_recordings
from spikefit_nb.deploy import deploy
from spikefit_nb.encode import Latency
from spikefit_nb.errors import DatasetProblem, DesignProblem, NetworkProblem
from spikefit_nb.export import export, load_deployment
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, LI, LIF, Input, Network, Population, Projection
from spikefit_nb.plots import accuracy_data, confusion_data, sample_data
from spikefit_nb.simulate import simulate, wilson_interval


def passing(output=None, n=3):
    """A network whose output fires what its input says, at once."""
    populations = [Population("in", (n,), Input()), Population("out", (n,), output or IF(1.0))]
    return Network(populations, [Projection("in", "out", np.eye(n))])


def chain(n=3):
    """The same through a hidden layer, where a chip may deliver a step late."""
    populations = [Population("in", (n,), Input())]
    populations += [Population(name, (n,), IF(1.0)) for name in ("hidden", "out")]
    edges = [Projection("in", "hidden", np.eye(n)), Projection("hidden", "out", np.eye(n))]
    return Network(populations, edges)


def told(classes, n=3):
    """Spikes of the class of each step, (n_samples, n_steps, n); -1 is a silent step."""
    classes = np.asarray(classes)
    return (classes[..., None] == np.arange(n)) & (classes[..., None] >= 0)


FIRED = [[1, -1, 2, 2, -1], [-1, 0, 0, -1, 1]]
LABELS = [[1, 1, 2, 0, -1], [0, 0, 0, 0, 1]]


def test_a_silent_step_keeps_the_answer_of_the_one_before():
    record = simulate(passing(), SpikeDataset(told(FIRED), LABELS))
    assert record.predictions_by_step.tolist() == [[1, 1, 2, 2, 2], [0, 0, 0, 0, 1]]
    assert record.predictions.tolist() == [1, 1, 2, 2, 0, 0, 0, 0, 1]  # no answer to -1
    assert record.wanted.tolist() == [1, 1, 2, 0, 0, 0, 0, 0, 1]
    assert (record.n_right, record.n_answers, record.accuracy) == (8, 9, 8 / 9)
    assert record.accuracy_by_step.tolist() == [1, 1, 1, 0.5, 1]
    assert record.confusion.tolist() == [[4, 0, 1], [0, 3, 0], [0, 0, 1]]
    assert record.n_silent == 1  # the first step of the second recording
    assert "8.0" not in record.step_words and "9 labelled steps" in record.step_words


def test_the_interval_counts_recordings_not_their_steps():
    record = simulate(passing(), SpikeDataset(told(FIRED), LABELS))
    assert record.accuracy_interval == pytest.approx(wilson_interval(2 * 8 / 9, 2))
    [accuracy] = [q for q in record.quantities if q.name == "accuracy"]
    assert (accuracy.low, accuracy.high) == record.accuracy_interval


def test_a_potential_answers_by_the_step_alone():
    network = passing(LI(1e-3))  # tau of one step: the potential is the input of the step
    dataset = SpikeDataset(told(FIRED), LABELS)
    record = simulate(network, dataset, decode="potential")
    potential = np.asarray(told(FIRED), float)
    expected = potential.argmax(axis=2)  # a tie goes to the lowest
    assert (record.predictions_by_step == expected).all()
    asked = np.array(LABELS) >= 0
    assert record.n_right == ((expected == LABELS) & asked).sum()


def test_random_runs_agree_with_steps_counted_one_by_one():
    random = np.random.default_rng(0)
    spikes = random.random((7, 20, 6)) < 0.3
    labels = random.integers(-1, 4, (7, 20))
    weight = random.normal(0.3, 0.4, (6, 4)).astype(np.float32)
    populations = [Population("in", (6,), Input()), Population("out", (4,), LIF(5e-3, 0.2))]
    network = Network(populations, [Projection("in", "out", weight)])
    record = simulate(network, SpikeDataset(spikes, labels))
    right = asked = 0
    for sample in range(7):
        answer = 0
        for step in range(20):
            fired = record.output_spikes[sample, step]
            answer = int(np.argmax(fired)) if fired.any() else answer
            if labels[sample, step] >= 0:
                asked, right = asked + 1, right + (answer == labels[sample, step])
    assert (record.n_right, record.n_answers) == (right, asked) and 0 < right < asked


def test_labels_move_with_their_steps():
    dataset = SpikeDataset(told(FIRED), LABELS)
    assert dataset.select([1]).labels.tolist() == [LABELS[1]]
    assert dataset.take_steps(2).labels.tolist() == [[1, 1], [0, 0]]
    assert dataset.extend(2).labels.tolist() == [[-1, -1, *LABELS[0]], [-1, -1, *LABELS[1]]]
    pieces = dataset.reset_every(2).labels.tolist()
    assert pieces == [[1, 1], [2, 0], [-1, -1], [0, 0], [0, 0], [1, -1]]
    assert dataset.reset_every(5, [[2], [1]]).labels.tolist() == [2, 1]
    first, second = SpikeDataset(np.zeros((9, 4, 2), bool), np.zeros((9, 4), int)).split(0.5, 0)
    assert (first.labels.shape, second.labels.shape) == ((4, 4), (5, 4))
    assert dataset.class_counts == {"0": 5, "1": 3, "2": 1}
    assert "3 classes of 1 to 5 steps" in repr(dataset)


def test_steps_are_binned_where_their_labels_agree():
    dataset = SpikeDataset(told(FIRED), [[1, 1, 2, -1, -1], [0, 0, -1, -1, 1]])
    assert dataset.bin(2e-3).labels.tolist() == [[1, 2, -1], [0, -1, 1]]
    with pytest.raises(DatasetProblem, match="become step 0 are labelled 1 and 2"):
        dataset.bin(3e-3)
    assert replace(dataset, labels=None).bin(3e-3).n_steps == 2


def test_a_label_of_steps_is_told_from_one_of_recordings():
    spikes = np.zeros((3, 1, 2), bool)
    one, other = SpikeDataset(spikes, [0, 1, 1]), SpikeDataset(spikes, [[0], [1], [1]])
    assert one.fingerprint != other.fingerprint
    assert not one.has_step_labels and other.has_step_labels


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros((2, 4), int), r"labels of every step are \(n_samples, n_steps\), \(2, 5\)"),
        (np.full((2, 5), -2), "smallest label is -2"),
        (np.full((2, 5), -1), "no answer is asked for"),
        (np.zeros((2, 5)), "one whole number a sample"),
        (np.zeros((2, 5, 3), int), "one whole number a sample"),
    ],
)
def test_labels_that_cannot_be_of_steps_are_refused(labels, said):
    with pytest.raises(DatasetProblem, match=said):
        SpikeDataset(told(FIRED), labels)


@pytest.mark.parametrize("chip", ["loihi1", "truenorth"])
def test_a_chip_answers_each_step_as_late_as_it_delivers(chip):
    classes = np.random.default_rng(1).integers(0, 3, (20, 12))
    report = deploy(chain(), load_profile(chip), SpikeDataset(told(classes), classes))
    assert report.accuracy == 1.0 and report.record.n_answers == 240
    assert any("Accuracy is the share of 240 labelled steps" in note for note in report.notes)
    late = report.run.retimed.extra_steps
    assert late > 0, late
    assert report.record.labels[:, :late].max(initial=-1) == -1
    assert drift(chain(), report.run.retimed, report.dataset).answers.accuracy == (1.0, 1.0)


def test_a_design_of_fewer_steps_is_asked_for_those_alone():
    classes = np.random.default_rng(1).integers(0, 3, (20, 12))
    dataset = SpikeDataset(told(classes), classes)
    report = deploy(chain(), load_profile("loihi1"), dataset, design=Design(n_steps=5))
    assert (report.accuracy, report.record.n_answers) == (1.0, 100)


def test_a_deployment_comes_back_with_the_labels_of_steps(tmp_path):
    classes = np.random.default_rng(1).integers(0, 3, (5, 6))
    report = deploy(chain(), load_profile("loihi1"), SpikeDataset(told(classes), classes))
    export(report, tmp_path / "out")
    back = load_deployment(tmp_path / "out")
    assert back.differences == () and (back.dataset.labels == classes).all()
    assert back.answers.shape == (30,)


def test_a_file_of_recordings_may_hold_labels_of_steps(tmp_path):
    np.savez(tmp_path / "a.npz", spikes=told(FIRED), labels=LABELS)
    assert read_recordings(tmp_path / "a.npz").labels.tolist() == LABELS


def test_a_search_chooses_by_the_accuracy_of_steps():
    random = np.random.default_rng(2)
    classes = random.integers(0, 3, (30, 8))
    study = sf.search(
        chain(),
        load_profile("loihi1"),
        SpikeDataset(told(classes), classes),
        objectives=("accuracy", "n_cores"),
        n_trials=3,
        seed=0,
    )
    study.wait()
    assert all(t.numbers["accuracy"] == 1.0 for t in study.best_trials)


def test_what_needs_one_answer_a_recording_is_refused_with_a_way_out():
    classes = np.random.default_rng(1).integers(0, 3, (6, 6))
    dataset, chip = SpikeDataset(told(classes), classes), load_profile("loihi1")
    report = deploy(chain(), chip, dataset)
    for refused in (report.steps, lambda: report.stop_when(2)):
        with pytest.raises(DesignProblem, match="every step has an answer of its own"):
            refused()
    with pytest.raises(NetworkProblem, match="fires first answers once a recording"):
        simulate(chain(), dataset, decode="first_spike")
    with pytest.raises(NetworkProblem, match="fires first answers once a recording"):
        deploy(chain(), chip, dataset, decode="first_spike")
    with pytest.raises(DesignProblem, match="finetune_epochs needs one right answer a recording"):
        deploy(
            chain(),
            chip,
            dataset,
            design=Design(finetune_epochs=1, weight_bits=8),
            calibration=dataset,
        )
    with pytest.raises(DatasetProblem, match="train_network needs one right answer a recording"):
        sf.train.train_network(chain(), dataset, seed=0)
    with pytest.raises(DatasetProblem, match="Labels of steps belong to spikes"):
        ValueDataset(np.ones((2, 3)), np.zeros((2, 4), int), encoder=Latency(4))


def test_pictures_show_steps_with_labels():
    dataset = SpikeDataset(told(FIRED), LABELS)
    record = simulate(passing(), dataset)
    shown = accuracy_data(record)
    assert shown.title == "88.9 % of 9 labelled steps"
    assert shown.percent.tolist() == [100, 100, 100, 50, 100]
    assert shown.step.tolist() == [1, 2, 3, 4, 5]
    assert confusion_data(record).title.startswith("8 of 9 right")
    assert "4 labels" in sample_data(dataset, 0).title
