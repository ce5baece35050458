"""What all panels share: a frame with a title, the place for errors, and the line of code."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import escape
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import Any

import ipywidgets

from spikefit_nb.html import FAINT, FONT, INK
from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.embed import bokeh_js_html
from spikefit_nb.widgets.manners import SCRIPT
from spikefit_nb.widgets.page import to_html
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import code_html, problem_html

CODE_FONT = "var(--jp-code-font-family,ui-monospace,monospace)"
EDGE = "var(--jp-border-color2,rgba(128,128,128,.35))"
FOCUSED = f"{4 * '.spikefit-panel'} :focus-visible"  # before the rules of ipywidgets
STYLE = f"""<style>
.spikefit-bench {{ container-type: inline-size; width: 100% }}
.spikefit-columns.spikefit-columns {{ display: grid; gap: 12px; align-items: start;
  grid-template-columns: minmax(340px, 400px) minmax(0, 1fr) }}
.spikefit-panel td, .spikefit-panel th {{ padding-right: 9px !important }}
@container (max-width: 860px) {{
  .spikefit-columns.spikefit-columns {{ grid-template-columns: minmax(0, 1fr) }} }}
.spikefit-column {{ gap: 12px; min-width: 0; overflow: visible }}
.spikefit-panel {{ border: 1px solid {EDGE}; border-radius: 5px; padding: 10px 12px;
  overflow: visible; min-width: 0 }}
.spikefit-panel .widget-html-content {{ line-height: 1.4; overflow-wrap: break-word }}
.spikefit-panel .widget-label {{ white-space: normal; line-height: 1.2; height: auto;
  align-self: center; overflow-wrap: break-word }}
.spikefit-source {{ font-family: var(--jp-ui-font-family, system-ui, sans-serif) }}
.spikefit-knobs.spikefit-knobs {{ display: grid; gap: 4px 20px;
  grid-template-columns: repeat(auto-fit, minmax(310px, 1fr)) }}
.spikefit-knobs > .widget-html {{ grid-column: 1 / -1 }}
.spikefit-fields.spikefit-fields {{ display: grid; gap: 0 16px;
  grid-template-columns: repeat(auto-fit, minmax(max(240px, 30%), 1fr)) }}
.spikefit-space-row.spikefit-space-row {{ display: grid; gap: 0 10px; align-items: center;
  grid-template-columns: minmax(150px, 220px) minmax(0, 1fr) }}
.spikefit-explore.spikefit-explore {{ display: grid; gap: 4px 24px; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)) }}
.spikefit-explore > * {{ min-width: 0 }}
.spikefit-tabs > .widget-label {{ position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%) }}
.spikefit-tabs .widget-toggle-buttons {{ display: flex; flex-wrap: wrap }}
.spikefit-tabs .widget-toggle-button {{ width: auto; margin: 0 12px 0 0; padding: 0 2px;
  background: none; box-shadow: none; color: var(--jp-ui-font-color2, inherit);
  border-bottom: 2px solid transparent }}
