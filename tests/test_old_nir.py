"""With nir 1.0.4, the newest that sinabs 3 allows, files are read and written as with today's.

It is put into a folder of its own, before all else on the path of another process; that process
runs this module: ``python -m tests.test_old_nir FOLDER``.
"""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nir
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from spikefit_nb import SpikeDataset, read_nir, simulate
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    Conv2d,
    CubaLI,
    CubaLIF,
    Input,
    Network,
    Population,
    Projection,
)
from spikefit_nb.nir_file import write_nir
from tests.nir_graphs import networks

OLD, ROOT = "1.0.4", Path(__file__).parents[1]


def of_layers(first, second, *between, shape=(2, 4, 4)):
    """A picture, a convolution, and a layer that reads it."""
    random = np.random.default_rng(3)
    kernel = Conv2d(random.normal(0.3, 1, (3, 2, 3, 3)).astype(np.float32), shape, padding=(1, 1))
    hidden = Population("hidden", (3, 4, 4), first)
    weight = random.integers(-7, 8, (48, 5)).astype(np.int8)
    return Network(
        [Population("in", shape, Input()), hidden, Population("out", (5,), second)],
        [
            Projection("in", "hidden", kernel),
            Projection("hidden", "out", weight, scale=0.1, weight_bits=4, delay_steps=2),
            *between,
        ],
        dt_s=1e-3,
    )


def loop():
    back = np.random.default_rng(4).normal(0, 0.5, (5, 5)).astype(np.float32)
    return Projection("out", "out", back, delay_steps=1)


SAMPLES = {
    "any_number": of_layers(
        IF(1.0, v_reset=-0.25, bias=0.1), IF(1.5, reset="subtract", max_spikes_per_step=None)
    ),
    "loop": of_layers(
        LIF(np.linspace(2e-3, 9e-3, 48).reshape(3, 4, 4), v_reset=-0.5),
        CubaLIF(4e-3, 6e-3, 0.5, v_leak=0.1, v_reset=0.2, w_in=2.0),
        loop(),
    ),
    "readout": of_layers(LIF(5e-3, reset="subtract", delayed_reset=True), LI(3e-3)),
}


@pytest.fixture(scope="module")
def old_nir(tmp_path_factory):
    """The environment of a process in which nir is 1.0.4."""
    folder = tmp_path_factory.mktemp("old_nir")
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "-q", "--no-config", "--no-deps", f"--target={folder}"]
        done = subprocess.run([*command, f"nir=={OLD}"], capture_output=True, text=True)
        if done.returncode == 0:
            path = os.pathsep.join([str(folder), str(ROOT)])
            return os.environ | {"PYTHONPATH": path}
        reason = f"nir {OLD} cannot be installed: {done.stderr.strip()[-200:]}"
    else:
        reason = f"there is no uv, which installs nir {OLD}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI it must be tested")
    pytest.skip(reason)


def run_old(old_nir, *arguments):
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, env=old_nir, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_files_go_from_one_nir_to_the_other_and_back_and_fire_the_same(old_nir, tmp_path):
    for name, network in SAMPLES.items():
        write_nir(network, tmp_path / f"{name}.nir")
    assert f"nir {OLD}" in run_old(old_nir, "tests.test_old_nir", str(tmp_path))
    random = np.random.default_rng(5)
    dataset = SpikeDataset(random.random((2, 20, 32)) < 0.3)
    for name, network in SAMPLES.items():
        back = read_nir(tmp_path / "old" / f"{name}.nir")
        assert back.fingerprint == network.fingerprint
        ours, theirs = simulate(network, dataset), simulate(back, dataset)
        for population, counts in ours.spike_counts.items():
            assert (counts == theirs.spike_counts[population]).all()
            assert counts.any() or population == "out"


def test_the_recordings_of_other_tools_are_read_with_the_old_nir_as_well(old_nir):
    said = run_old(
        old_nir, "pytest", "-q", "-n", "0", "tests/test_source_conventions.py", "-k",
        "read_with_its_source and (sinabs or norse or rockpool)", "-p", "no:cacheprovider",
    )  # fmt: skip
    assert " passed" in said and "failed" not in said


def main(folder):
    """What the process with the old nir does; whatever is wrong ends it."""
    assert version("nir") == OLD and not hasattr(nir, "CubaLI")
    old = folder / "old"
    old.mkdir()
    for name, network in SAMPLES.items():
        read = read_nir(folder / f"{name}.nir")
        assert read.fingerprint == network.fingerprint
        write_nir(read, old / f"{name}.nir")

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=HealthCheck)
    @given(network=networks())
    def reads_back(network):
        assume(not any(isinstance(p.neuron, CubaLI) for p in network.populations))
        graph = write_nir(network, old / "any.nir", overwrite=True)
        for source in (graph, old / "any.nir", nir.read(old / "any.nir")):
            assert read_nir(source).fingerprint == network.fingerprint

    reads_back()
    with pytest.raises(NetworkProblem, match=r"nir 1\.0\.4 has no node for CubaLI.*Update nir"):
        write_nir(of_layers(IF(1.0), CubaLI(1e-3, 2e-3)))
    print(f"nir {version('nir')}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
