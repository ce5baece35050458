"""Cuts and cores by what the scenario asks for, from predicted prices alone."""

from html import escape
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.balance import Auto, Bottleneck
from spikefit_nb.balance.auto import shares_of
from spikefit_nb.balance.estimate import Estimate
from spikefit_nb.balance.spreading import in_turn
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.deploy import balanced
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.fetch import find_local
from spikefit_nb.fit import judge
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import PER_CORE, map_network
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.replay import Arrivals, FiringRates, predict, replay
from spikefit_nb.simulate import simulate
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")
CALIBRATED = load_profile("loihi1", coefficients="calibrated")


def run_of(network, dataset, profile):
    """What a network on a chip is first laid out as, and its run."""
    case = Case(network, profile, dataset, design=sf.Design(suit_chip=True))
    fit = judge(case)
    return case.run(fit.network).record, fit.mapping


def cpu_s(choose):
    """Seconds of the processor, of the second call: kernels are compiled by the first."""
    choose()
    started = process_time()
    choose()
    return process_time() - started


@settings(max_examples=50)
@given(
    st.lists(st.floats(0.1, 10), min_size=1, max_size=4),
    st.lists(st.integers(1, 12), min_size=1, max_size=3),
)
def test_each_core_more_goes_to_where_a_core_has_most_work(works, totals):
    work = {str(k): np.full(5, of / 5) for k, of in enumerate(works)}
    totals = sorted({t for t in totals if t >= len(work)}, reverse=True)
    found = shares_of(work, dict.fromkeys(work, 1), totals)
    for total, shares in zip(totals, found, strict=True):
        naive = dict.fromkeys(work, 1)
        while sum(naive.values()) < min(total, 5 * len(work)):
            able = [name for name in naive if naive[name] < 5]
            naive[max(able, key=lambda name: work[name].sum() / naive[name])] += 1
        most = {n: max(work[k].sum() / of[k] for k in of) for n, of in enumerate((naive, shares))}
        assert sum(shares.values()) == sum(naive.values())
        assert most[0] == pytest.approx(most[1])


@pytest.mark.parametrize("name", ["digits", "braille"])
def test_on_small_networks_no_even_cut_is_quicker_and_a_tenth_of_a_second_is_enough(name):
    dataset = load_dataset(name)
    record, filled = run_of(load_network(name), dataset.take(60), LOIHI)
    found = Auto().choose(record, filled)
    network = filled.network
    even = [map_network(network, LOIHI, neurons_per_core=n) for n in range(1, 65)]
    quickest_s = min(replay(record, m).latency_s for m in even if m.n_cores <= 128)
    full_s = replay(record, Bottleneck().spread(record, filled)).latency_s
    assert full_s <= quickest_s * 1.001
    assert replay(record, found).latency_s <= quickest_s * 1.001
    assert replay(record, found).latency_s <= full_s * 1.15
    assert replay(record, found).energy_j <= replay(record, filled).energy_j * 1.05
    assert cpu_s(lambda: Auto().choose(record, filled)) < 0.2  # 0.05 on a quiet machine


@pytest.mark.parametrize("profile", [LOIHI, CALIBRATED], ids=["published", "calibrated"])
def test_on_a_convolutional_network_it_is_near_the_full_search(shared_data, profile):
    network = read_nir(find_local("cnn_sinabs.nir"), reset="zero")
    record, filled = run_of(network, load_dataset("nmnist", n_samples=16), profile)
    found = Auto().choose(record, filled)
    price, before = replay(record, found), replay(record, filled)
    bold_s = 499e-6 if profile is LOIHI else 997e-6  # of the full search
    assert price.latency_s <= 1.15 * bold_s < before.latency_s / 2
    assert price.energy_j <= 1.03 * before.energy_j
    assert cpu_s(lambda: Auto().choose(record, filled)) < 0.3  # 0.09 on a quiet machine
    live = Auto().choose(record, filled, scenario="real_time", dt_s=1e-3)
    assert live.n_cores < filled.n_cores


class InOrder:
    """Neurons as they are counted, whatever the shape of a map: as other tools fill cores."""

    def order(self, population):
        return np.arange(population.n_neurons)


