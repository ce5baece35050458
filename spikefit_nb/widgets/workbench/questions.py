"""What a person is asked where a file is silent: its tool, or time step, reset and the like."""

from collections.abc import Sequence
from typing import Any

import ipywidgets

from spikefit_nb.nir_file.conventions import CONVENTIONS
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench.fields import value_of
from spikefit_nb.widgets.workbench.panel import FULL

LABEL = {"description_width": "150px"}
NOT_SAID, NO_TOOL = "not said yet", "say it below"
DATA_STEP = "recordings_dt_s"  # how long a step of the recordings lasts
DEFAULT_STEP_S = 1e-3
NEEDED = {"dt_s": "the time step", "reset": "the reset"}  # without which nothing is read
SPIKES = {"one": 1, "any number": None}


class Questions(ipywidgets.VBox):
    """The questions that files leave open, and what was answered."""

    def __init__(self) -> None:
        self.asked: tuple[str, ...] = ()
        self.source = ipywidgets.Dropdown(
            description="Made with",
            options=[NO_TOOL, *CONVENTIONS],
            tooltip="The tool that wrote the file says all the rest",
            style=LABEL,
            layout=FULL,
        )
        self.fields: dict[str, Any] = {
            "dt_s": _text("Its time step", "such as 0.1 ms"),
            "reset": ipywidgets.Dropdown(
                description="Its reset",
                options=[NOT_SAID, "zero", "subtract", "none"],
                style=LABEL,
                layout=FULL,
            ),
            "max_spikes_per_step": ipywidgets.Dropdown(
                description="Spikes a step", options=list(SPIKES), style=LABEL, layout=FULL
            ),
            DATA_STEP: _text("Step of recordings", "1 ms, if nothing is written"),
        }
        super().__init__([self.source, *self.fields.values()], layout=FULL)
        self.add_class(TOOL)
        self.ask(())

    def ask(self, names: Sequence[str]) -> None:
        """Show these questions, and no others; what was answered to others is forgotten."""
        self.asked = tuple(names)
        for name, field in self.fields.items():
            field.layout.display = "" if name in names else "none"
            if name not in names:
                field.value = "" if isinstance(field, ipywidgets.Text) else field.options[0]
        of_tool = set(names) - {DATA_STEP}
        self.source.layout.display = "" if of_tool else "none"
        if not of_tool:
            self.source.value = NO_TOOL

    def given(self) -> dict[str, Any]:
        """What was answered, as arguments of ``read_nir``."""
        found: dict[str, Any] = {}
        if self.source.value != NO_TOOL:
            found["source"] = self.source.value
        step = value_of(self.fields["dt_s"].value, "s", "Its time step")
        if step is not None:
            found["dt_s"] = step
        if self.fields["reset"].value != NOT_SAID:
            found["reset"] = self.fields["reset"].value
        spikes = SPIKES[self.fields["max_spikes_per_step"].value]
        if spikes is None:
            found["max_spikes_per_step"] = spikes
        return found

    def step_of_recordings(self) -> float:
        """Seconds of a step in the recordings."""
        step = value_of(self.fields[DATA_STEP].value, "s", "Step of recordings")
        return DEFAULT_STEP_S if step is None else step

    def open_words(self) -> str:
        """What still has to be said, in words; nothing where all is."""
        given = self.given()
        open_ = [
            words for name, words in NEEDED.items() if name in self.asked and name not in given
        ]
        return "" if "source" in given else " and ".join(open_)


def _text(words: str, placeholder: str) -> Any:
    return ipywidgets.Text(description=words, placeholder=placeholder, style=LABEL, layout=FULL)
