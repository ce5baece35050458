"""What goes on inside a network on one recording: who fires when, and the potential of a neuron."""

from dataclasses import replace
from numbers import Integral
from typing import NamedTuple

import numpy as np
from bokeh.models import Span
from bokeh.plotting import figure

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, DesignProblem, expect
from spikefit_nb.network import Network, Population, SigmaDelta
from spikefit_nb.plots.theme import ACCENT, BLUE, VERMILLION, follow_page, new_figure, ours
from spikefit_nb.simulate import simulate
from spikefit_nb.units import text

HEIGHT = 300


class RasterData(NamedTuple):
    """When each neuron of a population fires in one recording."""

    title: str
    step: np.ndarray  # of each spike
    neuron: np.ndarray
    n_steps: int
    n_neurons: int


class PotentialData(NamedTuple):
    """The potential of one neuron in one recording, before a reset, and when it fires."""

    title: str
    potential: np.ndarray  # (n_steps,) float32
    threshold: float | None  # of a neuron that fires
    step: np.ndarray  # of each spike


def raster_data(
    network: Network, dataset: SpikeDataset, population: str, index: int = 0
) -> RasterData:
    """Run one recording, and gather when each neuron of a population fires.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    population : str, also the input
    index : int, which recording

    Returns
    -------
    RasterData

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    UnknownName
        There is no such population.
    DatasetProblem
        There is no such recording, or it is not of the network.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> found = raster_data(load_network("digits"), load_dataset("digits"), "digit")
    >>> found.n_neurons, found.n_steps, len(found.step) == len(found.neuron)
    (10, 64, True)
    """
    chosen, one = _checked(network, dataset, population, index)
    step, neuron, count = _spikes(network, one, chosen)
    seconds, n = chosen.n_neurons * one.n_steps * one.dt_s, int(count.sum())
    title = f"{population}, sample {index}: {n:,} spikes, {text(n / seconds, 'Hz')} a neuron"
    return RasterData(title, step, neuron, one.n_steps, chosen.n_neurons)


def plot_raster(network: Network, dataset: SpikeDataset, population: str, index: int = 0) -> figure:
    """Draw when each neuron of a population fires in one recording.

    Parameters
    ----------
    network, dataset, population, index : as of ``raster_data``

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument, UnknownName, DatasetProblem
        As ``raster_data`` does.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> plot_raster(load_network("digits"), load_dataset("digits"), "digit").yaxis[0].axis_label
    'Neuron'
    """
    shown = raster_data(network, dataset, population, index)
    fig = new_figure(
        title=shown.title,
        height=HEIGHT,
        x_axis_label="Step",
        y_axis_label="Neuron",
        x_range=(-1, shown.n_steps),
        y_range=(-1, shown.n_neurons),
    )
    fig.xgrid.visible = False
    fig.scatter(
        shown.step,
        shown.neuron,
        marker="dash",
        angle=np.pi / 2,
        size=float(np.clip(220 / shown.n_neurons, 1.5, 9)),
        line_color=BLUE,
        line_width=2,
    )
    return ours(follow_page(fig))


def potential_data(
    network: Network, dataset: SpikeDataset, population: str, neuron: int = 0, *, index: int = 0
) -> PotentialData:
    """Run one recording, and gather the potential of one neuron before any reset.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    population : str, not the input
    neuron : int
    index : int, which recording

    Returns
    -------
    PotentialData

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    UnknownName
        There is no such population.
    DesignProblem
        It is the input, or has no such neuron.
    DatasetProblem
        There is no such recording, or it is not of the network.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> found = potential_data(load_network("digits"), load_dataset("digits"), "hidden", 3)
    >>> len(found.potential)
    64
    """
    chosen, one = _checked(network, dataset, population, index)
    expect(neuron, Integral, "neuron", "0")
    if chosen not in network.neuron_populations:
        raise DesignProblem(f"{population} is the input, which has no potential.")
    if not 0 <= neuron < chosen.n_neurons:
        raise DesignProblem(
            f"neuron is {neuron}, but {population} has {chosen.n_neurons}; they count from 0."
        )
    seen = simulate(replace(network, output=population), one, decode="potential")
    potential = seen.output_potential[0, :, neuron]  # type: ignore[index]  # as it decodes by it
    step, of, count = _spikes(network, one, chosen)
    fired, n = step[of == neuron], int(count[of == neuron].sum())
    threshold = getattr(chosen.neuron, "v_threshold", None) if chosen.neuron.fires else None
    if isinstance(chosen.neuron, SigmaDelta):  # of a change, not of the potential
        threshold = None
    if threshold is not None:
        threshold = float(np.ravel(np.broadcast_to(threshold, chosen.shape))[neuron])
    title = f"{population}, neuron {neuron}, sample {index}: {n:,} spikes"
    return PotentialData(title, potential, threshold, fired)


def plot_potential(
    network: Network, dataset: SpikeDataset, population: str, neuron: int = 0, *, index: int = 0
) -> figure:
    """Draw the potential of one neuron in one recording, its threshold and its spikes.

    Parameters
    ----------
    network, dataset, population, neuron, index : as of ``potential_data``

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument, UnknownName, DesignProblem, DatasetProblem
        As ``potential_data`` does.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> plot_potential(load_network("digits"), load_dataset("digits"), "hidden").title.text[:6]
    'hidden'
    """
    shown = potential_data(network, dataset, population, neuron, index=index)
    fig = new_figure(
        title=shown.title, height=HEIGHT, x_axis_label="Step", y_axis_label="Potential"
    )
    steps = np.arange(len(shown.potential))
    fig.line(steps, shown.potential, line_color=BLUE, line_width=2)
    if shown.threshold is not None:
        at = {"location": shown.threshold, "dimension": "width", "line_dash": "dashed"}
        fig.add_layout(Span(line_color=ACCENT, line_width=2, **at))
    fig.scatter(shown.step, shown.potential[shown.step], size=8, color=VERMILLION)
    return ours(follow_page(fig))


def _checked(
    network: Network, dataset: SpikeDataset, population: str, index: int
) -> tuple[Population, SpikeDataset]:
    """The population, and the recording as a data set of its own."""
    expect(network, Network, "network", "sf.load_network(name)")
    expect(dataset, SpikeDataset, "dataset", "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    expect(population, str, "population", "'hidden'")
    expect(index, Integral, "index", "0")
    chosen = network[population]
    if not 0 <= index < dataset.n_samples:
        raise DatasetProblem(
            f"index is {index}, but {dataset.name!r} has {dataset.n_samples} samples; "
            "they count from 0."
        )
    labels = None if dataset.labels is None else dataset.labels[index : index + 1]
    spikes = dataset.block(index, index + 1)
    return chosen, SpikeDataset(spikes, labels, dt_s=dataset.dt_s, name=dataset.name)


def _spikes(
    network: Network, one: SpikeDataset, population: Population
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Step, neuron and how often of each spike of a population in one recording."""
    events = simulate(network, one, record="events").events
    first = 0
    for other in network.populations:
        if other.name == population.name:
            break
        first += other.n_neurons
    return events.of(first, population.n_neurons)  # type: ignore[union-attr]
