"""Drift: rates of each population before and after adaptation, and how much of it never fires."""

from typing import NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, GlyphRenderer, LegendItem, Range1d, Span
from bokeh.plotting import figure

from spikefit_nb.adapt import Drift, PopulationDrift
from spikefit_nb.errors import expect
from spikefit_nb.plots.front_figure import log_ticks
from spikefit_nb.plots.theme import (
    BLUE,
    GREY,
    VERMILLION,
    WORDS_STYLE,
    add_note,
    follow_page,
    hover,
    legend,
    new_figure,
    ours,
)
from spikefit_nb.units import text

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
ROW_PIXELS, FRAME_PIXELS = 64, 130
LIFT = 0.18  # of the run before above the line of its population, and of the run after below
GUTTER = 0.3  # of the width of the rates: what never fires has no place on a logarithmic axis
GAP = 0.05
WORDS_WIDTH = 0.34
INKED = ["text_color", "text_font"]


class DriftData(NamedTuple):
    """Numbers and words of a picture of drift, the population that is evaluated first on top."""

    title: str
    note: str
    names: tuple[str, ...]
    before_hz: np.ndarray  # (n_populations, 5) quantiles over neurons that fire; nan where none
    after_hz: np.ndarray  # the same
    dead_before: np.ndarray  # (n_populations,) share of neurons that never fire
    dead_after: np.ndarray
    words: tuple[str, ...]  # beside each population: what is left of its rate
    blamed: int | None  # row of the population to blame


def drift_data(found: Drift) -> DriftData:
    """Gather what a picture of drift shows.

    Parameters
    ----------
    found : spikefit_nb.adapt.Drift

    Returns
    -------
    DriftData

    Raises
    ------
    WrongArgument
        It is of another kind, such as a network.

    Examples
    --------
    >>> from spikefit_nb.adapt import drift, scale_thresholds
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(60)
    >>> drift_data(drift(network, scale_thresholds(network, 20.0), dataset)).words
    ('0.0 % of its rate', '0.0 % of its rate')
    """
    expect(found, Drift, "found", "drift(network, result, dataset)")
    populations = found.populations
    names = tuple(p.name for p in populations)
    return DriftData(
        found.finding[:1].upper() + found.finding[1:],
        _note(found),
        names,
        _quantiles([p.before_hz for p in populations]),
        _quantiles([p.after_hz for p in populations]),
        dead_before=np.array([p.dead[0] for p in populations]),
        dead_after=np.array([p.dead[1] for p in populations]),
        words=tuple(_left(p) for p in populations),
        blamed=names.index(found.blamed.name) if found.blamed else None,
    )


def _quantiles(rates_hz: list[np.ndarray]) -> np.ndarray:
    firing = [rates[rates > 0] for rates in rates_hz]
    rows = [np.quantile(r, QUANTILES) if r.size else np.full(5, np.nan) for r in firing]
    return np.array(rows).reshape(-1, 5)


def _left(p: PopulationDrift) -> str:
    if p.share_left is None:
        return "silent in both" if not p.rates_hz[1] else "silent before"
    return "the same rate" if p.distance_hz == 0 else f"{text(p.share_left, '%')} of its rate"


def _note(found: Drift) -> str:
    chance = found.answers.chance
    lines = [f"Answers that changed: {found.answers.n_changed:,} of {found.answers.n_samples:,}."]
    if chance is not None and found.answers.n_changed:
        lines.append(f"Right ones lost: {found.answers.n_lost:,}, won: {found.answers.n_won:,}.")
    return " ".join([*lines, "Bars: half of the neurons that fire; lines: nine tenths."])


def plot_drift(found: Drift) -> figure:
    """Draw how often neurons fire before and after a network was adapted, population by population.

    A bar holds the middle half of the neurons that fire, a line nine tenths, a stroke stands at the
    median. What never fires has no place on a logarithmic axis and fills the boxes on the left.

    Parameters
    ----------
    found : spikefit_nb.adapt.Drift

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        It is of another kind, such as a network.

    Examples
    --------
    >>> from spikefit_nb.adapt import drift, scale_thresholds
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(60)
    >>> found = drift(network, scale_thresholds(network, 2.0), dataset)
    >>> plot_drift(found).xaxis[0].axis_label
    'Mean rate of a neuron (Hz)'
    """
    shown = drift_data(found)
    n = len(shown.names)
    height = FRAME_PIXELS + ROW_PIXELS * max(n, 1)
    fig = new_figure(title=shown.title, height=height, x_axis_type="log")
    low, high = _reach(shown)
    width = np.log10(high / low)
    left, right = low * 10 ** (-width * (GUTTER + GAP)), low * 10 ** (-width * GAP)
    fig.x_range = Range1d(left * 10 ** (-0.02 * width), high * 10 ** (WORDS_WIDTH * width))
    fig.y_range = Range1d(-n + 0.4, 0.6)
    _label_axes(fig, shown, (left, right), (low, high))
    silent = [_draw_silent(fig, shown, after, left, right) for after in (False, True)]
    rates = [_draw_rates(fig, shown, after) for after in (False, True)]
    source = ColumnDataSource(
        {
            "x": np.full(n, high * 10 ** (0.03 * width)),
            "y": -np.arange(n),
            "words": shown.words,
            "style": ["bold" if row == shown.blamed else "normal" for row in range(n)],
        }
    )
    style = WORDS_STYLE | {"text_font_style": "style"}
    fig.text("x", "y", text="words", source=source, name="words", **style)
    runs = zip(("before", "after"), rates, strict=True)
    key = [LegendItem(label=words, renderers=[bars]) for words, bars in runs]
    fig.add_layout(legend(key), "above")
    add_note(fig, shown.note)
    lines = [
        ("Population", "@name"),
        ("Run", "@run"),
        ("Median of those that fire", "@median{0.00} Hz"),
        ("Nine tenths", "@low{0.00} to @high{0.00} Hz"),
        ("Never fire", "@dead{0.0 %}"),
    ]
    fig.add_tools(hover(lines, [*silent, *rates]))
    return ours(follow_page(fig, {"words": INKED, "dead before": INKED, "dead after": INKED}))


