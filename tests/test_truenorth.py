"""TrueNorth's arithmetic: against a naive run of the paper's equations, and what a network's
parameters mean.
"""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import quantize
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.kernels.axon_types import choose_types
from spikefit_nb.mapping import map_by_hand, most_weights, weight_kinds
from spikefit_nb.mapping.axon_types import axon_types
from spikefit_nb.network import IF, LIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.chip_runs import look_at
from tests.naive import truenorth as naive

TRUENORTH = load_profile("truenorth")


def layer(weight, threshold=1.0, scale=1.0, **options):
    """input -> output with the weight (source, target) given."""
    n_input, n_output = weight.shape
    return Network(
        [
            Population("input", (n_input,), Input()),
            Population("output", (n_output,), IF(threshold, **options)),
        ],
        [Projection("input", "output", weight, scale=scale if weight.dtype.kind in "iu" else None)],
    )


def four_kinds(random, n_input, n_output):
    """Weights of which each target has four: its own for each type of axon; 255 among them."""
    kinds = random.integers(-255, 256, (4, n_output))
    kinds[0] = 255
    weight = kinds[random.integers(0, 4, n_input)]
    weight[0, 0] = 255
    return weight.astype(np.int16)


@settings(max_examples=80)
@given(
    seed=st.integers(0, 10**6),
    gamma=st.sampled_from([0, 1, 2]),
    kappa=st.booleans(),
    floor=st.sampled_from([0, 300, 2**18 - 1]),
    high=st.sampled_from([400, 2**18]),
    leaks=st.booleans(),
)
def test_every_neuron_does_what_the_papers_equations_say(seed, gamma, kappa, floor, high, leaks):
    random = np.random.default_rng(seed)
    n = 6
    weight = four_kinds(random, 12, n)
    alpha, beta = random.integers(1, high, n), np.minimum(random.integers(0, floor + 1, n), floor)
    leak = random.integers(-256, 256, n) * leaks
    value = random.integers(-beta, 200)
    counts = random.integers(0, random.choice([2, 256]), (60, 12)).astype(np.uint8)
    counts[random.random(60) < 0.3] = 0  # ticks without any input
    currents = (counts.astype(int) @ weight.astype(int)).tolist()
    fired, before, _ = naive.run(
        currents, *(each.tolist() for each in (alpha, beta, leak, value)), gamma, kappa
    )

    def configure(neurons):
        integers = dict(
            zip(("threshold", "floor", "bias", "value"), (alpha, beta, leak, value), strict=True)
        )
        values = neurons.values._replace(
            **{name: each.astype(np.int32) for name, each in integers.items()},
            reset=gamma,
            stays_at_floor=kappa,
            may_rest=kappa and not leaks,
            unit=np.ones(n, np.float32),
        )
        return neurons._replace(values=values)

    dataset = SpikeDataset(counts[None])
    spikes, potential, _ = look_at(layer(weight), dataset, "truenorth", "output", configure)
    assert spikes[0].tolist() == fired
    assert potential[0].tolist() == before


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    reset=st.sampled_from(["zero", "subtract"]),
    v_reset=st.integers(-50, 50),
)
def test_a_network_of_whole_numbers_becomes_those_numbers(seed, reset, v_reset):
    random = np.random.default_rng(seed)
    weight = four_kinds(random, 10, 5)
    threshold, bias = random.integers(60, 3000, 5), random.integers(-256, 256, 5)
    counts = random.integers(0, 3, (80, 10)).astype(np.uint8)
    value = np.full(5, v_reset if reset == "zero" else 0)
    currents = (counts.astype(int) @ weight.astype(int)).tolist()
    fired, before, _ = naive.run(
        currents,
        threshold.tolist(),
        [2**18 - 1] * 5,
        bias.tolist(),
        value.tolist(),
        int(reset == "subtract"),
        1,
    )
    network = layer(
        weight, 0.5 * threshold, 0.5, bias=0.5 * bias, v_reset=0.5 * v_reset, reset=reset
    )
    dataset = SpikeDataset(counts[None])
    spikes, potential, _ = look_at(network, dataset, "truenorth", "output")
    assert spikes[0].tolist() == fired and (2 * potential[0]).tolist() == before
    assert (
        simulate(network, dataset, arithmetic="truenorth", record="events").output_spikes[0]
        == fired
    ).all()


