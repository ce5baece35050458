"""Xylo's arithmetic: against the vendor's simulator, a naive run, and what a network's parameters
mean.
"""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import quantize
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import IF, LIF, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.chip_runs import look_at
from tests.naive import xylo as naive

RECORDED = Path(__file__).parent / "recorded" / "xylo" / "random.npz"
TOOL = Path(__file__).parent / "tools" / "record_xylosim.py"


def neurons(dash_syn, dash_mem, threshold, bias):
    """CubaLIF whose unit of potential is one: gains that undo what the two decays do to an
    input.
    """
    a_syn, a_mem = 0.5 ** np.asarray(dash_syn, float), 0.5 ** np.asarray(dash_mem, float)
    return CubaLIF(
        1e-3 / a_syn,
        1e-3 / a_mem,
        threshold,
        r=1 / a_mem,
        w_in=(1 - a_syn) / a_syn,
        v_leak=np.asarray(bias) / a_mem,
        reset="subtract",
    )


def integer_network(of, shifts):
    """A network that becomes exactly the integers given; ``of`` maps names of the recording to
    arrays.
    """
    groups = {
        name: [of(f"{part}_{name}") for part in ("dash_syn", "dash_mem", "threshold", "bias")]
        for name in ("hidden", "output")
    }
    shapes = {
        "w_input": ("input", "hidden"),
        "w_hidden": ("hidden", "hidden"),
        "w_output": ("hidden", "output"),
    }
    projections = [
        Projection(
            source, target, of(name), scale=2.0 ** int(shift), delay_steps=int(source == "hidden")
        )
        for (name, (source, target)), shift in zip(shapes.items(), shifts, strict=True)
    ]
    populations = [Population("input", of("w_input").shape[:1], Input())]
    populations += [
        Population(name, (len(group[0]),), neurons(*group)) for name, group in groups.items()
    ]
    return Network(populations, projections, dt_s=1e-3)


def compare(recorded):
    """Neuron-steps whose spikes or potentials differ from a recording, and all there are."""
    differing = total = 0
    for kind in recorded["networks"]:

        def of(name, kind=kind):
            return recorded[f"{kind}/{name}"]

        network = integer_network(of, of("shifts"))
        dataset = SpikeDataset(of("inputs")[None])
        for name, suffix in (("hidden", ""), ("output", "_output")):
            spikes, potential, _ = look_at(network, dataset, "xylo", name)
            expected, v = of(f"spikes{suffix}"), of(f"v{suffix}")
            after = (potential[0] - spikes[0] * of(f"threshold_{name}")).astype("<i2")
            wrong = spikes[0] != expected
            if v.ndim:
                wrong |= after != v
            elif hashlib.sha256(np.ascontiguousarray(after).tobytes()).hexdigest() != str(v):
                wrong[:] = True
            differing, total = differing + np.count_nonzero(wrong), total + wrong.size
    return differing, total


def test_every_spike_and_every_potential_of_a_million_neuron_steps_is_the_vendors():
    differing, total = compare(np.load(RECORDED))
    assert total >= 10**6 and differing == 0


def test_xylosim_itself_says_so_where_it_is_installed(tmp_path):
    python = os.environ.get("SPIKEFIT_XYLOSIM") or (
        sys.executable if find_spec("xylosim") else None
    )
    if python is None:
        pytest.skip("xylosim is not installed here; SPIKEFIT_XYLOSIM can name a Python that has it")
    subprocess.run([python, str(TOOL), str(tmp_path / "said.npz"), "--states"], check=True)
    differing, total = compare(np.load(tmp_path / "said.npz"))
    assert total >= 10**6 and differing == 0


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    shifts=st.sampled_from([(0, 0, 0), (2, 0, 0), (0, 1, 0)]),
    loud=st.booleans(),
)
def test_every_neuron_does_what_the_naive_one_does(seed, shifts, loud):
    # Loud: states run into their ends. There each target has weights of one sign, since the sum of
    # a step is held once.
    random = np.random.default_rng(seed)
    n_input, n_hidden, n_output, n_steps = 3, 5, 3, 40
    shapes = {
        "w_input": (n_input, n_hidden),
        "w_hidden": (n_hidden, n_hidden),
        "w_output": (n_hidden, n_output),
    }
    sign = {n: random.choice([-1, 1, 1], n) for n in (n_hidden, n_output)}
    values = {}
    for name, shape in shapes.items():
        weight = random.integers(-127, 128, shape) // (
            1 if loud else 16 if name == "w_hidden" else 4
        )
        weight[0, 0] = (
            127 if loud else 64
        )  # more than half of what there is room for: nothing is stretched
        values[name] = (np.abs(weight) * sign[shape[1]] if loud else weight).astype(np.int8)
    for name, n in (("hidden", n_hidden), ("output", n_output)):
        values |= {
            f"dash_syn_{name}": random.integers(1, 10 if loud else 4, n),
            f"dash_mem_{name}": random.integers(0, 14, n),
            f"threshold_{name}": random.integers(*((1, 32768) if loud else (200, 2000)), n),
            f"bias_{name}": random.integers(-20000, 20000, n)
            if loud
            else random.integers(-30, 31, n),
        }
    inputs = random.integers(0, 16 if loud else 4, (n_steps, n_input)).astype(np.uint8)
    parts = ("dash_syn", "dash_mem", "threshold", "bias")
    groups = {
        name: [
            naive.Neuron(*(int(values[f"{part}_{name}"][n]) for part in parts), most)
            for n in range(size)
        ]
        for name, size, most in (("hidden", n_hidden, 31), ("output", n_output, 1))
    }
    expected = naive.run(
        inputs.tolist(),
        [values[name].tolist() for name in shapes],
        shifts,
        groups["hidden"],
        groups["output"],
    )
    network, dataset = integer_network(values.__getitem__, shifts), SpikeDataset(inputs[None])
    for k, name in ((0, "hidden"), (2, "output")):
        spikes, potential, _ = look_at(network, dataset, "xylo", name)
        assert spikes[0].tolist() == expected[k]
        assert potential[0].tolist() == expected[k + 1]


