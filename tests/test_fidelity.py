"""Few recordings first: what they rule out would not have been on the front."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.deploy import deploy_case
from spikefit_nb.search import fidelity
from spikefit_nb.search.objectives import is_best, losses_of
from spikefit_nb.simulate import wilson_interval

CASE = Case(sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits"))
OBJECTIVES = ("accuracy", "event_energy_j", "latency_s")
N_DESIGNS = 200


def designs(n, seed=3):
    random = np.random.default_rng(seed)
    return [
        sf.Design(
            weight_bits=int(random.integers(2, 9)),
            prune_fraction=round(float(random.uniform(0, 0.9)), 2),
            threshold_scale=round(float(random.uniform(0.5, 2.0)), 2),
            neurons_per_core=int(random.integers(2, 75)),
        )
        for _ in range(n)
    ]


def test_hardly_any_design_of_the_front_is_dropped_on_few_recordings():
    at_least = {"accuracy": 0.95}
    all_losses, ended, front = [], [], np.zeros((0, len(OBJECTIVES)))
    for design in designs(N_DESIGNS):
        case = replace(CASE, design=design)
        found = fidelity.evaluate(case, OBJECTIVES, front=front, at_least=at_least)
        full = deploy_case(case)
        values = {name: getattr(full, name) for name in OBJECTIVES}
        losses = losses_of(values, OBJECTIVES)
        all_losses.append(losses)
        ended.append(found.state in ("dominated", "pruned"))
        if found.state == "done":
            assert found.values == values  # bit for bit
            if values["accuracy"] >= at_least["accuracy"]:
                front = np.vstack([front, losses])
                front = front[is_best(front)]
    losses, was_ended = np.array(all_losses), np.array(ended)
    kept = losses[:, 0] <= -at_least["accuracy"]
    on_front = np.flatnonzero(kept)[is_best(losses[kept])]
    assert was_ended.sum() > N_DESIGNS / 3  # else little is saved
    # one side of a 95 % interval: 2.5 % of those ended may have been ended wrongly
    assert was_ended[on_front].sum() <= 0.025 * was_ended.sum()
    assert len(on_front) >= 5


def test_few_recordings_are_a_share_of_every_class_and_the_same_for_each_design():
    few = fidelity.first_share(CASE.dataset, 0)
    assert few.n_samples == 36 and min(few.class_counts.values()) >= 3
    assert fidelity.first_share(CASE.dataset, 0) is few
    other = fidelity.first_share(CASE.dataset, 1)
    assert other.fingerprint != few.fingerprint and other.class_counts == few.class_counts


@pytest.mark.parametrize(
    ("n_samples", "n_first"), [(1158, 116), (360, 36), (60, 10), (40, 10), (39, 0), (1, 0)]
)
def test_how_many_are_run_first(n_samples, n_first):
    assert fidelity.first_samples(n_samples) == n_first


def test_the_accuracy_still_possible_is_wilsons_upper_end_and_never_more_than_the_rest_allows():
    few = fidelity.first_share(CASE.dataset, 0)
    report = deploy_case(replace(CASE, dataset=few, design=sf.Design(threshold_scale=2.0)))
    n_right = report.record.n_right
    assert fidelity.most_right(report, 360) == wilson_interval(n_right, 36)[1]
    assert fidelity.most_right(report, 36) == n_right / 36
    poor = deploy_case(replace(CASE, dataset=few, design=sf.Design(threshold_scale=10.0)))
    assert fidelity.most_right(poor, 37) == (poor.record.n_right + 1) / 37


def test_costs_of_the_mapping_are_taken_as_they_are_and_others_by_how_recordings_differ():
    few = fidelity.first_share(CASE.dataset, 0)
    report = deploy_case(replace(CASE, dataset=few, design=sf.Design(partition="layers")))
    names = ("event_energy_j", "n_cores", "memory_bits", "synaptic_operations")
    best = fidelity.optimistic(report, names, 360)
    assert (best["n_cores"], best["memory_bits"]) == (report.n_cores, report.memory_bits)
    spread = deploy_case(replace(CASE, dataset=few))  # all recordings may ask for other cores
    assert fidelity.optimistic(spread, ("n_cores",), 360)["n_cores"] == -np.inf
    each = report.record.synaptic_operations.astype(float)
    half = 1.959963984540054 * each.std(ddof=1) / 6 * np.sqrt(324 / 359) / each.mean()
    times = report.price.sample_s
    late = 1.959963984540054 * times.std(ddof=1) / 6 * np.sqrt(324 / 359) / times.mean()
    least = report.synaptic_operations * (1 - max(half, late))
    assert best["synaptic_operations"] == pytest.approx(least)
    whole = fidelity.optimistic(report, names, 36)
    assert whole["event_energy_j"] == report.event_energy_j


def test_a_design_is_ruled_out_by_limits_first_and_then_by_the_front():
    best = {"accuracy": 0.9, "n_cores": 4.0}
    names = ("accuracy", "n_cores")
    better = losses_of({"accuracy": 0.95, "n_cores": 4.0}, names)[None]
    alike = losses_of(best, names)[None]
    worse = losses_of({"accuracy": 0.95, "n_cores": 5.0}, names)[None]
    said = [fidelity.ruled_out(best, names, front) for front in (better, alike, worse, None)]
    assert said == ["dominated", None, None, None]
    assert fidelity.ruled_out(best, names, better, {"accuracy": 0.91}) == "pruned"
    assert fidelity.ruled_out(best, names, None, at_most={"n_cores": 3}) == "pruned"


def test_a_design_that_does_not_fit_runs_nothing():
    tight = Case(CASE.network, CASE.profile.replace(cores=1), CASE.dataset)
    found = fidelity.evaluate(tight, OBJECTIVES, at_least={"accuracy": 0.9})
    assert (found.state, found.values, found.n_samples) == ("infeasible", {}, 0)
    assert found.report.violations


def test_without_a_front_or_a_limit_all_recordings_are_run_at_once():
    found = fidelity.evaluate(CASE, OBJECTIVES)
    assert (found.state, found.n_samples) == ("done", 360)
    assert found.report.fit.case is found.report.run.case
