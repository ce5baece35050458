"""Parallel coordinates: each trial a line through its knobs and what came of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from spikefit_nb.errors import UnknownName, expect
from spikefit_nb.plots.importance import label
from spikefit_nb.plots.theme import (
    ACCENT,
    BLUE,
    GREY,
    NO_AXES,
    WORDS_STYLE,
    axis_words,
    counted,
    follow_page,
    hover,
    new_figure,
    ours,
    words_of,
    written,
)
from spikefit_nb.units import text

MOST_KNOBS = 6
AS_TRAINED = -0.16  # where a line passes below an axis whose knob was not turned
FAINT, CLEAR = 0.07, 0.55
SLANT = 0.6  # of the names of axes, in radians: there are many, and they are long
Between = Mapping[str, tuple[Any, Any]]  # by axis: the first and the last value kept


@runtime_checkable
class Study(Protocol):
    """What the picture reads of a search, running or ended."""

    objectives: tuple[str, ...]
    trials: Sequence[Any]
    best_trials: Sequence[Any]  # those that no other beats in all objectives
    reference: Any  # the network as trained; None as long as it has not ended


class ParallelAxis(NamedTuple):
    """One axis, from 0 at its foot to 1."""

    name: str
    label: str
    low: float
    high: float
    is_log: bool
    choices: tuple[Any, ...]  # in order, where values are words; else none
    ticks: tuple[tuple[float, str], ...]
    unit: str | None = None  # of an objective

    def place(self, value: Any) -> float:
        """Where a value stands; a knob that was not turned stands below."""
        if value is None:
            return AS_TRAINED
        if self.choices:
            return self.choices.index(value) / max(len(self.choices) - 1, 1)
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low) if high > low else 0.5

    def value(self, place: float) -> Any:
        """The value that stands at a place, the nearest one of words."""
        place = min(max(place, 0.0), 1.0)
        if self.choices:
            return self.choices[round(place * (len(self.choices) - 1))]
        low, high = self._scaled(self.low), self._scaled(self.high)
        scaled = low + place * (high - low)
        return float(np.exp(scaled)) if self.is_log else scaled

    def words(self, value: Any) -> str:
        """A value of the axis for a reader."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.choices or self.unit is None:
            return str(value) if self.choices else text(value)
        return text(value, self.unit)

    def _scaled(self, value: float) -> float:
        return float(np.log(value)) if self.is_log else float(value)


class ParallelData(NamedTuple):
    """The axes from left to right, and where each trial that has values passes them."""

    title: str
    note: str
    axes: tuple[ParallelAxis, ...]
    numbers: np.ndarray
    y: np.ndarray  # (n_trials, n_axes)
    is_best: np.ndarray
    is_kept: np.ndarray  # between the ends asked for
    values: tuple[str, ...]  # of each trial's objectives, in words


def parallel_data(study: Study, between: Between | None = None) -> ParallelData:
    """Gather what parallel coordinates of a search show.

    Knobs that differ between designs come first, the objectives last. A knob that a design leaves
    as the network was trained has no value there: its line passes below the axis.

    Parameters
    ----------
    study : spikefit_nb.search.Study
    between : mapping of axis to (first, last), optional; trials outside stand back. For a knob of
        words the ends are words

    Returns
    -------
    ParallelData

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    UnknownName
        There is no such axis.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=2)
    >>> study.wait()
    >>> parallel_data(study).axes[-1].name
    'latency_s'
    """
    expect(study, Study, "study", "sf.search(network, profile, dataset)")
    expect(between, Mapping | None, "between", "{'accuracy': (0.9, 1.0)}")
    tried = {t.number: t for t in (study.reference, *study.trials) if t is not None}
    done = [t for t in tried.values() if t.state == "done"]
    turned = [knobs_of(t) for t in done]
    knobs = _differing(turned)
    axes = [knob_axis(name, [k.get(name) for k in turned]) for name in knobs[:MOST_KNOBS]]
    axes += [value_axis(name, [t.values[name] for t in done]) for name in study.objectives]
    own = [{**k, **t.values} for k, t in zip(turned, done, strict=True)]
    y = np.array([[axis.place(of.get(axis.name)) for axis in axes] for of in own])
    y = y.reshape(len(done), len(axes))
    best = {t.number for t in study.best_trials}
    left = len(knobs) - MOST_KNOBS
    shown = ParallelData(
        f"{len(done):,} designs",
        f"{left} knobs with fewer settings are left out" if left > 0 else "",
        tuple(axes),
        np.array([t.number for t in done], np.int64),
        y,
        is_best=np.array([t.number in best for t in done], bool),
        is_kept=np.ones(len(done), bool),
        values=tuple(counted(t.values) for t in done),
    )
    return kept_between(shown, between) if between else shown


