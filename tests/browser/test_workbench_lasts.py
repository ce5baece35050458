"""What a workbench outlives: a reload of the page, a kernel that is started anew, a neighbour on
the same page; and the session that is taken along as a cell.
"""

import pytest

from tests.browser.lab import CELLS
from tests.browser.test_workbench import paste, set_input, slider, wait_for

pytestmark = pytest.mark.browser

CONTEXT = "window.jupyterapp.shell.currentWidget.context"
RESTART = f"{CONTEXT}.sessionContext.session.kernel.restart()"


def press(within, name):
    within.get_by_role("button", name=name, exact=True).first.click()


def test_a_search_goes_on_after_a_reload_and_after_the_kernel_was_started_anew(open_notebook):
    notebook = open_notebook("lasts.ipynb", ["import spikefit_nb as sf", "sf.Workbench()"])
    page = notebook.page
    for cell in (0, 1):
        notebook.run(cell)
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    set_input(page, "Trials", "40")
    page.get_by_label("Sampler").select_option("random")
    press(page, "Search")
    wait_for(page, "of 40 trials, about")
    press(page, "Pause")
    wait_for(page, "Paused: Resume goes on.")
    wait_for(page, "stopped after")
    counted = "document.querySelector('.spikefit-bench').innerText.match(/after (\\d+) of 40/)"
    done = page.evaluate(f"{counted}[1]")

    notebook.reload(save=True)
    wait_for(page, "Paused: Resume goes on.")
    wait_for(page, f"stopped after {done} of 40 trials")
    notebook.wait_for_picture(1)

    page.evaluate(RESTART)
    notebook.wait_for_status("idle")
    for cell in (0, 1):
        notebook.run(cell)
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    press(page, "Searches kept before")
    press(page, "List")
    first = 'option[value^="1. digits"]'  # and not 11.
    kept = page.get_by_label("Search", exact=True).locator(first)
    kept.wait_for(state="attached")
    press(page, "Pick up")
    wait_for(page, f"stopped after {done} of 40 trials")
    press(page, "Resume")
    wait_for(page, "finished: 40 trials")
    # Pictures of the kernel that is gone still try to tell it of the page.
    assert [error for error in notebook.errors if "Cannot send" not in error] == []


PAIR = [
    "import spikefit_nb as sf\none, other = sf.Workbench(), sf.Workbench()",
    "one",
    "other",
    "print(one.design, other.design, one.study is None, len(other.study.trials))",
    "",
    "print(report.n_cores, report.profile.name, best.trial is not None)",
]


def test_two_workbenches_on_a_page_do_not_meet_and_one_is_copied_as_a_cell(open_notebook):
    notebook = open_notebook("pair.ipynb", PAIR)
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for cell in range(3):
        notebook.run(cell)
    one, other = (page.locator(".spikefit-bench").nth(k) for k in range(2))
    notebook.wait_for_text(2, "digits on Intel Loihi: 4.7 µJ")
    slider(one, "Neurons a core, hidden").press("PageDown")
    notebook.wait_for_text(1, "3 of 128 cores")
    set_input(other, "Trials", "4")
    other.get_by_role("button", name="Neurons and weights").click()
    set_input(other, "neurons per core", "100")
    press(other, "Search")
    notebook.wait_for_text(2, "finished: 4 trials")
    assert "finished" not in notebook.text(1) and "3 of 128 cores" not in notebook.text(2)
    notebook.run(3)
    told = notebook.output(3)
    assert "neurons_per_core" in told and "Design() True 4" in told

    press(other, "Copy")
    other.get_by_role("button", name="Copied").wait_for()
    paste(notebook, 4)
    assert "sf.search(network, profile, dataset" in page.evaluate(
        f"{CELLS}[4].model.sharedModel.getSource()"
    )
    for cell in (4, 5):
        notebook.run(cell)
    assert "loihi1_changed True" in notebook.output(5)
    assert notebook.errors == []
