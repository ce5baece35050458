"""The floorline: each core's step against memory, compute and traffic, and the chip's own step."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer, LegendItem, Range1d
from bokeh.plotting import figure

from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, WrongArgument
from spikefit_nb.plots.axes import axis_words
from spikefit_nb.plots.theme import (
    BLUE,
    GREEN,
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
from spikefit_nb.replay import Floorline
from spikefit_nb.replay.figures import format_times
from spikefit_nb.replay.floorline_result import CEILINGS, COUNTED
from spikefit_nb.units import text

COLOURS = {"memory": BLUE, "compute": VERMILLION, "traffic": GREEN, "": GREY}
SMALLEST, LARGEST = 9.0, 34.0  # pixels of a core never waited for, and of one waited for alone
INKED = ["text_color", "text_font"]
X_LABEL = "Synaptic operations of a core in a step"
HEADROOM = 1.14
LABEL_SHARE = 0.07  # of the height, that a label takes


class Line(NamedTuple):
    """A line across the picture and what it is."""

    words: str
    xs: tuple[float, float]
    ys: tuple[float, float]
    ceiling: str  # or "" for a time of the whole chip


class FloorlineData(NamedTuple):
    """Numbers and words of a floorline; numbers are in the units of the axes, a core each."""

    title: str
    note: str
    x_label: str
    y_label: str
    x: np.ndarray
    y: np.ndarray
    share: np.ndarray  # of what the chip waits for, that it waits for this core
    binds: tuple[str, ...]  # the ceiling that takes most of its time; "" where nothing is timed
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    tips: dict[str, tuple[str, ...]]  # words of a tooltip


def floorline_data(result: Report | Floorline) -> FloorlineData:
    """Gather what a floorline shows.

    A core stands at ``x = synaptic operations a step``, ``y = floor + time it works a step``, means
    over all steps. No core is under ``floor + x * time of a synaptic operation``; how far it is
    above, it spends on other things. Where times are not published, y is neuron updates a step.

    Parameters
    ----------
    result : Report of a network that fits, or Floorline

    Returns
    -------
    FloorlineData

    Raises
    ------
    WrongArgument
        The result is of another kind.
    DesignProblem
        The network does not fit, so nothing was run on the chip.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> dataset = load_dataset("digits").take(30)
    >>> shown = floorline_data(deploy(load_network("digits"), load_profile("loihi1"), dataset))
    >>> shown.binds, shown.y_label
    (('memory', 'compute'), 'Time of a step (µs)')
    """
    found = _found(result)
    return _in_seconds(found) if found.is_timed else _in_counts(found)


def _found(result: Report | Floorline) -> Floorline:
    if isinstance(result, Floorline):
        return result
    if not isinstance(result, Report):
        raise WrongArgument(
            f"result is {type(result).__name__} but must be a Report, sf.deploy(...), "
            "or a Floorline."
        )
    if not result.fits:
        raise DesignProblem(
            "the network does not fit, so no core has a load; "
            "report.violations says what would help."
        )
    return result.floorline  # type: ignore[return-value]


def _in_seconds(found: Floorline) -> FloorlineData:
    n_steps = found.n_steps
    latency_s, _, floor_s = _seconds(found)
    axis = axis_words("latency_s", [latency_s / n_steps])
    per_step = axis.scale / n_steps
    # A tick is not on top of the work, as a barrier is: work fills it.
    base = 0.0 if found.timing == "tick" else floor_s * per_step
    x = found.counts["memory"] / n_steps
    works_s = sum(found.core_s.values(), np.zeros(x.size))
    waited = found.waited_s.sum()
    share = found.waited_s / waited if waited else np.zeros(x.size)
    return FloorlineData(
        _sentence(found.finding),
        _note(found),
        X_LABEL,
        f"Time of a step ({axis.unit})",
        x,
        y=base + works_s * per_step,
        share=share,
        binds=found.core_binds or ("",) * x.size,
        labels=found.mapping.labels,
        lines=tuple(_lines(found, per_step, base, x.max(initial=0.0))),
        tips=_tips(found, share),
    )


def _lines(found: Floorline, per_step: float, base: float, x_max: float) -> Iterator[Line]:
    """The memory line, the most that other ceilings take of a core, and the whole chip's times."""
    right = 1.1 * x_max or 1.0
    across = (0.0, right)
    if "memory" in found.core_s and x_max:
        each = format_times(found.mapping.profile)[found.mapping.fan_formats.any(axis=1)].min()
        top = base + right * each * per_step * found.n_steps
        yield Line(f"memory: {text(float(each), 's')} an operation", across, (base, top), "memory")
    for name in ("compute", "traffic"):
        most = float(found.core_s[name].max() * per_step) if name in found.core_s else 0.0
        if most:
            yield Line(f"{name} of the core with most", across, (base + most, base + most), name)
    latency_s, even_s, floor_s = _seconds(found)
    of_chip = {"a step takes": latency_s}
    if found.timing != "tick":
        of_chip |= {"spread evenly,": even_s} if found.mapping.n_cores > 1 else {}
        of_chip |= {f"{found.floor},": floor_s} if floor_s else {}
    for words, seconds in of_chip.items():
        level = seconds * per_step
        yield Line(f"{words} {text(seconds / found.n_steps, 's')}", across, (level, level), "")


