"""How few bits, or weight values, a network can do with: accuracy with its interval, by method."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, NumeralTickFormatter, Span
from bokeh.plotting import figure

from spikefit_nb.errors import DesignProblem, UnknownName, WrongArgument, expect
from spikefit_nb.plots.theme import GREY, SERIES, finished, hover, new_figure

MARKS = ("circle", "square", "triangle", "diamond", "inverted_triangle", "hex")
NEAR = 0.01  # a point of accuracy
WORDS = {"bits": ("Bits of a weight", "bits"), "values": ("Different weight values", "values")}
Of = Literal["bits", "values"]


class BitsLine(NamedTuple):
    """One way to get to few bits; accuracies are shares."""

    name: str
    n: np.ndarray  # bits or values, ascending
    accuracy: np.ndarray
    low: np.ndarray
    high: np.ndarray


class BitsData(NamedTuple):
    """Accuracies by bits or by values."""

    title: str
    note: str
    of: Of
    lines: tuple[BitsLine, ...]
    as_trained: float | None


def bits_data(
    lines: Mapping[str, Mapping[int, Any]], *, of: Of = "bits", as_trained: float | None = None
) -> BitsData:
    """Gather accuracies of several ways to get to few bits.

    Parameters
    ----------
    lines : mapping of name, such as "rounded", to mapping of bits (or values) to a
        ``spikefit_nb.deploy.Report``, or to (accuracy, low, high) as shares
    of : "bits" of a weight, or different "values" that weights have
    as_trained : float, optional, accuracy that all are held against; None: the highest of all

    Returns
    -------
    BitsData

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as one report.
    DesignProblem
        There is nothing to draw, or an accuracy is no share within its interval.
    UnknownName
        ``of`` is neither "bits" nor "values".

    Examples
    --------
    >>> rounded = {2: (0.61, 0.55, 0.67), 4: (0.93, 0.9, 0.95), 8: (0.96, 0.93, 0.98)}
    >>> tuned = {2: (0.9, 0.86, 0.93), 4: (0.955, 0.93, 0.97)}
    >>> bits_data({"rounded": rounded, "fine-tuned": tuned}).title
    'Within a point of 96.0 %: from 8 bits rounded, 4 fine-tuned'
    """
    expect(lines, Mapping, "lines", "{'rounded': {4: report, 8: report}}")
    expect(of, str, "of", "'values'")
    expect(as_trained, float | int | None, "as_trained", "0.972")
    if of not in WORDS:
        raise UnknownName("kind of line", of, WORDS)
    told = {name: _told(name, points) for name, points in lines.items()}
    known = tuple(_line(name, points) for name, points in told.items() if any(points.values()))
    if not known:
        raise DesignProblem("There is no accuracy to draw: {'rounded': {4: report, 8: report}}.")
    best = as_trained if as_trained is not None else max(line.accuracy.max() for line in known)
    unknown = [
        f"{name} at {n} {WORDS[of][1]}"
        for name, points in told.items()
        for n, point in points.items()
        if point is None
    ]
    missing = f"; does not fit, or has no labels: {', '.join(unknown)}" if unknown else ""
    return BitsData(
        _finding(known, best, WORDS[of][1]), f"Bars: 95 % intervals{missing}", of, known, as_trained
    )


def _told(name: str, points: Any) -> dict[int, tuple[float, float, float] | None]:
    """Accuracy and its interval at each number; None where there is none."""
    expect(points, Mapping, f"lines[{name!r}]", "{4: report, 8: (0.96, 0.94, 0.98)}")
    return {int(n): _accuracy(name, n, point) for n, point in points.items()}


def _accuracy(name: str, n: int, point: Any) -> tuple[float, float, float] | None:
    if hasattr(point, "accuracy_interval"):  # a report
        return None if point.accuracy is None else (point.accuracy, *point.accuracy_interval)
    try:
        accuracy, low, high = map(float, point)
    except (TypeError, ValueError):
        raise WrongArgument(
            f"lines[{name!r}][{n}] is {point!r} but must be a report or (accuracy, low, high)."
        ) from None
    if not 0 <= low <= accuracy <= high <= 1:
        raise DesignProblem(
            f"lines[{name!r}][{n}] is {point!r}; accuracy lies between low and high, all of them "
            "shares from 0 to 1."
        )
    return accuracy, low, high


def _line(name: str, points: Mapping[int, tuple[float, float, float] | None]) -> BitsLine:
    known = sorted((n, *point) for n, point in points.items() if point is not None)
    n, accuracy, low, high = np.array(known).T
    return BitsLine(name, n, accuracy, low, high)


def _finding(lines: tuple[BitsLine, ...], best: float, unit: str) -> str:
    """From how many bits on each way stays within a point of the best."""
    near: list[str] = []
    never: list[str] = []
    for line in lines:
        too_low = np.flatnonzero(line.accuracy < best - NEAR - 1e-12)
        first = too_low[-1] + 1 if too_low.size else 0
        if first < len(line.n):
            near.append(f"{line.n[first]:g} {'' if near else f'{unit} '}{line.name}")
        else:
            never.append(line.name)
    said = [f"from {', '.join(near)}"] if near else []
    said += [f"never {', '.join(never)}"] if never else []
    return f"Within a point of {100 * best:.1f} %: {'; '.join(said)}"


def plot_bits(
    lines: Mapping[str, Mapping[int, Any]], *, of: Of = "bits", as_trained: float | None = None
) -> figure:
    """Draw accuracy against the bits of a weight, or the number of its values, a line for each way
    to get there.

    Parameters
    ----------
    lines : mapping of name, such as "rounded", to mapping of bits (or values) to a
        ``spikefit_nb.deploy.Report``, or to (accuracy, low, high) as shares
    of : "bits" of a weight, or different "values" that weights have
    as_trained : float, optional, accuracy that all are held against; None: the highest of all

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as one report.
    DesignProblem
        There is nothing to draw, or an accuracy is no share within its interval.
    UnknownName
        ``of`` is neither "bits" nor "values".

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> digits = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    >>> reports = {n: sf.deploy(*digits, design=sf.Design(weight_bits=n)) for n in (2, 4)}
    >>> plot_bits({"rounded": reports}).xaxis[0].axis_label
    'Bits of a weight'
    """
    shown = bits_data(lines, of=of, as_trained=as_trained)
    numbers = np.unique(np.concatenate([line.n for line in shown.lines]))
    lowest = min(line.low.min() for line in shown.lines)
    is_log = of == "values"
    first, last = float(numbers[0]), float(numbers[-1])
    fig = new_figure(
        title=shown.title,
        height=360,
        x_axis_label=WORDS[of][0],
        y_axis_label="Accuracy (%)",
        x_axis_type="log" if is_log else "linear",
        x_range=(first / 1.25, last * 1.25) if is_log else (first - 0.6, last + 0.6),
        y_range=(max(0.0, 100 * lowest - 4), 101.0),
    )
    ticker, formatter = FixedTicker(ticks=numbers.tolist()), NumeralTickFormatter(format="0")
    fig.xaxis.update(ticker=ticker, formatter=formatter)
    key = [(line.name, _draw(fig, k, line, shown)) for k, line in enumerate(shown.lines)]
    if as_trained is not None:
        line = {"line_color": GREY, "line_dash": "dashed", "line_width": 2}
        fig.add_layout(Span(location=100 * as_trained, dimension="width", **line))
    note = shown.note + ("; dashed: as trained" if as_trained is not None else "")
    return finished(fig, key=key, note=note)


def _draw(fig: figure, k: int, line: BitsLine, shown: BitsData) -> list:
    """A line with dots and bars, a little beside those of other lines."""
    beside = (k - (len(shown.lines) - 1) / 2) * 0.06
    n = line.n * 2**beside if shown.of == "values" else line.n + beside
    columns = {"x": n, "n": line.n, "y": 100 * line.accuracy}
    columns |= {"low": 100 * line.low, "high": 100 * line.high}
    source, colour = ColumnDataSource(columns), SERIES[k % len(SERIES)]
    bars = fig.segment("x", "low", "x", "high", source=source, line_color=colour, line_width=2)
    drawn = fig.line("x", "y", source=source, line_color=colour, line_width=2.5)
    look = {"marker": MARKS[k % len(MARKS)], "size": 9, "color": colour}
    dots = fig.scatter("x", "y", source=source, **look)
    words = [("", line.name), (WORDS[shown.of][0], "@n"), ("Accuracy", "@y{0.0} %")]
    fig.add_tools(hover([*words, ("Interval", "@low{0.0} to @high{0.0} %")], [dots, bars]))
    return [drawn, dots]
