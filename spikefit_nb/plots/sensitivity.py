"""The tornado: which figure of a chip moves a cost most, or how much larger limits have to be."""

import math
from typing import NamedTuple

import numpy as np
from bokeh.models import BasicTicker, ColumnDataSource, GlyphRenderer, NumeralTickFormatter, Span
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import (
    BLUE,
    GREY,
    SKY,
    VERMILLION,
    WORDS,
    WORDS_STYLE,
    axis_words,
    figure_of_rows,
    finished,
    hover,
    log_ticks,
    written,
)
from spikefit_nb.sensitivity import QUANTITIES, Effect, Outcome, Sensitivity

MOST_FIGURES = 10
ROW_PIXELS, FRAME_PIXELS = 34, 140
LEAST_SHARE = 0.005  # of the widest bar: what is narrower cannot be seen
UNFIT = "does not fit"


class SensitivityData(NamedTuple):
    """Numbers and words of a tornado, the widest bar first, in the unit the axis shows."""

    title: str
    note: str
    x_label: str
    base: float  # where bars start
    is_log: bool
    names: tuple[str, ...]
    better: np.ndarray  # where the better side ends; nan where there is no bar
    worse: np.ndarray
    better_words: tuple[str, ...]  # at the end of the bar, or in its place
    worse_words: tuple[str, ...]
    now: tuple[str, ...]  # the figure as it is, with its kind
    better_exact: tuple[str, ...]  # for tooltips: the changed figure and what comes of it
    worse_exact: tuple[str, ...]
    key: tuple[str, ...]  # what the colours of the better and the worse side mean


def sensitivity_data(result: Sensitivity, quantity: str | None = None) -> SensitivityData:
    """Gather what a tornado shows.

    Parameters
    ----------
    result : spikefit_nb.sensitivity.Sensitivity
    quantity : str, optional
        One of those ``result.ranked`` takes; means nothing where the network does not fit.

    Returns
    -------
    SensitivityData

    Raises
    ------
    WrongArgument
        The result is of another kind, such as a report.
    UnknownName
        There is no such quantity.
    NotPublished
        It has no number, since the chip lacks a figure.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.sensitivity import sensitivity
    >>> dataset = load_dataset("digits").take(30)
    >>> report = deploy(load_network("digits"), load_profile("loihi1"), dataset)
    >>> sensitivity_data(sensitivity(report), "latency_s").names[:2]
    ('time barrier', 'time synaptic operation')
    """
    expect(result, Sensitivity, "result", "sf.sensitivity(report)")
    expect(quantity, str | None, "quantity", "'latency_s'")
    result.ranked(quantity)  # refuses what it does not know, also where the network does not fit
    return _effects(result, quantity) if result.fits else _cures(result)


def _effects(result: Sensitivity, quantity: str | None) -> SensitivityData:
    ranked, quantity = result.ranked(quantity), quantity or result.quantity
    shown, factor = _visible(result, ranked, quantity), f"{result.factor:g}x"
    axis = axis_words(quantity, [getattr(result.report, quantity)])
    better, worse = [effect.better for effect in shown], [effect.worse for effect in shown]

    def end(outcome: Outcome | None) -> float:
        has_bar = bool(result.change(outcome, quantity))
        return getattr(outcome, quantity) * axis.scale if has_bar else math.nan

    def words(outcomes: list[Outcome | None], side: str) -> tuple[str, ...]:
        said = [result.side_words(outcome, quantity) for outcome in outcomes]
        return tuple(f"{side}: {one}" if one == UNFIT else one for one in said)

    title, key = result.finding(quantity), (f"{factor} better", f"{factor} worse")
    return SensitivityData(
        title[:1].upper() + title[1:],
        _note(result, quantity, len(ranked) - len(shown)),
        axis.label,
        getattr(result.report, quantity) * axis.scale,
        is_log=False,
        names=tuple(_labelled(effect.figure, effect.now.kind) for effect in shown),
        better=np.array([end(outcome) for outcome in better], dtype=np.float64),
        worse=np.array([end(outcome) for outcome in worse], dtype=np.float64),
        better_words=words(better, key[0]),
        worse_words=words(worse, key[1]),
        now=tuple(f"{effect.now.text}, {effect.now.kind}" for effect in shown),
        better_exact=tuple(_exact(outcome, quantity) for outcome in better),
        worse_exact=tuple(_exact(outcome, quantity) for outcome in worse),
        key=key,
    )


