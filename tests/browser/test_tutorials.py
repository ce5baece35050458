"""The lessons as their readers see them: run all, nothing fails, solutions stay folded, every
picture is there.
"""

import json
import shutil

import nbformat
import pytest

from tests.browser.lab import CELLS, ROOT

LESSONS = sorted((ROOT / "tutorials").glob("*.ipynb"))
MOST_CPU_S = 60
MISSING = (
    "[...document.querySelectorAll('.jp-Notebook img')].filter((img) => "
    "!img.naturalWidth).map((img) => img.src)"
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_within_a_minute_and_keeps_its_solutions_folded(path, lab, open_notebook):
    shutil.copytree(path.parent / "images", lab[0] / "images", dirs_exist_ok=True)
    shutil.copy(path.parent / "checks.py", lab[0])
    recordings = lab[0].parent / "notebooks" / "recordings"
    shutil.copytree(ROOT / "notebooks" / "recordings", recordings, dirs_exist_ok=True)
    cells = (lesson := nbformat.read(path, as_version=4)).cells
    notebook = open_notebook(path.name, lesson)
    assert notebook.run_all_to_the_end() < MOST_CPU_S
    said = [notebook.output(i) for i in range(len(cells))]
    assert [i for i, output in enumerate(said) if '"output_type":"error"' in output] == []
    assert all("Not answered" in said[i] for i in tagged(cells, "exercise"))
    for i in tagged(cells, "solution"):
        assert [o for o in json.loads(said[i]) if not is_progress(o)] == []
        assert notebook.page.evaluate(f"(i) => {CELLS}[i].inputHidden", i)
    sections = [i for i, cell in enumerate(cells) if cell.source.startswith("##")]
    for number, i in enumerate(sections, 1):
        notebook.show(i)
        notebook.page.wait_for_timeout(200)
        assert notebook.page.evaluate(MISSING) == []
        notebook.screenshot(f"{path.stem}-{number}-light")
    notebook.show(sections[0])
    notebook.set_theme("JupyterLab Dark")
    notebook.screenshot(f"{path.stem}-1-dark")
    notebook.set_theme("JupyterLab Light")
    assert notebook.errors == []


def is_progress(output):
    """Whether an output is a bar of progress, which a slow machine shows and takes away."""
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def tagged(cells, tag):
    """Numbers of the cells that have a tag."""
    return [i for i, cell in enumerate(cells) if tag in cell.metadata.get("tags", ())]
