"""Loihi's integers: against a naive run, against what Lava did, and what becomes of a network of
real numbers.
"""

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import quantize
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.kernels.loihi import run_loihi
from spikefit_nb.kernels.neurons import Fired, Seen
from spikefit_nb.network import (
    ALIF,
    IF,
    LI,
    LIF,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Network,
    Population,
    Projection,
)
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from spikefit_nb.simulate.arithmetic.loihi import (
    Held,
    _most_input,
    _sums,
    loihi_neurons,
    prepare,
)
from spikefit_nb.simulate.loihi_limits import DELIVERED
from tests.naive import loihi as naive
from tests.networks import convolutional, spikes

RECORDED = sorted((Path(__file__).parent / "recorded" / "lava").glob("*.npz"))


def prepared(network):
    """{population name: what Loihi makes of it}."""
    return {
        p.name: prepare(
            p,
            tuple(e for e in network.projections if e.target == p.name),
            network.dt_s,
            is_last=False,
        )
        for p in network.neuron_populations
    }


def chip_neurons(neurons):
    """The chip's own parameters of prepared neurons, one by one."""
    given = neurons.values
    start = neurons.i if neurons.i.size else -given.bias  # of a current that lasts no step
    columns = zip(given.keep_u, given.keep_v, given.threshold, given.bias, start, strict=True)
    return [
        naive.Neuron(
            round(4095 - 4096 * u),
            round(4096 - 4096 * v),
            int(vth) >> 6,
            int(bias),
            int(start),
            bool(vth < 2**31 - 1),
        )
        for u, v, vth, bias, start in columns
    ]


def run_neurons(neurons, current, arrived=None, windows=1, watch=lambda memory: None):
    """Spikes, potentials before reset, and the state after a run of neurons alone, cut into windows
    of steps.

    ``watch`` is called with the memory after each window.
    """
    n_samples, n_steps, n = current.shape
    arrived = np.ones((n_samples, n_steps), np.int64) if arrived is None else arrived
    memory = neurons.start(n_samples)
    seen = Seen(
        np.zeros((n_samples, n), np.int32),
        np.zeros((n_samples, n_steps, n), np.int32),
        np.zeros((n_samples, n_steps, n), np.float32),
        np.zeros((n_samples, n_steps, 0), np.uint8),
        0,
        every_step=False,
    )
    for part in np.array_split(np.arange(n_steps), windows):
        here = slice(part[0], part[-1] + 1)
        bounds = np.zeros((2, n_samples, part.size), np.int64)
        room = np.zeros(n_samples * part.size * n + 8, np.int32)
        out = Fired(*bounds, room, room[:0])
        given = np.ascontiguousarray(current[:, here]), np.ascontiguousarray(arrived[:, here])
        n_events = run_loihi(neurons.values, memory, *given, int(part[0]), out, seen)
        listed = [room[a:b].tolist() for a, b in zip(*bounds.reshape(2, -1), strict=True)]
        assert listed == [
            np.flatnonzero(row).tolist() for row in seen.spikes[:, here].reshape(-1, n)
        ]
        assert n_events == seen.spikes[:, here].sum()
        watch(memory)
    assert (seen.counts == seen.spikes.sum(axis=1)).all()
    return seen.spikes, seen.potential, memory


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    size=st.sampled_from([2**10, 2**18, 2**23, 2**25]),
    du=st.sampled_from([0, 300, 4000, 4095]),
    dv=st.sampled_from([0, 77, 4095]),
    bias=st.sampled_from([0, 300, 4095 << 7]),
    windows=st.integers(1, 4),
)
def test_every_number_is_the_one_of_plain_integers_even_where_it_wraps_and_clips(
    seed, size, du, dv, bias, windows
):
    random, n = np.random.default_rng(seed), 11
    current = random.integers(-size, size + 1, (2, 30, n)) * (random.random((2, 30, n)) < 0.6)
    current[random.random(current.shape) < 0.02] = (
        2**23
    )  # the largest current that does not wrap, and the next one
    current[random.random(current.shape) < 0.02] = -(2**23)
    listed = [
        naive.Neuron(
            min(4095, int(random.integers(0, du + 1)) if du < 4095 else 4095),
            int(random.integers(0, dv + 1)),
            int(random.integers(0, 2**17)),
            int(random.integers(-bias, bias + 1)),
            int(random.integers(-999, 999)),
        )
        for _ in range(n)
    ]
    columns = [np.array(column) for column in zip(*listed, strict=True)]
    neurons = loihi_neurons(*columns[:4], np.zeros(n, int), unit=np.ones(n), u_start=columns[4])
    fired, potential, state = run_neurons(neurons, current.astype(np.int32), windows=windows)
    n_out = 0
    for s in range(2):
        for n_, neuron in enumerate(listed):
            u, v = neuron.u_start, 0
            for t in range(30):
                u, v, fires, out = naive.step(neuron, u, v, int(current[s, t, n_]))
                assert (fired[s, t, n_], potential[s, t, n_]) == (fires, v)
                v, n_out = 0 if fires else v, n_out + out
            assert state.v[s, n_] == v
            assert state.i.shape[1] == 0 or state.i[s, n_] == u
    assert state.overflows.sum() == n_out


