"""What the notebooks that are tools read is what was published, or recorded of the tools."""

import csv
import json

import numpy as np
import pytest

from spikefit_nb.fit_costs import Measurement, fit_costs
from spikefit_nb.hardware import load_profile
from tests.meta.source import REPOSITORY
from tests.meta.test_notebooks import text

RECORDINGS = REPOSITORY / "notebooks" / "recordings"
TOOLS = {  # the recording, in tests/recorded, that stands beside the notebook
    "snntorch": "snntorch/leaky_subtract",
    "norse": "norse/lifbox_seconds",
    "sinabs": "sinabs_graphs/lif_subtract_any",
    "rockpool": "rockpool/lif",
    "spyx": "spyx/lif",
}
SNABSUITE = "hbp-unibi/SNABSuite@8202f41 config_energy/spinnaker_energy.json"


def spinnaker_runs():
    """Each run on the board as a measurement, with the rows of synapses that were fetched."""
    with open(RECORDINGS / "spinnaker.csv", newline="") as file:
        for run in csv.DictReader(file):
            name = run.pop("run")
            n = {key: float(value) for key, value in run.items()}
            amounts = {
                "energy_update_inactive": n["neurons"] * n["steps"],
                "energy_spike": n["spikes"],
                "energy_synaptic_operation": n["spikes"] * n["synapses_per_spike"],
                "energy_packet_in": n["spikes"] * n["rows_per_spike"],
                "energy_packet_in_single": n["spikes"] * n["single_synapses_per_spike"],
            }
            joules = n["power_above_idle_w"] * n["steps"] * 1e-3
            yield Measurement(amounts, joules, "J", f"{SNABSUITE}: {name}")


def test_the_runs_of_spinnaker_beside_the_notebook_give_the_figures_published_of_them():
    runs = [run for run in spinnaker_runs() if "5000 sources" not in run.source]
    fitted = fit_costs(load_profile("spinnaker1"), runs)
    update, spike, operation, row, single = (c.value for c in fitted.coefficients)
    assert update == pytest.approx(89.6e-9, rel=0.01)  # power/idle_neurons
    assert spike == pytest.approx(10.0e-9, rel=0.1)  # energy/spike
    per_row = 7905 / 62
    assert operation + row / per_row == pytest.approx(9.59e-9, abs=0.27e-9)  # random fan-out
    assert operation + single == pytest.approx(93.9e-9, rel=0.05)  # Transmission_O2O
    shipped = load_profile("spinnaker1")
    for c in fitted.coefficients:  # what the profile holds is this fit
        assert shipped.si(c.figure) == pytest.approx(c.value, rel=5e-3)  # as rounded


@pytest.mark.parametrize("tool", TOOLS)
def test_the_networks_of_other_tools_beside_the_notebook_are_those_recorded(tool):
    kept = np.load(REPOSITORY / "tests" / "recorded" / f"{TOOLS[tool]}.npz")
    beside = np.load(RECORDINGS / "tools" / "fired.npz")
    assert (RECORDINGS / "tools" / f"{tool}.nir").read_bytes() == kept["graph"].tobytes()
    assert np.array_equal(beside[f"{tool}/input"], kept["input"])
    output = [name for name in kept.files if name.startswith("spikes/")][-1]
    assert np.array_equal(beside[f"{tool}/fired"], kept[output])


def test_every_export_recipe_is_of_at_most_four_lines_and_none_is_missing():
    path = REPOSITORY / "notebooks" / "bring_your_own.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    words = "".join(text(cell) for cell in cells if cell["cell_type"] == "markdown")
    recipes = [part.split("```")[0].strip() for part in words.split("```python")[1:]]
    assert len(recipes) == len(TOOLS) + 1  # and PyTorch's by ONNX
    assert all(len(recipe.splitlines()) <= 4 for recipe in recipes)
