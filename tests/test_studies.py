"""Studies are kept whatever becomes of the kernel, go on where they ended, and say why they end."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import optuna
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import (
    DatasetProblem,
    DesignProblem,
    FileProblem,
    SearchFailed,
    SpikefitError,
    UnknownName,
)
from spikefit_nb.search import OBJECTIVES, Objective, default_space, load_study, studies
from spikefit_nb.search.journal import Journal, covered_seconds
from spikefit_nb.search.places import place_in_words
from spikefit_nb.search.terms import Terms
from tests.networks import spikes, two_layers

LOIHI = sf.load_profile("loihi1")
TINY = LOIHI.replace(cores=2, neurons_per_core=1)  # two neurons a chip: nothing fits


@pytest.fixture(scope="module")
def problem():
    network = two_layers(7)
    return network, LOIHI, sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)


def finished(*given, **options):
    """A search that has ended."""
    study = sf.search(*given, **options)
    study.wait()
    return study


def test_a_study_is_read_from_its_file_alone(problem, tmp_path):
    study = finished(*problem, n_trials=9, seed=3, storage=tmp_path / "it.study")
    read = load_study(tmp_path / "it.study")
    assert read.to_json() == study.to_json() and read.at_least == study.at_least
    assert [t.number for t in read.best_trials] == [t.number for t in study.best_trials]
    assert read.recommend().trial.design == study.recommend().trial.design
    assert (read.network_name, read.profile.name) == (problem[0].name, "loihi1")
    assert read.trials[0].report is None and "network" in read.trials[0].code
    with pytest.raises(DesignProblem, match="loaded without its network"):
        read.resume()


def test_a_study_that_is_extended_makes_the_trials_that_it_would_have_made(problem, tmp_path):
    whole = finished(*problem, n_trials=16, seed=5)
    finished(*problem, n_trials=16, seed=5, storage=tmp_path / "a.study", max_seconds=1e-9)
    network, profile, dataset = problem
    part = load_study(tmp_path / "a.study", network=network, profile=profile, dataset=dataset)
    assert 0 <= len(part.trials) < 16
    part._terms = whole.terms  # without the limit of time
    part.resume()
    part.wait()
    assert part.to_json() == whole.to_json()


def test_a_study_goes_on_only_with_what_it_was_made_with(problem, tmp_path):
    network, profile, dataset = problem
    place = finished(*problem, n_trials=2, storage=tmp_path / "it.study").storage
    with pytest.raises(DesignProblem, match="needs also its profile and dataset"):
        load_study(place, network=network)
    for other in (
        {"network": two_layers(8)},
        {"profile": LOIHI.replace(cores=64)},
        {"dataset": dataset.take(19)},
    ):
        given = {"network": network, "profile": profile, "dataset": dataset} | other
        with pytest.raises(DesignProblem, match=f"{next(iter(other))}: other than in the study"):
            load_study(place, **given)


def test_a_place_holds_one_study_and_others_are_refused(problem, tmp_path):
    place = tmp_path / "it.study"
    finished(*problem, n_trials=1, storage=place)
    with pytest.raises(FileProblem, match="holds a study already"):
        sf.search(*problem, n_trials=1, storage=place)
    (tmp_path / "mine.json").write_text('{"a": 1}')
    with pytest.raises(FileProblem, match="or something else"):
        sf.search(*problem, n_trials=1, storage=tmp_path / "mine.json")
    assert (tmp_path / "mine.json").read_text() == '{"a": 1}'
    for nowhere in (tmp_path, tmp_path / "no" / "it.study"):
        with pytest.raises(FileProblem, match="a file in a folder that is there"):
            sf.search(*problem, n_trials=1, storage=nowhere)
    with pytest.raises(FileProblem, match="no such file"):
        load_study(tmp_path / "other.study")
    (tmp_path / "text.study").write_text("no journal\n")
    with pytest.raises(FileProblem, match="holds no study"):
        load_study(tmp_path / "text.study")


@pytest.mark.parametrize(
    ("told", "problem"),
    [({"at_least": {"acuracy": 0.9}}, UnknownName), ({"fingerprints": 3.5}, SpikefitError)],
)
def test_terms_of_a_file_that_no_search_wrote_are_refused(told, problem):
    written = Terms(objectives=("accuracy",), n_trials=3, seed=0, sampler="random").to_json()
    assert Terms.from_json(written).to_json() == written
    with pytest.raises(problem):
        Terms.from_json(written | told)


def test_a_search_that_was_killed_before_it_told_what_was_asked_can_begin_again(problem, tmp_path):
    place = tmp_path / "it.study"
    finished(*problem, n_trials=1, storage=place)
    name, *_ = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(name + b'{"half a li')
    assert len(finished(*problem, n_trials=1, storage=place).trials) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["it.study"]  # no lock is left


def test_a_study_that_nobody_gave_a_place_is_known_by_the_name_of_its_file(
    problem, tmp_path, monkeypatch
):
    monkeypatch.setenv("SPIKEFIT_STUDIES", str(tmp_path))
    study = finished(*problem, n_trials=1)
    name = Path(study.storage).name
    assert place_in_words(study.storage) == name
    assert load_study(name).to_json() == study.to_json()
    elsewhere = str(tmp_path / "below" / "it.study")
    assert place_in_words(elsewhere) == elsewhere
    with pytest.raises(FileProblem, match="no such file"):
        load_study("no.study")


def test_waiting_ends_after_a_while_and_the_search_goes_on(problem):
    study = sf.search(*problem, n_trials=5000)
    study.wait(timeout_s=0.2)
    assert study.state == "running"
    study.stop()
    study.wait()
    assert study.state == "stopped"


def test_studies_without_a_place_are_listed_the_latest_first(problem, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEFIT_STUDIES", str(tmp_path))
    first, second = (finished(*problem, n_trials=n).storage for n in (1, 2))
    os.utime(first, (1, 1))
    (tmp_path / "half.study").touch()
    kept = studies()
    assert [k.storage for k in kept] == [second, first] and [k.n_done for k in kept] == [2, 1]


SEARCH = """
import sys, numpy as np, spikefit_nb as sf
from tests.test_studies import LOIHI, spikes, two_layers
network = two_layers(7)
dataset = sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)
study = sf.search(network, LOIHI, dataset, n_trials=20, seed=2, storage=sys.argv[1])
print("begun", flush=True)
study.wait()
"""


def killed_at(place, n_trials):
    """Kill a search by force when its file tells of so many finished trials."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", SEARCH, str(place)]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    while process.poll() is None and _n_told(place) < n_trials:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def _n_told(place):
    return place.read_bytes().count(b'"state":1,"values"') if place.exists() else 0