.spikefit-tabs .widget-toggle-button.mod-active {{ font-weight: 700; background: none;
  color: var(--jp-ui-font-color1, inherit); border-bottom-color: #0072B2 }}
.spikefit-panel .widget-inline-hbox {{ max-width: calc(100% - 4px) }}
.spikefit-tiles {{ display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 2px 0 6px }}
.spikefit-tile {{ min-width: 72px; line-height: 1.35 }}
.spikefit-gauges {{ display: grid; gap: 3px 10px; align-items: center;
  grid-template-columns: minmax(90px, auto) 1fr minmax(50px, auto) }}
.spikefit-bar {{ height: 7px; border-radius: 4px; background: rgba(128,128,128,.25);
  overflow: hidden }}
.spikefit-bar > div {{ height: 100% }}
.spikefit-badge {{ display: inline-block; min-width: 18px; border-radius: 3px; color: #fff;
  font-size: 11px; font-weight: 600; line-height: 18px; text-align: center }}
.spikefit-source {{ font-size: 11px; line-height: 1.25; display: -webkit-box; overflow: hidden;
  -webkit-line-clamp: 2; -webkit-box-orient: vertical }}
.spikefit-code {{ display: block; margin-top: 4px; padding: 4px 8px; white-space: pre-wrap;
  font-family: {CODE_FONT}; font-size: 12px; color: var(--jp-ui-font-color1, inherit);
  background: rgba(128,128,128,.13); border-radius: 3px; overflow-wrap: anywhere }}
.spikefit-problem {{ color: var(--jp-error-color1, #c62828); font-size: 13px;
  line-height: 1.4; overflow-wrap: anywhere }}
@media (prefers-reduced-motion: reduce) {{
  .spikefit-panel, .spikefit-panel * {{ transition: none !important; animation: none !important;
    scroll-behavior: auto !important }} }}
{FOCUSED} {{ outline: 2px solid var(--jp-brand-color1, #0072B2) !important; outline-offset: 1px }}
.spikefit-drop.spikefit-over {{ outline: 2px dashed currentColor; outline-offset: -3px }}
.spikefit-own input {{ font-weight: 700 }}
</style>"""
FULL = {"width": "100%"}  # each widget makes a layout of its own of it, which closes with it


class Panel(ipywidgets.VBox):
    """One panel of the workbench, which can also stand in a cell of its own."""

    def __init__(self, state: State, name: str, title: str, body: Iterable[Any]) -> None:
        self.state, self.name, self.title = state, name, title
        self.is_closed, self._is_silent, self._setting = False, False, RLock()
        self._watched: list[tuple[Callable[[Any], None], list[str]]] = []
        heading = f'{STYLE}<div style="{FONT};{INK};font-weight:700">{escape(title)}</div>'
        self.problem, self.line = ipywidgets.HTML(), ipywidgets.HTML()
        children = [ipywidgets.HTML(heading), *body, self.problem, self.line]
        super().__init__(children, layout=FULL)
        self.add_class("spikefit-panel")
        self.watch(self._show_words, ["problems", "said"])
        self._show_words()

    def watch(self, shown: Callable[[Any], None], names: list[str]) -> None:
        """Call something when traits of the workbench change, as long as the panel is there."""
        self._watched.append((shown, names))
        self.state.observe(shown, names)

    def hear(self, control: Any, act: Callable[[Any], None], *, name: str = "value") -> None:
        """Do something when a person changes a control; errors are told in this panel."""

        def heard(change: Any) -> None:
            with self._setting:
                is_silent = self._is_silent
            if not is_silent:
                with self.state.attempt(self.name):
                    act(change.new)

        control.observe(heard, name)

    def press(self, button: Any, act: Callable[[], None]) -> None:
        """Do something when a person presses a button; errors are told in this panel."""

        def heard(_button: Any) -> None:
            with self.state.attempt(self.name):
                act()

        button.on_click(heard)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Set controls to what is true now, which is no act of a person."""
        with self._setting:  # a choice set by two threads can end at one value and show the other
            before, self._is_silent = self._is_silent, True
            try:
                yield
            finally:
                self._is_silent = before

    def close(self) -> None:
        """Take the panel from every page, and let go of all it holds."""
        self.is_closed = True
        for shown, names in self._watched:
            self.state.unobserve(shown, names)
        self._watched.clear()
        close_all(self.children)
        super().close()
        close_all([self.layout])

    def to_html(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the panel as a page that opens alone, as it is now."""
        return to_html(self, path, overwrite=overwrite)

    def _show_words(self, _change: Any = None) -> None:
        self.problem.value = problem_html(self.state.problems.get(self.name, ""))
        self.line.value = code_html(self.state.said.get(self.name, ""))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from IPython.display import display

        display({"text/html": bokeh_js_html() + SCRIPT, "text/plain": ""}, raw=True)
        return super()._repr_mimebundle_(**kwargs)


def faint(words: str) -> str:
    """Write words that stand back."""
    return f'<div style="{FONT};{FAINT};font-size:12px">{escape(words)}</div>'
