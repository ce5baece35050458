"""How objects of the floors below come to show themselves as pictures, though they know of none."""

import sys
from typing import Any
from weakref import WeakKeyDictionary

OURS = "spikefit_nb"  # as in plots.theme, which would import Bokeh
# Texts live among Bokeh's widgets; tables, WebGL and mathematics would add megabytes to a notebook.
COMPONENTS = ["bokeh", "bokeh-widgets"]
_cards: Any = WeakKeyDictionary()
_cell_with_script: list[Any] = []


def register_with_ipython() -> bool:
    """Teach a notebook's kernel to show a study as its live view and our figures as figures."""
    shell = _notebook()
    if shell is None:
        return False
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type_by_name("spikefit_nb.search.study", "Study", study_bundle)
    formatter.for_type_by_name("bokeh.models.layouts", "LayoutDOM", figure_bundle)
    return True


def study_bundle(study: Any) -> Any:
    """Give what a cell shows of a study: a live view, or one without a kernel once it has ended."""
    from spikefit_nb.widgets.live_study import LiveStudy

    load_bokeh_js()
    if study not in _cards:
        _cards[study] = LiveStudy(study)
    card = _cards[study]
    return card._repr_mimebundle_() if study.state == "running" else card.still_bundle()


def figure_bundle(figure: Any) -> Any:
    """Give what a cell shows of a figure or layout of ours; None leaves others to Bokeh."""
    if OURS not in figure.tags:
        return None
    from bokeh.embed import components

    load_bokeh_js()
    script, place = components(figure)
    return {"text/html": f"{place}{script}", "text/plain": f"<{type(figure).__name__}>"}


def load_bokeh_js() -> None:
    """Put BokehJS into the output of the running cell, without a network, unless one holds it."""
    cell = _running_cell()
    # Running a cell again empties its output, and a reload of the page would then find no script.
    is_again = bool(cell) and _cell_with_script == [cell]
    if cell is None or (_cell_with_script and not is_again):
        return
    from bokeh import io
    from bokeh.resources import Resources

    _cell_with_script[:] = [cell]
    io.output_notebook(Resources(mode="inline", components=COMPONENTS), hide_banner=True)


def _running_cell() -> Any:
    """Name the cell that runs now; empty where cells have no names, None outside a notebook."""
    shell = _notebook()
    if shell is None:
        return None
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId", "")


def _notebook() -> Any:
    """The shell of a notebook's kernel; None outside a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "kernel") else None
