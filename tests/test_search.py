"""Searches: same seed same bytes, every trial kept, stoppable, refused early when a figure is
missing.
"""

import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import spikefit_nb as sf
from spikefit_nb.errors import (
    DatasetProblem,
    DesignProblem,
    NotPublished,
    SearchFailed,
    UnknownName,
)
from spikefit_nb.hardware import profile_names
from spikefit_nb.search.findings import alike_words, static_words
from spikefit_nb.search.objectives import is_best, losses_of, normalized, unpriced_words
from tests.networks import spikes, two_layers

LOIHI = sf.load_profile("loihi1")
RANGES = {
    "weight_bits": (2, 8),
    "prune_fraction": (0.0, 0.9),
    "threshold_scale": (0.5, 2.0),
    "neurons_per_core": (1, 64),
}


@pytest.fixture(scope="module")
def problem():
    network = two_layers(7)
    return network, LOIHI, sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)


def finished(*given, **options):
    """A search that has ended."""
    study = sf.search(*given, **options)
    study.wait()
    return study


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.integers(1, 3)),
        elements=st.integers(0, 4).map(float),
    )
)
def test_the_front_is_what_no_other_row_beats(losses):
    rows = [tuple(row) for row in losses]

    def beats(a, b):
        return all(x <= y for x, y in zip(a, b, strict=True)) and a != b

    wanted = [
        not any(beats(other, row) for other in rows) and row not in rows[:k]
        for k, row in enumerate(rows)
    ]
    assert is_best(losses).tolist() == wanted


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(problem):
    first, again, other = (
        finished(*problem, n_trials=12, seed=seed).to_json() for seed in (3, 3, 4)
    )
    assert first == again and first != other


def test_every_trial_is_kept_also_those_that_do_not_fit(problem):
    network, _, dataset = problem
    study = sf.search(
        network,
        LOIHI.replace(cores=4),
        dataset,
        n_trials=10,
        seed=0,
        space={"neurons_per_core": (1, 8)},
    )
    study.wait()
    states = {t.state for t in study.trials}
    assert (
        study.state == "finished" and len(study.trials) == 10 and states == {"done", "infeasible"}
    )
    assert all(
        t.values == {} and "cores" in t.message for t in study.trials if t.state == "infeasible"
    )
    assert all(t.state == "done" for t in study.best_trials)


def test_a_trial_is_repeated_by_its_line_of_code(problem):
    network, profile, dataset = problem
    trial = finished(*problem, n_trials=5, seed=1).trials[3]
    report = eval(
        trial.code, {"sf": sf, "network": network, "profile": profile, "dataset": dataset}
    )
    assert {o: getattr(report, o) for o in trial.values} == trial.values


def test_search_returns_at_once_and_stop_stops(problem):
    study = sf.search(*problem, n_trials=10_000, seed=0)
    assert study.state == "running"
    while len(study.trials) < 3:
        time.sleep(0.01)
    study.stop()
    study.wait()
    assert study.state == "stopped" and 3 <= len(study.trials) < 10_000
    assert study.message == f"{len(study.trials)} of 10000 trials" and study.seconds_left is None


def test_an_interrupt_while_waiting_stops_the_study_and_keeps_what_was_found(problem, monkeypatch):
    study = sf.search(*problem, n_trials=10_000, seed=0)
    waited = study._ended.wait
    calls = iter([KeyboardInterrupt()])

    def interrupted(timeout=None):
        for error in calls:
            raise error
        return waited(timeout)

    monkeypatch.setattr(study._ended, "wait", interrupted)
    study.wait()
    assert study.state == "stopped"


def test_a_failing_trial_is_a_trial_and_the_search_goes_on(problem, monkeypatch):
    room = import_module("spikefit_nb.search.trial")
    real, calls = room.deploy_case, []

    def sometimes(*given, **options):
        calls.append(1)
        if len(calls) == 4:
            raise MemoryError("too large")
        return real(*given, **options)

    monkeypatch.setattr(room, "deploy_case", sometimes)
    study = finished(*problem, n_trials=6, seed=0)
    assert [t.message for t in study.trials if t.state == "failed"] == ["MemoryError: too large"]
    assert study.state == "finished" and len(study.trials) == 6


