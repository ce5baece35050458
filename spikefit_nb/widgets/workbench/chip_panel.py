"""Where it runs: a chip of the catalogue, or one assembled from figures of one's own."""

import tempfile
from pathlib import Path
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.hardware import load_profile, profile_names, read_profile
from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.workbench.figures import Row, rows_by_group, value_of
from spikefit_nb.widgets.workbench.lines import CHANGED, Step
from spikefit_nb.widgets.workbench.panel import FULL, Panel
from spikefit_nb.widgets.workbench.save_row import SaveRow
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import badge_html, legend_html, source_html

LABEL = {"description_width": "110px"}
AS_PUBLISHED = "as published"


class Figure(ipywidgets.VBox):
    """One figure of a chip: an editable value beside its unit, kind and source."""

    def __init__(self, panel: Panel, row: Row) -> None:
        self.row, self._panel = row, panel
        self.value = ipywidgets.Text(
            value=row.value,
            description=row.label,
            tooltip=row.says,
            continuous_update=False,
            style=LABEL,
            layout=Layout(width="auto", flex="1 1 auto", min_width="0"),
        )
        self.beside = ipywidgets.HTML(layout=Layout(flex="0 0 110px", margin="2px 0 2px 8px"))
        self.source = ipywidgets.HTML(layout=FULL)
        line = ipywidgets.HBox([self.value, self.beside], layout=FULL)
        super().__init__([line, self.source], layout=Layout(width="100%", margin="0 0 6px"))
        panel.hear(self.value, self._edited)
        self.show(row)

    def show(self, row: Row) -> None:
        """Show what the figure says now."""
        self.row = row
        self.value.value, self.beside.value = row.value, badge_html(row)
        self.source.value = source_html(row)
        (self.add_class if row.is_own else self.remove_class)("spikefit-own")

    def _edited(self, written: str) -> None:
        state, name = self._panel.state, self.row.name
        try:
            state.edit(name, value_of(name, written, state.profile.figure(name)))
        except Exception:
            with self._panel.silent():
                self.value.value = self.row.value  # what still holds; the words say why
            raise


class ChipPanel(Panel):
    """Choose a chip, read on what its figures rest, and change them."""

    def __init__(self, state: State) -> None:
        self.pick = ipywidgets.Dropdown(
            description="Chip", options=profile_names(), style=LABEL, layout=FULL
        )
        self.coefficients = ipywidgets.Dropdown(
            description="Coefficients", options=[AS_PUBLISHED], style=LABEL, layout=FULL
        )
        self.legend, self.diff = ipywidgets.HTML(), ipywidgets.HTML()
        self.groups = ipywidgets.Accordion([], layout=FULL)
        self.figures: dict[str, Figure] = {}
        self.drop = ipywidgets.FileUpload(
            accept=".toml", multiple=False, description="Drop or choose a chip (.toml)", layout=FULL
        )
        self.drop.tooltip = "A chip that was saved here, or written by hand"
        self.drop.add_class("spikefit-drop")
        self.saving = ipywidgets.VBox([], layout=FULL)
        body = [self.pick, self.coefficients, self.legend, self.groups, self.diff]
        super().__init__(state, "chip", "Chip", [*body, self.drop, self.saving])
        self.row = SaveRow(self, "Save as", "my_chip.toml", write=self._save)
        self.saving.children = [self.row]
        self.hear(self.pick, state.load_chip)
        self.hear(self.coefficients, self._other_coefficients)
        self.hear(self.drop, self._opened)
        self.watch(self._show, ["profile"])
        self._show()

    def _other_coefficients(self, name: str) -> None:
        self.state.load_chip(self.pick.value, None if name == AS_PUBLISHED else name)

    def _save(self, path: str) -> str:
        self.state.profile.save(path)
        return f"profile.save({path!r})"

    def _opened(self, files: Any) -> None:
        for file in files:
            name = Path(file["name"]).name
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                path.write_bytes(bytes(file["content"]))
                profile = read_profile(path)
            step = Step(f"profile = sf.read_profile({name!r})", ("profile",))
            self.state.change("chip", step, profile=profile)

    def _show(self, _change: Any = None) -> None:
        profile = self.state.profile
        with self.silent():
            base = _base_of(profile.name)
            if base not in self.pick.options:
                self.pick.options = [base, *profile_names()]
            self.pick.value = base
            self._show_coefficients(base)
            self._show_figures()
            own = sum(figure.row.is_own for figure in self.figures.values())
            self.legend.value = legend_html(own)
            known = base in profile_names() and own
            told = profile.diff(load_profile(base))._repr_html_() if known else ""
            self.diff.value = told

    def _show_coefficients(self, base: str) -> None:
        sets = load_profile(base).sets if base in profile_names() else {}
        self.coefficients.layout.display = "" if sets else "none"
        self.coefficients.options = [AS_PUBLISHED, *sets]
        chosen = [s for s in sets if s in self.state.profile.name]
        self.coefficients.value = chosen[0] if chosen else AS_PUBLISHED

    def _show_figures(self) -> None:
        groups = rows_by_group(self.state.profile)
        rows = {row.name: row for found in groups.values() for row in found}
        if list(rows) == list(self.figures):
            for name, row in rows.items():
                self.figures[name].show(row)
            return
        old = self.groups.children
        self.figures = {name: Figure(self, row) for name, row in rows.items()}
        self.groups.children = [
            ipywidgets.VBox([self.figures[row.name] for row in found]) for found in groups.values()
        ]
        for at, (group, found) in enumerate(groups.items()):
            self.groups.set_title(at, f"{group} ({len(found)})")
        close_all(old)


def _base_of(name: str) -> str:
    """The chip of the catalogue that a profile began as; its own name where there is none."""
    name = name.removesuffix(CHANGED)
    known = [n for n in profile_names() if name == n or name.startswith(f"{n}_")]
    return max(known, key=len) if known else name
