"""A core map as drawn: colours to choose, a core's own links at a tap, loads over time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    Column,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    Div,
    GlyphRenderer,
    InlineStyleSheet,
    LayoutDOM,
    LinearColorMapper,
    RadioButtonGroup,
    Row,
    Slider,
)
from bokeh.plotting import figure

from spikefit_nb.plots.core_columns import CHOICES, THUMB, cores_columns, thumb_window
from spikefit_nb.plots.cores import CoresData, Report, cores_data
from spikefit_nb.plots.theme import (
    ACCENT,
    BLACK,
    BLUE,
    FAINT_INK,
    FONT,
    GREY,
    INK,
    LOAD_COLOURS,
    NO_AXES,
    NOTE_SIZE,
    TEXT_STYLE,
    VERMILLION,
    follow_page,
    hover,
    ink_on,
    new_figure,
    ours,
    renderer_of,
)
from spikefit_nb.plots.ways import THICK

CORE = 0.72  # width of a core, of the way to the next
CONTROLS = 34  # pixels: height of the row of controls
WIDE, HIGH = 520, 640  # pixels: heights of a map that is wide, and of another
BUSIEST_STEP = "Busiest step of each core"
CHOICE_STYLE = f"""
.bk-btn-group {{ display: flex; gap: 14px }}
.bk-btn-group .bk-btn {{ background: none !important; border: 0; border-radius: 0; padding: 3px 1px;
  border-bottom: 2px solid transparent; color: {FAINT_INK}; font: {NOTE_SIZE} {FONT} }}
.bk-btn-group .bk-btn.bk-active {{ color: {INK}; border-bottom-color: {BLUE}; font-weight: 700;
  box-shadow: none }}
"""
SLIDER_STYLE = f"""
.bk-slider-title, .bk-slider-value {{ color: {INK}; font: {NOTE_SIZE} {FONT} }}
.noUi-target {{ background: rgba(128, 128, 128, 0.25); border: 0; box-shadow: none }}
.noUi-handle {{ border-color: {BLUE}; box-shadow: none }}
"""

CHOOSE = """
const choice = choices[buttons.active]
for (const name of choices) { fills[name].visible = words[name].visible = name == choice }
key.text = keys.data.html[buttons.active]
"""
# A tap on a core asks for its own links; one beside it, or a second one, for all.
TAP = """
const [x, y] = [Math.round(cb_obj.x), Math.round(cb_obj.y)]
const found = cores.data.x.findIndex((other, k) => other == x && cores.data.y[k] == y)
own.tags = [own.tags[0] == found ? -1 : found]
"""
OWN_LINKS = """
const [tapped] = own.tags
const {x, y} = cores.data
const is_one = tapped != null && tapped >= 0 && tapped < x.length
links.visible = arcs.visible = !is_one
const alpha = new Array(x.length).fill(is_one ? 0.25 : 1)
const found = {xs: [], ys: [], colour: [], packets: [], width: []}
const [side] = chip.data.side
const middle = (place) => side * Math.floor(place / side) + (side - 1) / 2
const same = (a, b) => middle(x[a]) == middle(x[b]) && middle(y[a]) == middle(y[b])
const way = (a, b) => {
  if (side && same(a, b)) { return [[x[a], x[b]], [y[a], y[b]]] }
  if (side) {
    const [x0, x1, y0, y1] = [middle(x[a]), middle(x[b]), middle(y[a]), middle(y[b])]
    return [[x[a], x0, x1, x1, x[b]], [y[a], y0, y0, y1, y[b]]]
  }
  const bend = [(x[a] + x[b]) / 2 - 0.28 * (y[b] - y[a]), (y[a] + y[b]) / 2 + 0.28 * (x[b] - x[a])]
  const parts = Array.from({length: 17}, (_, k) => k / 16)
  const curve = (from, by, to) => parts.map(
    (t) => (1 - t) ** 2 * from + 2 * t * (1 - t) * by + t ** 2 * to)
  return [curve(x[a], bend[0], x[b]), curve(y[a], bend[1], y[b])]
}
if (is_one) {
  alpha[tapped] = 1
  const {source, target, packets} = own.data
  for (let k = 0; k < source.length; k++) {
    if (source[k] != tapped && target[k] != tapped) { continue }
    alpha[source[k]] = alpha[target[k]] = 1
    const [xs, ys] = way(source[k], target[k])
    found.xs.push(xs)
    found.ys.push(ys)
    found.colour.push(source[k] == tapped ? sends : hears)
    found.packets.push(packets[k])
  }
  const most = Math.max(...found.packets, 1e-9)
  found.width = found.packets.map((n) => 1 + 3 * Math.max(0, 1 + Math.log10(n / most) / 3))
}
ways.data = found
ring.data = is_one ? {x: [x[tapped]], y: [y[tapped]]} : {x: [], y: []}
cores.data.alpha = alpha
cores.change.emit()
const safe = (word) => word.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
const swatch = (colour) =>
  `<span style="display:inline-block;width:16px;height:3px;vertical-align:middle;` +
  `background:${colour}"></span>`
const counted = (n) => n.toLocaleString("en", {maximumFractionDigits: 1})
const told = (column) => counted(cores.data[column][tapped])
said.text = is_one
  ? `<b>${safe(cores.data.label[tapped])}</b>: ${swatch(sends)} sends ${told("sent")} packets to ` +
    `${told("n_targets")} cores, ${swatch(hears)} gets ${told("received")} of ${told("n_sources")}`
  : ""
said.visible = is_one
"""
# As wide as high: cores stay square in a figure of any shape.
SQUARE = """
const ends = ["left", "right", "bottom", "top"]
const [left, right, bottom, top] = ends.map((end) => crop.data[end][0])
const unit = Math.max((right - left) / fig.inner_width, (top - bottom) / fig.inner_height)
if (!(unit > 0 && unit < 1e6)) { return }
const [x, y] = [(left + right) / 2, (bottom + top) / 2]
const [wide, high] = [unit * fig.inner_width / 2, unit * fig.inner_height / 2]
fig.x_range.setv({start: x - wide, end: x + wide})
fig.y_range.setv({start: y - high, end: y + high})
for (const fill of fills) { fill.glyph.border_radius = Math.round(Math.min(3, 0.08 / unit)) }
"""
OVER_TIME = """
const k = slider.value - 1
const n = cores.data.x.length
const load = k < 0
  ? cores.data.busiest
  : Array.from(times.data.load.slice(k * n, (k + 1) * n), (value) => value / 255)