def _reach(shown: DriftData) -> tuple[float, float]:
    """The rates between which all quantiles lie, at least a decade apart."""
    rates = np.concatenate([shown.before_hz.ravel(), shown.after_hz.ravel()])
    rates = rates[np.isfinite(rates)]
    if not rates.size:
        return 1.0, 100.0
    low, high = rates.min() / 1.15, rates.max() * 1.15
    missing = max(1.0, 10 / (high / low)) ** 0.5
    return float(low / missing), float(high * missing)


def _label_axes(
    fig: figure, shown: DriftData, gutter: tuple[float, float], rates: tuple[float, float]
) -> None:
    middle, n = float(np.sqrt(gutter[0] * gutter[1])), len(shown.names)
    ticks = [t for t in log_ticks(*rates) if rates[0] <= t <= rates[1]]
    fig.xaxis.axis_label = "Mean rate of a neuron (Hz)"
    fig.xaxis[0].ticker = FixedTicker(ticks=[middle, *ticks])
    fig.xaxis[0].major_label_overrides = {middle: "never fire"} | {t: f"{t:g}" for t in ticks}
    fig.xgrid[0].ticker = FixedTicker(ticks=ticks)
    fig.yaxis[0].ticker = FixedTicker(ticks=[-row for row in range(n)])
    fig.yaxis[0].major_label_overrides = {-row: name for row, name in enumerate(shown.names)}
    fig.ygrid.visible, fig.yaxis.major_tick_line_alpha, fig.yaxis.axis_line_alpha = False, 0, 0
    faint = {"line_color": GREY, "line_alpha": 0.25}
    for row in range(1, n):  # a line between populations
        fig.add_layout(Span(location=0.5 - row, dimension="width", **faint))


def _columns(shown: DriftData, after: bool) -> dict[str, object]:
    quantiles = shown.after_hz if after else shown.before_hz
    return {
        "name": shown.names,
        "run": ["after" if after else "before"] * len(shown.names),
        "y": np.where(after, -LIFT, LIFT) - np.arange(len(shown.names)),
        "dead": shown.dead_after if after else shown.dead_before,
        "low": quantiles[:, 0],
        "quarter": quantiles[:, 1],
        "median": quantiles[:, 2],
        "three": quantiles[:, 3],
        "high": quantiles[:, 4],
    }


def _draw_silent(
    fig: figure, shown: DriftData, after: bool, left: float, right: float
) -> GlyphRenderer:
    """A box for each run and population, filled by the share of neurons that never fire."""
    columns = _columns(shown, after)
    dead = np.asarray(columns["dead"])
    boxes = {
        "left": np.full(dead.size, left),
        "right": np.full(dead.size, right),
        "end": left * (right / left) ** dead,
        "words": [f"{100 * d:.0f} %" if d else "" for d in dead],
        "x": np.full(dead.size, left * (right / left) ** 0.5),
    }
    source = ColumnDataSource(columns | boxes)
    bar = {"y": "y", "left": "left", "height": 0.26, "source": source}
    colour = VERMILLION if after else BLUE
    fig.hbar(right="end", color=colour, fill_alpha=0.55, line_alpha=0, **bar)
    box = fig.hbar(right="right", fill_alpha=0, line_color=GREY, **bar)
    centred = WORDS_STYLE | {"text_align": "center"}
    name = "dead after" if after else "dead before"
    fig.text("x", "y", text="words", source=source, name=name, **centred)
    return box


def _draw_rates(fig: figure, shown: DriftData, after: bool) -> GlyphRenderer:
    """Quantile ranges of the rates of neurons that fire."""
    source, colour = ColumnDataSource(_columns(shown, after)), VERMILLION if after else BLUE
    fig.segment("low", "y", "high", "y", source=source, line_color=colour, line_width=2)
    ends = {"left": "quarter", "right": "three"}
    bars = fig.hbar("y", height=0.26, source=source, color=colour, name="rates", **ends)
    upright = {"marker": "dash", "angle": np.pi / 2, "size": 17}
    fig.scatter("median", "y", source=source, line_color="white", line_width=3, **upright)
    return bars