@pytest.mark.parametrize("dv", [0, 150, 4095])
def test_steps_without_input_are_made_up_for_exactly(dv):
    random, n = np.random.default_rng(3), 9
    arrived = (random.random((2, 60)) < 0.2).astype(np.int64)
    current = (random.integers(-9000, 20000, (2, 60, n)) * arrived[..., None]).astype(np.int32)
    whole = np.full(n, 4095), np.full(n, dv), np.full(n, 150), np.zeros(n, int), np.zeros(n, int)
    neurons = loihi_neurons(*whole, unit=np.ones(n), u_start=np.zeros(n, int))
    assert neurons.values.may_rest
    rested = run_neurons(neurons, current, arrived, windows=7)
    restless = run_neurons(neurons, current)
    assert rested[0].sum() > 20 and (rested[0] == restless[0]).all()
    last = [np.flatnonzero(row)[-1] for row in arrived]
    assert (rested[1][[0, 1], last] == restless[1][[0, 1], last]).all()


def neuron(kind, random, n):
    """Neurons of one model, each with parameters of its own."""
    threshold, tau_s = random.uniform(0.3, 3.0, n), random.uniform(1e-3, 3e-2, n)
    bias = random.uniform(-0.1, 0.3, n) if random.random() < 0.5 else 0.0
    strict = bool(random.random() < 0.5)
    if kind == "IF":
        return IF(threshold, r=random.uniform(0.5, 2, n), bias=bias, strict_threshold=strict)
    if kind == "LIF":
        return LIF(tau_s, threshold, r=random.uniform(1, 9, n), bias=bias, strict_threshold=strict)
    if kind == "LI":
        return LI(tau_s, r=2.0, bias=bias)
    if kind == "CubaLI":
        return CubaLI(random.uniform(1e-3, 9e-3, n), tau_s, r=2.0, bias=bias)
    if kind == "Integrator":
        return Integrator(0.3, bias=bias)
    tau_syn_s = random.uniform(1e-3, 9e-3, n)
    return CubaLIF(tau_syn_s, tau_s, threshold, r=4.0, w_in=1.5, bias=bias, strict_threshold=strict)


