"""The workbench without a browser: state, lines of code, panels, what is left when it closes."""

import gc
import time
import weakref
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import ipywidgets
import nir
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

import spikefit_nb as sf
from spikefit_nb.errors import DatasetProblem, FileProblem, ProfileProblem, WrongArgument
from spikefit_nb.hardware import profile_names
from spikefit_nb.plots import front_data
from spikefit_nb.search import OBJECTIVES, KeptStudy, default_space
from spikefit_nb.search.terms import Terms
from spikefit_nb.widgets import Workbench, to_html
from spikefit_nb.widgets.workbench import fields, lines, pricing, stored
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.figures import rows_by_group, value_of
from spikefit_nb.widgets.workbench.knobs import controls, turned, value_in
from spikefit_nb.widgets.workbench.lines import Step
from spikefit_nb.widgets.workbench.save_panel import PAGES
from spikefit_nb.widgets.workbench.told import (
    finding,
    gauges,
    layer_rows,
    numbers,
    options,
    problem_html,
)
from spikefit_nb.widgets.workbench.workbench import PANELS

TRADED = ("accuracy", "n_cores")


@pytest.fixture
def bench():
    workbench = Workbench()
    workbench.wait()
    yield workbench
    workbench.close()


@pytest.fixture(scope="module")
def digits():
    return sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")


def run_cell(code):
    found: dict = {}
    exec(code, found)
    return found


def figures_of(report):
    return report.accuracy, report.energy_j, report.latency_s, report.n_cores


# Lines of code.


def test_a_session_keeps_only_what_its_end_rests_on():
    steps = [
        Step("a = 1", ("a",)),
        Step("b = 5", ("b",)),
        Step("c = 0", ("c",)),
        Step("a = a + b", ("a",), ("a", "b")),
        Step("b = 7", ("b",)),
    ]
    code = lines.session_cell(steps, [Step("found = (a, b)", ("found",), ("a", "b"))])
    assert "c = 0" not in code
    assert run_cell(code)["found"] == (6, 7)


def test_what_was_made_elsewhere_is_named_and_what_it_replaced_is_gone():
    steps = [Step("network = 1", ("network",)), Step("", ("network",))]
    code = lines.session_cell(steps, [Step("x = network", ("x",), ("network",))])
    assert "network = 1" not in code and "# network: as you gave it" in code


def test_one_step_takes_the_place_of_another_only_where_nothing_reads_it():
    first, second = Step("design = 1", ("design",)), Step("design = 2", ("design",))
    assert lines.with_step([first], second) == (second,)
    adds = Step("profile = profile.replace(cores=4)", ("profile",), ("profile",))
    assert lines.with_step([adds], adds) == (adds, adds)


@pytest.mark.parametrize(
    "profile",
    [
        sf.load_profile("loihi1"),
        sf.load_profile("loihi1").replace(cores=64, weight_bits=[4, 8]),
        sf.load_profile("truenorth").replace(neurons_per_core=100),
    ],
)
def test_the_line_of_a_chip_makes_the_same_chip(profile):
    made = run_cell(f"import spikefit_nb as sf\n{lines.profile_line(profile)}")["profile"]
    assert made.fingerprint == profile.fingerprint


def test_a_chip_from_elsewhere_has_no_line():
    assert lines.profile_line(sf.load_profile("loihi1", coefficients="calibrated")) == ""


# Knobs.


def test_each_knob_of_the_space_has_a_control_that_stands_where_the_design_does(digits):
    space = default_space(*digits)
    found = controls(space)
    assert {control.name for control in found} == {knob.name for knob in space.knobs}
    assert all(value_in(sf.Design(), control) == control.as_trained for control in found)
    design = turned(space, sf.Design(), "weight_bits.hidden", 4)
    assert design == sf.Design(weight_bits={"hidden": 4})
    [bits] = [control for control in found if control.name == "weight_bits.hidden"]
    assert value_in(design, bits) == 4
    assert turned(space, design, "weight_bits.hidden", bits.as_trained) == sf.Design()


