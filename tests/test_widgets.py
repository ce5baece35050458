"""The live view without a browser: what it says, what it hears, and what it refuses to hear."""

import gc
import gzip
import json
import re
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from weakref import ref
from xml.etree import ElementTree

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

import spikefit_nb as sf
from spikefit_nb.plots import front_data, front_svg
from spikefit_nb.plots.front import front_columns, front_limits
from spikefit_nb.plots.front_svg import LEFT, RIGHT
from spikefit_nb.search import trial as of_search
from spikefit_nb.widgets import cell, live_study, registration, study_view
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


def until(true, seconds=60.0):
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
    live = LiveStudy(study := Study(n_trials=8, seconds=0.03))
    study.start()
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
    live = LiveStudy(study := Study(n_trials=9, seconds=0.02, fail_at=3))
    study.start()
    assert until(lambda: live.stop_button.description == "Failed")
    assert "the sampler gave &lt;no&gt; design" in live.strip.value


def test_a_picture_that_cannot_be_drawn_says_so(live, monkeypatch):
    def broken():
        raise ValueError("no <such> core")

    monkeypatch.setattr(live.view, "update", broken)
    live.refresh()
    assert "could not be drawn: ValueError: no &lt;such&gt; core" in live.strip.value


def test_a_live_view_shows_nothing_without_a_kernel_and_beside_it_stands_the_last_state(live):
    bundle = live.live_bundle()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == bundle["text/html"] == ""
    last = live.last_bundle()
    assert "worth considering" in last["text/plain"]
    assert "The kernel has restarted: this is the last state" in last["text/html"]
    assert "<table" in last["text/html"] and "Design(weight_bits=" in last["text/html"]
    assert "<script" not in last["text/html"]
    assert "<table" not in study_html(Study())


def test_the_page_of_its_own_needs_no_network(live):
    page = live.html()
    assert "worth considering" in page and "<script src" not in page and "<link" not in page


def test_sentences_of_trials():
    objectives = ("accuracy", "event_energy_j", "latency_s")
    assert (
        trial_sentence(trial(4, 0.958, 2.27e-7), objectives)
        == "Trial 4: 95.8 % correct, 227 nJ of events, 2 ms per inference."
    )
    cores = SimpleNamespace(number=1, state="done", values={"n_cores": 6})
    assert trial_sentence(cores, ("n_cores",)) == "Trial 1: 6 cores."
    unfit = trial(5, state="infeasible")
    assert "<Davies" in trial_sentence(unfit, objectives) and "&lt;Davies" in trial_html(
        unfit, objectives
    )
    failed = trial(6, state="failed")
    assert trial_cores(failed, None).title == "Trial 6: failed"
    assert trial_sentence(trial(0, 0.97, 1e-6), objectives, trial(0, 0.97, 1e-6)).startswith(
        "As trained: "
    )


def test_a_design_outside_the_limits_is_told_with_the_limit():
    objectives = ("accuracy", "event_energy_j", "latency_s")
    outside = trial(4, 0.8, 2.27e-7)
    html = trial_html(outside, objectives, broken="accuracy of at least 85.0 %")
    assert "Outside the limits of the search: accuracy of at least 85.0 %." in html
    study = sf.search(
        sf.load_network("digits"),
        sf.load_profile("loihi1"),
        sf.load_dataset("digits").take(9),
        n_trials=1,
        at_least={"accuracy": 0.5},
        at_most={"event_energy_j": 1e-9},
    )
    study.wait()
    assert study.limits_in_words == (
        "accuracy of at least 50.0 % and event energy per inference of at most 1 nJ"
    )
    assert study.broken_limits(study.reference) == "event energy per inference of at most 1 nJ"


def test_the_card_says_by_which_rule_a_design_is_ringed():
    live = LiveStudy(whole_study(9))
    assert (
        "Named, and ringed until a tap: study.recommend(), the best balance of accuracy, "
        "energy of events per inference, "
        "time per inference, all counted alike. Limits: accuracy of at least 85.0 %."
    ) in live.strip.value


def test_progress_in_words():
    study = whole_study(10)
    assert progress_words(study) == "finished: 10 trials"
    study.state = "running"
    assert progress_words(study, is_stopping=True) == "10 of 10 trials, stopping ..."
    assert time_left(7200) == "about 120 min left"


def test_outside_a_notebook_nothing_is_registered():
    assert registration.register_with_ipython() is False


def test_a_picture_brings_along_what_draws_it_and_refers_to_nothing_else():
    from spikefit_nb.plots.theme import new_figure, ours

    html = registration.figure_bundle(ours(new_figure(title="</script><b>")))["text/html"]
    assert html.startswith('<div style="width:100%">&lt;/script&gt;&lt;b&gt;</div><script>')
    assert "<script src" not in html and "http" not in html.split("gzip")[0]
    assert html.count("</script>") == 1 and html.endswith("</script>")
    packed = max(re.findall(r'"([A-Za-z0-9+/=]+)"', html), key=len)
    assert gzip.decompress(b64decode(packed)).decode().count("BEGIN bokeh") == 2
    assert len(html) < 700_000


