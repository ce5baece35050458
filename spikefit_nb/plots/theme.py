"""What figures share: colours, fonts and axes, and how their ink follows the page."""

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    CustomAction,
    CustomJS,
    HoverTool,
    InlineStyleSheet,
    LayoutDOM,
    Legend,
    Model,
    Text,
    Title,
)
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

from spikefit_nb.search import OBJECTIVES
from spikefit_nb.units import PREFIXES, text

# Okabe and Ito's colours, which eight kinds of colour vision tell apart; the accent is their
# orange, darker, so that a ring stands out on white paper too.
BLUE, SKY, GREEN, VERMILLION, ACCENT = "#0072B2", "#56B4E9", "#009E73", "#D55E00", "#C27C00"
SERIES = (BLUE, VERMILLION, GREEN, ACCENT, SKY)  # of lines or bars side by side, in this order
# A grey that keeps its distance from white paper and from JupyterLab's dark #111.
GREY = "#8A8A8A"
BLACK = "black"  # becomes the page's ink where a glyph's words, fill or line have it
# Loads: from dark violet to yellow; the ends are cut, since they sink into a dark and a light page.
LOAD_COLOURS = tuple(Viridis256[i] for i in range(24, 250, 2))

# Of layers, the first at the input; deeper networks have shades of one scale.
LAYER_COLOURS = (BLUE, ACCENT, GREEN, "#CC79A7", SKY, VERMILLION, "#F0E442")

INK = "var(--jp-ui-font-color1, var(--pst-color-text-base, #222))"
FAINT_INK = "var(--jp-ui-font-color2, var(--pst-color-text-muted, #666))"
FONT = "var(--jp-ui-font-family, system-ui, sans-serif)"
TITLE_SIZE, LABEL_SIZE, TICK_SIZE, NOTE_SIZE = "16px", "14px", "13px", "13px"
# Words beside a line or a bar.
WORDS_STYLE = {"text_baseline": "middle", "text_font_size": NOTE_SIZE, "text_color": BLACK}
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
# What every figure starts from. A page is scrolled past a figure more often than a figure is
# zoomed: tools wait to be chosen.
FIGURE = {
    "sizing_mode": "stretch_width",
    "tools": "pan,wheel_zoom,box_zoom,reset,save",
    "active_drag": None,
    "active_scroll": None,
    "background_fill_alpha": 0,
    "border_fill_alpha": 0,
    "outline_line_alpha": 0,
}
NO_AXES = {"x_axis_type": None, "y_axis_type": None}
AXIS = {
    "axis_label_text_font_size": LABEL_SIZE,
    "axis_label_text_font_style": "normal",
    "major_label_text_font_size": TICK_SIZE,
    "major_tick_in": 0,
    "minor_tick_line_alpha": 0,
}

