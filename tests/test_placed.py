"""Where neurons lie: by hand, within a budget of cores, and in another cut where only that fits."""

import pickle

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.deploy import deploy_case
from spikefit_nb.errors import DesignProblem, DoesNotFit, WrongArgument
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_by_hand, map_network
from spikefit_nb.network import IF, LIF, Conv2d, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from tests.networks import convolutional, spikes

LOIHI = load_profile("loihi1")


@pytest.fixture(scope="module")
def digits():
    """The network that comes with the package, and a few recordings."""
    return load_network("digits"), load_dataset("digits").take(20)


def never(*_, **__):
    """In place of a simulation."""
    raise AssertionError("simulated again")


def test_a_mapping_made_by_hand_is_priced_without_another_simulation(digits, monkeypatch):
    network, dataset = digits
    report = sf.deploy(network, LOIHI, dataset)
    monkeypatch.setattr("spikefit_nb.simulate.cache.simulate", never)
    same = sf.deploy(network, LOIHI, dataset, mapping=report.mapping)
    assert (same.event_energy_j, same.latency_s) == (report.event_energy_j, report.latency_s)
    assert same.code == report.code[:-1] + ", mapping=mapping)"
    apart = {name: np.arange(core.size) for name, core in report.mapping.cores.items()}
    by_dict = sf.deploy(network, LOIHI, dataset, mapping=apart)
    by_map = sf.deploy(network, LOIHI, dataset, mapping=map_by_hand(network, LOIHI, apart))
    assert by_dict.n_cores == max(map(len, apart.values()))
    assert by_dict.event_energy_j == by_map.event_energy_j != report.event_energy_j
    assert by_dict.accuracy == report.accuracy


def test_a_mapping_is_for_the_network_as_adapted(digits):
    network, dataset = digits
    design = sf.Design(prune_neurons=0.5, weight_bits=4, partition="layers")
    report = sf.deploy(network, LOIHI, dataset, design=design)
    spread = map_network(report.network, LOIHI, neurons_per_core=5)
    placed = sf.deploy(network, LOIHI, dataset, design=design, mapping=spread)
    assert placed.n_cores == spread.n_cores > report.n_cores
    assert placed.network.n_neurons == report.network.n_neurons
    with pytest.raises(DesignProblem, match=r"cores\['.*'\] is .*; a whole number for each of"):
        sf.deploy(network, LOIHI, dataset, mapping=spread)  # of fewer neurons than these


def test_what_a_mapping_breaks_is_told_and_what_would_cure_it():
    network = convolutional(3)
    dataset = SpikeDataset(spikes(network, 1), np.zeros(3, int))
    chip = LOIHI.replace(neurons_per_core=50)
    one = {p.name: np.zeros(p.n_neurons, int) for p in network.neuron_populations}
    design = sf.Design(suit_chip=True)
    report = sf.deploy(network, chip, dataset, design=design, mapping=one)
    (need,) = report.violations
    assert (need.what, need.limit) == ("neurons on a core", 50) and need.need > 50
    assert [remedy.headline for remedy in report.fit.remedies] == [
        "neurons on cores as deploy lays them out, no mapping="
    ]
    assert report.fit.remedies[0].case.mapping is None
    with pytest.raises(DoesNotFit, match="neurons on a core"):
        sf.deploy(network, chip, dataset, design=design, mapping=one, strict=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cores: {"no": cores["out"]}, "cores names no; the populations with neurons are"),
        (lambda cores: {**cores, "out": cores["out"] + 128}, "goes from 128 to 128; .* cores 0 to"),
        (lambda cores: {**cores, "out": cores["out"][1:]}, "a whole number for each of"),
        (lambda cores: {**cores, "out": cores["out"] + 0.5}, "is float64"),
    ],
)
def test_a_mapping_of_other_neurons_or_cores_is_refused(digits, change, said):
    network, dataset = digits
    cores = {p.name: np.zeros(p.n_neurons, int) for p in network.neuron_populations}
    name = next(n for n in cores if n != "hidden")
    renamed = {"out" if n == name else n: of for n, of in cores.items()}
    wrong = {name if n == "out" else n: of for n, of in change(renamed).items()}
    with pytest.raises(DesignProblem, match=said):
        sf.deploy(network, LOIHI, dataset, mapping=wrong)


def test_a_mapping_of_another_kind_is_refused(digits):
    network, dataset = digits
    with pytest.raises(WrongArgument, match="mapping is a str but must be"):
        sf.deploy(network, LOIHI, dataset, mapping="rows")


def test_a_case_with_a_mapping_travels_whole_and_is_another_case(digits):
    network, dataset = digits
    cores = {p.name: np.zeros(p.n_neurons, int) for p in network.neuron_populations}
    plain, placed = Case(network, LOIHI, dataset), Case(network, LOIHI, dataset, mapping=cores)
    cores[next(iter(cores))][:] = 5  # which the case does not see
    again = pickle.loads(pickle.dumps(placed))
    by_map = Case(network, LOIHI, dataset, mapping=map_by_hand(network, LOIHI, placed.cores))
    assert placed.fingerprint == again.fingerprint == by_map.fingerprint != plain.fingerprint
    assert "on cores that are given" in repr(placed)
    assert deploy_case(again).n_cores == deploy_case(placed).n_cores == 1


def test_a_budget_of_cores_is_a_limit_with_remedies(digits):
    network, _ = digits
    over = sf.check_fit(network, LOIHI, sf.Design(core_budget=1))
    (need,) = over.violations
    assert (need.need, need.limit, need.source) == (2, 1, "sf.Design(core_budget=1)")
    assert "cores of the budget" in repr(over) and over._repr_html_()
    assert over.remedies[0].design == sf.Design(core_budget=1, share_cores=True)
    assert all(remedy.n_chips == 1 for remedy in over.remedies)
    enough = sf.check_fit(network, LOIHI, sf.Design(core_budget=2))
    assert enough.fits and enough.mapping.n_cores == 2


