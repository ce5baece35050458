"""How soon the workbench answers in a browser: ``uv run python -m tests.benchmarks.workbench``.

Times are from the key that moves a control, as the page gets it, to the frame in which the page
shows the new numbers: through the kernel and back. It takes Chromium, and the folder in
``SPIKEFIT_DATA``; ``--only braille``, ``cnn``, ``trials`` or ``updates`` measures one part. Beside
them stands the processor time a turn takes in all processes, which other work cannot prolong.
"""

import argparse
import statistics
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
from playwright.sync_api import sync_playwright

from tests.browser.lab import CHROMIUM, FLAGS, IS_ROOT, Notebook, jupyter_lab

N_TURNS, N_RUNS = 10, 3
N_TRIALS = 1000
UPDATES_PER_S, SECONDS_OF_UPDATES = 50, 60
BRAILLE = (
    "network, dataset = sf.load_network('braille'), sf.load_dataset('braille')\n"
    "workbench = sf.Workbench(network, dataset=dataset)"
)
CNN = (
    "from spikefit_nb.fetch import find_local\n"
    "path = find_local('cnn_sinabs.nir')\n"
    "network = sf.read_nir(path, reset='subtract', max_spikes_per_step=None)\n"
    "dataset = sf.load_dataset('nmnist', n_samples=300)\n"
    "workbench = sf.Workbench(network, sf.load_profile('loihi2'), dataset)"
)
TRIALS = f"""
import dataclasses
import numpy as np
workbench = sf.Workbench()
workbench.search(objectives=("accuracy", "event_energy_j", "latency_s"), n_trials=20, seed=1)
study, rng = workbench.study, np.random.default_rng(0)
study.wait()
workbench.wait()
reference, *known = study._finished
done, many = [t for t in known if t.state == "done"], [reference]
for number in range(1, {N_TRIALS} + 1):
    trial = done[number % len(done)]
    values = {{
        "accuracy": rng.uniform(0.5, 0.97),
        "event_energy_j": 10 ** rng.uniform(-7, -5.5),
        "latency_s": 10 ** rng.uniform(-5, -3.5),
    }}
    numbers = {{**trial.numbers, **values}}
    many.append(dataclasses.replace(trial, number=number, values=values, numbers=numbers))
study._finished = tuple(many)
workbench.n_told += 1
workbench.wait()
"""
UPDATES = f"""
import time
from threading import Thread
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from spikefit_nb.widgets.embed import bokeh_js_html
from IPython.display import HTML, display
from spikefit_nb.widgets.live_bokeh import LiveBokeh
display(HTML(bokeh_js_html()))
source = ColumnDataSource({{"x": [0], "y": [0]}}, name="updates")
fig = figure(height=300)
fig.line("x", "y", source=source)
live = LiveBokeh(fig)

def update():
    began = time.perf_counter()
    for k in range(1, {UPDATES_PER_S * SECONDS_OF_UPDATES}):
        time.sleep(max(0.0, began + k / {UPDATES_PER_S} - time.perf_counter()))
        source.stream({{"x": [k], "y": [k % 7]}})
"""
# Notes when a key moves a control, and when a frame has been shown with other numbers.
WATCH = """() => {
  const told = () => document.querySelector(".spikefit-tiles")?.textContent
  window.took = new Promise((resolve) => {
    addEventListener("keydown", () => {
      const began = performance.now(), before = told()
      const watch = new MutationObserver(() => {
        if (told() == before) { return }
        watch.disconnect()
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
      })
      watch.observe(document.body, {childList: true, subtree: true, characterData: true})
    }, {once: true, capture: true})
  })
}"""
TOOK = """() => Promise.race([window.took, new Promise((_, fail) => {
  setTimeout(() => fail(Error("no other numbers within a minute")), 60_000)
})])"""
FRONT = """
(() => {
  const models = [...Bokeh.index.roots].filter((view) => view.el.getClientRects().length)
    .flatMap((view) => [...view.model.document._all_models.values()])
  const glyph = models.find((m) => m.type == "GlyphRenderer" && m.name == "points")
  const fig = models.find((m) => m.type == "Figure" && m.renderers.includes(glyph))
  return {glyph, fig}
})()
""".strip()
# Gives a front all its points anew, and waits until the frame with them is there.
REDRAW = f"""async () => {{
  const {{glyph, fig}} = {FRONT}
  const view = Bokeh.index.find_one(fig)
  const began = performance.now()
  glyph.data_source.data = {{...glyph.data_source.data}}
  await view.ready
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  await frame() // in which it is painted, or for which that is asked
  await frame()
  return performance.now() - began
}}"""
COUNT = """() => {
  const models = [...Bokeh.index.roots].flatMap((v) => [...v.model.document._all_models.values()])
  return [...models.find((m) => m.name == "updates").data.x]
}"""


