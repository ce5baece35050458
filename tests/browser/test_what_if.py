"""The notebook of what-ifs as its readers see it: run all, every picture is painted, a knob is
turned and the numbers above it follow.
"""

import pytest

from tests.browser.test_notebooks import pictures_of, run_whole

pytestmark = pytest.mark.browser


def test_every_picture_is_painted_and_a_knob_and_a_figure_change_the_numbers(lab, open_notebook):
    notebook, cells = run_whole("what_if", lab, open_notebook)
    pictures = pictures_of(cells)
    assert len(pictures) == 5  # of bits and pruning, steps, cores, figures and their other set
    for i in pictures:
        notebook.wait_for_picture(i)
        notebook.screenshot(f"what_if-{i}")
    code = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
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
