"""The workbench in a real browser, as a person uses it: edit a figure, apply a remedy, turn a knob,
search, decide.
"""

import pytest

pytestmark = pytest.mark.browser

BENCH = [
    "from spikefit_nb.widgets import Workbench\nworkbench = Workbench()",
    "workbench",
    "workbench.wait(); print(workbench.report.n_cores, workbench.profile.name)",
]
VIEW = ".spikefit-bench"


def wait_for(page, words, seconds=30):
    page.wait_for_function(
        "(words) => document.querySelector('.spikefit-bench')?.innerText.includes(words)",
        arg=words,
        timeout=1000 * seconds,
    )


def set_input(page, label, value):
    """Write into the field of a label, as with the keyboard, and leave it."""
    field = page.get_by_label(label, exact=True).first
    field.fill(value)
    field.press("Enter")


def slider(page, label):
    """The handle of the slider with a label, which takes keys."""
    return page.locator(".widget-slider", has_text=label).locator(".noUi-handle")


def photograph(notebook, name):
    """Keep pictures of the workbench at two widths, on a light and on a dark page."""
    for theme in ("Dark", "Light"):
        notebook.set_theme(f"JupyterLab {theme}")
        for width in (800, 1280):
            notebook.page.set_viewport_size({"width": width, "height": 2400})
            notebook.show(1)
            notebook.page.wait_for_timeout(500)
            notebook.screenshot(f"{name}-{theme.lower()}-{width}")


def test_a_person_assembles_searches_and_decides(open_notebook):
    notebook = open_notebook("workbench.ipynb", BENCH)
    page = notebook.page
    notebook.run(0)
    notebook.run(1)
    wait_for(page, "digits on Intel Loihi: 34.4 µJ", 60)
    page.locator(".jupyter-widget-Collapse-header", has_text="Neurons and weights").click()
    set_input(page, "neurons per core", "20")
    wait_for(page, "Intel Loihi, changed by you: 11.2 µJ")
    wait_for(page, "profile = profile.replace(neurons_per_core=20)")

    page.get_by_label("Chip", exact=True).select_option("truenorth")
    wait_for(page, "does not fit IBM TrueNorth")
    page.get_by_role("button", name="Apply").first.click(timeout=30_000)
    wait_for(page, "digits on IBM TrueNorth: 4.25 mJ")

    page.get_by_label("Chip", exact=True).select_option("loihi1")
    wait_for(page, "digits on Intel Loihi:")  # the page has moved what is below
    page.get_by_role("button", name="As trained").click()
    wait_for(page, "digits on Intel Loihi: 34.4 µJ")
    knob = slider(page, "Neurons a core, hidden")
    knob.press("PageDown")
    wait_for(page, "3 of 128 cores")

    set_input(page, "Trials", "5")
    page.get_by_role("button", name="Search").click()
    wait_for(page, "5 of 5 designs tried", 60)
    slider(page, "Weight of latency").press("End")
    wait_for(page, "'latency_s': 5.0")
    photograph(notebook, "workbench-figures")
    page.locator(".jupyter-widget-Collapse-header", has_text="Neurons and weights").click()
    photograph(notebook, "workbench")
    assert notebook.errors == []