def _exact(outcome: Outcome | None, quantity: str) -> str:
    """The changed figure and what comes of it, for a tooltip."""
    if outcome is None or not outcome.fits:
        return "not tried" if outcome is None else f"{outcome.figure.text}: {UNFIT}"
    return f"{outcome.figure.text}: {written(quantity, getattr(outcome, quantity))}"


def _visible(result: Sensitivity, ranked: tuple[Effect, ...], quantity: str) -> tuple[Effect, ...]:
    """Ten figures at most, whose bars can be seen or that stop the network fitting."""
    narrowest = LEAST_SHARE * result.swing(ranked[0], quantity) if ranked else 0.0
    seen = [
        effect
        for effect in ranked
        if result.stops_fitting(effect) or result.swing(effect, quantity) >= narrowest
    ]
    return tuple(seen[:MOST_FIGURES])


def _cures(result: Sensitivity) -> SensitivityData:
    cures = result.cures[:MOST_FIGURES]
    grown = [result.raised.get(cure.figure) for cure in cures]
    pairs = zip(cures, grown, strict=True)
    grown_words = tuple(cure.words if cure else "" for cure in grown)
    return SensitivityData(
        result.finding(),
        "",
        "Times as large as now",
        1.0,
        is_log=True,
        names=tuple(_labelled(cure.figure, cure.now.kind) for cure in cures),
        better=np.array([cure.factor or math.nan for cure in cures], dtype=np.float64),
        worse=np.array([(cure and cure.factor) or math.nan for cure in grown], dtype=np.float64),
        better_words=tuple("" if c.factor is None and other else c.words for c, other in pairs),
        worse_words=grown_words,
        now=tuple(f"{cure.now.text}, {cure.now.kind}" for cure in cures),
        better_exact=tuple(cure.words for cure in cures),
        worse_exact=grown_words,
        key=("enough alone", "enough together") if result.raised else ("enough alone",),
    )


def _labelled(name: str, kind: str) -> str:
    return name.replace("_", " ") + " (assumed)" * (kind == "assumed")


def _note(result: Sensitivity, quantity: str, n_left: int) -> str:
    subject = QUANTITIES[quantity][0].capitalize()
    place = f"{subject} of {result.report.network.name} on {result.report.profile.title}."
    less = f" {n_left} more figure{'s matter' if n_left > 1 else ' matters'} less." * (n_left > 0)
    costly = " and ".join(name.replace("_", " ") for name in result.better_costs_more(quantity))
    fuller = f"More {costly}: fewer, fuller cores, which work longer." if costly else ""
    absent = [words for q, (words, _) in QUANTITIES.items() if getattr(result.report, q) is None]
    lacking = f"Not published, so not ranked: {', '.join(absent)}." if absent else ""
    lines = (place + less, result.advice(quantity), fuller, lacking)
    return "\n".join(line for line in lines if line)


