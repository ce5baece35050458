"""Searches that were kept before: a list of them, and a button that picks one up."""

import re
from pathlib import Path
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.errors import DesignProblem
from spikefit_nb.search import KeptStudy, Study, load_study, studies
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.state import words_of

NONE = "none listed yet"
NOT_LISTED = "List shows the searches that this machine keeps."


class Stored(ipywidgets.VBox):
    """List the searches that are kept, and bring one of them back."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self.kept: dict[str, KeptStudy] = {}
        self.pick = ipywidgets.Dropdown(
            description="Search",
            options=[NONE],
            style={"description_width": "80px"},
            layout=FULL,
        )
        self.find, self.take = (
            ipywidgets.Button(description=word, tooltip=says, layout=Layout(width="84px"))
            for word, says in (
                ("List", "List the searches that are kept on this machine, the latest first"),
                ("Pick up", "Show the search that is chosen; it can go on where it ended"),
            )
        )
        self.take.disabled = True
        self.status = ipywidgets.HTML(faint(NOT_LISTED))
        buttons = ipywidgets.HBox([self.find, self.take])
        super().__init__([self.pick, buttons, self.status], layout=FULL)
        self.add_class(TOOL)
        self.finder = Latest(lambda _: studies(), self._offer, self._failed)
        self.loader = Latest(_loaded, self._taken, self._failed)
        panel.press(self.find, self._find)
        panel.press(self.take, self._take)

    def _find(self) -> None:
        self.status.value = faint("Looking ...")
        self.finder.ask(None)

    def _offer(self, found: tuple[KeptStudy, ...]) -> None:
        self.kept = {f"{k}. {named(kept)}": kept for k, kept in enumerate(found, 1)}
        self.pick.options = list(self.kept) or [NONE]
        self.take.disabled = not self.kept
        self.status.value = faint("" if self.kept else "No search is kept on this machine yet.")

    def _take(self) -> None:
        state = self._panel.state
        self.status.value = faint("Reading it ...")
        self.loader.ask((self.kept[self.pick.value], (state.network, state.profile, state.dataset)))

    def _taken(self, found: tuple[Study, bool]) -> None:
        study, goes_on = found
        self.status.value = ""
        self._panel.state.take_study(study, goes_on=goes_on)

    def _failed(self, error: Exception) -> None:
        self.status.value = ""
        state = self._panel.state
        state.problems = {**state.problems, self._panel.name: words_of(error)}


def named(kept: KeptStudy) -> str:
    """What a kept search is of, and when it began, where the name of its file tells that."""
    words = kept.headline.rpartition(", ")[0]
    when = re.match(r"(\d{4}-\d\d-\d\d)_(\d\d)(\d\d)", Path(kept.storage).name)
    return f"{words}, {when[1]} {when[2]}:{when[3]}" if when else words


def _loaded(asked: tuple[KeptStudy, tuple[Any, Any, Any]]) -> tuple[Study, bool]:
    """A study with what it needs to go on, where that is in the workbench; else to be read."""
    kept, (network, profile, dataset) = asked
    if dataset is None:
        return load_study(kept), False
    try:
        return load_study(kept, network=network, profile=profile, dataset=dataset), True
    except DesignProblem:
        return load_study(kept), False