@pytest.mark.parametrize("n_trials", [1, 7, 15])
def test_a_killed_search_loses_no_finished_trial_and_goes_on_as_if_nothing_had_been(
    problem, tmp_path, n_trials
):
    whole = finished(*problem, n_trials=20, seed=2)
    place = tmp_path / "it.study"
    killed_at(place, n_trials)
    with open(place, "ab") as file:
        file.write(b'{"op_code":5,"half a li')  # as a process leaves it that is killed writing
    told = load_study(place)
    assert len(told.trials) + 1 >= n_trials
    numbers = {t.number: t.numbers for t in whole.trials}
    assert all(t.numbers == numbers[t.number] for t in told.trials)
    network, profile, dataset = problem
    study = load_study(place, network=network, profile=profile, dataset=dataset)
    study.resume()
    study.wait()
    assert study.state == "finished" and study.to_json() == whole.to_json()


def seconds_of(spans):
    """Whole seconds inside of any span, counted one by one."""
    return len({second for first, last in spans for second in range(first, last)})


@pytest.mark.parametrize("seed", range(5))
def test_time_in_which_several_trials_were_made_counts_once(seed):
    rng = np.random.default_rng(seed)
    spans = [(int(a), int(a + rng.integers(0, 20))) for a in rng.integers(0, 100, size=8)]
    noon = datetime(2026, 1, 1, 12)
    at = [(noon + timedelta(seconds=a), noon + timedelta(seconds=b)) for a, b in spans]
    assert covered_seconds(at) == seconds_of(spans)


def test_time_spent_before_a_halt_counts_and_time_that_is_over_does_not_end_it_again(
    problem, monkeypatch
):
    study = finished(*problem, n_trials=3, max_seconds=1000.0)
    monkeypatch.setattr(Journal, "seconds_spent", 999.9999)
    study.resume(n_trials=5000)
    study.wait()
    assert study.ended_by == "time" and len(study.trials) < 5000
    n = len(study.trials)
    study.resume(n_trials=n + 2, max_seconds=999.0)
    study.wait()
    assert study.ended_by == "time" and len(study.trials) == n
    study.resume()
    study.wait()
    assert study.ended_by == "trials" and len(study.trials) == n + 2


# every way in which a search ends: options, state, ended_by, words of its message
ENDINGS = {
    "trials": ({"n_trials": 4}, "finished", "4 of 4 trials"),
    "time": ({"n_trials": 5000, "max_seconds": 0.5}, "finished", "ended after 500 ms"),
    "stagnation": ({"n_trials": 5000, "patience": 5}, "finished", "nothing better in the last 5"),
    "goal": ({"n_trials": 5000, "goal": {"n_cores": 3}}, "finished", "reaches cores of at most 3"),
    "hopeless": ({"n_trials": 5000}, "stopped", "none of the first 8 designs fits"),
}


@pytest.mark.parametrize("ended_by", ENDINGS)
def test_a_search_says_why_it_ended(problem, ended_by):
    options, state, words = ENDINGS[ended_by]
    network, profile, dataset = problem
    if ended_by == "hopeless":
        profile = TINY
    if ended_by == "goal":
        options = options | {"space": {"neurons_per_core": (1, 4)}}
    study = finished(network, profile, dataset, seed=0, **options)
    assert (study.state, study.ended_by) == (state, ended_by)
    assert words in study.message and words in repr(study)
    if ended_by == "hopeless":
        assert len(study.trials) == 7
        assert "What helps: 5 chips. remedy = sf.check_fit(network, profile)" in study.message


def test_what_helps_where_nothing_fits_is_a_line_that_works(problem):
    network, profile, dataset = problem[0], TINY, problem[2]
    study = finished(network, profile, dataset, seed=0)
    line = study.message.split("remedy = ")[1]
    find, search = line.split("; ")
    names = {"sf": sf, "network": network, "profile": profile, "dataset": dataset}
    names["remedy"] = eval(find, names)
    other = eval(search.replace("dataset)", "dataset, n_trials=2)"), names)
    other.wait()
    assert other.reference.state == "done"


def per_synapse(report):
    """Energy of events a synapse, in nJ."""
    return 1e9 * report.event_energy_j / report.network.n_synapses


def test_a_function_of_the_report_can_be_traded_and_limited(problem):
    own = Objective("energy a synapse", "", False, True, name="per_synapse", of=per_synapse)
    study = finished(*problem, n_trials=12, objectives=("accuracy", own), seed=1)
    assert study.objectives == ("accuracy", "per_synapse")
    trial = study.best_trials[0]
    assert trial.values["per_synapse"] == per_synapse(trial.report)
    assert "energy a synapse" in str(study.recommend())
    assert "energy a synapse" in load_study(study.storage).recommend().sentence
    for name in ("accuracy", "not a name"):
        with pytest.raises(DesignProblem, match="give it a name of its own"):
            sf.search(*problem, objectives=(own._replace(name=name),))


def test_limits_may_be_on_what_is_no_objective(problem):
    objectives = ("accuracy", "event_energy_j")
    study = finished(
        *problem,
        n_trials=20,
        objectives=objectives,
        at_most={"n_cores": 4, "area_mm2": 1.7},
        space={"neurons_per_core": (1, 7)},
        sampler="sobol",
    )
    assert study.best_trials and all(t.numbers["n_cores"] <= 4 for t in study.best_trials)
    assert {t.numbers["n_cores"] <= 4 for t in study.trials if t.state == "done"} == {True, False}
    fewest = study.recommend(at_most={"memory_bits": 1e9})
    assert "synapse memory of at most 1,000,000,000 bits" in str(fewest)
    trial = study._journal.study.trials[0]
    kept = [value for key, value in trial.system_attrs.items() if key.endswith("n_cores")]
    assert kept == [pytest.approx(np.log10(study.reference.numbers["n_cores"] / 4))]