@contextmanager
def opened(browser, lab, name, cells):
    """A notebook with these cells, in a window of its own."""
    folder, address, token = lab
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / name)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    yield Notebook(page, address, token, name)
    page.close()


def slider(page, label):
    """The handle of a slider, which takes keys."""
    return page.locator(".widget-slider", has_text=label).first.locator(".noUi-handle").first


def turn(page, handle, key):
    """Milliseconds from a key to the frame that shows other numbers."""
    handle.focus()
    page.evaluate(WATCH)
    page.keyboard.press(key)
    return page.evaluate(TOOK)


def told(what, took, limit, cpu_ms=""):
    """Print one line of measured times."""
    middle, most = statistics.median(took), max(took)
    print(f"{what:58} {middle:8.0f} {most:8.0f} {cpu_ms:>8} {limit:>8}", flush=True)


def cpu_s():
    """Processor time that server, kernels and browser have taken so far."""
    spent = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            spent += sum(process.cpu_times()[:2])
    return spent


def settled(page):
    """Wait until all that was asked is priced."""
    page.wait_for_function(
        "() => document.querySelector('.spikefit-bench').innerText.includes('Answered in')",
        timeout=600_000,
    )


def knobs(browser, lab, name, code):
    """How soon knobs answer, without a run of the network and with one."""
    cells = [f"import spikefit_nb as sf\n{code}", "workbench.wait()", "workbench"]
    with opened(browser, lab, f"{name}.ipynb", cells) as notebook:
        page = notebook.page
        for cell in range(len(cells)):
            notebook.run(cell)
        for label, keys, limit in (
            ("Neurons a core", ["Home", "End"] * (N_TURNS // 2), "100 ms"),
            ("Synapses removed", ["ArrowRight"] * N_RUNS, "1 s"),
        ):
            took, began = [], cpu_s()
            for key in keys:
                settled(page)
                took.append(turn(page, slider(page, label), key))
            cpu_ms = f"{1000 * (cpu_s() - began) / len(keys):.0f}"
            told(f"{name}: {label.lower()}, to the first new numbers", took, limit, cpu_ms)


def trials(browser, lab):
    """How soon a front of a thousand trials is drawn anew, and what the page holds."""
    cells = ["import spikefit_nb as sf", TRIALS, "workbench"]
    with opened(browser, lab, "trials.ipynb", cells) as notebook:
        page = notebook.page
        for cell in range(len(cells)):
            notebook.run(cell)
        there = f"() => {{ try {{ return {FRONT}.glyph }} catch {{ return null }} }}"
        page.wait_for_function(f"({there})()?.data_source.data.x.length > 100", timeout=120_000)
        page.evaluate(f"Bokeh.index.find_one({FRONT}.fig).el.scrollIntoView()")
        told(
            f"{N_TRIALS} trials: redraw", [page.evaluate(REDRAW) for _ in range(N_TURNS)], "200 ms"
        )
        session = page.context.new_cdp_session(page)
        before = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        session.send("HeapProfiler.collectGarbage")
        after = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        told(
            f"{N_TRIALS} trials: heap of the page (MB), collected and as it is",
            [after, before],
            "300",
        )


def updates(browser, lab):
    """Whether a picture that is updated fifty times a second gets each row once."""
    cells = [UPDATES, "live", "thread = Thread(target=update); thread.start()", "thread.join()"]
    with opened(browser, lab, "updates.ipynb", cells) as notebook:
        for cell in range(len(cells)):
            notebook.run(cell)
            if cell == 1:
                notebook.wait_for_picture(cell)
        notebook.page.wait_for_timeout(3000)
        rows, n = notebook.page.evaluate(COUNT), UPDATES_PER_S * SECONDS_OF_UPDATES
        lost, twice = len(set(range(n)) - set(rows)), len(rows) - len(set(rows))
        in_order = rows == sorted(rows)
        print(f"{n} updates in {SECONDS_OF_UPDATES} s: {lost} lost, {twice} doubled, {in_order=}")


def main(arguments=None):
    """Print a line for each figure: median and most, beside what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("braille", "cnn", "trials", "updates"))
    given = parser.parse_args(arguments)
    print(f"{'ms':58} {'median':>8} {'most':>8} {'CPU':>8} {'asked':>8}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        flags = [*FLAGS, *(["--no-sandbox", "--disable-dev-shm-usage"] if IS_ROOT else [])]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        with jupyter_lab(Path(folder)) as (address, token):
            lab = Path(folder), address, token
            for name, code in (("braille", BRAILLE), ("cnn", CNN)):
                if given.only in (None, name):
                    knobs(browser, lab, name, code)
            if given.only in (None, "trials"):
                trials(browser, lab)
            if given.only in (None, "updates"):
                updates(browser, lab)
        browser.close()


if __name__ == "__main__":
    main()
