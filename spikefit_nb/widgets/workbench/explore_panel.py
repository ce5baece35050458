"""What a search found: fronts, parallel coordinates, trials, history, and one trial in full."""

from threading import RLock
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.errors import DesignProblem, SpikefitError
from spikefit_nb.plots import plot_history, plot_importance, words_of
from spikefit_nb.plots.front import chosen_axes
from spikefit_nb.plots.parallel import parallel_data
from spikefit_nb.plots.seen import quantities_of
from spikefit_nb.search import OBJECTIVES
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench import lines
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.front_picture import FrontPicture
from spikefit_nb.widgets.workbench.panel import FULL, Panel, close_all
from spikefit_nb.widgets.workbench.parallel_picture import ParallelPicture
from spikefit_nb.widgets.workbench.picture import Picture, tabs
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.state import words_of as said_of
from spikefit_nb.widgets.workbench.trial_pictures import TrialPictures
from spikefit_nb.widgets.workbench.trial_rows import TrialRows

PATIENCE_S = 0.1  # between two states of a search that are drawn
VIEWS = {
    "front": "Front",
    "parallel": "Parallel",
    "trials": "Trials",
    "history": "History",
    "importance": "What matters",
}
NONE = "none"
NO_STUDY = "Search first: what was found is shown here."
ALL = "all designs"
SHOWN = ["study", "n_told", "recommendation", "axes", "brushed", "at_least", "at_most"]


