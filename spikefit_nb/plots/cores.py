"""A core map: the cores of a chip in use, how hard they work, and what they send each other."""

import math
from html import escape
from itertools import product
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import Column, ColumnDataSource, Div, LayoutDOM, Row
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import (
    ACCENT,
    BLUE,
    GREY,
    LOAD_COLOURS,
    NO_AXES,
    NOTE_SIZE,
    TEXT_STYLE,
    VERMILLION,
    contrast,
    follow_page,
    hover,
    new_figure,
    ours,
)

N_LINKS_SHOWN = 80
FEW_ARCS = 16
ROOM = 1  # unused cores shown on every side
SHAPE = 1.3  # width of the picture, of its height
THUMB = (128, 72)


@runtime_checkable
class Report(Protocol):
    """What a core map reads of one design."""

    profile: Any
    mapping: Any  # which neurons are on which core, and where the cores are
    price: Any  # how hard cores work and what they send; None where the network does not fit


class CoresData(NamedTuple):
    """Numbers and words of a core map; places are in cores of the chip's grid."""

    title: str
    note: str
    grid: tuple[int, int]
    x: np.ndarray
    y: np.ndarray
    load: np.ndarray  # share of the busiest step at work; NaN where no times are published
    label: tuple[str, ...]
    n_neurons: np.ndarray
    sent: np.ndarray  # packets per inference
    received: np.ndarray
    link_source: np.ndarray  # a core each
    link_target: np.ndarray
    packets: np.ndarray  # per inference, of each link
    window: tuple[float, float, float, float]  # left, right, bottom, top of what is shown
    chip: str  # the whole chip in words, as far as it is published

    def frame(self) -> dict:
        """What differs from one design's core map to the next, ready for JSON."""
        return {
            "columns": cores_columns(self),
            "title": self.title,
            "key": key_html(self.chip, self.note, timed=not np.isnan(self.load).any()),
            "ranges": [list(self.window), thumb_window(self.grid)],
        }


class CoresFigure(NamedTuple):
    """A core map as drawn."""

    layout: LayoutDOM
    figure: figure
    thumb: figure
    key: Div
    sources: dict[str, ColumnDataSource]  # what changes from one design to the next

    def show(self, frame: dict) -> None:
        """Put another design into the figure, by its frame."""
        for name, columns in frame["columns"].items():
            self.sources[name].data = columns
        self.figure.title.text, self.key.text = frame["title"], frame["key"]
        for fig, ends in zip((self.figure, self.thumb), frame["ranges"], strict=True):
            fig.x_range.update(start=ends[0], end=ends[1])
            fig.y_range.update(start=ends[2], end=ends[3])


def chip_in_words(mapping: Any) -> str:
    """Say how large the whole chip is, and that nobody has published where its cores lie."""
    columns, rows = mapping.grid
    if mapping.has_places:
        return f"whole chip: {columns} x {rows} cores"
    n = "" if mapping.chip_n_cores is None else f"{mapping.chip_n_cores:,} "
    return f"whole chip: {n}cores; where they lie is not published, they are drawn in order"


def cores_title(chip: str, cores: str, busiest: float | None) -> str:
    """Say in one line how much of the chip is used, and how busy its busiest core is."""
    if busiest is None:
        work = "does not fit"
    elif math.isnan(busiest):
        work = "times not published"
    else:
        work = f"busiest core {100 * busiest:.0f} %" if busiest else "no core has work"
    return f"{chip}: {cores}, {work}"


def window(x: np.ndarray, y: np.ndarray, grid: tuple[int, int]) -> tuple[float, ...]:
    """Crop the chip to its used cores with some room, in about the shape of the picture."""
    corners = np.array([x, y] if len(x) else [[0, grid[0] - 1], [0, grid[1] - 1]])
    left, bottom = np.maximum(corners.min(axis=1) - ROOM, 0)
    right, top = np.minimum(corners.max(axis=1) + ROOM, np.subtract(grid, 1))
    while (right - left + 1) / (top - bottom + 1) > SHAPE * 1.25 and top - bottom + 1 < grid[1]:
        bottom, top = (bottom, top + 1) if top < grid[1] - 1 else (bottom - 1, top)
    while (right - left + 1) / (top - bottom + 1) < SHAPE / 1.25 and right - left + 1 < grid[0]:
        left, right = (left, right + 1) if right < grid[0] - 1 else (left - 1, right)
    return float(left) - 0.65, float(right) + 0.65, float(bottom) - 0.65, float(top) + 0.65


def line_width(packets: np.ndarray) -> np.ndarray:
    """Give the width of the line of a link: 1 pixel for a packet, 1.6 more for every ten times."""
    return np.clip(1.0 + 1.6 * np.log10(np.maximum(packets, 0.1)), 0.6, 9.0)