def _seconds(found: Floorline) -> tuple[float, float, float]:
    """Latency, that of an even spread, and the floor under both, of a run that is timed."""
    return found.latency_s or 0.0, found.even_s or 0.0, found.floor_s or 0.0


def _in_counts(found: Floorline) -> FloorlineData:
    n_steps = found.n_steps
    x, y = found.counts["memory"] / n_steps, found.counts["compute"] / n_steps
    share = np.zeros(x.size)
    lines = []
    if found.mapping.n_cores > 1:
        top = max(float(y.max()), 1.0)
        even, busiest = float(x.mean()), float(found.busiest_counts["memory"] / n_steps)
        lines = [
            Line("an even spread", (even, even), (0.0, 1.3 * top), ""),
            Line("busiest of each step", (busiest, busiest), (0.0, 1.2 * top), ""),
        ]
    return FloorlineData(
        _sentence(found.finding),
        _note(found),
        X_LABEL,
        "Neuron updates of a core in a step",
        x,
        y=y,
        share=share,
        binds=("",) * x.size,
        labels=found.mapping.labels,
        lines=tuple(lines),
        tips=_tips(found, share),
    )


def _tips(found: Floorline, share: np.ndarray) -> dict[str, tuple[str, ...]]:
    """Labels of a tooltip and the words of each core."""
    tips = {}
    if found.is_timed:
        for name in found.ceilings:
            seconds = (found.core_s[name] / found.n_steps).tolist()
            tips[f"{name.capitalize()} a step"] = tuple(text(s, "s") for s in seconds)
        longest = "of the time that cores work longest"
        tips["Busiest core"] = tuple(f"{text(s, '%')} {longest}" for s in share.tolist())
    for name in CEILINGS:
        means = (found.counts[name] / found.n_steps).tolist()
        pairs = zip(means, found.most_in_a_step[name], strict=True)
        words = tuple(f"{text(mean)}, at most {text(int(most))}" for mean, most in pairs)
        tips[f"{COUNTED[name].capitalize()} a step"] = words
    return tips


