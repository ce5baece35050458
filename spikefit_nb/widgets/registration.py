"""How objects of the floors below come to show themselves as pictures, though they know of none."""

import sys
from typing import Any
from weakref import WeakKeyDictionary

STUDIES = (("spikefit_nb.search.study", "Study"),)
OURS = "spikefit_nb"  # as in plots.theme, which would import Bokeh
_cards: Any = WeakKeyDictionary()


def register_with_ipython() -> bool:
    """Teach a notebook's kernel to show a study as its live view and our figures as figures."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return False
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name in STUDIES:
        formatter.for_type_by_name(module, name, study_bundle)
    formatter.for_type_by_name("bokeh.models.layouts", "LayoutDOM", figure_bundle)
    return True


def study_bundle(study: Any) -> Any:
    """Give what a cell shows of a study: a live view, or one without a kernel once it has ended."""
    from spikefit_nb.widgets.live_study import LiveStudy

    if study not in _cards:
        _cards[study] = LiveStudy(study)
    card = _cards[study]
    return card._repr_mimebundle_() if study.state == "running" else card.still_bundle()


def figure_bundle(figure: Any) -> Any:
    """Give what a cell shows of a figure or layout of ours; None leaves others to Bokeh."""
    if OURS not in figure.tags:
        return None
    from bokeh.embed import components

    from spikefit_nb.widgets.bokeh_js import load_bokeh_js

    load_bokeh_js()
    script, place = components(figure)
    return {"text/html": f"{place}{script}", "text/plain": f"<{type(figure).__name__}>"}
