"""The floorline: each core's step against memory, compute and traffic, and the chip's own step."""

from typing import NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer
from bokeh.plotting import figure

from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, WrongArgument
from spikefit_nb.plots.theme import (
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    WORDS_STYLE,
    axis_words,
    finished,
    hover,
    new_figure,
)
from spikefit_nb.replay import CEILINGS, COUNTED, Floorline, format_times
from spikefit_nb.units import text

COLOURS = {"memory": BLUE, "compute": VERMILLION, "traffic": GREEN, "": GREY}
SMALLEST, LARGEST = 9.0, 34.0  # pixels of a core never waited for, and of one waited for alone
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
    >>> sorted(set(shown.binds)), shown.y_label
    (['compute', 'memory'], 'Time of a step (ns)')
    """
    found = _found(result)
    x = found.counts["memory"] / found.n_steps
    y_label, y, lines = _in_seconds(found, x) if found.is_timed else _in_counts(found, x)
    share = found.waited_s / (found.waited_s.sum() or 1.0)
    return FloorlineData(
        found.finding[:1].upper() + found.finding[1:],
        _note(found),
        "Synaptic operations of a core in a step",
        y_label,
        x,
        y=y,
        share=share,
        binds=found.core_binds or ("",) * x.size,
        labels=found.mapping.labels,
        lines=tuple(lines),
        tips=_tips(found, share),
    )


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


def _in_seconds(found: Floorline, x: np.ndarray) -> tuple[str, np.ndarray, list[Line]]:
    """Each core's time of a step, under lines of what a core does and of what the chip does."""
    latency_s, even_s, floor_s = found.latency_s or 0.0, found.even_s or 0.0, found.floor_s or 0.0
    axis = axis_words("latency_s", [latency_s / found.n_steps])
    per_step = axis.scale / found.n_steps
    # A tick is not on top of the work, as a barrier is: work fills it.
    base = 0.0 if found.timing == "tick" else floor_s * per_step
    across, lines = (0.0, 1.1 * x.max(initial=0.0) or 1.0), []
    if "memory" in found.core_s and x.any():
        each = format_times(found.mapping.profile)[found.mapping.fan_formats.any(axis=1)].min()
        top = base + across[1] * each * per_step * found.n_steps
        words = f"memory: {text(float(each), 's')} an operation"
        lines.append(Line(words, across, (base, top), "memory"))
    for name in ("compute", "traffic"):
        most = float(found.core_s[name].max() * per_step) if name in found.core_s else 0.0
        if most:
            level = (base + most, base + most)
            lines.append(Line(f"{name} of the core with most", across, level, name))
    of_chip = {"a step takes": latency_s}
    if found.timing != "tick":
        of_chip |= {"spread evenly,": even_s} if found.mapping.n_cores > 1 else {}
        of_chip |= {f"{found.floor},": floor_s} if floor_s else {}
    for words, seconds in of_chip.items():
        level = (seconds * per_step, seconds * per_step)
        lines.append(Line(f"{words} {text(seconds / found.n_steps, 's')}", across, level, ""))
    y = base + sum(found.core_s.values(), np.zeros(x.size)) * per_step
    return f"Time of a step ({axis.unit})", y, lines


def _in_counts(found: Floorline, x: np.ndarray) -> tuple[str, np.ndarray, list[Line]]:
    """Each core's neuron updates, and how far its synaptic operations are from an even spread."""
    y = found.counts["compute"] / found.n_steps
    top = max(float(y.max()), 1.0)
    even, busiest = float(x.mean()), float(found.busiest_counts["memory"] / found.n_steps)
    lines = [
        Line("an even spread", (even, even), (0.0, 1.3 * top), ""),
        Line("busiest of each step", (busiest, busiest), (0.0, 1.2 * top), ""),
    ]
    return "Neuron updates of a core in a step", y, lines if found.mapping.n_cores > 1 else []


def _tips(found: Floorline, share: np.ndarray) -> dict[str, tuple[str, ...]]:
    """Labels of a tooltip and the words of each core."""
    tips = {
        f"{name.capitalize()} a step": tuple(
            text(s, "s") for s in (found.core_s[name] / found.n_steps).tolist()
        )
        for name in found.ceilings
    }
    if found.is_timed:
        longest = "of the time that cores work longest"
        tips["Busiest core"] = tuple(f"{text(s, '%')} {longest}" for s in share.tolist())
    for name in CEILINGS:
        means = (found.counts[name] / found.n_steps).tolist()
        pairs = zip(means, found.most_in_a_step[name].tolist(), strict=True)
        words = tuple(f"{text(mean)}, at most {text(most)}" for mean, most in pairs)
        tips[f"{COUNTED[name].capitalize()} a step"] = words
    return tips


