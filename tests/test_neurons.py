"""Each neuron model against closed forms and published behaviour; the simulator's oracle is in test_simulate."""

import numpy as np
import pytest

from spikefit_nb.adapt import scale_thresholds
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, LI, LIF, CubaLI, Input, Integrator, Network, Population, Projection
from spikefit_nb.simulate import RecordCache, simulate

SILENT = {"LI": LI(0.02), "Integrator": Integrator(), "CubaLI": CubaLI(0.005, 0.02)}


def one(neuron, weight=1.0, dt_s=1e-3):
    """One neuron behind one input."""
    return Network(
        [Population("in", (1,), Input()), Population("out", (1,), neuron)],
        [Projection("in", "out", np.full((1, 1), weight))],
        dt_s=dt_s,
    )


def constant(current, n_steps):
    """A constant current; offset a little, so that it is not taken for a count of spikes."""
    return SpikeDataset(np.full((1, n_steps, 1), current, np.float32))


def test_the_step_response_of_a_leaky_integrator_is_the_closed_form():
    # Forward Euler of tau v' = r I - v: v_n = r I (1 - (1 - dt/tau)^n), which is below the exact r I (1 - e^(-t/tau))
    tau_s, r, current, dt_s = 0.02, 2.0, 0.75, 1e-3
    v = simulate(one(LI(tau_s, r), dt_s=dt_s), constant(current, 200)).output_potential[0, :, 0]
    n = np.arange(1, 201)
    assert v == pytest.approx(r * current * (1 - (1 - dt_s / tau_s) ** n), rel=2e-6)
    exact = r * current * (1 - np.exp(-n * dt_s / tau_s))
    error = np.abs(v - exact).max()
    assert 0 < error < 1.1 * r * current * dt_s / tau_s / 2 / np.e  # Euler's error: t/tau e^(-t/tau) dt/(2 tau) r I


def test_an_integrator_adds_up_what_arrives_whatever_the_time_step():
    for dt_s in (1e-4, 1e-3):
        record = simulate(
            one(Integrator(0.5, bias=0.25), weight=2.0, dt_s=dt_s), SpikeDataset(np.ones((1, 6, 1), bool))
        )
        assert record.output_potential.ravel() == pytest.approx(1.125 * np.arange(1, 7))


def test_a_leaky_integrator_has_the_potential_of_a_lif_neuron_that_is_never_reset():
    random = np.random.default_rng(4)
    dataset = SpikeDataset(random.random((3, 40, 1)) < 0.4)
    for silent, firing in ((LI(0.02, bias=0.1), LIF(0.02, 1e9, bias=0.1)), (Integrator(2.0), IF(1e9, 2.0))):
        a, b = (simulate(one(neuron, 0.7), dataset).output_potential for neuron in (silent, firing))
        assert (a == b).all()


@pytest.mark.parametrize("neuron", SILENT.values(), ids=SILENT)
def test_an_output_that_never_fires_is_read_by_its_potential(neuron):
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), neuron)], [Projection("in", "out", np.eye(2))]
    )
    dataset = SpikeDataset(np.repeat(np.eye(2, dtype=bool)[:, None], 5, axis=1), [0, 1])
    record = simulate(network, dataset)
    assert record.decode == "potential" and record.accuracy == 1 and record.warnings == ()
    assert not record.output_spikes.any() and "read by potential" in repr(record)
    assert "Answer" in dict((label, value) for label, value, _ in record.rows())
    with pytest.raises(NetworkProblem, match="never fire: there is nothing to count"):
        simulate(network, dataset, decode="count")
    with pytest.raises(NetworkProblem, match="decode is 'most'"):
        simulate(network, dataset, decode="most")


def test_the_cache_knows_the_default_by_what_it_means():
    network, dataset, cache = one(LI(0.02)), SpikeDataset(np.ones((1, 4, 1), bool), [0]), RecordCache()
    assert cache.simulate(network, dataset, 0) is cache.simulate(network, dataset, 0, "potential")


def test_a_projection_from_neurons_that_never_fire_is_refused():
    with pytest.raises(NetworkProblem, match="'a' -> 'b': LI neurons never fire, so nothing would be sent"):
        Network(
            [Population("in", (1,), Input()), Population("a", (1,), LI(0.02)), Population("b", (1,), IF(1.0))],
            [Projection("in", "a", np.eye(1)), Projection("a", "b", np.eye(1))],
        )


@pytest.mark.parametrize("neuron", SILENT.values(), ids=SILENT)
def test_every_chip_judges_a_network_whose_output_never_fires(neuron):
    network = Network(
        [Population("in", (4,), Input()), Population("hidden", (3,), LIF(0.02)), Population("out", (2,), neuron)],
        [Projection("in", "hidden", np.ones((4, 3))), Projection("hidden", "out", np.ones((3, 2)))],
    )
    assert scale_thresholds(network, 2.0)["hidden"].neuron.v_threshold == 2
    for chip in ("loihi1", "reckon", "odin", "speck", "xylo_audio2", "dynap_se2", "truenorth"):
        over = {(need.figure, need.where) for need in check_fit(network, load_profile(chip)).violations}
        assert ("resets", "out") not in over
        assert chip != "reckon" or (("neuron_models", "out") in over) == (not isinstance(neuron, LI))
    assert type(neuron).__name__ in repr(network) and type(neuron).__name__ in network._repr_html_()
