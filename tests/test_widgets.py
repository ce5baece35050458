"""The live view without a browser: what it says, what it hears, and what it refuses to hear."""

import json
import subprocess
import sys
import time
from threading import Thread
from types import SimpleNamespace

import pytest
from bokeh import io

from spikefit_nb.widgets import registration
from spikefit_nb.widgets.live_study import LiveStudy
from spikefit_nb.widgets.sentences import (
    progress_words,
    study_html,
    time_left,
    trial_cores,
    trial_html,
    trial_sentence,
)
from tests.browser.stand_ins import Study, trial, whole_study


@pytest.fixture
def live():
    return LiveStudy(whole_study(30))


def said_by_browser(model, attribute, new):
    return {
        "event": "jsevent",
        "kind": "ModelChanged",
        "model": {"id": model.id},
        "attr": attribute,
        "new": new,
    }


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def test_a_tap_tells_python_once_and_again_changes_nothing(live):
    heard = []
    live.observe(lambda change: heard.append(change.new.number), "chosen")
    for _ in range(2):
        live.view.widget._sync_model(None, said_by_browser(live.view.frames, "tags", [7]), [])
    assert heard == [7] and live.chosen.number == 7 and live.view.chosen_number == 7


def test_a_tap_on_a_trial_that_is_unknown_is_not_heard(live):
    live.view.widget._sync_model(None, said_by_browser(live.view.frames, "tags", [999]), [])
    assert live.chosen is None


def test_what_a_browser_echoes_is_dropped(live):
    points = live.view.front.sources["points"]
    before = dict(points.data)
    for kind in ("ColumnsStreamed", "ColumnsPatched", "ColumnDataChanged"):
        live.view.widget._sync_model(
            None, {"event": "jsevent", "kind": kind, "model": {"id": points.id}}, []
        )
    live.view.widget._sync_model(None, said_by_browser(points, "data", {"x": []}), [])
    live.view.widget._sync_model(
        None, said_by_browser(live.view.front.figure.x_range, "start", 1e9), []
    )
    assert dict(points.data) == before
    assert live.view.front.figure.x_range.start < 1e6


def test_a_later_view_gets_the_picture_as_it_is_now_with_the_tapped_trial(live):
    live.view.widget._sync_model(None, said_by_browser(live.view.frames, "tags", [7]), [])
    state = live.view.widget.get_state()["render_bundle"]
    assert "Trial 7: " in state
    assert live.view.cores.figure.title.text.startswith("Trial 7: ")


def test_one_update_is_one_message(live, monkeypatch):
    sent = []
    monkeypatch.setattr(live.view.widget, "_send_patch", sent.append)
    live.study.add(31)
    live.view.update()
    assert len(sent) == 1 and len(sent[0]) > 1


def test_a_view_that_greets_gets_everything_although_nothing_changed(live, monkeypatch):
    sent = []
    monkeypatch.setattr(live.view.widget, "_send_patch", sent.append)
    live.view.widget._sync_model(None, said_by_browser(live.view.proposed, "tags", [1]), [])
    names = {(event.model.id, event.attr) for event in sent[-1] if hasattr(event, "attr")}
    assert (live.view.frames.id, "data") in names and (
        live.view.front.sources["points"].id,
        "data",
    ) in names
    assert live.view.was_greeted.is_set()