def test_what_the_space_has_no_knob_for_survives_the_turn_of_another(digits):
    design = turned(default_space(*digits), sf.Design(max_fan_in=9), "share_cores", True)
    assert design == sf.Design(max_fan_in=9, share_cores=True)


# Figures.


@pytest.mark.parametrize("name", profile_names())
def test_every_figure_is_read_back_as_it_is_written(name):
    profile = sf.load_profile(name)
    rows = [row for found in rows_by_group(profile).values() for row in found]
    assert [row.name for row in rows] and {row.name for row in rows} == set(profile.figures)
    for row in rows:
        figure = profile.figure(row.name)
        read = value_of(row.name, row.value, figure)
        assert (tuple(read) if isinstance(read, list) else read) == figure.value
        assert row.source == figure.source and row.unit.startswith(figure.unit)


def test_what_is_no_number_is_told_with_the_unit():
    figure = sf.load_profile("loihi1").figure("cores")
    assert value_of("cores", "1,024 cores", figure) == 1024
    with pytest.raises(ProfileProblem, match="'many' is no number; it is given in cores"):
        value_of("cores", "many", figure)


# What is told.


def test_gauges_tell_the_fullest_place_first(digits):
    network, profile, _ = digits
    fit = sf.check_fit(network, profile.replace(neurons_per_core=60))
    shares = [share for _, share, _, _ in gauges(fit)]
    assert shares == sorted(shares, reverse=True) and 0 < shares[0] <= 1
    over = sf.check_fit(network, profile.replace(cores=1))
    what, share, words, is_met = gauges(over)[0]
    assert (what, share, is_met) == ("cores", 2.0, False) and words == "2 of 1"


def test_numbers_and_rates_are_those_of_the_report(digits):
    report = sf.deploy(*digits)
    said = {label: value for label, value, _ in numbers(report)}
    assert said["Accuracy"] == f"{100 * report.accuracy:.1f} %"
    [hidden] = [row for row in layer_rows(digits[0], report) if row[0] == "hidden"]
    record, dataset = report.record, report.dataset
    expected_hz = record.spike_counts["hidden"].mean() / (dataset.n_steps * dataset.dt_s)
    assert hidden[:4] == ("hidden", "64", "IF", "4,096") or hidden[1] == "64"
    assert float(hidden[4].split()[0]) == pytest.approx(expected_hz, rel=0.01)


def test_a_limit_is_offered_once_in_order_and_the_one_that_holds_is_kept():
    found = options([0.5, 0.9, 0.50001], "%", none="no limit", held=0.7)
    assert found == [("no limit", "no limit"), ("50.0 %", 0.5), ("70.0 %", 0.7), ("90.0 %", 0.9)]


def test_words_from_outside_are_escaped():
    assert "<script>" not in problem_html("<script>")


# The background.


def test_only_the_last_question_is_answered():
    heard, asked = [], []

    def answer(number):
        asked.append(number)
        time.sleep(0.05)
        return number

    latest = Latest(answer, heard.append, heard.append, patience_s=0.02)
    for number in range(50):
        latest.ask(number)
    latest.wait()
    assert heard == [49] and len(asked) <= 2
    latest.ask(50)
    latest.wait()
    assert heard == [49, 50]


def test_an_error_in_the_background_is_told():
    heard = []
    latest = Latest(lambda _: 1 / 0, heard.append, lambda error: heard.append(type(error)))
    latest.ask(1)
    latest.wait()
    assert heard == [ZeroDivisionError]


# One owner of state.


def test_it_begins_at_the_digits_on_loihi(bench, digits):
    assert bench.network.name == "digits" and bench.profile.name == "loihi1"
    assert figures_of(bench.report) == figures_of(sf.deploy(*digits))
    assert "Answered in" in bench.panel("design").status.value


