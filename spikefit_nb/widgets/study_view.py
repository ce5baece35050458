"""The picture of a search: front and core map, joined by taps that the browser answers alone."""

import json
import time
from collections.abc import Callable, Sequence
from threading import Event

from bokeh.models import ColumnDataSource, CustomJS, Div, FixedTicker, GridBox

from spikefit_nb.plots import (
    BY_TAP,
    TEXT_STYLE,
    WAITING,
    build_cores,
    build_front,
    cores_frame,
    front_data,
    no_cores,
)
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.sentences import trial_cores, trial_html

HEIGHT = 430
SHARE_OF_TIME = 0.1  # for core maps of trials whose reports are not at hand
SECONDS_AT_ONCE = 1.0
WIDE = {"sizing_mode": "stretch_width"}
# Where there is no room for both side by side, the cores go below the front.
NARROW = "@container (max-width: 900px) { :host { grid-template-columns: 100% !important } }"
NARROW_BELOW = """@container (max-width: 900px) {
  :host { grid-column: 1 !important; grid-row: 2 !important }
}"""

# Ring the trial of this number, wherever it is.
RING = """
const place = (columns) => {
  const i = columns.number.indexOf(number)
  return i < 0 ? {x: [], y: []} : {x: [columns.x[i]], y: [columns.y[i]]}
}
const own = place(front.points.data)
front.ring.data = own.x.length ? own : place(front.reference.data)
const unfit = place(front.unfit.data)
front.unfit_ring.data = unfit.x.length ? unfit : place(front.outside.data)
"""
# Show a trial: the one tapped in this page or, before any tap, the one that Python proposes.
DRAW = """
const [tapped] = frames.tags
const number = tapped ?? proposed.data.number[0]
const at = frames.data.number.indexOf(number)
if (number == null || at < 0) { return }
RING
const shown = JSON.parse(frames.data.json[at])
words.text = shown.words
if (shown.title == map.title.text) { return }
for (const name in shown.columns) { cores[name].data = shown.columns[name] }
map.title.text = shown.title
const [left, right, bottom, top] = shown.thumb
thumb.x_range.setv({start: left, end: right})
thumb.y_range.setv({start: bottom, end: top})
""".replace("RING", RING)

# A tap means the nearest point within a finger's width, which is kinder than hitting it.
TAP = """
const part = (value, range, is_log) => is_log
  ? Math.log(value / range.start) / Math.log(range.end / range.start)
  : (value - range.start) / (range.end - range.start)
const here = [part(cb_obj.x, fig.x_range, logs[0]), part(cb_obj.y, fig.y_range, logs[1])]
let best = {number: null, distance: 26}
const offer = (columns, xy) => {
  for (let i = 0; i < columns.number.length; i++) {
    const [x, y] = xy(columns.x[i], columns.y[i])
    const distance = Math.hypot((x - here[0]) * fig.inner_width, (y - here[1]) * fig.inner_height)
    if (distance < best.distance) { best = {number: columns.number[i], distance} }
  }
}
const measured = (x, y) => [part(x, fig.x_range, logs[0]), part(y, fig.y_range, logs[1])]
offer(front.points.data, measured)
offer(front.reference.data, measured)
offer(front.unfit.data, (x, y) => [x, y])
offer(front.outside.data, (x, y) => [x, y])
if (best.number != null && frames.data.number.includes(best.number)) { frames.tags = [best.number] }
"""

# A view that has just been made may have missed messages: ask for what is true now.
HELLO = "if (!proposed._greeted) { proposed._greeted = true; proposed.tags = [Date.now()] }"