def test_an_error_of_the_network_as_trained_ends_the_study_with_its_words(problem, monkeypatch):
    room = import_module("spikefit_nb.search.trial")
    monkeypatch.setattr(room, "deploy_case", lambda *given, **options: 1 / 0)
    monkeypatch.setattr(room, "_reports", type(room._reports)())  # none is remembered
    study = sf.search(*problem, n_trials=6)
    with pytest.raises(SearchFailed, match="ZeroDivisionError"):
        study.wait()
    assert study.state == "failed" and "ZeroDivisionError" in repr(study)


def test_listeners_hear_of_every_trial_and_of_the_end(problem):
    heard = []
    study = sf.search(*problem, n_trials=5, seed=0)
    study.on_change(lambda: heard.append((study.state, len(study.trials))))
    study.wait()
    time.sleep(0.1)
    assert heard[-1] == ("finished", 5)


def test_an_objective_without_a_published_figure_is_refused_before_the_first_trial(problem):
    network, _, dataset = problem
    figures = {k: v for k, v in LOIHI.figures.items() if k != "energy_synaptic_operation"}
    profile = sf.HardwareProfile("mute", "A mute chip", "loihi", "barrier", figures)
    said = (
        r"event_energy_j cannot be priced on A mute chip: energy_synaptic_operation is not "
        r"published. "
        r"Objectives that work: accuracy, latency_s, .* "
        r"profile.replace\(energy_synaptic_operation=...\)"
    )
    with pytest.raises(NotPublished, match=said):
        sf.search(network, profile, dataset, objectives=("accuracy", "event_energy_j"))
    own = profile.replace(energy_synaptic_operation=20)
    assert finished(network, own, dataset, n_trials=1).trials[0].report.weakest_kind == "assumed"


def each_kind_of_network():
    """One small network of each neuron and reset, the first with weights of two values, the last
    without biases and read by the potential of its output.
    """
    of_two_values = two_layers(7)
    edges = [e.with_values(np.sign(e.weight.values)) for e in of_two_values.projections]
    yield replace(of_two_values, projections=edges)
    for kind in ("IF", "LIF", "CubaLIF"):
        for reset in ("zero", "subtract"):
            yield two_layers(7, kind, reset=reset)
    for reset in ("zero", "subtract"):
        network = two_layers(7, "LIF", reset=reset)
        first, hidden, read = network.populations
        hidden = replace(hidden, neuron=replace(hidden.neuron, bias=0.0))
        read = replace(read, neuron=sf.network.LI(0.02))
        yield network.replace(populations=[first, hidden, read])


@pytest.fixture(scope="module")
def kinds_of_network():
    return list(each_kind_of_network())


@pytest.mark.parametrize("name", profile_names())
def test_without_objectives_what_the_chip_can_price_is_traded_and_the_card_says_so(
    kinds_of_network, name
):
    profile = sf.load_profile(name)
    fitting = [n for n in kinds_of_network if sf.check_fit(n, profile).fits]
    network = fitting[-1]
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=8), np.arange(8) % 3)
    study = finished(network, profile, dataset, n_trials=3, sampler="sobol")
    assert study.state == "finished" and "failed" not in {t.state for t in study.trials}
    assert study.reference.state == "done"
    report = study.reference.report
    energy = "synaptic_operations" if report.event_energy_j is None else "event_energy_j"
    tells_cores = report.mapping.is_counted and report.mapping.chip_n_cores != 1
    space = "n_cores" if tells_cores else "memory_bits"
    latency = space if report.latency_s is None else "latency_s"
    assert study.objectives == ("accuracy", energy, latency)
    is_said = any(note.startswith("Not traded: ") for note in study.notes)
    assert is_said == (study.objectives != ("accuracy", "event_energy_j", "latency_s"))


