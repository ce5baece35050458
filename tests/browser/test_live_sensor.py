"""The notebook of live sensors as its readers see it: run all, nothing fails, every picture is
painted.
"""

import shutil

import nbformat
import pytest

from tests.browser.lab import ROOT

PATH = ROOT / "notebooks" / "live_sensor.ipynb"
MOST_CPU_S = 60

pytestmark = pytest.mark.browser


def test_the_sensors_are_answered_within_a_minute_and_their_pictures_painted(lab, open_notebook):
    shutil.copytree(PATH.parent / "recordings", lab[0] / "recordings", dirs_exist_ok=True)
    cells = (read := nbformat.read(PATH, as_version=4)).cells
    notebook = open_notebook(PATH.name, read)
    assert notebook.run_all_to_the_end() < MOST_CPU_S
    said = [notebook.output(i) for i in range(len(cells))]
    assert [i for i, output in enumerate(said) if '"output_type":"error"' in output] == []
    pictures = [i for i, cell in enumerate(cells) if "plot_" in cell.source.splitlines()[-1]]
    assert len(pictures) == 6  # of each sensor its spikes and its power
    for i in pictures:
        notebook.show(i)
        notebook.wait_for_picture(i)
        notebook.screenshot(f"live_sensor-{i}")
    assert notebook.errors == []