@pytest.mark.parametrize("by_hand", [False, True])
def test_by_hand_and_from_code_the_same_happens(bench, by_hand):
    heard = []
    bench.observe(lambda change: heard.append(change.name), ["profile", "design", "report"])
    chip, design = bench.panel("chip"), bench.panel("design")
    if by_hand:
        chip.figures["neurons_per_core"].value.value = "20"
        design.knobs["share_cores"].value = True
    else:
        bench.profile = bench.profile.replace(neurons_per_core=20)
        bench.design = sf.Design(share_cores=True)
    bench.wait()
    assert sorted(heard) == ["design", "profile", "report", "report"]
    assert bench.profile.value("neurons_per_core") == 20
    assert chip.figures["neurons_per_core"].value.value == "20"
    assert design.knobs["share_cores"].value is True
    expected = sf.deploy(bench.network, bench.profile, bench.dataset, design=bench.design)
    assert figures_of(bench.report) == figures_of(expected)
    assert figures_of(run_cell(bench.code)["report"]) == figures_of(bench.report)


def test_a_knob_that_needs_no_run_answers_before_the_line_is_over(bench):
    bench.turn("neurons_per_core.hidden", 20)
    assert bench.report.n_cores == 5  # 64 hidden neurons, 20 a core, and a core of outputs
    before = bench.report
    bench.turn("weight_bits.hidden", 3)
    assert bench.report is before  # the network runs in the background
    bench.wait()
    assert bench.report is not before and bench.report.design.weight_bits["hidden"] == 3


def test_where_all_recordings_take_long_a_few_are_told_of_first(bench, digits, monkeypatch):
    monkeypatch.setattr(pricing, "MANY_EVENTS", 0)
    monkeypatch.setattr(bench, "_quick", ())
    seen, panel = [], bench.panel("numbers")
    bench.observe(lambda change: seen.append((change.new, panel.numbers.value)), "preview")
    bench.turn("weight_bits.hidden", 3)
    bench.wait()
    [(first, words), (nothing, _)] = seen
    network, profile, dataset = digits
    expected = sf.deploy(network, profile, dataset.take(16), design=bench.design)
    assert (first.accuracy, first.energy_j) == (expected.accuracy, expected.energy_j)
    assert "Of the first 16 of 360 recordings" in words and nothing is None
    assert bench.report.dataset.n_samples == 360 and "Of the first" not in panel.numbers.value
    bench.turn("neurons_per_core.hidden", 20)
    assert bench.preview.n_cores == 5 and bench.is_running
    bench.wait()
    assert bench.preview is None and bench.report.n_cores == 5


def test_errors_are_told_in_the_panel_that_caused_them(bench):
    chip = bench.panel("chip")
    figure = chip.figures["cores"]
    figure.value.value = "many"
    assert "many&#x27; is no number" in chip.problem.value
    assert figure.value.value == "128" and bench.panel("fit").problem.value == ""
    figure.value.value = "64"
    assert chip.problem.value == "" and bench.profile.value("cores") == 64
    assert "replace(cores=64)" in chip.line.value


def test_recordings_of_another_network_are_refused(bench):
    with pytest.raises(DatasetProblem):
        bench.dataset = sf.SpikeDataset([[[True, False]]], [0])
    assert bench.dataset.name == "digits"


def test_another_network_takes_over_and_recordings_that_are_not_of_it_go(bench):
    neuron = sf.IF(1.0)
    small = sf.Network(
        [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), neuron)],
        [sf.Projection("in", "out", [[1.0, 0.0], [0.0, 1.0]])],
    )
    bench.turn("weight_bits.hidden", 4)
    bench.network = small
    bench.wait()
    assert (bench.dataset, bench.report, bench.design) == (None, None, sf.Design())
    assert bench.fit.fits and "# network: as you gave it" in bench.code


def test_a_remedy_is_applied_and_the_session_runs_as_a_cell(bench):
    bench.load_chip("truenorth")
    bench.wait()
    assert not bench.fit.fits
    fit = bench.panel("fit")
    fit.finder.wait()
    button, _ = fit.remedies.children[0].children
    button.click()
    bench.wait()
    assert bench.report.fits
    assert figures_of(run_cell(bench.code)["report"]) == figures_of(bench.report)


