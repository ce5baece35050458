"""Networks on the cores of SANA-FE's Loihi as ``tests/tools/record_sanafe.py`` maps them, and what
fired in W2.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from spikefit_nb.mapping import map_by_hand
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.sanafe_file import core_places
from spikefit_nb.simulate.record import SpikeEvents, SpikeRecord


def evenly(network, profile, n_cores):
    """The same number of neurons of a layer on each core, the rest on the last one; cores in the
    tool's order.
    """
    places, cores, first = core_places(profile), {}, 0
    for p, n in zip(network.neuron_populations, n_cores, strict=True):
        core = np.minimum(np.arange(p.n_neurons) // (p.n_neurons // n), n - 1)
        cores[p.name] = places[first + core]
        first += n
    return map_by_hand(network, profile, cores)


def w2_record(arrays):
    """W2 as a network, and what fired in it as a record: neurons have a bias and are updated in
    every step.
    """
    n, per_step, fired = arrays["v0"].size, arrays["per"], arrays["fired"]
    starts = np.arange(0, arrays["post"].size + 1, arrays["post"].shape[1])
    weight = sp.csr_array(
        (arrays["w"].ravel().astype(np.float32), arrays["post"].ravel(), starts), (n, n)
    )
    network = Network(
        [Population("outside", (1,), Input()), Population("w2", (n,), IF(1.0))],
        [Projection("w2", "w2", weight, delay_steps=1)],
    )
    ptr = np.concatenate([[0], np.cumsum(per_step)])
    every = np.full((1, per_step.size, n // 8), 255, np.uint8)
    events = SpikeEvents(ptr, (fired + 1).astype(np.int32), np.ones(fired.size, np.int32), every)
    counts = {
        "outside": np.zeros((1, 1), np.int32),
        "w2": np.bincount(fired, minlength=n)[None].astype(np.int32),
    }
    nothing = np.zeros((1, per_step.size, n), np.uint8)
    return network, SpikeRecord(counts, nothing, None, None, "count", events, np.zeros(1, np.int64))


def tools_own(name):
    """A file of the tool's examples, or a skip."""
    folder = os.environ.get("SPIKEFIT_SANAFE")
    if not folder:
        found = importlib.util.find_spec("sanafe")
        if found is None:
            pytest.skip("sanafe is not installed and SPIKEFIT_SANAFE names no copy of it")
        folder = Path(found.origin).parent
    return Path(folder) / "examples" / name
