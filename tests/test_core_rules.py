"""What cores hold beside neurons and synapses, counted neuron by neuron in plain Python."""

import numpy as np
import pytest
import scipy.sparse as sp

import spikefit_nb as sf
from spikefit_nb.fit.core_rules import RULES
from spikefit_nb.mapping import least_cores, map_network
from tests.networks import two_layers

LOIHI = sf.load_profile("loihi1")


def network_of(thresholds, weight, scale=None):
    """Two inputs into neurons with thresholds of their own."""
    n = len(thresholds)
    return sf.Network(
        [sf.Population("in", (2,), sf.Input()), sf.Population("out", (n,), sf.IF(thresholds))],
        [sf.Projection("in", "out", np.full((2, n), weight), scale=scale)],
    )


def most_different(values, core_of):
    """The most different values on one core."""
    held = {}
    for value, core in zip(values, core_of, strict=True):
        held.setdefault(core, set()).add(value)
    return max(map(len, held.values()))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("per_core", [3, 5, 12])
def test_different_thresholds_are_counted_core_by_core(seed, per_core):
    thresholds = np.random.default_rng(seed).integers(1, 4, 12).astype(float)
    network = network_of(thresholds, 1.0)
    mapping = map_network(network, LOIHI, neurons_per_core=per_core)
    need, _ = RULES["threshold_configurations"][1](network, mapping, 1)
    assert need == most_different(thresholds, mapping.core_of[2:])


def test_a_scale_of_its_own_is_part_of_a_neurons_threshold():
    scale = np.array([1, 2, 4, 8], np.float32)
    alike = network_of(scale.astype(float), np.int8(1), scale)  # all of them one in weights
    mapping = map_network(alike, LOIHI)
    count = RULES["threshold_configurations"][1]
    assert count(alike, mapping, 1)[0] == 1
    assert count(network_of(np.ones(4), np.int8(1), scale), mapping, 1)[0] == 4
    assert count(network_of(np.ones(4), np.int8(1), 0.5), mapping, 1)[0] == 1


@pytest.mark.parametrize(
    ("limit", "more"), [(5, ""), (4, ""), (3, " and 1 more core"), (1, " and 2 more cores")]
)
def test_other_cores_that_are_too_full_are_counted(limit, more):
    sizes = (5, 4, 2)
    populations = [sf.Population(f"p{n}", (n,), sf.IF(1.0)) for n in sizes]
    network = sf.Network(
        [sf.Population("in", (1,), sf.Input()), *populations],
        [sf.Projection("in", p.name, np.ones((1, p.n_neurons))) for p in populations],
        output="p5",
    )
    mapping = map_network(network, LOIHI)
    assert mapping.n_cores == 3
    need, where = RULES["neurons_per_core"][1](network, mapping, limit)
    assert need == 5 and where == f"{mapping.labels[0]}{more}"


@pytest.mark.parametrize("seed", range(3))
def test_axons_of_a_neuron_are_counted_target_by_target(seed):
    network = two_layers(seed, recurrent=True)
    mapping = map_network(network, LOIHI, neurons_per_core=2)
    fed = {}
    for e in network.projections:
        start, to = network.starts[e.source], network.starts[e.target]
        for source, target in np.argwhere(e.weight.toarray() != 0).tolist():
            if mapping.core_of[start + source] >= 0:  # inputs are on no core
                axons = fed.setdefault(start + source, set())
                axons.add((e.source, e.target, mapping.core_of[to + target]))
    need, where = RULES["fan_out_axons"][1](network, mapping, 1)
    most = max(map(len, fed.values()))
    assert need == most
    assert where in {mapping.labels[mapping.core_of[n]] for n, a in fed.items() if len(a) == most}


def one_to_one(shape, kind):
    """As many inputs as neurons, each with a synapse of its own."""
    n = int(np.prod(shape))
    weight = np.eye(n) if kind == "dense" else sf.network.as_weight(sp.eye_array(n).tocsr())
    return sf.Network(
        [sf.Population("in", shape, sf.Input()), sf.Population("out", shape, sf.IF(1.0))],
        [sf.Projection("in", "out", weight)],
    )


@pytest.mark.parametrize(
    ("shape", "kind", "is_rounded", "cores"),
    [
        ((40,), "sparse", True, 4),  # of ten axons each
        ((40,), "dense", True, 4),
        ((40,), "sparse", False, 4),
        ((40,), "dense", False, 1),  # rounding may take its synapses away
        ((1, 5, 8), "sparse", True, 1),  # which may be cut by its shape
        ((5, 8), "sparse", True, 4),
    ],
)
def test_axons_of_one_to_one_connections_take_a_core_for_each_ten(shape, kind, is_rounded, cores):
    chip = LOIHI.replace(axons_in_per_core=10)
    assert least_cores(one_to_one(shape, kind), chip, is_rounded=is_rounded) == cores


def test_where_synapses_lie_in_a_crossbar_they_take_no_cores_of_their_own():
    network = two_layers(1)
    assert least_cores(network, sf.load_profile("truenorth")) == len(network.neuron_populations)