def two_layers(
    seed,
    kind="CubaLIF",
    last="LIF",
    bits=8,
    recurrent=True,
    sparse=False,
    delay=1,
    per_target=False,
):
    """input 5 -> hidden 7 (-> hidden) -> output 3, and input -> output past it; integer weights."""
    random = np.random.default_rng(seed)

    def projection(source, target, shape, steps):
        weight = (
            random.normal(0.1, 0.5, shape)
            * (random.random(shape) < 0.8)
            * random.choice([0.1, 1, 3])
        )
        e = Projection(
            source, target, sp.csr_array(weight) if sparse else weight, delay_steps=steps
        )
        return e

    projections = [
        projection("input", "hidden", (5, 7), 0),
        projection("hidden", "output", (7, 3), delay),
        projection("input", "output", (5, 3), 2),
    ]
    if recurrent:
        projections.append(projection("hidden", "hidden", (7, 7), 1 + delay))
    populations = [
        Population("input", (5,), Input()),
        Population("hidden", (7,), neuron(kind, random, 7)),
        Population("output", (3,), neuron(last, random, 3)),
    ]
    network = quantize(Network(populations, projections, dt_s=1e-3), bits).network
    if per_target:
        several = [
            replace(e, scale=e.scale * random.uniform(0.2, 2, e.shape[1]).astype(np.float32))
            for e in network.projections
        ]
        network = network.replace(projections=several)
    return network


def assert_equal_to_naive(network, dataset):
    """Spikes, potentials, update bits and overflows of ``simulate``; returns the overflows."""
    made = prepared(network)
    incoming = {
        name: [(e, int(factor[0])) for e, factor in zip(m.projections, m.scales, strict=True)]
        for name, m in made.items()
    }
    neurons = {name: chip_neurons(m.neurons) for name, m in made.items()}
    dense = dataset.block(0, dataset.n_samples)
    fired, potential, updated, overflows = naive.run(network, neurons, incoming, dense)
    record = simulate(network, dataset, arithmetic="loihi", record="events", decode="potential")
    for name, counts in fired.items():
        assert (record.spike_counts[name] == counts.sum(axis=1)).all(), name
    assert (record.output_spikes == fired[network.output]).all()
    unit = made[network.output].neurons.values.unit
    assert (record.output_potential == potential[network.output].astype(np.float32) * unit).all()
    events, n_rows = record.events, dataset.n_samples * dataset.n_steps
    raster = np.zeros((n_rows, network.n_channels + network.n_neurons), int)
    for row in range(n_rows):
        here = slice(events.ptr[row], events.ptr[row + 1])
        raster[row, events.neuron[here]] = events.count[here]
    assert (
        raster
        == np.concatenate([fired[name].reshape(n_rows, -1) for name in network.starts], axis=1)
    ).all()
    bits = np.unpackbits(events.updated, axis=2, bitorder="little")[:, :, : network.n_neurons]
    assert (
        bits == np.concatenate([updated[p.name] for p in network.neuron_populations], axis=2)
    ).all()
    assert record.overflows == {name: n for name, n in overflows.items() if n}
    return record.overflows


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["IF", "LIF", "CubaLIF"]),
    last=st.sampled_from(["IF", "LIF", "CubaLIF", "LI", "CubaLI", "Integrator"]),
    bits=st.sampled_from([2, 4, 7, 8]),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    delay=st.integers(0, 2),
    per_target=st.booleans(),
)
def test_every_spike_and_potential_of_a_network_is_the_one_of_plain_integers(
    seed, kind, last, bits, recurrent, sparse, delay, per_target
):
    network = two_layers(seed, kind, last, bits, recurrent, sparse, delay, per_target)
    assert_equal_to_naive(
        network, SpikeDataset(spikes(network, seed, n_samples=2, n_steps=20, rate=0.6))
    )


@pytest.mark.parametrize("shape", [{}, {"stride": 2}, {"groups": 2}, {"dilation": 2, "padding": 2}])
def test_a_convolution_in_integers_is_the_one_of_plain_integers(shape):
    network = quantize(convolutional(5, **shape), 6).network
    network = network.replace(
        populations=[
            replace(p, neuron=IF(1.0)) if p.name == "map" else p for p in network.populations
        ]
    )
    assert_equal_to_naive(
        network, SpikeDataset(spikes(network, 5, n_samples=2, n_steps=8, rate=0.5))
    )