def _note(found: Floorline) -> str:
    place = f"{found.mapping.network.name} on {found.mapping.profile.title}"
    is_late = found.timing != "tick" or found.late_steps > 0
    longer = "the chip waits for it" if is_late else "it is the busiest"
    has_sizes = found.ceilings and found.mapping.n_cores > 1
    larger = f"; the larger, the longer {longer}" if has_sizes else ""
    lines = [f"{place}, {found.n_steps} steps. A dot is a core{larger}."]
    if found.ceilings and is_late:
        relieved = [f"{name} {text(found.without_s[name], 's')}" for name in found.ceilings]
        lines.append(f"Latency if one cost nothing: {', '.join(relieved)}.")
    if found.not_published:
        lacking = "Not published, so in no time here" if found.is_timed else "Not published"
        lines.append(f"{lacking}: times of {', '.join(found.not_published)}.")
    return "\n".join(lines)


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
    'Time of a step (ns)'
    """
    shown = floorline_data(result)
    right = max([1e-9, 1.1 * shown.x.max(initial=0.0), *(max(line.xs) for line in shown.lines)])
    levels = [max(line.ys) for line in shown.lines if line.ceiling != "memory"]
    top = HEADROOM * max([1e-9, *shown.y, *levels])
    fig = new_figure(
        title=shown.title,
        height=460,
        x_axis_label=shown.x_label,
        y_axis_label=shown.y_label,
        x_range=(0, right),
        y_range=(0, top),
    )
    drawn = [
        fig.line(
            line.xs,
            line.ys,
            color=COLOURS[line.ceiling],
            line_width=2,
            line_dash="solid" if line.ceiling else "dashed",
        )
        for line in shown.lines
    ]
    _write_labels(fig, shown.lines, right, top)
    dots = _draw_cores(fig, shown)
    key = [
        (line.words, [glyph, *([dots[line.ceiling]] if line.ceiling in dots else [])])
        for line, glyph in zip(shown.lines, drawn, strict=True)
        if line.ceiling
    ]
    tips = [(label, f"@{{{label}}}") for label in shown.tips]
    fig.add_tools(hover([("Core", "@core (@holds)"), *tips], list(dots.values())))
    return finished(fig, key=key, note=shown.note)


def _draw_cores(fig: figure, shown: FloorlineData) -> dict[str, GlyphRenderer]:
    """Dots by what binds them, the largest below."""
    drawn = {}
    order = np.argsort(-shown.share, kind="stable").tolist()
    for name in dict.fromkeys(shown.binds):
        of = [core for core in order if shown.binds[core] == name]
        columns = {
            "x": shown.x[of],
            "y": shown.y[of],
            "size": np.sqrt(SMALLEST**2 + (LARGEST**2 - SMALLEST**2) * shown.share[of]),
            "core": of,
            "holds": [shown.labels[core] for core in of],
        }
        tips = {label: [words[core] for core in of] for label, words in shown.tips.items()}
        drawn[name] = fig.scatter(
            "x",
            "y",
            size="size",
            source=ColumnDataSource(columns | tips),
            name="cores",
            fill_color=COLOURS[name],
            fill_alpha=0.7,
            line_color=GREY,
        )
    return drawn


def _write_labels(fig: figure, lines: tuple[Line, ...], right: float, top: float) -> None:
    """Say beside each line of the whole chip what it is."""
    room, above, labels = LABEL_SHARE * top, np.inf, []
    of_chip = sorted((line for line in lines if not line.ceiling), key=lambda line: -line.ys[1])
    lowest = of_chip[-1].ys[1] if of_chip else 0.0
    for line in of_chip:  # no core is at the right below the memory line
        at, height = line.xs[0], line.ys[1]
        is_upright = line.xs[0] == line.xs[1]
        is_lowest = height == lowest < above < np.inf
        is_right = at > 0.5 * right if is_upright else is_lowest or height < 0.3 * top
        is_below = is_upright or above - height < room or (is_lowest and height > room)
        x = at if is_upright or not is_right else line.xs[1]
        align, offset = ("right", -6) if is_right else ("left", 4)
        labels.append((x, height, line.words, align, "top" if is_below else "bottom", offset))
        above = np.inf if is_upright else height
    names = ("x", "y", "words", "align", "baseline", "offset")
    columns = {name: [label[i] for label in labels] for i, name in enumerate(names)}
    fig.text(
        "x",
        "y",
        text="words",
        source=ColumnDataSource(columns),
        name="words",
        x_offset="offset",
        y_offset=-1,
        **(WORDS_STYLE | {"text_align": "align", "text_baseline": "baseline"}),
    )
