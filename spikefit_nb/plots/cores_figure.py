"""The core map, drawn."""

from html import escape
from typing import NamedTuple

import numpy as np
from bokeh.models import Column, ColumnDataSource, Div, LayoutDOM, Range1d, Row
from bokeh.plotting import figure

from spikefit_nb.plots.cores import CoresData, cores_columns, cores_data, line_width
from spikefit_nb.plots.results import Report
from spikefit_nb.plots.theme import (
    ACCENT,
    BLUE,
    GREY,
    LOAD_COLOURS,
    NOTE_SIZE,
    TEXT_STYLE,
    VERMILLION,
    follow_page,
    hover,
    new_figure,
    ours,
)

THUMB = (128, 72)


class CoresFigure(NamedTuple):
    """A core map as drawn."""

    layout: LayoutDOM
    figure: figure
    thumb: figure
    key: Div
    sources: dict[str, ColumnDataSource]  # what changes from one design to the next


def cores_frame(shown: CoresData) -> dict:
    """Lay out everything that differs from one design's core map to the next, ready for JSON."""
    return {
        "columns": cores_columns(shown),
        "title": shown.title,
        "key": key_html(shown.grid, shown.note),
        "ranges": [list(shown.window), thumb_window(shown.grid)],
    }


def thumb_window(grid: tuple[int, int]) -> list[float]:
    """Fit a chip of any shape into the thumbnail, unstretched: left, right, bottom, top."""
    wide = max(grid[0], grid[1] * THUMB[0] / THUMB[1])
    high = wide * THUMB[1] / THUMB[0]
    return [-0.5, round(wide - 0.5, 3), round(grid[1] - 0.5 - high, 3) + 0.0, grid[1] - 0.5]


def build_cores(shown: CoresData, *, height: int = 440) -> CoresFigure:
    """Draw a core map once, with a source for everything that changes."""
    frame = cores_frame(shown)
    sources = {name: ColumnDataSource(columns) for name, columns in frame["columns"].items()}
    thumb = _thumbnail(sources, frame["ranges"][1])
    key = Div(text=frame["key"], stylesheets=[TEXT_STYLE], sizing_mode="stretch_width")
    fig = _map(shown, sources, height - thumb.height - 6)
    below = Row(children=[thumb, key], sizing_mode="stretch_width", spacing=10)
    layout = Column(children=[fig, below], sizing_mode="stretch_width", spacing=6)
    return CoresFigure(layout, fig, thumb, key, sources)


def show_frame(drawn: CoresFigure, frame: dict) -> None:
    """Put another design into a core map that is drawn already."""
    for name, columns in frame["columns"].items():
        drawn.sources[name].data = columns
    drawn.figure.title.text, drawn.key.text = frame["title"], frame["key"]
    for fig, ends in zip((drawn.figure, drawn.thumb), frame["ranges"], strict=True):
        fig.x_range.update(start=ends[0], end=ends[1])
        fig.y_range.update(start=ends[2], end=ends[3])


def _map(shown: CoresData, sources: dict[str, ColumnDataSource], height: int) -> figure:
    fig = new_figure(title=shown.title, height=height, x_axis_type=None, y_axis_type=None)
    fig.grid.visible = False
    left, right, bottom, top = shown.window
    fig.x_range, fig.y_range = Range1d(left, right), Range1d(bottom, top)
    square = {"x": "x", "y": "y", "width": 0.86, "height": 0.86, "line_color": GREY}
    free = {"fill_color": None, "line_alpha": 0.35}
    used = {"fill_color": "colour", "line_width": 1, "border_radius": 3}
    fig.rect(source=sources["empty"], name="empty", **square, **free)
    cores = fig.rect(source=sources["cores"], name="cores", **square, **used)
    curved = {"line_color": VERMILLION, "line_alpha": 0.6, "line_cap": "round"}
    links = fig.multi_line(
        "xs", "ys", source=sources["links"], name="links", line_width="width", **curved
    )
    inside = {"text_color": "ink", "text_font_size": "size", "text_align": "center"}
    percent = {"text": "percent", "text_baseline": "middle"} | inside
    fig.text("x", "foot", source=sources["cores"], name="percent", **percent)
    core_lines = [
        ("Core", "@label"),
        ("Neurons", "@n_neurons{0,0}"),
        ("Works in its busiest step", "@exact"),
        ("Packets sent per inference", "@sent{0,0.[0]}"),
        ("Packets received", "@received{0,0.[0]}"),
    ]
    link_lines = [("From", "@between"), ("Packets per inference", "@packets{0,0.[0]}")]
    fig.add_tools(hover(core_lines, [cores]), hover(link_lines, [links]))
    return follow_page(fig, {"percent": ["text_font"]})


def _thumbnail(sources: dict[str, ColumnDataSource], ranges: list[float]) -> figure:
    fig = new_figure(height=THUMB[1], x_axis_type=None, y_axis_type=None)
    fig.update(width=THUMB[0], sizing_mode="fixed", toolbar_location=None, min_border=2)
    fig.grid.visible = False
    fig.x_range, fig.y_range = Range1d(*ranges[:2]), Range1d(*ranges[2:])
    outlined = {edge: edge for edge in ("left", "right", "bottom", "top")} | {"line_width": 1.5}
    grey = {"fill_color": GREY, "fill_alpha": 0.15, "line_color": GREY}
    fig.quad(source=sources["chip"], **outlined, **grey)
    # An outline in its own colour keeps one core of a large chip at least a pixel wide.
    blue = {"fill_color": BLUE, "line_color": BLUE, "line_width": 1}
    fig.rect("x", "y", 1, 1, source=sources["cores"], **blue)
    fig.quad(source=sources["crop"], fill_color=None, line_color=ACCENT, **outlined)
    return fig


def key_html(grid: tuple[int, int], note: str = "") -> str:
    """Write the key of a core map: what the fill says, what a line says, what the thumbnail is."""
    stops = ", ".join(LOAD_COLOURS[:: len(LOAD_COLOURS) // 8])
    bar = (
        "display:inline-block;width:72px;height:11px;vertical-align:-1px;"
        f"background:linear-gradient(90deg,{stops})"
    )
    packets = np.array([1, 100, 10000])
    lines = " ".join(
        f'<span style="display:inline-block;width:20px;height:{width:.1f}px;'
        f'background:{VERMILLION};opacity:.7;vertical-align:middle;border-radius:3px"></span> {n:,}'
        for n, width in zip(packets.tolist(), line_width(packets).tolist(), strict=True)
    )
    more = f"; {escape(note)}" if note else ""
    return (
        f'<div style="font-size:{NOTE_SIZE};line-height:1.6">'
        f'0 <span style="{bar}"></span> 100 % at work, busiest step<br>{lines} packets<br>'
        f'<span style="opacity:.75">whole chip: {grid[0]} x {grid[1]} cores{more}</span></div>'
    )


def plot_cores(report: Report) -> LayoutDOM:
    """Draw the cores that a design uses: how hard each works, and the packets between them.

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
    >>> plot_cores(report).children[0].title.text[:22]
    'loihi1: 2 of 128 cores'
    """
    layout = build_cores(cores_data(report), height=470).layout
    # Wider than this and the cores, which fill the figure, would no longer look square.
    layout.max_width = 600
    return ours(layout)