def arcs(
    source_xy: np.ndarray, target_xy: np.ndarray
) -> tuple[list[list[float]], list[list[float]]]:
    """Bend a line from core to core, so that cores in a row do not hide each other's links."""
    # Every arc travels to the browser with its trial: many are drawn with fewer points than a few.
    t = np.linspace(0, 1, 33 if len(source_xy) <= FEW_ARCS else 13)[None, :, None]
    along = target_xy - source_xy
    bent = (source_xy + target_xy) / 2 + 0.28 * np.column_stack([-along[:, 1], along[:, 0]])
    from_source, to_target = (1 - t) ** 2 * source_xy[:, None], t**2 * target_xy[:, None]
    points = np.round(from_source + 2 * t * (1 - t) * bent[:, None] + to_target, 3)
    return points[:, :, 0].tolist(), points[:, :, 1].tolist()


def cores_data(report: Report, *, name: str = "") -> CoresData:
    """Gather what a core map shows from the report of one design.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report
    name : str, what the title starts with; the chip's name when empty

    Returns
    -------
    CoresData

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
    >>> cores_data(report).x.tolist()
    [0, 1]
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    mapping, price = report.mapping, report.price
    xy = np.asarray(mapping.positions, dtype=np.int64).reshape(-1, 2)
    n = len(xy)
    load = np.zeros(n) if price is None else np.asarray(price.core_loads, dtype=np.float64)
    links = np.zeros((3, 0)) if price is None else price.links
    source, target, packets = (np.asarray(column) for column in links)
    order = np.argsort(-packets, kind="stable")
    busiest_first = order[source[order] != target[order]]
    shown = busiest_first[:N_LINKS_SHOWN][::-1]
    is_cut = len(shown) < len(busiest_first)
    busiest = None if price is None else float(load.max(initial=0.0))
    return CoresData(
        cores_title(name or report.profile.name, mapping.cores_in_words, busiest),
        f"the {len(shown)} busiest of {len(busiest_first)} links are drawn" if is_cut else "",
        tuple(mapping.grid),
        xy[:, 0],
        xy[:, 1],
        load=load,
        label=tuple(mapping.labels),
        n_neurons=np.asarray(mapping.n_neurons),
        sent=np.bincount(source.astype(np.int64), packets, n)[:n],
        received=np.bincount(target.astype(np.int64), packets, n)[:n],
        link_source=source[shown].astype(np.int64),
        link_target=target[shown].astype(np.int64),
        packets=packets[shown].astype(np.float64),
        window=window(xy[:, 0], xy[:, 1], tuple(mapping.grid)),
        chip=chip_in_words(mapping),
    )


def no_cores(title: str) -> CoresData:
    """Stand in for a design that was never placed: an empty chip under a title.

    Parameters
    ----------
    title : str

    Returns
    -------
    CoresData

    Examples
    --------
    >>> len(no_cores("Trial 5: does not fit").x)
    0
    """
    none, whole, grid = np.zeros(0), np.zeros(0, np.int64), (16, 8)
    return CoresData(
        title,
        "",
        grid,
        whole,
        whole,
        load=none,
        label=(),
        n_neurons=whole,
        sent=none,
        received=none,
        link_source=whole,
        link_target=whole,
        packets=none,
        window=window(whole, whole, grid),
        chip="",
    )


def load_colour(load: float) -> str:
    """Give the colour of a load between 0 and 1, or grey; the scale never moves."""
    if math.isnan(load):
        return GREY
    return LOAD_COLOURS[min(int(max(load, 0.0) * len(LOAD_COLOURS)), len(LOAD_COLOURS) - 1)]


def _percent(load: float, digits: int) -> str:
    """Write a load; nothing where it is not known."""
    return "" if math.isnan(load) else f"{100 * load:.{digits}f} %"


def ink_on(colour: str) -> str:
    """Give black or white, whichever is read better on a colour."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def cores_columns(shown: CoresData) -> dict[str, dict[str, list]]:
    """Lay out the columns of every source of a core map's figure, by the source's name."""
    xy = np.column_stack([shown.x, shown.y]).astype(np.float64)
    xs, ys = arcs(xy[shown.link_source], xy[shown.link_target])
    left, right, bottom, top = shown.window
    size = 14 if right - left < 6.5 else 11 if right - left < 10.5 else 0
    empty = _empty_cores(shown)
    ends = zip(shown.link_source, shown.link_target, strict=True)
    return {
        "cores": {
            "x": shown.x.tolist(),
            "y": shown.y.tolist(),
            # Links meet in the middle of a core: its number stands at the foot.
            "foot": (shown.y - 0.27).round(2).tolist(),
            "colour": [load_colour(load) for load in shown.load],
            "percent": [_percent(load, 0) if size else "" for load in shown.load],
            "exact": [_percent(load, 1) or "not published" for load in shown.load],
            "ink": [ink_on(load_colour(load)) for load in shown.load],
            "size": [f"{size or 8}px"] * len(xy),
            "label": list(shown.label),
            "n_neurons": shown.n_neurons.tolist(),
            "sent": np.round(shown.sent, 1).tolist(),
            "received": np.round(shown.received, 1).tolist(),
        },
        "links": {
            "xs": xs,
            "ys": ys,
            "width": np.round(line_width(shown.packets), 2).tolist(),
            "packets": np.round(shown.packets, 1).tolist(),
            "between": [f"{shown.label[s]} to {shown.label[t]}" for s, t in ends],
        },
        "empty": {"x": empty[:, 0].tolist(), "y": empty[:, 1].tolist()},
        "crop": {"left": [left], "right": [right], "bottom": [bottom], "top": [top]},
        "chip": {
            "left": [-0.5],
            "right": [shown.grid[0] - 0.5],
            "bottom": [-0.5],
            "top": [shown.grid[1] - 0.5],
        },
    }


