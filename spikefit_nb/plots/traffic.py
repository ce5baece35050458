"""What happens in each step: spikes by layer, and packets between cores."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import Column, ColumnDataSource
from bokeh.plotting import figure

from spikefit_nb.errors import DoesNotFit, expect
from spikefit_nb.plots.theme import (
    GREY,
    SERIES,
    finished,
    hover,
    new_figure,
    ours,
)


@runtime_checkable
class Report(Protocol):
    """What the picture reads of one design."""

    record: Any  # every spike, by step; None where it does not fit
    mapping: Any


class TrafficData(NamedTuple):
    """Means per inference of each step."""

    title: str
    step: np.ndarray
    spikes: dict[str, np.ndarray]  # of each population, inputs first
    packets: np.ndarray  # between cores, or on one


def traffic_data(report: Report) -> TrafficData:
    """Gather the spikes of each population and the packets of each step.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    TrafficData

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a record.
    DoesNotFit
        The network does not fit, so nothing was run.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30)
    >>> list(traffic_data(deploy(*digits)).spikes)
    ['input', 'hidden', 'digit']
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    record, m = report.record, report.mapping
    if record is None:
        raise DoesNotFit("The network does not fit, so nothing was run.")
    events, n_steps, n_samples = record.events, record.n_steps, record.n_samples
    step = np.repeat(np.arange(len(events.ptr) - 1) % n_steps, np.diff(events.ptr))
    spikes = {}
    for p in m.network.populations:
        first = m.network.starts[p.name]
        here = (events.neuron >= first) & (events.neuron < first + p.n_neurons)
        counted = np.bincount(step[here], events.count[here], n_steps)
        spikes[p.name] = counted / n_samples
    each = np.where(m.core_of >= 0, np.diff(m.fan_ptr), 0)
    packets = np.bincount(step, events.count * each[events.neuron], n_steps) / n_samples
    busiest = int(packets.argmax())
    return TrafficData(
        f"{packets.sum():,.0f} packets an inference, most in step {busiest + 1}: "
        f"{packets[busiest]:,.1f}",
        np.arange(1, n_steps + 1),
        spikes,
        packets,
    )


def plot_traffic(report: Report) -> Column:
    """Draw the spikes of each population in each step, and the packets that cores send.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    bokeh.models.Column, of two figures that are zoomed together

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a record.
    DoesNotFit
        The network does not fit, so nothing was run.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30)
    >>> plot_traffic(deploy(*digits)).children[0].yaxis[0].axis_label
    'Spikes in a step'
    """
    shown = traffic_data(report)
    above = _lines(shown.step, shown.spikes, "Spikes in a step", 240)
    above[0].title.text = shown.title
    below, _ = _lines(shown.step, {"packets": shown.packets}, "Packets in a step", 190)
    below.xaxis.axis_label = "Step"
    below.x_range = above[0].x_range
    children = [
        finished(above[0], key=above[1], note="Means of all recordings"),
        finished(below),
    ]
    return ours(Column(children=children, sizing_mode="stretch_width", spacing=8))


def _lines(
    step: np.ndarray, lines: dict[str, np.ndarray], label: str, height: int
) -> tuple[figure, list]:
    fig = new_figure(height=height, y_axis_label=label, x_range=(0, float(step[-1]) + 1))
    fig.y_range.start = 0
    key = []
    for k, (name, values) in enumerate(lines.items()):
        is_input = k == 0 and len(lines) > 1
        colour = GREY if is_input else SERIES[(k - (len(lines) > 1)) % len(SERIES)]
        source = ColumnDataSource({"x": step, "y": values})
        line = fig.line("x", "y", source=source, line_color=colour, line_width=2)
        fig.add_tools(hover([("", name), ("Step", "@x"), (label, "@y{0.00}")], [line]))
        key.append((name, [line]))
    return fig, key
