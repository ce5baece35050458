"""Traffic over the mesh: what each link carries, in the whole inference and in each step."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
from bokeh.models import (
    Column,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    InlineStyleSheet,
    LayoutDOM,
    Slider,
    Span,
)
from bokeh.plotting import figure

from spikefit_nb.errors import DoesNotFit, NotPublished, expect
from spikefit_nb.mapping import Links, route
from spikefit_nb.plots.core_map import SLIDER_STYLE, keep_square
from spikefit_nb.plots.cores import window
from spikefit_nb.plots.theme import (
    ACCENT,
    BLACK,
    BLUE,
    GREY,
    NO_AXES,
    finished,
    hover,
    new_figure,
    ours,
)
from spikefit_nb.plots.ways import DECADES, FAINTEST, N_TOGETHER, THICK, WAYS, Bars, mesh_bars
from spikefit_nb.units import text

N_CELLS = 2**17  # packets of a link in some steps that travel with a picture
WHOLE = "Whole inference"
NOTE = f"The darker a link, the more packets, over {DECADES} decades; squares: cores in use"
SHOW = """
const k = slider.value - 1
const n = links.data.x.length
const packets = k < 0 ? links.data.whole : times.data.packets.slice(k * n, (k + 1) * n)
const most = k < 0 ? tops[0] : tops[1]
const darkness = (value) => value > 0
  ? Math.min(1, Math.max(faintest, 1 + (1 - faintest) * Math.log10(value / most) / decades)) : 0
links.data.packets = packets
links.data.alpha = Array.from(packets, darkness)
links.change.emit()
here.visible = k >= 0
if (k >= 0) { here.location = middles[k] }
"""


@runtime_checkable
class Report(Protocol):
    """What the picture reads of one design."""

    profile: Any
    record: Any  # every spike, by step; None where it does not fit
    mapping: Any


class MeshData(NamedTuple):
    """Packets over links of the mesh, means per inference."""

    title: str
    bars: Bars  # links that carry any
    by_step: np.ndarray  # (n_steps, n_links)
    xy: np.ndarray  # (n_cores, 2), cores in use
    grid: tuple[int, int]

    @property
    def hops(self) -> np.ndarray:
        """Links that packets of each step cross, (n_steps,)."""
        return self.by_step.sum(axis=1)

    @property
    def busiest(self) -> np.ndarray:
        """Packets over the busiest link of each step, (n_steps,)."""
        return self.by_step.max(axis=1, initial=0.0)


def mesh_data(report: Report) -> MeshData:
    """Gather what each link of the mesh carries in each step, by x first.

    A packet crosses all links of its way in the step its spike is sent in.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    MeshData

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a record.
    DoesNotFit
        The network does not fit, so nothing was run.
    NotPublished
        Nobody has published where the chip's cores lie.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> chip = sf.load_profile("loihi1").replace(neurons_per_core=9)
    >>> digits = sf.load_network("digits"), chip, sf.load_dataset("digits").take(30)
    >>> mesh_data(sf.deploy(*digits)).title[:26]
    'Busiest link: tile 0 north'
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    if report.record is None:
        raise DoesNotFit("The network does not fit, so nothing was run.")
    mapping = report.mapping
    if mapping.sites is None:
        raise NotPublished(
            f"Nobody has published where the cores of {report.profile.title} lie: loihi1 and "
            "truenorth are chips of which it is known."
        )
    link, by_step = _by_link(report.record, mapping)
    packets = by_step.sum(axis=0)
    bars = mesh_bars(mapping, link, packets)
    return MeshData(_finding(link, by_step), bars, by_step, mapping.positions, tuple(mapping.grid))


