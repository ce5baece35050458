"""How the network is changed and laid out: a control for each knob, and what comes of it."""

from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.widgets.workbench.knobs import Control, controls, value_in
from spikefit_nb.widgets.workbench.panel import FULL, Panel, close_all, faint
from spikefit_nb.widgets.workbench.state import State

LABEL = {"description_width": "125px"}
FORMATS = {"share": ".0%", "factor": ".1f", "whole": "d"}


class DesignPanel(Panel):
    """Turn the knobs of a design; those that need no run of the network answer at once."""

    def __init__(self, state: State) -> None:
        self.box = ipywidgets.VBox([], layout=FULL)
        self.box.add_class("spikefit-knobs")
        self.status = ipywidgets.HTML()
        self.as_trained = ipywidgets.Button(
            description="As trained",
            tooltip="Undo every change that the chip does not demand",
            layout=Layout(width="110px"),
        )
        self.knobs: dict[str, Any] = {}
        self.shown: tuple[Control, ...] = ()
        super().__init__(state, "design", "Design", [self.box, self.as_trained, self.status])
        self.press(self.as_trained, self._undo)
        self.watch(self._build, ["network", "profile", "dataset"])
        self.watch(self._show, ["design"])
        self.watch(self._say, ["status"])
        self._build()
        self._say()

    def _undo(self) -> None:
        for control in self.shown:
            if value_in(self.state.design, control) != control.as_trained:
                self.state.turn(control.name, control.as_trained)

    def _build(self, _change: Any = None) -> None:
        found: tuple[Control, ...] = ()
        with self.state.attempt(self.name):
            found = controls(self.state.space)
        if found != self.shown:
            old, self.shown = self.box.children, found
            self.knobs = {control.name: self._knob(control) for control in found}
            self.box.children = list(self._rows())
            close_all(old)
        self._show()

    def _rows(self) -> Any:
        for is_at_once, words in ((True, "At once"), (False, "New run of the network")):
            row = [self.knobs[c.name] for c in self.shown if c.is_at_once is is_at_once]
            if row:
                yield ipywidgets.HTML(faint(words))
                yield from row

    def _knob(self, control: Control) -> Any:
        common = {
            "description": control.label,
            "tooltip": f"{control.why}. {'At once.' if control.is_at_once else 'New run.'}",
            "style": LABEL,
            "layout": FULL,
            "value": value_in(self.state.design, control),
        }
        if control.shape == "switch":
            knob = ipywidgets.Checkbox(**common | {"indent": True})
        elif control.shape == "choice":
            knob = ipywidgets.Dropdown(options=control.choices, **common)
        else:
            low, high = control.ends
            make = ipywidgets.IntSlider if control.shape == "whole" else ipywidgets.FloatSlider
            step = int(control.step) if control.shape == "whole" else control.step
            knob = make(
                min=low,
                max=high,
                step=step,
                readout_format=FORMATS[control.shape],
                continuous_update=False,
                **common,
            )
        self.hear(knob, lambda value: self.state.turn(control.name, value))
        return knob

    def _show(self, _change: Any = None) -> None:
        with self.silent():
            for control in self.shown:
                value = value_in(self.state.design, control)
                if self.knobs[control.name].value != value:
                    self.knobs[control.name].value = value

    def _say(self, _change: Any = None) -> None:
        self.status.value = faint(self.state.status)
