"""A core map in a page of its own answers without a kernel: colours, taps, and time."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

import spikefit_nb as sf
from spikefit_nb.widgets import to_html
from tests.browser.stand_ins import report

pytestmark = pytest.mark.browser
# Models of the page by name, and where a core is on it.
NAMED = """
((name) => [...Bokeh.index.roots].flatMap((view) => [...view.model.document._all_models.values()])
  .find((model) => model.name == name))
""".strip()
PLACE = f"""(core) => {{
  const glyph = {NAMED}("cores")
  const models = [...glyph.document._all_models.values()]
  const view = Bokeh.index.find_one(models.find((m) => m.renderers?.includes?.(glyph)))
  const box = view.canvas_view.el.getBoundingClientRect()
  const {{x, y}} = glyph.data_source.data
  return [box.x + view.frame.x_scale.compute(x[core]), box.y + view.frame.y_scale.compute(y[core])]
}}"""


@pytest.fixture
def page(window, tmp_path):
    shown = report(11, seed=3)
    path = to_html(sf.plot_cores(shown), tmp_path / "cores.html")
    page = window.new_page()
    page.set_viewport_size({"width": 900, "height": 700})
    page.route("http*://**", lambda route: route.abort())
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(path.as_uri())
    page.get_by_role("button", name="Layer").wait_for()
    page.wait_for_function(f"() => {NAMED}('cores') && ({PLACE})(0).every(Number.isFinite)")
    yield page, shown
    assert errors == []
    page.close()


def column(page, glyph, name):
    return page.evaluate(f"(name) => [...{NAMED}('{glyph}').data_source.data[name]]", name)


def test_buttons_change_what_colours_say(page):
    page, _ = page
    visible = f"(name) => {NAMED}(name).visible"
    assert page.evaluate(visible, "cores") and page.get_by_text("100 % at work").is_visible()
    page.get_by_role("button", name="Layer").click()
    assert page.evaluate(visible, "cores by layer") and not page.evaluate(visible, "cores")
    assert page.get_by_text("hidden", exact=True).is_visible()
    page.get_by_role("button", name="Energy").click()
    page.get_by_text("of events per inference").wait_for()


def test_a_tap_shows_a_cores_own_links_and_a_second_one_all(page):
    page, shown = page
    links = shown.price.links
    core = 4
    page.mouse.click(*page.evaluate(PLACE, core))
    n_sent = int((links.source == core).sum())
    n_own = n_sent + int((links.target == core).sum())
    page.get_by_text(f"packets to {n_sent} cores").wait_for()
    assert len(column(page, "ways", "xs")) == n_own > 2
    assert not page.evaluate(f"{NAMED}('links').visible")
    # Each way begins and ends at a core, and turns at right angles.
    for xs, ys in zip(column(page, "ways", "xs"), column(page, "ways", "ys"), strict=True):
        steps = zip(xs, xs[1:], ys, ys[1:], strict=False)
        assert all(x0 == x1 or y0 == y1 for x0, x1, y0, y1 in steps)
    page.wait_for_timeout(600)  # two at once are a double tap
    page.mouse.click(*page.evaluate(PLACE, core))
    page.wait_for_function(f"{NAMED}('links').visible")
    assert column(page, "ways", "xs") == []


def test_the_slider_shows_each_step(page):
    page, shown = page
    handle = page.get_by_role("slider").first
    handle.focus()
    handle.press("ArrowRight")
    page.get_by_text("Step 1 of 16").wait_for()
    expected = shown.loads_by_step[0]
    found = column(page, "cores", "load")
    assert max(abs(expected - found)) < 1 / 255
    handle.press("ArrowLeft")
    page.get_by_text("Busiest step of each core").wait_for()
    assert max(abs(shown.price.core_loads - column(page, "cores", "load"))) < 1e-6


def test_cores_stay_square(page):
    page, _ = page
    for width in (900, 500):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_timeout(400)
        places = [page.evaluate(PLACE, core) for core in (0, 1, 4)]
        (x0, y0), (x1, _), (_, y4) = places
        assert abs((x1 - x0) - (y0 - y4)) < 1


def test_a_picture_is_saved_as_svg(page):
    page, _ = page
    page.mouse.move(*page.evaluate(PLACE, 0))  # the toolbar shows itself
    with page.expect_download() as waited:
        page.get_by_title("Save as SVG", exact=True).first.click()
    assert waited.value.suggested_filename == "loihi1_11_of_128_cores_busiest_core_61_.svg"
    drawing = ElementTree.fromstring(Path(waited.value.path()).read_text())
    words = [node.text for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert "loihi1: 11 of 128 cores, busiest core 61 %" in words
    assert set(column(page, "percent", "percent")) <= set(words)
