"""Drive JupyterLab in a headless Chromium: open a notebook, run cells, find points of a live front,
tap them.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from spikefit_nb.plots import BLUE

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    "",
)
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
SCREENSHOTS = Path(__file__).parent / "screenshots"
ROOT = Path(__file__).resolve().parents[2]

KERNEL = "window.jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel"
CELLS = "window.jupyterapp.shell.currentWidget.content.widgets"
# Whether the last cell of code has run, or one of them failed.
ENDED = f"""() => {CELLS}.findLast((cell) => cell.model.type == "code").model.executionCount != null
    || {CELLS}.some((cell) => cell.model.outputs?.toJSON().some((o) => o.output_type == "error"))"""
CPU_S = f"""async () => {{
  const seconds = {{s: "__import__('time').process_time()"}}
  const asked = {KERNEL}.requestExecute({{code: "", user_expressions: seconds}})
  return (await asked.done).content.user_expressions.s.data["text/plain"]
}}"""
# Whether the notebook was saved within a minute.
SAVED = """() => Promise.race([
  window.jupyterapp.shell.currentWidget.context.save(),
  new Promise((_, fail) => setTimeout(() => fail(new Error("The notebook is not saved.")), 60000)),
])"""
# Finds the newest live front on the page: the document that has glyphs named "points" and "ring".
FIND = """
(() => {
  const shown = [...Bokeh.index.roots].filter((view) => view.el.getClientRects().length)
  const documents = new Set(shown.map((view) => view.model.document))
  const found = [...documents].map((doc) => {
    const models = [...doc._all_models.values()]
    const glyph = (name) => models.find((m) => m.type == "GlyphRenderer" && m.name == name)
    if (!glyph("points") || !glyph("ring") || !glyph("cores")) { return null }
    const figures = models.filter((m) => m.type == "Figure")
    const figure = (name) => figures.find((m) => m.renderers.includes(glyph(name)))
    return {glyph, front: figure("points"), map: figure("percent")}
  }).filter((live) => live)
  return found[found.length - 1]
})()
"""

# Whether words are there in NODE; what is out of sight has none, and another cell that grows may
# push it there.
SEEN = """(words) => {
  const node = NODE
  if (!node || node.innerText.includes(words)) { return Boolean(node) }
  const {top, bottom} = node.getBoundingClientRect()
  if (bottom < 0 || top > innerHeight - 100) { node.scrollIntoView() }
  return false
}"""

# Whether a figure inside of NODE has been painted.
DRAWN = """
() => window.Bokeh?.index && [...Bokeh.index.roots].some((view) => {
  if (!NODE.contains(view.el) || !view.el.getClientRects().length) { return false }
  const models = [...view.model.document._all_models.values()]
  return models.filter((model) => model.type == "Figure").some((model) => {
    const canvas = Bokeh.index.find_one(model)?.canvas_view?.primary.canvas
    if (!canvas?.width) { return false }
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
    return data.some((value) => value)
  })
})
"""


@contextmanager
def jupyter_lab(folder):
    """A JupyterLab that serves ``folder``; yields its address and token, and ends it afterwards."""
    # The question whether to fetch news would lie over the pictures.
    quiet = folder / ".settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    # Each page would start Node.js to see whether JupyterLab should be built anew.
    ready = folder / ".config/labconfig/page_config.json"
    ready.parent.mkdir(parents=True)
    ready.write_text('{"buildAvailable": false, "buildCheck": false}')
    options = ["--LabApp.expose_app_in_browser=True"]
    with jupyter_server("jupyterlab", folder, options) as (address, token):
        yield f"{address}/lab", token


@contextmanager
def jupyter_server(module, folder, options):
    """A Jupyter server that serves ``folder``; yields its address and token, and ends it
    afterwards.
    """
    token, port = secrets.token_hex(12), _free_port()
    command = [
        sys.executable,
        "-m",
        module,
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
        *options,
        *(["--allow-root"] if IS_ROOT else []),
    ]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    settings = {
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
    }
    log = folder / f"{module}.log"
    with open(log, "w") as written:
        server = subprocess.Popen(
            command, stdout=written, stderr=written, env=os.environ | paths | settings
        )
    try:
        _wait_for_server(f"http://127.0.0.1:{port}/api?token={token}", server, log)
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_for_server(address, server, log):
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError(f"The server ended at once: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"The server did not answer within a minute: {log.read_text()[-2000:]}")


class Notebook:
    """One notebook, open in a page of the browser."""

    def __init__(self, page, address, token, name):
        self.page, self.errors = page, []
        page.on("pageerror", lambda error: self.errors.append(str(error.stack or error)))
        page.on("dialog", lambda dialog: dialog.accept())  # yes, leave without saving
        page.goto(f"{address}/tree/{name}?token={token}&reset")
        self.wait_until_open()

    def wait_until_open(self):
        self.page.wait_for_function(
            "window.jupyterapp?.shell?.currentWidget?.context?.sessionContext"
        )
        self.page.evaluate("window.jupyterapp.shell.currentWidget.context.ready")
        self.wait_for_status("idle")
        self.page.evaluate("document.body.style.setProperty('--jp-notebook-max-width', '100%')")
        self.page.evaluate("window.jupyterapp.shell.collapseLeft()")

    @property
    def status(self):
        return self.page.evaluate(f"{KERNEL}?.status")

    def wait_for_status(self, status):
        self.page.wait_for_function(f"(wanted) => {KERNEL}?.status == wanted", arg=status)

    def is_running(self, index):
        """Whether a cell runs; the kernel's own status flickers, since it answers some messages
        meanwhile.
        """
        return self.page.evaluate(f"(i) => {CELLS}[i].model.executionState == 'running'", index)

    def run(self, index, *, wait=True):
        """Run one cell; with ``wait=False`` return as soon as the kernel works on it."""
        self.show(index)
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell') }")
        if not wait:
            self.page.wait_for_function(
                f"(i) => {CELLS}[i].model.executionState == 'running'", arg=index
            )
            return
        self.page.wait_for_function(
            f"(i) => {CELLS}[i].model.executionState == 'idle' && {CELLS}[i].model.executionCount "
            "!= null",
            arg=index,
        )

    def run_all(self):
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def run_all_to_the_end(self):
        """Run all cells; returns the processor time that the kernel took, in seconds."""
        self.run_all()
        self.page.wait_for_function(ENDED, timeout=300_000)
        return float(self.page.evaluate(CPU_S))

    def wait_for_start(self, index):
        """Wait until a cell runs, or has run."""
        self.page.wait_for_function(
            f"(i) => {CELLS}[i].model.executionState == 'running' || "
            f"{CELLS}[i].model.executionCount != null",
            arg=index,
        )

    def show(self, index):
        self.page.evaluate(
            "async (i) => { const content = window.jupyterapp.shell.currentWidget.content;"
            " content.activeCellIndex = i; await content.scrollToItem(i, 'start') }",
            index,
        )

    def output(self, index):
        """The plain text of a cell's outputs."""
        return self.page.evaluate(
            f"(i) => JSON.stringify({CELLS}[i].model.outputs?.toJSON() ?? [])", index
        )

    def command(self, name):
        """Do what a menu of JupyterLab does."""
        self.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)

    def reload(self, *, save):
        """Load the page anew, with the notebook as it is or as it was saved before."""
        if save:
            self.page.evaluate(SAVED)  # a cell that goes on changing is never clean for long
        self.page.reload()
        self.wait_until_open()

    def text(self, index):
        """The words a reader sees below a cell."""
        return self.page.evaluate(f"(i) => {CELLS}[i].outputArea.node.innerText", index)

    def wait_for_text(self, index, words):
        """Wait until a reader who looks at a cell's output sees these words."""
        self.page.wait_for_function(
            SEEN.replace("NODE", f"{CELLS}[{index}].outputArea.node"), arg=words
        )

    def wait_for_picture(self, index):
        """Wait until BokehJS has drawn into a cell's output, and something is on the canvas."""
        self.show(index)
        self.page.wait_for_function(DRAWN.replace("NODE", f"{CELLS}[{index}].outputArea.node"))

    def set_theme(self, name):
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self.page.wait_for_function(
            "(theme) => document.body.dataset.jpThemeName == theme", arg=name
        )
        self.page.wait_for_timeout(400)  # for pictures to follow

    def screenshot(self, name):
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def photograph(self, name):
        """Keep a picture of the live view in a light and in a dark page."""
        self.page.mouse.move(700, 5)  # no tooltip in the picture
        for theme in ("Dark", "Light"):
            self.set_theme(f"JupyterLab {theme}")
            self.screenshot(f"{name}-{theme.lower()}")

    # What the live view shows.

    def wait_for_points(self, n):
        """Wait for designs that fit, whether in the picture or on its foot, outside the limits."""
        self.page.wait_for_function(
            f"""(n) => {{
              const live = window.Bokeh?.index && {FIND}
              const count = (name) => live?.glyph(name).data_source.data.number.length
              return count("points") + count("outside") >= n
            }}""",
            arg=n,
        )

    def columns(self, glyph):
        """The columns of a glyph of the live view, as lists."""
        return self.page.evaluate(
            f"(name) => Object.fromEntries(Object.entries(({FIND}).glyph(name).data_source.data)"
            ".map(([key, values]) => [key, [...values]]))",
            glyph,
        )

    def best(self):
        """Numbers of the designs on the front, the cheapest first."""
        points = self.columns("points")
        rows = zip(points["x"], points["number"], points["colour"], strict=True)
        return [number for _, number, colour in sorted(rows) if colour == BLUE]

    def cores_are(self, where):
        """Whether the cores stand beside the front or below it, as wide as the page allows."""
        front, cores = self.page.evaluate(
            f"[{FIND}.front, {FIND}.map].map((fig) => {{"
            " const {left, right, top, bottom} = Bokeh.index.find_one(fig).el"
            ".getBoundingClientRect(); return {left, right, top, bottom} })"
        )
        if where == "beside":
            return cores["left"] >= front["right"] and cores["top"] < front["bottom"]
        return cores["top"] >= front["bottom"] and abs(cores["left"] - front["left"]) < 20

    @property
    def map_title(self):
        return self.page.evaluate(f"({FIND}).map.title.text")

    def _place_of(self, number):
        """Where a point of the front is on the page now."""
        self.page.evaluate(
            f"Bokeh.index.find_one({FIND}.front).el.scrollIntoView({{block: 'center'}})"
        )
        self.page.wait_for_timeout(400)  # a notebook may still be scrolling to the cell it ran last
        return self.page.evaluate(
            f"""(number) => {{
              const live = {FIND}
              const columns = live.glyph("points").data_source.data
              const i = [...columns.number].indexOf(number)
              const view = Bokeh.index.find_one(live.front)
              const box = view.canvas_view.el.getBoundingClientRect()
              const frame = view.frame
              const x = frame.x_scale.compute(columns.x[i])
              return [box.x + x, box.y + frame.y_scale.compute(columns.y[i])]
            }}""",
            number,
        )

    def tap(self, number):
        """Click the mouse on a point of the front, and wait until its core map is there.

        While a search runs, a point may move between the look and the click: then it is looked for
        again.
        """
        from playwright.sync_api import TimeoutError as TooLate

        for attempt in range(3):
            self.page.mouse.click(*self._place_of(number))
            try:
                self.page.wait_for_function(
                    f"(start) => ({FIND}).map.title.text.startsWith(start)",
                    arg=f"Trial {number}:",
                    timeout=5000,
                )
                return
            except TooLate:
                if attempt == 2:
                    raise