def plot_sensitivity(result: Sensitivity, quantity: str | None = None) -> figure:
    """Draw a tornado: how far figures of the chip, better and worse, move what a design costs.

    Where the network does not fit, each bar says how much larger a limit has to be for it to fit.

    Parameters
    ----------
    result : spikefit_nb.sensitivity.Sensitivity
    quantity : str, optional, one of those ``result.ranked`` takes

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    UnknownName
        There is no such quantity.
    NotPublished
        It has no number, since the chip lacks a figure.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.sensitivity import sensitivity
    >>> dataset = load_dataset("digits").take(30)
    >>> report = deploy(load_network("digits"), load_profile("loihi1"), dataset)
    >>> plot_sensitivity(sensitivity(report), "latency_s").xaxis[0].axis_label
    'Time per inference (µs)'
    """
    shown = sensitivity_data(result, quantity)
    n = len(shown.names)
    low, high = _reach(shown)
    fig = figure_of_rows(
        shown.names,
        title=shown.title,
        height=FRAME_PIXELS + ROW_PIXELS * n,
        x_axis_type="log" if shown.is_log else "linear",
        x_axis_label=shown.x_label,
        x_range=(low, high),
    )
    fig.xaxis.visible = fig.xgrid.visible = n > 0
    if shown.x_label.startswith(WORDS["n_cores"][0]):
        fig.xaxis[0].ticker = BasicTicker(min_interval=1)
    if shown.is_log:
        fig.xaxis[0].update(
            ticker=log_ticks(low, high), formatter=NumeralTickFormatter(format="0,0.[000]")
        )
    bars = [
        _draw_side(fig, shown, "better", BLUE),
        _draw_side(fig, shown, "worse", SKY if shown.is_log else VERMILLION),
    ]
    if n:
        fig.add_layout(Span(location=shown.base, dimension="height", line_color=GREY, line_width=2))
    sides = zip(shown.key, bars, (shown.better, shown.worse), strict=False)
    key = [(words, [bar]) for words, bar, ends in sides if np.isfinite(ends).any()]
    exact = zip(shown.key, ("@better_exact", "@worse_exact"), strict=False)
    fig.add_tools(hover([("Figure", "@name"), ("Now", "@now"), *exact], bars))
    return finished(fig, key=key, note=shown.note)


def _reach(shown: SensitivityData) -> tuple[float, float]:
    """Ends of the axis, with room for the words at the ends of the bars."""
    ends = np.array([shown.base, *shown.better, *shown.worse])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    if shown.is_log:
        return low, max(high**1.45, 4.0)
    reach = high - low or abs(high) or 1.0
    room = 0.3 if any(UNFIT in words for words in shown.worse_words) else 0.14
    return low - 0.12 * reach, high + room * reach


def _draw_side(fig: figure, shown: SensitivityData, side: str, colour: str) -> GlyphRenderer:
    """Bars of one side, and the words at their ends."""
    ends, others = (shown.better, shown.worse) if side == "better" else (shown.worse, shown.better)
    is_both = (ends - shown.base) * (others - shown.base) > 0  # they lie above each other
    lift = np.where(is_both, 0.19 if side == "better" else -0.19, 0.0)
    has_bar = np.isfinite(ends)
    # Words without a bar stand where the bar would be: beyond the other one.
    x = np.where(has_bar, ends, np.fmax(shown.base, others) if side == "worse" else shown.base)
    pairs = zip(getattr(shown, f"{side}_words"), has_bar, strict=True)
    source = ColumnDataSource(
        {
            "y": lift - np.arange(len(x)),
            "base": np.full(len(x), shown.base),
            "end": ends,
            "height": np.where(is_both, 0.36, 0.7),
            "x": x,
            "words": [word if bar or UNFIT in word or shown.is_log else "" for word, bar in pairs],
            "align": np.where(x < shown.base, "right", "left"),
            "offset": np.where(x < shown.base, -6, 6),
            "name": shown.names,
            "now": shown.now,
            "better_exact": shown.better_exact,
            "worse_exact": shown.worse_exact,
        }
    )
    bars = fig.hbar(
        "y", left="base", right="end", height="height", source=source, color=colour, name=side
    )
    fig.text(
        "x",
        "y",
        text="words",
        source=source,
        name=f"{side} words",
        x_offset="offset",
        text_align="align",
        **WORDS_STYLE,
    )
    return bars
