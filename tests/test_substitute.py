"""Another neuron model for a network: closed forms, matched rates, and the error that is
reported.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import as_model, substitute_neuron
from spikefit_nb.adapt.thresholds import PASSES, best_factor
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.network import (
    ALIF,
    IF,
    LI,
    LIF,
    AdEx,
    CubaLIF,
    Input,
    Izhikevich,
    Network,
    Population,
    Projection,
)
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from tests.naive.run_network import run
from tests.networks import spikes, two_layers

DT_S = 1e-3
LEAKY = {
    "tau_mem_s": 0.02,
    "r": 20.0,
}  # what an IF of r = 1 becomes with a leak: the same step, then decay


def digits_with(make):
    """The trained digits network with other neurons of the same thresholds."""
    network = load_network("digits")
    populations = [
        p if p.is_input else replace(p, neuron=make(v_threshold=p.neuron.v_threshold))
        for p in network.populations
    ]
    return network.replace(populations=populations)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits").take(120)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    model=st.sampled_from(["CubaLIF", "ALIF"]),
    reset=st.sampled_from(["zero", "subtract"]),
)
def test_a_lif_network_keeps_every_spike_in_the_models_that_contain_it(seed, model, reset):
    network = two_layers(seed, "LIF", recurrent=True, reset=reset)
    dataset = SpikeDataset(spikes(network, seed, rate=0.6))
    result = substitute_neuron(network, model, calibration=dataset)
    for name in ("hidden", "output"):
        assert type(result.network[name].neuron).__name__ == model
        assert (result.run_after.spike_counts[name] == result.run_before.spike_counts[name]).all()
    assert (result.run_after.output_spikes == simulate(network, dataset).output_spikes).all()


def test_closed_forms_there_and_back_return_the_neuron():
    lif = LIF(
        0.02, 0.8, 3.0, 0.1, -0.2, 0.05, reset="subtract", strict_threshold=True, delayed_reset=True
    )
    for model in ("CubaLIF", "ALIF"):
        assert repr(as_model(as_model(lif, model, DT_S), "LIF", DT_S)) == repr(lif)
    neuron = IF([0.5, 1.0], [1.0, 2.0], bias=0.1, reset="subtract")
    assert repr(as_model(as_model(neuron, "LIF", DT_S), "IF", DT_S)) == repr(neuron)


def test_a_current_based_neuron_becomes_a_leaky_one_of_the_same_effect_and_mean_delay():
    # the response of both to one spike, below threshold: equal sums, equal mean times (Elmore 1948)
    dataset = SpikeDataset(np.eye(1, 400, dtype=bool)[:, :, None])
    cuba = CubaLIF(0.005, 0.02, 1e9, r=3.0, w_in=0.5)
    shapes = []
    for neuron in (cuba, as_model(cuba, "LIF", DT_S)):
        network = Network(
            [Population("in", (1,), Input()), Population("out", (1,), neuron)],
            [Projection("in", "out", np.ones((1, 1)))],
            dt_s=DT_S,
        )
        v = simulate(network, dataset, decode="potential").output_potential[0, :, 0].astype(float)
        shapes.append((v.sum(), (v * np.arange(400)).sum() / v.sum()))
    assert shapes[0] == pytest.approx(shapes[1], rel=1e-4)


def test_without_a_leak_the_pull_to_rest_becomes_a_drift_and_adex_counts_from_rest():
    neuron = as_model(LIF(0.02, r=4.0, v_leak=0.2, bias=0.1), "IF", DT_S)
    assert neuron.r == pytest.approx(0.2) and neuron.bias == pytest.approx(0.15)
    lif = as_model(AdEx(), "LIF", DT_S)
    assert lif.v_threshold == pytest.approx(0.0202) and lif.v_leak == 0 and lif.v_reset == 0


@pytest.mark.parametrize(
    ("make", "model"),
    [
        (lambda **kw: CubaLIF(3e-3, **LEAKY, **kw), "LIF"),
        (lambda **kw: LIF(**LEAKY, **kw), "IF"),
        (lambda **kw: CubaLIF(3e-3, **LEAKY, **kw), "IF"),
        (lambda **kw: ALIF(tau_adapt_s=0.05, beta=2.0, **LEAKY, **kw), "LIF"),
        (lambda **kw: IF(**kw), "CubaLIF"),
    ],
)
def test_digits_fire_as_often_and_answer_as_well_with_another_neuron(digits, make, model):
    network = digits_with(make)
    result = substitute_neuron(network, model, calibration=digits)
    assert all(type(p.neuron).__name__ == model for p in result.network.neuron_populations)
    assert result.largest_error < 0.015
    for change in result.populations:
        after = (
            simulate(result.network, digits).spike_counts[change.name].mean()
            / digits.n_steps
            / digits.dt_s
        )
        assert change.rate_after_hz == pytest.approx(after) and change.rate_before_hz > 10
    assert abs(result.run_after.accuracy - result.run_before.accuracy) < 0.04


def test_the_same_model_changes_nothing(digits):
    network = load_network("digits")
    result = substitute_neuron(network, "IF", calibration=digits)
    assert (
        result.network.fingerprint == network.fingerprint
        and result.substituted == ()
        and result.notes == ()
    )
    assert result.network.assumptions == network.assumptions
    assert [c.first_spike_steps for c in result.populations] == [0, 0] and result.largest_error == 0


def test_a_network_that_would_fall_silent_fires_again_once_its_rates_are_matched():
    # the hidden neuron fires 5 times a step, and as a LIF once: what reached the output is not
    # enough any more
    hidden = IF(1.0, reset="subtract", max_spikes_per_step=None)
    network = Network(
        [
            Population("in", (1,), Input()),
            Population("hidden", (1,), hidden),
            Population("out", (1,), IF(60.0, bias=-0.5)),
        ],
        [
            Projection("in", "hidden", np.full((1, 1), 5.0)),
            Projection("hidden", "out", np.ones((1, 1))),
        ],
    )
    dataset = SpikeDataset(np.ones((2, 100, 1), bool))
    start = substitute_neuron(network, "LIF").network
    assert not simulate(start, dataset).spike_counts["out"].any()
    result = substitute_neuron(network, LIF, calibration=dataset)
    assert (
        result.run_after.spike_counts["out"].all()
        and abs(result.populations[1].relative_error) < 0.1
    )
    assert "hidden: fired several times a step before, and does once at most now" in result.notes


@pytest.mark.parametrize("told", [{"reset": "none"}, {"delayed_reset": "after"}])
def test_a_reset_that_the_other_model_has_not_is_refused(told):
    with pytest.raises(DesignProblem, match=r"ALIF resets to zero or by subtraction.*LIF"):
        as_model(LIF(0.02, **told), "ALIF", 1e-3)
    assert as_model(LIF(0.02, **told), "CubaLIF", 1e-3).reset == told.get("reset", "zero")


def test_equal_calls_give_equal_networks(digits):
    network = digits_with(lambda **kw: CubaLIF(3e-3, **LEAKY, **kw))
    first, second = (substitute_neuron(network, "LIF", calibration=digits) for _ in range(2))
    assert first.network.fingerprint == second.network.fingerprint
    assert first.quantities == second.quantities and first.notes == second.notes


def test_only_the_populations_named_are_changed(digits):
    network = load_network("digits")
    result = substitute_neuron(network, "LIF", calibration=digits, populations=["hidden"])
    assert [type(p.neuron).__name__ for p in result.network.neuron_populations] == ["LIF", "IF"]
    assert [c.name for c in result.substituted] == ["hidden"] and result.populations[
        1
    ].threshold_factor == 1
    assert result.network["digit"].neuron is network["digit"].neuron
    assert (
        result.network.assumptions[-1]
        == "LIF for IF in hidden, refitted to the firing rates on digits"
    )


def test_times_of_first_spikes_are_those_of_the_naive_runs():
    network = two_layers(11, "CubaLIF", recurrent=True)
    dataset = SpikeDataset(spikes(network, 11, n_steps=20, rate=0.6))
    result = substitute_neuron(network, "LIF", calibration=dataset)
    fired = [run(n, dataset.block(0, 3))[0] for n in (network, result.network)]
    for change in result.populations:
        apart, alone = [], 0
        for s in range(3):
            for n in range(network[change.name].n_neurons):
                first = [np.flatnonzero(f[change.name][s, :, n]) for f in fired]
                if all(t.size for t in first):
                    apart.append(abs(int(first[1][0]) - int(first[0][0])))
                alone += (first[0].size > 0) != (first[1].size > 0)
        assert apart and change.first_spike_steps == pytest.approx(np.mean(apart))
        assert change.only_one_fires == pytest.approx(alone / 3 / network[change.name].n_neurons)


def test_a_population_that_never_fired_is_left_at_its_closed_form_and_named():
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), CubaLIF(2e-3, 8e-3, 1e3))],
        [Projection("in", "out", np.ones((1, 1)))],
    )
    result = substitute_neuron(network, "LIF", calibration=SpikeDataset(np.ones((1, 5, 1), bool)))
    assert result.notes == ("out: never fired before, so there was no rate to match",)
    assert result.populations[0].threshold_factor == 1 and result.largest_error is None


def test_an_output_that_never_fires_stays_what_it_is():
    network = Network(
        [
            Population("in", (2,), Input()),
            Population("hidden", (4,), IF()),
            Population("out", (2,), LI(0.01)),
        ],
        [Projection("in", "hidden", np.ones((2, 4))), Projection("hidden", "out", np.ones((4, 2)))],
    )
    dataset = SpikeDataset(np.ones((2, 8, 2), bool), [0, 0])
    result = substitute_neuron(network, "LIF", calibration=dataset)
    assert isinstance(result.network["out"].neuron, LI) and [
        c.name for c in result.populations
    ] == ["hidden"]
    with pytest.raises(
        DesignProblem, match="Population 'out': LI neurons never fire, so there is no rate to match"
    ):
        substitute_neuron(network, "LIF", populations=["out"])


def test_the_answer_comes_first_in_repr_rows_and_html(digits):
    network = digits_with(lambda **kw: LIF(**LEAKY, **kw))
    result = substitute_neuron(network, "IF", calibration=digits)
    assert repr(result).startswith(
        "Substitution(IF in 2 of 2 populations: rates within 0."
    ) and "% after)" in repr(result)
    titles = [q.title for q in result.quantities]
    assert titles[:3] == ["Accuracy before", "Accuracy after", "hidden: model"]
    assert "digit: first spikes apart, steps" in titles
    html = result._repr_html_()
    assert "LIF -&gt; IF" in html and "<script" not in html and " id=" not in html


@pytest.mark.parametrize(
    ("neuron", "model", "error", "said"),
    [
        (IF(), "LFI", UnknownName, "Did you mean 'LIF'"),
        (IF(), "Izhikevich", UnknownName, "There is no neuron model to substitute 'Izhikevich'"),
        (
            Izhikevich(),
            "LIF",
            DesignProblem,
            "Izhikevich neurons have no limit that is a linear one. Take a chip",
        ),
        (
            LIF(0.02, -0.05),
            "IF",
            DesignProblem,
            "a threshold is -0.05; to be scaled it must be above zero",
        ),
    ],
)
def test_what_cannot_be_substituted_is_refused_with_a_way_out(neuron, model, error, said):
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), neuron)],
        [Projection("in", "out", np.ones((1, 1)))],
    )
    with pytest.raises(error, match=said):
        substitute_neuron(network, model)


def test_inputs_and_unknown_populations_are_refused():
    network = load_network("digits")
    with pytest.raises(DesignProblem, match="'input' is an input"):
        substitute_neuron(network, "LIF", populations="input")
    with pytest.raises(UnknownName, match="hiden"):
        substitute_neuron(network, "LIF", populations=["hiden"])


@given(st.floats(1e-3, 1e3))
def test_the_factor_of_a_falling_function_is_found(root):
    calls = []

    def surplus(factor):
        calls.append(factor)
        return root / factor - 1

    assert best_factor(surplus) == pytest.approx(root, rel=0.011) and len(calls) <= PASSES


def test_a_function_of_steps_gives_the_nearest_step_and_one_that_never_falls_ends():
    assert abs(np.floor(10 / best_factor(lambda f: np.floor(10 / f) / 7 - 1)) - 7) == 0
    assert best_factor(lambda f: 1.0) == 1
