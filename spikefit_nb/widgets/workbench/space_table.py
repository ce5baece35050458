"""The space of a search as a table: each knob, how far it turns, and whether it is searched."""

from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.adapt import Design
from spikefit_nb.network import setting_of
from spikefit_nb.search import DesignSpace
from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.workbench.knobs import controls
from spikefit_nb.widgets.workbench.panel import FULL
from spikefit_nb.widgets.workbench.told import space_row_html


class SpaceTable(ipywidgets.VBox):
    """A row for each knob of a space; one that is switched off stays as the design has it."""

    def __init__(self) -> None:
        self.knobs: dict[str, Any] = {}
        self.space: DesignSpace | None = None
        self.rows: list[Any] = []
        super().__init__([], layout=FULL)
        self.add_class("spikefit-space")

    def show(self, space: DesignSpace) -> None:
        """Show a space; knobs that were switched off before and are there again stay off."""
        if space is self.space:
            return
        off = {name for name, knob in self.knobs.items() if not knob.value}
        labels = {control.name: control.label for control in controls(space)}
        ranges = {q.of: q.value for q in space.quantities if q.name == "range"}
        why = {knob.name: knob.found.why for knob in space.knobs}
        old, self.space = self.rows, space
        self.knobs = {
            name: ipywidgets.Checkbox(
                value=name not in off,
                description=labels[name],
                tooltip=f"Search {labels[name].lower()}: {why[name]}",
                indent=False,
                layout=Layout(width="auto", min_width="0"),
            )
            for name in why
        }
        self.rows = [self._row(name, str(ranges[name]), why[name]) for name in self.knobs]
        self.set_trait("children", self.rows)
        close_all(old)

    def _row(self, name: str, reach: str, why: str) -> Any:
        said = ipywidgets.HTML(space_row_html(reach, why), layout=Layout(min_width="0"))
        row = ipywidgets.HBox([self.knobs[name], said], layout=FULL)
        row.add_class("spikefit-space-row")
        return row

    def held(self, design: Design) -> dict[str, Any]:
        """What the knobs that are off stay at, as ``space`` of a search has it."""
        if self.space is None:
            return {}
        off = (knob for knob in self.space.knobs if not self.knobs[knob.name].value)
        return {knob.name: _stands(design, knob) for knob in off}


def _stands(design: Design, knob: Any) -> Any:
    """Where a design has a knob, or what changes nothing."""
    kind, _, population = knob.name.partition(".")
    value = setting_of(getattr(design, kind, None), population)
    is_set = value is not None and value != getattr(Design(), kind, None)
    return value if is_set else knob.found.as_trained
