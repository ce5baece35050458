"""What a session leaves: a page, the chip, the network as adapted, a deployment, a cell."""

from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem
from spikefit_nb.nir_file import write_nir
from spikefit_nb.widgets.page import TOOL, to_html
from spikefit_nb.widgets.workbench.panel import FULL, Panel
from spikefit_nb.widgets.workbench.save_row import SaveRow
from spikefit_nb.widgets.workbench.state import State

ROWS_OF_CODE = 8
ALL = "all panels"
PAGES = (
    "network",
    "chip",
    "fit",
    "numbers",
    "design",
    "operation",
    "search",
    "explore",
    "decide",
    "compare",
)


class SavePanel(Panel):
    """Save a page that opens alone, the chip, the network as the design has it, a deployment."""

    def __init__(self, state: State) -> None:
        self.what = ipywidgets.Dropdown(
            description="Page of",
            options=[ALL, *PAGES],
            style={"description_width": "110px"},
            layout=FULL,
        )
        self.rows: dict[str, SaveRow] = {}
        self.box = ipywidgets.VBox([], layout=FULL)
        super().__init__(state, "save", "Save", [self.what, self.box])
        self.add_class(TOOL)  # on a page there is nothing to save
        for what, name, write in (
            ("Page file", "workbench.html", self._page),
            ("Chip file", "my_chip.toml", self._chip),
            ("Network file", "adapted.nir", self._network),
            ("Deployment", "my_deployment.zip", self._deployment),
        ):
            self.rows[what] = SaveRow(self, what, name, write=write)
        self.box.children = list(self.rows.values())

    def _page(self, path: str) -> str:
        workbench: Any = self.state
        if self.what.value == ALL:
            to_html(workbench, path)
            return f"workbench.to_html({path!r})"
        to_html(workbench.panel(self.what.value), path)
        return f"workbench.panel({self.what.value!r}).to_html({path!r})"

    def _chip(self, path: str) -> str:
        self.state.profile.save(path)
        return f"profile.save({path!r})"

    def _network(self, path: str) -> str:
        write_nir(self._report().network, path)
        return f"sf.nir_file.write_nir(report.network, {path!r})"

    def _deployment(self, path: str) -> str:
        self._report().export(path)
        return f"report.export({path!r})"

    def _report(self) -> Report:
        report = self.state.report
        if report is None or not report.fits:
            raise DesignProblem(
                "The network as adapted is that of a design which fits and was run: see the panel "
                "Fit, or give recordings."
            )
        return report


class CodePanel(Panel):
    """The session as a cell that runs, to be copied."""

    def __init__(self, state: State) -> None:
        self.cell = ipywidgets.Textarea(
            description="Cell",
            rows=ROWS_OF_CODE,
            style={"description_width": "40px"},
            layout=Layout(width="100%", height="auto"),
        )
        self.cell.add_class("spikefit-cell")
        self.copy = ipywidgets.Button(
            description="Copy",
            tooltip="Copy the cell, to be pasted into any notebook",
            layout=Layout(width="84px"),
        )
        self.copy.add_class("spikefit-copy")  # the page copies, see manners.py
        super().__init__(state, "code", "This session as a cell", [self.cell, self.copy])
        self.watch(self._show, ["steps", "weights", "at_least", "at_most", "study"])
        self._show()

    def _show(self, _change: Any = None) -> None:
        self.cell.value = self.state.code
