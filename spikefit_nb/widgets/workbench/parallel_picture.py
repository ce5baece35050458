"""Parallel coordinates that are brushed by a drag along an axis."""

from collections.abc import Callable
from typing import Any

from bokeh.events import SelectionGeometry
from bokeh.models import ColumnDataSource, CustomJS

from spikefit_nb.plots import build_parallel, parallel_data
from spikefit_nb.plots.parallel import Between, ParallelData, kept_between
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.workbench.picture import Picture

REACH = 0.3  # from an axis, in distances between axes
# A drag tells which axes it crossed, and from where to where.
BRUSH = """
const {x0, x1, y0, y1} = cb_obj.geometry
if (cb_obj.final && x0 != null) { brush.tags = [x0, x1, y0, y1] }
"""


class ParallelPicture(Picture):
    """Parallel coordinates that are redrawn in place."""

    def __init__(self, on_brush: Callable[[dict[str, tuple[Any, Any]]], None]) -> None:
        self._on_brush = on_brush
        self._drawn: Any = None
        self._live: LiveBokeh | None = None
        self._brush: ColumnDataSource | None = None
        self.shown: ParallelData | None = None
        super().__init__()

    def draw(self, study: Any, between: Between, chosen: int | None) -> None:
        """Show a state of the search, what is brushed, and the trial that is chosen."""
        old, shown = self.shown, parallel_data(study)
        # An axis that is there no more, since a search began anew, keeps nothing out.
        names = {axis.name for axis in shown.axes}
        between = {name: ends for name, ends in between.items() if name in names}
        self.shown = kept_between(shown, between)
        if self._live is None or old is None or len(old.axes) != len(self.shown.axes):
            self._drawn = build_parallel(self.shown)
            self._drawn.show(self.shown, between, chosen)
            self._brush = ColumnDataSource()
            heard = CustomJS(args={"brush": self._brush}, code=BRUSH)
            self._drawn.figure.js_on_event(SelectionGeometry, heard)
            self._drawn.figure.toolbar.active_drag = self._drawn.figure.tools[0]
            self._live = self.show(self._drawn.figure, is_still=False)
            self._live.listen(self._brush, self._dragged)
            return
        self.find(self.shown.title)
        with self._live.batch():
            self._drawn.show(self.shown, between, chosen)

    def say(self, words: str) -> None:
        """Show words in the place of the picture."""
        self._live = self.shown = None
        super().say(words)

    def _dragged(self, tags: list) -> None:
        if self.shown is None or len(tags) != 4:
            return
        x0, x1, y0, y1 = tags
        crossed = [
            axis
            for k, axis in enumerate(self.shown.axes)
            if min(x0, x1) - REACH / 3 <= k <= max(x0, x1) + REACH / 3
        ]
        low, high = min(y0, y1), max(y0, y1)
        self._on_brush({axis.name: (axis.value(low), axis.value(high)) for axis in crossed})