def test_threads_do_not_mix_the_parts_of_their_messages(live, monkeypatch):
    parts = []
    monkeypatch.setattr(
        live.view.widget, "send", lambda content, buffers=None: parts.append(content["payload"])
    )
    threads = [Thread(target=lambda: [live.view.send_all() for _ in range(8)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(parts) >= 3 and len(parts) % 3 == 0
    assert all(parts[i] == parts[i + 1] == parts[i + 2] for i in range(0, len(parts), 3))


@pytest.mark.parametrize("n_missed", [0, 1, 2])
def test_a_view_made_between_two_parts_of_a_message_understands_the_next_one(
    live, monkeypatch, n_missed
):
    parts = []
    monkeypatch.setattr(
        live.view.widget, "send", lambda content, buffers=None: parts.append(content["payload"])
    )
    for text in ("one", "two", "three"):
        live.view.words.text = text
    applied, heard = [], []
    for part in parts[n_missed:]:  # as BokehJS does: the third of three parts is the content
        heard.append(part)
        if len(heard) == 3:
            applied.append(json.loads(heard.pop())["events"][0]["new"])
            heard.clear()
    assert applied[-1] == "three" and "two" in applied


def test_every_trial_travels_once(live):
    assert sorted(live.view.frames.data["number"]) == list(range(31))
    frame = json.loads(live.view.frames.data["json"][3])
    assert frame["title"].startswith("Trial 3: ") and "sf.deploy(" in frame["words"]


def test_the_card_grows_with_the_search_and_ends_with_its_last_state():
    live = LiveStudy(Study(n_trials=8, seconds=0.03).start())
    assert until(lambda: live.stop_button.description == "Finished")
    assert len(live.view.frames.data["number"]) == 9
    assert "finished: 8 trials" in live.strip.value
    assert live.stop_button.disabled


def test_before_the_first_trial_the_card_says_what_it_waits_for():
    live = LiveStudy(Study(n_trials=8))
    assert "compiling the simulator, about 10 s the first time" in live.strip.value
    assert "0 of 8 trials" in live.strip.value


def test_stop_answers_at_once_and_ends_the_search():
    study = Study(n_trials=500, seconds=0.05).start()
    live = LiveStudy(study)
    live.stop_button.click()
    assert "stopping ..." in live.strip.value and live.stop_button.disabled
    assert until(lambda: live.stop_button.description == "Stopped")
    assert study.state == "stopped" and "stopped after" in live.strip.value


def test_an_error_of_the_search_is_shown_in_the_card_and_not_as_markup():
    live = LiveStudy(Study(n_trials=9, seconds=0.02, fail_at=3).start())
    assert until(lambda: live.stop_button.description == "Failed")
    assert "the sampler gave &lt;no&gt; design" in live.strip.value


def test_a_picture_that_cannot_be_drawn_says_so(live, monkeypatch):
    def broken():
        raise ValueError("no <such> core")

    monkeypatch.setattr(live.view, "update", broken)
    live.refresh()
    assert "could not be drawn: ValueError: no &lt;such&gt; core" in live.strip.value


def test_a_saved_notebook_keeps_the_finding_and_a_table(live):
    bundle = live._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert "worth considering" in bundle["text/plain"]
    assert "<table" in bundle["text/html"] and "Design(weight_bits=" in bundle["text/html"]
    assert "<table" not in study_html(Study(), "nothing yet")


def test_the_page_of_its_own_needs_no_network(live):
    page = live.html()
    assert "worth considering" in page and "<script src" not in page and "<link" not in page


def test_sentences_of_trials():
    objectives = ("accuracy", "energy_j", "latency_s")
    assert (
        trial_sentence(trial(4, 0.958, 2.27e-7), objectives)
        == "Trial 4: 95.8 % correct, 227 nJ, 2 ms per inference."
    )
    cores = SimpleNamespace(number=1, state="done", values={"n_cores": 6})
    assert trial_sentence(cores, ("n_cores",)) == "Trial 1: 6 cores."
    unfit = trial(5, state="infeasible")
    assert "<Davies" in trial_sentence(unfit, objectives) and "&lt;Davies" in trial_html(
        unfit, objectives
    )
    failed = trial(6, state="failed")
    assert trial_cores(failed).title == "Trial 6: failed"
    assert trial_sentence(trial(0, 0.97, 1e-6), objectives, trial(0, 0.97, 1e-6)).startswith(
        "As trained: "
    )


def test_progress_in_words():
    study = whole_study(10)
    assert progress_words(study) == "finished: 10 trials"
    study.state = "running"
    assert progress_words(study, is_stopping=True) == "10 of 10 trials, stopping ..."
    assert time_left(7200) == "about 120 min left"


def test_outside_a_notebook_nothing_is_registered_or_loaded(monkeypatch):
    assert registration.register_with_ipython() is False
    monkeypatch.setattr(io, "output_notebook", lambda *_, **__: pytest.fail("there is no notebook"))
    registration.load_bokeh_js()


def test_bokeh_js_is_put_into_one_cell_and_again_when_that_cell_runs_again(monkeypatch):
    loads, cells = [], iter(["a", "b", "a"])
    monkeypatch.setattr(registration, "_cell_with_script", [])
    monkeypatch.setattr(registration, "_running_cell", lambda: next(cells))
    monkeypatch.setattr(io, "output_notebook", lambda *_, **__: loads.append(1))
    counts = [registration.load_bokeh_js() or len(loads) for _ in range(3)]
    assert counts == [1, 1, 2]


def test_bokeh_js_is_loaded_once_where_cells_have_no_names(monkeypatch):
    loads = []
    monkeypatch.setattr(registration, "_cell_with_script", [])
    monkeypatch.setattr(registration, "_running_cell", lambda: "")
    monkeypatch.setattr(io, "output_notebook", lambda *_, **__: loads.append(1))
    registration.load_bokeh_js(), registration.load_bokeh_js()
    assert loads == [1]


def test_only_our_figures_show_themselves():
    from bokeh.plotting import figure

    from spikefit_nb.plots.theme import new_figure, ours

    assert registration.figure_bundle(figure()) is None
    assert "<script" in registration.figure_bundle(ours(new_figure(title="a finding")))["text/html"]


def test_a_study_that_runs_gets_one_live_card_however_often_it_is_shown():
    study = Study(5)
    ids = {
        registration.study_bundle(study)["application/vnd.jupyter.widget-view+json"]["model_id"]
        for _ in range(2)
    }
    assert len(ids) == 1


def test_a_study_that_has_ended_is_shown_without_a_widget_so_that_saved_pages_keep_it():
    bundle = registration.study_bundle(whole_study(5))
    assert set(bundle) == {"text/html", "text/plain"}
    assert "finished: 5 trials" in bundle["text/html"] and "<script" in bundle["text/html"]


def test_registering_imports_nothing_heavy():
    code = (
        "import sys; from spikefit_nb.widgets.registration import register_with_ipython; "
        "register_with_ipython();"
        "print([name for name in ('bokeh', 'ipywidgets', 'IPython', 'numba', 'numpy') if name in "
        "sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )
