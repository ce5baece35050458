"""The one theme of every figure: colours, fonts, sizes, and how they follow the page."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bokeh.models import (
    CustomJS,
    HoverTool,
    InlineStyleSheet,
    LayoutDOM,
    Legend,
    LegendItem,
    Model,
    Title,
)
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

# Okabe and Ito's colours, which eight kinds of colour vision tell apart.
BLUE, ORANGE, VERMILLION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"
SKY, PURPLE = "#56B4E9", "#CC79A7"
ACCENT = ORANGE
# A grey that keeps its distance from white paper and from JupyterLab's dark #111.
GREY = "#8A8A8A"
# Loads: from dark violet to yellow; the ends are cut, since they sink into a dark and a light page.
LOAD_COLOURS = tuple(Viridis256[i] for i in range(24, 250, 2))

INK = "var(--jp-ui-font-color1, var(--pst-color-text-base, #222))"
FAINT_INK = "var(--jp-ui-font-color2, var(--pst-color-text-muted, #666))"
FONT = "var(--jp-ui-font-family, system-ui, sans-serif)"
CODE_FONT = "var(--jp-code-font-family, ui-monospace, monospace)"
TITLE_SIZE, LABEL_SIZE, TICK_SIZE, NOTE_SIZE = "16px", "14px", "13px", "13px"
# Words beside a line or a bar; on a page they take its ink, see follow_page.
WORDS_STYLE = {"text_baseline": "middle", "text_font_size": NOTE_SIZE, "text_color": "black"}
OURS = "spikefit_nb"

# Bokeh asks the page for these names before it uses a property of its own, so the very first
# paint is right on a light and on a dark page, and nothing has to run for it.
STYLE = f"""
:host {{
  --bk-text-color: {INK}; --bk-text-font: {FONT};
  --bk-axis-label-text-color: {INK}; --bk-axis-label-text-font: {FONT};
  --bk-major-label-text-color: {INK}; --bk-major-label-text-font: {FONT};
  --bk-label-text-color: {INK}; --bk-label-text-font: {FONT};
  --bk-title-text-color: {INK}; --bk-title-text-font: {FONT};
  --bk-axis-line-color: {FAINT_INK}; --bk-major-tick-line-color: {FAINT_INK};
  --bk-grid-line-color: rgba(128, 128, 128, 0.25);
}}
"""
# A legend is not part of the canvas and has its ink written into its own style.
KEY_STYLE = f".bk-label {{ color: {INK} !important; font-family: {FONT} !important; }}"
TEXT_STYLE = f":host {{ color: {INK}; font-family: {FONT}; }}"

# A canvas is not repainted when the page changes its colours: watch the page, and change the ink
# of those glyphs that have to follow it (glyphs read properties, not the page).
FOLLOW_PAGE = """
if (fig._follows_page) { return }
fig._follows_page = true
// A figure that was clicked needs no dotted frame.
const events = Bokeh.index.find_one(fig)?.canvas_view?.events_el
if (events) { events.style.outline = "none" }
const follow = () => {
  const probe = document.createElement("span")
  probe.style.color = ink
  probe.style.fontFamily = font
  document.body.appendChild(probe)
  const colour = getComputedStyle(probe).color
  const family = getComputedStyle(probe).fontFamily
  probe.remove()
  for (const glyph of glyphs) {
    for (const name of glyph.tags) { glyph[name] = {value: name == "text_font" ? family : colour} }
  }
  // Any property of the figure that changes has it painted again.
  fig.outline_line_color = colour
}
follow()
new MutationObserver(follow).observe(document.body, {
  attributes: true,
  attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "class"],
})
"""


def new_figure(
    *,
    title: str = "",
    height: int = 380,
    x_axis_type: str | None = "linear",
    y_axis_type: str | None = "linear",
) -> figure:
    """Open an empty figure in the theme: transparent, tools on hover, in the page's own font."""
    fig = figure(
        title=title,
        height=height,
        sizing_mode="stretch_width",
        tools="pan,wheel_zoom,box_zoom,reset",
        x_axis_type=x_axis_type,
        y_axis_type=y_axis_type,
    )
    fig.toolbar.autohide, fig.toolbar.logo = True, None
    # A page is scrolled past a figure more often than a figure is zoomed: tools wait to be chosen.
    fig.toolbar.active_drag = fig.toolbar.active_scroll = None
    fig.background_fill_alpha = fig.border_fill_alpha = fig.outline_line_alpha = 0
    fig.title.text_font_size, fig.title.text_font_style = TITLE_SIZE, "bold"
    for axis in fig.axis:
        axis.axis_label_text_font_size, axis.major_label_text_font_size = LABEL_SIZE, TICK_SIZE
        axis.axis_label_text_font_style = "normal"
        axis.minor_tick_line_alpha = axis.major_tick_in = 0
    fig.stylesheets = [InlineStyleSheet(css=STYLE)]
    return fig


def follow_page(fig: figure, inked: Mapping[str, Sequence[str]] = MappingProxyType({})) -> figure:
    """Keep a finished figure's ink that of the page, also when the reader changes the theme."""
    glyphs = []
    for name, properties in inked.items():
        glyph = fig.select_one({"name": name}).glyph
        glyph.tags = [*properties]
        glyphs.append(glyph)
    # The inner width is known when a figure has been laid out: the one moment every embedding has.
    known = {"fig": fig, "glyphs": glyphs, "ink": INK, "font": FONT}
    fig.js_on_change("inner_width", CustomJS(args=known, code=FOLLOW_PAGE))
    return fig


def hover(tooltips: list[tuple[str, str]], renderers: list[Model]) -> HoverTool:
    """Make a tooltip of label and value lines that is legible on every page."""
    rows = "".join(
        f'<tr><td style="color:#666;padding-right:10px">{label}</td>'
        f'<td style="color:#111">{value}</td></tr>'
        for label, value in tooltips
    )
    table = f'<table style="font:13px system-ui,sans-serif;background:#fff">{rows}</table>'
    return HoverTool(tooltips=table, renderers=renderers, visible=False)


def legend(items: list[LegendItem]) -> Legend:
    """Make a key to lie in one row above a figure, in the page's ink."""
    return Legend(
        items=items,
        orientation="horizontal",
        label_text_font_size=NOTE_SIZE,
        padding=0,
        margin=4,
        background_fill_alpha=0,
        border_line_alpha=0,
        stylesheets=[InlineStyleSheet(css=KEY_STYLE)],
    )


def ours(layout: LayoutDOM) -> LayoutDOM:
    """Tag a figure or layout as ours, so that it shows itself as a cell's last line."""
    layout.tags = [*layout.tags, OURS]
    return layout


def add_note(fig: figure, text: str) -> None:
    """Write a note above a figure, below its title."""
    note = Title(text=text, text_font_size=NOTE_SIZE, text_font_style="normal")
    fig.add_layout(note, "above")