class ExplorePanel(Panel):
    """Look at a search from several sides, and at one of its trials in full."""

    def __init__(self, state: State) -> None:
        self.tabs = tabs("Of the search", VIEWS)
        self.front, self.parallel = FrontPicture(self._tapped), ParallelPicture(self._brushed)
        self.rows, self.one = TrialRows(self._pressed), TrialPictures()
        self.history, self.importance = Picture(), Picture()
        self.along, self.up, self.size = (
            _dropdown(words) for words in ("Along", "Up", "Size of a dot")
        )
        self.axis, self.low, self.high = (_dropdown(words) for words in ("Axis", "From", "To"))
        self.clear = ipywidgets.Button(
            description="Clear",
            tooltip="Look at all designs again",
            layout=Layout(width="80px"),
        )
        self.of = _dropdown("Of")
        self.views = {
            "front": [_controls([self.along, self.up, self.size]), self.front],
            "parallel": [_controls([self.axis, self.low, self.high, self.clear]), self.parallel],
            "trials": [self.rows],
            "history": [_controls([self.of]), self.history],
            "importance": [self.importance],
        }
        self.place = ipywidgets.VBox(self.views["front"], layout=FULL)
        grid = ipywidgets.HBox(
            [ipywidgets.VBox([self.tabs, self.place], layout=FULL), self.one], layout=FULL
        )
        grid.add_class("spikefit-explore")
        self.drawer = Latest(self._draw, self._drawn, self._failed, patience_s=PATIENCE_S)
        self._could_not, self._at_work = False, RLock()
        super().__init__(state, "explore", "Explore", [grid])
        self.tabs.observe(self._turned, "value")
        for control in (self.along, self.up, self.size):
            self.hear(control, self._set_axes)
        self.hear(self.axis, self._offer_ends)
        self.hear(self.low, self._set_brush)
        self.hear(self.high, self._set_brush)
        self.hear(self.of, lambda _: self._say_and_draw())
        self.one.tabs.observe(self._say_line, "value")
        self.press(self.clear, lambda: self._see(brushed={}))
        self.watch(self._ask, SHOWN)
        self.watch(self._look, ["selected_trial", "study"])
        self._look()
        self._draw(None)

    # What a person does.

    def _tapped(self, number: int) -> None:
        study = self.state.study
        if study is not None:
            tried = {t.number: t for t in (study.reference, *study.trials) if t is not None}
            with self.state.attempt(self.name):
                self._pressed(tried[number])

    def _pressed(self, trial: Any) -> None:
        self.state.look_at(trial)

    def _brushed(self, ends: dict[str, tuple[Any, Any]]) -> None:
        with self.state.attempt(self.name):
            self._see(brushed={**self.state.brushed, **ends})

    def _set_axes(self, _value: Any) -> None:
        names = [self.along.value, self.up.value]
        names += [self.size.value] if self.size.value not in (NONE, *names) else []
        if names[0] == names[1]:
            raise DesignProblem(
                f"Along and up are both {words_of(names[0])[0].lower()}; choose two that differ, "
                "such as energy along and accuracy up."
            )
        self._see(axes=tuple(names))

    def _set_brush(self, _value: Any) -> None:
        ends = (self.low.value, self.high.value)
        self._see(brushed={**self.state.brushed, self.axis.value: ends})

    def _see(self, **traits: Any) -> None:
        self.state.change(self.name, None, **traits)
        self._say(self._line_of_view())

    def _turned(self, _change: Any) -> None:
        self.place.children = self.views[self.tabs.value]
        self._say_and_draw()

    def _say_and_draw(self) -> None:
        self._say(self._line_of_view())
        self._ask()

    def _say_line(self, _change: Any = None) -> None:
        trial, study = self.state.selected_trial, self.state.study
        if trial is not None and study is not None:
            given = lines.trial_line(study, trial)
            self._say(f"{given}\n{self.one.line}" if given else trial.code)

    def _say(self, line: str) -> None:
        if self.state.study is not None:
            self.state.said = {**self.state.said, self.name: line}

    def _line_of_view(self) -> str:
        between = ", ".join(map(repr, filter(None, [dict(self.state.brushed)])))
        given = {
            "front": f"sf.plot_front(study, {self._names()!r})",
            "parallel": f"sf.plots.plot_parallel({', '.join(filter(None, ['study', between]))})",
            "trials": "study.to_frame()",
            "history": f"sf.plots.plot_history(study, {self.of.value!r})",
            "importance": "sf.plots.plot_importance(study.importance())",
        }
        return given[self.tabs.value]

    # What is shown.

    def _names(self) -> tuple[str, ...]:
        """The quantities along, up and of the size of a dot."""
        study, axes = self.state.study, tuple(self.state.axes)
        if axes or study is None:
            return axes
        along, up = chosen_axes(study.objectives)
        names = [name for name in (along, up, *study.objectives) if name]
        return tuple(dict.fromkeys(names))[:3]

    def _ask(self, _change: Any = None) -> None:
        self.drawer.ask(None)

    def _look(self, _change: Any = None) -> None:
        self.one.look(self.state.selected_trial, self.state.study)
        self._say_line()
        self._ask()

    def _draw(self, _asked: Any) -> None:
        """Draw the view that is open, from whichever thread, one at a time."""
        with self._at_work:
            self._draw_view(self.state.study)

    def _draw_view(self, study: Any) -> None:
        if self.is_closed:
            return
        if study is None or not _priced(study):
            for picture in (self.front, self.parallel, self.history, self.importance):
                picture.say(NO_STUDY)
            self.rows.show([], (), None)
            return
        self._offer(study)
        getattr(self, f"_draw_{self.tabs.value}")(study)

    def _draw_front(self, study: Any) -> None:
        names, found = self._names(), self.state.recommendation
        if len(names) < 2:
            self.front.say(f"A front needs two quantities; this search has {names[0]} alone.")
            return
        self.front.draw(
            study,
            names,
            chosen=self._number,
            decided=found.trial.number if found is not None and found.trial else None,
            limits={**self.state.at_least, **self.state.at_most},
        )

    def _draw_parallel(self, study: Any) -> None:
        self.parallel.draw(study, self.state.brushed, self._number)

    def _draw_trials(self, study: Any) -> None:
        tried = [t for t in (study.reference, *study.trials) if t is not None]
        if self.state.brushed:
            shown = parallel_data(study, self.state.brushed)
            kept = set(shown.numbers[shown.is_kept].tolist())
            tried = [t for t in tried if t.number in kept]
        self.rows.show(tried, study.objectives, self._number)

    def _draw_history(self, study: Any) -> None:
        self.history.show(plot_history(study, self.of.value))

    def _draw_importance(self, study: Any) -> None:
        try:
            self.importance.show(plot_importance(study.importance()))
        except SpikefitError as error:
            self.importance.say(str(error))

    @property
    def _number(self) -> int | None:
        trial = self.state.selected_trial
        return None if trial is None else trial.number

    def _offer(self, study: Any) -> None:
        """Offer quantities that the trials have, and ends of what is brushed."""
        known = [name for name in quantities_of(study) if name in OBJECTIVES]
        offered = [(words_of(name)[0], name) for name in known]
        names = self._names()
        with self.silent():
            for control, name in zip((self.along, self.up), names, strict=False):
                _set(control, offered, name)
            _set(self.size, [(NONE, NONE), *offered], names[2] if len(names) > 2 else NONE)
            own = [(words_of(name)[0], name) for name in study.objectives]
            _set(self.of, own, self.of.value or study.objectives[0])
        if self.tabs.value == "parallel":
            self._offer_axes(study)

    def _offer_axes(self, study: Any) -> None:
        axes = {axis.name: axis for axis in parallel_data(study).axes}
        with self.silent():
            names = [(axis.label, name) for name, axis in axes.items()]
            _set(self.axis, names, self.axis.value if self.axis.value in axes else [*axes][-1])
            axis = axes[self.axis.value]
            ends = [axis.value(k / 10) for k in range(11)]
            first, last = self.state.brushed.get(axis.name, (ends[0], ends[-1]))
            words = [(axis.words(end), end) for end in (first, *ends, last)]
            words = list({word: (word, end) for word, end in words}.values())
            words.sort(key=lambda option: axis.place(option[1]))
            for control, end in ((self.low, first), (self.high, last)):
                word = axis.words(end)
                _set(control, words, next(value for w, value in words if w == word))

    def _offer_ends(self, _value: Any) -> None:
        if self.state.study is not None:
            self._offer_axes(self.state.study)

    def _drawn(self, _nothing: Any) -> None:
        if self._could_not:
            self._could_not = False
            self.state.problems = {**self.state.problems, self.name: ""}

    def _failed(self, error: Exception) -> None:
        self._could_not = True
        self.state.problems = {**self.state.problems, self.name: said_of(error)}

    def close(self) -> None:
        """Take the panel from every page, and let go of all it holds."""
        self.drawer.forget()
        self.one.forget()
        with self._at_work:  # a picture that is made meanwhile would stay for ever
            super().close()
            for view in self.views.values():
                close_all(view)


def _priced(study: Any) -> bool:
    return any(t is not None and t.state == "done" for t in (study.reference, *study.trials))


def _dropdown(words: str) -> Any:
    return ipywidgets.Dropdown(
        description=words, style={"description_width": "auto"}, layout=Layout(width="250px")
    )


def _controls(controls: list[Any]) -> Any:
    row = ipywidgets.HBox(controls, layout=Layout(flex_flow="row wrap", width="100%"))
    row.add_class(TOOL)
    return row


def _set(control: Any, options: list, value: Any) -> None:
    """Offer what can be chosen, if it has changed, and show what is."""
    if list(control.options) != options:
        control.options = options
    if control.value != value:
        control.value = value
