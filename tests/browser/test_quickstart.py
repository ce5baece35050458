"""The quickstart as its readers see it: run all, watch the front grow, tap, stop."""

import nbformat
import pytest

from tests.browser.lab import ROOT

QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"
BUSY = "from pathlib import Path\nwhile not Path('tapped').exists():\n    pass"
AGAIN = "again = sf.search(network, profile, dataset, n_trials=400, seed=2)\nagain"

pytestmark = pytest.mark.browser


def test_all_cells_run_the_front_grows_taps_are_answered_and_stop_stops(lab, open_notebook):
    cells = nbformat.read(QUICKSTART, as_version=4)
    live = next(
        i
        for i, cell in enumerate(cells.cells)
        if "sf.search(" in cell.source and cell.cell_type == "code"
    )
    n = len(cells.cells)
    cells.cells += [nbformat.v4.new_code_cell(code) for code in (BUSY, AGAIN, "again.state")]
    notebook = open_notebook("quickstart.ipynb", cells)
    notebook.run_all()
    notebook.wait_for_start(live)
    notebook.show(live)
    notebook.wait_for_points(20)

    first, *_, second = notebook.best()
    notebook.tap(first)
    cores, title = notebook.columns("cores"), notebook.map_title
    notebook.wait_for_start(n)
    notebook.show(live)
    notebook.wait_for_points(24)  # of 40 trials some are ruled out by few recordings
    notebook.tap(second)
    assert notebook.is_running(n), "the second tap was to be answered while the kernel was busy"
    (lab[0] / "tapped").touch()
    assert notebook.columns("cores")["colour"] != cores["colour"]
    assert notebook.map_title != title
    notebook.photograph("quickstart")

    notebook.page.wait_for_function(
        "(i) => window.jupyterapp.shell.currentWidget.content.widgets[i].model.executionCount "
        "!= null",
        arg=n + 2,
    )
    notebook.show(n + 1)
    notebook.page.locator("button.jupyter-button", has_text="Stop").last.click()
    notebook.wait_for_text(n + 1, "stopped after")
    notebook.run(n + 2)
    assert "stopped" in notebook.output(n + 2)
    failed = [i for i in range(n) if '"output_type":"error"' in notebook.output(i)]
    assert failed == []
    assert notebook.errors == []
