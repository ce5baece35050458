"""The workbench in a real browser, as a person uses it: edit a figure, apply a remedy, turn a knob,
search, decide.
"""

from base64 import b64encode

import nir
import numpy as np
import pytest

import spikefit_nb as sf
from tests.browser.lab import DRAWN, SEEN, Notebook

pytestmark = pytest.mark.browser

BENCH = [
    "from spikefit_nb.widgets import Workbench\nworkbench = Workbench()",
    "workbench",
    "workbench.wait(); print(workbench.report.n_cores, workbench.profile.name)",
]
VIEW = ".spikefit-bench"


def wait_for(page, words):
    """Wait until the workbench says something; else tell what it says."""
    from playwright.sync_api import TimeoutError as TooLate

    bench = "document.querySelector('.spikefit-bench')"
    try:
        page.wait_for_function(SEEN.replace("NODE", bench), arg=words)
    except TooLate:
        said = page.evaluate(f"{bench}?.innerText")
        pytest.fail(f"not said: {words!r}, but {said!r:.3000}")


def set_input(page, label, value):
    """Write into the field of a label, as with the keyboard, and leave it."""
    field = page.get_by_label(label, exact=True).first
    field.fill(value)
    field.press("Enter")


def slider(page, label):
    """The handle of the slider with a label, which takes keys."""
    return page.locator(".widget-slider", has_text=label).locator(".noUi-handle")


def files_of_a_person(folder):
    """A NIR file that says nothing of its reset, and recordings of it."""
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits")
    path, recordings = folder / "mine.nir", folder / "recordings.npz"
    sf.nir_file.write_nir(network, path, overwrite=True)
    graph = nir.read(path)
    for node in (graph, *graph.nodes.values()):
        node.metadata = {}
    nir.write(path, graph)
    np.savez(recordings, spikes=dataset.spikes[:120], labels=dataset.labels[:120], dt_s=1e-3)
    return path, recordings


DROP = """([names, contents]) => {
  const files = new DataTransfer()
  for (const [i, content] of contents.entries()) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    files.items.add(new File([bytes], names[i]))
  }
  const place = document.querySelector(".spikefit-drop")
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const given = {bubbles: true, cancelable: true, dataTransfer: files}
    place.dispatchEvent(new DragEvent(kind, given))
  }
}"""


def drop(page, paths):
    """Let files go over the button for them, as a hand does."""
    contents = [b64encode(path.read_bytes()).decode() for path in paths]
    page.evaluate(DROP, [[path.name for path in paths], contents])


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
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    page.locator(".jupyter-widget-Collapse-header", has_text="Neurons and weights").click()
    set_input(page, "neurons per core", "20")
    wait_for(page, "Intel Loihi, changed by you: 4.7 µJ")
    wait_for(page, "profile = profile.replace(neurons_per_core=20)")

    page.get_by_label("Chip", exact=True).select_option("truenorth")
    wait_for(page, "does not fit IBM TrueNorth")
    page.get_by_role("button", name="Apply").first.click()
    wait_for(page, "digits on IBM TrueNorth: 4.25 mJ")

    page.get_by_label("Chip", exact=True).select_option("loihi1")
    wait_for(page, "digits on Intel Loihi:")  # the page has moved what is below
    page.get_by_role("button", name="As trained").click()
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    knob = slider(page, "Neurons a core, hidden")
    knob.press("PageDown")
    wait_for(page, "3 of 128 cores")
    assert slider(page, "Share of the time").get_attribute("aria-valuetext") == "100%"

    set_input(page, "Trials", "5")
    page.get_by_role("button", name="Search", exact=True).click()
    wait_for(page, "5 of 5 designs tried")
    slider(page, "Weight of latency").press("End")
    wait_for(page, "'latency_s': 5.0")
    photograph(notebook, "workbench-figures")
    page.locator(".jupyter-widget-Collapse-header", has_text="Neurons and weights").click()
    photograph(notebook, "workbench")
    assert notebook.errors == []


EXPLORE = [
    "from spikefit_nb.widgets import Workbench\nworkbench = Workbench()",
    "workbench.search(objectives=('accuracy', 'event_energy_j'), n_trials=12, seed=1)\n"
    "workbench.study.wait(); workbench.wait()",
    "workbench.panel('explore')",
    "print(workbench.selected_trial, sorted(workbench.brushed))",
]
# The figure of a panel that has a glyph of that name, and where a point of its data is on the page.
FIGURE = """
((name) => {
  const models = [...Bokeh.index.roots].filter((view) => view.el.getClientRects().length)
    .flatMap((view) => [...view.model.document._all_models.values()])
  const glyph = models.find((m) => m.type == "GlyphRenderer" && m.name == name)
  const fig = models.find((m) => m.type == "Figure" && m.renderers.includes(glyph))
  const view = Bokeh.index.find_one(fig)
  const box = view.canvas_view.el.getBoundingClientRect()
  const place = (x, y) => [box.x + view.frame.x_scale.compute(x),
                           box.y + view.frame.y_scale.compute(y)]
  const show = () => view.el.scrollIntoView({block: "center"})
  return {data: glyph.data_source.data, place, show}
})
""".strip()


