"""The neurons of SANA-FE's Loihi against a naive run in Python's own numbers, and what they
refuse.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import IF, LI, LIF, Conv2d, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.naive.sanafe_loihi import run

KINDS = {
    "IF": lambda **more: IF(17.3, r=1.0, bias=0.3, strict_threshold=True, **more),
    "LIF": lambda **more: LIF(5e-3, 4.7, r=3.0, bias=0.9, strict_threshold=True, **more),
    "CubaLIF": lambda **more: CubaLIF(
        2e-3, 5e-3, 2.9, r=3.0, w_in=1.5, strict_threshold=True, **more
    ),
}


def whole(seed, kind, sparse, reset, scale):
    """input 6 -> hidden 8 (-> hidden) -> output 3, whole weights, some of them zero."""
    random = np.random.default_rng(seed)

    def weight(n, m):
        values = random.integers(-9, 15, (n, m)) * (random.random((n, m)) < 0.7)
        return sp.csr_array(values.astype(np.int8)) if sparse else values.astype(np.int8)

    populations = [
        Population("in", (6,), Input()),
        Population("hidden", (8,), KINDS[kind](reset=reset)),
        Population("out", (3,), KINDS[kind](reset=reset)),
    ]
    projections = [
        Projection("in", "hidden", weight(6, 8), scale=scale),
        Projection("hidden", "hidden", weight(8, 8), scale=scale, delay_steps=1),
        Projection("hidden", "out", weight(8, 3), scale=scale, delay_steps=2),
    ]
    return Network(populations, projections, dt_s=1e-3)


def flags(record, network, n_steps):
    """Update flags, (n_steps, n_neurons) bool."""
    return np.unpackbits(record.events.updated[0], axis=1, bitorder="little")[
        :n_steps, : network.n_neurons
    ]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(list(KINDS)),
    sparse=st.booleans(),
    reset=st.sampled_from(["zero", "subtract"]),
    scale=st.sampled_from([1.0, 0.37]),
)
def test_spikes_updates_and_potentials_are_those_of_a_naive_run(seed, kind, sparse, reset, scale):
    network = whole(seed, kind, sparse, reset, scale)
    spikes = np.random.default_rng(seed).random((12, 6)) < 0.4
    record = simulate(
        network,
        SpikeDataset(spikes[None]),
        arithmetic="sanafe_loihi",
        record="events",
        decode="potential",
    )
    fired, updated, potential = run(network, spikes)
    assert {n: c[0].tolist() for n, c in record.spike_counts.items()} == {
        n: f.sum(axis=0).tolist() for n, f in fired.items()
    }
    assert (record.output_spikes[0] == fired["out"]).all()
    assert (
        flags(record, network, 12) == np.concatenate([updated["hidden"], updated["out"]], axis=1)
    ).all()
    assert np.array_equal(record.output_potential[0], potential["out"].astype(np.float32))


def test_weights_in_floating_point_and_of_several_scales_are_held_to_a_few_millionths():
    network = whole(5, "LIF", False, "zero", 0.37)
    mixed = network.replace(
        projections=[
            Projection("in", "hidden", network.projections[0].real_weight().toarray() * 1.01),
            network.projections[1],
            Projection(
                "hidden",
                "out",
                network.projections[2].weight,
                scale=np.array([0.1, 0.3, 0.7]),
                delay_steps=2,
            ),
        ]
    )
    spikes = np.random.default_rng(5).random((30, 6)) < 0.4
    record = simulate(
        mixed, SpikeDataset(spikes[None]), arithmetic="sanafe_loihi", decode="potential"
    )
    fired, _, potential = run(mixed, spikes)
    assert record.spike_counts["hidden"][0].tolist() == fired["hidden"].sum(axis=0).tolist()
    assert (
        record.output_potential[0] == pytest.approx(potential["out"], abs=1e-5)
        and record.warnings == ()
    )


def test_neurons_are_updated_where_a_convolution_was_read_even_if_it_adds_up_to_nothing():
    kernel = Conv2d(np.array([[[[1.0, -1.0, 0.0]]]]), (1, 1, 4), padding=(0, 1))
    network = Network(
        [
            Population("in", (1, 1, 4), Input()),
            Population("out", (1, 1, 4), IF(9.0, strict_threshold=True)),
        ],
        [Projection("in", "out", kernel)],
    )
    spikes = np.array([[[1, 1, 0, 0]]], bool)
    record = simulate(network, SpikeDataset(spikes), arithmetic="sanafe_loihi", record="events")
    # neuron 0 reads both (-1 + 0); neuron 1 reads both (1 - 1); neuron 2 reads one; neuron 3
    # nothing
    assert flags(record, network, 1).tolist() == [[1, 1, 1, 0]]


def test_a_read_out_that_never_fires_keeps_its_potential():
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), LI(2e-3, r=2.0))],
        [Projection("in", "out", np.array([[1.0]]))],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 3, 1), bool)), arithmetic="sanafe_loihi")
    assert record.output_potential[0, :, 0].tolist() == [1.0, 1.5, 1.75]


@pytest.mark.parametrize(
    ("neuron", "told"),
    [
        (LIF(5e-3, v_leak=0.1), "leaks to another potential"),
        (CubaLIF(5e-3, 5e-3, bias=0.1), "filters its bias"),
        (IF(1.0, max_spikes_per_step=3), "may fire several times"),
        (IF(1.0, delayed_reset=True), "resets a step late"),
        (IF(1.0, reset="none"), "does not reset"),
        (LIF(5e-3, max_spikes_per_step=None), "may fire several times"),
    ],
)
def test_what_the_tool_cannot_compute_is_refused_in_words(neuron, told):
    network = Network(
        [Population("in", (1,), Input()), Population("out", (2,), neuron)],
        [Projection("in", "out", np.ones((1, 2)))],
    )
    with pytest.raises(NetworkProblem, match=f"'out' .*{told}"):
        simulate(network, SpikeDataset(np.ones((1, 1, 1), bool)), arithmetic="sanafe_loihi")


def test_a_channel_that_sends_several_spikes_a_step_is_refused():
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", np.ones((1, 1)))],
    )
    with pytest.raises(NetworkProblem, match="sends 3 spikes in one step"):
        simulate(network, SpikeDataset(np.full((1, 1, 1), 3, np.uint8)), arithmetic="sanafe_loihi")
    record = simulate(
        network, SpikeDataset(np.full((1, 4, 1), 1, np.uint8)), arithmetic="sanafe_loihi"
    )
    assert record.spike_counts["out"].tolist() == [[2]] and "not at it" in " ".join(record.warnings)
