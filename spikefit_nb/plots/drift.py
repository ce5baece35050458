"""Drift: rates of each population before and after adaptation, and how much of it never fires."""

from textwrap import fill
from typing import NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer, Span
from bokeh.plotting import figure

from spikefit_nb.adapt import Drift, PopulationDrift
from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import (
    BLUE,
    GREY,
    VERMILLION,
    WORDS_STYLE,
    figure_of_rows,
    finished,
    hover,
    log_ticks,
)
from spikefit_nb.units import text

QUANTILES = {"low": 0.05, "quarter": 0.25, "median": 0.5, "three": 0.75, "high": 0.95}
ROW_PIXELS, FRAME_PIXELS = 64, 130
LIFT = 0.18  # of the run before above the line of its population, and of the run after below
GUTTER = 0.3  # of the width of the rates: what never fires has no place on a logarithmic axis
GAP = 0.05
WORDS_WIDTH = 0.34
WRAPPED = 13  # letters of a line beside a population, which half a page has room for


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
    q = list(QUANTILES.values())
    rows = [np.quantile(r, q) if r.size else np.full(len(q), np.nan) for r in firing]
    return np.array(rows).reshape(-1, len(q))


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
    low, high = _reach(shown)
    width = np.log10(high / low)
    left, right = low * 10 ** (-width * (GUTTER + GAP)), low * 10 ** (-width * GAP)
    fig = figure_of_rows(
        shown.names,
        title=shown.title,
        height=FRAME_PIXELS + ROW_PIXELS * max(n, 1),
        x_axis_type="log",
        x_axis_label="Mean rate of a neuron (Hz)",
        x_range=(left * 10 ** (-0.02 * width), high * 10 ** (WORDS_WIDTH * width)),
    )
    ticks = log_ticks(low, high)
    middle = float(np.sqrt(left * right))
    fig.xaxis[0].update(
        ticker=[middle, *ticks],
        major_label_overrides={middle: "never fire"} | {t: f"{t:g}" for t in ticks},
    )
    fig.xgrid[0].ticker = ticks
    for row in range(1, n):  # a line between populations
        fig.add_layout(
            Span(location=0.5 - row, dimension="width", line_color=GREY, line_alpha=0.25)
        )
    runs = {run: _draw_run(fig, shown, run, (left, right)) for run in ("before", "after")}
    source = ColumnDataSource(
        {
            "x": np.full(n, high * 10 ** (0.03 * width)),
            "y": -np.arange(n),
            "words": [fill(words, WRAPPED) for words in shown.words],
            "style": ["bold" if row == shown.blamed else "normal" for row in range(n)],
        }
    )
    fig.text(
        "x", "y", text="words", source=source, name="words", text_font_style="style", **WORDS_STYLE
    )
    lines = [
        ("Population", "@name"),
        ("Run", "@run"),
        ("Median of those that fire", "@median{0.00} Hz"),
        ("Nine tenths", "@low{0.00} to @high{0.00} Hz"),
        ("Never fire", "@dead{0.0 %}"),
    ]
    fig.add_tools(hover(lines, [glyph for glyphs in runs.values() for glyph in glyphs]))
    return finished(fig, key=[(run, [bars]) for run, (_, bars) in runs.items()], note=shown.note)


def _reach(shown: DriftData) -> tuple[float, float]:
    """The rates between which all quantiles lie, at least a decade apart."""
    rates = np.concatenate([shown.before_hz.ravel(), shown.after_hz.ravel()])
    rates = rates[np.isfinite(rates)]
    if not rates.size:
        return 1.0, 100.0
    low, high = rates.min() / 1.15, rates.max() * 1.15
    missing = max(1.0, 10 / (high / low)) ** 0.5
    return float(low / missing), float(high * missing)


def _draw_run(
    fig: figure, shown: DriftData, run: str, gutter: tuple[float, float]
) -> tuple[GlyphRenderer, GlyphRenderer]:
    """Boxes filled by the share of neurons that never fire, and quantiles of the others' rates."""
    rates, dead, colour, lift = shown.before_hz, shown.dead_before, BLUE, LIFT
    if run == "after":
        rates, dead, colour, lift = shown.after_hz, shown.dead_after, VERMILLION, -LIFT
    n, (left, right) = len(shown.names), gutter
    columns = {
        "name": shown.names,
        "run": [run] * n,
        "y": lift - np.arange(n),
        "dead": dead,
        "words": [f"{100 * d:.0f} %" if d else "" for d in dead],
        "left": np.full(n, left),
        "right": np.full(n, right),
        "middle": np.full(n, np.sqrt(left * right)),
        "end": left * (right / left) ** dead,
    }
    source = ColumnDataSource(columns | dict(zip(QUANTILES, rates.T, strict=True)))
    bar = {"y": "y", "height": 0.26, "source": source}
    fig.hbar(left="left", right="end", color=colour, fill_alpha=0.55, line_alpha=0, **bar)
    box = fig.hbar(left="left", right="right", fill_alpha=0, line_color=GREY, **bar)
    fig.text(
        "middle",
        "y",
        text="words",
        source=source,
        name=f"dead {run}",
        text_align="center",
        **WORDS_STYLE,
    )
    fig.segment("low", "y", "high", "y", source=source, line_color=colour, line_width=2)
    bars = fig.hbar(left="quarter", right="three", color=colour, name="rates", **bar)
    fig.scatter(
        "median",
        "y",
        source=source,
        marker="dash",
        angle=np.pi / 2,
        size=17,
        line_color="white",
        line_width=3,
    )
    return box, bars