def test_only_our_figures_show_themselves():
    from bokeh.plotting import figure

    from spikefit_nb.plots.theme import new_figure, ours

    assert registration.figure_bundle(figure()) is None
    assert "<script" in registration.figure_bundle(ours(new_figure(title="a finding")))["text/html"]


class Outputs(dict):
    """What a page holds, by display id, in the order of cells."""

    def put(self, bundle, *, raw, display_id=None):
        self[display_id or len(self)] = bundle

    def change(self, bundle, *, raw, display_id):
        assert display_id in self
        self[display_id] = bundle


@pytest.fixture
def page(monkeypatch):
    outputs = Outputs()
    monkeypatch.setattr(cell, "display", outputs.put)
    monkeypatch.setattr(cell, "update_display", outputs.change)
    return outputs


WIDGET = "application/vnd.jupyter.widget-view+json"


def test_a_study_that_runs_has_one_live_card_however_often_it_is_shown(page):
    study = Study(5)
    for _ in range(2):
        cell.show_study(study)
    script, last, _ = list(page.values())[3:]
    assert len(page) == 6 and "BEGIN bokeh" in script["text/html"]
    assert "0 of 5 trials" in last["text/plain"] and WIDGET not in last
    assert len({b[WIDGET]["model_id"] for b in page.values() if WIDGET in b}) == 1


def test_when_a_study_ends_every_cell_that_shows_it_keeps_a_still_picture_alone(page):
    study = Study(n_trials=8, seconds=0.1)
    for _ in range(2):
        cell.show_study(study)
    study.start()  # not before: a busy machine may need longer to show it than it runs
    assert until(lambda: not any(WIDGET in bundle for bundle in page.values()))
    stills = [bundle for bundle in page.values() if "<script" in bundle["text/html"]]
    assert len(stills) == 2 and all("finished: 8 trials" in b["text/html"] for b in stills)
    assert until(lambda: sum(bundle["text/html"] == "" for bundle in page.values()) == 4)
    cell.show_study(study)
    assert len(page) == 7 and "finished: 8 trials" in page[6]["text/html"]


def test_a_tap_that_a_busy_kernel_hears_of_too_late_still_counts(page):
    study = Study(n_trials=8, seconds=0.1)
    cell.show_study(study)
    study.start()
    assert until(lambda: not any(WIDGET in bundle for bundle in page.values()))
    view = cell._cards[study].view
    number = next(n for n in view.frames.data["number"] if n not in (0, view.shown.chosen))
    view.widget._sync_model(None, said_by_browser(view.frames, "tags", [number]), [])
    still = next(b["text/html"] for b in page.values() if "<script" in b["text/html"])
    assert view.cores.figure.title.text in still and f"{number}:" in view.cores.figure.title.text


def test_the_last_state_is_stored_while_a_study_runs(page, monkeypatch):
    monkeypatch.setattr(live_study, "SECONDS_BETWEEN_STORED_STATES", 0.1)
    study = Study(n_trials=500, seconds=0.02)
    cell.show_study(study)
    study.start()
    last = list(page)[1]
    assert until(
        lambda: (
            " of 500 trials" in page[last]["text/plain"]
            and "0 of" not in str(page[last]["text/plain"])
        )
    )
    assert "<img" in page[last]["text/html"] and "s left" not in page[last]["text/html"]
    study.stop()
    assert until(lambda: "stopped after" in page[last]["text/plain"])
    assert until(lambda: not any(WIDGET in bundle for bundle in page.values()))


def test_a_study_that_was_shown_and_dropped_is_freed_with_its_widgets(page):
    known = set(_instances)
    study = Study(n_trials=4, seconds=0.01)
    for _ in range(2):
        cell.show_study(study)
    study.start()
    assert until(lambda: not any(WIDGET in bundle for bundle in page.values()))
    cell.show_study(study)  # as it ended, too
    cell._cards[study]._thread.join()
    assert set(_instances) - known
    last = ref(study)
    del study
    assert until(lambda: gc.collect() >= 0 and last() is None)
    # those of tests before may go meanwhile
    assert until(lambda: set(_instances) <= known)
    assert len(page) == 7 and sum("<script" in b["text/html"] for b in page.values()) == 3


