"""What the notebook of live sensors reads is what was published, and it runs within a minute."""

import json
import time
from hashlib import sha256

import numpy as np

import spikefit_nb as sf
from spikefit_nb.nir_file.catalogue import PUBLISHED
from tests.meta.source import REPOSITORY
from tests.meta.test_notebooks import text

FOLDER = REPOSITORY / "notebooks"
RECORDINGS = FOLDER / "recordings"
SECONDS = 60


def test_the_recordings_beside_the_notebook_are_the_first_of_those_published(shared_data):
    stored, published = np.load(RECORDINGS / "braille.npz"), sf.load_dataset("braille")
    first = [np.flatnonzero(published.labels == label)[:20] for label in range(7)]
    chosen = np.sort(np.concatenate(first))
    assert np.array_equal(stored["labels"], published.labels[chosen])
    assert np.array_equal(stored["spikes"], np.asarray(published.spikes[:])[chosen])

    stored, published = np.load(RECORDINGS / "nmnist.npz"), sf.load_dataset("nmnist", n_samples=30)
    spikes = np.zeros(published.spikes.shape, np.uint8)
    spikes[stored["sample"], stored["step"], stored["channel"]] = stored["count"]
    assert np.array_equal(stored["labels"], published.labels)
    assert np.array_equal(spikes, np.asarray(published.spikes[:]))


def test_the_networks_beside_the_notebook_are_those_published(shared_data):
    braille = RECORDINGS / "braille_noDelay_noBias_subtract.nir"
    assert sha256(braille.read_bytes()).hexdigest() == PUBLISHED["braille_subtract"].sha256
    (cnn,) = shared_data.rglob("cnn_sinabs.nir")
    assert (RECORDINGS / "cnn_sinabs.nir").read_bytes() == cnn.read_bytes()


def test_whose_each_file_is_and_under_which_licence_stands_beside_it():
    said = (RECORDINGS / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in RECORDINGS.iterdir()} - {"README.md"}
    assert files and all(f"| `{name}` |" in said for name in files)


def test_the_notebook_runs_within_a_minute_without_the_published_data(monkeypatch):
    cells = json.loads((FOLDER / "live_sensor.ipynb").read_text(encoding="utf-8"))["cells"]
    monkeypatch.chdir(FOLDER)
    monkeypatch.setenv("SPIKEFIT_DATA", str(RECORDINGS))  # no other folder
    names, start = {"__name__": "notebook"}, time.perf_counter()
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile(text(cell), f"cell {number}", "exec"), names)
    assert time.perf_counter() - start < SECONDS
    assert names["speech"].late_share == 0.0  # the last cell checks all else
