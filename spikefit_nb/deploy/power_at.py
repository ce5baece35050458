"""Power against the rate of input events: what a live chip draws, and how long a battery lasts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from numbers import Real

import numpy as np

from spikefit_nb.case import Run
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, NotPublished, expect
from spikefit_nb.mapping import CoreMap
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.replay import Arrivals, Battery, Interval, Operation, replay
from spikefit_nb.units import text

SECONDS_PER_DAY = 86400.0


@dataclass(frozen=True, eq=False, repr=False)
class PowerAtRates(Result):
    """What a live chip draws at some rates of input events, ``idle + slope * rate * duty cycle``.

    Parameters
    ----------
    rates_hz : tuple of float, input events a second while there are any
    idle_w : Interval, power in silence
    slope_j : Interval, energy of an input event and all that follows from it
    known_hz : float, the rate of the recordings, up to which the line is no guess
    duty_cycle : float, share of the time in which there are events
    battery : Battery
    remarks : tuple of str

    Examples
    --------
    >>> from spikefit_nb.replay import COIN_CELL
    >>> idle, slope = Interval(1e-4, 2e-4, 3e-4), Interval(1e-9, 1e-9, 2e-9)
    >>> PowerAtRates((0.0, 1e5), idle, slope, 5e4, 1.0, COIN_CELL)
    PowerAtRates(200 µW in silence, 1 nJ an input event: 300 µW at 100 kHz)
    """

    rates_hz: tuple[float, ...]
    idle_w: Interval
    slope_j: Interval
    known_hz: float
    duty_cycle: float
    battery: Battery
    remarks: tuple[str, ...] = ()

    def power_w(self, rate_hz: float) -> Interval:
        """Mean power at one rate.

        Parameters
        ----------
        rate_hz : float, input events a second while there are any

        Returns
        -------
        Interval
        """
        mean_hz = rate_hz * self.duty_cycle
        pairs = zip(self.idle_w, self.slope_j, strict=True)
        return Interval(*(idle + slope * mean_hz for idle, slope in pairs))

    def _headline(self) -> str:
        most = max(self.rates_hz)
        power, rate = text(self.power_w(most).value, "W"), text(most, "Hz")
        during = "" if self.duty_cycle == 1 else f", {text(self.duty_cycle, '%')} of the time"
        return (
            f"{text(self.idle_w.value, 'W')} in silence, {text(self.slope_j.value, 'J')} an input "
            f"event: {power} at {rate}{during}"
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            self.idle_w.told("idle_w", "Power in silence", "W"),
            self.slope_j.told("slope_j", "Energy of an input event", "J"),
            Quantity("known_hz", "Rate of the recordings", self.known_hz, "Hz"),
            Quantity("duty_cycle", "Share of the time with events", self.duty_cycle, "%"),
            *(quantity for rate_hz in self.rates_hz for quantity in self._at(rate_hz)),
        )

    def _at(self, rate_hz: float) -> Iterator[Quantity]:
        of, power = f"At {text(rate_hz, 'Hz')}", self.power_w(rate_hz)
        yield Quantity("rate_hz", "Input events a second", rate_hz, "Hz", of=of)
        yield power.told("power_w", "Power", "W")._replace(of=of)
        yield self._life(rate_hz)._replace(of=of)

    def _life(self, rate_hz: float) -> Quantity:
        """How long the battery lasts at one rate."""
        power, name = self.power_w(rate_hz), f"Lasts on a {self.battery.name}"
        active_w = replace(self, duty_cycle=1.0).power_w(rate_hz).value
        if self.battery.too_much(power.value, active_w):
            return Quantity("battery_life_days", name, "no: more than it is rated for", "days")
        if not power.low:
            return Quantity("battery_life_days", name, None if power.value else "without end")
        longest, life, shortest = (self.battery.energy_j / w / SECONDS_PER_DAY for w in power)
        return Quantity("battery_life_days", name, life, "days", shortest, high=longest)

    def _notes(self) -> Iterator[str]:
        yield from self.remarks
        yield f"{self.battery.name} taken as {self.battery.words}, no self-discharge, no regulator"
        beyond = [text(rate, "Hz") for rate in self.rates_hz if rate > self.known_hz]
        if beyond:
            yield f"Beyond the rate of the recordings, and so extrapolated: {', '.join(beyond)}"

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid((q for q in self.quantities if q.of), "Rate")


def power_at_rates(
    run: Run,
    mapping: CoreMap,
    live: Operation,
    rates_hz: Iterable[float] | float,
    *,
    duty_cycle: float,
    battery: Battery,
) -> PowerAtRates:
    """Draw the line through two live runs: of silence, and of the recordings."""
    rates = _rates(rates_hz)
    expect(duty_cycle, Real, "duty_cycle", "0.1")
    if not 0 < duty_cycle <= 1:
        raise DesignProblem(f"duty_cycle is {duty_cycle!r}; it is a share above 0, to 1: 0.1.")
    if live.power_w is None:
        missing = ", ".join(live.price.not_published).replace("_", " ")
        raise NotPublished(
            f"The power of {live.profile.title} is not known: {missing} not published. "
            "Give your own: profile.replace(...)."
        )
    known_hz = live.input_events_hz
    if not known_hz:
        raise DesignProblem(
            f"The recordings hold no input event in {text(live.recording_s, 's')}, so that nothing "
            "tells what one costs: deploy on others."
        )
    # known, as that of the recordings is
    idle_w: Interval = _in_silence(run, mapping, live).power_w  # type: ignore[assignment]
    first, value, last = ((w - w0) / known_hz for w, w0 in zip(live.power_w, idle_w, strict=True))
    slope_j = Interval(min(first, value, last), value, max(first, value, last))
    return PowerAtRates(
        rates, idle_w, slope_j, known_hz, duty_cycle, battery=battery, remarks=live.notes
    )


def _in_silence(run: Run, mapping: CoreMap, live: Operation) -> Operation:
    """The same live run without any input."""
    recordings: SpikeDataset = run.case.recordings  # type: ignore[assignment]  # it was run
    shape = (1, recordings.n_steps, recordings.n_channels)
    silence = SpikeDataset(np.zeros(shape, bool), dt_s=recordings.dt_s, name="silence")
    record = Run(replace(run.case, dataset=silence), run.retimed).record
    arrivals = Arrivals(live.dt_s, live.n_steps)
    price = replay(record, mapping, timing=live.price.timing, arrivals=arrivals)
    return replace(live, price=price)


def _rates(rates_hz: Iterable[float] | float) -> tuple[float, ...]:
    """Rates as numbers, one or more."""
    expect(rates_hz, Iterable | Real, "rates_hz", "[0, 1e3, 1e5]")
    given = tuple(rates_hz) if isinstance(rates_hz, Iterable) else (rates_hz,)
    for rate in given:
        if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 <= rate < inf:
            raise DesignProblem(
                f"rates_hz has {rate!r}; rates are numbers, 0 or more: [0, 1e3, 1e5]."
            )
    if not given:
        raise DesignProblem("rates_hz is empty; give one rate or more: [0, 1e3, 1e5].")
    return tuple(float(rate) for rate in given)
