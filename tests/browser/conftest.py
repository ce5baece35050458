"""A JupyterLab and a Chromium for the tests of this folder."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest

from tests.browser.lab import CHROMIUM, FLAGS, IS_ROOT, Notebook, jupyter_lab


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        words = "no Chromium on this machine (Debian and Ubuntu: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    from playwright.sync_api import sync_playwright

    as_root = ["--no-sandbox", "--disable-dev-shm-usage"] if IS_ROOT else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *as_root])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(Path(__file__).parent / "stand_ins.py", folder)
    with jupyter_lab(folder) as (address, token):
        yield folder, address, token


@pytest.fixture
def open_notebook(lab, browser):
    """Open a notebook in a window of a lecture's size: a path, or the code of its cells."""
    folder, address, token = lab
    pages = []

    def opened(name, cells):
        notebook = cells if isinstance(cells, nbformat.NotebookNode) else nbformat.v4.new_notebook()
        if notebook is not cells:
            notebook.metadata["kernelspec"] = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
            notebook.cells = [nbformat.v4.new_code_cell(code) for code in cells]
        nbformat.write(notebook, folder / name)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        pages.append(page)
        return Notebook(page, address, token, name)

    yield opened
    for page in pages:
        page.close()