def test_a_card_that_is_closed_leaves_no_widget_and_lets_go_of_a_search_that_goes_on(page):
    known = set(_instances)
    study = Study(n_trials=10_000, seconds=0.01).start()
    card = LiveStudy(study)
    cell.show_study(study)
    assert until(lambda: len(study.trials) > 2)
    for each in (card, cell._cards[study]):
        each.close()
        each.close()  # a second time changes nothing
        assert until(lambda thread=each._thread: not thread.is_alive())
    assert set(_instances) <= known and study.state == "running"
    cell.show_study(study)  # anew
    assert until(lambda: len([b for b in page.values() if WIDGET in b]) == 2)
    study.stop()
    assert until(lambda: study.state == "stopped")


def test_the_first_study_of_a_kernel_is_freed_too():
    """What is imported for it keeps errors of packages that are not there, and frames with them."""
    script = """
import gc, time, weakref
from ipywidgets.widgets.widget import _instances
import spikefit_nb as sf
from spikefit_nb.widgets import cell
cell.display = cell.update_display = lambda *_, **__: None
dataset = sf.load_dataset("digits").take(4)
study = sf.search(sf.load_network("digits"), sf.load_profile("loihi1"), dataset, n_trials=1)
cell.show_study(study)
study.wait()
thread, last = cell._cards[study]._thread, weakref.ref(study)
if thread is not None:
    thread.join()
del study, thread
end = time.monotonic() + 30
while last() is not None and time.monotonic() < end:
    gc.collect()
    time.sleep(0.05)
print(last() is None, len(_instances))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "0"]


def test_a_picture_without_scripts_has_every_point_in_its_place():
    shown = front_data(whole_study(14))
    svg = ElementTree.fromstring(front_svg(shown))
    circles = svg.findall("{*}circle")
    inside = [c for c in circles if c.get("fill") != "none"]
    (lo, hi), _ = front_limits(shown)
    for c, x in zip(inside, np.array(front_columns(shown)["points"]["x"]), strict=False):
        pixel = LEFT + np.log(x / lo) / np.log(hi / lo) * (RIGHT - LEFT)
        assert float(c.get("cx")) == pytest.approx(pixel, abs=0.06)
    assert len(circles) == len(inside) + 1  # the ring
    words = [text.text for text in svg.findall(".//{*}text")]
    assert "as trained" in words and shown.x_axis.label in words and shown.y_axis.label in words


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


@pytest.fixture
def digits():
    return sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(60)


def test_a_live_view_makes_no_report_a_second_time(digits, monkeypatch):
    made, deploy_case = [], of_search.deploy_case

    def counted(case, **given):
        made.append(case.fingerprint)
        return deploy_case(case, **given)

    monkeypatch.setattr(of_search, "deploy_case", counted)
    study = sf.search(*digits, n_trials=12, seed=1, sampler="sobol")
    card = LiveStudy(study)
    study.wait()
    assert until(lambda: len(card.view.frames.data["number"]) == 13)
    assert len(made) == len(set(made))


def test_core_maps_that_would_hold_a_search_up_wait_for_a_tap(digits, monkeypatch):
    monkeypatch.setattr(study_view, "SECONDS_AT_ONCE", -1)
    monkeypatch.setattr(study_view, "SHARE_OF_TIME", 0)
    study = sf.search(*digits, n_trials=4, seed=2, sampler="sobol")
    study.wait()
    network, profile, dataset = digits
    read = sf.load_study(study.storage, network=network, profile=profile, dataset=dataset)
    of_search._reports.clear()
    view = LiveStudy(read).view
    titles = [json.loads(frame)["title"] for frame in view.frames.data["json"]]
    waiting = [k for k, title in enumerate(titles) if "when it is tapped" in title]
    assert view.chosen_number not in waiting and waiting
    view._heard_tap(waiting[:1])
    assert "tapped" not in json.loads(view.frames.data["json"][waiting[0]])["title"]


def test_a_study_read_from_its_file_alone_is_shown_and_says_what_is_missing(digits):
    study = sf.search(*digits, n_trials=3, seed=2, patience=1)
    study.wait()
    assert "finished: nothing better in the last" in LiveStudy(study).strip.value
    card = LiveStudy(sf.load_study(study.storage))
    assert "where network, chip and recordings are loaded" in str(card.view.frames.data["json"])
    name = Path(study.storage).name
    assert f"sf.load_study(&#x27;{name}&#x27;) brings it back" in card.strip.value
    assert "stopped after" in card.strip.value or "all 3 trials" in card.strip.value


def test_a_search_that_goes_on_is_followed_again(digits):
    study = sf.search(*digits, n_trials=2, seed=2)
    card = LiveStudy(study)
    study.wait()
    assert until(lambda: "finished: 2 trials" in card.strip.value)
    study.resume(n_trials=5)
    card.follow()
    study.wait()
    assert until(lambda: len(card.view.frames.data["number"]) == 6)
    assert until(lambda: "finished: 5 trials" in card.strip.value)