def test_a_choice_is_confirmed_on_recordings_that_were_kept_back():
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits")
    study = finished(network, LOIHI, dataset, n_trials=4, seed=1)
    assert (study.dataset.n_samples, study.kept_back.n_samples) == (180, 180)
    chosen = study.recommend()
    report = sf.deploy(network, LOIHI, study.kept_back, design=chosen.design)
    said = f"On 180 recordings kept back it reaches {100 * report.accuracy:.1f} %"
    assert said in chosen.sentence
    assert chosen.trial.code.startswith("sf.deploy(network, profile, study.dataset, ")
    all_of_it = finished(network, LOIHI, dataset, n_trials=1, confirm=False)
    assert all_of_it.kept_back is None and "kept back" not in all_of_it.recommend().sentence
    own = finished(network, LOIHI, dataset.take(200), n_trials=1, confirm=dataset.take(90))
    assert own.dataset.n_samples == 200 and "On 90 recordings" in own.recommend().sentence


def test_notes_merging_and_a_warm_start(problem, tmp_path):
    one = finished(*problem, n_trials=5, seed=1, storage=tmp_path / "one.study")
    one.annotate(2, "why so slow?")
    assert load_study(one.storage).trials[1].note == "why so slow?"
    with pytest.raises(DesignProblem, match="no finished trial 99"):
        one.annotate(99, "?")
    two = finished(*problem, n_trials=4, seed=1, sampler="random")
    designs = [t.design for t in two.trials]
    one.merge(two)
    assert [t.design for t in one.trials[5:]] == designs and one.n_trials == 9
    assert [t.number for t in load_study(one.storage).trials] == list(range(1, 10))
    warm = finished(*problem, n_trials=12, seed=3, warm_start=one)
    best = [t.design for t in one.trials if t in one.best_trials]
    assert [t.design for t in warm.trials[: len(best)]] == best
    other = finished(two_layers(8), *problem[1:], n_trials=2)
    for wrong in (other, one, finished(*problem, n_trials=1, seed=2)):
        with pytest.raises(DesignProblem, match=r"another network|the same study|seed"):
            one.merge(wrong)


def test_a_recommendation_is_beaten_by_nothing_that_can_be_told_apart(problem):
    def trial(number, accuracy, energy_j, latency_s):
        values = {"accuracy": accuracy, "event_energy_j": energy_j, "latency_s": latency_s}
        return sf.search.Trial(number, None, "done", values)

    from spikefit_nb.search.recommend import Standing, choose

    trials = (
        trial(0, 0.97, 9e-6, 200e-6),
        trial(1, 0.95, 1.000e-6, 91e-6),
        trial(2, 0.95, 1.004e-6, 27e-6),
        trial(3, 0.99, 4e-6, 80e-6),
    )
    objectives = ("accuracy", "event_energy_j", "latency_s")
    standing = Standing("a chip", objectives, {}, {}, n_trials=3, finished=trials, n_samples=360)
    chosen = choose(standing, {"event_energy_j": 1}, {}, {})
    assert chosen.trial.number == 2  # 0.4 % more energy for a third of the time
    assert "Next comes trial 1: " in chosen.sentence and "+237 % latency" in chosen.sentence
    assert choose(standing, {}, {}, {}, order=("accuracy",)).trial.number == 3
    none = choose(standing, {}, {"accuracy": 0.99}, {"latency_s": 30e-6})
    assert none.trial is None
    assert "The nearest is trial 3: latency 80 µs (+167 %)." in none.sentence


def test_importance_finds_the_knob_that_decides(problem):
    study = finished(*problem, n_trials=30, seed=1, sampler="sobol", objectives=("n_cores",))
    shares = study.importance().shares["n_cores"]
    assert max(shares, key=shares.get).startswith("neurons_per_core")
    assert sum(shares.values()) == pytest.approx(1)
    space = {"neurons_per_core": 7, "share_cores": False}
    asked = {"objectives": ("n_cores",), "space": space, "scenario": "real_time"}
    same = finished(*problem, n_trials=10, sampler="sobol", **asked)
    assert same.importance().shares == {"n_cores": {}}  # nothing decides of what never differs
    with pytest.raises(DesignProblem, match="10 are needed"):
        finished(*problem, n_trials=2).importance()


def test_a_frame_of_a_study_has_a_row_a_trial(problem, monkeypatch):
    stand_in = SimpleNamespace(DataFrame=lambda rows, columns: (rows, columns))
    monkeypatch.setitem(sys.modules, "pandas", stand_in)
    rows, columns = finished(*problem, n_trials=5, seed=1).to_frame()
    assert len(rows) == 6 and {"number", "state", "chip", "accuracy"} <= set(columns)
    assert [row[columns.index("number")] for row in rows] == list(range(6))


