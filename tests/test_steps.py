"""When to stop: every shorter run cut out of one, and stopping once the answer is clear."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DatasetProblem, DesignProblem, DoesNotFit, WrongArgument
from spikefit_nb.replay import replay
from spikefit_nb.simulate import cut_record

LOIHI = sf.load_profile("loihi1")


def digits(n=60):
    return sf.load_network("digits"), LOIHI, sf.load_dataset("digits").take(n)


def single(n_steps=12, seed=0):
    """A layer that inputs reach at once: a chip adds no delay."""
    random = np.random.default_rng(seed)
    layers = [sf.Population("in", (6,), sf.Input()), sf.Population("out", (3,), sf.LIF(5e-3))]
    weight = np.kron(np.eye(3), [[0.8], [2.0]])
    network = sf.Network(layers, [sf.Projection("in", "out", weight)])
    labels = np.arange(20) % 3
    rate = np.where(np.arange(6) // 2 == labels[:, None, None], 0.6, 0.15)
    return network, sf.SpikeDataset(random.random((20, n_steps, 6)) < rate, labels)


@pytest.mark.parametrize("decode", ["count", "first_spike", "potential"])
def test_a_cut_record_is_that_of_a_shorter_run(decode):
    network, dataset = single()
    record = sf.simulate(network, dataset, record="events", decode=decode)
    for n in (1, 5, 12):
        cut = cut_record(record, network, n)
        alone = sf.simulate(network, dataset.take_steps(n), record="events", decode=decode)
        for field in ("ptr", "neuron", "count", "updated"):
            assert np.array_equal(getattr(cut.events, field), getattr(alone.events, field)), field
        for name, counts in alone.spike_counts.items():
            assert np.array_equal(cut.spike_counts[name], counts)
        assert np.array_equal(cut.output_spikes, alone.output_spikes)
        assert np.array_equal(cut.synaptic_operations, alone.synaptic_operations)
        assert np.array_equal(cut.predictions, alone.predictions)


def test_some_samples_of_a_run_are_those_of_the_recordings():
    network, dataset = single()
    record = sf.simulate(network, dataset, record="events")
    kept = np.array([17, 3, 4])
    cut = cut_record(record, network, 7, kept)
    few = sf.SpikeDataset(dataset.spikes[:][kept, :7], dataset.labels[kept])
    alone = sf.simulate(network, few, record="events")
    assert np.array_equal(cut.events.neuron, alone.events.neuron)
    assert np.array_equal(cut.events.ptr, alone.events.ptr)
    assert cut.labels.tolist() == alone.labels.tolist()


def test_what_cannot_be_cut_is_refused():
    network, dataset = single()
    with pytest.raises(DatasetProblem, match="record='events'"):
        cut_record(sf.simulate(network, dataset), network, 3)
    record = sf.simulate(network, dataset, record="events")
    for n in (0, 13):
        with pytest.raises(DatasetProblem, match="12 steps"):
            cut_record(record, network, n)


def same(price, other):
    return (
        price.counts == other.counts
        and price.energy_j == other.energy_j
        and np.array_equal(price.step_s, other.step_s)
        and np.array_equal(price.sample_s, other.sample_s)
    )


def test_without_added_delays_shorter_runs_are_those_of_designs_of_so_many_steps():
    network, dataset = single()
    report = sf.deploy(network, LOIHI, dataset)
    assert report.run.retimed.extra_steps == 0
    steps = report.steps([3, 8])
    for n in (3, 8):
        early = sf.deploy(network, LOIHI, dataset, design=sf.Design(n_steps=n))
        assert same(steps.operations[n].price, early.price)
        assert steps.accuracy[n - 1] == early.accuracy
        assert steps.operations[n].energy_j == early.operation.energy_j


def test_with_added_delays_answers_are_the_same_and_the_last_input_is_counted():
    report = sf.deploy(*digits())
    assert report.run.retimed.extra_steps == 1
    steps = report.steps([20])
    early = sf.deploy(*digits(), design=sf.Design(n_steps=20))
    assert steps.accuracy[19] == early.accuracy
    cut, alone = steps.operations[20].price, early.price
    assert cut.n_steps == alone.n_steps == 21
    assert 0 < cut.energy_j - alone.energy_j < 2 * alone.energy_j / 20  # of one step of input
    assert any("Each run takes 1 more" in note for note in steps.notes)


def test_the_fewest_steps_are_those_after_which_no_answer_is_further_than_a_point_off():
    report = sf.deploy(*digits(360))
    steps, last = report.steps(), report.accuracy
    at_all = [sum(report.record.predictions_by_step[:, n] == report.record.labels) / 360
              for n in range(1, 65)]  # fmt: skip
    assert steps.accuracy.tolist() == at_all
    naive = next(n for n in range(1, 65) if all(a >= last - 0.01 for a in at_all[n - 1 :]))
    assert steps.fewest == naive and naive in steps.n_steps
    assert len(steps.n_steps) in (12, 13) and steps.n_steps[-1] == 64


def test_digits_after_twenty_steps_are_as_right_and_cost_a_third():
    # 64 steps 97.2 %, 34.3 uJ; 20 steps 97.2 %, 10.8 uJ; 16 steps 8.6 uJ: an earlier measurement
    report = sf.deploy(*digits(360), design=sf.Design(partition="layers"))
    steps = report.steps([16, 20])
    energy_uj = {n: 1e6 * steps.operations[n].energy_j.value for n in (16, 20, 64)}
    assert energy_uj == pytest.approx({16: 8.6, 20: 10.8, 64: 34.3}, rel=0.06)
    assert steps.accuracy[19] > steps.accuracy[63] - 0.01


def test_each_class_is_counted_by_itself():
    report = sf.deploy(*digits())
    steps, record = report.steps([64]), report.record
    for label in range(10):
        of = np.flatnonzero(record.labels == label)
        for n in (1, 30, 64):
            right = np.mean([record.predictions_by_step[s, n] == label for s in of])
            assert steps.class_accuracy[label, n - 1] == pytest.approx(right)
    assert steps.class_accuracy[:, -1] == pytest.approx(record.accuracy_by_class)


def naive_decision(scores, margin):
    for step, now in enumerate(scores, start=1):
        first, second = sorted(now.tolist())[::-1][:2]
        if first - second >= margin:
            return step
    return len(scores)


@pytest.mark.parametrize(
    ("decode", "margin"), [("count", 1), ("count", 3), ("potential", 0.9), ("first_spike", 2)]
)
def test_each_sample_stops_at_the_first_step_at_which_its_answer_leads(decode, margin):
    network, dataset = single(seed=3)
    report = sf.deploy(network, LOIHI, dataset, decode=decode)
    record = report.record
    signal = record.output_potential if decode == "potential" else record.output_spikes
    scores = np.cumsum(signal.astype(float), axis=1)
    if decode == "first_spike":
        scores = np.cumsum(scores > 0, axis=1)
    stop = report.stop_when(margin)
    assert stop.decision_steps.tolist() == [naive_decision(s, margin) for s in scores]
    answers = [scores[k, n - 1].argmax() for k, n in enumerate(stop.decision_steps)]
    assert stop.n_right == np.sum(answers == dataset.labels)
    assert len(set(stop.decision_steps)) > 2


def test_a_run_that_stops_costs_what_each_sample_alone_does():
    network, dataset = single(seed=1)
    report = sf.deploy(network, LOIHI, dataset)
    stop = report.stop_when(2)
    assert len(set(stop.decision_steps)) > 2
    each = [
        replay(cut_record(report.record, network, n, np.array([k])), report.mapping)
        for k, n in enumerate(stop.decision_steps.tolist())
    ]
    static_w = LOIHI.si("static_power")
    assert stop.latency_s == pytest.approx(np.mean([p.latency_s for p in each]))
    assert stop.event_energy_j.value == pytest.approx(np.mean([p.energy_j for p in each]))
    assert stop.energy_j.value == pytest.approx(
        np.mean([p.energy_j + static_w * p.latency_s for p in each])
    )


def test_a_margin_that_is_never_reached_changes_nothing():
    report = sf.deploy(*digits())
    stop = report.stop_when(1000)
    assert stop.mean_steps == stop.late_steps == 65 and stop.n_right == report.record.n_right
    assert stop.energy_j.value == pytest.approx(report.energy_j)
    assert stop.event_energy_j.value == pytest.approx(report.event_energy_j)


def test_digits_stop_after_a_quarter_of_the_steps_and_are_as_right():
    stop = sf.deploy(*digits(360)).stop_when(3)
    assert stop.n_right >= stop.n_right_whole - 4
    assert stop.mean_steps < 65 / 3 and stop.energy_j.value < stop.whole.energy_j.value / 3


def test_braille_letters_do_not_stop_early(shared_data):
    report = sf.deploy(sf.load_network("braille"), LOIHI, sf.load_dataset("braille").take(140))
    steps = report.steps()
    assert steps.fewest > 200
    half = report.stop_when(8)  # half of the steps, and a fifth of the answers gone with them
    assert half.mean_steps < 0.6 * half.n_steps
    assert half.n_right < 0.85 * half.n_right_whole


def test_without_labels_costs_are_told_all_the_same():
    network, dataset = single()
    report = sf.deploy(network, LOIHI, sf.SpikeDataset(dataset.spikes[:]))
    steps, stop = report.steps([4]), report.stop_when(2)
    assert steps.fewest is steps.accuracy is stop.n_right is None
    assert steps.operations[4].energy_j is not None and "stops after" in repr(stop)


def test_what_is_no_length_and_no_margin_is_refused():
    report = sf.deploy(*digits(5))
    for wrong in (0, 65, 2.5, True):
        with pytest.raises(DesignProblem, match="64 steps"):
            report.steps([wrong])
    with pytest.raises(DesignProblem, match="margin"):
        report.stop_when(0)
    with pytest.raises(WrongArgument, match="margin"):
        report.stop_when("4")
    unfit = sf.deploy(digits()[0], LOIHI.replace(cores=1, neurons_per_core=20), digits()[2])
    for verb in (unfit.steps, lambda: unfit.stop_when(2)):
        with pytest.raises(DoesNotFit):
            verb()