@pytest.mark.parametrize(
    ("profile", "latency_s", "growth"),
    [(LOIHI, 499e-6, 0.011), (CALIBRATED, 997e-6, 0.010)],  # a search by 60 replays
    ids=["published", "calibrated"],
)
def test_the_full_search_is_as_quick_as_one_that_replays_every_way(
    shared_data, profile, latency_s, growth
):
    network = read_nir(find_local("cnn_sinabs.nir"), reset="zero")
    record, filled = run_of(network, load_dataset("nmnist", n_samples=16), profile)
    price = replay(record, Bottleneck().spread(record, filled))
    in_order = map_network(filled.network, profile, partition=InOrder())
    assert price.latency_s <= latency_s
    assert price.energy_j <= 1.01 * (1 + growth) * replay(record, in_order).energy_j


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 500), recurrent=st.booleans(), budget=st.integers(3, 30))
def test_what_is_chosen_is_within_every_limit_and_the_same_for_the_same_run(
    seed, recurrent, budget
):
    network = two_layers(seed, recurrent=recurrent)
    record = simulate(network, SpikeDataset(spikes(network, seed)), record="events")
    chip = LOIHI.replace(neurons_per_core=20)
    filled = map_network(network, chip)
    found = Auto(core_budget=budget).choose(record, filled, neurons_per_core=9)
    assert found is filled or found.n_cores <= budget
    assert found is filled or found.needs.neurons.max() <= 9
    for need, figure in PER_CORE.items():
        assert getattr(found.needs, need).max() <= chip.si(figure)
    again = Auto(core_budget=budget).choose(record, filled, neurons_per_core=9)
    assert (again.core_of == found.core_of).all()


def test_live_input_takes_the_fewest_cores_on_which_every_step_ends_before_the_next():
    network = convolutional(3)
    record = simulate(network, SpikeDataset(spikes(network, 1)), record="events")
    spread = map_network(network, LOIHI, neurons_per_core=10)
    fewest = map_network(network, LOIHI)
    slowest_s = replay(record, fewest).sample_s.max()
    easy = Auto().choose(record, spread, scenario="real_time", dt_s=slowest_s)
    assert easy.n_cores == fewest.n_cores < spread.n_cores

    def missed(mapping, dt_s):
        arrivals = Arrivals(dt_s, record.n_steps)
        return replay(record, mapping, arrivals=arrivals).pace.n_missed.sum()

    hard_s = next(s for s in np.geomspace(1e-7, 1e-3, 200) if not missed(spread, s))
    assert missed(fewest, hard_s)
    hard = Auto().choose(record, spread, scenario="real_time", dt_s=hard_s)
    assert not missed(hard, hard_s) and hard.n_cores > fewest.n_cores


def test_as_long_as_a_design_says_nothing_the_scenario_decides():
    dataset = load_dataset("digits").take(20)
    network = load_network("digits")
    stored, live = (
        sf.deploy(network, LOIHI, dataset, scenario=scenario)
        for scenario in ("single_stream", "real_time")
    )
    plain = sf.deploy(network, LOIHI, dataset, design=sf.Design(partition="layers"))
    assert stored.latency_s < plain.latency_s / 5 and stored.n_cores > 20
    assert live.n_cores == plain.n_cores == 2
    assert stored.accuracy == live.accuracy == plain.accuracy
    few = sf.deploy(network, LOIHI, dataset, design=sf.Design(partition="auto", core_budget=6))
    assert 2 < few.n_cores <= 6 and stored.latency_s < few.latency_s < plain.latency_s
    fit = judge(Case(network, LOIHI, dataset))
    assert balanced(fit, plain.run).mapping.n_cores == stored.n_cores


def test_it_is_asked_once_of_a_network_a_chip_and_recordings(monkeypatch):
    asked, choice = [], Auto.choice

    def counted(auto, *given, **more):
        asked.append(auto)
        return choice(auto, *given, **more)

    monkeypatch.setattr(Auto, "choice", counted)
    network = two_layers(31)
    dataset = SpikeDataset(spikes(network, 31, rate=0.5), np.zeros(3, int))
    first = sf.deploy(network, LOIHI, dataset)
    same = two_layers(31), load_profile("loihi1"), dataset.take(3)
    for design in (sf.Design(), sf.Design(placement="annealed")):
        again = sf.deploy(*same, design=design)
        assert again.n_cores == first.n_cores and again.mapping.network is again.network
    assert len(asked) == 1
    sf.deploy(network, LOIHI, dataset.take(2))
    sf.deploy(network, LOIHI, dataset, scenario="real_time")
    sf.deploy(network, LOIHI.replace(cores=5), dataset)
    sf.deploy(network, LOIHI, dataset, design=sf.Design(core_budget=4))
    assert len(asked) == 5
    for by_hand in ("layers", "tiles"):
        sf.deploy(network, LOIHI, dataset, design=sf.Design(partition=by_hand))
    sf.deploy(network, LOIHI, dataset, mapping=first.mapping)
    assert len(asked) == 5


