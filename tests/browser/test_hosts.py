"""The workbench where else notebooks are shown: Jupyter Notebook 7, and Voila on its server."""

import nbformat
import pytest

from tests.browser.lab import DRAWN, KERNEL, jupyter_server
from tests.browser.test_workbench import FIGURE, set_input, slider, wait_for

pytestmark = pytest.mark.browser
OPEN = "window.jupyterapp?.shell?.currentWidget?.context?.sessionContext"
CODE = "import spikefit_nb as sf\nsf.Workbench()"


@pytest.fixture(scope="module")
def server(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hosts")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "bench.ipynb")
    options = ["--JupyterNotebookApp.expose_app_in_browser=True"]
    with jupyter_server("notebook", folder, options) as found:
        yield found


def is_used(page):
    """A knob answers, a search draws its front, and a tap chooses one of its trials."""
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    slider(page, "Neurons a core, hidden").press("PageDown")
    wait_for(page, "3 of 128 cores")
    set_input(page, "Trials", "4")
    # not by its place: what is still being priced may move it
    page.get_by_role("button", name="Search", exact=True).dispatch_event("click")
    wait_for(page, "finished: 4 trials")
    page.wait_for_function(DRAWN.replace("NODE", "document"))
    there = f"() => {{ try {{ return {FIGURE}('points') }} catch {{ return null }} }}"
    page.wait_for_function(there)
    page.evaluate(f"{FIGURE}('points').show()")
    page.wait_for_timeout(500)
    page.mouse.click(
        *page.evaluate(f"(({{data, place}}) => place(data.x[0], data.y[0]))({FIGURE}('points'))")
    )
    number = page.evaluate(f"{FIGURE}('points').data.number[0]")
    wait_for(page, f"Trial {number}: ")
    return True


def test_notebook_7_shows_the_workbench(server, window):
    address, token = server
    page = window.new_page()
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.goto(f"{address}/notebooks/bench.ipynb?token={token}")
    page.wait_for_function(f"{OPEN} && {KERNEL}?.status == 'idle'")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    assert is_used(page)
    page.close()


def test_voila_shows_the_workbench(server, window):
    address, token = server
    page = window.new_page()
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.goto(f"{address}/voila/render/bench.ipynb?token={token}")
    assert is_used(page)
    page.close()
