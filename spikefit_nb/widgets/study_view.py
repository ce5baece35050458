"""The picture of a search: front and core map, joined by taps that the browser answers alone."""

import json
from collections.abc import Callable
from threading import Event

from bokeh.models import ColumnDataSource, CustomJS, Div, FixedTicker, GridBox

from spikefit_nb.plots.cores import no_cores
from spikefit_nb.plots.cores_figure import build_cores, cores_frame, show_frame
from spikefit_nb.plots.front import WAITING, FrontData, front_columns, front_data
from spikefit_nb.plots.front_figure import Limits, build_front, front_limits, style_axes
from spikefit_nb.plots.theme import TEXT_STYLE
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.sentences import trial_cores, trial_html

HEIGHT = 430
WIDE = {"sizing_mode": "stretch_width"}
# Written by the browser alone, so that what it shows after a tap never waits for Python.
BY_TAP = ("ring", "unfit ring")

# Show a trial: the one tapped in this page or, before any tap, the one that Python proposes.
DRAW = """
const [tapped] = frames.tags
const number = tapped ?? proposed.data.number[0]
const at = frames.data.number.indexOf(number)
if (number == null || at < 0) { return }
const place = (columns) => {
  const i = columns.number.indexOf(number)
  return i < 0 ? {x: [], y: []} : {x: [columns.x[i]], y: [columns.y[i]]}
}
const own = place(front.points.data)
front.ring.data = own.x.length ? own : place(front.reference.data)
front.unfit_ring.data = place(front.unfit.data)
const shown = JSON.parse(frames.data.json[at])
words.text = shown.words
if (shown.title == map.title.text) { return }
for (const name in shown.columns) { cores[name].data = shown.columns[name] }
map.title.text = shown.title
key.text = shown.key
for (const [i, fig] of [map, thumb].entries()) {
  const [left, right, bottom, top] = shown.ranges[i]
  fig.x_range.setv({start: left, end: right})
  fig.y_range.setv({start: bottom, end: top})
}
"""

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
if (best.number != null && frames.data.number.includes(best.number)) { frames.tags = [best.number] }
"""

# A view that has just been made may have missed messages: ask for what is true now.
HELLO = "if (!proposed._greeted) { proposed._greeted = true; proposed.tags = [Date.now()] }"


class StudyView:
    """The Bokeh half of the live view."""

    def __init__(self, study, on_tap: Callable[[int], None]) -> None:
        self.study, self._on_tap = study, on_tap
        self._limits: Limits | None = None
        self._version = 0
        shown = self._shown = front_data(study)
        self._has_units = bool(study.trials) or study.reference is not None
        self.front = build_front(shown, height=HEIGHT)
        self.cores = build_cores(no_cores(" "), height=HEIGHT)
        self.cores.figure.title.text_font_size = "15px"
        waiting = f'<div style="font-size:15px">{WAITING}</div>'
        self.words = Div(text=waiting, stylesheets=[TEXT_STYLE], min_height=70, **WIDE)
        self.frames = ColumnDataSource({"number": [], "json": []})
        self.proposed = ColumnDataSource({"number": [None], "version": [0]})
        self._connect(shown)
        columns = ["minmax(0, 3fr)", "minmax(0, 2fr)"]
        beside = [(self.front.figure, 0, 0), (self.cores.layout, 0, 1)]
        picture = GridBox(children=beside, cols=columns, spacing=20, **WIDE)
        below = [(picture, 0, 0), (self.words, 1, 0)]
        self.layout = GridBox(children=below, cols=["minmax(0, 1fr)"], spacing=6, **WIDE)
        self.widget = LiveBokeh(self.layout)
        self.widget.before_picture = self._draw_for_later_views
        self.widget.listen(self.frames, self._heard_tap)
        self.was_greeted = Event()
        self.widget.listen(self.proposed, self._heard_greeting)

    @property
    def chosen_number(self) -> int | None:
        """Number of the trial shown: the one a reader chose, else the knee of the front."""
        return self.frames.tags[0] if self.frames.tags else self._shown.chosen

    @property
    def finding(self) -> str:
        """The sentence of the strip."""
        return self._shown.title

    def update(self) -> None:
        """Bring every view up to what the study says now, from any thread."""
        with self.widget.batch():
            axes = (self._shown.x_axis, self._shown.y_axis) if self._has_units else None
            self._shown = shown = front_data(self.study, axes=axes)
            self._has_units = self._has_units or bool(len(shown.x)) or shown.reference is not None
            self._add_frames()
            for name, columns in front_columns(shown).items():
                if name not in BY_TAP:
                    self.front.sources[name].data = columns
            if len(shown.x) or shown.reference is not None:
                self._limits = front_limits(shown, self._limits)
                style_axes(self.front.figure, shown, self._limits)
            self._version += 1
            # Last, since this is what makes a browser draw.
            self.proposed.data = {"number": [shown.chosen], "version": [self._version]}

    def send_all(self) -> None:
        """Send everything again, also what has not changed."""
        with self.widget.batch():
            self.update()
            self.widget.resend(self.frames, "data")
            for name, source in self.front.sources.items():
                if name not in BY_TAP:
                    self.widget.resend(source, "data")
            fig = self.front.figure
            for axis, span in ((fig.xaxis[0], fig.x_range), (fig.yaxis[0], fig.y_range)):
                self.widget.resend(axis, "axis_label")
                self.widget.resend(span, "start", "end")
                if isinstance(axis.ticker, FixedTicker):
                    self.widget.resend(axis.ticker, "ticks")
            self.widget.resend(self.proposed, "data")

    def _add_frames(self) -> None:
        trials = {t.number: t for t in (self.study.reference, *self.study.trials) if t is not None}
        known = set(self.frames.data["number"])
        new = [trial for number, trial in trials.items() if number not in known]
        if new:
            # Streamed, so that a trial travels once; a row that comes twice does no harm.
            frames = [json.dumps(self._frame(trial), allow_nan=False) for trial in new]
            self.frames.stream({"number": [trial.number for trial in new], "json": frames})

    def _frame(self, trial) -> dict:
        frame = cores_frame(trial_cores(trial, self.study.reference))
        return frame | {"words": trial_html(trial, self.study.objectives, self.study.reference)}

    def _draw_for_later_views(self) -> None:
        number, numbers = self.chosen_number, list(self.frames.data["number"])
        with self.widget.silent():
            if number not in numbers:
                return
            frame = json.loads(self.frames.data["json"][numbers.index(number)])
            show_frame(self.cores, frame)
            self.words.text = frame["words"]
            columns = front_columns(self._shown, number)
            for name in BY_TAP:
                self.front.sources[name].data = columns[name]

    def _heard_tap(self, tags: list) -> None:
        if not tags or tags == self.frames.tags or tags[0] not in self.frames.data["number"]:
            return
        with self.widget.silent():
            self.frames.tags = tags[:1]
        self._on_tap(tags[0])

    def _heard_greeting(self, _tags: list) -> None:
        self.was_greeted.set()
        self.send_all()

    def _connect(self, shown: FrontData) -> None:
        front = {name.replace(" ", "_"): source for name, source in self.front.sources.items()}
        fig = self.front.figure
        known = {
            "front": front,
            "frames": self.frames,
            "proposed": self.proposed,
            "words": self.words,
            "map": self.cores.figure,
            "thumb": self.cores.thumb,
            "key": self.cores.key,
            "cores": self.cores.sources,
        }
        draw = CustomJS(args=known, code=DRAW)
        self.frames.js_on_change("tags", draw)
        self.proposed.js_on_change("data", draw)
        logs = [shown.x_axis.is_log, shown.y_axis.is_log]
        tapped = {"fig": fig, "front": front, "frames": self.frames, "logs": logs}
        fig.js_on_event("tap", CustomJS(args=tapped, code=TAP))
        fig.js_on_change("inner_width", CustomJS(args={"proposed": self.proposed}, code=HELLO))
