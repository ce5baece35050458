"""The Pareto front of a search: what a design costs against what it is worth."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    FixedTicker,
    LinearScale,
    NumeralTickFormatter,
    Range1d,
    Title,
)
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.seen import SeenStudy, seen_in
from spikefit_nb.plots.theme import (
    ACCENT,
    BLACK,
    BLUE,
    GREY,
    NOTE_SIZE,
    WORDS_STYLE,
    AxisWords,
    axis_words,
    counted,
    follow_page,
    grown,
    hover,
    log_ticks,
    new_figure,
    ours,
    renderer_of,
    words_of,
    written,
)
from spikefit_nb.search import OBJECTIVES, is_best

TRIAL = AxisWords("", "Trial", 1.0, "", False, higher_is_better=False)
WAITING = "waiting for the first trial: compiling the simulator, about 10 s the first time"
# Written by the browser alone, so that what it shows after a tap never waits for Python.
BY_TAP = ("ring", "unfit ring")
LOWER, UPPER = 0.06, 0.14  # of the two rows at the foot of the figure
Limits = tuple[tuple[float, float], tuple[float, float]]


@runtime_checkable
class Study(Protocol):
    """What the picture of a front reads of a search, running or ended."""

    @property
    def objectives(self) -> tuple[str, ...]:
        """What is traded."""

    @property
    def trials(self) -> Sequence[Any]:
        """Those that have ended."""

    @property
    def best_trials(self) -> Sequence[Any]:
        """Those that no other beats in all objectives."""

    @property
    def reference(self) -> Any:
        """The trial of the network as trained; None as long as it has not ended."""

    def is_within_limits(self, trial: Any) -> bool:
        """Whether a trial keeps the limits of the search."""

    def recommend(self) -> Any:
        """The answer that names one trial, or has None for it."""


class FrontData(NamedTuple):
    """Numbers and words of a Pareto plot; ``x`` and ``y`` are in the units the axes show."""

    title: str
    x_axis: AxisWords
    y_axis: AxisWords
    numbers: np.ndarray
    x: np.ndarray
    y: np.ndarray
    is_front: np.ndarray
    is_inside: np.ndarray  # within the limits of the search
    size: np.ndarray  # of a dot: by the third objective, where there is one
    values: tuple[str, ...]  # of every objective, in words
    step_x: np.ndarray  # of the line that joins the front
    step_y: np.ndarray
    unfit_numbers: np.ndarray
    reference: tuple[float, float] | None  # the network as trained
    reference_number: int | None
    chosen: int | None  # the design that the search recommends
    size_key: str  # what the size of a dot says

    @property
    def axes(self) -> tuple[AxisWords, AxisWords] | None:
        """Both axes, once a trial has shown which prefixes suit; None before."""
        return (self.x_axis, self.y_axis) if len(self.x) or self.reference else None


class FrontFigure(NamedTuple):
    """A Pareto figure and its sources, which change while a search runs."""

    figure: figure
    sources: dict[str, ColumnDataSource]
    key: Title

    def show(self, shown: FrontData, limits: Limits | None = None) -> Limits | None:
        """Show a state of the search on axes that only grow, and give their limits so far."""
        limits, fig = front_limits(shown, limits), self.figure
        for name, columns in front_columns(shown, limits=limits).items():
            if name not in BY_TAP:
                self.sources[name].data = columns
        self.key.text = shown.size_key
        along = (fig.xaxis[0], shown.x_axis, fig.x_range, limits[0])
        up = (fig.yaxis[0], shown.y_axis, fig.y_range, limits[1])
        for axis, words, span, (lo, hi) in (along, up):
            axis.axis_label = words.label
            span.update(start=lo, end=hi, reset_start=lo, reset_end=hi)
            if words.is_log:
                axis.ticker.ticks = log_ticks(lo, hi)
        return limits if shown.axes else None

    def ring(self, shown: FrontData, chosen: int, limits: Limits | None = None) -> None:
        """Ring a trial, as a tap does."""
        columns = front_columns(shown, chosen, limits=limits)
        for name in BY_TAP:
            self.sources[name].data = columns[name]


def chosen_axes(objectives: Sequence[str]) -> tuple[str, str]:
    """Say which objective goes along and which goes up: what it costs, against what it is worth."""
    if len(objectives) == 1:
        return "", objectives[0]
    worth = [name for name in objectives if name in OBJECTIVES and OBJECTIVES[name].maximize]
    y = worth[0] if worth else objectives[1]
    others = [name for name in objectives if name != y]
    return ("event_energy_j" if "event_energy_j" in others else others[0]), y


def step_line(
    x: np.ndarray, y: np.ndarray, *, y_up: bool, x_up: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Join points by steps: between two of them, the best to have is the one already paid for."""
    if x_up:
        mirrored, height = step_line(-x, y, y_up=y_up)
        return -mirrored, height
    order = np.lexsort((y if y_up else -y, x))
    return np.repeat(x[order], 2)[1:], np.repeat(y[order], 2)[:-1]


