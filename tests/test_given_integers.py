"""Integers that a network comes with run as they are: against plain integers, one by one."""

import numpy as np
import pytest

from spikefit_nb.adapt import quantize
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    Conv2d,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Network,
    Population,
    Projection,
)
from spikefit_nb.simulate import run_states, simulate
from tests.naive.given_loihi import Given, decayed, kernel_matrix, run

DT_S = 1e-3


def neuron(layer, shape=None, strict=None):
    """The neuron model that states what the chip is given."""
    a_syn, a_mem = layer.du / 4096, layer.dv / 4096
    leak = layer.bias / a_mem
    strict = not layer.meets if strict is None else strict
    given = {"v_threshold": float(layer.vth), "strict_threshold": strict}
    given["v_leak"] = leak if shape is None else leak.reshape(shape)
    if layer.du == 4096:
        return LIF(DT_S / a_mem, r=1 / a_mem, **given)
    return CubaLIF(DT_S / a_syn, DT_S / a_mem, r=1 / a_mem, w_in=1 / a_syn, **given)


def layer(random, sent, k, *, mantissa=None, n_target=40):
    """One layer of random integers, with the first threshold at which its neurons fire in less than
    a fifth of the steps; and what it sends.
    """
    if mantissa is None:
        mantissa = 2 * random.integers(-50, 51, (sent.shape[1], n_target))
    made = Given(
        mantissa,
        exponent=[0, -1, 1, -2, 0, 2][k % 6],
        du=[4096, 1024, 2700, 4096, 999, 3000][k % 6],
        dv=[128, 415, 77, 4096, 1024, 300][k % 6],
        vth=0,
        bias=random.integers(-3, 4, mantissa.shape[1]) * (k % 2),
        delay=[0, 1, 3, 0, 2, 7][k % 6],
        meets=bool(k % 2),
    )
    for vth in (50 * 2**n for n in range(14)):
        fired = run([made._replace(vth=vth)], sent)[0][0]
        if fired.mean() < 0.2:
            break
    return made._replace(vth=vth), fired


def dense_layers(seed, spikes, n_layers=6):
    """Layers of a network, one after the other."""
    random, layers, sent = np.random.default_rng(seed), [], spikes
    for k in range(n_layers):
        made, sent = layer(random, sent, k)
        layers.append(made)
    return layers