def _by_link(record: Any, mapping: Any) -> tuple[np.ndarray, np.ndarray]:
    """Links in use, and packets over each in each step, (n_steps, n_links)."""
    events, n_steps = record.events, record.n_steps
    step = np.repeat(np.arange(len(events.ptr) - 1) % n_steps, np.diff(events.ptr))
    n_neurons, n_cores = mapping.core_of.size, mapping.n_cores
    spikes = sp.csr_array((events.count, (step, events.neuron)), shape=(n_steps, n_neurons))
    sender = np.repeat(np.arange(n_neurons), np.diff(mapping.fan_ptr))
    core = mapping.core_of[sender]
    own = core >= 0  # inputs arrive from outside
    pairs, pair = np.unique(core[own] * n_cores + mapping.fan_core[own], return_inverse=True)
    ones = np.ones(pair.size)
    axons = sp.csr_array((ones, (sender[own], pair)), shape=(n_neurons, pairs.size))
    sent = sp.csc_array(spikes @ axons)
    sites = mapping.sites
    loads = np.zeros((n_steps, 4 * sites.columns * sites.rows))
    for first in range(0, pairs.size, N_TOGETHER):
        some = pairs[first : first + N_TOGETHER]
        links = Links(some // n_cores, some % n_cores, np.ones(some.size))
        routes = route(links, mapping.places, sites)
        shape = (some.size, loads.shape[1])
        ways = sp.csr_array((np.ones(routes.pair.size), (routes.pair, routes.link)), shape=shape)
        loads += (sent[:, first : first + N_TOGETHER] @ ways).toarray()
    used = np.flatnonzero(loads.any(axis=0))
    return used, loads[:, used] / record.n_samples


def _finding(link: np.ndarray, by_step: np.ndarray) -> str:
    if not link.size:
        return "No packet leaves its tile"
    whole = by_step.sum(axis=0)
    most = int(whole.argmax())
    step = int(by_step[:, most].argmax())
    where = f"tile {link[most] // 4} {WAYS[link[most] % 4]}"
    return (
        f"Busiest link: {where}, {text(float(whole[most]))} packets an "
        f"inference, most in step {step + 1}: {text(float(by_step[step, most]))}"
    )


def plot_mesh(report: Report) -> LayoutDOM:
    """Draw what each link of the mesh carries, in the whole inference or by a slider in each step,
    and below it packets over links by step.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report

    Returns
    -------
    bokeh.models.LayoutDOM

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a record.
    DoesNotFit
        The network does not fit, so nothing was run.
    NotPublished
        Nobody has published where the chip's cores lie.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> chip = sf.load_profile("loihi1").replace(neurons_per_core=9)
    >>> digits = sf.load_network("digits"), chip, sf.load_dataset("digits").take(30)
    >>> plot_mesh(sf.deploy(*digits)).children[2].xaxis[0].axis_label
    'Step'
    """
    shown = mesh_data(report)
    bars = shown.bars
    links = ColumnDataSource(
        {
            "x": np.float32(bars.x),
            "y": np.float32(bars.y),
            "length": np.float32(bars.length),
            "angle": np.float32(bars.angle),
            "alpha": np.float32(bars.darkness),
            "packets": np.float32(bars.packets),
            "whole": np.float32(bars.packets),
        }
    )
    fig = _mesh(shown, links)
    below, here = _over_time(shown)
    children = [finished(fig, note=NOTE), *_slider(shown, links, here), below]
    layout = Column(children=children, sizing_mode="stretch_width", spacing=8, max_width=760)
    return ours(layout)


def _mesh(shown: MeshData, links: ColumnDataSource) -> figure:
    x, y = shown.xy.T
    left, right, bottom, top = window(x, y, shown.grid)
    fig = new_figure(
        title=shown.title, height=340, x_range=(left, right), y_range=(bottom, top), **NO_AXES
    )
    cores = ColumnDataSource({"x": np.int16(x), "y": np.int16(y)})
    fig.rect("x", "y", 0.5, 0.5, source=cores, fill_color=GREY, fill_alpha=0.25, line_color=None)
    heat = {"fill_color": BLACK, "fill_alpha": "alpha", "line_color": None}
    drawn = fig.rect("x", "y", "length", THICK, angle="angle", source=links, name="links", **heat)
    fig.add_tools(hover([("Packets", "@packets{0,0.[00]}")], [drawn]))
    ends = {"left": [left], "right": [right], "bottom": [bottom], "top": [top]}
    keep_square(fig, ColumnDataSource(ends))
    return fig


def _over_time(shown: MeshData) -> tuple[figure, Span]:
    """Packets over links by step, and a line where the slider stands."""
    step = np.arange(1, len(shown.by_step) + 1)
    fig = new_figure(
        height=220,
        x_axis_label="Step",
        y_axis_label="Packets in a step",
        x_range=(0, float(step[-1]) + 1),
    )
    fig.y_range.start = 0
    key = []
    lines = (
        ("links crossed by all packets", shown.hops, GREY),
        ("over the busiest link", shown.busiest, BLUE),
    )
    for name, values, colour in lines:
        source = ColumnDataSource({"x": step, "y": values})
        line = fig.line("x", "y", source=source, line_color=colour, line_width=2)
        fig.add_tools(hover([("", name), ("Step", "@x"), ("Packets", "@y{0,0.[00]}")], [line]))
        key.append((name, [line]))
    here = Span(location=0, dimension="height", line_color=ACCENT, line_width=2, visible=False)
    fig.add_layout(here)
    return finished(fig, key=key), here


def _slider(shown: MeshData, links: ColumnDataSource, here: Span) -> list[Slider]:
    n_steps, n_links = shown.by_step.shape
    if not n_links:
        return []
    each = -(-n_steps * n_links // N_CELLS)
    first = np.arange(0, n_steps, each)
    packets = np.add.reduceat(shown.by_step, first, axis=0)
    last = np.minimum(first + each, n_steps)
    words = [
        f"Step {a + 1} of {n_steps}" if each == 1 else f"Steps {a + 1} to {b} of {n_steps}"
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
    ]
    slider = Slider(
        start=0,
        end=len(first),
        step=1,
        value=0,
        title="",
        format=CustomJSTickFormatter(args={"titles": [WHOLE, *words]}, code="return titles[tick]"),
        tooltips=False,
        bar_color=BLUE,
        sizing_mode="stretch_width",
        stylesheets=[InlineStyleSheet(css=SLIDER_STYLE)],
    )
    known = {
        "slider": slider,
        "links": links,
        "times": ColumnDataSource({"packets": packets.astype(np.float32).ravel()}),
        "tops": [float(shown.bars.packets.max()), float(packets.max())],
        "faintest": FAINTEST,
        "decades": DECADES,
        "here": here,
        "middles": ((first + 1 + last) / 2).tolist(),
    }
    slider.js_on_change("value", CustomJS(args=known, code=SHOW))
    return [slider]