def test_thousands_of_trials_are_read_from_a_file_in_seconds(problem, tmp_path):
    place = tmp_path / "it.study"
    study = finished(*problem, n_trials=2, storage=place)
    trial = study._journal.study.trials[1]
    study._journal.study.add_trials([trial] * 2_000)
    began = time.perf_counter()
    read = load_study(place)
    assert len(read.trials) == 2_002 and time.perf_counter() - began < 60


def test_optunas_own_samplers_and_storages_work(problem, tmp_path):
    url = f"sqlite:///{tmp_path}/it.db"
    study = finished(*problem, n_trials=4, sampler=optuna.samplers.TPESampler(seed=1), storage=url)
    assert load_study(url).to_json() == study.to_json()
    names = optuna.get_all_study_names(url)
    known = optuna.load_study(study_name=names[0], storage=url)
    assert len(known.trials) == 5 and known.metric_names[0] == "accuracy"


def test_a_study_of_several_chips_names_the_chip_of_each_answer(problem):
    network, profile, dataset = problem
    chips = [profile, sf.load_profile("truenorth")]
    options = {"objectives": ("accuracy", "event_energy_j"), "n_trials": 12, "seed": 0}
    study = finished(network, chips, dataset, **options)
    assert {t.chip for t in study.trials} == {"loihi1", "truenorth"}
    chosen = study.recommend()
    assert f"on {chosen.trial.chip}: accuracy" in chosen.sentence
    names = {"sf": sf, "network": network, "study": study, "dataset": dataset}
    report = eval(chosen.trial.code, names)
    assert report.event_energy_j == chosen.trial.values["event_energy_j"]
    assert study.profile.name == "loihi1 and truenorth"


@pytest.mark.parametrize("limit", [{"at_least": {"accuracy": 0.3}}, {"at_most": {"n_cores": 9}}])
def test_designs_count_that_cost_as_much_as_the_network_as_trained(problem, limit):
    objectives = ("accuracy", "event_energy_j", "n_cores")
    study = finished(*problem, n_trials=2, objectives=objectives, **limit)
    accuracy, *costs = study._journal.study.sampler._reference
    trained = study.reference.numbers
    n_cores = limit.get("at_most", {}).get("n_cores", 1.1 * trained["n_cores"])
    assert accuracy == limit.get("at_least", {}).get("accuracy")
    assert costs == pytest.approx([1.1 * trained["event_energy_j"], n_cores])


def test_listing_and_loading_studies_leaves_other_searches_alone(problem):
    own = Objective("a product", "", False, True, name="a_product", of=lambda r: r.latency_s)
    place = finished(*problem, n_trials=2, objectives=("accuracy", own)).storage
    OBJECTIVES.pop("a_product")  # as in a kernel that has not heard of it
    assert [k for k in studies() if k.storage == place]
    assert finished(*problem, n_trials=1).reference.state == "done"
    network, profile, dataset = problem
    given = {"network": network, "profile": profile, "dataset": dataset}
    with pytest.raises(DesignProblem, match="No file holds the function of a_product"):
        load_study(place, **given)
    study = load_study(place, **given, objectives=[own])
    study.resume(n_trials=3)
    study.wait()
    assert study.trials[2].state == "done"


def test_two_studies_may_have_objectives_of_one_name(problem):
    def named(value):
        return Objective("a thing", "", False, False, name="a_thing", of=lambda report: value)

    begun = [sf.search(*problem, n_trials=3, objectives=("accuracy", named(v))) for v in (1, 2)]
    for study in begun:
        study.wait()
    assert begun[0].storage != begun[1].storage
    assert [{t.values["a_thing"] for t in s.trials} for s in begun] == [{1}, {2}]


def test_a_trial_whose_own_objective_is_no_number_failed_and_the_study_says_so(problem):
    nan = Objective("nothing", "", False, False, name="nothing", of=lambda report: float("nan"))
    study = sf.search(*problem, n_trials=2, objectives=("accuracy", nan))
    with pytest.raises(SearchFailed, match="nothing is nan of this design"):
        study.wait()


def test_limits_on_what_is_no_objective_are_met_by_any_design_that_was_tried(problem):
    study = finished(*problem, n_trials=20, seed=1)
    for name in ("n_cores", "memory_bits", "area_mm2"):
        for trial in study.trials:
            if trial.state == "done" and study.is_within_limits(trial):
                found = study.recommend(at_most={name: trial.numbers[name]}).trial
                assert found.numbers[name] <= trial.numbers[name]