def network_of(layers, weights=None, shapes=None):
    """The network that states those integers; its weights are half the mantissas."""
    n_input = layers[0].mantissa.shape[0]
    populations = [Population("p0", shapes[0] if shapes else (n_input,), Input())]
    projections = []
    for k, each in enumerate(layers):
        shape = shapes[k + 1] if shapes else (each.mantissa.shape[1],)
        weight = weights[k] if weights else (each.mantissa // 2).astype(np.int8)
        populations.append(Population(f"p{k + 1}", shape, neuron(each, shape)))
        scale = 2.0 ** (1 + each.exponent)
        ends = f"p{k}", f"p{k + 1}"
        projections.append(Projection(*ends, weight, scale=scale, delay_steps=each.delay))
    return Network(populations, projections, dt_s=DT_S)


def assert_same(network, layers, spikes):
    """No spike and no potential differs, in any layer; returns how many neuron-steps that are."""
    fired, potentials = run(layers, spikes)
    states = run_states(network, SpikeDataset(spikes[None].astype(bool)), "loihi")
    n = 0
    for k, (f, v) in enumerate(zip(fired, potentials, strict=True)):
        name = f"p{k + 1}"
        assert (states.spikes[name][0] != f).sum() == 0
        assert (np.float32(v) / 64 != states.potential[name][0]).sum() == 0
        assert 0.005 < f.mean() < 0.6
        n += f.size
    return n


def test_six_layers_of_given_integers_differ_in_no_spike_and_no_state_of_a_million():
    n = 0
    for seed in range(3):
        spikes = np.random.default_rng(seed).random((1500, 40)) < 0.2
        layers = dense_layers(seed, spikes)
        n += assert_same(network_of(layers), layers, spikes)
    assert n >= 10**6


def test_convolutions_and_pooling_of_given_integers_differ_in_no_spike_and_no_state():
    random = np.random.default_rng(5)
    kernels = [random.integers(-9, 14, (4, 2, 3, 3)), random.integers(-9, 14, (6, 4, 3, 3))]
    pool = np.zeros((6, 6, 2, 2), int)
    pool[range(6), range(6)] = 18
    steps = [(kernels[0], 1, 1), (kernels[1], 2, 1), (pool, 2, 0)]
    shapes, layers, weights = [(2, 12, 12)], [], []
    sent = spikes = random.random((1600, 288)) < 0.1
    for k, (kernel, stride, padding) in enumerate(steps):
        weight = Conv2d(kernel.astype(np.int8), shapes[-1], stride=stride, padding=padding)
        matrix = kernel_matrix(2 * kernel, shapes[-1], stride, padding)
        assert matrix.shape == weight.shape
        made, sent = layer(random, sent, k, mantissa=matrix)
        layers.append(made)
        weights.append(weight)
        shapes.append(weight.output_shape)
    layers.append(layer(random, sent, 3, n_target=20)[0])
    weights.append((layers[-1].mantissa // 2).astype(np.int8))
    shapes.append((20,))
    network = network_of(layers, weights, shapes)
    n = assert_same(network, layers, spikes)
    assert n >= 10**6


def test_given_integers_overflow_where_they_do_on_the_chip_and_nowhere_else():
    b, n = 410 / 4096, 120
    inhibited = CubaLIF(
        DT_S / b, DT_S / b, v_threshold=64.0, r=1 / b, w_in=1 / b, strict_threshold=True
    )
    for weight, overflows in ((-4, False), (-8, True)):
        network = Network(
            [Population("in", (n,), Input()), Population("o", (1,), inhibited)],
            [Projection("in", "o", np.full((n, 1), weight, np.int8), scale=2.0)],
        )
        record = simulate(network, SpikeDataset(np.ones((1, 100, n), bool)), arithmetic="loihi")
        u = v = least = 0
        for _ in range(100):
            u = int(decayed(u, 410)) + 128 * weight * n
            v = int(decayed(v, 410)) + u
            least = min(least, v)
        assert (least <= -(2**23)) == bool(record.overflows) == overflows


def few_steps(strict):
    """Weights of one to three and a threshold of six, in steps of which there are no finer ones."""
    random, a = np.random.default_rng(3), 415 / 4096
    weight = random.choice([1, 2, 3, -1, -2, 90, -90], (800, 50)).astype(np.int8)
    output = LIF(DT_S / a, v_threshold=6.0, r=1 / a, strict_threshold=strict)
    network = Network(
        [Population("in", (800,), Input()), Population("o", (50,), output)],
        [Projection("in", "o", weight, scale=2.0)],
    )
    return network, weight, random.random((1, 2000, 800)) < 0.00125


@pytest.mark.parametrize(("strict", "n_spikes"), [(False, 12_302), (True, 11_409)])
def test_a_threshold_of_few_steps_is_met_or_exceeded_as_the_network_says(strict, n_spikes):
    network, weight, spikes = few_steps(strict)
    v, n = np.zeros(50, np.int64), 0
    for t in range(2000):
        v = decayed(v, 415) + 128 * (spikes[0, t].astype(int) @ weight.astype(int))
        fires = v > 384 if strict else v >= 384
        n, v = n + int(fires.sum()), np.where(fires, 0, v)
    record = simulate(network, SpikeDataset(spikes), arithmetic="loihi")
    assert int(record.spike_counts["o"].sum()) == n == n_spikes
    told = [w for w in record.warnings if "fire above it" in w]
    assert len(told) == (not strict)
    assert strict or "11,409 spikes in place of 12,302" in told[0]


def test_firing_at_a_threshold_is_no_difference_where_all_potentials_are_whole_steps():
    random = np.random.default_rng(1)
    weight, spikes = random.integers(-9, 14, (30, 8)).astype(np.int8), random.random((1, 300, 30))
    network = Network(
        [Population("in", (30,), Input()), Population("o", (8,), IF(20.0))],
        [Projection("in", "o", weight, scale=1.0)],
    )
    record = simulate(network, SpikeDataset(spikes < 0.1), arithmetic="loihi")
    real = simulate(network, SpikeDataset(spikes < 0.1))
    assert record.warnings == () and (record.output_spikes == real.output_spikes).all()


@pytest.mark.parametrize("readout", [LI(0.02), CubaLI(0.005, 0.02), Integrator()])
@pytest.mark.parametrize("chip", ["loihi1", "loihi2"])
def test_an_output_that_integrates_and_never_fires_fits_loihi(chip, readout):
    network = Network(
        [Population("in", (4,), Input()), Population("o", (2,), readout)],
        [Projection("in", "o", np.ones((4, 2), np.int8), scale=1.0)],
    )
    assert check_fit(network, load_profile(chip)).fits
    record = simulate(network, SpikeDataset(np.ones((1, 5, 4), bool)), arithmetic="loihi")
    assert record.decode == "potential" and (record.scores_by_step[0, -1] > 0).all()


def weights_of(values, **options):
    """A network whose only projection holds those integers."""
    values = np.asarray(values, np.int16)
    return Network(
        [
            Population("in", (values.shape[0],), Input()),
            Population("o", (values.shape[1],), LIF(0.02)),
        ],
        [Projection("in", "o", values, scale=1.0, **options)],
    )


@pytest.mark.parametrize("chip", ["odin", "loihi1", "loihi2", "xylo_audio2", "reckon", "speck"])
@pytest.mark.parametrize("bits", [None, 4])
def test_integers_that_are_too_large_do_not_fit_whatever_bits_are_stated(chip, bits):
    network = weights_of(np.full((4, 2), 32_000), weight_bits=bits)
    need = next(
        n for n in check_fit(network, load_profile(chip)).needs if n.figure == "weight_bits"
    )
    assert (need.need, need.met) == (16, False)


@pytest.mark.parametrize(
    ("most", "stated", "bits"),
    [(1, 1, 1), (1, None, 2), (7, None, 4), (7, 8, 8), (8, 4, 5), (-8, 4, 4)],
)
def test_a_weight_takes_the_bits_that_are_stated_and_no_fewer_than_its_value_needs(
    most, stated, bits
):
    assert weights_of([[most]], weight_bits=stated).projections[0].n_bits == bits


def test_weights_on_a_grid_of_8_bits_stay_on_it():
    random = np.random.default_rng(0)
    whole = np.round(random.normal(0, 12, (784, 128)).clip(-49, 65))
    whole[0, 0] = 65
    for step, scale in ((2.0, 2.0), (1.0, 1.0), (8.0, 8.0), (0.37, 0.37)):
        network = Network(
            [Population("in", (784,), Input()), Population("o", (128,), LIF(0.01))],
            [Projection("in", "o", step * whole)],
        )
        for made in (
            quantize(network, 8).network,
            quantize(network, 8, scope="neuron", n_scales=16).network,
            check_fit(network, load_profile("loihi1")).network,
        ):
            e = made.projections[0]
            assert np.allclose(e.scale, scale, rtol=1e-6)
            assert (np.asarray(e.weight) == whole).all()


def test_projections_on_grids_of_their_own_stay_on_them():
    random = np.random.default_rng(0)
    one, other = random.integers(-99, 100, (2, 20, 5)).astype(float)
    network = Network(
        [
            Population("a", (20,), Input()),
            Population("b", (20,), Input()),
            Population("o", (5,), LIF(0.1)),
        ],
        [Projection("a", "o", 0.3 * one), Projection("b", "o", 0.07 * other)],
    )
    made = quantize(network, 8).network.projections
    for e, whole, step in zip(made, (one, other), (0.3, 0.07), strict=True):
        assert np.isclose(e.scale, step) and (np.asarray(e.weight) == whole).all()


def test_numbers_that_would_leave_their_range_are_counted_in_coarser_steps():
    b, n = 0.1, 120
    inhibited = CubaLIF(DT_S / b, DT_S / b, v_threshold=64.3, r=1 / b, w_in=1 / b)
    network = Network(
        [Population("in", (n,), Input()), Population("o", (1,), inhibited)],
        [Projection("in", "o", np.full((n, 1), -4, np.int8), scale=1.9)],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 100, n), bool)), arithmetic="loihi")
    assert not record.overflows


def test_a_network_without_a_synapse_runs_and_is_silent():
    network = Network(
        [Population("in", (4,), Input()), Population("o", (2,), LIF(0.02))],
        [Projection("in", "o", np.zeros((4, 2)))],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 3, 4), bool)), arithmetic="loihi")
    assert record.spike_counts["o"].sum() == 0


def test_a_leak_to_elsewhere_is_refused_where_it_is_no_integer():
    leaks = LIF(0.01, v_leak=0.1)
    network = Network(
        [Population("in", (1,), Input()), Population("o", (1,), leaks)],
        [Projection("in", "o", np.ones((1, 1), np.int8), scale=0.1)],
    )
    with pytest.raises(NetworkProblem, match="v_leak other than 0"):
        simulate(network, SpikeDataset(np.ones((1, 3, 1), bool)), arithmetic="loihi")
