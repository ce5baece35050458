"""The trials of a search as rows: number, state, values with units, and the design in words."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.html import FAINT, FONT, INK, LINE
from spikefit_nb.plots import words_of, written
from spikefit_nb.plots.importance import label
from spikefit_nb.plots.parallel import knobs_of
from spikefit_nb.search import OBJECTIVES
from spikefit_nb.widgets.workbench.panel import FULL, faint

N_ROWS = 12
NUMBER_PX = 62
STATES = {  # of a trial, in words
    "all": "all",
    "done": "done",
    "infeasible": "does not fit",
    "dropped": "dropped early",
    "failed": "failed",
}
BY_NUMBER = "number"
TWO_LINES = "display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical"


class TrialRows(ipywidgets.VBox):
    """One page of trials at a time, by state and in an order that is chosen; a button looks at
    one.
    """

    def __init__(self, on_press: Callable[[Any], None]) -> None:
        self._on_press = on_press
        self._trials: list[Any] = []
        self._names: tuple[str, ...] = ()
        self._chosen: int | None = None
        self._page = 0
        wide = {"style": {"description_width": "auto"}, "layout": Layout(width="190px")}
        self.state = ipywidgets.Dropdown(
            description="State", options=[(words, s) for s, words in STATES.items()], **wide
        )
        self.order = ipywidgets.Dropdown(description="Order", **wide)
        self.back, self.on = (
            ipywidgets.Button(description=word, tooltip=says, layout=Layout(width="80px"))
            for word, says in (("Earlier", "Trials before these"), ("Later", "Trials after these"))
        )
        self.where = ipywidgets.HTML()
        self.heads = ipywidgets.HTML(layout=FULL)
        self.rows = [self._row() for _ in range(N_ROWS)]
        controls = ipywidgets.HBox(
            [self.state, self.order, self.back, self.on, self.where],
            layout=Layout(flex_flow="row wrap", width="100%", align_items="center"),
        )
        super().__init__([controls, self.heads, *self.rows], layout=FULL)
        self.state.observe(self._turned, "value")
        self.order.observe(self._turned, "value")
        self.back.on_click(lambda _: self._turn(-1))
        self.on.on_click(lambda _: self._turn(1))

    def _row(self) -> Any:
        button = ipywidgets.Button(
            description="0",
            tooltip="Look at this trial",
            layout=Layout(width=f"{NUMBER_PX}px", height="26px", flex="0 0 auto"),
        )
        row = ipywidgets.HBox(
            [button, ipywidgets.HTML(layout=Layout(flex="1 1 auto", min_width="0"))], layout=FULL
        )
        button.on_click(lambda _: self._on_press(row.trial))
        return row

    def show(self, trials: Iterable[Any], names: Sequence[str], chosen: int | None) -> None:
        """Show trials with so many values each; the page stays."""
        self._trials, self._chosen = list(trials), chosen
        if tuple(names) != self._names:
            self._names = tuple(names)
            orders = [("number", BY_NUMBER), *((words_of(n)[0].lower(), n) for n in names)]
            self.order.options = orders
            self.order.value = BY_NUMBER
        self._fill()

    @property
    def listed(self) -> list[Any]:
        """The trials of the state that is chosen, in the order that is chosen, the best first."""
        state, order = self.state.value, self.order.value
        found = [t for t in self._trials if state in ("all", t.state)]
        if order in (None, BY_NUMBER):
            return sorted(found, key=lambda t: t.number)
        sign = -1 if order in OBJECTIVES and OBJECTIVES[order].maximize else 1
        return sorted(found, key=lambda t: (t.state != "done", sign * t.values.get(order, 0.0)))

    def _turned(self, _change: Any) -> None:
        self._page = 0
        self._fill()

    def _turn(self, by: int) -> None:
        self._page += by
        self._fill()

    def _fill(self) -> None:
        listed = self.listed
        last = max(0, (len(listed) - 1) // N_ROWS)
        self._page = min(max(self._page, 0), last)
        first = self._page * N_ROWS
        shown = listed[first : first + N_ROWS]
        self.back.disabled, self.on.disabled = self._page == 0, self._page == last
        ends = f"{first + 1} to {first + len(shown)} of {len(listed):,}" if shown else "none"
        self.where.value = faint(ends)
        self.heads.value = heads_html(self._names)
        for row, trial in zip(self.rows, [*shown, *[None] * N_ROWS], strict=False):
            row.layout.display = "none" if trial is None else ""
            if trial is not None:
                self._write(row, trial)

    def _write(self, row: Any, trial: Any) -> None:
        button, cells = row.children
        row.trial = trial
        button.description = str(trial.number)
        button.button_style = "info" if trial.number == self._chosen else ""
        cells.value = row_html(cells_of(trial, self._names))


def cells_of(trial: Any, names: Sequence[str]) -> tuple[str, ...]:
    """What is told of a trial in a row: state, values, and its design in words."""
    values = [written(n, trial.values[n]) if n in trial.values else "" for n in names]
    turned = "; ".join(f"{label(knob)}: {value}" for knob, value in knobs_of(trial).items())
    why = f" ({trial.message})" if trial.message else ""
    return STATES.get(trial.state, trial.state), *values, f"{turned or 'as trained'}{why}"


def row_html(cells: Sequence[str], *, is_head: bool = False) -> str:
    """Write the cells of a row, all rows with the same columns."""
    columns = f"84px repeat({len(cells) - 2}, 78px) minmax(90px, 1fr)"
    style = f"{FONT};{FAINT if is_head else INK};{LINE};line-height:1.3;padding:3px 0"
    written_cells = "".join(
        f'<div title="{escape(cell)}" style="overflow:hidden;text-overflow:ellipsis;'
        f'{TWO_LINES if k in (0, len(cells) - 1) else ""}">{escape(cell)}</div>'
        for k, cell in enumerate(cells)
    )
    return (
        f'<div style="display:grid;gap:0 12px;grid-template-columns:{columns};{style}">'
        f"{written_cells}</div>"
    )


def heads_html(names: Sequence[str]) -> str:
    """Write what the columns are."""
    heads = ("State", *(words_of(name)[0] for name in names), "Design")
    cells = row_html(heads, is_head=True)
    return (
        f'<div style="display:flex;{FONT};{FAINT}"><div style="flex:0 0 {NUMBER_PX + 4}px">Trial'
        f'</div><div style="flex:1 1 auto;min-width:0">{cells}</div></div>'
    )