def kept_between(shown: ParallelData, between: Between) -> ParallelData:
    """The same with trials outside marked as such; without ends, none is."""
    kept = within(shown.axes, shown.y, between)
    n = f"{len(shown.y):,} designs"
    return shown._replace(title=f"{kept.sum():,} of {n}" if between else n, is_kept=kept)


def knobs_of(trial: Any) -> dict[str, Any]:
    """The knobs that a trial's design turns, those of a population under names of their own."""
    changes = trial.design.changes() if hasattr(trial.design, "changes") else {}
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{population}": v for population, v in value.items()}
        else:
            found[name] = value
    return found


def _differing(turned: Sequence[Mapping[str, Any]]) -> list[str]:
    """Knobs that are not the same in all designs, those with most settings first."""
    names = dict.fromkeys(name for knobs in turned for name in knobs)
    settings = {name: {repr(knobs.get(name)) for knobs in turned} for name in names}
    return sorted((n for n in names if len(settings[n]) > 1), key=lambda n: -len(settings[n]))


def knob_axis(name: str, values: Sequence[Any]) -> ParallelAxis:
    """The axis of a knob, of the values it takes; None is left as trained."""
    known = [v for v in values if v is not None]
    words = label(name)
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in known):
        low, high = float(min(known)), float(max(known))
        ends = ((0.0, text(low)), (1.0, text(high))) if high > low else ((0.5, text(low)),)
        return ParallelAxis(name, words, low, high, is_log=False, choices=(), ticks=ends)
    choices = tuple(sorted(dict.fromkeys(known), key=str))
    axis = ParallelAxis(name, words, 0.0, 1.0, is_log=False, choices=choices, ticks=())
    return axis._replace(ticks=tuple((axis.place(c), axis.words(c)) for c in choices))


