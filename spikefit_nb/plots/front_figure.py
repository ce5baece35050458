"""The Pareto front, drawn."""

import math
from typing import NamedTuple

from bokeh.models import ColumnDataSource, FixedTicker, LinearScale, NumeralTickFormatter, Range1d
from bokeh.plotting import figure

from spikefit_nb.plots.axes import AxisWords, grown
from spikefit_nb.plots.front import FrontData, front_columns, front_data
from spikefit_nb.plots.results import Study
from spikefit_nb.plots.theme import (
    ACCENT,
    BLUE,
    GREY,
    WORDS_STYLE,
    follow_page,
    hover,
    new_figure,
    ours,
)

Limits = tuple[tuple[float, float], tuple[float, float]]


class FrontFigure(NamedTuple):
    """A Pareto figure and its sources, which change while a search runs."""

    figure: figure
    sources: dict[str, ColumnDataSource]


def front_limits(shown: FrontData, limits: Limits | None = None) -> Limits:
    """Widen the limits of both axes to hold every point within the search's limits."""
    x, y = shown.x[shown.is_inside].tolist(), shown.y[shown.is_inside].tolist()
    if shown.reference is not None:
        x, y = [*x, shown.reference[0]], [*y, shown.reference[1]]
    old_x, old_y = limits if limits is not None else (None, None)
    return grown(old_x, x, is_log=shown.x_axis.is_log), grown(old_y, y, is_log=shown.y_axis.is_log)


def style_axes(fig: figure, shown: FrontData, limits: Limits) -> None:
    """Give both axes their words, their limits, and as many round ticks as their reach can hold."""
    along = (fig.xaxis[0], shown.x_axis, fig.x_range, limits[0])
    up = (fig.yaxis[0], shown.y_axis, fig.y_range, limits[1])
    for axis, words, span, (lo, hi) in (along, up):
        if (axis.axis_label, span.start, span.end) == (words.label, lo, hi):
            continue
        axis.axis_label = words.label
        span.update(start=lo, end=hi, reset_start=lo, reset_end=hi)
        if words.is_log:
            axis.ticker.ticks = log_ticks(lo, hi)


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


def build_front(shown: FrontData, *, title: str = "", height: int = 420) -> FrontFigure:
    """Draw a front once, with a source for everything that changes."""
    kinds = ["log" if axis.is_log else "linear" for axis in (shown.x_axis, shown.y_axis)]
    fig = new_figure(title=title, height=height, x_axis_type=kinds[0], y_axis_type=kinds[1])
    fig.x_range, fig.y_range = Range1d(1, 10), Range1d(0, 1)
    # The rug of what does not fit stands at the foot, wherever the axes reach.
    fig.extra_x_ranges, fig.extra_y_ranges = {"rug": Range1d(0, 1)}, {"rug": Range1d(0, 1)}
    fig.extra_x_scales, fig.extra_y_scales = {"rug": LinearScale()}, {"rug": LinearScale()}
    for axis, kind in zip((fig.xaxis[0], fig.yaxis[0]), kinds, strict=True):
        if kind == "log":
            axis.ticker = FixedTicker()
            axis.formatter = NumeralTickFormatter(format="0,0.[000]")
    sources = {name: ColumnDataSource(columns) for name, columns in front_columns(shown).items()}
    _draw_points(fig, sources)
    _draw_tooltips(fig, shown.x_axis, shown.y_axis)
    style_axes(fig, shown, front_limits(shown))
    ink = {
        "reference": ["fill_color", "line_color"],
        "reference label": ["text_color", "text_font"],
        "unfit label": ["text_font"],
    }
    return FrontFigure(follow_page(fig, ink), sources)


def _draw_points(fig: figure, sources: dict[str, ColumnDataSource]) -> None:
    def named(name: str) -> dict:
        return {"x": "x", "y": "y", "source": sources[name], "name": name}

    fig.line(line_color=BLUE, line_width=2, line_alpha=0.7, **named("front"))
    fill = {"size": "size", "fill_color": "colour", "fill_alpha": "alpha"}
    edge = {"line_color": "white", "line_alpha": 0.6, "line_width": 0.5}
    fig.scatter(**fill, **edge, **named("points"))
    rug = {"x_range_name": "rug", "y_range_name": "rug"}
    hollow = {"marker": "triangle", "fill_color": None, "line_width": 1.8}
    ring = {"fill_color": None, "line_color": ACCENT, "line_width": 4}
    fig.scatter(size=11, line_color=GREY, **hollow, **rug, **named("unfit"))
    fig.scatter(size=15, marker="triangle", **ring, **rug, **named("unfit ring"))
    grey = WORDS_STYLE | {"text": "label", "text_color": GREY}
    fig.text(**grey, **rug, **named("unfit label"))
    fig.scatter(marker="diamond", size=19, color="black", **named("reference"))
    beside = WORDS_STYLE | {"text": "label", "x_offset": 14, "text_align": "left"}
    fig.text(**beside, **named("reference") | {"name": "reference label"})
    fig.scatter(size=24, **ring, **named("ring"))


def _draw_tooltips(fig: figure, x_axis: AxisWords, y_axis: AxisWords) -> None:
    trial = ("Trial", "@number")
    x = [(x_axis.label, "@x{0,0.[0]}")] if x_axis.objective else []
    measured = [fig.select_one({"name": name}) for name in ("points", "reference")]
    unfit = [fig.select_one({"name": "unfit"})]
    fig.add_tools(hover([trial, *x, (y_axis.label, "@y{0,0.[0]}")], measured))
    fig.add_tools(hover([trial, ("", "does not fit")], unfit))


def plot_front(study: Study) -> figure:
    """Draw the Pareto front of a study in blue, other designs in grey, the chosen one ringed.

    Parameters
    ----------
    study : spikefit_nb.search.Study, running or finished

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        The study is of another kind, such as a report.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> "worth considering" in plot_front(study).title.text
    True
    """
    shown = front_data(study)
    return ours(build_front(shown, title=shown.title).figure)
