"""The notebooks that are tools as their readers see them: run all, nothing fails, every picture is
painted.
"""

import shutil

import nbformat
import pytest

from tests.browser.lab import ROOT

FOLDER = ROOT / "notebooks"
MOST_CPU_S = 60
N_PICTURES = {  # tests of their own: quickstart and what_if
    "bring_your_own": 1,
    "calibrate": 1,
    "compare_chips": 3,
    "live_sensor": 6,  # of each sensor its spikes and its power
    "validation": 0,
    "workbench": 0,
}

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", N_PICTURES)
def test_a_notebook_runs_within_a_minute_and_its_pictures_are_painted(name, lab, open_notebook):
    notebook, cells = run_whole(name, lab, open_notebook)
    pictures = pictures_of(cells)
    assert len(pictures) == N_PICTURES[name]
    for i in pictures:
        notebook.wait_for_picture(i)
        notebook.screenshot(f"{name}-{i}")
    notebook.show(0)
    notebook.set_theme("JupyterLab Dark")
    notebook.screenshot(f"{name}-dark")
    notebook.set_theme("JupyterLab Light")
    assert notebook.errors == []


def run_whole(name, lab, open_notebook):
    """A notebook that has run without an error, and its cells."""
    shutil.copytree(FOLDER / "recordings", lab[0] / "recordings", dirs_exist_ok=True)
    cells = (read := nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)).cells
    notebook = open_notebook(f"{name}.ipynb", read)
    assert notebook.run_all_to_the_end() < MOST_CPU_S
    said = [notebook.output(i) for i in range(len(cells))]
    assert [i for i, output in enumerate(said) if '"output_type":"error"' in output] == []
    return notebook, cells


def pictures_of(cells):
    """Numbers of the cells that end with a picture."""
    code = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
    return [i for i in code if "plot_" in cells[i].source.splitlines()[-1]]