def finding(n_best: int, n_priced: int = 0, chosen: Any = None, name: str = "") -> str:
    """Say in one sentence what the front offers, and the values of the design that is ringed."""
    if not n_best or chosen is None:
        return "no design within the limits so far" if n_priced else "no design fits so far"
    start = f"{n_best} design{'s' if n_best != 1 else ''} worth considering"
    best = "best balance" if n_best > 1 else "values"
    return f"{start}; {best}: {counted(chosen.values)} ({name})"


def sizes(
    trials: Sequence[Any], objectives: Sequence[str], on_axes: Sequence[str] = ()
) -> tuple[np.ndarray, str]:
    """Sizes of dots by the first objective that has no axis, and the words of their key."""
    on_axes = on_axes or chosen_axes(objectives)
    third = next((o for o in objectives if o not in on_axes), None)
    values = np.array([t.values[third] for t in trials if third], dtype=np.float64)
    if third is None or not len(values):
        return np.full(len(trials), 11.0), ""
    low, high = values.min(), values.max()
    name = words_of(third)[0]
    if low == high:
        return np.full(len(trials), 11.0), f"{name} of all: {written(third, low)}"
    is_log = axis_words(third, []).is_log and low > 0
    scaled, ends = (np.log(v) if is_log else v for v in (values, np.array([low, high])))
    share = (scaled - ends[0]) / (ends[1] - ends[0])
    ends_in_words = f"small {written(third, low)}, large {written(third, high)}"
    return np.round(7 + 12 * share, 1), f"Size of a dot: {name.lower()}, {ends_in_words}"


def front_data(
    study: Study,
    *,
    objectives: Sequence[str] | None = None,
    axes: Sequence[AxisWords] | None = None,
) -> FrontData:
    """Gather what a Pareto plot shows from a study, running or finished.

    Parameters
    ----------
    study : spikefit_nb.search.Study
    objectives : sequence of two or three quantities that the trials have: along, up, and size of a
        dot; None: those of the study
    axes : (x, y) AxisWords of an earlier call, so that a unit never changes while a search runs

    Returns
    -------
    FrontData

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    DesignProblem
        The quantities are not two or three, or no trial has one of them.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> front_data(study).x_axis.label
    'Energy of events per inference (µJ)'
    """
    expect(study, Study, "study", "sf.search(network, profile, dataset)")
    on_axes: Sequence[str] = ()
    if objectives is not None:
        study = study if isinstance(study, SeenStudy) else seen_in(study, objectives)
        on_axes = study.objectives[:2]
    trials, reference = study.trials, study.reference
    reference_number = None if reference is None else reference.number
    done = [t for t in trials if t.state == "done" and t.number != reference_number]
    as_trained = [reference] if reference is not None and reference.state == "done" else []
    measured = [*done, *as_trained]
    # The network as trained decides the prefix, which a running search then keeps.
    first = as_trained or measured[:1]
    axes = axes or _axes(on_axes or chosen_axes(study.objectives), first)
    x_axis, y_axis = axes
    best_numbers = [t.number for t in study.best_trials]
    best = [t for t in measured if t.number in best_numbers]
    chosen = study.recommend().trial
    name = "as trained" if chosen is reference else f"trial {getattr(chosen, 'number', '')}"
    step_x, step_y = _steps(best, axes)
    points = _places(done, axes)
    numbers = np.array([t.number for t in done], dtype=np.int64)
    found = finding(len(best), len(measured), chosen, name)
    size, size_key = sizes(done, study.objectives, [axis.objective for axis in axes])
    return FrontData(
        found if trials or measured else WAITING,
        x_axis,
        y_axis,
        numbers,
        points[:, 0],
        y=points[:, 1],
        is_front=np.isin(numbers, best_numbers),
        is_inside=np.array([study.is_within_limits(t) for t in done], dtype=bool),
        size=size,
        values=tuple(counted(t.values) for t in done),
        step_x=step_x,
        step_y=step_y,
        unfit_numbers=np.array([t.number for t in trials if t.state == "infeasible"], np.int64),
        reference=tuple(_places(as_trained, axes)[0].tolist()) if as_trained else None,
        reference_number=reference_number,
        chosen=None if chosen is None else chosen.number,
        size_key=size_key,
    )