class StudyView:
    """The Bokeh half of the live view, in the quantities of the study or in ``names``."""

    def __init__(
        self, study, on_tap: Callable[[int], None], names: Sequence[str] | None = None
    ) -> None:
        self.study, self._on_tap, self._names = study, on_tap, names
        self.shown = front_data(study, objectives=names)
        self.front = build_front(self.shown, height=HEIGHT)
        self._limits = self.front.show(self.shown)
        self.cores = build_cores(no_cores(" "), height=HEIGHT)
        self.cores.figure.title.text_font_size = "15px"
        self.words = Div(
            text=f'<div style="font-size:15px">{WAITING}</div>',
            stylesheets=[TEXT_STYLE],
            min_height=70,
            **WIDE,
        )
        self.frames = ColumnDataSource({"number": [], "json": []})
        self._undrawn: set[int] = set()  # trials whose cores are not drawn yet
        self._began, self._spent = time.monotonic(), 0.0
        self.proposed = ColumnDataSource({"number": [None], "version": [0]})
        self._connect()
        picture = GridBox(
            children=[(self.front.figure, 0, 0), (self.cores.layout, 0, 1)],
            cols=["minmax(0, 3fr)", "minmax(0, 2fr)"],
            spacing=20,
            stylesheets=[NARROW],
            **WIDE,
        )
        self.cores.layout.stylesheets = [NARROW_BELOW]
        below = [(picture, 0, 0), (self.words, 1, 0)]
        self.layout = GridBox(
            children=below,
            cols=["minmax(0, 1fr)"],
            spacing=6,
            stylesheets=[":host { container-type: inline-size }"],
            **WIDE,
        )
        self.widget = LiveBokeh(self.layout)
        self.widget.before_picture = self._draw_for_later_views
        self.widget.listen(self.frames, self._heard_tap)
        self.was_greeted = Event()
        self.widget.listen(self.proposed, self._heard_greeting)

    @property
    def chosen_number(self) -> int | None:
        """Number of the trial shown: the one a reader chose, else the knee of the front."""
        return self.frames.tags[0] if self.frames.tags else self.shown.chosen

    def update(self) -> None:
        """Bring every view up to what the study says now, from any thread."""
        with self.widget.batch():
            self.shown = front_data(self.study, objectives=self._names, axes=self.shown.axes)
            self._add_frames()
            self._draw(self.chosen_number)
            self._limits = self.front.show(self.shown, self._limits)
            # Last, since this is what makes a browser draw: by its version, if by nothing else.
            version = self.proposed.data["version"][0] + 1
            self.proposed.data = {"number": [self.shown.chosen], "version": [version]}

    def send_all(self) -> None:
        """Send everything again, also what has not changed."""
        fig, sources = self.front.figure, self.front.sources
        sent = [
            (self.frames, "data"),
            *((source, "data") for name, source in sources.items() if name not in BY_TAP),
            *((axis, "axis_label") for axis in (fig.xaxis[0], fig.yaxis[0])),
            *((span, end) for span in (fig.x_range, fig.y_range) for end in ("start", "end")),
            *((ticker, "ticks") for ticker in fig.select(FixedTicker)),
            (self.front.key, "text"),
            (self.proposed, "data"),
        ]
        with self.widget.batch():
            self.update()
            for model, attribute in sent:
                self.widget.resend(model, attribute)

    def _add_frames(self) -> None:
        trials = {t.number: t for t in (self.study.reference, *self.study.trials) if t is not None}
        known = set(self.frames.data["number"])
        new = [trial for number, trial in trials.items() if number not in known]
        if new:
            # Streamed, so that a trial travels once; a row that comes twice does no harm.
            frames = [json.dumps(self._frame(trial), allow_nan=False) for trial in new]
            self.frames.stream({"number": [trial.number for trial in new], "json": frames})

    def _frame(self, trial, *, at_any_cost: bool = False) -> dict:
        broken = self.study.broken_limits(trial) if trial.state == "done" else ""
        words = trial_html(trial, self.study.objectives, self.study.reference, broken=broken)
        report = self._report(trial, at_any_cost)
        is_left = report is None and trial.state == "done" and trial.case is not None
        (self._undrawn.add if is_left else self._undrawn.discard)(trial.number)
        return cores_frame(trial_cores(trial, report, self.study.reference)) | {"words": words}

    def _report(self, trial, at_any_cost: bool):
        """The report of a trial: one at hand, else made again, if that does not hold up the search
        much; of a design that was dropped, none.
        """
        known = trial.known_report
        if known is not None or trial.state == "dropped":
            return known
        allowed = SECONDS_AT_ONCE + SHARE_OF_TIME * (time.monotonic() - self._began)
        if not at_any_cost and self._spent > allowed:
            return None
        began = time.monotonic()
        report = trial.report
        self._spent += time.monotonic() - began
        return report

    def _draw(self, number: int | None) -> None:
        """Draw the cores of a trial that were left undrawn."""
        if number not in self._undrawn:
            return
        (trial,) = (t for t in (self.study.reference, *self.study.trials) if t.number == number)
        at = list(self.frames.data["number"]).index(number)
        frame = json.dumps(self._frame(trial, at_any_cost=True), allow_nan=False)
        self.frames.patch({"json": [(at, frame)]})

    def _draw_for_later_views(self) -> None:
        number, numbers = self.chosen_number, list(self.frames.data["number"])
        if number not in numbers:
            return
        frame = json.loads(self.frames.data["json"][numbers.index(number)])
        with self.widget.silent():
            self.cores.show(frame)
            self.words.text = frame["words"]
            self.front.ring(self.shown, number, self._limits)

    def _heard_tap(self, tags: list) -> None:
        if not tags or tags == self.frames.tags or tags[0] not in self.frames.data["number"]:
            return
        with self.widget.silent():
            self.frames.tags = tags[:1]
        if tags[0] in self._undrawn:
            self.update()
        self._on_tap(tags[0])

    def _heard_greeting(self, _tags: list) -> None:
        self.was_greeted.set()
        self.send_all()

    def _connect(self) -> None:
        front = {name.replace(" ", "_"): source for name, source in self.front.sources.items()}
        fig = self.front.figure
        known = {
            "front": front,
            "frames": self.frames,
            "proposed": self.proposed,
            "words": self.words,
            "map": self.cores.figure,
            "thumb": self.cores.thumb,
            "cores": self.cores.sources,
        }
        draw = CustomJS(args=known, code=DRAW)
        self.frames.js_on_change("tags", draw)
        self.proposed.js_on_change("data", draw)
        logs = [axis.is_log for axis in (self.shown.x_axis, self.shown.y_axis)]
        tapped = {"fig": fig, "front": front, "frames": self.frames, "logs": logs}
        fig.js_on_event("tap", CustomJS(args=tapped, code=TAP))
        fig.js_on_change("inner_width", CustomJS(args={"proposed": self.proposed}, code=HELLO))