def test_a_report_says_which_cores_were_taken_and_why():
    network, dataset = load_network("digits"), load_dataset("digits").take(20)

    def said(chip, **more):
        report = sf.deploy(network, load_profile(chip), dataset, **more)
        return report, [n for n in report.notes if n.startswith("Partition")]

    report, (why,) = said("loihi1")
    assert f"'auto' takes {report.n_cores} of 128 cores in place of 2: each layer cut into" in why
    assert "for the shortest run: " in why and escape(why) in report._repr_html_()
    _, (why,) = said("loihi1", scenario="real_time")
    assert why == (
        "Partition 'auto' takes 2 of 128 cores: filled up layer by layer, the fewest on which each "
        "step ends before the next arrives."
    )
    _, (why,) = said("loihi2")
    assert why.endswith(": how long a run takes is not published.")
    _, (why,) = said("loihi1", design=sf.Design(core_budget=2))
    assert why.endswith(": no other way that was tried makes a run shorter.")
    assert said("loihi1", design=sf.Design(partition="layers"))[1] == said("speck")[1] == []


@pytest.mark.parametrize("said", [{"neurons_per_core": 9}, {"share_cores": True}], ids=str)
def test_who_says_how_full_cores_are_is_obeyed(said):
    network, dataset = load_network("digits"), load_dataset("digits").take(5)
    by_itself = sf.deploy(network, LOIHI, dataset, design=sf.Design(**said))
    in_layers = sf.deploy(network, LOIHI, dataset, design=sf.Design(partition="layers", **said))
    assert (by_itself.mapping.core_of == in_layers.mapping.core_of).all()


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 200),
    kind=st.sampled_from(["dense", "sparse", "map"]),
    coefficients=st.sampled_from([None, "calibrated"]),
)
def test_an_estimate_is_what_is_predicted_where_every_step_is_alike(seed, kind, coefficients):
    network = convolutional(seed) if kind == "map" else two_layers(seed, sparse=kind == "sparse")
    chip, random = load_profile("loihi1", coefficients=coefficients), np.random.default_rng(seed)
    fire = {p.name: random.integers(0, 2, p.n_neurons).astype(float) for p in network.populations}
    rates = FiringRates.assumed(network, fire, n_steps=7)
    pieces = {
        p.name: np.unique(random.integers(0, 4, p.n_neurons), return_inverse=True)[1]
        for p in network.neuron_populations
    }
    there = in_turn(map_network(network, chip), pieces)
    expected_s = predict(rates, there).latency_s / 7
    estimated_s = Estimate(rates, network, chip).step_s(pieces)
    if kind == "dense" or chip.has("time_packet_in"):  # to every core, also over no synapse
        assert expected_s * (1 - 1e-9) <= estimated_s <= 1.5 * expected_s
    else:
        assert estimated_s == pytest.approx(expected_s)


@pytest.mark.parametrize("chip", ["truenorth", "speck", "xylo_audio3", "loihi2"])
def test_where_cores_change_no_time_a_stored_run_stays_where_it_is(chip):
    network = convolutional(3)
    record = simulate(network, SpikeDataset(spikes(network, 1)), record="events")
    filled = map_network(network, load_profile(chip))
    assert Auto().choose(record, filled) is filled


def test_what_is_wrong_is_told():
    network = two_layers(1)
    record = simulate(network, SpikeDataset(spikes(network, 1)), record="events")
    filled = map_network(network, LOIHI)
    with pytest.raises(DesignProblem, match="scenario is 'batch'; it must be one of offline"):
        Auto().choose(record, filled, scenario="batch")
    with pytest.raises(DesignProblem, match="dt_s is None; live input has a time a step"):
        Auto().choose(record, filled, scenario="real_time")
    with pytest.raises(DesignProblem, match="growth is -1; it must be 0 or more"):
        Auto(growth=-1)
    with pytest.raises(UnknownName, match="no partitioner 'tils'"):
        Auto(("tils",))