def _axes(names: Sequence[str], trials: Sequence[Any]) -> list[AxisWords]:
    """Both axes, with prefixes that suit some trials."""
    return [axis_words(n, [t.values[n] for t in trials]) if n else TRIAL for n in names]


def _steps(best: Sequence[Any], axes: Sequence[AxisWords]) -> tuple[np.ndarray, np.ndarray]:
    """The line that joins those of the best that no other beats along both axes."""
    line, ups = _places(best, axes), [axis.higher_is_better for axis in axes]
    on_line = is_best(line * [-1 if up else 1 for up in ups])
    return step_line(*line[on_line].T, x_up=ups[0], y_up=ups[1])


def _value(trial: Any, axis: AxisWords) -> float:
    return float(trial.values[axis.objective] if axis.objective else trial.number)


def _places(trials: Sequence[Any], axes: Sequence[AxisWords]) -> np.ndarray:
    """Where trials stand, (n, 2) float64, in the units the axes show."""
    return np.array([[_value(t, axis) * axis.scale for t in trials] for axis in axes]).T


def front_columns(
    shown: FrontData, chosen: int | None = None, *, limits: Limits | None = None
) -> dict[str, dict[str, list]]:
    """Lay out the columns of every source of a front's figure, by the source's name."""
    chosen = shown.chosen if chosen is None else chosen
    limits = limits or front_limits(shown)
    at = [shown.reference] if shown.reference else []
    reference: dict[str, list] = {
        "x": [x for x, _ in at],
        "y": [y for _, y in at],
        "number": [shown.reference_number for _ in at],
        "label": ["as trained" for _ in at],
    }
    is_seen = np.ones(len(shown.x), bool)
    for values, (lo, hi) in zip((shown.x, shown.y), limits, strict=True):
        is_seen &= (lo <= values) & (values <= hi)
    points = _point_columns(shown, is_seen)
    unfit = _rug(shown.unfit_numbers, LOWER)
    outside = _rug(shown.numbers[~is_seen], UPPER)
    n_outside = int(np.sum(~shown.is_inside))
    notes = {LOWER: f"does not fit: {len(unfit['x'])}"} if unfit["x"] else {}
    notes |= {UPPER: f"outside the limits: {n_outside}"} if n_outside else {}
    on_rug = [_places_of(chosen, columns) for columns in (unfit, outside)]
    return {
        "points": points,
        "front": {"x": shown.step_x.tolist(), "y": shown.step_y.tolist()},
        "unfit": unfit,
        "outside": outside,
        "unfit label": {"x": [0.015] * len(notes), "y": [*notes], "label": [*notes.values()]},
        "reference": reference,
        "ring": _places_of(chosen, reference if chosen == shown.reference_number else points),
        "unfit ring": {axis: on_rug[0][axis] + on_rug[1][axis] for axis in ("x", "y")},
    }


def _rug(numbers: np.ndarray, height: float) -> dict[str, list]:
    """Spread trials evenly along the foot of the figure: they have no place in it."""
    n = len(numbers)
    x = [round(0.25 + 0.74 * (i + 0.5) / max(n, 24), 4) for i in range(n)]
    return {"x": x, "y": [height] * n, "number": numbers.tolist()}


def _point_columns(shown: FrontData, is_seen: np.ndarray) -> dict[str, list]:
    order = np.argsort(shown.is_front, kind="stable")  # the front is painted last, on top
    order = order[is_seen[order]]
    is_front = shown.is_front[order].tolist()
    return {
        "x": shown.x[order].tolist(),
        "y": shown.y[order].tolist(),
        "number": shown.numbers[order].tolist(),
        "size": shown.size[order].tolist(),
        "colour": [BLUE if best else GREY for best in is_front],
        "values": [shown.values[i] for i in order],
    }


def _places_of(number: int | None, columns: dict[str, list]) -> dict[str, list]:
    """Where the trial of this number is among columns, if it is."""
    at = [i for i, other in enumerate(columns["number"]) if other == number]
    return {"x": [columns["x"][i] for i in at], "y": [columns["y"][i] for i in at]}


def front_limits(shown: FrontData, limits: Limits | None = None) -> Limits:
    """Widen the limits of both axes to hold every point within the search's limits."""
    x, y = shown.x[shown.is_inside].tolist(), shown.y[shown.is_inside].tolist()
    if shown.reference is not None:
        x, y = [*x, shown.reference[0]], [*y, shown.reference[1]]
    old_x, old_y = limits or (None, None)
    return grown(old_x, x, is_log=shown.x_axis.is_log), grown(old_y, y, is_log=shown.y_axis.is_log)


