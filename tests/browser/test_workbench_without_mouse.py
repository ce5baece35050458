"""The workbench without a mouse and without a network: names, the way of the Tab key, focus that is
seen, and a search by keys alone.
"""

import pytest

from tests.browser.test_workbench import wait_for

pytestmark = pytest.mark.browser

CONTROLS = {
    "button",
    "checkbox",
    "combobox",
    "link",
    "listbox",
    "radio",
    "slider",
    "spinbutton",
    "textbox",
}
# What can be reached, in the order of the page, each with a number of its own.
NUMBERED = """() => {
  const found = document.querySelectorAll(
    ".spikefit-bench :is(a[href], button, input, select, textarea, [tabindex])")
  const can = (el) => el.tabIndex >= 0 && !el.disabled && el.checkVisibility()
  const reached = [...found].filter(can)
  reached.forEach((el, number) => { el.dataset.number = number })
  return reached.map((el) => el.outerHTML.slice(0, 120))
}"""
FOCUSED = """() => {
  const {dataset} = document.activeElement
  const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement)
  return [dataset.number ?? null, outlineStyle == "solid" && parseFloat(outlineWidth) >= 2]
}"""


def unnamed(page):
    """Controls of the workbench that have no name for a screen reader, as Chromium tells them."""
    session = page.context.new_cdp_session(page)
    bench = session.send(
        "Runtime.evaluate", {"expression": "document.querySelector('.spikefit-bench')"}
    )
    found = session.send("Accessibility.queryAXTree", {"objectId": bench["result"]["objectId"]})
    controls = [
        node
        for node in found["nodes"]
        if not node["ignored"] and node.get("role", {}).get("value") in CONTROLS
    ]
    assert len(controls) > 60
    return [node for node in controls if not node.get("name", {}).get("value", "").strip()]


def unnamed_in_the_end(page):
    """Controls without a name once all have one, or after ten seconds: what has just been unfolded
    gets its names from the page.
    """
    for _ in range(100):
        if not (found := unnamed(page)):
            break
        page.wait_for_timeout(100)
    return found


def walked(page, n):
    """The controls that Tab reaches one after another, and those where no focus is seen."""
    page.evaluate("document.querySelector('[data-number=\"0\"]').focus()")
    reached, unseen = ["0"], []
    for _ in range(2 * n):  # there are others between them: pictures have a few of their own
        page.keyboard.press("Tab")
        number, is_seen = page.evaluate(FOCUSED)
        if number is not None:
            reached.append(number)
            unseen += [] if is_seen else [number]
        if len(set(reached)) == n:
            break
    return reached, unseen


def test_the_workbench_is_used_without_a_mouse_and_without_a_network(open_notebook):
    notebook = open_notebook("keys.ipynb", ["import spikefit_nb as sf", "sf.Workbench()"])
    page, abroad = notebook.page, []

    def stay(route):
        if "127.0.0.1" in route.request.url:
            route.continue_()
        else:
            abroad.append(route.request.url)
            route.abort()

    page.route("http*://**", stay)
    for cell in (0, 1):
        notebook.run(cell)
    wait_for(page, "digits on Intel Loihi: 4.7 µJ")
    for fold in ("Limits", "What may change", "Searches kept before"):
        page.get_by_role("button", name=fold, exact=True).press("Enter")
    assert unnamed_in_the_end(page) == []
    controls = page.evaluate(NUMBERED)
    reached, unseen = walked(page, len(controls))
    assert [controls[k] for k in range(len(controls)) if str(k) not in reached] == []
    assert [controls[int(number)] for number in unseen] == []

    page.get_by_label("Trials", exact=True).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Search", exact=True).focus()
    page.keyboard.press("Enter")
    wait_for(page, "finished: 3 trials")
    assert abroad == [] and notebook.errors == []