@pytest.mark.parametrize("budget", [4, 9])
def test_the_cores_that_a_run_waits_for_stay_within_the_budget(digits, budget):
    network, dataset = digits
    design = sf.Design(partition="bottleneck", core_budget=budget)
    report, free = (
        sf.deploy(network, LOIHI, dataset, design=d)
        for d in (design, sf.Design(partition="bottleneck"))
    )
    assert 2 < report.n_cores <= budget < free.n_cores
    assert free.latency_s < report.latency_s


def odd_map():
    """A map that boxes cut badly: 7 x 7 pixels, of which a core reads 15."""
    weight = np.random.default_rng(0).integers(1, 8, (2, 2, 3, 3)).astype(np.int8)
    conv = Conv2d(weight, (2, 7, 7), padding=1)
    neurons = Population("out", conv.output_shape, LIF(0.01))
    network = Network(
        [Population("in", (2, 7, 7), Input()), neurons], [Projection("in", "out", conv, scale=1.0)]
    )
    return network, LOIHI.replace(axons_in_per_core=30, cores=20)


def test_a_network_is_cut_as_it_fits_where_the_cut_asked_for_does_not():
    network, chip = odd_map()
    layers, tiles = (map_network(network, chip, partition=p) for p in ("layers", "tiles"))
    assert layers.n_cores == 33 and tiles.n_cores == 18
    report = sf.check_fit(network, chip)
    assert report.fits and (report.mapping.core_of == tiles.core_of).all()
    assert report.cut_instead == (
        "In layers, it would take 33 of 20 cores. It is cut in tiles, 18 cores, as "
        "sf.Design(partition='tiles') says."
    )
    assert "In layers, it would take 33 of 20 cores" in report._repr_html_()
    dataset = SpikeDataset(np.ones((1, 4, network.n_channels), bool), [0])
    deployed = sf.deploy(network, chip, dataset, design=sf.Design(partition="layers"))
    assert deployed.n_cores == 18 and report.cut_instead in deployed.remarks
    spread = sf.deploy(network, chip, dataset)  # from there on, for the shortest run
    assert 18 <= spread.n_cores <= 20 and spread.latency_s <= deployed.latency_s
    asked = sf.check_fit(network, chip, sf.Design(partition="tiles"))
    assert asked.cut_instead == "" and asked.mapping.n_cores == 18
    assert not sf.check_fit(network, chip.replace(cores=17)).fits
    assert sf.check_fit(network, chip.replace(cores=40)).cut_instead == ""


def two_chips():
    """Four neurons onto four, two a core: both layers take the two cores of a chip."""
    weight = np.ones((4, 4), np.int8)
    populations = [
        Population("in", (4,), Input()),
        Population("hidden", (4,), IF(1.0)),
        Population("out", (4,), IF(2.0)),
    ]
    network = Network(
        populations,
        [
            Projection("in", "hidden", np.eye(4, dtype=np.int8), scale=1.0),
            Projection("hidden", "out", weight, scale=1.0),
        ],
    )
    return network, LOIHI.replace(cores=2, neurons_per_core=2, axons_in_per_core=4)


def test_it_is_told_how_many_chips_a_network_takes_and_what_the_cut_between_them_costs():
    network, chip = two_chips()
    inputs = np.zeros((2, 5, 4), bool)
    inputs[0, :3, 0] = inputs[1, 1, :] = True  # three spikes, and four: each fires its neuron
    dataset = SpikeDataset(inputs, [0, 1])
    report = sf.check_fit(network, chip, dataset=dataset)
    assert not report.fits and report.n_chips == 2
    remedy = next(r for r in report.remedies if r.changes == ("2 chips",))
    # Hidden neurons are on chip 0, and each sends to both cores of the output, on chip 1.
    assert remedy.mapping.chips.tolist() == [0, 0, 1, 1]
    assert remedy.mapping.axons_between_chips == 4 * 2
    assert remedy.packets_between_chips == 2 * (3 + 4) / 2  # of two recordings
    told = {q.name: q.value for q in remedy.quantities}
    assert told["axons_between_chips"] == 8 and told["packets_between_chips"] == 7
    assert "energy_between_chips_j" not in told  # which nobody has published of Loihi
    words = "As it is, it takes 2 chips: 8 axons lead from one to another, 7.0 packets per"
    assert words in report._repr_html_()
    # 4 input axons reach a core, 4 hidden ones two: a word of 64 bits each
    once = f"in every step, {(4 + 4 * 2) * 64} bits of synapses; what loading costs is not publ"
    assert "would load all of its 2 parts" in report._repr_html_() and once in report._repr_html_()
    priced = chip.replace(energy_chip_hop=10)  # pJ
    remedy = next(
        r
        for r in sf.check_fit(network, priced, dataset=dataset).remedies
        if r.changes == ("2 chips",)
    )
    assert remedy.energy_between_chips_j == pytest.approx(7 * 10e-12)
    assert sf.deploy(network, remedy.profile, dataset).price.counts["between_chips"] == 7


def test_without_recordings_the_axons_between_chips_are_told():
    network, chip = two_chips()
    report = sf.check_fit(network, chip)
    assert "2 chips: 8 axons lead from one to another." in report._repr_html_()
    assert sf.check_fit(network, LOIHI).n_chips == 1
    assert sf.check_fit(network, chip.replace(axons_in_per_core=3)).n_chips is None
