"""The notebook of live sensors as its readers see it: run all, nothing fails, every picture is
painted.
"""

import shutil

import nbformat
import pytest

from tests.browser.lab import CELLS, ROOT

PATH = ROOT / "notebooks" / "live_sensor.ipynb"
SECONDS = 60
ENDED = f"""(last) => {CELLS}[last].model.executionCount != null
    || {CELLS}.some((cell) => cell.model.outputs?.toJSON().some((o) => o.output_type == "error"))"""

pytestmark = pytest.mark.browser


def test_the_sensors_are_answered_within_a_minute_and_their_pictures_painted(lab, open_notebook):
    shutil.copytree(PATH.parent / "recordings", lab[0] / "recordings", dirs_exist_ok=True)
    cells = (read := nbformat.read(PATH, as_version=4)).cells
    notebook = open_notebook(PATH.name, read)
    notebook.run_all()
    notebook.page.wait_for_function(ENDED, arg=len(cells) - 1, timeout=1000 * SECONDS)
    said = [notebook.output(i) for i in range(len(cells))]
    assert [i for i, output in enumerate(said) if '"output_type":"error"' in output] == []
    pictures = [i for i, cell in enumerate(cells) if "plot_" in cell.source.splitlines()[-1]]
    assert len(pictures) == 6  # of each sensor its spikes and its power
    for i in pictures:
        notebook.show(i)
        notebook.wait_for_picture(i)
        notebook.screenshot(f"live_sensor-{i}")
    assert notebook.errors == []