def test_a_search_by_hand_is_decided_by_sliders_and_runs_as_a_cell(bench):
    search, decide = bench.panel("search"), bench.panel("decide")
    search.objectives.value, search.n_trials.value = TRADED, 4
    search.buttons["Search"].click()
    bench.study.wait()
    until(lambda: len(decide.limits["n_cores"].options) > 1)
    bench.wait()
    assert bench.recommendation.trial is not None
    decide.weights["n_cores"].value = 4.0
    decide.limits["accuracy"].index = 1
    bench.wait()
    assert bench.weights == {"accuracy": 1.0, "n_cores": 4.0} and bench.at_least
    search.teller.wait()
    assert "finished: 4 trials" in search.strip.value
    assert front_data(bench.study).title in search.strip.value
    found = run_cell(bench.code)["best"]
    assert found.trial.values == bench.recommendation.trial.values
    decide.use.click()
    bench.wait()
    assert bench.design == found.trial.design
    search.n_trials.value = 5
    search.buttons["Extend"].click()
    bench.study.wait()
    assert len(bench.study.trials) == 5


@pytest.mark.parametrize(
    ("written", "unit", "expected"),
    [
        ("95 %", "%", 0.95),
        ("95", "%", 0.95),
        ("20 µJ", "J", 20e-6),
        ("20uJ", "J", 20e-6),
        ("1e-3", "s", 1e-3),
        ("1,024", "", 1024),
        ("", "J", None),
    ],
)
def test_a_quantity_is_read_as_it_is_written(written, unit, expected):
    assert fields.value_of(written, unit, "It") == expected


@pytest.mark.parametrize(("written", "unit"), [("much", "J"), ("20 ms", "J"), ("nan", "s")])
def test_what_is_no_quantity_is_told_with_one_that_is(written, unit):
    with pytest.raises(sf.errors.DesignProblem, match=r"write 20 µJ|write 1 ms"):
        fields.value_of(written, unit, "It")


def test_fields_of_a_search_are_its_arguments(bench):
    search = bench.panel("search")
    assert set(dict(search.objectives.options).values()) == set(OBJECTIVES)
    bench.turn("weight_bits.hidden", 4)
    search.objectives.value, search.n_trials.value, search.seed.value = TRADED, 1, 7
    search.minutes.value, search.sampler.value = 0.5, "random"
    search.limits.fields["accuracy"].value = "80 %"
    search.limits.fields["latency_s"].value = "5 ms"
    search.space.knobs["weight_bits.hidden"].value = False
    search.space.knobs["n_steps"].value = False
    bench.wait()
    search.buttons["Search"].click()
    assert search.problem.value == ""
    bench.study.wait()
    terms = bench.study.terms
    assert (terms.seed, terms.max_seconds, terms.sampler) == (7, 30, "random")
    assert terms.at_least == {"accuracy": 0.8} and terms.at_most == {"latency_s": 0.005}
    [trial] = bench.study.trials
    assert trial.design.weight_bits["hidden"] == 4 and trial.design.n_steps in (None, 64)
    found = run_cell(bench.code)["study"]
    assert found.to_json() == bench.study.to_json()
    search.limits.fields["latency_s"].value = "soon"
    search.buttons["Search"].click()
    assert "&#x27;soon&#x27; is no quantity" in search.problem.value


def test_a_search_halts_after_a_trial_and_goes_on_also_once_it_was_left(bench):
    search = bench.panel("search")
    search.objectives.value, search.n_trials.value = TRADED, 30
    search.sampler.value = "random"
    search.buttons["Search"].click()
    until(lambda: len(bench.study.trials))
    search.buttons["Pause"].click()
    bench.study.wait()
    until(lambda: not search.buttons["Resume"].disabled)
    assert "Paused" in search.status.value and 0 < len(bench.study.trials) < 30
    kept = bench.study.storage
    other = Workbench()
    other.wait()
    known = other.panel("search").stored
    known.find.click()
    known.finder.wait()
    [known.pick.value] = [name for name, one in known.kept.items() if one.storage == kept]
    known.take.click()
    known.loader.wait()
    assert len(other.study.trials) == len(bench.study.trials)
    other.panel("search").buttons["Resume"].click()
    other.study.wait()
    search.buttons["Resume"].click()
    assert bench.panel("search").problem.value == ""
    bench.study.wait()
    assert len(bench.study.trials) == len(other.study.trials) == 30
    assert f"sf.load_study({Path(kept).name!r}, network=network" in other.code
    assert "study.resume()" in other.code and "study.resume" not in bench.code
    other.close()


