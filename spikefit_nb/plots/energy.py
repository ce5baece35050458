"""Where the energy of an inference goes: by part, and by layer."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import Column, ColumnDataSource
from bokeh.plotting import figure

from spikefit_nb.errors import DoesNotFit, NotPublished, expect
from spikefit_nb.plots.theme import (
    ACCENT,
    BLUE,
    GREEN,
    GREY,
    SKY,
    VERMILLION,
    axis_words,
    figure_of_rows,
    finished,
    hover,
    ours,
)
from spikefit_nb.units import text

STATIC, REST = "static power", "whole chip"
GROUPS = {  # parts of a price, as people speak of them
    "synaptic_operations": "synapses",
    "synaptic_operations_sparse": "synapses",
    "synaptic_operations_convolution": "synapses",
    "updates_active": "neuron updates",
    "updates_inactive": "neuron updates",
    "spikes": "spikes",
    "packets": "packets and their way",
    "packets_in": "packets and their way",
    "packets_in_single": "packets and their way",
    "input_packets": "packets and their way",
    "within_tile": "packets and their way",
    "hops_x": "packets and their way",
    "hops_y": "packets and their way",
    "chip_hops": "packets and their way",
}
COLOURS = {
    "synapses": BLUE,
    "neuron updates": SKY,
    "spikes": GREEN,
    "packets and their way": VERMILLION,
    REST: ACCENT,
    STATIC: GREY,
}
THICK = 0.7
MISSING = "What energy on this chip rests on is not published; profile.replace(...) takes yours."


@runtime_checkable
class Report(Protocol):
    """What the picture reads of one design."""

    fits: bool
    energy_j: float | None  # static power included
    event_energy_j: float | None
    energy_by_layer_j: dict[str, dict[str, float]]
    operation: Any  # for the words of its scenario


class EnergyData(NamedTuple):
    """Joules per inference: of the whole by part, and of each layer by part."""

    title: str
    note: str
    whole_j: dict[str, float]  # by part, static power last
    layers: tuple[str, ...]
    layer_j: dict[str, np.ndarray]  # by part, (n_layers,) each


def energy_data(report: Report) -> EnergyData:
    """Gather where the energy of an inference goes.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    EnergyData

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a mapping.
    DoesNotFit
        The network does not fit, so there is no energy to tell.
    NotPublished
        Nobody has published what it rests on.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30)
    >>> energy_data(deploy(*digits)).title
    '52.7 % is static power; of the rest hidden takes 96.3 %'
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    if not report.fits:
        raise DoesNotFit("The network does not fit, so there is no energy to tell.")
    if report.event_energy_j is None:
        raise NotPublished(MISSING)
    by_layer = {name: _grouped(parts) for name, parts in report.energy_by_layer_j.items()}
    events_j, all_j = report.event_energy_j, report.energy_j
    names = [part for part in COLOURS if any(part in of for of in by_layer.values())]
    layer_j = {part: np.array([of.get(part, 0.0) for of in by_layer.values()]) for part in names}
    whole_j = {part: float(values.sum()) for part, values in layer_j.items()}
    rest_j = events_j - sum(whole_j.values())
    if rest_j > 1e-9 * events_j:
        whole_j[REST] = rest_j
    if all_j is not None and all_j > events_j:
        whole_j[STATIC] = all_j - events_j
    return EnergyData(
        _title(whole_j, layer_j, tuple(by_layer)),
        "" if all_j is not None else "Static power is not published: it is in no number",
        whole_j,
        tuple(by_layer),
        layer_j,
    )


def _grouped(parts: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part, energy_j in parts.items():
        group = GROUPS[part]
        found[group] = found.get(group, 0.0) + energy_j
    return {part: energy_j for part, energy_j in found.items() if energy_j > 0}


def _title(
    whole_j: dict[str, float], layer_j: dict[str, np.ndarray], layers: tuple[str, ...]
) -> str:
    all_j = sum(whole_j.values())
    said = []
    if STATIC in whole_j and all_j:
        said.append(f"{text(whole_j[STATIC] / all_j, '%')} is static power")
    sums = sum(layer_j.values(), np.zeros(len(layers)))
    if sums.sum() > 0:
        most = int(sums.argmax())
        share = text(float(sums[most] / sums.sum()), "%")
        said.append(f"{'of the rest ' if said else ''}{layers[most]} takes {share}")
    return "; ".join(said) or f"{text(all_j, 'J')} an inference"


def plot_energy(report: Report) -> Column:
    """Draw where the energy of an inference goes: the whole by part, and its events by layer.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    bokeh.models.Column, of two figures

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a mapping.
    DoesNotFit
        The network does not fit, so there is no energy to tell.
    NotPublished
        Nobody has published what it rests on.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30)
    >>> plot_energy(deploy(*digits)).children[1].xaxis[0].axis_label
    'Energy of events per inference (µJ)'
    """
    shown = energy_data(report)
    whole = {part: np.array([energy_j]) for part, energy_j in shown.whole_j.items()}
    above, key = _bars(("all",), whole, "energy_j")
    above.update(height=180)
    above.title.text = shown.title
    note = " ".join(filter(None, (f"Per inference, {_scenario(report)}.", shown.note)))
    children = [finished(above, key=key, note=note)]
    if shown.layer_j:
        below, _ = _bars(shown.layers, shown.layer_j, "event_energy_j")
        children.append(finished(below))
    return ours(Column(children=children, sizing_mode="stretch_width", spacing=8))


def _scenario(report: Report) -> str:
    return "live input" if report.operation.is_live else "stored input"


def _bars(rows: tuple[str, ...], parts: dict[str, np.ndarray], quantity: str) -> tuple[figure, Any]:
    """A row each, of parts end to end."""
    sums = sum(parts.values(), np.zeros(len(rows)))
    words = axis_words(quantity, [float(sums.max(initial=0.0)) or 1.0])
    fig = figure_of_rows(rows, height=96 + 34 * len(rows), x_axis_label=words.label)
    fig.x_range.update(start=0, end=1.03 * float(sums.max(initial=0.0)) * words.scale or 1.0)
    left, key = np.zeros(len(rows)), []
    for part, values in parts.items():
        right = left + values
        shares = np.divide(values, sums, out=np.zeros(len(rows)), where=sums > 0)
        source = ColumnDataSource(
            {
                "y": -np.arange(len(rows)),
                "left": left * words.scale,
                "right": right * words.scale,
                "row": list(rows),
                "said": [text(float(v), "J") for v in values],
                "share": [text(float(share), "%") for share in shares],
            }
        )
        bar = fig.hbar(
            y="y", left="left", right="right", height=THICK, color=COLOURS[part], source=source
        )
        told = [("", "@row"), (part.capitalize(), "@said"), ("Share", "@share")]
        fig.add_tools(hover(told, [bar]))
        key.append((part, [bar]))
        left = right
    return fig, key
