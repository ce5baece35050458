"""BokehJS for this notebook, without a network: loaded when the first picture is shown."""

import sys
from typing import Any

from bokeh.io import output_notebook
from bokeh.resources import Resources

# Texts live among Bokeh's widgets; tables, WebGL and mathematics would add megabytes to a notebook.
COMPONENTS = ["bokeh", "bokeh-widgets"]
_cell_with_script: list[Any] = []


def load_bokeh_js() -> None:
    """Put BokehJS into the output of the running cell, unless another cell holds it."""
    cell = _running_cell()
    # Running a cell again empties its output, and a reload of the page would then find no script.
    is_again = bool(cell) and _cell_with_script == [cell]
    if cell is None or (_cell_with_script and not is_again):
        return
    _cell_with_script[:] = [cell]
    output_notebook(Resources(mode="inline", components=COMPONENTS), hide_banner=True)


def _running_cell() -> Any:
    """Name the cell that runs now; empty where cells have no names, None outside a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId", "")