def test_inputs_of_several_spikes_bring_their_weight_as_often():
    network = two_layers(4)
    counts = np.random.default_rng(4).integers(0, 9, (2, 15, 5)).astype(np.uint8)
    assert_equal_to_naive(network, SpikeDataset(counts))


def one_neuron(model, weight=1, scale=1.0, dt_s=1e-3, n_source=1, **options):
    weights = np.full((n_source, 1), weight, np.int8)
    return Network(
        [Population("in", (n_source,), Input()), Population("out", (1,), model)],
        [Projection("in", "out", weights, scale=np.float32(scale), weight_bits=8, **options)],
        dt_s=dt_s,
    )


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), ratios=st.tuples(*[st.floats(0.1, 20)] * 2))
def test_sums_of_what_excites_and_of_what_inhibits_are_those_of_single_synapses(seed, ratios):
    random = np.random.default_rng(seed)
    weights = random.integers(-9, 10, (2, 4, 3)).astype(np.int8)
    held = [
        Held(Projection("in", "out", w, scale=np.float32(1.0), weight_bits=5), np.full(3, r), 5, 0)
        for w, r in zip(weights, ratios, strict=True)
    ]
    above, below = np.zeros(3), np.zeros(3)
    for weight, ratio in zip(weights, ratios, strict=True):
        for source, target in np.ndindex(weight.shape):
            value = ratio * weight[source, target]
            (above if value > 0 else below)[target] += abs(value)
    assert _sums(held, 3) == pytest.approx(np.array([above, below]))


@pytest.mark.parametrize("most", [1, 10**6, DELIVERED // 255, DELIVERED // 255 + 1, 10**8, 2**31])
def test_a_channel_may_send_as_many_spikes_as_leave_a_sum_of_32_bits(most):
    allowed = sum(n * most <= DELIVERED for n in range(1, 256))
    assert _most_input(most) == (None if allowed == 255 else allowed)


def test_a_potential_that_falls_out_of_its_range_is_held_and_counted():
    network = one_neuron(IF(1.0), -127, n_source=40)
    dataset = SpikeDataset(np.ones((1, 40, 40), bool))
    overflows = assert_equal_to_naive(network, dataset)
    assert overflows["out"] > 0
    warnings = simulate(network, dataset, arithmetic="loihi").warnings
    assert any("left the range of its integers" in warning for warning in warnings)


def test_a_current_that_no_weights_could_keep_in_range_wraps_and_is_counted():
    network = one_neuron(
        CubaLIF(1.0, 1.0), 127, n_source=200
    )  # a current a thousand times its step's sum
    overflows = assert_equal_to_naive(network, SpikeDataset(np.ones((1, 30, 200), bool)))
    assert overflows["out"] > 0


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), recurrent=st.booleans(), sparse=st.booleans())
def test_neurons_without_leak_fire_when_the_real_network_does(seed, recurrent, sparse):
    # potentials are whole numbers of the weights' steps in both, and no threshold is one of those
    network = two_layers(seed, "IF", "IF", recurrent=False, sparse=sparse)
    first = network.projections[0]
    loops = (
        [
            Projection(
                "hidden",
                "hidden",
                np.random.default_rng(seed).integers(-9, 9, (7, 7)).astype(np.int8),
                delay_steps=1,
                scale=first.scale,
                weight_bits=8,
            )
        ]
        if recurrent
        else []
    )
    steps = np.random.default_rng(seed).integers(20, 900, 7) + 0.4
    hidden = IF(steps * float(first.scale))
    network = network.replace(
        populations=[
            network["input"],
            Population("hidden", (7,), hidden),
            Population("output", (3,), IF(1.0)),
        ],
        projections=[first, *loops, Projection("hidden", "output", np.eye(7, 3))],
    )
    network = quantize(network, 8).network
    dataset = SpikeDataset(spikes(network, seed, n_samples=2, n_steps=40, rate=0.6))
    ours, real = (simulate(network, dataset, arithmetic=name) for name in ("loihi", "float32"))
    assert not ours.overflows
    assert (ours.spike_counts["hidden"] == real.spike_counts["hidden"]).all()
    assert (ours.output_spikes == real.output_spikes).all()


