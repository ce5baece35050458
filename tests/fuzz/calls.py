"""Calls of everything exported, with arguments of any kind: ``uv run python -m tests.fuzz.calls``.

Each call is drawn from the seed and its number alone: ``--seed 5 --number 1234`` makes it again.
"""

import datetime
import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from inspect import Parameter, isfunction, signature
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import spikefit_nb as sf
from spikefit_nb.adapt import drift, observe, spike_contribution
from spikefit_nb.datasets import ValueDataset
from spikefit_nb.encode import RateRegular
from spikefit_nb.fit_costs import Measurement
from tests.fuzz.campaign import Try, run
from tests.fuzz.originals import DATASET, NETWORK
from tests.fuzz.watch import CANARY, outcome
from tests.onnx_models import mlp

# Rooms whose verbs users call by their own names; of other rooms they call what is on the menu.
ROOMS = ("adapt", "datasets", "export", "from_ann", "lava_file", "nir_file", "robustness")
ROOMS += ("fit_costs", "sanafe_file", "train")
NOUNS = ("datasets.ValueDataset", "network.Conv2d", "network.ALIF", "network.LI", "encode.Latency")
NOUNS += ("network.SigmaDelta", "network.AdEx", "network.Izhikevich", "network.CubaLI")
NOUNS += ("encode.RateBernoulli", "encode.Phase", "robustness.Faults")
NOUNS += ("encode.RateRegular", "encode.Delta", "encode.Burst", "fit_costs.Measurement")
# These begin processes or threads that outlive a call, or ask the network for data.
LEFT_OUT = {"search", "verify", "load_study", "finetune", "train_network", "Workbench"}
LEFT_OUT |= {"goal_of", "slope_of", "same_order", "in_spikes", "scale_threshold"}  # among rooms
LEFT_OUT |= {"load_dataset", "load_images", "load_values", "load_network"}
ODD: tuple[Any, ...] = (
    *(
        None,
        "",
        "x",
        CANARY,
        "loihi1",
        "../x",
        "é" * 400,
        b"x",
        0,
        1,
        2,
        -1,
        3,
        0.5,
        -0.0,
        1e-320,
        1e300,
    ),
    *(2**31, 2**70, float("nan"), float("inf"), True, 1j, Fraction(1, 3), [], (), {}, [[]], [0, 1]),
    *([1, "x"], {"x": 1}, {1: "x"}, {"hidden": 4}, set(), range(3), object(), len, lambda *_: 1),
    *(np.zeros(0), np.array(1.0), np.eye(2), np.full(3, np.nan), np.array(["a"]), np.array([None])),
    *(np.zeros((2, 3, 4), bool), np.ones((2, 3), np.uint8), np.datetime64("2020-01-01")),
    *(np.ma.masked_array([1.0], mask=[True]), datetime.timedelta(seconds=1), Path("x"), int, "nan"),
)


def exported() -> dict[str, Callable]:
    """What users call: the menu, all pictures, the verbs of rooms, and nouns that hold values."""
    found = {name: getattr(sf, name) for name in sf.__all__}
    found |= {n: getattr(sf.plots, n) for n in sf.plots.__all__ if n.startswith("plot_")}
    for room in ROOMS:
        module = import_module(f"spikefit_nb.{room}")
        found |= {n: v for n in module.__all__ if isfunction(v := getattr(module, n))}
    for place in NOUNS:
        room, _, name = place.partition(".")
        found[name] = getattr(import_module(f"spikefit_nb.{room}"), name)
    return {name: call for name, call in found.items() if name not in LEFT_OUT}


