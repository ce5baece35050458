"""The notebook of what-ifs as its readers see it: run all, every picture is painted, a knob is
turned and the numbers above it follow.
"""

import shutil

import nbformat
import pytest

from tests.browser.lab import ROOT
from tests.browser.test_live_sensor import MOST_CPU_S

PATH = ROOT / "notebooks" / "what_if.ipynb"
pytestmark = pytest.mark.browser


def test_every_picture_is_painted_and_a_knob_and_a_figure_change_the_numbers(lab, open_notebook):
    shutil.copytree(PATH.parent / "recordings", lab[0] / "recordings", dirs_exist_ok=True)
    cells = (read := nbformat.read(PATH, as_version=4)).cells
    notebook = open_notebook(PATH.name, read)
    assert notebook.run_all_to_the_end() < MOST_CPU_S
    said = [notebook.output(i) for i in range(len(cells))]
    assert [i for i, output in enumerate(said) if '"output_type":"error"' in output] == []
    code = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
    pictures = [i for i in code if "plot_" in cells[i].source.splitlines()[-1]]
    assert len(pictures) == 5  # of bits and pruning, steps, cores, figures and their other set
    for i in pictures:
        notebook.wait_for_picture(i)
        notebook.screenshot(f"what_if-{i}")
    knobs, chip = (
        next(i for i in code if panel in cells[i].source)
        for panel in ('panel("design")', 'panel("chip")')
    )
    notebook.show(knobs)
    slider = notebook.page.locator(".widget-slider", has_text="Neurons a core, hidden")
    slider.locator(".noUi-handle").press("PageDown")
    notebook.wait_for_text(knobs, "design = sf.Design(neurons_per_core=")
    notebook.show(chip)
    notebook.page.get_by_label("Coefficients", exact=True).select_option("calibrated")
    for i in (knobs, chip):  # the numbers stand above either panel
        notebook.wait_for_text(i, "silicon-calibrated coefficients")
    notebook.screenshot("what_if-turned")
    assert notebook.errors == []