def test_a_reset_to_a_value_fires_where_the_real_network_does_for_any_threshold():
    random = np.random.default_rng(0)
    network = quantize(layer(random.normal(0.05, 0.1, (20, 8)), 0.37), 2).network
    dataset = SpikeDataset(random.random((4, 200, 20)) < 0.2)
    real, chip = (simulate(network, dataset, arithmetic=each) for each in ("float32", "truenorth"))
    assert (real.output_spikes == chip.output_spikes).all() and real.output_spikes.sum() > 100


def test_a_bias_is_a_leak_with_a_sign():
    network = layer(np.array([[255, 255]], np.int16), 510.0, bias=np.array([51.0, -51.0]))
    record = simulate(network, SpikeDataset(np.ones((1, 30, 1), bool)), arithmetic="truenorth")
    # 306 a tick reaches 510 in two, 204 in three; both are reset to zero
    assert record.spike_counts["output"].tolist() == [[15, 10]]


@pytest.mark.parametrize("leak", [-256, 255])
def test_a_leak_of_nine_bits_has_room_and_one_more_has_none(leak):
    dataset = SpikeDataset(np.ones((1, 3, 1), bool))

    def run(bias):
        network = layer(np.array([[255]], np.int16), 510.0, bias=np.array([float(bias)]))
        return simulate(network, dataset, arithmetic="truenorth")

    assert run(leak).arithmetic == "truenorth"
    with pytest.raises(NetworkProblem, match=r"needs a leak .*goes from -256 to 255"):
        run(leak + np.sign(leak))


def test_the_floor_and_the_ends_of_twenty_bits_are_counted():
    network = layer(np.array([[-255, 255]], np.int16), 1.0 * (2**18 - 1), reset="subtract")
    record = simulate(
        network, SpikeDataset(np.full((1, 40, 1), 255, np.uint8)), arithmetic="truenorth"
    )
    # 65,025 a tick: minus 262,143 is passed in the 5th and in each after it; the other stays below
    # 20 bits
    assert record.overflows == {"output": 36}
    assert record.spike_counts["output"].tolist() == [[0, 65025 * 40 // (2**18 - 1)]]


def test_more_than_four_distinct_weights_are_refused_with_their_number():
    weight = np.array([[1, 1], [2, 2], [3, 3], [4, 4], [4, 5]], np.int8)
    with pytest.raises(
        NetworkProblem, match=r"up to 5 distinct weights \(neuron 1; 1 of 2 have more than 4\)"
    ) as told:
        simulate(layer(weight), SpikeDataset(np.ones((1, 5, 5), bool)), arithmetic="truenorth")
    assert "Quantize to 2 bits" in str(told.value)


def test_distinct_weights_are_counted_over_all_projections_into_a_neuron():
    one, other = np.array([[1], [2], [255]], np.int16), np.array([[5], [6]], np.int16)
    populations = [
        Population("a", (3,), Input()),
        Population("b", (2,), Input()),
        Population("out", (1,), IF(9.0)),
    ]
    network = Network(
        populations,
        [Projection("a", "out", one, scale=1.0), Projection("b", "out", other, scale=1.0)],
    )
    with pytest.raises(NetworkProblem, match="up to 5 distinct weights"):
        simulate(network, SpikeDataset(np.ones((1, 5, 5), bool)), arithmetic="truenorth")


def test_projections_of_different_scale_share_the_coarser_one():
    populations = [
        Population("a", (1,), Input()),
        Population("b", (1,), Input()),
        Population("out", (1,), IF(100.0)),
    ]
    weight = np.array([[100]], np.int16)
    network = Network(
        populations,
        [Projection("a", "out", weight, scale=1.0), Projection("b", "out", weight, scale=0.3)],
    )
    only_b = np.zeros((1, 40, 2), bool)
    only_b[:, :, 1] = True
    record = simulate(network, SpikeDataset(only_b), arithmetic="truenorth")
    assert record.spike_counts["out"] == 10  # 30 a tick, four ticks to 100
    assert any("the largest was 100 and is 30" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (LIF(0.02), "holds LIF neurons"),
        (IF(1.0, max_spikes_per_step=None), "several times a step"),
        (IF(1.0, bias=1.1), "a leak (its bias) of 280"),
        (IF(1.0, v_reset=-2000.0), "a reset value of -510000"),
        (IF(1.0, reset="subtract", strict_threshold=True), "strict_threshold"),
        (IF(1.0, delayed_reset=True), "delayed_reset"),
        (IF(1.0, reset="none"), "does not reset"),
        (IF(-1.0), "threshold of -1"),
    ],
)
def test_what_truenorth_has_not_is_refused_by_name(neuron, words):
    network = layer(np.ones((2, 2), np.int8))
    network = network.replace(populations=[network["input"], Population("output", (2,), neuron)])
    with pytest.raises(NetworkProblem, match="'output'") as told:
        simulate(network, SpikeDataset(np.ones((1, 5, 2), bool)), arithmetic="truenorth")
    assert words in str(told.value)


def test_floats_and_weights_of_more_than_nine_bits_are_refused():
    dataset = SpikeDataset(np.ones((1, 5, 2), bool))
    with pytest.raises(NetworkProblem, match="Quantize the network first"):
        simulate(layer(np.ones((2, 2))), dataset, arithmetic="truenorth")
    with pytest.raises(NetworkProblem, match="go to 255"):
        simulate(layer(np.full((2, 2), 256, np.int16)), dataset, arithmetic="truenorth")


# Weights of each neuron's own: four of them, one for each type of axon


def naive_types(weight):
    """Different shares of the largest weight of a column, counted one by one."""
    columns = [[w / max(map(abs, column)) for w in column] for column in weight.T.tolist()]
    return len({round(share, 9) for column in columns for share in column if share})


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), n_kinds=st.integers(1, 6), scaled=st.booleans())
def test_neurons_with_magnitudes_of_their_own_take_one_type_for_each_share(seed, n_kinds, scaled):
    random = np.random.default_rng(seed)
    shares = random.choice([-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5], n_kinds, replace=False)
    own = random.permutation(np.arange(1, 41))[:8]
    kind = np.concatenate([np.arange(n_kinds), random.integers(0, n_kinds, 12 - n_kinds)])
    weight = (shares[kind][:, None] * own).astype(np.int16)
    scale = random.uniform(0.5, 2, 8).astype(np.float32) if scaled else np.float32(0.01)
    network = layer(weight, threshold=0.7, scale=scale)
    report = check_fit(network, TRUENORTH)
    (need,) = (need for need in report.needs if need.figure == "axon_types")
    assert report.fits is need.met is (n_kinds <= 4)
    assert need.need == min(len(np.unique(weight)), naive_types(weight)) == n_kinds
    if need.met:
        # a source has one share of all its targets: one axon
        assert report.mapping.needs.axons_in.tolist() == [12]
    inputs = SpikeDataset(random.random((3, 20, 12)) < 0.3)
    if need.met:
        assert simulate(network, inputs, arithmetic="truenorth").n_samples == 3


