"""The chip in operation: how input comes, what that draws, how long a battery lasts."""

from dataclasses import replace
from html import escape
from math import ceil, log10
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.deploy import PowerAtRates, Report
from spikefit_nb.errors import SpikefitError
from spikefit_nb.hardware import SCENARIOS, settle_scenario
from spikefit_nb.html import FONT, INK, table
from spikefit_nb.plots import plot_power
from spikefit_nb.quantities import Quantity
from spikefit_nb.replay import COIN_CELL, Battery, own_battery
from spikefit_nb.units import text
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.picture import Picture, tabs
from spikefit_nb.widgets.workbench.state import State

WORDS = {"single_stream": "Stored", "offline": "Stored, back to back", "real_time": "Live"}
COIN = "CR2032"
OWN = "own"
SHOWN = (
    "occupied_s",
    "event_energy_j",
    "energy_j",
    "power_w",
    "worst_answer_s",
    "late_share",
    "pipelined_per_s",
    "input_events_hz",
    "slowest_step_s",
    "lag_s",
    "missed_steps_share",
)
LABEL = {"description_width": "130px"}
NO_REPORT = "With recordings, and a chip that the network fits, this tells what it draws."


class OperationPanel(Panel):
    """Say how input comes and how often; read power, battery life, and whether it keeps up."""

    def __init__(self, state: State) -> None:
        self.scenario = tabs("Input", {s: WORDS[s] for s in WORDS})
        self.deadline = ipywidgets.BoundedFloatText(
            description="Deadline (ms)", min=0.0, max=1e7, step=1.0, style=LABEL, tooltip="0: none"
        )
        self.rate, self.duty = _rate_slider(), _share_slider()
        self.battery = ipywidgets.Dropdown(
            description="Battery",
            options=[(f"CR2032, {COIN_CELL.words}", COIN), ("one of yours", OWN)],
            style=LABEL,
            layout=Layout(width="370px"),
        )
        self.capacity = ipywidgets.BoundedFloatText(
            description="Capacity", value=500.0, min=0.001, max=1e9, style=LABEL
        )
        self.unit = ipywidgets.Dropdown(description="In", options=["mAh", "Wh"])
        self.volts = ipywidgets.BoundedFloatText(
            description="Voltage (V)", value=3.7, min=0.1, max=1000.0, step=0.1, style=LABEL
        )
        self.own = ipywidgets.HBox(
            [self.capacity, self.unit, self.volts], layout=Layout(flex_flow="row wrap")
        )
        self.verdict, self.life = ipywidgets.HTML(), ipywidgets.HTML()
        self.picture = Picture()
        self.power: PowerAtRates | None = None
        self._report: Report | None = None
        self._is_new = True  # no rate was chosen yet
        self.finder = Latest(_power, self._found, self._failed, patience_s=0.1)
        controls = ipywidgets.VBox([self.rate, self.duty, self.battery, self.own], layout=FULL)
        top = ipywidgets.VBox([self.scenario, self.deadline], layout=FULL)
        for box in (top, controls):
            box.add_class(TOOL)
        halves = [[top, self.verdict], [controls, self.life, self.picture]]
        body = [ipywidgets.HBox([ipywidgets.VBox(half) for half in halves], layout=FULL)]
        body[0].add_class("spikefit-explore")
        super().__init__(state, "operation", "Operation", body)
        self.hear(self.scenario, lambda value: state.operate(scenario=value))
        self.hear(self.deadline, self._set_deadline)
        for control in (self.rate, self.duty, self.battery, self.capacity, self.unit, self.volts):
            self.hear(control, self._ask_power)
        self.watch(self._show, ["report", "scenario", "deadline_s", "profile"])
        self._show()

    def _set_deadline(self, value: float) -> None:
        self.state.operate(deadline_s=value / 1000 if value else None)

    def _ask_power(self, _value: Any) -> None:
        self._tell_power()
        self.state.said = {**self.state.said, self.name: self._line()}

    def _line(self) -> str:
        given = [f"{self.rate.value:.6g}"]
        if self.duty.value < 1:
            given.append(f"duty_cycle={self.duty.value:.3g}")
        if self.battery.value == OWN:
            of = f"{self.volts.value:g}, {self.unit.value.lower()}={self.capacity.value:g}"
            given.append(f"battery=sf.replay.own_battery({of})")
        return f"report.power_at({', '.join(given)})"

    def _chosen_battery(self) -> Battery:
        if self.battery.value == COIN:
            return COIN_CELL
        return own_battery(self.volts.value, **{self.unit.value.lower(): self.capacity.value})

    # What is shown.

    def _show(self, _change: Any = None) -> None:
        state, report = self.state, self.state.report
        with self.silent():
            self.scenario.value = settle_scenario(state.profile, state.scenario)
            self.deadline.value = 1000 * (state.deadline_s or 0.0)
        self.verdict.value = verdict_html(report)
        if report is self._report:
            return
        self._report, self.power = report, None
        if report is None or report.operation is None:
            self.finder.forget()
            self.life.value = ""
            self.picture.say("")
        else:
            self.picture.say("Working out what silence and events draw ...")
            self.finder.ask(report)

    def _found(self, power: PowerAtRates | str) -> None:
        if isinstance(power, str):
            self.life.value = ""
            self.picture.say(power)
            return
        self.power = power
        highest = max(4, ceil(log10(10 * power.known_hz)))
        with self.silent():
            self.rate.max = highest
            if self._is_new:
                self._is_new = False
                self.rate.value = power.known_hz
        self._tell_power()

    def _tell_power(self) -> None:
        """Tell power and battery life at the rate that is chosen: a point of a line, no new run."""
        is_own = self.battery.value == OWN
        self.own.layout.display = "" if is_own else "none"
        if self.power is None:
            return
        told = replace(
            self.power,
            rates_hz=(self.rate.value,),
            duty_cycle=self.duty.value,
            battery=self._chosen_battery(),
        )
        self.life.value = life_html(told, is_checked=not is_own)
        self.picture.show(plot_power(told))

    def _failed(self, error: Exception) -> None:
        self.picture.say(f"Power could not be told: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Take the panel from every page, and let go of all it holds."""
        self.finder.forget()
        super().close()


def _rate_slider() -> Any:
    return ipywidgets.FloatLogSlider(
        description="Events a second",
        min=0,
        max=7,
        step=0.05,
        value=1e4,
        readout_format=",.0f",
        continuous_update=False,
        style=LABEL,
        layout=FULL,
    )


def _share_slider() -> Any:
    return ipywidgets.FloatSlider(
        description="Share of the time",
        min=0.01,
        max=1.0,
        step=0.01,
        value=1.0,
        readout_format=".0%",
        continuous_update=False,
        style=LABEL,
        layout=FULL,
    )


def _power(report: Report) -> PowerAtRates | str:
    try:
        return report.power_at(0.0)
    except SpikefitError as error:
        return str(error)


def verdict(report: Report | None) -> tuple[str, ...]:
    """What a report says of the chip in operation, a sentence each."""
    if report is None or report.operation is None:
        return (NO_REPORT,) if report is None else (f"{report.fit.headline}: nothing is drawn.",)
    operation = report.operation
    said = [operation.headline, operation.lateness, *operation.cautions]
    said.append(report.alternatives().verdict)
    return tuple(f"{words[:1].upper()}{words[1:].rstrip('.')}." for words in said if words)


def verdict_html(report: Report | None) -> str:
    """Write what a report says of the chip in operation, and its numbers."""
    first, *others = verdict(report)
    style = f"{FONT};{INK};line-height:1.4"
    above = f'<div style="{style};font-size:15px;font-weight:600">{escape(first)}</div>'
    above += "".join(f'<div style="{style}">{escape(words)}</div>' for words in others)
    if report is None or report.operation is None:
        return faint(first) if report is None else above
    rows = [
        (q.label.strip(), "not published" if q.value is None else q.text, q.kind or "")
        for q in report.operation.quantities
        if q.name in SHOWN
    ]
    return above + table(rows, header=("", SCENARIOS[report.operation.scenario], ""))


def lasting(battery: str, life: Quantity) -> str:
    """How long a battery lasts, or why it does not."""
    if isinstance(life.value, str):
        too_much = life.value.partition("no: ")[2]
        return f"a {battery} cannot give it: {too_much}" if too_much else f"lasts {life.value}"
    return "how long a battery lasts is not known" if life.value is None else f"lasts {life.text}"


def life_html(told: PowerAtRates, *, is_checked: bool) -> str:
    """Write power and battery life at one rate."""
    [rate_hz] = told.rates_hz
    at = {q.name: q for q in told.quantities if q.of}
    power, life = at["power_w"], at["battery_life_days"]
    beyond = rate_hz > told.known_hz * (1 + 1e-9)
    notes = [f"{told.battery.name} of {told.battery.words}, no self-discharge, no regulator"]
    notes += [] if is_checked else ["the largest current it is rated for is not checked"]
    if beyond:
        notes.append(
            f"extrapolated: the recordings have {text(told.known_hz, 'Hz')} of input events"
        )
    head = f"{power.text} at {text(rate_hz, 'Hz')}; {lasting(told.battery.name, life)}."
    style = f"{FONT};{INK};font-size:15px;font-weight:600"
    return f'<div role="status" style="{style}">{escape(head)}</div>{faint("; ".join(notes))}'