def _empty_cores(shown: CoresData) -> np.ndarray:
    """Give the unused cores inside the window, (n, 2); none when there would be too many to see."""
    left, right, bottom, top = shown.window
    columns = range(math.ceil(left), math.floor(right) + 1)
    rows = range(math.ceil(bottom), math.floor(top) + 1)
    if len(columns) * len(rows) > 400:
        return np.zeros((0, 2), np.int64)
    used = set(zip(shown.x.tolist(), shown.y.tolist(), strict=True))
    free = [(x, y) for y, x in product(rows, columns) if (x, y) not in used]
    return np.array(free, dtype=np.int64).reshape(-1, 2)


def thumb_window(grid: tuple[int, int]) -> list[float]:
    """Fit a chip of any shape into the thumbnail, unstretched: left, right, bottom, top."""
    wide = max(grid[0], grid[1] * THUMB[0] / THUMB[1])
    high = wide * THUMB[1] / THUMB[0]
    return [-0.5, round(wide - 0.5, 3), round(grid[1] - 0.5 - high, 3) + 0.0, grid[1] - 0.5]


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
    >>> build_cores(no_cores("Trial 5: does not fit")).figure.title.text
    'Trial 5: does not fit'
    """
    frame = shown.frame()
    sources = {name: ColumnDataSource(columns) for name, columns in frame["columns"].items()}
    thumb = _thumbnail(sources, frame["ranges"][1])
    key = Div(text=frame["key"], stylesheets=[TEXT_STYLE], sizing_mode="stretch_width")
    fig = _map(shown, sources, height - thumb.height - 6)
    below = Row(children=[thumb, key], sizing_mode="stretch_width", spacing=10)
    layout = Column(children=[fig, below], sizing_mode="stretch_width", spacing=6)
    return CoresFigure(layout, fig, thumb, key, sources)


def _map(shown: CoresData, sources: dict[str, ColumnDataSource], height: int) -> figure:
    fig = new_figure(
        title=shown.title,
        height=height,
        x_range=shown.window[:2],
        y_range=shown.window[2:],
        **NO_AXES,
    )
    square = {"x": "x", "y": "y", "width": 0.86, "height": 0.86, "line_color": GREY}
    fig.rect(source=sources["empty"], name="empty", fill_color=None, line_alpha=0.7, **square)
    cores = fig.rect(
        source=sources["cores"], name="cores", fill_color="colour", border_radius=3, **square
    )
    links = fig.multi_line(
        xs="xs",
        ys="ys",
        source=sources["links"],
        name="links",
        line_color=VERMILLION,
        line_alpha=0.8,
        line_cap="round",
        line_width="width",
    )
    fig.text(
        x="x",
        y="foot",
        text="percent",
        source=sources["cores"],
        name="percent",
        text_align="center",
        text_baseline="middle",
        text_color="ink",
        text_font_size="size",
    )
    core_lines = [
        ("Core", "@label"),
        ("Neurons", "@n_neurons{0,0}"),
        ("Works in its busiest step", "@exact"),
        ("Packets sent per inference", "@sent{0,0.[0]}"),
        ("Packets received", "@received{0,0.[0]}"),
    ]
    link_lines = [("From", "@between"), ("Packets per inference", "@packets{0,0.[0]}")]
    fig.add_tools(hover(core_lines, [cores]), hover(link_lines, [links]))
    return follow_page(fig)


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


def key_html(chip: str, note: str = "", *, timed: bool = True) -> str:
    """Write the key of a core map: what the fill says, what a line says, what the thumbnail is."""
    bar = (
        "display:inline-block;width:72px;height:11px;vertical-align:-1px;"
        f"background:linear-gradient(90deg,{', '.join(LOAD_COLOURS[:: len(LOAD_COLOURS) // 8])})"
    )
    packets = np.array([1, 100, 10000])
    lines = " ".join(
        f'<span style="display:inline-block;width:20px;height:{width:.1f}px;'
        f'background:{VERMILLION};opacity:.8;vertical-align:middle;border-radius:3px"></span> {n:,}'
        for n, width in zip(packets.tolist(), line_width(packets).tolist(), strict=True)
    )
    whole = escape("; ".join(said for said in (chip, note) if said))
    work = f'0 <span style="{bar}"></span> 100 % at work, busiest step'
    work = work if timed else "how hard cores work is not published"
    return (
        f'<div style="font-size:{NOTE_SIZE};line-height:1.6">'
        f"{work}<br>{lines} packets<br>"
        f'<span style="opacity:.75">{whole}</span></div>'
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