def test_a_source_of_two_shares_takes_an_axon_for_each_but_where_types_can_be_chosen():
    weight = np.array([[10, 30], [5, 30], [10, -30], [-10, 15]], np.int16)
    report = check_fit(layer(weight), TRUENORTH)  # 1, 1/2, -1 in each: 5, -10, 10, 15, 30, -30
    (need,) = (need for need in report.needs if need.figure == "axon_types")
    assert report.fits and need.need == 3
    # By shares (1, 1), (1/2, 1), (1, -1), (-1, 1/2) take 7. Let 10 and -30 be of one type, 5 and 30
    # of another, -10 and 15 of a third: only the first source needs two.
    assert report.mapping.needs.axons_in.tolist() == [5]


@pytest.mark.parametrize(("factor", "n_types"), [(1, 2), (2, 4), (0.5, 4)])
def test_two_projections_share_the_types_of_a_population(factor, n_types):
    own = np.array([3.0, 7.0, 11.0, 13.0, 17.0])
    first, second = np.outer([1, 1, -1], own), np.outer([factor, -factor], own)
    network = Network(
        [
            Population("a", (3,), Input()),
            Population("b", (2,), Input()),
            Population("out", (5,), IF(1.0)),
        ],
        [Projection("a", "out", first), Projection("b", "out", second)],
    )
    assert most_weights(network.projections) == n_types
    assert naive_types(np.concatenate([first, second])) == n_types
    (need,) = (n for n in check_fit(network, TRUENORTH).needs if n.figure == "axon_types")
    assert need.need == n_types and need.where == "a + b -> out"


def test_each_neuron_may_have_four_weights_of_its_own():
    """More weights and shares in all, but four in each: check_fit and the arithmetic agree."""
    weight = np.array([[1, 10, 7], [2, -3, 5], [-5, 4, 0], [9, 0, -6], [1, -3, 7]], np.int16)
    assert len(weight_kinds(layer(weight).projections)) > 4 and naive_types(weight) > 4
    report = check_fit(layer(weight), TRUENORTH)
    (need,) = (need for need in report.needs if need.figure == "axon_types")
    assert report.fits and need.need == most_weights(layer(weight).projections) == 4
    inputs = SpikeDataset(np.ones((1, 5, 5), bool))
    assert simulate(layer(weight), inputs, arithmetic="truenorth").n_samples == 1


