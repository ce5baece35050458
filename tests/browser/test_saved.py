"""What is left of pictures after reloads, deleted cells, restarted kernels, in saved files."""

import subprocess
import sys

import pytest

from tests.browser.lab import CELLS, DRAWN, SCREENSHOTS
from tests.browser.test_live_view import STUDY

pytestmark = pytest.mark.browser
FIGURES = ["sf.plot_cores(report(11, seed=3))", "sf.plot_accuracy(record())"]
FIRST, SECOND, SHORT, ENDLESS = 2, 3, 5, 7
CODE = [
    *STUDY[:2],
    *FIGURES,
    "short = Study(n_trials=14, seconds=0.05).start()",
    "short",
    "endless = Study(n_trials=1000, seconds=0.2).start()",
    "endless",
]
DELETE = f"(i) => {{ {CELLS}[i].model.sharedModel.notebook.deleteCell(i) }}"
RESTART = "window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()"


def test_a_picture_is_drawn_after_a_reload_of_the_page_that_was_not_saved(open_notebook):
    notebook = open_notebook("unsaved.ipynb", CODE)
    notebook.run(0)
    notebook.run(FIRST)
    notebook.wait_for_picture(FIRST)
    notebook.reload(save=False)
    assert notebook.output(FIRST) == "[]"
    notebook.run(SECOND)
    notebook.wait_for_picture(SECOND)
    assert notebook.errors == []


def test_what_is_saved_outlives_the_first_cell_and_the_kernel(open_notebook, lab, window):
    notebook = open_notebook("saved.ipynb", CODE)
    for index in range(len(CODE)):
        notebook.run(index)
    notebook.wait_for_points(12)
    notebook.page.evaluate(DELETE, FIRST)
    second, short, endless = SECOND - 1, SHORT - 1, ENDLESS - 1
    notebook.page.evaluate(RESTART)
    notebook.page.locator(".spikefit-restarted:visible").first.wait_for()
    notebook.show(endless)
    assert "The kernel has restarted: this is the last state" in notebook.text(endless)
    assert not notebook.page.locator("button", has_text="Stop").locator("visible=true").count()
    notebook.screenshot("restarted")

    notebook.reload(save=True)
    notebook.wait_for_picture(second)
    notebook.wait_for_picture(short)
    number = notebook.best()[0]
    notebook.tap(number)
    notebook.photograph("reopened")
    notebook.show(endless)
    assert "The kernel has restarted: this is the last state" in notebook.text(endless)
    assert "not found" not in notebook.text(endless) and "Stop" not in notebook.text(endless)
    assert notebook.page.locator(".spikefit-last img").evaluate("(img) => img.naturalWidth") > 0
    notebook.screenshot("reopened-running")
    as_a_page(lab[0] / "saved.ipynb", window)


def as_a_page(path, window):
    """The saved notebook as a page of its own: drawn from one file, and still without scripts."""
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    page = window.new_page()
    page.route("http*://**", lambda route: route.abort())  # a page without a network
    page.goto(path.with_suffix(".html").as_uri())
    page.wait_for_function(DRAWN.replace("NODE", "document"))
    drawn = "new Set([...Bokeh.index.roots].map((view) => view.model.document)).size"
    page.wait_for_function(f"{drawn} == 2")
    assert "model not found" not in page.inner_text("body")
    page.close()
    context = window.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.with_suffix(".html").as_uri())
    assert page.locator("img[alt*='worth considering']").count() == 2
    page.screenshot(path=SCREENSHOTS / "no_scripts.png", full_page=True)
    context.close()