@pytest.mark.parametrize(("strict", "n_spikes"), [(False, 10), (True, 10 + 1)])
def test_a_threshold_on_a_step_is_reached_by_the_spike_that_reaches_it(strict, n_spikes):
    # 0.7 is no float32: ten times it is the threshold but for rounding
    network = one_neuron(IF(7.0, strict_threshold=strict), scale=0.7)
    record = simulate(network, SpikeDataset(np.ones((1, 30, 1), bool)), arithmetic="loihi")
    assert np.flatnonzero(record.output_spikes[0, :, 0])[0] + 1 == n_spikes


@pytest.mark.parametrize(
    "model",
    [
        LI(0.02, r=3.0, bias=0.2),
        CubaLI(0.005, 0.02, r=3.0, w_in=2.0, bias=-0.2),
        Integrator(0.5, bias=0.01),
        LI(1e-3, r=2.0),
        CubaLI(1e-3, 0.1, bias=0.3),
    ],
)
def test_a_potential_follows_the_real_one_from_the_first_step_on(model):
    network = one_neuron(model, 100, scale=0.013)
    dataset = SpikeDataset(np.random.default_rng(1).random((3, 80, 1)) < 0.3)
    ours, real = (
        simulate(network, dataset, arithmetic=name, decode="potential").output_potential
        for name in ("loihi", "float32")
    )
    assert np.abs(ours - real).max() < 2e-3 * np.abs(real).max()


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["LIF", "CubaLIF"]),
    bits=st.sampled_from([4, 8]),
)
def test_currents_keep_to_their_range_even_if_every_source_fires_all_the_time(seed, kind, bits):
    network = two_layers(seed, kind, "LIF", bits)
    for name, made in prepared(network).items():
        above = sum(
            np.bincount(s.target, np.maximum(s.weight, 0), network[name].n_neurons) * int(factor[0])
            for e, factor in zip(made.projections, made.scales, strict=True)
            for s in e.blocks()
        )
        du = np.array([each.du for each in chip_neurons(made.neurons)])
        assert (above < 2**21 * 1.1).all()  # weights that are rounded again may add a little
        assert (above / ((du + 1) / 4096) < 2**23 * 1.1).all()


def test_a_threshold_of_few_weights_is_made_no_finer_than_the_current_has_room_for():
    network = one_neuron(
        LIF(0.01, 0.2), 127, n_source=60
    )  # two steps of weight; 2**12 of each would make 128 of 64
    assert prepared(network)["out"].scales[0] == 2**8  # 60 * 127 * 2**9 leaves 21 bits
    record = simulate(network, SpikeDataset(np.ones((1, 20, 60), bool)), arithmetic="loihi")
    assert not record.overflows and record.spike_counts["out"] == 20


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), bits=st.sampled_from([2, 4, 8]), per_target=st.booleans())
def test_every_integer_is_one_that_the_chip_can_hold(seed, bits, per_target):
    network = two_layers(seed, bits=bits, per_target=per_target)
    for made in prepared(network).values():
        for neuron in chip_neurons(made.neurons):
            assert 0 <= neuron.du <= 4095 and 0 <= neuron.dv <= 4095 and 128 <= neuron.vth <= 131071
            mantissas = [neuron.bias / 2**e for e in range(8) if neuron.bias % 2**e == 0]
            assert any(abs(m) <= 4095 for m in mantissas)
        for e, factor in zip(made.projections, made.scales, strict=True):
            exponent = np.log2(factor[0]) - 6 - (9 - bits)
            assert exponent == int(exponent) and -7 <= exponent <= 7
            assert np.abs(e.values.astype(int)).max(initial=0) <= 2 ** (bits - 1) - 1