def test_a_space_of_few_designs_is_tried_once(problem):
    space = {knob.name: knob.found.as_trained for knob in default_space(*problem).knobs}
    space["share_cores"] = [False, True]
    study = finished(*problem, n_trials=40, seed=0, space=space)
    assert study.ended_by == "exhausted" and len(study.trials) < 12
    assert "every design of the space was tried" in repr(study)


def test_what_ended_a_search_does_not_end_it_again(problem):
    study = finished(*problem, n_trials=50, patience=5, seed=0)
    n = len(study.trials)
    assert study.ended_by == "stagnation"
    study.resume(n_trials=n + 4)
    study.wait()
    assert (study.ended_by, len(study.trials)) == ("trials", n + 4)
    with pytest.raises(DesignProblem, match="give how many there are to be in all"):
        study.resume(n_trials=1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"goal": {"acuracy": 0.9}}, "Did you mean 'accuracy'"),
        ({"at_most": {"late_share": 0.0}}, "late_share needs a deadline"),
        ({"max_seconds": -1}, "must be above 0"),
        ({"executor": 2.5}, "a number of processes"),
    ],
)
def test_what_cannot_be_ended_or_limited_is_refused_at_the_call(problem, options, said):
    with pytest.raises(SpikefitError, match=said):
        sf.search(*problem, **options)


def test_chips_of_one_name_and_recordings_that_confirm_nothing_are_refused(problem):
    network, profile, dataset = problem
    with pytest.raises(DesignProblem, match="chips of different names"):
        sf.search(network, [LOIHI.replace(cores=64), LOIHI.replace(cores=9)], dataset)
    with pytest.raises(DesignProblem, match="chips of different names"):
        sf.search(network, [], dataset)
    for wrong in (dataset, sf.SpikeDataset(dataset.spikes[:10])):
        with pytest.raises(DatasetProblem, match="confirm"):
            sf.search(network, profile, dataset, confirm=wrong)


def test_numbers_of_numpy_are_numbers(problem):
    given = {"n_trials": np.int64(2), "at_least": {"accuracy": np.float32(0.1)}}
    bits = {"weight_bits": {"hidden": (np.int64(2), np.int64(6))}}
    assert finished(*problem, **given, space=bits).state == "finished"


def test_a_figure_of_the_chip_that_was_searched_stands_in_the_line_that_repeats_a_trial(problem):
    network, profile, dataset = problem
    space = {"figure:energy_synaptic_operation": (1.0, 100.0)}
    trial = finished(*problem, n_trials=3, space=space, sampler="sobol").trials[2]
    names = {"sf": sf, "network": network, "profile": profile, "dataset": dataset}
    assert eval(trial.code, names).event_energy_j == trial.values["event_energy_j"]
    assert "energy_synaptic_operation" in trial.figures


def test_a_study_with_a_sampler_of_optunas_goes_on_when_it_is_given_again(problem):
    network, profile, dataset = problem
    place = finished(*problem, n_trials=2, sampler=optuna.samplers.TPESampler(seed=1)).storage
    given = {"network": network, "profile": profile, "dataset": dataset}
    with pytest.raises(DesignProblem, match="made with TPESampler"):
        load_study(place, **given)
    study = load_study(place, **given, sampler=optuna.samplers.TPESampler(seed=1))
    study.resume(n_trials=4)
    study.wait()
    assert len(study.trials) == 4


def test_where_studies_cannot_be_kept_a_search_runs_and_the_cure_is_named(
    problem, tmp_path, monkeypatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPIKEFIT_STUDIES", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="or set SPIKEFIT_STUDIES to"):
        study = sf.search(*problem, n_trials=1)
    study.wait()
    assert len(load_study(study.storage).trials) == 1


def test_the_line_of_a_loaded_trial_says_how_the_study_ran_it(problem):
    study = finished(
        *problem, n_trials=2, calibration=problem[2].take(9), scenario="real_time", deadline_s=0.01
    )
    read = load_study(study.storage)
    assert [t.code for t in read.trials] == [t.code for t in study.trials]
    assert "calibration=calibration, scenario='real_time', deadline_s=0.01" in read.trials[0].code