def own_weights(random, n_sources, n, n_kinds):
    """Whole weights, of each neuron so many different ones of its own, some missing."""
    kinds = random.permuted(np.tile(np.arange(1, 30), (n, 1)), axis=1)[:, :n_kinds]
    kinds *= random.choice([-1, 1], (n, n_kinds))
    drawn = np.take_along_axis(kinds, random.integers(0, n_kinds, (n, n_sources)), axis=1)
    return (drawn * (random.random((n, n_sources)) < 0.8)).T.astype(np.int16)


def two_listeners(seed, n_sources=6, sizes=(4, 3), n_kinds=4):
    """Two populations that listen to the same input."""
    random, scale = np.random.default_rng(seed), 0.01
    names = "a", "b"
    populations = [Population(name, (n,), IF(1.0)) for name, n in zip(names, sizes, strict=True)]
    onto = [own_weights(random, n_sources, n, n_kinds) for n in sizes]
    return Network(
        [Population("in", (n_sources,), Input()), *populations],
        [Projection("in", name, of, scale=scale) for name, of in zip(names, onto, strict=True)],
        output="b",
    )


def types_in(network):
    """(source, type) of every axon of one core, once every synapse is found to have its weight."""
    axons, tables = set(), axon_types(network, TRUENORTH)
    for e, table in tables.items():
        finite = [row[np.isfinite(row)] for row in table]
        assert all(np.unique(row).size == row.size for row in finite)  # a type for each weight
        for source, target in zip(*np.nonzero(e.weight.toarray()), strict=True):
            apart = np.abs(table[target] - e.weight.toarray()[source, target])
            assert apart.min() < 1e-9
            axons.add((int(source), int(apart.argmin())))
    return axons


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n_kinds=st.integers(1, 4))
def test_axons_of_four_types_bring_every_neuron_its_own_weights(seed, n_kinds):
    network = two_listeners(seed, n_kinds=n_kinds)
    axons = types_in(network)
    together = {p.name: np.zeros(p.n_neurons, int) for p in network.neuron_populations}
    mapping = map_by_hand(network, TRUENORTH, together)
    assert mapping.needs.axons_in.tolist() == [len(axons)]
    assert mapping.fan_synapses.sum() == network.n_synapses


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_two_neurons_take_the_fewest_axons_that_all_choices_allow(seed):
    """Every way to give two neurons' weights to four types, tried one by one."""
    network = two_listeners(seed, n_sources=5, sizes=(1, 1), n_kinds=3)
    columns = [e.weight.toarray()[:, 0].tolist() for e in network.projections]
    kinds = [sorted(set(column) - {0}) for column in columns]
    ways = [list(permutations(range(4), len(of))) for of in kinds]
    fewest = min(
        len(
            {
                (source, way[of.index(w)])
                for way, of, column in zip(chosen, kinds, columns, strict=True)
                for source, w in enumerate(column)
                if w
            }
        )
        for chosen in product(*ways)
    )
    assert len(types_in(network)) == fewest  # of two neurons the second choice is the best there is


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_types_are_chosen_neuron_by_neuron_as_the_naive_way_does(seed):
    random = np.random.default_rng(seed)
    n_kinds, n_sources = random.integers(1, 4, 6), 7
    fan_in = random.integers(1, 6, 6)
    ptr = np.append(0, np.cumsum(fan_in))
    source = random.integers(0, n_sources, ptr[-1])
    kind = np.concatenate([random.integers(0, k, n) for k, n in zip(n_kinds, fan_in, strict=True)])
    orders = np.array(list(permutations(range(3))))
    found, seen = np.zeros((6, 3), np.int64), np.zeros((n_sources, 3), bool)
    choose_types(ptr, source, kind, n_kinds, orders, seen, np.zeros((3, 3), np.int64), found)
    there = set()
    for v in range(6):
        mine = [(int(source[j]), int(kind[j])) for j in range(ptr[v], ptr[v + 1])]
        saved = [sum((s, order[k]) in there for s, k in mine) for order in orders.tolist()]
        order = orders.tolist()[saved.index(max(saved))]
        assert found[v].tolist() == order
        there |= {(s, order[k]) for s, k in mine}
    assert set(zip(*np.nonzero(seen), strict=True)) == there
