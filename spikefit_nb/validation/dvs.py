"""The network that comes with SANA-FE, on the cores that its tutorial takes."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import FileProblem
from spikefit_nb.fetch import find_local
from spikefit_nb.hardware import HardwareProfile, load_profile
from spikefit_nb.mapping import CoreMap, map_by_hand
from spikefit_nb.network import Network
from spikefit_nb.replay import Counters, Interval, replay, uncertainty
from spikefit_nb.sanafe_file import core_places, read_sanafe_network
from spikefit_nb.simulate import simulate

FILE = "dvs_challenge.npz"
LAYERS, N_STEPS = (1, 4, 16, 16, 4, 1), 1000  # cores of each layer


def _path() -> Path:
    local, tool = find_local(FILE), find_spec("sanafe")
    if local is None and tool is not None and tool.origin:
        local = Path(tool.origin).parent / "examples" / FILE
    if local is None or not os.path.isfile(local):
        raise FileProblem(
            f"{FILE} comes with SANA-FE (pip install sanafe); install it, or put the file into the "
            "folder in SPIKEFIT_DATA."
        )
    return local


def _mapped(network: Network, chip: HardwareProfile) -> CoreMap:
    """Consecutive neurons of a layer on its cores, as many on each, cores in the tool's order."""
    places, cores, first = core_places(chip), {}, 0
    for p, n in zip(network.neuron_populations, LAYERS, strict=True):
        core = np.minimum(np.arange(p.n_neurons) // (p.n_neurons // n), n - 1)
        cores[p.name] = places[first + core]
        first += n
    return map_by_hand(network, chip, cores)


@cache
def counters() -> Counters:
    """The run, counted on Loihi with the coefficients that the tool holds."""
    network = read_sanafe_network(_path())
    dataset = SpikeDataset(np.zeros((1, N_STEPS, 1), bool))
    record = simulate(network, dataset, arithmetic="sanafe_loihi", record="events")
    return Counters(record, _mapped(network, _all_dense()))


def _all_dense() -> HardwareProfile:
    """The chip with one cost for all synapses: the tool keeps those of this network as dense, and
    those of weight zero too.
    """
    chip = load_profile("loihi1", coefficients="calibrated")
    dense = {of: chip.figure(f"{of}_synaptic_operation") for of in ("energy", "time")}
    formats = {
        f"{of}_synaptic_operation_{name}": figure
        for of, figure in dense.items()
        for name in ("sparse", "convolution")
    }
    return chip.replace(zero_weights=["dense", "sparse", "convolution"], **formats)


def of_the_tool(asked: str) -> Interval:
    """Energy of its events, or the latency of a timing model."""
    run = counters()
    profile = run.mapping.profile
    if asked == "energy":
        found = uncertainty(run, profile).event_energy_j
    elif asked == "simple":
        found = uncertainty(run, profile).latency_s
    else:
        least = uncertainty(run, profile).latency_s
        value = replay(run.record, run.mapping, timing=asked).latency_s
        scale = value / least.value  # type: ignore[operator, union-attr]
        found = Interval(*(end * scale for end in least))  # type: ignore[union-attr]
    return found  # type: ignore[return-value]