cores.data.load = load
cores.change.emit()
if (words.data.percent.length) {
  words.data.percent = Array.from(load, (value) => `${Math.round(100 * value)} %`)
  words.data["ink of load"] = Array.from(load, (value) => value < dark ? "#ffffff" : "#000000")
  words.change.emit()
}
"""


class CoresFigure(NamedTuple):
    """A core map as drawn."""

    layout: LayoutDOM
    figure: figure
    thumb: figure
    key: Div
    sources: dict[str, ColumnDataSource]  # what changes from one design to the next
    buttons: RadioButtonGroup

    def show(self, frame: dict) -> None:
        """Put another design into the figure, by its frame."""
        for name, columns in frame["columns"].items():
            self.sources[name].data = columns
        self.figure.title.text = frame["title"]
        self.key.text = frame["columns"]["keys"]["html"][self.buttons.active]
        for fig, ends in ((self.figure, frame["window"]), (self.thumb, frame["thumb"])):
            fig.x_range.update(start=ends[0], end=ends[1])
            fig.y_range.update(start=ends[2], end=ends[3])


def build_cores(shown: CoresData, *, height: int = 440) -> CoresFigure:
    """Draw a core map once, with a source for everything that changes.

    Parameters
    ----------
    shown : CoresData
    height : int, pixels

    Returns
    -------
    CoresFigure
        Its ``show`` puts another design into it.

    Examples
    --------
    >>> from spikefit_nb.plots import no_cores
    >>> build_cores(no_cores("Trial 5: does not fit")).figure.title.text
    'Trial 5: does not fit'
    """
    columns = cores_columns(shown)
    sources = {name: ColumnDataSource(of) for name, of in columns.items()}
    thumb = _thumbnail(sources, thumb_window(shown.grid))
    text = {"stylesheets": [TEXT_STYLE], "sizing_mode": "stretch_width"}
    active = CHOICES.index(shown.usual)
    key, said = Div(text=columns["keys"]["html"][active], **text), Div(visible=False, **text)
    fig = _map(shown, sources, height - thumb.height - CONTROLS - 6)
    buttons = RadioButtonGroup(
        labels=[name.capitalize() for name in CHOICES],
        active=active,
        html_attributes={"aria-label": "What colours say"},
        stylesheets=[InlineStyleSheet(css=CHOICE_STYLE)],
    )
    _let_choose(fig, sources, buttons, key)
    _let_tap(fig, sources, said)
    keep_square(fig, sources["crop"], [*_renderers(fig, "cores", "cores").values()])
    controls = [buttons, *_slider(shown, sources)]
    row = {"sizing_mode": "stretch_width", "spacing": 18}
    below = [Row(children=controls, **row), said, Row(children=[thumb, key], **row)]
    layout = Column(children=[fig, *below], sizing_mode="stretch_width", spacing=4)
    return CoresFigure(layout, fig, thumb, key, sources, buttons=buttons)


def _map(shown: CoresData, sources: dict[str, ColumnDataSource], height: int) -> figure:
    fig = new_figure(
        title=shown.title,
        height=height,
        x_range=shown.window[:2],
        y_range=shown.window[2:],
        **NO_AXES,
    )
    square = {"x": "x", "y": "y", "width": CORE, "height": CORE}
    outlined = {edge: edge for edge in ("left", "right", "bottom", "top")}
    faint = {"line_color": GREY, "line_alpha": 0.7}
    fig.quad(source=sources["chip"], name="chip", fill_color=None, **faint, **outlined)
    fig.rect(source=sources["empty"], name="empty", fill_color=None, **faint, **square)
    fig.segment(source=sources["edges"], name="edges", line_color=ACCENT, line_width=2)
    links = fig.rect(
        "x",
        "y",
        "length",
        THICK,
        angle="angle",
        source=sources["links"],
        name="links",
        fill_color=BLACK,
        fill_alpha="alpha",
        line_color=None,
    )
    cores = _draw_cores(fig, sources, square, shown.usual)
    lines = {"xs": "xs", "ys": "ys", "line_cap": "round", "line_join": "round"}
    arcs = fig.multi_line(
        source=sources["arcs"], name="arcs", line_color=VERMILLION, line_width=2.5, **lines
    )
    fig.multi_line(
        source=sources["ways"], name="ways", line_color="colour", line_width="width", **lines
    )
    ring = {"fill_color": None, "line_color": ACCENT, "line_width": 3, "border_radius": 2}
    fig.rect(source=sources["tapped"], name="tapped", **ring, **square)
    _draw_words(fig, sources["words"], shown.usual)
    core_lines = [
        ("Core", "@label"),
        ("Neurons", "@n_neurons{0,0}"),
        ("Works in its busiest step", "@exact"),
        ("Energy of events per inference", "@spent"),
        ("Packets sent per inference", "@sent{0,0.[0]}"),
        ("Packets received", "@received{0,0.[0]}"),
    ]
    fig.add_tools(hover(core_lines, cores))
    fig.add_tools(hover([("Packets per inference", "@packets{0,0.[0]}")], [links, arcs]))
    return follow_page(fig)


def _draw_cores(
    fig: figure, sources: dict[str, ColumnDataSource], square: dict, usual: str
) -> list[GlyphRenderer]:
    """Draw all cores once for each thing that their colour can say."""
    scale = {"palette": list(LOAD_COLOURS), "low": 0.0, "high": 1.0, "low_color": GREY}
    fills = {
        "layer": "colour",
        "load": {"field": "load", "transform": LinearColorMapper(**scale)},
        "energy": {"field": "energy", "transform": LinearColorMapper(**scale)},
    }
    drawn = []
    for choice, fill in fills.items():
        look = {"fill_color": fill, "fill_alpha": "alpha", "line_color": None, "border_radius": 2}
        name = "cores" if choice == "load" else f"cores by {choice}"
        made = fig.rect(
            source=sources["cores"], name=name, visible=choice == usual, **look, **square
        )
        drawn.append(made)
    return drawn


def _draw_words(fig: figure, source: ColumnDataSource, usual: str) -> None:
    for choice in CHOICES:
        words = "spent" if choice == "energy" else "percent"
        fig.text(
            "x",
            "y",
            text=words,
            source=source,
            name="percent" if choice == "load" else f"words by {choice}",
            visible=choice == usual,
            text_align="center",
            text_baseline="middle",
            text_color=f"ink of {choice}",
            text_font_size="size",
        )


def _renderers(fig: figure, plain: str, named: str) -> dict[str, Any]:
    """The renderer of each choice."""
    names = {name: plain if name == "load" else f"{named} by {name}" for name in CHOICES}
    return {name: renderer_of(fig, given) for name, given in names.items()}


def _let_choose(
    fig: figure, sources: dict[str, ColumnDataSource], buttons: RadioButtonGroup, key: Div
) -> None:
    known = {
        "choices": list(CHOICES),
        "buttons": buttons,
        "fills": _renderers(fig, "cores", "cores"),
        "words": _renderers(fig, "percent", "words"),
        "keys": sources["keys"],
        "key": key,
    }
    choose = CustomJS(args=known, code=CHOOSE)
    buttons.js_on_change("active", choose)
    sources["keys"].js_on_change("data", choose)


def _let_tap(fig: figure, sources: dict[str, ColumnDataSource], said: Div) -> None:
    own, cores = sources["own"], sources["cores"]
    own.tags = [-1]
    fig.js_on_event("tap", CustomJS(args={"own": own, "cores": cores}, code=TAP))
    known = {
        "own": own,
        "cores": cores,
        "ways": sources["ways"],
        "ring": sources["tapped"],
        "chip": sources["chip"],
        "links": renderer_of(fig, "links"),
        "arcs": renderer_of(fig, "arcs"),
        "sends": VERMILLION,
        "hears": BLUE,
        "said": said,
    }
    own.js_on_change("tags", CustomJS(args=known, code=OWN_LINKS))
    # Another design has other links: none of its cores is tapped.
    reset = CustomJS(args={"own": own}, code="own.tags = [-1]")
    sources["keys"].js_on_change("data", reset)


def keep_square(fig: figure, crop: ColumnDataSource, fills: Sequence[GlyphRenderer] = ()) -> None:
    """Keep cores as wide as high, whatever shape the page gives a figure of them."""
    square = CustomJS(args={"fig": fig, "crop": crop, "fills": list(fills)}, code=SQUARE)
    for side in ("inner_width", "inner_height"):
        fig.js_on_change(side, square)
    fig.js_on_event("reset", square)
    crop.js_on_change("data", square)


def _slider(shown: CoresData, sources: dict[str, ColumnDataSource]) -> list[Slider]:
    """A slider over time, where loads over time are known."""
    n_times = len(shown.times)
    if not n_times:
        return []
    cores, load = sources["cores"], np.rint(255 * np.clip(shown.times, 0, 1))
    cores.data["busiest"] = cores.data["load"]
    times = ColumnDataSource({"load": load.astype(np.uint8).ravel()})
    titles = [BUSIEST_STEP, *shown.time_words]
    slider = Slider(
        start=0,
        end=n_times,
        step=1,
        value=0,
        title="",
        format=CustomJSTickFormatter(args={"titles": titles}, code="return titles[tick]"),
        tooltips=False,
        bar_color=BLUE,
        sizing_mode="stretch_width",
        max_width=300,
        stylesheets=[InlineStyleSheet(css=SLIDER_STYLE)],
    )
    inks = [ink_on(colour) for colour in LOAD_COLOURS]
    known = {
        "slider": slider,
        "cores": cores,
        "words": sources["words"],
        "times": times,
        "dark": inks.index("#000000") / len(inks),
    }
    slider.js_on_change("value", CustomJS(args=known, code=OVER_TIME))
    return [slider]


def _thumbnail(sources: dict[str, ColumnDataSource], ranges: list[float]) -> figure:
    fig = new_figure(
        width=THUMB[0],
        height=THUMB[1],
        sizing_mode="fixed",
        toolbar_location=None,
        min_border=2,
        x_range=ranges[:2],
        y_range=ranges[2:],
        **NO_AXES,
    )
    outlined = {edge: edge for edge in ("left", "right", "bottom", "top")} | {"line_width": 1.5}
    fig.quad(source=sources["chip"], fill_color=GREY, fill_alpha=0.15, line_color=GREY, **outlined)
    # An outline in its own colour keeps one core of a large chip at least a pixel wide.
    fig.rect("x", "y", 1, 1, source=sources["cores"], fill_color=BLUE, line_color=BLUE)
    fig.quad(source=sources["crop"], fill_color=None, line_color=ACCENT, **outlined)
    return fig


def plot_cores(report: Report) -> LayoutDOM:
    """Draw the cores that a design uses, by layer, load or energy, and the links that packets take.

    The darker a link, the more packets cross it. A tap on a core shows whom it sends to and hears
    of; a slider shows how hard cores work in each step. Both answer without a kernel.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    bokeh.models.LayoutDOM

    Raises
    ------
    WrongArgument
        The report is of another kind, such as a mapping.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> dataset = load_dataset("digits").take(30)
    >>> report = deploy(load_network("digits"), load_profile("loihi1"), dataset)
    >>> plot_cores(report).children[0].title.text[:23]
    'loihi1: 33 of 128 cores'
    """
    shown = cores_data(report)
    left, right, bottom, top = shown.window
    layout = build_cores(
        shown, height=WIDE if right - left > 1.15 * (top - bottom) else HIGH
    ).layout
    layout.max_width = 640
    return ours(layout)
