"""Weights as sums of a core's currents, and values shared by a core."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.adapt import Activity, quantize, share_currents, share_weights
from spikefit_nb.adapt.share import best_currents
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import base_currents, current_sums
from spikefit_nb.mapping import map_network

DYNAP, LOIHI = sf.load_profile("dynap_se2"), sf.load_profile("loihi1")


def two_layers(seed: int, n: int = 12) -> sf.Network:
    """Layers whose weights are skewed: many small, a few large."""
    random = np.random.default_rng(seed)
    layers = [
        sf.Population("in", (n,), sf.Input()),
        sf.Population("a", (n,), sf.LIF(0.02)),
        sf.Population("out", (4,), sf.LIF(0.02)),
    ]
    weights = [random.choice([-1, 1], (n, k)) * random.lognormal(-1, 1, (n, k)) for k in (n, 4)]
    return sf.Network(
        layers, [sf.Projection("in", "a", weights[0]), sf.Projection("a", "out", weights[1])]
    )


def error(magnitudes: np.ndarray, importance: np.ndarray, sums: np.ndarray) -> float:
    """What is left of magnitudes beside the nearest sums, one by one."""
    return float(
        sum(
            c * min((m - s) ** 2 for s in sums) for m, c in zip(magnitudes, importance, strict=True)
        )
    )


@given(st.integers(0, 10**6))
def test_two_currents_are_about_as_good_as_the_best_of_a_fine_grid(seed):
    random = np.random.default_rng(seed)
    magnitudes, importance = random.lognormal(0, 0.7, 12), random.uniform(0.2, 1, 12)
    found = error(magnitudes, importance, current_sums(best_currents(magnitudes, importance, 2)))
    grid = np.linspace(0, magnitudes.max(), 25)
    best = min(
        error(magnitudes, importance, current_sums(np.array(pair))) for pair in product(grid, grid)
    )
    assert found <= 1.25 * best + 1e-3 * magnitudes.max() ** 2


@given(st.integers(0, 10**6), st.booleans())
def test_the_chip_can_express_every_weight_and_no_synapse_appears(seed, measured):
    network = two_layers(seed)
    spikes = np.random.default_rng(seed).random((4, 30, 12)) < 0.2
    activity = Activity(network, sf.SpikeDataset(spikes)) if measured else None
    made = share_currents(network, activity=activity).network
    for before, after in zip(network.projections, made.projections, strict=True):
        magnitudes = np.unique(np.abs(after.values).astype(np.float64))
        assert base_currents(magnitudes[magnitudes > 0]) is not None
        assert not (after.values != 0)[before.values == 0].any()
        assert measured or (np.sign(after.values) * np.sign(before.values) >= 0).all()
    figures = {need.figure for need in sf.check_fit(made, DYNAP).violations}
    assert "weight_currents_per_core" not in figures


@pytest.mark.parametrize("seed", range(3))
def test_learned_currents_lose_less_than_even_steps_where_weights_are_skewed(seed):
    network = two_layers(seed, 40)
    assert share_currents(network).error < quantize(network, 5, clip="largest").error


@pytest.mark.parametrize(
    ("n", "why"), [(0, "1 or more"), (2.5, "a whole number"), (7, "between 1 and 6")]
)
def test_an_impossible_number_of_currents_is_refused(n, why):
    with pytest.raises(DesignProblem, match=why):
        share_currents(two_layers(0), n)


@pytest.mark.parametrize("measured", [False, True])
def test_weights_that_are_sums_of_currents_already_stay_as_they_are(measured):
    network = two_layers(3, 40)
    spikes = np.random.default_rng(3).random((4, 30, 40)) < 0.2
    once = share_currents(network).network
    again = share_currents(
        once, activity=Activity(once, sf.SpikeDataset(spikes)) if measured else None
    ).network
    for before, after in zip(once.projections, again.projections, strict=True):
        assert (after.values == before.values).all()


def test_a_mapping_of_another_network_says_nothing_about_cores():
    with pytest.raises(DesignProblem, match="mapping is of Network"):
        share_weights(two_layers(0), 3, scope=map_network(two_layers(0, 40), LOIHI))


@pytest.mark.parametrize("seed", range(3))
def test_no_core_has_more_values_than_asked_for(seed):
    network = two_layers(seed, 40)
    mapping = map_network(network, LOIHI, neurons_per_core=7)
    made = share_weights(network, 3, scope=mapping).network
    several = set()
    for e in made.projections:
        core = mapping.core_of[made.starts[e.target] :][: e.shape[1]]
        for k in np.unique(core):
            values = np.unique(e.weight.toarray()[:, core == k])
            assert values[values != 0].size <= 3
            several |= set(values.tolist()) - {0.0}
    assert len(several) > 6  # cores differ
