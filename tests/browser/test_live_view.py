"""The live view in a real browser: it grows, answers taps while the kernel is busy, and stops when
told.
"""

import pytest

pytestmark = pytest.mark.browser

STUDY = [
    # The view's libraries first: a study must not be over before it is shown.
    "import spikefit_nb as sf\nimport spikefit_nb.widgets.live_study\n"
    "from stand_ins import Study, pause, report, record",
    "from spikefit_nb.widgets.cell import show_study\n"
    "get_ipython().display_formatter.ipython_display_formatter.for_type(Study, show_study)\n"
    "study = Study(n_trials=1000, seconds=0.12).start()",
    "study",
    "pause(30)",
    "endless = Study(n_trials=1000, seconds=0.3).start()",
    "endless",
    "endless.state",
    "endless",
    "sf.plot_cores(report(11, seed=3))",
]


def test_points_appear_while_the_search_runs_and_taps_are_answered_while_the_kernel_is_busy(
    open_notebook,
):
    notebook = open_notebook("live.ipynb", STUDY)
    for index in range(3):
        notebook.run(index)
    notebook.wait_for_points(20)
    notebook.run(3, wait=False)
    # Designs must come although the kernel is busy.
    notebook.wait_for_points(len(notebook.columns("points")["number"]) + 5)
    first, *_, second = notebook.best()
    notebook.tap(first)
    cores, title = notebook.columns("cores"), notebook.map_title
    notebook.tap(second)
    assert notebook.is_running(3), "the tap was to be answered while the kernel was busy"
    assert notebook.columns("cores")["load"] != cores["load"]
    assert notebook.map_title != title
    notebook.photograph("live")
    assert notebook.cores_are("beside")
    notebook.page.set_viewport_size({"width": 800, "height": 1100})
    notebook.page.wait_for_timeout(1000)
    assert notebook.cores_are("below")
    notebook.screenshot("live-800")
    assert notebook.errors == []


def test_stop_ends_the_search_while_no_cell_runs(open_notebook):
    notebook = open_notebook("stop.ipynb", STUDY)
    for index in (0, 1, 4, 5):
        notebook.run(index)
    notebook.wait_for_points(3)
    notebook.page.locator("button.jupyter-button", has_text="Stop").click()
    # A still picture takes the place of the live one.
    notebook.page.locator("button.jupyter-button").wait_for(state="detached")
    notebook.wait_for_text(5, "stopped after")
    notebook.run(6)
    assert "stopped" in notebook.output(6)
    notebook.screenshot("stopped")


def test_a_second_cell_and_a_reload_of_the_page_show_the_study_as_it_is_now(open_notebook):
    notebook = open_notebook("again.ipynb", STUDY)
    for index in (0, 1, 4, 5):
        notebook.run(index)
    notebook.wait_for_points(8)
    number = notebook.best()[-1]
    notebook.tap(number)
    title = notebook.map_title
    notebook.run(7)
    notebook.wait_for_points(8)
    assert settled_title(notebook, title) == title
    notebook.reload(save=True)
    notebook.show(5)
    notebook.wait_for_points(8)
    assert settled_title(notebook, title) == title


def settled_title(notebook, expected):
    """The title once it is the expected one, or after ten seconds: a busy machine draws a view
    before it fills it.
    """
    for _ in range(100):
        if notebook.map_title == expected:
            break
        notebook.page.wait_for_timeout(100)
    return notebook.map_title


def test_a_figure_on_the_last_line_of_a_cell_shows_itself(open_notebook):
    notebook = open_notebook("figure.ipynb", STUDY)
    notebook.run(0)
    notebook.run(8)
    notebook.page.wait_for_function("window.Bokeh && [...Bokeh.index.roots].length > 0")
    notebook.page.wait_for_timeout(500)
    notebook.screenshot("cores")
    assert "11 of 128 cores" in notebook.page.evaluate(
        "[...[...Bokeh.index.roots][0].model.document._all_models.values()]"
        ".filter((m) => m.type == 'Figure').map((m) => m.title.text).join()"
    )
