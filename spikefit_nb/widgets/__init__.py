"""ipywidgets views over the objects of the floors below; imported only when a view is shown."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time on first use: ipywidgets and Bokeh take a second
    from spikefit_nb.widgets.page import to_html
    from spikefit_nb.widgets.workbench.workbench import Workbench

__all__ = ["Workbench", "to_html"]


def __getattr__(name: str) -> Any:
    if name == "Workbench":
        from spikefit_nb.widgets.workbench.workbench import Workbench

        return Workbench
    if name == "to_html":
        from spikefit_nb.widgets.page import to_html

        return to_html
    raise AttributeError(
        f"module 'spikefit_nb.widgets' has no attribute {name!r}; it has Workbench, to_html"
    )
