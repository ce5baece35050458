"""Energy against spike rate: the same layers with spikes, and as an ANN."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import BoxAnnotation, Span
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import (
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    axis_words,
    finished,
    hover,
    new_figure,
)

N_POINTS = 41
ROOM = 1.2  # to the right of the recordings' rate and of the best break-even


class Layers(Protocol):
    """What the picture reads of the same layers."""

    spikes_per_step: float
    break_even: Any  # (low, value, high), or None
    ann_j: Any
    at_rate: Callable[[float], Any]  # (low, value, high) at a rate


@runtime_checkable
class Alternatives(Protocol):
    """What the picture reads of an answer of ``report.alternatives``."""

    against_ann: str
    layers: Layers


class AlternativesData(NamedTuple):
    """Energy of an inference against the spike rate, and where spikes begin to cost more."""

    title: str
    spikes_per_step: np.ndarray
    spiking_j: np.ndarray
    ann_j: float
    now_per_step: float
    break_even: tuple[float, float, float] | None  # low, value, high


def alternatives_data(alternatives: Alternatives) -> AlternativesData:
    """Gather what the picture of energy against spike rate shows.

    Parameters
    ----------
    alternatives : spikefit_nb.deploy.Alternatives

    Returns
    -------
    AlternativesData

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
    >>> alternatives_data(deploy(*digits).alternatives()).spiking_j.shape
    (41,)
    """
    expect(alternatives, Alternatives, "alternatives", "report.alternatives()")
    layers = alternatives.layers
    limit = layers.break_even
    furthest = max(layers.spikes_per_step, min(limit.high, 1.0) if limit else 0.01)
    rates = np.linspace(0.0, min(1.0, ROOM * furthest), N_POINTS)
    title, _, _ = alternatives.against_ann.partition(" (")
    return AlternativesData(
        title[:1].upper() + title[1:],
        rates,
        np.array([layers.at_rate(float(rate)).value for rate in rates]),
        layers.ann_j.value,
        layers.spikes_per_step,
        break_even=tuple(limit) if limit else None,
    )


def plot_alternatives(alternatives: Alternatives) -> figure:
    """Draw energy against spike rate: the same layers with spikes and as an ANN.

    Spikes cost less to the left of where the lines cross, and may within the ends of that.

    Parameters
    ----------
    alternatives : spikefit_nb.deploy.Alternatives

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
    >>> plot_alternatives(deploy(*digits).alternatives()).xaxis[0].axis_label
    'Spikes a neuron and step (%)'
    """
    shown = alternatives_data(alternatives)
    ann_j = np.full_like(shown.spiking_j, shown.ann_j)
    words = axis_words("energy_j", [max(shown.spiking_j.max(), shown.ann_j)])
    percent = 100 * shown.spikes_per_step
    fig = new_figure(
        title=shown.title,
        height=320,
        x_axis_label="Spikes a neuron and step (%)",
        y_axis_label=f"Energy per inference ({words.unit})",
        x_range=(0, float(percent[-1])),
        y_range=(0, 1.08 * words.scale * max(float(shown.spiking_j.max()), shown.ann_j)),
    )
    if shown.break_even:
        low, _, high = shown.break_even
        ends = {"left": 100 * low, "right": 100 * high}
        fig.add_layout(BoxAnnotation(**ends, fill_color=GREEN, fill_alpha=0.15, line_alpha=0))
    key = []
    for name, energy_j, colour in (
        ("with spikes", shown.spiking_j, BLUE),
        ("as an ANN", ann_j, VERMILLION),
    ):
        line = fig.line(percent, words.scale * energy_j, line_color=colour, line_width=3)
        told = ("Energy", f"@y{{0.00}} {words.unit}")
        fig.add_tools(hover([("Layers", name), ("Rate", "@x{0.0} %"), told], [line]))
        key.append((name, [line]))
    dashed = {"line_color": GREY, "line_dash": "dashed", "line_width": 2}
    fig.add_layout(Span(location=100 * shown.now_per_step, dimension="height", **dashed))
    return finished(fig, key=key, note="Dashed: the recordings. Green: break-even, by the memory")