def _note(found: Floorline) -> str:
    place = f"{found.mapping.network.name} on {found.mapping.profile.title}"
    is_late = found.timing != "tick" or found.late_steps > 0
    larger = ""
    if found.ceilings and found.mapping.n_cores > 1:
        longer = "the chip waits for it" if is_late else "it is the busiest"
        larger = f"; the larger, the longer {longer}"
    lines = [f"{place}, {found.n_steps} steps. A dot is a core{larger}."]
    if found.ceilings and is_late:
        relieved = [f"{name} {text(found.without_s[name], 's')}" for name in found.ceilings]
        lines.append(f"Latency if one cost nothing: {', '.join(relieved)}.")
    if found.not_published:
        lines.append(
            f"Not published{', so in no time here' * found.is_timed}: times of "
            f"{', '.join(found.not_published)}."
        )
    return "\n".join(lines)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def plot_floorline(result: Report | Floorline) -> figure:
    """Draw a floorline: which cores and which of memory, compute and traffic a chip waits for.

    Parameters
    ----------
    result : Report of a network that fits, or Floorline

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        The result is of another kind.
    DesignProblem
        The network does not fit, so nothing was run on the chip.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> dataset = load_dataset("digits").take(30)
    >>> report = deploy(load_network("digits"), load_profile("loihi1"), dataset)
    >>> plot_floorline(report).yaxis[0].axis_label
    'Time of a step (µs)'
    """
    shown = floorline_data(result)
    fig = new_figure(title=shown.title, height=460)
    fig.xaxis.axis_label, fig.yaxis.axis_label = shown.x_label, shown.y_label
    right = max([1e-9, 1.1 * shown.x.max(initial=0.0), *(max(line.xs) for line in shown.lines)])
    levels = [max(line.ys) for line in shown.lines if line.ceiling != "memory"]
    top = HEADROOM * max([1e-9, *shown.y, *levels])
    fig.x_range, fig.y_range = Range1d(0, right), Range1d(0, top)
    drawn = [_draw_line(fig, line) for line in shown.lines]
    _write_labels(fig, shown.lines, right, top)
    dots = _draw_cores(fig, shown)
    key = []
    for line, glyph in zip(shown.lines, drawn, strict=True):
        if line.ceiling:
            beside = [dots[line.ceiling]] if line.ceiling in dots else []
            key.append(LegendItem(label=line.words, renderers=[glyph, *beside]))
    tips = [(label, f"@{{{label}}}") for label in shown.tips]
    fig.add_tools(hover([("Core", "@core (@holds)"), *tips], list(dots.values())))
    if key:
        fig.add_layout(legend(key), "above")
    add_note(fig, shown.note)
    return ours(follow_page(fig, {"words": INKED}))


def _draw_line(fig: figure, line: Line) -> GlyphRenderer:
    dash = "solid" if line.ceiling else "dashed"
    return fig.line(line.xs, line.ys, color=COLOURS[line.ceiling], line_width=2, line_dash=dash)


def _draw_cores(fig: figure, shown: FloorlineData) -> dict:
    """Dots by what binds them, the largest below."""
    drawn = {}
    order = np.argsort(-shown.share, kind="stable")
    for name in dict.fromkeys(shown.binds):
        of = [int(core) for core in order if shown.binds[core] == name]
        size = np.sqrt(SMALLEST**2 + (LARGEST**2 - SMALLEST**2) * shown.share[of])
        place = {"x": shown.x[of], "y": shown.y[of], "size": size}
        held = {"core": of, "holds": [shown.labels[core] for core in of]}
        tips = {label: [words[core] for core in of] for label, words in shown.tips.items()}
        source = ColumnDataSource(place | held | tips)
        filled = {"fill_color": COLOURS[name], "fill_alpha": 0.7, "line_color": GREY}
        drawn[name] = fig.scatter("x", "y", size="size", source=source, name="cores", **filled)
    return drawn


def _write_labels(fig: figure, lines: tuple[Line, ...], right: float, top: float) -> None:
    """Say beside each line of the whole chip what it is."""
    names = ("x", "y", "words", "align", "baseline", "offset")
    columns: dict[str, list] = {name: [] for name in names}
    room, above = LABEL_SHARE * top, np.inf
    of_chip = sorted((line for line in lines if not line.ceiling), key=lambda line: -line.ys[1])
    lowest = of_chip[-1].ys[1] if of_chip else 0.0
    for line in of_chip:  # no core is at the right below the memory line
        at, height = line.xs[0], line.ys[1]
        is_upright = line.xs[0] == line.xs[1]
        is_lowest = height == lowest < above < np.inf
        is_right = at > 0.5 * right if is_upright else is_lowest or height < 0.3 * top
        is_below = is_upright or above - height < room or (is_lowest and height > room)
        place = (at if is_upright or not is_right else line.xs[1], height, line.words)
        align, offset = ("right", -6) if is_right else ("left", 4)
        values = (*place, align, "top" if is_below else "bottom", offset)
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
        above = np.inf if is_upright else height
    aligned = {"text_align": "align", "text_baseline": "baseline"}
    style = WORDS_STYLE | aligned | {"x_offset": "offset", "y_offset": -1}
    fig.text("x", "y", text="words", source=ColumnDataSource(columns), name="words", **style)
