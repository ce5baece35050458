"""A JupyterLab and a Chromium for the tests of this folder."""

import json
import os
import shutil
import urllib.request
from pathlib import Path

import nbformat
import pytest

from tests.browser.lab import CHROMIUM, FLAGS, IS_ROOT, Notebook, jupyter_lab

PATIENCE_MS = 120_000  # of all that is waited for: a machine may be busy with other things


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


@pytest.fixture(scope="session")
def window(browser):
    """A window of a lecture's size that keeps JupyterLab's scripts from page to page."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def open_notebook(lab, window):
    """Open a notebook, given whole or as the code of its cells; its kernel ends with the test."""
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
        page = window.new_page()
        pages.append(page)
        return Notebook(page, address, token, name)

    yield opened
    for page in pages:
        page.close()
    end_kernels(address.removesuffix("/lab"), token)


def end_kernels(address, token):
    """End the kernels of a server: what they still compute would slow the next test down."""

    def ask(method, path):
        headers = {"Authorization": f"token {token}"}
        request = urllib.request.Request(f"{address}/api/{path}", method=method, headers=headers)
        return urllib.request.urlopen(request).read()

    for session in json.loads(ask("GET", "sessions")):
        ask("DELETE", f"sessions/{session['id']}")