def build_front(shown: FrontData, *, title: str = "", height: int = 420) -> FrontFigure:
    """Draw a front once, with a source for everything that changes.

    Parameters
    ----------
    shown : FrontData
    title : str
    height : int, pixels

    Returns
    -------
    FrontFigure
        Its ``show`` draws a later state of the search into it, its ``ring`` a choice.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> "ring" in build_front(front_data(study)).sources
    True
    """
    x_kind, y_kind = ("log" if axis.is_log else "linear" for axis in (shown.x_axis, shown.y_axis))
    fig = new_figure(
        title=title,
        height=height,
        x_axis_type=x_kind,
        y_axis_type=y_kind,
        x_range=(1, 10),
        y_range=(0, 1),
        # The rug of what does not fit stands at the foot, wherever the axes reach.
        extra_x_ranges={"rug": Range1d(0, 1)},
        extra_y_ranges={"rug": Range1d(0, 1)},
        extra_x_scales={"rug": LinearScale()},
        extra_y_scales={"rug": LinearScale()},
    )
    for axis, words in ((fig.xaxis[0], shown.x_axis), (fig.yaxis[0], shown.y_axis)):
        if words.is_log:
            axis.update(ticker=FixedTicker(), formatter=NumeralTickFormatter(format="0,0.[000]"))
    sources = {name: ColumnDataSource(columns) for name, columns in front_columns(shown).items()}
    _draw_points(fig, sources)
    _draw_tooltips(fig, shown.x_axis, shown.y_axis)
    key = Title(
        text=shown.size_key, align="right", text_font_size=NOTE_SIZE, text_font_style="normal"
    )
    fig.add_layout(key, "above")
    drawn = FrontFigure(follow_page(fig), sources, key)
    drawn.show(shown)
    return drawn


def _draw_points(fig: figure, sources: dict[str, ColumnDataSource]) -> None:
    def named(name: str) -> dict:
        return {"x": "x", "y": "y", "source": sources[name], "name": name}

    fig.line(line_color=BLUE, line_width=2, **named("front"))
    fig.scatter(
        size="size",
        fill_color="colour",
        line_color="white",
        line_alpha=0.6,
        line_width=0.5,
        **named("points"),
    )
    rug = {"x_range_name": "rug", "y_range_name": "rug"}
    hollow = {"marker": "triangle", "fill_color": None}
    fig.scatter(size=11, line_color=GREY, line_width=1.8, **hollow, **rug, **named("unfit"))
    fig.scatter(size=9, line_color=GREY, fill_color=None, **rug, **named("outside"))
    fig.scatter(size=15, line_color=ACCENT, line_width=4, **hollow, **rug, **named("unfit ring"))
    fig.text(text="label", **WORDS_STYLE, **rug, **named("unfit label"))
    fig.scatter(marker="diamond", size=19, color=BLACK, **named("reference"))
    # Above, where few designs are: it is often the most accurate, and the dearest, of all.
    above = named("reference") | {"name": "reference label", "text_align": "center"}
    fig.text(text="label", y_offset=-19, **WORDS_STYLE, **above)
    fig.scatter(size=24, fill_color=None, line_color=ACCENT, line_width=4, **named("ring"))


def _draw_tooltips(fig: figure, x_axis: AxisWords, y_axis: AxisWords) -> None:
    trial = ("Trial", "@number")
    x = [(x_axis.label, "@x{0,0.[0]}")] if x_axis.objective else []
    lines = {
        "points": ("", "@values"),
        "unfit": ("", "does not fit"),
        "outside": ("", "outside the limits of the search"),
    }
    for name, line in lines.items():
        fig.add_tools(hover([trial, line], [renderer_of(fig, name)]))
    reference = [renderer_of(fig, "reference")]
    fig.add_tools(hover([trial, *x, (y_axis.label, "@y{0,0.[0]}")], reference))


def plot_front(study: Study, objectives: Sequence[str] | None = None) -> figure:
    """Draw the Pareto front of a study in blue, other designs in grey, the chosen one ringed.

    Parameters
    ----------
    study : spikefit_nb.search.Study, running or finished
    objectives : sequence of two or three quantities that the trials have: along, up, and size of a
        dot; None: those of the study

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    DesignProblem
        The quantities are not two or three, or no trial has one of them.

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
    shown = front_data(study, objectives=objectives)
    return ours(build_front(shown, title=shown.title).figure)
