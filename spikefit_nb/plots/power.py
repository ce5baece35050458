"""Power against the rate of input events: what silence costs, and what events add to it."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import Band, ColumnDataSource, NumeralTickFormatter, Span
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import BLUE, GREY, finished, hover, new_figure
from spikefit_nb.units import text

N_POINTS = 41


@runtime_checkable
class PowerAtRates(Protocol):
    """What the picture reads of an answer of ``report.power_at``."""

    headline: str
    rates_hz: tuple[float, ...]
    known_hz: float  # rate of the recordings
    idle_w: Any  # (low, value, high)
    power_w: Callable[[float], Any]  # (low, value, high) at a rate


class PowerData(NamedTuple):
    """Power at rates from silence to the highest asked for, with both ends."""

    title: str
    rate_hz: np.ndarray
    power_w: np.ndarray
    low_w: np.ndarray
    high_w: np.ndarray
    asked_hz: np.ndarray
    known_hz: float


def power_data(power: PowerAtRates) -> PowerData:
    """Gather what the picture of power against event rate shows.

    Parameters
    ----------
    power : spikefit_nb.deploy.PowerAtRates

    Returns
    -------
    PowerData

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a report.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30)
    >>> float(power_data(deploy(*digits).power_at([1e3, 1e6])).rate_hz[-1])
    1000000.0
    """
    expect(power, PowerAtRates, "power", "report.power_at([0, 1e3, 1e5])")
    rate_hz = np.linspace(0.0, max(*power.rates_hz, power.known_hz), N_POINTS)
    low_w, power_w, high_w = np.array([power.power_w(float(rate)) for rate in rate_hz]).T
    asked_hz = np.array(power.rates_hz)
    return PowerData(
        power.headline, rate_hz, power_w, low_w, high_w, asked_hz=asked_hz, known_hz=power.known_hz
    )


def plot_power(power: PowerAtRates) -> figure:
    """Draw power against the rate of input events, with both ends and the recordings' own rate.

    Parameters
    ----------
    power : spikefit_nb.deploy.PowerAtRates

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a report.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30)
    >>> plot_power(deploy(*digits).power_at([1e3, 1e4])).yaxis[0].axis_label
    'Power (mW)'
    """
    shown = power_data(power)
    prefix, scale = _prefix(float(shown.power_w.max()))
    fig = new_figure(
        title=shown.title,
        height=320,
        x_axis_label="Input events a second",
        y_axis_label=f"Power ({prefix}W)",
        x_range=(0, float(shown.rate_hz[-1]) * 1.05),
        y_range=(0, float(shown.high_w.max()) * scale * 1.05),
    )
    fig.xaxis.formatter = NumeralTickFormatter(format="0,0")
    source = ColumnDataSource(
        {
            "x": shown.rate_hz,
            "y": shown.power_w * scale,
            "low": shown.low_w * scale,
            "high": shown.high_w * scale,
        }
    )
    filled = {"fill_color": BLUE, "fill_alpha": 0.2, "line_alpha": 0}
    fig.add_layout(Band(base="x", lower="low", upper="high", source=source, **filled))
    line = fig.line("x", "y", source=source, line_color=BLUE, line_width=3)
    asked_w = np.interp(shown.asked_hz, shown.rate_hz, shown.power_w)
    fig.scatter(shown.asked_hz, asked_w * scale, size=7, color=BLUE)
    dashed = {"line_color": GREY, "line_dash": "dashed", "line_width": 2}
    fig.add_layout(Span(location=shown.known_hz, dimension="height", **dashed))
    ends = ("Low to high", f"@low{{0.000}} to @high{{0.000}} {prefix}W")
    fig.add_tools(
        hover([("Events a second", "@x{0,0}"), ("Power", f"@y{{0.000}} {prefix}W"), ends], [line])
    )
    return finished(fig, note="Dashed: rate of the recordings; beyond it the line is extrapolated")


def _prefix(value_w: float) -> tuple[str, float]:
    """The prefix a person would choose for so much power, and what to multiply watts by."""
    unit = text(value_w, "W").split()[1]
    scales = {"W": 1.0, "mW": 1e3, "µW": 1e6, "nW": 1e9, "pW": 1e12}
    return unit.removesuffix("W"), scales.get(unit, 1.0)
