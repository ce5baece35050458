"""Speck's arithmetic: against the vendor's simulator, a naive run, and what a network's parameters
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
from spikefit_nb.network import IF, LIF, Conv2d, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.chip_runs import look_at
from tests.naive import speck as naive

RECORDED = Path(__file__).parent / "recorded" / "sinabs" / "integers.npz"
TOOL = Path(__file__).parent / "tools" / "record_sinabs.py"
SHAPE = (2, 12, 12)


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values, "<i2").tobytes()).hexdigest()


def assert_agrees(recorded):
    """Every spike and every potential of 1,312,000 neuron-steps is the recorded one."""
    n_samples, n_steps = 8, 100
    bits = np.unpackbits(recorded["spikes"])[: n_samples * n_steps * int(np.prod(SHAPE))]
    dataset = SpikeDataset(bits.reshape(n_samples, n_steps, -1).astype(bool))
    thresholds = recorded["thresholds"]
    total = 0
    for reset in ("subtract", "zero"):
        for most, limit in (("one", 1), ("any", None)):
            kinds = [IF(0.01 * t, reset=reset, max_spikes_per_step=limit) for t in thresholds]
            network = Network(
                [
                    Population("input", SHAPE, Input()),
                    Population("hidden", (4, 10, 10), kinds[0]),
                    Population("output", (10,), kinds[1]),
                ],
                [
                    Projection("input", "hidden", Conv2d(recorded["kernel"], SHAPE), scale=0.01),
                    Projection("hidden", "output", recorded["weight"], scale=0.01),
                ],
            )
            for name, threshold in zip(("hidden", "output"), thresholds, strict=True):
                spikes, potential, overflows = look_at(network, dataset, "speck", name)
                v = np.rint(potential / 0.01).astype(np.int64)
                v = np.where(spikes > 0, 0, v) if reset == "zero" else v - spikes * threshold
                if name == "output":
                    assert (spikes == recorded[f"{reset}/{most}/output"]).all() and spikes.any()
                assert (
                    digest(spikes) == str(recorded[f"{reset}/{most}/spikes_{name}"])
                    and overflows == 0
                )
                assert digest(np.maximum(v, -threshold)) == str(
                    recorded[f"{reset}/{most}/v_{name}"]
                )
                total += spikes.size
    assert total == 1_312_000


def test_every_spike_and_every_potential_of_a_million_neuron_steps_is_that_of_sinabs():
    assert_agrees(np.load(RECORDED))


def test_sinabs_itself_says_so_where_it_is_installed(tmp_path):
    python = os.environ.get("SPIKEFIT_SINABS") or (sys.executable if find_spec("sinabs") else None)
    if python is None:
        pytest.skip("sinabs is not installed here; SPIKEFIT_SINABS can name a Python that has it")
    subprocess.run([python, str(TOOL), str(tmp_path / "said.npz")], check=True)
    assert_agrees(np.load(tmp_path / "said.npz"))


def layer(weight, threshold, **options):
    """input -> output with the weight (source, target) given."""
    n_input, n_output = weight.shape
    return Network(
        [
            Population("input", (n_input,), Input()),
            Population("output", (n_output,), IF(threshold, **options)),
        ],
        [Projection("input", "output", weight, scale=None if weight.dtype.kind == "f" else 1.0)],
    )


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    threshold=st.sampled_from([1, 90, 700, 32767]),
    reset=st.sampled_from(["zero", "subtract"]),
    most=st.sampled_from([1, 3, None]),
)
def test_every_neuron_does_what_the_naive_one_does(seed, threshold, reset, most):
    random = np.random.default_rng(seed)
    weight = random.integers(-127, 128, (9, 6)).astype(np.int8)
    weight[0, :2] = 127, 120  # two neurons that are driven into the ends of their range
    weight[:, 2:4] = np.abs(weight[:, 2:4])
    counts = random.integers(0, random.choice([2, 30, 256]), (40, 9)).astype(np.uint8)
    counts[random.random(40) < 0.3] = 0  # steps without any input
    currents = (counts.astype(int) @ weight.astype(int)).tolist()
    fired, before, _ = naive.run(currents, [threshold] * 6, reset == "zero", most)
    network = layer(weight, float(threshold), reset=reset, max_spikes_per_step=most)
    spikes, potential, _ = look_at(network, SpikeDataset(counts[None]), "speck", "output")
    assert spikes[0].tolist() == fired and potential[0].tolist() == before
    plain = simulate(network, SpikeDataset(counts[None]), arithmetic="speck", record="events")
    assert (plain.output_spikes[0] == fired).all()


def test_saturation_at_sixteen_bits_is_counted():
    network = layer(
        np.array([[127, -1]], np.int8), 200.0, reset="subtract"
    )  # 255 * 127 a step, one spike a step
    record = simulate(network, SpikeDataset(np.full((1, 3, 1), 255, np.uint8)), arithmetic="speck")
    # 32,385 in the first step, 32,185 left; each of the other two would pass 32,767
    assert record.overflows == {"output": 2}
    assert record.spike_counts["output"].tolist() == [[3, 0]]


def test_a_reset_to_zero_fires_where_the_real_network_does_for_any_threshold():
    # 0.37 is no multiple of the weights' scale: the next whole number is reached exactly when 0.37
    # is
    random = np.random.default_rng(0)
    network = quantize(layer(np.abs(random.normal(0, 0.1, (20, 8))), 0.37), 5).network
    dataset = SpikeDataset(random.random((4, 200, 20)) < 0.2)
    real, speck = (simulate(network, dataset, arithmetic=each) for each in ("float32", "speck"))
    assert (real.output_spikes == speck.output_spikes).all() and real.output_spikes.sum() > 100


def test_few_bits_are_stretched_to_eight_so_that_a_subtracted_threshold_is_rounded_less():
    # weights of 2 bits and a threshold of 1.4 of them: 1 without, 178 of 127 with
    network = layer(np.array([[1], [1]], np.int8), 1.4, reset="subtract")
    dataset = SpikeDataset(np.tile([True, False], (1, 700, 1)))
    record = simulate(network, dataset, arithmetic="speck")
    assert abs(int(record.spike_counts["output"][0, 0]) - 500) <= 1  # 1 / 1.4 a step


def test_thresholds_that_differ_are_moved_into_the_weights():
    # one threshold a core: the second neuron, with twice the threshold, gets half the weights
    network = layer(np.array([[120, 120]], np.int8), np.array([150.0, 300.0]), reset="subtract")
    dataset = SpikeDataset(np.ones((1, 100, 1), bool))
    record = simulate(network, dataset, arithmetic="speck")
    assert record.spike_counts["output"].tolist() == [[80, 40]]
    assert any("rounded again" in warning for warning in record.warnings)


def test_a_large_threshold_makes_weights_smaller_until_it_fits():
    network = layer(np.array([[100]], np.int8), 65534.0, reset="subtract")
    record = simulate(network, SpikeDataset(np.full((1, 10, 1), 255, np.uint8)), arithmetic="speck")
    assert record.spike_counts["output"] == 255 * 100 * 10 // 65534
    assert any("the largest was 100 and is 50" in warning for warning in record.warnings)


def test_the_lower_bound_is_told_where_weights_are_negative():
    network = layer(np.array([[127], [-127]], np.int8), 127.0)
    low = np.zeros((1, 30, 2), bool)
    low[0, :20, 1] = low[0, 20:, 0] = True
    record = simulate(network, SpikeDataset(low), arithmetic="speck")
    # minus one threshold after twenty blows: two excitatory spikes lead back to fire, then one each
    assert np.flatnonzero(record.output_spikes[0, :, 0]).tolist() == list(range(21, 30))
    assert any("stop falling" in warning for warning in record.warnings)


@pytest.mark.parametrize(("weight", "is_told"), [(0, False), (1, False), (-1, True)])
def test_no_lower_bound_is_told_where_no_weight_is_negative(weight, is_told):
    network = layer(np.array([[5], [weight]], np.int8), 10.0)
    record = simulate(network, SpikeDataset(np.ones((1, 3, 2), bool)), arithmetic="speck")
    assert any("stop falling" in warning for warning in record.warnings) == is_told


def test_a_weight_as_large_as_the_threshold_is_not_above_it():
    network = layer(np.array([[39], [40], [41]], np.int8), 40.0, reset="subtract")
    record = simulate(network, SpikeDataset(np.ones((1, 3, 3), bool)), arithmetic="speck")
    assert any(said.startswith("1 of 3 weights onto 'output'") for said in record.warnings)


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (LIF(0.02), "holds LIF neurons"),
        (IF(1.0, bias=0.1), "has a bias"),
        (IF(1.0, v_reset=0.1), "another value than zero"),
        (IF(1.0, reset="subtract", strict_threshold=True), "strict_threshold"),
        (IF(1.0, delayed_reset=True), "delayed_reset"),
        (IF(1.0, reset="none"), "does not reset"),
        (IF(0.0), "threshold of 0"),
    ],
)
def test_what_speck_has_not_is_refused_by_name(neuron, words):
    network = layer(np.ones((2, 2), np.int8), 1.0)
    network = network.replace(populations=[network["input"], Population("output", (2,), neuron)])
    with pytest.raises(NetworkProblem, match="'output'") as told:
        simulate(network, SpikeDataset(np.ones((1, 5, 2), bool)), arithmetic="speck")
    assert words in str(told.value)


def test_floats_and_long_weights_are_refused():
    dataset = SpikeDataset(np.ones((1, 5, 2), bool))
    with pytest.raises(NetworkProblem, match="Quantize the network first"):
        simulate(layer(np.ones((2, 2)), 1.0), dataset, arithmetic="speck")
    with pytest.raises(NetworkProblem, match="go to 127"):
        simulate(layer(np.full((2, 2), 128, np.int16), 1.0), dataset, arithmetic="speck")