def test_what_cannot_be_priced_is_named_in_the_card():
    figures = {k: v for k, v in LOIHI.figures.items() if k != "energy_synaptic_operation"}
    mute = sf.HardwareProfile("mute", "A mute chip", "loihi", "barrier", figures)
    note = unpriced_words(("accuracy", "n_cores"), mute)
    assert note == (
        "Not traded: event energy per inference; energy_synaptic_operation is not published for "
        "A mute chip.",
    )
    assert unpriced_words(("accuracy", "n_cores"), LOIHI) == ()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"objectives": ("acuracy",)}, UnknownName, "Did you mean 'accuracy'"),
        ({"sampler": "magic"}, UnknownName, "no sampler 'magic'"),
        ({"n_trials": 0}, DesignProblem, "n_trials is 0"),
        ({"n_trials": 2.5}, DesignProblem, "n_trials is 2.5"),
        ({"seed": -1}, DesignProblem, "seed is -1; it must be a whole number from 0 up"),
        ({"seed": 2**40}, DesignProblem, "below 2"),
        ({"decode": "bogus"}, UnknownName, "no way to decode 'bogus'"),
        (
            {"space": {"neurons_per_core": ("a", 3)}},
            DesignProblem,
            "neurons_per_core is 'a'; it must be a whole number",
        ),
        ({"objectives": ()}, DesignProblem, "name one or more, each once"),
        ({"objectives": ("n_cores", "n_cores")}, DesignProblem, "name one or more, each once"),
        ({"space": {"weight_bits": [4, 99]}}, DesignProblem, "weight_bits is 99"),
        ({"space": {"weight_bits": (2, 4, 8)}}, DesignProblem, r"must be \(low, high\)"),
        (
            {"at_least": {"event_energy_j": 1e-6}},
            DesignProblem,
            "event_energy_j is better the smaller it is: say at_most=",
        ),
        (
            {"at_least": {"accuracy": 95}},
            DesignProblem,
            "accuracy is a share between 0 and 1, not 95",
        ),
        ({"at_most": {"memory": 9}}, UnknownName, "no quantity to be limited 'memory'"),
        ({"space": {"wieght_bits": 4}}, UnknownName, "Did you mean 'weight_bits'"),
        (
            {"space": {"prune_fraction": (0.8, 0.5)}},
            DesignProblem,
            r"must be \(low, high\) within 0.0 to 0.99",
        ),
        (
            {"space": {"prune_fraction": (0.5, 2.0)}},
            DesignProblem,
            "2.0; it must be between 0.0 and 0.99",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_at_the_call(problem, options, error, said):
    with pytest.raises(error, match=said):
        sf.search(*problem, **options)


def test_accuracy_needs_labels(problem):
    network, profile, dataset = problem
    with pytest.raises(DatasetProblem, match="accuracy needs labels"):
        sf.search(network, profile, sf.SpikeDataset(dataset.spikes))


def test_a_recommendation_meets_the_limits_and_says_so_in_numbers(problem):
    study = finished(*problem, n_trials=12, seed=2)
    best = study.recommend(at_least={"accuracy": 0.3})
    assert best.trial in study.best_trials and best.report.accuracy >= 0.3
    assert "12 of 12 designs tried" in str(best) and "accuracy of at least 30.0 %" in str(best)
    cheapest = study.recommend(weights={"event_energy_j": 1.0})
    least_j = min(t.values["event_energy_j"] for t in study.best_trials)
    # hardly more energy is as good where something else is far better
    assert cheapest.report.event_energy_j == pytest.approx(least_j, rel=0.005)


def test_an_impossible_wish_is_answered_with_the_nearest_found(problem):
    study = finished(*problem, n_trials=5, seed=2)
    answer = study.recommend(at_least={"accuracy": 1.0})
    best = max(t.values["accuracy"] for t in study.best_trials)
    assert answer.trial is None and f"accuracy {100 * best:.1f} % (" in str(answer)
    assert f"{100 * (best - 1):.1f} points" in str(answer)
    with pytest.raises(UnknownName, match="no objective of this search 'energy'"):
        study.recommend(weights={"energy": 1})


def test_recommendations_keep_the_limits_of_their_search(problem):
    study = finished(*problem, n_trials=15, seed=2, at_least={"accuracy": 0.3})
    for weights in ({}, {"event_energy_j": 1.0}, {"latency_s": 1.0}):
        assert study.recommend(weights=weights).trial in study.best_trials
    assert all(t.values["accuracy"] >= 0.3 for t in study.best_trials)


def test_when_nothing_fits_the_answer_says_why(problem):
    network, _, dataset = problem
    study = finished(network, LOIHI.replace(cores=1), dataset, n_trials=3)
    assert "None of the designs fits Intel Loihi" in str(
        study.recommend()
    ) and "cores: needs 2" in str(study.recommend())
    assert "does not fit" in study._repr_html_()


def test_a_listener_that_fails_does_not_end_the_search(problem):
    study = sf.search(*problem, n_trials=4)
    study.on_change(lambda: 1 / 0)
    study.wait()
    assert study.state == "finished" and isinstance(study.listener_error, ZeroDivisionError)


def test_the_line_of_code_repeats_the_decoding_too(problem):
    study = finished(*problem, n_trials=1, decode="potential")
    assert study.trials[0].code.endswith("decode='potential')")


def test_a_recommendation_without_wishes_weighs_every_objective(problem):
    study = finished(*problem, n_trials=15, seed=2)
    losses = np.array([losses_of(t.values, study.objectives) for t in study.best_trials])
    best = study.best_trials[int(np.argmin(normalized(losses, losses).sum(axis=1)))]
    assert study.recommend().trial is best
    looser = study.recommend(at_least={"accuracy": 0.0})
    assert looser.report.accuracy >= study.at_least["accuracy"]


def test_there_is_a_floor_also_where_the_network_as_trained_does_not_fit(problem):
    network, _, dataset = problem
    study = finished(network, LOIHI.replace(cores=1), dataset, n_trials=2)
    assert study.reference.state == "infeasible"
    assert study.at_least["accuracy"] == sf.simulate(network, dataset).accuracy - 0.1


def test_choices_may_repeat_themselves(problem):
    study = finished(*problem, n_trials=3, space={"neurons_per_core": [3, 3, 5]})
    assert {t.design.neurons_per_core for t in study.trials} <= {3, 5}


def test_objectives_that_are_constant_or_order_designs_alike_are_named():
    random = np.random.default_rng(0)
    energy, accuracy = random.random(12), random.random(12)
    values = [
        {"accuracy": a, "event_energy_j": e, "latency_s": 2 * e + 1, "n_cores": 2}
        for a, e in zip(accuracy, energy, strict=True)
    ]
    said = list(alike_words(values, ("accuracy", "event_energy_j", "latency_s", "n_cores")))
    assert said == [
        "Cores is the same in all 12 designs so far.",
        "The designs so far are ordered alike by event energy per inference and latency: one of "
        "them would do.",
    ]
    assert list(alike_words(values[:9], ("event_energy_j", "latency_s"))) == []
    bought = [v | {"accuracy": v["event_energy_j"]} for v in values]
    assert list(alike_words(bought, ("accuracy", "event_energy_j"))) == []  # a trade, not the same


def test_a_search_says_what_static_power_takes_where_only_events_are_traded(problem):
    study = finished(*problem, n_trials=3, sampler="sobol")
    report = study.reference.report
    share = 1 - report.event_energy_j / report.energy_j
    assert share > 0.9
    (note,) = (n for n in study.notes if n.startswith("Static power is not traded"))
    assert f"{100 * share:.1f} %" in note and "stored input, one at a time" in note
    assert static_words(report, ("accuracy", "latency_s")) == ()