def value_axis(name: str, values: Sequence[float]) -> ParallelAxis:
    """The axis of an objective."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    is_log = axis_words(name, values).is_log and low > 0
    label, unit, _ = words_of(name)
    ticks = [(0.5, written(name, low))]
    if high > low:
        ticks = [(0.0, written(name, low)), (1.0, written(name, high))]
    return ParallelAxis(
        name, label, low, high, is_log=is_log, choices=(), ticks=tuple(ticks), unit=unit
    )


def within(axes: Sequence[ParallelAxis], y: np.ndarray, between: Between) -> np.ndarray:
    """Which trials lie between the ends asked for on every axis."""
    kept = np.ones(len(y), bool)
    places = {axis.name: k for k, axis in enumerate(axes)}
    for name, (first, last) in between.items():
        if name not in places:
            raise UnknownName("axis", name, places)
        k = places[name]
        low, high = sorted((axes[k].place(first), axes[k].place(last)))
        kept &= (low - 1e-9 <= y[:, k]) & (y[:, k] <= high + 1e-9)
    return kept


def right_of(shown: ParallelData) -> float:
    """The right end of the picture, with room for slanted names."""
    return 1.3 * max(len(shown.axes), 1) - 1


class ParallelFigure(NamedTuple):
    """Parallel coordinates and their sources, which change while a search runs."""

    figure: figure
    sources: dict[str, ColumnDataSource]

    def show(
        self, shown: ParallelData, between: Between | None = None, chosen: int | None = None
    ) -> None:
        """Show another state of the search, what is brushed, and the trial that is chosen."""
        for name, columns in parallel_columns(shown, between or {}, chosen).items():
            self.sources[name].data = columns
        self.figure.title.text = shown.title
        self.figure.x_range.end = right_of(shown)


def parallel_columns(
    shown: ParallelData, between: Between, chosen: int | None = None
) -> dict[str, dict[str, list]]:
    """Lay out the columns of every source, by its name."""
    # what stands back is painted first, what is chosen last
    order = np.lexsort((shown.numbers == chosen, shown.is_best, shown.is_kept))
    x = list(range(len(shown.axes)))
    alpha = np.where(shown.is_kept, np.where(shown.is_best, 0.9, CLEAR), FAINT)
    ticks = [(k, y, words) for k, axis in enumerate(shown.axes) for y, words in axis.ticks]
    has_untold = (shown.y == AS_TRAINED).any(axis=0) if len(shown.y) else []
    ticks += [(k, AS_TRAINED, "as trained") for k in np.flatnonzero(has_untold)[:1].tolist()]
    brushes = _brushed(shown.axes, between)
    at = np.flatnonzero(shown.numbers == chosen)
    return {
        "lines": {
            "x": [x] * len(order),
            "y": np.round(shown.y[order], 4).tolist(),
            "number": shown.numbers[order].tolist(),
            "colour": [BLUE if best else GREY for best in shown.is_best[order]],
            "alpha": alpha[order].tolist(),
            "values": [shown.values[i] for i in order],
        },
        "chosen": {"x": [x] * len(at), "y": shown.y[at].tolist()},
        "axes": {"x": x, "low": [0] * len(x), "high": [1] * len(x)},
        "names": {
            "x": x,
            "y": [1.07] * len(x),
            "label": [axis.label for axis in shown.axes],
        },
        "ticks": {
            "x": [k for k, _, _ in ticks],
            "y": [y for _, y, _ in ticks],
            "label": [words for *_, words in ticks],
        },
        "brushes": {
            "left": [k - 0.06 for k, _, _ in brushes],
            "right": [k + 0.06 for k, _, _ in brushes],
            "bottom": [low - 0.012 for _, low, _ in brushes],
            "top": [high + 0.012 for *_, high in brushes],
        },
    }


def _brushed(axes: Sequence[ParallelAxis], between: Between) -> list[tuple[int, float, float]]:
    """Axis and both ends of each brush."""
    found = [(k, axis, between[axis.name]) for k, axis in enumerate(axes) if axis.name in between]
    places = [(k, sorted(axis.place(end) for end in ends)) for k, axis, ends in found]
    return [(k, low, high) for k, (low, high) in places]


def build_parallel(shown: ParallelData, *, height: int = 430) -> ParallelFigure:
    """Draw parallel coordinates once, with a source for everything that changes.

    Parameters
    ----------
    shown : ParallelData
    height : int, pixels

    Returns
    -------
    ParallelFigure
        Its ``show`` draws a later state of the search into it.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=2)
    >>> study.wait()
    >>> "brushes" in build_parallel(parallel_data(study)).sources
    True
    """
    fig = new_figure(
        title=shown.title,
        height=height,
        x_range=(-0.3, right_of(shown)),
        y_range=(-0.24, 1.56),
        tools="box_select,save",
        **NO_AXES,
    )
    columns = parallel_columns(shown, {})
    sources = {name: ColumnDataSource(data) for name, data in columns.items()}
    lines = fig.multi_line(
        "x",
        "y",
        line_color="colour",
        line_alpha="alpha",
        line_width=1.6,
        source=sources["lines"],
        name="lines",
    )
    # What a drag selects is which axis and from where to where, not glyphs.
    lines.nonselection_glyph = None
    lines.selection_glyph = None
    fig.multi_line("x", "y", line_color=ACCENT, line_width=4, source=sources["chosen"])
    fig.segment("x", "low", "x", "high", line_color=GREY, line_width=1.5, source=sources["axes"])
    filled = {"fill_color": ACCENT, "fill_alpha": 0.35, "line_color": ACCENT}
    fig.quad("left", "right", "bottom", "top", source=sources["brushes"], **filled)
    beside = WORDS_STYLE | {"text_font_size": "11px"}
    fig.text("x", "y", text="label", x_offset=6, source=sources["ticks"], **beside)
    names = WORDS_STYLE | {"text_font_size": "12px"}
    fig.text("x", "y", text="label", angle=SLANT, source=sources["names"], **names)
    fig.add_tools(hover([("Trial", "@number"), ("", "@values")], [lines]))
    return ParallelFigure(follow_page(fig), sources)


def plot_parallel(study: Study, between: Between | None = None) -> figure:
    """Draw each trial as a line through its knobs and objectives; the best ones in blue.

    Parameters
    ----------
    study : spikefit_nb.search.Study
    between : mapping of axis to (first, last), optional; trials outside stand back

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    UnknownName
        There is no such axis.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=2)
    >>> study.wait()
    >>> plot_parallel(study, {"accuracy": (2.0, 3.0)}).title.text  # no share is above 1
    '0 of 3 designs'
    """
    shown = parallel_data(study, between)
    drawn = build_parallel(shown)
    drawn.show(shown, between)
    return ours(drawn.figure)
