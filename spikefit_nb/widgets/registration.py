"""How objects of the floors below come to show themselves as pictures, though they know of none."""

import sys
from html import escape
from typing import Any

OURS = "spikefit_nb"  # as in plots.theme, which would import Bokeh


def register_with_ipython() -> bool:
    """Teach a notebook's kernel to show a study as its live view and our figures as figures."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if not hasattr(shell, "kernel"):
        return False
    show, bundles = (
        shell.display_formatter.ipython_display_formatter,
        shell.display_formatter.mimebundle_formatter,
    )
    show.for_type_by_name("spikefit_nb.search.study", "Study", show_study)
    bundles.for_type_by_name("bokeh.models.layouts", "LayoutDOM", figure_bundle)
    return True


def show_study(study: Any) -> None:
    """Show a study in the cell that runs: live, until it ends and a still picture is left."""
    from spikefit_nb.widgets import cell

    cell.show_study(study)


def figure_bundle(figure: Any) -> Any:
    """Give what a cell shows of a figure or layout of ours; None leaves others to Bokeh."""
    if OURS not in figure.tags:
        return None
    from spikefit_nb.widgets.embed import figure_html, title_of

    title = title_of(figure)
    return {"text/html": figure_html(figure, escape(title)), "text/plain": title}