# Bokeh's own tool saves what the canvas holds; drawn anew, it is lines and letters of any size.
SAVE_SVG = """
Bokeh.index.find_one(fig).export("svg").to_blob().then((blob) => {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = `${fig.title.text.replace(/[^\\w]+/g, "_").slice(0, 60) || "picture"}.svg`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
})
"""
SVG_ICON = (
    "data:image/svg+xml;base64,"
    + b64encode(
        f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{GREY}"
    stroke-width="1.6"><path d="M12 3v9m-4-4 4 4 4-4"/><text x="12" y="22" fill="{GREY}"
    stroke="none" font-family="sans-serif" font-size="9" font-weight="700" text-anchor="middle"
    >SVG</text></svg>""".encode()
    ).decode()
)

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

# What an objective measures, its unit, and what a value of it is of where the unit does not say so.
WORDS = {
    "accuracy": ("Accuracy", "%", "correct"),
    "event_energy_j": ("Energy of events per inference", "J", "of events"),
    "energy_j": ("Energy per inference with static power", "J", "in all"),
    "power_w": ("Power", "W", ""),
    "latency_s": ("Time per inference", "s", ""),
    "n_cores": ("Cores in use", "", "cores"),
    "memory_bits": ("Memory in use", "bits", ""),
    "synaptic_operations": ("Synaptic operations per inference", "", "synaptic operations"),
    "area_mm2": ("Silicon area in use", "mm2", ""),
    "late_share": ("Answers after the deadline", "%", "late"),
    "lag_s": ("Time from the last step to the answer", "s", "to the answer"),
    "missed_steps_share": ("Steps that take too long", "%", "of steps missed"),
}


class AxisWords(NamedTuple):
    """How an objective is shown: ``shown = value * scale``, under a label, on a log axis or not."""

    objective: str
    label: str
    scale: float
    unit: str
    is_log: bool
    higher_is_better: bool


def words_of(objective: str) -> tuple[str, str, str]:
    """What an objective measures, its unit, and what a value of it is of.

    Parameters
    ----------
    objective : str, also one of the user's own

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> words_of("energy_j")
    ('Energy per inference with static power', 'J', 'in all')
    """
    if objective in WORDS:
        return WORDS[objective]
    known = OBJECTIVES.get(objective)
    words, unit = (known.words, known.unit) if known else (objective.replace("_", " "), "")
    return f"{words[:1].upper()}{words[1:]}", unit, words


def axis_words(objective: str, values: Iterable[float]) -> AxisWords:
    """Choose words, unit and prefix of an axis by the first values seen."""
    name, unit, _ = words_of(objective)
    known = OBJECTIVES.get(objective)
    higher = known is not None and known.maximize
    scale = 100.0 if unit == "%" else 1.0
    positive = [v for v in values if v > 0 and math.isfinite(v)]
    if unit in ("J", "s") and positive:
        power = min(max(3 * math.floor(math.log10(min(positive)) / 3), -15), 12)
        scale, unit = 10.0**-power, f"{PREFIXES[power]}{unit}"
    return AxisWords(
        objective,
        f"{name} ({unit})" if unit else name,
        scale,
        unit,
        is_log=known is None or known.logarithmic,
        higher_is_better=higher,
    )


def written(objective: str, value: float) -> str:
    """Write one value of an objective for a sentence.

    Parameters
    ----------
    objective : str, such as "event_energy_j"; others have no unit
    value : float, SI

    Returns
    -------
    str

    Examples
    --------
    >>> written("accuracy", 0.964), written("event_energy_j", 3.1e-7), written("n_cores", 6)
    ('96.4 %', '310 nJ', '6')
    """
    return text(value, words_of(objective)[1])


def counted(values: Mapping[str, float]) -> str:
    """Write values of objectives for a sentence, each with what it is of.

    Parameters
    ----------
    values : mapping of objective to float, SI

    Returns
    -------
    str

    Examples
    --------
    >>> counted({"accuracy": 0.964, "energy_j": 3.1e-7, "n_cores": 6})
    '96.4 % correct, 310 nJ in all, 6 cores'
    """
    found = []
    for name, value in values.items():
        found.append(f"{written(name, value)} {words_of(name)[2]}".strip())
    return ", ".join(found)


def load_colour(load: float) -> str:
    """Give the colour of a load between 0 and 1, or grey; the scale never moves."""
    if math.isnan(load):
        return GREY
    return LOAD_COLOURS[min(int(max(load, 0.0) * len(LOAD_COLOURS)), len(LOAD_COLOURS) - 1)]


def layer_colours(n_layers: int) -> tuple[str, ...]:
    """Give each layer a colour, from the input on."""
    if n_layers <= len(LAYER_COLOURS):
        return LAYER_COLOURS[:n_layers]
    places = np.linspace(0, len(LOAD_COLOURS) - 1, n_layers).round().astype(int)
    return tuple(LOAD_COLOURS[k] for k in places)


def contrast(colour: str, paper: str, alpha: float = 1.0) -> float:
    """The contrast of a colour laid over paper, both "#rrggbb", as WCAG 2.2 defines it: 1 to 21."""

    def parts(name: str) -> list[int]:
        return [int(name[i : i + 2], 16) for i in (1, 3, 5)]

    def light(channels: Iterable[float]) -> float:
        linear = (
            c / 3294.6 if c <= 10.31 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels
        )
        return 0.05 + sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    ground = parts(paper)
    laid = [alpha * c + (1 - alpha) * g for c, g in zip(parts(colour), ground, strict=True)]
    darker, lighter = sorted((light(laid), light(ground)))
    return lighter / darker


def ink_on(colour: str) -> str:
    """Give black or white, whichever is read better on a colour."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def grown(
    limits: tuple[float, float] | None, values: Sequence[float], *, is_log: bool
) -> tuple[float, float]:
    """Widen the limits of an axis so that the values fit with room around them."""
    values = [v for v in values if math.isfinite(v) and (v > 0 or not is_log)]
    if not values:
        return limits or ((1.0, 10.0) if is_log else (0.0, 1.0))
    lo, hi = min(values), max(values)
    # Room on both sides, for a label beside the last point: an edge that was far enough for a short
    # axis is too near for a long one.
    if is_log:
        pad = max((hi / lo) ** 0.18, 1.15) if hi > lo else 1.4
        wanted = (lo / pad, hi * pad)
    else:
        pad = max(0.12 * (hi - lo), 0.01 * abs(hi), 1e-12)
        wanted = (lo - pad, hi + pad)
    return wanted if limits is None else (min(limits[0], wanted[0]), max(limits[1], wanted[1]))


def log_ticks(lo: float, hi: float) -> list[float]:
    """Choose round numbers for a logarithmic axis, as many as have room."""
    ladders = (
        [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
        [1, 1.5, 2, 3, 4, 5, 7],
        [1, 2, 3, 5, 7],
        [1, 2, 5],
        [1, 3],
        [1],
    )
    decades = range(math.floor(math.log10(lo)), math.ceil(math.log10(hi)) + 1)
    for ladder in ladders:
        ticks = [float(f"{step * 10.0**power:.6g}") for power in decades for step in ladder]
        ticks = [tick for tick in ticks if lo <= tick <= hi]
        if len(ticks) <= 7:
            return ticks
    return ticks


def new_figure(**options: Any) -> figure:
    """Open an empty figure in the theme: transparent, tools on hover, in the page's own font."""
    fig = figure(stylesheets=[InlineStyleSheet(css=STYLE)], **(FIGURE | options))
    save = CustomJS(args={"fig": fig}, code=SAVE_SVG)
    fig.add_tools(CustomAction(description="Save as SVG", icon=SVG_ICON, callback=save))
    fig.toolbar.update(autohide=True, logo=None)
    fig.title.update(text_font_size=TITLE_SIZE, text_font_style="bold")
    fig.grid.visible = bool(fig.axis)  # none where there are no axes
    for axis in fig.axis:
        axis.update(**AXIS)
    return fig


def figure_of_rows(names: Sequence[str], **options: Any) -> figure:
    """Open a figure with a row for each name, the first on top."""
    fig = new_figure(y_range=(0.4 - len(names), 0.6), **options)
    fig.ygrid.visible = False
    fig.yaxis[0].update(
        ticker=[-row for row in range(len(names))],
        major_label_overrides={-row: name for row, name in enumerate(names)},
        major_tick_line_alpha=0,
        axis_line_alpha=0,
    )
    return fig


def finished(fig: figure, *, key: Sequence[tuple[str, list[Model]]] = (), note: str = "") -> figure:
    """Write a key in one row and a note above a figure, below its title, and tag it as ours."""
    if key:
        fig.add_layout(
            Legend(
                items=list(key),
                orientation="horizontal",
                label_text_font_size=NOTE_SIZE,
                padding=0,
                margin=4,
                background_fill_alpha=0,
                border_line_alpha=0,
                stylesheets=[InlineStyleSheet(css=KEY_STYLE)],
            ),
            "above",
        )
    if note:
        fig.add_layout(
            Title(text=note, text_font_size=NOTE_SIZE, text_font_style="normal"), "above"
        )
    return ours(follow_page(fig))


def follow_page(fig: figure) -> figure:
    """Keep a figure's words and whatever is black in the page's ink, through changes of theme."""
    glyphs = [renderer.glyph for renderer in fig.renderers]
    for glyph in glyphs:
        colours = ("text_color", "fill_color", "line_color")
        black = [name for name in colours if getattr(glyph, name, None) == BLACK]
        glyph.tags = [*black, "text_font"] if isinstance(glyph, Text) else black
    # The inner width is known when a figure has been laid out: the one moment every embedding has.
    known = {"fig": fig, "glyphs": glyphs, "ink": INK, "font": FONT}
    fig.js_on_change("inner_width", CustomJS(args=known, code=FOLLOW_PAGE))
    return fig


def renderer_of(fig: figure, name: str) -> Any:
    """What draws the glyphs of a name (``fig.select_one`` would go through the whole document)."""
    return next(renderer for renderer in fig.renderers if renderer.name == name)


def hover(tooltips: list[tuple[str, str]], renderers: list[Model]) -> HoverTool:
    """Make a tooltip of label and value lines that is legible on every page."""
    rows = "".join(
        f'<tr><td style="color:#666;padding-right:10px">{label}</td>'
        f'<td style="color:#111">{value}</td></tr>'
        for label, value in tooltips
    )
    table = f'<table style="font:13px system-ui,sans-serif;background:#fff">{rows}</table>'
    return HoverTool(tooltips=table, renderers=renderers, visible=False)


def ours(layout: LayoutDOM) -> LayoutDOM:
    """Tag a figure or layout as ours, so that it shows itself as a cell's last line."""
    layout.tags = [*layout.tags, OURS]
    return layout
