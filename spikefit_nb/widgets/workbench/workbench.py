"""The workbench: all panels around one state."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, final

import ipywidgets

from spikefit_nb.errors import UnknownName
from spikefit_nb.widgets.embed import bokeh_js_html
from spikefit_nb.widgets.manners import SCRIPT
from spikefit_nb.widgets.page import to_html
from spikefit_nb.widgets.workbench.chip_panel import ChipPanel
from spikefit_nb.widgets.workbench.compare_panel import ComparePanel
from spikefit_nb.widgets.workbench.decide_panel import DecidePanel
from spikefit_nb.widgets.workbench.design_panel import DesignPanel
from spikefit_nb.widgets.workbench.explore_panel import ExplorePanel
from spikefit_nb.widgets.workbench.fit_panel import FitPanel
from spikefit_nb.widgets.workbench.head import NumbersPanel
from spikefit_nb.widgets.workbench.network_panel import NetworkPanel
from spikefit_nb.widgets.workbench.operation_panel import OperationPanel
from spikefit_nb.widgets.workbench.panel import FULL, Panel, close_all
from spikefit_nb.widgets.workbench.save_panel import CodePanel, SavePanel
from spikefit_nb.widgets.workbench.search_panel import SearchPanel
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import finding

PANELS: Mapping[str, Callable[[State], Panel]] = {
    "network": NetworkPanel,
    "chip": ChipPanel,
    "fit": FitPanel,
    "numbers": NumbersPanel,
    "design": DesignPanel,
    "operation": OperationPanel,
    "search": SearchPanel,
    "explore": ExplorePanel,
    "decide": DecidePanel,
    "compare": ComparePanel,
    "code": CodePanel,
    "save": SavePanel,
}
LEFT = ("network", "chip", "fit")  # what is deployed on what; all else stands beside it


@final
class Workbench(State):
    """Assemble a chip, turn the knobs of a design, search and decide, with the mouse.

    Each action is one line of code, which stands below it; ``code`` is the whole session as a cell
    that runs. What the workbench holds are traits: set from code, the same happens as by hand, and
    ``observe`` and ``traitlets.link`` hear of it.

    Parameters
    ----------
    network : Network, optional; default: the digits that come with the package
    profile : HardwareProfile, optional; default: Intel Loihi
    dataset : SpikeDataset, optional; without recordings nothing is run

    Attributes
    ----------
    network, profile, dataset, design : what is priced
    scenario : str or None, how input comes, as of ``sf.deploy``; None: what the chip is built for
    deadline_s : float or None, until when an answer is of use
    fit : FitReport
    report : Report, or None without recordings or while the network runs (``wait`` blocks)
    study : Study or None
    selected_trial : Trial or None, the one that is tapped, or chosen among the trials
    axes : tuple of two or three quantities, of the front in *Explore*; empty: those of the study
    brushed : dict of axis to (first, last), of the trials that are looked at
    weights, at_least, at_most : dict of objective to float, as of ``study.recommend``
    recommendation : Recommendation or None
    problems : dict of panel to what went wrong there, in words
    code : str

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    DatasetProblem
        The recordings are not of the network.

    Examples
    --------
    >>> from spikefit_nb.widgets import Workbench
    >>> workbench = Workbench()
    >>> workbench.wait()
    >>> workbench.profile = workbench.profile.replace(cores=8)
    >>> workbench.report.n_cores
    8
    >>> workbench.close()
    """

    def panel(self, name: str) -> Panel:
        """One panel, to be shown in a cell of its own; the same each time.

        Parameters
        ----------
        name : "network", "chip", "fit", "numbers", "design", "operation", "search", "explore",
            "decide", "compare", "code" or "save"

        Returns
        -------
        an ipywidgets widget

        Raises
        ------
        UnknownName
            There is no such panel.
        """
        if name not in PANELS:
            raise UnknownName("panel", name, PANELS)
        made = self._made
        if name not in made or made[name].is_closed:
            made[name] = PANELS[name](self)
        return made[name]

    @property
    def view(self) -> Any:
        """All panels as one widget."""
        if self._view is None:
            others = [name for name in PANELS if name not in LEFT]
            columns = [_column([self.panel(name) for name in side]) for side in (LEFT, others)]
            grid = ipywidgets.HBox(columns, layout=FULL)
            grid.add_class("spikefit-columns")
            self._view = ipywidgets.VBox([grid], layout=FULL)
            self._view.add_class("spikefit-bench")
        return self._view

    def to_html(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write all panels as a page that opens alone, as they are now; taps work in its pictures.

        Parameters
        ----------
        path : str or path
        overwrite : bool, whether a file of that name may be replaced

        Returns
        -------
        Path

        Raises
        ------
        FileProblem
            There is such a file already, or it cannot be written.
        """
        return to_html(self, path, overwrite=overwrite)

    def close(self) -> None:
        """Stop what runs in the background, take all panels from the page, and free them."""
        for made in self._made.values():
            made.close()
        self._made.clear()
        if self._view is not None:
            close_all([self._view])
            self._view = None
        super().close()

    @property
    def _made(self) -> dict[str, Panel]:
        return self.__dict__.setdefault("_panels", {})

    _view: Any = None

    def __repr__(self) -> str:
        return f"Workbench({finding(self)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from IPython.display import display

        display({"text/html": bokeh_js_html() + SCRIPT, "text/plain": ""}, raw=True)
        return self.view._repr_mimebundle_(**kwargs)


def _column(panels: list[Panel]) -> Any:
    column = ipywidgets.VBox(panels)
    column.add_class("spikefit-column")
    return column
