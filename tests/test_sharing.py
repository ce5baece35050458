"""Layers that share cores: fewer cores, nothing lost, nothing counted twice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.adapt import adapt
from spikefit_nb.mapping import PER_CORE, map_network
from tests.networks import spikes, two_layers

LOIHI, TRUENORTH = sf.load_profile("loihi1"), sf.load_profile("truenorth")
CHIPS = {
    "roomy": LOIHI,
    "few neurons": LOIHI.replace(neurons_per_core=8),
    "few axons in": LOIHI.replace(axons_in_per_core=9),
    "few axons out": LOIHI.replace(axons_out_per_core=9),
    "little memory": LOIHI.replace(synapse_memory_per_core=64 * 12),
    "plain memory": sf.load_profile("loihi2").replace(synapse_memory_per_core=300),
}
drawn = {
    "seed": st.integers(0, 10**6),
    "recurrent": st.booleans(),
    "sparse": st.booleans(),
    "chip": st.sampled_from(sorted(CHIPS)),
    "neurons_per_core": st.sampled_from([None, 3, 9]),
}


def both(seed, recurrent, sparse, chip, neurons_per_core):
    """The same network apart and with shared cores."""
    network = adapt(
        two_layers(seed, recurrent=recurrent, sparse=sparse), CHIPS[chip], sf.Design()
    ).network
    return network, *(
        map_network(network, CHIPS[chip], neurons_per_core=neurons_per_core, share_cores=share)
        for share in (False, True)
    )


def naive_axons(network, core_of):
    """(source neuron, core) to synapses there, one synapse at a time."""
    found = {}
    for e in network.projections:
        matrix = e.weight.toarray()
        for source, target in zip(*np.nonzero(matrix), strict=True):
            key = (source + network.starts[e.source], core_of[target + network.starts[e.target]])
            found[key] = found.get(key, 0) + 1
    return found


@settings(max_examples=60)
@given(**drawn)
def test_every_neuron_is_placed_once_on_no_more_cores_than_apart(
    seed, recurrent, sparse, chip, neurons_per_core
):
    network, apart, shared = both(seed, recurrent, sparse, chip, neurons_per_core)
    placed = shared.core_of[network.n_channels :]
    assert (shared.core_of[: network.n_channels] == -1).all() and placed.min() == 0
    assert (
        np.bincount(placed) == shared.needs.neurons
    ).all() and shared.needs.neurons.sum() == network.n_neurons
    assert shared.n_cores <= apart.n_cores and shared.needs.neurons.max() <= (
        neurons_per_core or network.n_neurons
    )


@settings(max_examples=60)
@given(**drawn)
def test_no_core_is_brought_over_a_limit(seed, recurrent, sparse, chip, neurons_per_core):
    _, apart, shared = both(seed, recurrent, sparse, chip, neurons_per_core)
    for need, figure in PER_CORE.items():
        if CHIPS[chip].has(figure):
            limit = CHIPS[chip].si(figure)
            assert getattr(shared.needs, need).max() <= max(limit, getattr(apart.needs, need).max())


@settings(max_examples=60)
@given(**drawn)
def test_a_spike_is_one_message_to_each_core_whatever_sits_there(
    seed, recurrent, sparse, chip, neurons_per_core
):
    network, apart, shared = both(seed, recurrent, sparse, chip, neurons_per_core)
    for mapping in (apart, shared):
        source = np.repeat(np.arange(mapping.core_of.size), np.diff(mapping.fan_ptr))
        axons = dict(
            zip(zip(source, mapping.fan_core, strict=True), mapping.fan_synapses, strict=True)
        )
        naive = naive_axons(network, mapping.core_of)
        assert axons == naive and len(axons) == mapping.fan_core.size
        into, out = np.zeros(mapping.n_cores, int), np.zeros(mapping.n_cores, int)
        for neuron, core in naive:
            into[core] += 1
            if mapping.core_of[neuron] >= 0:
                out[mapping.core_of[neuron]] += 1
        assert (mapping.needs.axons_in == into).all() and (mapping.needs.axons_out == out).all()


def test_sharing_changes_where_spikes_go_and_not_what_they_do():
    network = two_layers(3, recurrent=True)
    dataset = sf.SpikeDataset(spikes(network, 3, rate=0.6), [0, 1, 2])
    designs = (sf.Design(partition="layers", share_cores=shared) for shared in (False, True))
    apart, shared = (sf.deploy(network, LOIHI, dataset, design=design) for design in designs)
    by_itself = sf.deploy(network, LOIHI, dataset, design=sf.Design(share_cores=True))
    assert by_itself.n_cores == 1  # said to share, they are not spread
    assert (apart.n_cores, shared.n_cores) == (2, 1) and apart.accuracy == shared.accuracy
    for counter in ("spikes", "synaptic_operations"):
        assert apart.price.counts[counter] == shared.price.counts[counter] > 0
    assert shared.price.counts["packets"] < apart.price.counts["packets"]


def test_the_core_says_which_layers_it_holds():
    assert map_network(two_layers(1), LOIHI, share_cores=True).labels == (
        "hidden 0-6 + output 0-2",
    )


def test_layers_that_fill_a_core_to_the_last_neuron_share_it():
    network = two_layers(1)
    for most, n_cores in ((network.n_neurons, 1), (network.n_neurons - 1, 2)):
        assert (
            map_network(network, LOIHI, neurons_per_core=most, share_cores=True).n_cores == n_cores
        )


def test_layers_of_a_chip_that_takes_them_whole_stay_apart():
    mapping = map_network(two_layers(1), sf.load_profile("speck"), share_cores=True)
    assert mapping.n_cores == 2 and len(set(mapping.places.tolist())) == 2


def test_copies_of_truenorth_find_room_on_shared_cores():
    random = np.random.default_rng(0)
    names = [f"p{i}" for i in range(6)]
    populations = [
        sf.Population("in", (6,), sf.Input()),
        *(sf.Population(p, (20,), sf.IF(1.0)) for p in names),
    ]
    pairs = list(zip(["in", *names[:-1]], names, strict=True))
    edges = [
        sf.Projection(s, t, random.choice([-1.0, 1.0], (6 if s == "in" else 20, 20)))
        for s, t in pairs
    ]
    network = sf.Network(populations, edges)
    apart, shared = (
        sf.check_fit(network, TRUENORTH, sf.Design(share_cores=s)) for s in (False, True)
    )
    assert apart.fits and shared.fits and shared.mapping.n_cores < apart.mapping.n_cores == 6
    assert (shared.mapping.needs.neurons.sum(), shared.mapping.needs.neurons.max() <= 256) == (
        apart.mapping.needs.neurons.sum(),
        True,
    )


def chain(*sizes):
    names = [f"p{i}" for i in range(len(sizes))]
    populations = [
        sf.Population(name, (n,), sf.IF(1.0) if i else sf.Input())
        for i, (name, n) in enumerate(zip(names, sizes, strict=True))
    ]
    edges = [
        sf.Projection(names[i], names[i + 1], np.ones((sizes[i], sizes[i + 1])))
        for i in range(len(sizes) - 1)
    ]
    return sf.Network(populations, edges)


def test_a_layer_goes_to_the_first_core_with_room_for_it():
    mapping = map_network(
        chain(3, 6, 5, 4, 1), LOIHI.replace(neurons_per_core=10), share_cores=True
    )
    assert mapping.needs.neurons.tolist() == [10, 6] and mapping.labels == (
        "p1 0-5 + p3 0-3",
        "p2 0-4 + p4 0-0",
    )


def test_layers_whose_rows_grow_too_long_together_stay_apart():
    # A row of Loihi holds a weight for each neuron of the core, or an index with each weight: 64
    # weights of 8 bits take 576 bits beside 64 neurons, and 64 * (8 + 7) + 10 = 970, so 1,024 bits,
    # beside 128.
    network = adapt(chain(64, 64, 64), LOIHI, sf.Design()).network
    assert map_network(network, LOIHI, share_cores=True).needs.memory_bits.tolist() == [
        2 * 64 * 1024
    ]
    tight = LOIHI.replace(synapse_memory_per_core=100_000)
    apart = map_network(network, tight, share_cores=True).needs.memory_bits.tolist()
    assert apart == [64 * 576] * 2 and sum(apart) < 100_000 < 2 * 64 * 1024