def test_a_tap_shows_a_trial_and_a_drag_brushes(open_notebook):
    notebook = open_notebook("explore.ipynb", EXPLORE)
    page = notebook.page
    for cell in range(3):
        notebook.run(cell)
    notebook.wait_for_picture(2)
    tap = f"(() => {{ const {{data, place}} = {FIGURE}('points');"
    page.mouse.click(*page.evaluate(f"{tap} return place(data.x[0], data.y[0]) }})()"))
    number = page.evaluate(f"{tap} return data.number[0] }})()")
    notebook.wait_for_text(2, f"Trial {number}: ")
    notebook.wait_for_text(2, "sf.plot_cores(trial.report)")
    page.get_by_role("button", name="Energy", exact=True).click()
    notebook.wait_for_text(2, "sf.plots.plot_energy(trial.report)")

    page.get_by_role("button", name="Parallel", exact=True).click()
    page.wait_for_function(
        f"() => {{ try {{ return {FIGURE}('lines') }} catch {{ return false }} }}"
    )
    page.wait_for_timeout(500)
    drag = f"((x, y) => {FIGURE}('lines').place({FIGURE}('lines').data.x[0].length + x, y))"
    page.mouse.move(*page.evaluate(f"{drag}(-1.15, 0.2)"))
    page.mouse.down()
    page.mouse.move(*page.evaluate(f"{drag}(-0.85, 1.05)"), steps=5)
    page.mouse.up()
    notebook.wait_for_text(2, "sf.plots.plot_parallel(study, {'event_energy_j'")
    notebook.run(3)
    assert f"Trial({number}, " in notebook.output(3)
    assert "['event_energy_j']" in notebook.output(3)
    assert notebook.errors == []


TRADED = ["Accuracy", "Energy of events per inference", "Time per inference"]


def test_a_person_drops_files_and_reaches_a_recommended_design(open_notebook, lab, window):
    notebook = open_notebook("clicks.ipynb", ["import spikefit_nb as sf\nsf.Workbench()", ""])
    page = notebook.page
    notebook.run(0)
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    a_fold_takes_keys_and_nothing_moves(page)
    drop(page, files_of_a_person(lab[0]))
    wait_for(page, "The file does not say the reset")
    page.get_by_label("Its reset").select_option("subtract")
    page.get_by_role("button", name="Read it so").click()
    wait_for(page, "mine does not fit Intel Loihi")
    page.get_by_role("button", name="Apply").first.click()
    wait_for(page, "mine on Intel Loihi: ")

    page.get_by_label("Trade", exact=True).select_option(label=TRADED)
    set_input(page, "Trials", "40")
    page.get_by_role("button", name="Search", exact=True).click()
    wait_for(page, "trials, about")
    page.get_by_role("button", name="Pause").click()
    wait_for(page, "Paused: Resume goes on.")
    page.get_by_role("button", name="Resume").click()
    wait_for(page, "finished: 40 trials")
    handle = page.get_by_role("slider", name="Weight of latency")
    handle.press("End")
    wait_for(page, "'latency_s': 5.0")
    page.get_by_role("slider", name="At least: accuracy").press("ArrowRight")
    wait_for(page, "at_least={'accuracy': ")
    page.get_by_role("button", name="Use this design").click()
    wait_for(page, "design = sf.Design(")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Copied").wait_for()
    cell = page.evaluate("() => navigator.clipboard.readText()")
    assert cell.startswith("import spikefit_nb as sf") and "sf.read_nir('mine.nir'" in cell
    for row, name in enumerate(("workbench.html", "my_chip.toml", "adapted.nir"), 1):
        page.get_by_role("button", name="Save", exact=True).nth(row).click()
        page.get_by_role("link", name=f"Download {name}").wait_for()
    paste(notebook, 1)
    notebook.run(1)
    assert "Error" not in notebook.output(1)
    assert notebook.errors == []
    notebook.show(0)
    notebook.page.set_viewport_size({"width": 1280, "height": 2600})
    notebook.screenshot("workbench-recommended")
    opens_alone(window, lab[0] / "workbench.html")


def paste(notebook, index):
    """Paste what was copied into a cell."""
    notebook.show(index)
    notebook.command("notebook:enter-edit-mode")
    notebook.page.keyboard.press("Control+v")


def opens_alone(window, path):
    """The saved page draws without kernel or network, and its picture answers a tap."""
    page = window.new_page()
    page.route("http*://**", lambda route: route.abort())
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN.replace("NODE", "document"))
    alone = Notebook.__new__(Notebook)  # for its taps: there is no notebook
    alone.page = page
    for number in alone.best()[:2]:
        alone.tap(number)
    assert alone.map_title.startswith(f"Trial {number}:")
    page.close()


def a_fold_takes_keys_and_nothing_moves(page):
    """The keyboard opens what is folded, and slides nothing for those who want no motion."""
    fold = page.get_by_role("button", name="Limits", exact=True)
    assert fold.get_attribute("aria-expanded") == "false"
    fold.press("Enter")
    page.get_by_label("At least: accuracy", exact=True).wait_for()
    assert page.get_by_role("button", name="Limits", expanded=True).count() == 1
    page.emulate_media(reduced_motion="reduce")
    moves = "(el) => getComputedStyle(el).transitionDuration"
    handles = page.locator(".spikefit-panel .noUi-origin, .spikefit-panel .noUi-connect")
    assert {handle.evaluate(moves) for handle in handles.all()} == {"0s"}
    page.emulate_media(reduced_motion="no-preference")
    fold.press(" ")