def test_a_kept_search_is_named_by_what_it_is_of_and_when_it_began():
    terms = Terms(
        objectives=TRADED, n_trials=4, seed=0, sampler="sobol", network="digits", chip="loihi1"
    )
    kept = KeptStudy("2026-11-29_072220_digits_on_loihi1_12.study", terms, 3, 10)
    assert stored.named(kept) == "digits on loihi1: 3 of 4 trials, 2026-11-29 07:22"
    assert stored.named(KeptStudy("a.study", terms, 3, 10)) == "digits on loihi1: 3 of 4 trials"


def until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    assert true()


def drop(panel, *paths):
    """Drop files on a panel, as a browser does."""
    panel.drop.value = [
        {
            "name": path.name,
            "type": "",
            "size": 1,
            "content": memoryview(path.read_bytes()),
            "last_modified": datetime(2026, 1, 1, tzinfo=UTC),
        }
        for path in paths
    ]


def written_files(bench, folder, *, silent=False):
    """The network of a workbench as a NIR file, and its recordings as arrays."""
    nir_path, recordings = folder / "mine.nir", folder / "recorded.npz"
    sf.nir_file.write_nir(bench.network, nir_path)
    if silent:
        nir.write(nir_path, silent_graph(nir_path))
    dataset = bench.dataset
    np.savez(recordings, spikes=dataset.spikes[:60], labels=dataset.labels[:60])
    return nir_path, recordings


def silent_graph(path):
    """A graph without what write_nir says beside the equations."""
    graph = nir.read(path)
    graph.metadata = {}
    for node in graph.nodes.values():
        node.metadata = {}
    return graph


