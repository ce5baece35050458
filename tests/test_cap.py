"""The cap: limits of events in a step are kept by thresholds, at a price that is told, and it
always ends.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import cap_events
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import DesignProblem, UnknownName, WrongArgument
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, LI, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from tests.naive.run_network import run
from tests.networks import spikes, two_layers


def sent(network, dataset, name):
    """Spikes of a population in each sample and step, counted by the naive simulator."""
    fired = run(network, dataset.block(0, dataset.n_samples))[0][name]
    return np.asarray(fired).sum(axis=2)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6), most=st.integers(0, 7), kind=st.sampled_from(["IF", "LIF", "ALIF"])
)
def test_a_limit_holds_in_every_step_of_every_sample(seed, most, kind):
    network = two_layers(seed, kind, recurrent=True)
    dataset = SpikeDataset(spikes(network, seed, rate=0.6))
    result = cap_events(network, {"hidden": most}, calibration=dataset)
    busiest = sent(result.network, dataset, "hidden").max()
    assert result.limits[0].busiest_after == busiest
    assert result.holds == (busiest <= most) and (result.holds or result.network is network)
    assert sent(network, dataset, "hidden").max() == result.limits[0].busiest_before


def test_no_more_is_taken_than_the_limit_needs():
    # n neurons that all receive the same current c fire together when their threshold is reached in
    # a single step
    n = 10
    network = Network(
        [Population("in", (1,), Input()), Population("out", (n,), IF(np.linspace(0.05, 0.5, n)))],
        [Projection("in", "out", np.ones((1, n)))],
    )
    dataset = SpikeDataset(np.ones((1, 1, 1), bool))
    result = cap_events(
        network, {"out": 4}, calibration=dataset
    )  # the fifth must be above 1: x 1 / 0.25
    assert result.limits[0].busiest_after == 4
    assert 1 / 0.25 <= result.limits[0].factor <= 1.02 / 0.25


def test_a_share_of_steps_may_be_over_the_limit():
    network, dataset = load_network("digits"), load_dataset("digits").take(60)
    strict, loose = (
        cap_events(network, {"hidden": 8}, calibration=dataset, share_over=s) for s in (0.0, 0.05)
    )
    assert strict.limits[0].over_after == 0 < loose.limits[0].over_after <= 0.05
    assert loose.limits[0].factor < strict.limits[0].factor


def test_the_price_is_the_accuracy_of_both_runs():
    network, dataset = load_network("digits"), load_dataset("digits").take(120)
    result = cap_events(network, {"hidden": 3}, calibration=dataset)
    before, after = (simulate(n, dataset).accuracy for n in (network, result.network))
    assert (result.run_before.accuracy, result.run_after.accuracy) == (
        before,
        after,
    ) and after < before
    assert repr(result).endswith(f"accuracy {100 * before:.1f} -> {100 * after:.1f} %)")
    titles = [q.title for q in result.quantities]
    assert titles[:2] == ["Accuracy before", "Accuracy after"]
    assert [q.value for q in result.quantities[:2]] == [before, after]
    assert "spikes of hidden in a step: steps over" in titles
    html = result._repr_html_()
    assert "Busiest step" in html and "<script" not in html and " id=" not in html


def test_the_synaptic_operations_a_core_can_do_are_kept_by_those_who_send_them():
    network, dataset = load_network("digits"), load_dataset("digits").take(60)
    profile = load_profile("spinnaker1").replace(operations_per_step=60)
    hidden, output = network.projections
    result = cap_events(network, profile, calibration=dataset)
    into = {c.what: c for c in result.limits}
    after = into["synaptic operations into digit in a step"]
    fired = np.asarray(run(result.network, dataset.block(0, 60))[0]["hidden"])
    assert after.busiest_after == (fired @ output.out_degree()).max() <= 60
    assert after.tuned == ("hidden",) and after.factor > 1 and not after.over_after
    # inputs alone bring more than 60 operations a step to the hidden layer, and no threshold can
    # prevent it
    arriving = (dataset.block(0, 60) @ hidden.out_degree()).max()
    assert into["synaptic operations into hidden in a step"].busiest_after == arriving > 60
    assert not result.holds and result.notes[0].endswith("inputs alone bring so many")
    assert result.adapted.change == "1 of 2 limits cannot be kept by thresholds"


@pytest.mark.parametrize(
    ("delays", "busiest"),
    [((0, 0), 3), ((1, 0), 5), ((2, 1), 5), ((0, 4), 2), ((5, 0), 3), ((4, 3), 0)],
)
def test_synaptic_operations_count_in_the_step_they_arrive_in_and_after_the_end_never(
    delays, busiest
):
    # of 4 steps, "a" fires in step 0 alone and has 2 synapses, "b" in step 1 alone and has 3
    populations = [
        Population("in", (2,), Input()),
        Population("a", (1,), IF(1.0)),
        Population("b", (1,), IF(1.0)),
        Population("out", (3,), IF(1e6)),
    ]
    network = Network(
        populations,
        [
            Projection("in", "a", np.array([[1.0], [0.0]])),
            Projection("in", "b", np.array([[0.0], [1.0]])),
            Projection("a", "out", np.array([[1.0, 1.0, 0.0]]), delay_steps=delays[0]),
            Projection("b", "out", np.ones((1, 3)), delay_steps=delays[1]),
        ],
    )
    dataset = SpikeDataset(np.eye(4, 2, dtype=bool)[None])
    profile = load_profile("spinnaker1").replace(operations_per_step=1000)
    result = cap_events(network, profile, calibration=dataset)
    into = {c.what: c for c in result.limits}
    assert into["synaptic operations into out in a step"].busiest_before == busiest


def test_an_output_neuron_is_kept_to_the_spikes_its_chip_sends():
    network = Network(
        [
            Population("in", (2,), Input()),
            Population("out", (2,), IF(1.0, reset="subtract", max_spikes_per_step=None)),
        ],
        [Projection("in", "out", np.eye(2) * [[5.0, 2.0]])],
    )
    dataset = SpikeDataset(np.random.default_rng(0).random((4, 30, 2)) < 0.5)
    result = cap_events(network, load_profile("xylo_audio3"), calibration=dataset)
    assert result.run_before.output_spikes.max() == 5 and result.run_after.output_spikes.max() == 1
    assert result.limits[0].source and result.holds


def test_what_no_threshold_prevents_ends_with_a_note_and_the_thresholds_as_they_were():
    # the potential never falls below zero, where the threshold stays however it is scaled
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), IF(0.0))],
        [Projection("in", "out", np.eye(1))],
    )
    result = cap_events(network, {"out": 0}, calibration=SpikeDataset(np.ones((1, 4, 1), bool)))
    assert result.network is network and not result.holds
    assert result.notes == (
        "spikes of out in a step: over 0 in 100.0 % of steps; "
        "no factor of thresholds up to 4,096 keeps it",
    )


def test_a_limit_that_holds_already_changes_nothing():
    network, dataset = load_network("digits"), load_dataset("digits").take(20)
    result = cap_events(network, {"hidden": 64, "digit": 10}, calibration=dataset)
    assert (
        result.network is network
        and result.holds
        and result.adapted.change == "every limit was kept already"
    )


def test_what_cannot_be_asked_is_refused():
    network, dataset = load_network("digits"), load_dataset("digits").take(2)
    with pytest.raises(DesignProblem, match="publishes no limit of events in a step"):
        cap_events(network, load_profile("loihi1"), calibration=dataset)
    with pytest.raises(DesignProblem, match="has no threshold"):
        cap_events(network, {"input": 3}, calibration=dataset)
    with pytest.raises(DesignProblem, match="The limit of 'hidden' is -1; it must be 0 or more"):
        cap_events(network, {"hidden": -1}, calibration=dataset)
    for limit in (3, None, "hidden", [("hidden", 3)]):
        with pytest.raises(WrongArgument, match=r"does not say of what: .* \{'hidden': 40\}"):
            cap_events(network, limit, calibration=dataset)
    for most in (np.nan, np.inf, 2.5, "3", None, True):
        with pytest.raises(
            DesignProblem,
            match=r"The limit of 'hidden' is .*; it must be a whole number, 0 or more",
        ):
            cap_events(network, {"hidden": most}, calibration=dataset)
    for share_over in (np.nan, "0.1", None, -0.1):
        with pytest.raises(DesignProblem, match=r"share_over is .* at least 0 and below 1"):
            cap_events(network, {"hidden": 3}, calibration=dataset, share_over=share_over)
    with pytest.raises(DesignProblem, match="share_over is 1"):
        cap_events(network, {"hidden": 3}, calibration=dataset, share_over=1)
    with pytest.raises(UnknownName, match="hiden"):
        cap_events(network, {"hiden": 3}, calibration=dataset)
    read = Network(
        [Population("in", (1,), Input()), Population("out", (1,), LI(0.01))],
        [Projection("in", "out", np.eye(1))],
    )
    with pytest.raises(DesignProblem, match="has no threshold"):
        cap_events(read, {"out": 3}, calibration=SpikeDataset(np.ones((1, 2, 1), bool)))
