"""Graphs that other tools exported fire here, read with ``source=``, as those tools fired them.

Each recording holds the exported graph and what the tool's own layers gave; the scripts that made
them stand in ``tests/tools``, and ``tests/tools/recording.py`` says what is in a file.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from spikefit_nb import SpikeDataset, read_nir, simulate
from spikefit_nb.simulate import potentials
from tests.naive.tool_rules import run_tool

RECORDED = Path(__file__).parent / "recorded"
FOLDERS = {
    "snntorch": "snntorch",
    "sinabs_graphs": "sinabs",
    "sinabs_2_graphs": "sinabs",
    "norse": "norse",
    "rockpool": "rockpool",
    "spyx": "spyx",
}
RECORDINGS = {
    folder: sorted(p.stem for p in (RECORDED / folder).glob("*.npz")) for folder in FOLDERS
}


def recording(folder, name, here):
    """Its graph as a file, its input, what the tool's layers gave, and how they were told to."""
    kept = dict(np.load(RECORDED / folder / f"{name}.npz"))
    file = here / f"{name}.nir"
    file.write_bytes(kept.pop("graph").tobytes())
    settings = json.loads(str(kept.pop("settings")))
    given = kept.pop("input")
    layers = {key.split("/")[1]: values for key, values in kept.items() if "/" in key}
    return file, given, layers, settings


def given_off(network, given):
    """Spikes of every population, or its potentials if it never fires, (sample, step, neuron)."""
    n_samples, n_steps = given.shape[:2]
    dataset = SpikeDataset(given.reshape(n_samples, n_steps, -1))
    events = simulate(network, dataset, record="events").events
    first, spikes = sum(p.n_neurons for p in network.inputs), {}
    for population in network.neuron_populations:
        dense = np.zeros((n_samples * n_steps, population.n_neurons), int)
        row, neuron, count = events.of(first, population.n_neurons)
        dense[row, neuron] = count
        spikes[population.name] = dense.reshape(n_samples, n_steps, -1)
        if not population.neuron.fires:
            spikes[population.name] = potentials(network, dataset, population.name)
        first += population.n_neurons
    return spikes


def cases():
    """Every recording."""
    return [
        pytest.param(folder, name, id=f"{folder}-{name}")
        for folder, names in RECORDINGS.items()
        for name in names
    ]


def n_differing(ours, theirs):
    """Neurons and steps of each layer that fired otherwise, or whose potential is another."""
    n = {}
    for layer, values in theirs.items():
        own = ours[layer].reshape(values.shape)
        is_spikes = values.dtype == np.uint8
        same = own == values if is_spikes else np.isclose(own, values, rtol=1e-5, atol=1e-5)
        n[layer] = int((~same).sum())
    return n


@pytest.mark.parametrize(("folder", "name"), cases())
def test_a_loop_over_the_tools_own_equations_fires_as_the_tool_did(folder, name, tmp_path):
    file, given, theirs, settings = recording(folder, name, tmp_path)
    ours = run_tool(file, given, FOLDERS[folder], settings)
    assert n_differing(ours, theirs) == dict.fromkeys(theirs, 0)


@pytest.mark.parametrize(("folder", "name"), cases())
def test_read_with_its_source_a_graph_fires_as_in_the_tool(folder, name, tmp_path):
    file, given, theirs, settings = recording(folder, name, tmp_path)
    source = FOLDERS[folder] + " norm_input=False" * (settings.get("norm_input") is False)
    network = read_nir(file, source=source, **told(settings))
    ours = given_off(network, given)
    if folder == "spyx":  # its layers fire by what the potential was one step ago
        theirs = {layer: spikes[:, 1:] for layer, spikes in theirs.items()}
        ours = {layer: spikes[:, :-1] for layer, spikes in ours.items()}
    assert n_differing(ours, theirs) == dict.fromkeys(theirs, 0)


def told(settings):
    """What the user says besides the tool: what differs from the tool's defaults."""
    said = {} if settings.get("reset", "subtract") == "subtract" else {"reset": settings["reset"]}
    said |= {"delayed_reset": False} if settings.get("delayed") is False else {}
    return said | ({"max_spikes_per_step": 1} if settings.get("most") == 1 else {})


def test_the_recordings_are_loud_enough_and_no_rounding_decided_a_spike():
    for folder, names in RECORDINGS.items():
        assert names
        for name in names:
            kept = np.load(RECORDED / folder / f"{name}.npz")
            spikes = [kept[key] for key in kept.files if key.startswith("spikes/")]
            assert min(each.mean() for each in spikes) > 0.02
            exact = json.loads(str(kept["settings"])).get(
                "exact"
            )  # meets thresholds, of numbers without rounding
            assert kept["margin"] == 0 if exact else kept["margin"] >= 1e-4
            assert str(kept["versions"][0]).startswith(FOLDERS[folder] + " ")