def test_a_network_and_its_recordings_are_dropped_together(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = written_files(bench, tmp_path)
    panel = bench.panel("network")
    drop(panel, *reversed(paths))
    bench.wait()
    assert panel.problem.value == "" and panel.again.layout.display == ""
    assert bench.network.name == "digits" and bench.dataset.n_samples == 60
    assert figures_of(run_cell(bench.code)["report"]) == figures_of(bench.report)
    panel.questions.fields["recordings_dt_s"].value = "2 ms"  # which the file does not say
    panel.again.click()
    bench.wait()
    assert bench.dataset.dt_s == 2e-3 and panel.problem.value == ""
    assert "dt_s=0.002" in bench.code


def test_files_dropped_together_are_priced_once_and_a_misfit_beside_a_network_is_told(
    bench, tmp_path
):
    heard, panel = [], bench.panel("network")
    paths = written_files(bench, tmp_path)
    bench.observe(heard.append, ["fit"])
    drop(panel, *paths)
    bench.wait()
    assert len(heard) == 1 and bench.dataset.n_samples == 60
    np.savez(tmp_path / "other.npz", spikes=np.ones((2, 5, 3)), labels=[0, 1])
    drop(panel, paths[0], tmp_path / "other.npz")
    bench.wait()
    assert "3 channels" in panel.problem.value
    assert (bench.network.name, bench.dataset) == ("digits", None)


def test_what_a_file_does_not_say_is_asked_and_nothing_else(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = bench.network
    nir_path, recordings = written_files(bench, tmp_path, silent=True)
    panel = bench.panel("network")
    drop(panel, nir_path)
    asked = [n for n, field in panel.questions.fields.items() if field.layout.display == ""]
    assert asked == ["reset", "max_spikes_per_step"]
    assert "does not say the reset" in panel.status.value and bench.network is before
    panel.questions.fields["reset"].value = "zero"
    panel.again.click()
    assert bench.network.populations[1].neuron.reset == "zero" and bench.dataset is None
    assert "sf.read_nir(&#x27;mine.nir&#x27;, reset=&#x27;zero&#x27;)" in panel.line.value
    drop(panel, recordings)
    bench.wait()
    assert bench.report.record.n_samples == 60
    assert figures_of(run_cell(bench.code)["report"]) == figures_of(bench.report)


def test_files_that_cannot_be_read_are_told_and_change_nothing(bench, tmp_path):
    panel, before = bench.panel("network"), bench.network
    for name, content, words in (
        ("mine.nir", b"no file", "mine.nir"),
        ("mine.txt", b"", "networks are .nir or .onnx files"),
        ("mine.npz", b"no file", "not a zip file"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        drop(panel, path)
        assert words in panel.problem.value, name
    np.savez(tmp_path / "a.npz", images=np.ones((2, 2)))
    drop(panel, tmp_path / "a.npz")
    assert "a.npz holds images; recordings are in" in panel.problem.value
    np.savez(tmp_path / "b.npz", X=np.ones((2, 5, 3)), y=[0, 1])
    drop(panel, tmp_path / "b.npz")
    assert "3 channels" in panel.problem.value
    assert bench.network is before and bench.dataset.name == "digits"


def test_an_ann_is_dropped_with_samples_to_convert_it_by(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ann.onnx").write_bytes(an_onnx_file())
    x = np.random.default_rng(0).random((40, 4)).astype(np.float32)
    np.savez(tmp_path / "samples.npz", X=x, y=x[:, :3].argmax(axis=1))
    panel = bench.panel("network")
    drop(panel, tmp_path / "ann.onnx")
    assert "Now drop samples" in panel.status.value and bench.network.name == "digits"
    drop(panel, tmp_path / "samples.npz")
    bench.wait()
    assert panel.problem.value == "" and bench.network.name == "ann"
    assert bench.dataset.n_samples == 20
    found = run_cell(bench.code)
    assert found["network"].fingerprint == bench.network.fingerprint
    assert found["dataset"].fingerprint == bench.dataset.fingerprint


def an_onnx_file():
    """A perceptron that passes three of its four inputs on."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weight = np.eye(4, 3, dtype=np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["a"]), helper.make_node("Relu", ["a"], ["y"])],
        "ann",
        [helper.make_tensor_value_info("x", kind, ["n", 4])],
        [helper.make_tensor_value_info("y", kind, ["n", 3])],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph).SerializeToString()


def test_a_look_inside_draws_spikes_and_potentials(bench):
    panel = bench.panel("network")
    inside_ = panel.inside
    inside_.population.value = "hidden"
    for what, words in (("Spikes of all", "plot_raster"), ("Potential of one", "plot_potential")):
        inside_.what.value = what
        inside_.show.click()
        inside_.drawer.wait()
        assert panel.problem.value == "" and words in panel.line.value
        assert len(inside_.picture.children) == 1
    inside_.sample.value = 10**6
    inside_.show.click()
    inside_.drawer.wait()
    assert "360 samples" in panel.problem.value


def test_every_control_has_a_label_and_no_html_an_id(bench):
    bench.load_chip("truenorth")
    bench.wait()
    bench.panel("fit").finder.wait()
    found = list(inside([bench.view]))
    controls_ = [w for w in found if isinstance(w, ipywidgets.DOMWidget) and hasattr(w, "disabled")]
    assert len(controls_) > 30
    assert [w for w in controls_ if not w.description] == []
    html = [w.value for w in found if isinstance(w, ipywidgets.HTML)]
    assert [value for value in html if " id=" in value] == []


def inside(widgets):
    for widget in widgets:
        yield widget
        yield from inside(getattr(widget, "children", ()))


def test_closing_frees_everything():
    before = set(_instances)
    workbench = Workbench()
    workbench.wait()
    assert len(list(inside([workbench.view]))) > 100
    assert set(PANELS) == set(workbench._made)
    workbench.search(objectives=TRADED, n_trials=2)
    workbench.study.wait()
    workbench.wait()
    workbench.close()
    gone = weakref.ref(workbench)
    del workbench
    until(lambda: gc.collect() >= 0 and gone() is None)
    assert [_instances[name] for name in set(_instances) - before] == []


def test_two_workbenches_do_not_meet(bench):
    other = Workbench()
    other.wait()
    bench.panel("chip").figures["cores"].value.value = "64"
    assert other.profile.value("cores") == 128 and other.panel("chip").problem.value == ""
    assert "replace" not in other.code
    other.close()


# What a session leaves behind.


def test_a_session_leaves_a_page_a_chip_and_a_network_that_read_back(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench.edit("neurons_per_core", 40)
    bench.turn("weight_bits.hidden", 4)
    bench.wait()
    panel = bench.panel("save")
    lines = []
    for row in panel.rows.values():
        row.save.click()
        lines.append(panel.line.value)
    assert panel.problem.value == ""
    assert sf.read_profile("my_chip.toml").fingerprint == bench.profile.fingerprint
    adapted = sf.read_nir("adapted.nir")
    assert adapted.fingerprint == bench.report.network.fingerprint
    left = sf.export.load_deployment("my_deployment.zip")
    assert left.network.fingerprint == adapted.fingerprint and left.differences == ()
    page = (tmp_path / "workbench.html").read_text()
    assert escape(finding(bench)) in page and "sf.Design(weight_bits=" in page
    assert "my_chip.toml" in panel.rows["Chip file"].link.value
    assert "write_nir(report.network, &#x27;adapted.nir&#x27;)" in lines[2]
    assert "report.export(&#x27;my_deployment.zip&#x27;)" in lines[3]
    panel.rows["Chip file"].save.click()
    assert "exists already" in panel.problem.value and panel.rows["Chip file"].link.value == ""


def test_a_chip_is_opened_from_a_file_and_its_changes_are_told(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench.profile.replace(neurons_per_core=20).save("mine.toml")
    chip = bench.panel("chip")
    drop(chip, tmp_path / "mine.toml")
    assert chip.problem.value == "" and bench.profile.value("neurons_per_core") == 20
    assert chip.figures["neurons_per_core"].value.value == "20"
    assert "neurons per core" in chip.diff.value
    bench.wait()
    assert figures_of(run_cell(bench.code)["report"]) == figures_of(bench.report)
    (tmp_path / "mine.toml").write_text("cores = ")
    drop(chip, tmp_path / "mine.toml")
    assert "mine.toml" in chip.problem.value and bench.profile.value("neurons_per_core") == 20


def test_each_panel_but_those_for_code_and_files_can_be_saved_as_a_page(bench, tmp_path):
    assert set(PAGES) == set(PANELS) - {"code", "save"}
    for name in PAGES:
        page = bench.panel(name).to_html(tmp_path / f"{name}.html").read_text()
        assert "<input" not in page and 'class="spikefit-panel' in page, name


def test_a_page_has_what_panels_say_and_no_control(bench, tmp_path):
    bench.search(objectives=TRADED, n_trials=2)
    bench.study.wait()
    fit = bench.panel("fit").to_html(tmp_path / "fit.html").read_text()
    assert gauges(bench.fit)[0][0] in fit and "<input" not in fit and "<button" not in fit
    with pytest.raises(FileProblem, match="exists already"):
        to_html(bench.panel("fit"), tmp_path / "fit.html")
    to_html(bench, tmp_path / "fit.html", overwrite=True)
    known = set(_instances)
    study = bench.study
    to_html(study, tmp_path / "study.html")
    assert Path(study.storage).name in (tmp_path / "study.html").read_text()
    assert set(_instances) <= known
    with pytest.raises(FileProblem, match="cannot be written"):
        bench.to_html(tmp_path / "nowhere" / "a.html")
    with pytest.raises(WrongArgument, match="must be a workbench"):
        to_html(bench.network, tmp_path / "b.html")
    with pytest.raises(WrongArgument, match="path"):
        to_html(bench, 3)
