"""The front in two or three quantities: a tap chooses a trial, a mark shows what Decide takes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bokeh.models import BoxAnnotation, ColumnDataSource, CustomJS

from spikefit_nb.plots import BLUE, build_front, front_data
from spikefit_nb.plots.front import FrontData
from spikefit_nb.plots.seen import seen_in
from spikefit_nb.plots.theme import GREY
from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.page import live_html
from spikefit_nb.widgets.study_view import RING, TAP, StudyView
from spikefit_nb.widgets.workbench.picture import Picture, finding_html

HEIGHT = 440
MARK = "\u25bc"
KEY = f"{MARK} what Decide takes; ring: the design that is looked at; shaded: outside the limits"
# At once in the browser; Python hears of it afterwards.
RING_TAPPED = f"""
const [number] = frames.tags
if (number == null) {{ return }}
{RING}
"""
# A view that has just been made may have missed messages: ask for what is true now.
HELLO = "if (!numbers._greeted) { numbers._greeted = true; hello.tags = [Date.now()] }"


class FrontPicture(Picture):
    """A front that is redrawn in place while its quantities stay the same."""

    def __init__(self, on_tap: Callable[[int], None]) -> None:
        self._on_tap = on_tap
        self._drawn: Any = None
        self._live: LiveBokeh | None = None
        self._limits: Any = None
        super().__init__()

    def draw(
        self,
        study: Any,
        names: Sequence[str],
        *,
        chosen: int | None,
        decided: int | None,
        limits: Mapping[str, float],
    ) -> None:
        """Show a state of the search: what is chosen is ringed, what Decide takes is marked."""
        seen = seen_in(study, names, chosen=-1 if decided is None else decided)
        old = self._drawn
        is_same = old is not None and old.names == tuple(names) and old.study is study
        axes = old.shown.axes if is_same else None
        shown = front_data(seen, objectives=names, axes=axes)
        if not is_same or (axes is None and shown.axes is not None):
            self._drawn, self._limits = _Drawn(study, tuple(names), shown), None
            self._drawn.connect()
        drawn = self._drawn
        drawn.shown = shown
        if drawn is not old:
            self._update(chosen, limits)
            self._live = self.show(drawn.front.figure, is_still=False)
            self.find(drawn.shown.title, KEY)
            self._live.listen(drawn.numbers, self._tapped)
            self._live.listen(drawn.hello, lambda _tags: self._resend())
            return
        with self._live.batch():  # type: ignore[union-attr]  # made with what is drawn
            self._update(chosen, limits)

    def forget(self) -> None:
        """Let go of the search that is drawn."""
        self._drawn = self._live = None

    def say(self, words: str) -> None:
        """Show words in the place of the picture."""
        self.forget()
        super().say(words)

    def page_html(self) -> str:
        """The front for a page that opens alone, where each design brings its cores along."""
        if self._drawn is None:
            return "".join(f"<div>{shown.value}</div>" for shown in self.children)
        view = StudyView(self._drawn.study, _heard_by_nobody, self._drawn.names)
        view.update()
        written = f"{finding_html(self._drawn.shown.title)}{live_html(view.widget)}"
        close_all([view.widget])
        return written

    def _update(self, chosen: int | None, limits: Mapping[str, float]) -> None:
        drawn = self._drawn
        self._limits = drawn.front.show(drawn.shown, self._limits)
        # No trial has the number -1: then nothing is ringed.
        drawn.front.ring(drawn.shown, -1 if chosen is None else chosen, self._limits)
        drawn.mark(limits)
        self.find(drawn.shown.title, KEY)

    def _resend(self) -> None:
        live, drawn = self._live, self._drawn
        if live is None or drawn is None:
            return
        with live.batch():
            for source in (*drawn.front.sources.values(), drawn.decided, drawn.numbers):
                live.resend(source, "data")

    def _tapped(self, tags: list) -> None:
        live, drawn = self._live, self._drawn
        if live is None or drawn is None or not tags:
            return
        with live.silent():
            drawn.numbers.tags = []
        self._on_tap(tags[0])


def _heard_by_nobody(_number: int) -> None:
    """A page without a kernel answers taps alone."""


class _Drawn:
    """One figure, with what is laid over the front."""

    def __init__(self, study: Any, names: tuple[str, ...], shown: FrontData) -> None:
        self.study, self.names, self.shown = study, names, shown
        self.front = build_front(shown, title=shown.title, height=HEIGHT)
        self.numbers = ColumnDataSource({"number": []})
        self.hello = ColumnDataSource()
        self.decided = ColumnDataSource({"x": [], "y": [], "label": []})
        fig = self.front.figure
        style = {"text_color": BLUE, "text_font_size": "20px", "text_baseline": "bottom"}
        fig.text(
            "x", "y", text="label", y_offset=-8, text_align="center", source=self.decided, **style
        )
        shade = {"fill_color": GREY, "fill_alpha": 0.13, "line_alpha": 0.0}
        self.shades = {side: BoxAnnotation(visible=False, **shade) for side in ("along", "up")}
        for box in self.shades.values():
            fig.add_layout(box)

    def connect(self) -> None:
        """Let taps and new views be heard."""
        fig = self.front.figure
        front = {name.replace(" ", "_"): source for name, source in self.front.sources.items()}
        logs = [axis.is_log for axis in (self.shown.x_axis, self.shown.y_axis)]
        tapped = {"fig": fig, "front": front, "frames": self.numbers, "logs": logs}
        fig.js_on_event("tap", CustomJS(args=tapped, code=TAP))
        ring = CustomJS(args={"front": front, "frames": self.numbers}, code=RING_TAPPED)
        self.numbers.js_on_change("tags", ring)
        known = {"numbers": self.numbers, "hello": self.hello}
        fig.js_on_change("inner_width", CustomJS(args=known, code=HELLO))

    def mark(self, limits: Mapping[str, float]) -> None:
        """Mark what Decide takes, and shade what its limits leave out."""
        shown, sources = self.shown, self.front.sources
        numbers = shown.numbers.tolist()
        own = [] if shown.reference_number is None else [shown.reference_number]
        self.numbers.data = {"number": [*numbers, *own]}
        at: dict[str, list] = {"x": [], "y": [], "label": []}
        if shown.chosen is not None:
            columns = sources["points"].data
            if shown.chosen == shown.reference_number:
                columns = sources["reference"].data
            here = [i for i, n in enumerate(columns["number"]) if n == shown.chosen]
            at = {axis: [columns[axis][i] for i in here] for axis in ("x", "y")}
            at["label"] = [MARK] * len(here)
        self.decided.data = at
        self._shade("along", shown.x_axis, limits)
        self._shade("up", shown.y_axis, limits)

    def _shade(self, side: str, axis: Any, limits: Mapping[str, float]) -> None:
        box = self.shades[side]
        if axis.objective not in limits:
            box.visible = False
            return
        limit = limits[axis.objective] * axis.scale
        low, high = ("left", "right") if side == "along" else ("bottom", "top")
        outside = {low: None, high: limit} if axis.higher_is_better else {low: limit, high: None}
        box.update(visible=True, **outside)