def real_network(hidden=None, bits=8):
    """input 6 -> hidden 9 (-> hidden) -> output 4 in real units, with integer weights."""
    random = np.random.default_rng(3)
    populations = [
        Population("input", (6,), Input()),
        Population(
            "hidden",
            (9,),
            hidden or CubaLIF(4e-3, 16e-3, random.uniform(0.5, 1, 9), r=5.0, reset="subtract"),
        ),
        Population("output", (4,), CubaLIF(2e-3, 8e-3, 1.0, r=3.0, reset="subtract")),
    ]
    projections = [
        Projection("input", "hidden", random.normal(0.1, 0.4, (6, 9))),
        Projection("hidden", "hidden", random.normal(0, 0.1, (9, 9)), delay_steps=1),
        Projection("hidden", "output", random.normal(0.1, 0.3, (9, 4)), delay_steps=1),
    ]
    network = Network(populations, projections, dt_s=1e-3)
    return quantize(network, bits).network if bits else network


def test_saturation_is_counted_where_it_happens_and_only_there():
    recorded = np.load(RECORDED)
    loud = integer_network(lambda name: recorded[f"saturating/{name}"], (0, 0, 0))
    dataset = SpikeDataset(recorded["saturating/inputs"][None])
    assert simulate(loud, dataset, arithmetic="xylo").overflows["hidden"] > 0
    assert not simulate(
        real_network(), SpikeDataset(np.ones((1, 40, 6), bool)), arithmetic="xylo"
    ).overflows


def test_potentials_below_threshold_are_nearly_those_of_the_real_network():
    # Far from any threshold nothing fires; what is left is the rounding of both decays, below one
    # unit a step each.
    network = real_network(CubaLIF(4e-3, 16e-3, 40.0, r=5.0, reset="subtract"))
    dataset = SpikeDataset(np.random.default_rng(5).random((2, 60, 6)) < 0.2)
    _, real, _ = look_at(network, dataset, "float32", "hidden")
    _, xylo, overflows = look_at(network, dataset, "xylo", "hidden")
    assert overflows == 0 and np.abs(real).max() > 1
    assert np.abs(xylo - real).max() < 0.03 * np.abs(real).max()


def test_hidden_neurons_fire_up_to_31_times_a_step_and_the_last_ones_once():
    network = real_network(CubaLIF(4e-3, 16e-3, 0.05, r=5.0, reset="subtract"))
    dataset = SpikeDataset(np.full((1, 40, 6), 15, np.uint8))
    hidden, _, _ = look_at(network, dataset, "xylo", "hidden")
    output, _, _ = look_at(network, dataset, "xylo", "output")
    assert hidden.max() == 31 and output.max() == 1


def test_shorter_weights_are_stretched_so_that_thresholds_are_rounded_less():
    record = simulate(
        real_network(bits=3), SpikeDataset(np.ones((1, 40, 6), bool)), arithmetic="xylo"
    )
    assert record.spike_counts["hidden"].sum() > 0
    assert not any("Thresholds" in warning for warning in record.warnings)


def test_a_time_constant_between_powers_of_two_and_a_bias_are_told():
    network = real_network(CubaLIF(3e-3, 16e-3, 1.0, r=5.0, bias=0.05, reset="subtract"))
    told = " ".join(
        simulate(network, SpikeDataset(np.ones((1, 9, 6), bool)), arithmetic="xylo").warnings
    )
    assert "tau_syn of 'hidden' becomes a power of two of steps on Xylo, up to 33% from" in told
    assert "tau_mem of" not in told and "bias of 'hidden'" in told


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (IF(1.0, reset="subtract"), "holds IF neurons"),
        (LIF(0.02, reset="subtract"), "holds LIF neurons"),
        (CubaLIF(4e-3, 16e-3), "reset='subtract'"),
        (CubaLIF(4e-3, 16e-3, reset="none"), "does not reset"),
        (CubaLIF(1e-3, 16e-3, reset="subtract"), "tau_syn of 1 steps"),
        (CubaLIF(4e-3, 16e-3, reset="subtract", strict_threshold=True), "strict_threshold"),
        (CubaLIF(4e-3, 16e-3, reset="subtract", delayed_reset=True), "delayed_reset"),
        (CubaLIF(4e-3, 16e-3, -1.0, reset="subtract"), "threshold of -1"),
        (CubaLIF(4e-3, 16e-3, r=-1.0, reset="subtract"), "not above zero"),
        (CubaLIF(4e-3, 16e-3, v_leak=1e6, reset="subtract"), "needs a bias"),
    ],
)
def test_what_xylo_has_not_is_refused_by_name(neuron, words):
    with pytest.raises(NetworkProblem, match="'hidden'") as told:
        simulate(real_network(neuron), SpikeDataset(np.ones((1, 5, 6), bool)), arithmetic="xylo")
    assert words in str(told.value)


def test_floats_long_weights_currents_and_sixteen_spikes_a_channel_are_refused():
    spikes = np.ones((1, 5, 6), bool)
    for network, values, words in (
        (real_network(bits=None), spikes, r"Design\(weight_bits=8\)"),
        (real_network(bits=9), spikes, "go to 127"),
        (real_network(), spikes * np.float32(0.5), "whole spikes"),
        (real_network(), spikes * np.uint8(16), "16 spikes in one step"),
    ):
        with pytest.raises(NetworkProblem, match=words):
            simulate(network, SpikeDataset(values), arithmetic="xylo")