def right_values() -> dict[str, Any]:
    """What arguments of these names take."""
    profile = sf.load_profile("loihi1")
    report = sf.deploy(NETWORK, profile, DATASET)
    values = ValueDataset(np.linspace(0, 1, 12).reshape(3, 4), [0, 1, 0], encoder=RateRegular(5))
    n_in, n_out = NETWORK.n_channels, NETWORK[NETWORK.output].n_neurons
    measured = Measurement({"energy_synaptic_operation": 9.0}, 1.0, "nJ", "my bench")
    ann = mlp([np.ones((n_in, 4)), np.eye(4, n_out)])
    return {
        "ann": ann,
        "activity": observe(NETWORK, DATASET),
        "inputs": np.linspace(0, 1, 3 * n_in).reshape(3, n_in),
        "encoder": RateRegular(5),
        "neurons": "SigmaDelta",
        "threshold": 0.1,
        "factor": 2.0,
        "fraction": 0.5,
        "n_draws": 2,
        "n_parts": 2,
        "weight_mismatch": 0.1,
        "dead_neurons": 0.5,
        "n_steps": 5,
        "model": "LIF",
        "v_threshold": 1.0,
        "tau_mem_s": 0.01,
        "index": 0,
        "shape": (2, 3),
        "input_shape": (1, 4, 4),
        "spikes": np.ones((2, 3, 4), bool),
        "labels": [0, 1],
        "source": NETWORK.populations[0].name,
        "target": NETWORK.populations[1].name,
        "dt_s": 1e-3,
        "tau_syn_s": 0.005,
        "tau_adapt_s": 0.1,
        "beta": 0.1,
        "n_values": 3,
        "n_currents": 2,
        "most": 4,
        "limit": 10,
        "weight_bits": 4,
        "reset": "subtract",
        "delayed_reset": True,
        "max_spikes_per_step": None,
        "decode": "count",
        "scope": "projection",
        "arithmetic": profile.arithmetic,
        "saliency": spike_contribution(NETWORK, DATASET),
        "changes": report.fit.adaptation.changes,
        "alternatives": report.alternatives(),
        "found": drift(NETWORK, NETWORK, DATASET),
        "result": sf.sensitivity(report),
        "power": report.power_at([0, 1e3]),
        "steps": report.steps(),
        "lines": {"rounded": {8: report}},
        "amounts": measured.amounts,
        "value": 1.0,
        "unit": "nJ",
        "measurements": [measured],
        "tool": "brian2",
        "folder": "y",
        "network": NETWORK,
        "original": NETWORK,
        "profile": profile,
        "profiles": [profile],
        "dataset": DATASET,
        "calibration": DATASET,
        "values": values,
        "report": report,
        "deployed": report,
        "before": report,
        "after": report,
        "reports": [report],
        "record": report.record,
        "mapping": report.mapping,
        "design": report.design,
        "projection": NETWORK.projections[0],
        "projections": NETWORK.projections,
        "population": NETWORK.populations[1].name,
        "populations": NETWORK.populations,
        "weight": NETWORK.projections[0].weight,
        "neuron": NETWORK.populations[1].neuron,
        "seed": 0,
        "rng": np.random.default_rng(0),
        "path": "x",
        "name": "x",
    }


def call_of(number: int, seed: int, calls: dict[str, Callable], right: dict[str, Any]):
    """The call of a number: its place, and its arguments."""
    draw = Random(f"{seed} {number}")
    place = draw.choice(sorted(calls))
    named: dict[str, Any] = {}
    is_odd = draw.choice((0.1, 0.3, 1.0))
    for p in signature(calls[place]).parameters.values():
        if p.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD, Parameter.POSITIONAL_ONLY):
            continue
        if p.default is not Parameter.empty and draw.random() < 0.7:
            continue
        is_known = p.name in right and draw.random() > is_odd
        named[p.name] = right[p.name] if is_known else draw.choice((*ODD, *right.values()))
    return place, named


def tried(seed: int) -> Try:
    """Makes calls in a folder of their own."""
    calls, right = exported(), right_values()
    os.chdir(tempfile.mkdtemp())

    def trial(number: int):
        place, named = call_of(number, seed, calls, right)
        found = outcome(lambda: calls[place](**named))
        return found if not found.sign else found._replace(sign=f"{place}: {found.sign}")

    return trial


def main(arguments: list[str] | None = None) -> bool:
    """Make calls and print what they came to; returns whether nothing was found."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: a new one")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--calls", type=int, default=10**9, help="at most")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--number", type=int, help="this one alone")
    given = parser.parse_args(arguments)
    numbers = range(given.start, given.start + given.calls)
    if given.number is not None:
        numbers = range(given.number, given.number + 1)
        print(*call_of(given.number, given.seed, exported(), right_values()))
    tally = run(lambda: tried(given.seed), numbers, given.seconds)
    print(f"seed {given.seed}: {tally.report()}")
    return tally.is_clean


if __name__ == "__main__":
    raise SystemExit(not main())
