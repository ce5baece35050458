"""The live view of a search: one card, which any number of cells may show."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import Any, Protocol
from weakref import proxy, ref

import ipywidgets
import traitlets
from bokeh.embed import file_html
from bokeh.resources import INLINE
from ipywidgets import Layout

from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.embed import figure_html
from spikefit_nb.widgets.sentences import last_html, progress_words, still_html, strip_html
from spikefit_nb.widgets.study_view import StudyView

SECONDS_BETWEEN_UPDATES = 0.25
SECONDS_OF_RESENDING = (1.0, 2.0, 4.0, 8.0)
SECONDS_BETWEEN_STORED_STATES = 2.0


class Cell(Protocol):
    """Where a card is shown, which also keeps it for later."""

    def keep(self) -> None:
        """Bring what is stored up to what the study says now."""


class LiveStudy(ipywidgets.VBox):
    """Show a search while it runs: the finding, the front, and the chosen trial."""

    chosen = traitlets.Any(None, allow_none=True)

    def __init__(self, study, *, keeps_study: bool = True) -> None:
        self._study, self._kept = ref(study), study if keeps_study else None
        self.view = StudyView(study if keeps_study else proxy(study), self._heard_tap)
        self._is_stopping = self._is_closed = False
        self._problem = ""
        self._changed = Event()
        self._cells: list[Cell] = []
        self.strip = ipywidgets.HTML(layout=Layout(flex="1 1 auto", width="auto"))
        self.stop_button = ipywidgets.Button(
            description="Stop",
            icon="stop",
            tooltip="Stop the search after the trial that is running; all finished trials stay",
            layout=Layout(width="120px", flex="0 0 auto", align_self="center", margin="0 0 0 16px"),
        )
        self.stop_button.on_click(self._stop)
        top = ipywidgets.HBox([self.strip, self.stop_button], layout=Layout(width="100%"))
        self.view.widget.layout = Layout(width="100%")
        super().__init__([top, self.view.widget], layout=Layout(width="100%", overflow="hidden"))
        self.add_class("spikefit-live")  # as in sentences.STYLE
        self._thread: Thread | None = None
        study.on_change(self._changed.set)
        self.follow()  # first, so that an end in between is not missed
        self.refresh()

    @property
    def study(self) -> Any:
        """The search; None once nobody else keeps one that this card does not keep itself."""
        return self._study()

    def close(self) -> None:
        """Take the card with all in it from every page; a search that runs goes on."""
        self._is_closed = True
        self._changed.set()
        inside = [*self.children, self.layout]
        super().close()
        close_all(inside)
        self._cells.clear()
        self._kept = self.chosen = None

    def follow(self) -> None:
        """Follow a search that runs, also one that was gone on with after its end."""
        is_followed = self._thread is not None and self._thread.is_alive()
        if self.study.state != "running" or is_followed:
            return
        self._is_stopping = False
        self._cells.clear()  # those that showed it before keep their still picture
        follow = partial(self._follow, self.study)
        self._thread = Thread(target=follow, name="spikefit-live-view", daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """Bring the card up to what the study says now, or say in the strip why it cannot be."""
        state = self.study.state  # before drawing: "Finished" means that the last trial is drawn
        try:
            self.view.update()
            self._problem = ""
        except Exception as error:
            # The thread that draws has no cell to raise in: the card is where the reader looks.
            self._problem = f"This picture could not be drawn: {type(error).__name__}: {error}"
        self._write_strip(state)

    def html(self) -> str:
        """Write the card as a web page of its own, in which taps work without a kernel."""
        with self._as_it_is_now():
            page = file_html(
                self.view.layout,
                INLINE,
                title=self.view.shown.title,
                suppress_callback_warning=True,
            )
        # The last one is the page's own; others are in BokehJS.
        before, after = page.rsplit("<body>", 1)
        return f"{before}<body>{strip_html(self.study, self.view.shown.title)}{after}"

    def still_bundle(self) -> dict:
        """Give the card of a search that has ended: without a kernel, for saved notebooks too."""
        with self._as_it_is_now():
            still = still_html(self.study, self.view.shown)
            strip = strip_html(self.study, self.view.shown.title)
            return self._words() | {"text/html": strip + figure_html(self.view.layout, still)}

    def last_bundle(self) -> dict:
        """Give a search that runs as pages show it from which its kernel has gone."""
        return self._words() | {"text/html": last_html(self.study, self.view.shown)}

    def live_bundle(self) -> dict:
        """Give the live view, which takes a kernel; pages without one show nothing in its place."""
        self.view.widget.refresh_picture()
        self.view.was_greeted.clear()
        Thread(target=self._see_view_through, name="spikefit new view", daemon=True).start()
        return {**super()._repr_mimebundle_(), "text/html": "", "text/plain": ""}

    def keep_in(self, cell: Cell) -> None:
        """Keep the stored state of a cell that shows this up to date."""
        self._cells.append(cell)
        if self.study.state != "running":  # in the meantime
            cell.keep()

    def _words(self) -> dict:
        return {"text/plain": f"{self.view.shown.title} ({progress_words(self.study)})"}

    @contextmanager
    def _as_it_is_now(self) -> Iterator[None]:
        with self.view.widget.lock, self.view.widget.silent():
            self.view.update()
            self.view.widget.before_picture()
            yield

    def _follow(self, study: Any) -> None:
        stored = time.monotonic()
        while study.state == "running":
            self._changed.wait()
            self._changed.clear()
            if self._is_closed:
                return
            self.refresh()
            is_due = time.monotonic() > stored + SECONDS_BETWEEN_STORED_STATES
            if is_due and study.state == "running":
                self._keep()
                stored = time.monotonic()
            # Four pictures a second are enough for an eye, and leave the search its processor.
            time.sleep(SECONDS_BETWEEN_UPDATES)
        self.refresh()
        self._keep()

    def _keep(self) -> None:
        for cell in list(self._cells):
            cell.keep()

    def _see_view_through(self) -> None:
        """Send everything again until a new view answers: it missed what was sent meanwhile."""
        for seconds in SECONDS_OF_RESENDING:
            if self.view.was_greeted.wait(seconds) or not self._sent_again():
                return

    def _sent_again(self) -> bool:
        """Send everything again, if there is still somebody to see it and something to be seen."""
        study = self.study  # kept meanwhile
        if study is None or self._is_closed:
            return False
        self.view.send_all()
        return True

    def _stop(self, _button: Any) -> None:
        self._is_stopping = True
        self._write_strip(self.study.state)
        self.study.stop()
        self._changed.set()

    def _write_strip(self, state: str) -> None:
        is_running = state == "running"
        meanwhile = "Stopping ..." if self._is_stopping else "Stop"
        self.strip.value = strip_html(
            self.study, self.view.shown.title, is_stopping=self._is_stopping, problem=self._problem
        )
        self.stop_button.disabled = self._is_stopping or not is_running
        self.stop_button.description = meanwhile if is_running else state.capitalize()
        self.stop_button.icon = "stop" if is_running else ""

    def _heard_tap(self, number: int) -> None:
        for trial in (self.study.reference, *self.study.trials):
            if trial is not None and trial.number == number:
                self.chosen = trial
        # A busy kernel hears of a tap when the still picture is there.
        if self.study.state != "running":
            self._keep()
