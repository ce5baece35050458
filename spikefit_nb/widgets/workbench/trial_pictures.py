"""What came of one trial: its sentence and code, and pictures that take turns."""

from collections.abc import Callable
from typing import Any, NamedTuple

import ipywidgets
from bokeh.models import LayoutDOM

from spikefit_nb.errors import SpikefitError
from spikefit_nb.plots import (
    plot_confusion,
    plot_cores,
    plot_drift,
    plot_energy,
    plot_floorline,
    plot_mesh,
    plot_traffic,
)
from spikefit_nb.widgets.sentences import trial_html
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.panel import FULL
from spikefit_nb.widgets.workbench.picture import Picture, tabs

NOTHING = "Tap a design, or choose one among the trials: what came of it is shown here."
NOT_RUN = "It was not run on the chip, so there is no picture."
NO_CASE = "Give load_study network, chip and recordings to see more of it."


class OfTrial(NamedTuple):
    """A picture of a trial: its name, what draws it, and the line that draws the same."""

    name: str
    draw: Callable[[Any], LayoutDOM]
    line: str


PICTURES = {
    "cores": OfTrial("Cores", plot_cores, "sf.plot_cores(trial.report)"),
    "energy": OfTrial("Energy", plot_energy, "sf.plots.plot_energy(trial.report)"),
    "steps": OfTrial("By step", plot_traffic, "sf.plots.plot_traffic(trial.report)"),
    "links": OfTrial("Links", plot_mesh, "sf.plots.plot_mesh(trial.report)"),
    "waits": OfTrial("Waits for", plot_floorline, "sf.plots.plot_floorline(trial.report)"),
    "drift": OfTrial(
        "Drift", lambda report: plot_drift(report.drift), "sf.plots.plot_drift(trial.report.drift)"
    ),
    "classes": OfTrial(
        "Classes",
        lambda report: plot_confusion(report.record),
        "sf.plots.plot_confusion(trial.report.record)",
    ),
}


class TrialPictures(ipywidgets.VBox):
    """Shows one trial; pictures are made in the background, since one may need a run."""

    def __init__(self) -> None:
        self.words = ipywidgets.HTML(layout=FULL)
        self.tabs = tabs("Of this trial", {key: of.name for key, of in PICTURES.items()})
        self.picture = Picture()
        self._trial: Any = None
        self._told = ""
        self.artist = Latest(_drawn, self._show, self._failed)
        super().__init__([self.words, self.tabs, self.picture], layout=FULL)
        self.tabs.observe(self._draw, "value")
        self.look(None, None)

    @property
    def line(self) -> str:
        """The line that draws what is shown."""
        return PICTURES[self.tabs.value].line

    def look(self, trial: Any, study: Any) -> None:
        """Look at another trial, or at none."""
        self._trial = trial
        self.tabs.layout.display = "none" if trial is None else ""
        if trial is None or study is None:
            self.artist.forget()
            self.words.value = ""
            self.picture.say(NOTHING)
            return
        broken = study.broken_limits(trial) if trial.state == "done" else ""
        self.words.value = trial_html(trial, study.objectives, study.reference, broken=broken)
        self._draw()

    def forget(self) -> None:
        """Draw nothing any more."""
        self.artist.forget()

    def _draw(self, _change: Any = None) -> None:
        if self._trial is not None:
            self.picture.say("Drawing ...")
            self.artist.ask((self._trial, self.tabs.value))

    def _show(self, drawn: LayoutDOM | str) -> None:
        if isinstance(drawn, str):
            self.picture.say(drawn)
        else:
            self.picture.show(drawn)

    def _failed(self, error: Exception) -> None:
        self.picture.say(f"This picture could not be drawn: {type(error).__name__}: {error}")


def _drawn(asked: tuple[Any, str]) -> LayoutDOM | str:
    """A picture of a trial, or why there is none."""
    trial, name = asked
    report = trial.report
    if report is None:
        return NO_CASE if trial.case is None else NOT_RUN
    if not report.fits and name != "cores":
        return NOT_RUN
    try:
        return PICTURES[name].draw(report)
    except SpikefitError as error:
        return str(error)