def test_the_largest_weights_stay_and_others_are_rounded_to_a_power_of_two_of_their_step():
    large, small = np.array([[100], [-60]], np.int8), np.array([[127], [-3]], np.int8)
    network = Network(
        [
            Population("a", (2,), Input()),
            Population("b", (2,), Input()),
            Population("out", (1,), LIF(0.01, 50.0)),
        ],
        [Projection("a", "out", large, scale=1.0), Projection("b", "out", small, scale=0.3)],
    )
    made = prepared(network)["out"]
    assert made.projections[0] is network.projections[0]
    # 0.3 * 127 = 38.1 in steps of 1; a quarter of that step would be 152, more than 8 bits; in
    # steps of a half 76.2
    assert made.projections[1].values.tolist() == [76, -2]
    assert made.scales[0] / made.scales[1] == 2
    assert len(made.notes) == 1 and "'b' -> 'out'" in made.notes[0]


def test_a_convolution_beside_scales_that_differ_from_place_to_place_is_refused():
    network = quantize(convolutional(5), 8).network
    n_targets = network["map"].n_neurons
    beside = Projection(
        "input", "map", np.full((60, n_targets), 127, np.int8), scale=np.linspace(5, 9, n_targets)
    )
    network = network.replace(
        populations=[
            replace(p, neuron=IF(1.0)) if p.name == "map" else p for p in network.populations
        ],
        projections=[*network.projections, beside],
    )
    with pytest.raises(NetworkProblem, match="shares its weights among all places"):
        prepared(network)


def test_a_projection_with_a_single_weight_of_minus_one_is_held_too():
    network = one_neuron(IF(1.0), -1)
    beside = Projection("in", "out", np.array([[-1]], np.int8), scale=0.3)
    network = network.replace(
        projections=[replace(network.projections[0], weight_bits=None), beside]
    )
    assert_equal_to_naive(network, SpikeDataset(np.ones((1, 5, 1), bool)))


def test_what_rounding_changes_is_said():
    slow = prepared(one_neuron(LIF(10.0)))["out"].notes  # dt / tau of 0.0001 is 0.41 of 4096 parts
    assert any("becomes 0 of 4096 parts" in note for note in slow)
    instant = prepared(one_neuron(LIF(1e-3)))[
        "out"
    ].notes  # all of it, which is 1 of 4096 parts too much for a potential
    assert instant == ()


REFUSED = {
    "holds ALIF neurons": ALIF(0.01, 0.1, 0.2),
    "resets by subtraction": LIF(0.01, reset="subtract"),
    "does not reset": LIF(0.01, reset="none"),
    "fire 3 times a step": LIF(0.01, max_spikes_per_step=3),
    "resets a step late": LIF(0.01, delayed_reset=True),
    "any number of times": IF(1.0, max_spikes_per_step=None),
    "may fire 3 times": IF(1.0, max_spikes_per_step=3),
    "v_leak other than 0": LIF(0.01, v_leak=0.1),
    "v_reset other than 0": IF(1.0, v_reset=-0.1),
    "gain .* of -1": IF(1.0, r=-1.0),
    "v_threshold of 0": IF(0.0),
    "2 times tau_mem": LIF(5e-4),
    "1.25 times tau_syn": CubaLIF(8e-4, 0.01),
    "its threshold is": LIF(30.0, 100.0, r=0.1),
    "its bias is": LIF(0.1, bias=1e9),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_the_chip_cannot_hold_is_refused_with_the_population_and_a_remedy(words):
    network = one_neuron(REFUSED[words], weight=100, scale=0.01)
    with pytest.raises(NetworkProblem, match=f"'out'.*{words}"):
        simulate(network, SpikeDataset(np.ones((1, 2, 1), bool)), arithmetic="loihi")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight": np.ones((1, 1)), "scale": None}, "Quantize first"),
        ({"weight": np.array([[200]])}, "8 bits"),
        ({"scale": -1.0}, "scale of -1"),
    ],
)
def test_weights_the_chip_cannot_hold_are_refused(changes, words):
    network = one_neuron(IF(1.0))
    network = network.replace(
        projections=[replace(network.projections[0], weight_bits=None, **changes)]
    )
    with pytest.raises(NetworkProblem, match=words):
        simulate(network, SpikeDataset(np.ones((1, 2, 1), bool)), arithmetic="loihi")


