"""The live view of a search: one card, which any number of cells may show."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import ipywidgets
import traitlets
from bokeh.embed import components, file_html
from bokeh.resources import INLINE
from ipywidgets import Layout

from spikefit_nb.widgets.sentences import progress_words, strip_html, study_html
from spikefit_nb.widgets.study_view import StudyView

SECONDS_BETWEEN_UPDATES = 0.25
SECONDS_OF_RESENDING = (1.0, 2.0, 4.0, 8.0)


class LiveStudy(ipywidgets.VBox):
    """Show a search while it runs: the finding, the front, and the chosen trial."""

    chosen = traitlets.Any(None, allow_none=True)

    def __init__(self, study) -> None:
        self.study = study
        self.view = StudyView(study, self._heard_tap)
        self._is_stopping = False
        self._problem = ""
        self._changed = Event()
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
        study.on_change(self._changed.set)
        self.refresh()
        if study.state == "running":
            Thread(target=self._follow, name="spikefit-live-view", daemon=True).start()

    def refresh(self) -> None:
        """Bring the card up to what the study says now, or say in the strip why it cannot be."""
        try:
            self.view.update()
            self._problem = ""
        except Exception as error:
            # The thread that draws has no cell to raise in: the card is where the reader looks.
            self._problem = f"This picture could not be drawn: {type(error).__name__}: {error}"
        self._write_strip()

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
            script, place = components(self.view.layout)
        return {
            "text/html": f"{strip_html(self.study, self.view.shown.title)}{place}{script}",
            "text/plain": f"{self.view.shown.title} ({progress_words(self.study)})",
        }

    @contextmanager
    def _as_it_is_now(self) -> Iterator[None]:
        with self.view.widget.lock, self.view.widget.silent():
            self.view.update()
            self.view.widget.before_picture()
            yield

    def _follow(self) -> None:
        while self.study.state == "running":
            self._changed.wait()
            self._changed.clear()
            self.refresh()
            # Four pictures a second are enough for an eye, and leave the search its processor.
            time.sleep(SECONDS_BETWEEN_UPDATES)
        self.refresh()

    def _see_view_through(self) -> None:
        """Send everything again until a new view answers: it missed what was sent meanwhile."""
        for seconds in SECONDS_OF_RESENDING:
            if self.view.was_greeted.wait(seconds):
                return
            self.view.send_all()

    def _stop(self, _button: Any) -> None:
        self._is_stopping = True
        self._write_strip()
        self.study.stop()
        self._changed.set()

    def _write_strip(self) -> None:
        is_running = self.study.state == "running"
        meanwhile = "Stopping ..." if self._is_stopping else "Stop"
        self.strip.value = strip_html(
            self.study, self.view.shown.title, is_stopping=self._is_stopping, problem=self._problem
        )
        self.stop_button.disabled = self._is_stopping or not is_running
        self.stop_button.description = meanwhile if is_running else self.study.state.capitalize()
        self.stop_button.icon = "stop" if is_running else ""

    def _heard_tap(self, number: int) -> None:
        for trial in (self.study.reference, *self.study.trials):
            if trial is not None and trial.number == number:
                self.chosen = trial

    def _repr_mimebundle_(self, **formats: Any) -> dict:
        self.view.widget.refresh_picture()
        self.view.was_greeted.clear()
        Thread(target=self._see_view_through, name="spikefit new view", daemon=True).start()
        bundle = super()._repr_mimebundle_(**formats)
        # For readers without a kernel and without widgets: a saved notebook, a page of nbconvert.
        bundle["text/html"] = study_html(self.study, self.view.shown.title)
        bundle["text/plain"] = f"{self.view.shown.title} ({progress_words(self.study)})"
        return bundle
