"""Which design to take: limits and priorities, and one sentence."""

from html import escape
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.html import FONT, INK
from spikefit_nb.plots import words_of
from spikefit_nb.search import OBJECTIVES
from spikefit_nb.widgets.workbench.panel import FULL, Panel, close_all, faint
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import options

LABEL = {"description_width": "190px"}
NO_LIMIT = "no limit"
MOST_WEIGHT = 5.0


class DecidePanel(Panel):
    """Set limits and priorities; read which design serves them best."""

    def __init__(self, state: State) -> None:
        self.box = ipywidgets.VBox([], layout=FULL)
        self.sentence = ipywidgets.HTML()
        self.use = ipywidgets.Button(
            description="Use this design",
            tooltip="Take the recommended design over into the workbench",
            layout=Layout(width="140px"),
        )
        self.limits: dict[str, Any] = {}
        self.weights: dict[str, Any] = {}
        self._reached: dict[str, list[float]] = {}  # by designs, which limits are offered of
        super().__init__(state, "decide", "Decide", [self.box, self.sentence, self.use])
        self.press(self.use, self._use)
        self.watch(self._build, ["study"])
        self.watch(self._offer, ["n_told", "study"])
        self.watch(self._show, ["weights", "at_least", "at_most"])
        self.watch(self._tell, ["recommendation", "study"])
        self._build()
        self._offer()
        self._tell()

    def _use(self) -> None:
        found = self.state.recommendation
        if found is not None and found.trial is not None:
            self.state.use(found.trial)

    def _build(self, _change: Any = None) -> None:
        names = self.state.study.objectives if self.state.study is not None else ()
        if names == tuple(self.weights):
            return
        old, self._reached = self.box.children, {}
        self.limits = {name: self._limit(name) for name in names}
        self.weights = {name: self._weight(name) for name in names}
        self.box.children = [*self.limits.values(), *self.weights.values()]
        close_all(old)

    def _limit(self, name: str) -> Any:
        side = "At least" if OBJECTIVES[name].maximize else "At most"
        slider = ipywidgets.SelectionSlider(
            options=[NO_LIMIT],
            description=f"{side}: {OBJECTIVES[name].words}",
            continuous_update=False,
            style=LABEL,
            layout=FULL,
        )
        self.hear(slider, lambda value: self._set_limit(name, value))
        return slider

    def _set_limit(self, name: str, value: float | str) -> None:
        trait = "at_least" if OBJECTIVES[name].maximize else "at_most"
        limits = {k: v for k, v in getattr(self.state, trait).items() if k != name}
        if value != NO_LIMIT:
            limits[name] = value
        self.state.decide(**{trait: limits})

    def _weight(self, name: str) -> Any:
        slider = ipywidgets.FloatSlider(
            value=1.0,
            min=0.0,
            max=MOST_WEIGHT,
            step=0.5,
            description=f"Weight of {OBJECTIVES[name].words}",
            readout_format=".1f",
            continuous_update=False,
            style=LABEL,
            layout=FULL,
        )
        self.hear(slider, lambda value: self._set_weight(name, value))
        return slider

    def _set_weight(self, name: str, value: float) -> None:
        others = {other: slider.value for other, slider in self.weights.items()}
        self.state.decide(weights={**others, name: value})

    def _offer(self, _change: Any = None) -> None:
        """Offer as limits what designs have reached, and the limits that hold."""
        study = self.state.study
        if study is not None:
            done = [t for t in study.trials if t.state == "done"]
            with self.silent():
                for name, slider in self.limits.items():
                    self._reached[name] = [t.values[name] for t in done]
                    slider.options = self._options(name)
        self._show()

    def _options(self, name: str) -> list[tuple[str, float | str]]:
        held, reached = self._limit_on(name), self._reached.get(name, [])
        return options(reached, words_of(name)[1], none=NO_LIMIT, held=held)

    def _limit_on(self, name: str) -> float | None:
        return {**self.state.at_least, **self.state.at_most}.get(name)

    def _show(self, _change: Any = None) -> None:
        with self.silent():
            for name, slider in self.limits.items():
                wanted = self._limit_on(name)
                if wanted is not None and wanted not in dict(slider.options).values():
                    slider.options = self._options(name)
                slider.value = NO_LIMIT if wanted is None else wanted
            for name, slider in self.weights.items():
                slider.value = self.state.weights.get(name, 1.0)

    def _tell(self, _change: Any = None) -> None:
        found = self.state.recommendation
        no_study = faint("Search first: then limits and priorities choose among the designs.")
        words = "" if found is None else escape(found.sentence)
        told = f'<div style="{FONT};{INK};font-size:14px;line-height:1.5">{words}</div>'
        self.sentence.value = no_study if self.state.study is None else told
        self.use.disabled = found is None or found.trial is None