def test_a_population_that_only_its_bias_drives_fires_when_the_real_one_does():
    network = Network(
        [
            Population("in", (1,), Input()),
            Population("pacemaker", (3,), IF(np.array([1.0, 2.0, 0.05]), bias=0.013)),
            Population("out", (1,), IF(1.0)),
        ],
        [Projection("in", "out", np.ones((1, 1))), Projection("pacemaker", "out", np.ones((3, 1)))],
    )
    network, dataset = quantize(network, 8).network, SpikeDataset(np.zeros((1, 400, 1), bool))
    ours, real = (simulate(network, dataset, arithmetic=name) for name in ("loihi", "float32"))
    assert (ours.spike_counts["pacemaker"] == real.spike_counts["pacemaker"]).all()
    assert ours.spike_counts["pacemaker"].min() == 2


def test_the_digits_are_told_apart_as_well_as_in_float32():
    network, dataset = quantize(load_network("digits"), 8).network, load_dataset("digits")
    ours, real = (simulate(network, dataset, arithmetic=name) for name in ("loihi", "float32"))
    assert not ours.overflows and ours.accuracy == real.accuracy
    assert (ours.output_spikes == real.output_spikes).all()


def recorded(path):
    """A file of ``tools/record_lava.py``: its arrays, its populations as the chip is given them,
    its spikes.
    """
    given = np.load(path)
    layers = {
        name: (
            given[f"{name}_du"],
            given[f"{name}_dv"],
            given[f"{name}_vth"],
            given[f"{name}_bias_mant"],
            given[f"{name}_bias_exp"],
        )
        for name in ("hidden", "output")
    }
    n_steps = int(given["n_steps"])
    n_inputs = given["input_weight"].shape[0]
    drive = (
        np.unpackbits(given["spikes"])[: n_steps * n_inputs].reshape(n_steps, n_inputs).astype(bool)
    )
    fired = {
        name: np.unpackbits(given[f"{name}_s"])[: n_steps * layer[3].size]
        .reshape(n_steps, -1)
        .astype(bool)
        for name, layer in layers.items()
    }
    return given, layers, drive, fired


def arriving(given, name, fired):
    """What comes in over one connection: Lava shifts the sum down before it shifts it up by 6."""
    sums, exponent = (
        fired.astype(np.int64) @ given[f"{name}_weight"].astype(np.int64),
        int(given[f"{name}_exponent"]),
    )
    return (sums << exponent if exponent > 0 else sums >> -exponent) << 6


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_spikes_currents_and_potentials_are_those_of_lava(path):
    given, layers, drive, fired = recorded(path)
    n_steps = len(drive)
    for name, (du, dv, vth, mantissa, exponent) in layers.items():
        whole = [np.full(mantissa.size, int(value)) for value in (du, dv, vth)]
        bias = mantissa.astype(np.int64), np.full(mantissa.size, int(exponent))
        neurons = loihi_neurons(
            *whole, *bias, unit=np.ones(mantissa.size), u_start=np.zeros(mantissa.size, int)
        )
        before = np.zeros((n_steps, mantissa.size), np.int64)  # every connection takes one step
        sources = {
            "hidden": {"input": drive, "loop": fired["hidden"]},
            "output": {"output": fired["hidden"]},
        }[name]
        for connection, spikes_ in sources.items():
            before[1:] += arriving(given, connection, spikes_)[:-1]
        assert np.abs(before).max() < 2**31
        trace = {"u": [], "v": []}

        def watch(memory, trace=trace):
            trace["u"].append(memory.i[0].copy())
            trace["v"].append(memory.v[0].copy())

        ours, _, _ = run_neurons(
            neurons, before[None].astype(np.int32), windows=n_steps, watch=watch
        )
        assert (ours[0] != fired[name]).sum() == 0
        every = tuple(given["every"])
        for key in ("u", "v") if int(du) < 4095 else ("v",):  # a current of one step is not kept
            assert_same_trace(np.array(trace[key], "<i4"), given, f"{name}_{key}", every)


def assert_same_trace(trace, given, name, every):
    """Some numbers of a trace, (n_steps, n_neurons), one by one, and all of them by their
    checksum.
    """
    assert (trace[:: every[0], :: every[1]] == given[name]).all()
    assert zlib.crc32(np.ascontiguousarray(trace).tobytes()) == int(given[f"{name}_crc32"])


def test_the_record_of_lava_is_long_enough():
    n_neuron_steps = 0
    for path in RECORDED:
        given, _, _, fired = recorded(path)
        assert str(given["lava"]) == "0.10.0" and "record_lava.py" in str(given["command"])
        n_neuron_steps += sum(each.size for each in fired.values())
        assert all(0.01 < each.mean() < 0.5 for each in fired.values())
    assert n_neuron_steps >= 10**6


def test_a_real_network_in_loihis_integers_is_the_network_that_lava_ran():
    given, layers, drive, fired = recorded(
        RECORDED[[path.stem for path in RECORDED].index("in_range")]
    )
    populations, projections = [Population("input", (drive.shape[1],), Input())], []
    for name, (du, dv, vth, mantissa, _) in layers.items():
        a_syn, a_mem = (int(du) + 1) / 4096, int(dv) / 4096
        model = CubaLIF(
            1e-3 / a_syn, 1e-3 / a_mem, 64 * (int(vth) + 0.5), r=1 / a_mem, w_in=1 / a_syn
        )
        populations.append(Population(name, (mantissa.size,), model))
    for name, ends in {
        "input": ("input", "hidden"),
        "loop": ("hidden",) * 2,
        "output": ("hidden", "output"),
    }.items():
        weight = (given[f"{name}_weight"] >> 1).astype(np.int8)
        scale = 2.0 ** (7 + int(given[f"{name}_exponent"]))
        projections.append(Projection(*ends, weight, delay_steps=1, scale=scale, weight_bits=8))
    network = Network(populations, projections, dt_s=1e-3)
    for name, made in prepared(network).items():
        du, dv, vth, *_ = (int(value) for value in layers[name][:3])
        assert {(each.du, each.dv, each.vth, each.bias) for each in chip_neurons(made.neurons)} == {
            (du, dv, vth, 0)
        }
        assert [int(factor[0]) for factor in made.scales] == [
            e.scale for e in projections if e.target == name
        ]
    record = simulate(
        network, SpikeDataset(drive[None]), arithmetic="loihi", record="events", decode="potential"
    )
    assert (record.output_spikes[0] != fired["output"]).sum() == 0
    raster = np.zeros((len(drive), network.n_channels + network.n_neurons), bool)
    raster[np.repeat(np.arange(len(drive)), np.diff(record.events.ptr)), record.events.neuron] = (
        True
    )
    assert (raster != np.concatenate([drive, fired["hidden"], fired["output"]], axis=1)).sum() == 0
    after = np.where(fired["output"], 0, record.output_potential[0]).astype("<i4")
    assert_same_trace(after, given, "output_v", tuple(given["every"]))
