"""Knobs of which each population has its own value."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import (
    Activity,
    limit_fan_in,
    prune,
    prune_neurons,
    quantize,
    relay_fan_in,
    share_weights,
)
from spikefit_nb.case import Case
from spikefit_nb.errors import DesignProblem, UnknownName, WrongArgument
from spikefit_nb.fit import check_fit
from spikefit_nb.mapping import map_network
from spikefit_nb.network import PerPopulation
from tests.networks import spikes, two_layers

VALUES = {  # knob: one that changes something
    "weight_bits": 4,
    "prune_fraction": 0.4,
    "prune_neurons": 0.3,
    "weight_values": 3,
    "max_fan_in": 3,
    "threshold_scale": 1.3,
    "max_events_per_step": 2,
    "neurons_per_core": 2,
}
CHIPS = ("loihi1", "speck", "truenorth", "spinnaker2", "dynap_se2")
EACH = ("hidden", "output")
LOIHI = sf.load_profile("loihi1")


@pytest.fixture(scope="module")
def network():
    return two_layers(3)


@pytest.fixture(scope="module")
def recordings(network):
    return sf.SpikeDataset(spikes(network, 3, n_samples=9, rate=0.5))


def each_alike(knobs):
    """The same values, said of every population they can be said of."""
    names = {"prune_neurons": EACH[:1]}
    return {knob: dict.fromkeys(names.get(knob, EACH), v) for knob, v in knobs.items()}


def made(case):
    """The bytes of the adapted network, and where its neurons lie."""
    network = case.adapt().network
    design = case.design
    cores = map_network(
        network,
        case.profile,
        neurons_per_core=design.neurons_per_core,
        share_cores=design.share_cores,
    )
    return network.fingerprint, cores.core_of.tolist()


def test_the_knobs_that_take_a_mapping_are_those_tested_here():
    taken = []
    for field in sf.Design().__dataclass_fields__:
        try:
            sf.Design(**{field: {"hidden": VALUES.get(field, True)}})
            taken.append(field)
        except (DesignProblem, WrongArgument):
            pass
    assert set(taken) == set(VALUES)


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("knob", VALUES)
def test_the_same_for_every_population_gives_the_same_bytes_as_one_for_all(
    knob, chip, calibrated, network, recordings
):
    if knob == "max_events_per_step" and not calibrated:
        pytest.skip("needs a calibration set")
    knobs = {knob: VALUES[knob]}
    common = {"share_cores": knob == "neurons_per_core"}
    case = Case(network, sf.load_profile(chip), calibration=recordings if calibrated else None)
    one = made(replace(case, design=sf.Design(**knobs, **common)))
    assert made(replace(case, design=sf.Design(**each_alike(knobs), **common))) == one


def test_all_knobs_together_give_the_same_bytes_too(network, recordings):
    case = Case(network, LOIHI, calibration=recordings)
    one = made(replace(case, design=sf.Design(**VALUES, relays=True)))
    assert made(replace(case, design=sf.Design(**each_alike(VALUES), relays=True))) == one


def layer(network, name):
    """What a population is, and the real weights that lead into it."""
    weights = [e.real_weight().values for e in network.projections if e.target == name]
    return network[name].parameter("v_threshold").tolist(), np.concatenate(weights).tolist()


@pytest.mark.parametrize("knob", [*VALUES][:6])
def test_a_population_that_is_not_named_keeps_the_default(knob, network):
    case = Case(network, LOIHI)
    named = replace(case, design=sf.Design(**{knob: {"hidden": VALUES[knob]}}))
    before, after = case.adapt().network, named.adapt().network
    assert layer(before, "hidden") != layer(after, "hidden")
    if knob != "prune_neurons":  # which takes synapses of those behind it along
        assert layer(before, "output") == layer(after, "output")


def test_spikes_of_a_population_that_is_not_named_are_not_capped(network, recordings):
    case = Case(network, LOIHI, calibration=recordings)
    capped = replace(case, design=sf.Design(max_events_per_step={"hidden": 2})).adapt()
    assert "spikes of hidden" in capped.changes[-1].change
    assert "spikes of output" not in capped.changes[-1].change


def test_neurons_of_a_population_that_is_not_named_fill_their_core(network):
    cores = map_network(network, LOIHI, neurons_per_core={"hidden": 2})
    assert cores.needs.neurons.tolist() == [2, 2, 2, 1, 3]


def test_weights_into_each_population_have_its_bits(network):
    case = Case(network, LOIHI, design=sf.Design(weight_bits={"hidden": 2, "output": 5}))
    bits = {e.target: e.weight_bits for e in case.adapt().network.projections}
    assert bits == {"hidden": 2, "output": 5}
    assert {e.target: int(np.abs(e.values).max()) for e in case.adapt().network.projections} == {
        "hidden": 1,
        "output": 15,
    }


def test_a_population_that_is_not_named_gets_the_bits_of_the_chip(network):
    case = Case(network, LOIHI, design=sf.Design(weight_bits={"hidden": 2}))
    bits = {e.target: e.weight_bits for e in case.adapt().network.projections}
    assert bits == {"hidden": 2, "output": max(LOIHI.value("weight_bits"))}


def test_integers_of_more_bits_than_the_chip_has_stay_where_the_design_does_not_name_them(network):
    given = quantize(network, {"output": 12}).network
    made = Case(given, LOIHI, design=sf.Design(weight_bits={"hidden": 3})).adapt().network
    assert {e.target: e.weight_bits for e in made.projections} == {"hidden": 3, "output": 12}


@pytest.mark.parametrize(
    ("change", "one", "options"),
    [
        (prune, 0.5, {}),
        (quantize, 3, {}),
        (share_weights, 2, {}),
        (limit_fan_in, 2, {}),
    ],
)
def test_a_change_of_some_populations_is_that_of_all_in_them(change, one, options, network):
    every = {e.target: e for e in change(network, one, **options).network.projections}
    some = {e.target: e for e in change(network, {"hidden": one}, **options).network.projections}
    own = {e.target: e for e in network.projections}
    assert np.array_equal(some["hidden"].values, every["hidden"].values)
    assert some["output"] is own["output"]


def test_relays_work_for_the_populations_named(network, recordings):
    activity = Activity(network, recordings)
    after = relay_fan_in(network, {"output": 2}, activity=activity).network
    relays = [p.name for p in after.neuron_populations if "relays" in p.name]
    assert relays and all(name.startswith("output/") for name in relays)
    assert layer(after, "hidden") == layer(network, "hidden")


def test_what_is_made_of_a_population_has_its_setting(network, recordings):
    design = sf.Design(weight_bits={"output": 3}, max_fan_in={"output": 2}, relays=True)
    after = Case(network, LOIHI, design=design, calibration=recordings).adapt().network
    relays = [e for e in after.projections if e.target.startswith("output/")]
    assert relays and all(e.weight_bits == 3 for e in relays)


def test_a_core_that_layers_share_keeps_to_the_least_of_them(network):
    cores = map_network(network, LOIHI, neurons_per_core={"output": 4}, share_cores=True)
    assert cores.needs.neurons.tolist() == [7, 3]
    roomy = map_network(network, LOIHI, neurons_per_core={"output": 10}, share_cores=True)
    assert roomy.needs.neurons.tolist() == [10]


class TestDesign:
    design = sf.Design(weight_bits={"hidden": 4, "out": 8}, prune_fraction=0.5)

    def test_its_repr_gives_itself(self):
        assert (
            repr(self.design) == "Design(weight_bits={'hidden': 4, 'out': 8}, prune_fraction=0.5)"
        )
        assert eval(repr(self.design), {"Design": sf.Design}) == self.design

    def test_it_has_a_hash_whatever_the_order_of_names(self):
        other = sf.Design(weight_bits={"out": 8, "hidden": 4}, prune_fraction=0.5)
        assert other == self.design and hash(other) == hash(self.design)

    def test_its_changes_make_it_again(self):
        assert sf.Design(**self.design.changes()) == self.design
        assert self.design.changes()["weight_bits"] == {"hidden": 4, "out": 8}

    def test_it_stays_as_it_was_made(self):
        bits = {"hidden": 4}
        design = sf.Design(weight_bits=bits)
        bits["hidden"] = 9
        assert design == sf.Design(weight_bits={"hidden": 4})
        with pytest.raises(TypeError):
            design.weight_bits["hidden"] = 5

    def test_it_pickles_and_copies(self):
        assert pickle.loads(pickle.dumps(self.design)) == self.design
        assert copy.deepcopy(self.design) == self.design

    def test_its_numbers_say_of_which_population_they_are(self):
        assert [(q.of, q.name, q.value) for q in self.design.quantities] == [
            ("hidden", "weight_bits", 4),
            ("out", "weight_bits", 8),
            ("", "prune_fraction", 0.5),
        ]
        assert "hidden: bits of a stored weight" in str(self.design.rows())

    def test_naming_nobody_is_the_default(self):
        assert sf.Design(weight_bits={}) == sf.Design()

    @pytest.mark.parametrize(
        ("knobs", "said"),
        [
            ({"weight_bits": {"hidden": 17}}, "weight_bits of 'hidden' is 17"),
            ({"weight_bits": {"hidden": 2.5}}, "must be a whole number or None"),
            ({"prune_fraction": {"hidden": None}}, "must be a number"),
            ({"n_steps": {"hidden": 3}}, "one for the whole network"),
            ({"fuse": {"hidden": True}}, "one for the whole network"),
        ],
    )
    def test_a_value_that_the_knob_does_not_take_is_refused(self, knobs, said):
        with pytest.raises(DesignProblem, match=said):
            sf.Design(**knobs)


def test_a_name_that_no_population_has_is_refused_with_the_nearest(network):
    with pytest.raises(UnknownName, match="Did you mean 'hidden'"):
        Case(network, LOIHI, design=sf.Design(weight_bits={"hiden": 4}))
    with pytest.raises(UnknownName, match="'input'"):
        Case(network, LOIHI, design=sf.Design(weight_bits={"input": 4}))
    with pytest.raises(UnknownName, match="Did you mean 'output'"):
        prune(network, {"outptu": 0.5})


def test_the_neurons_of_the_output_stay(network):
    with pytest.raises(DesignProblem, match="the output"):
        prune_neurons(network, {"output": 0.5})


def test_values_are_not_shared_between_populations_with_numbers_of_their_own(network):
    with pytest.raises(DesignProblem, match="scope"):
        share_weights(network, {"hidden": 2}, scope="network")


def test_a_remedy_is_never_milder_than_what_a_population_has_already():
    digits, truenorth = sf.load_network("digits"), sf.load_profile("truenorth")
    fit = check_fit(digits, truenorth, design=sf.Design(weight_bits={"hidden": 1}))
    assert [r.design for r in fit.remedies] == [sf.Design(weight_bits={"hidden": 1, "digit": 2})]
    assert repr(fit.remedies[0]) == "Remedy(weights of 1 (hidden) and 2 (digit) bits)"


def test_settings_by_population_equal_a_plain_mapping():
    assert PerPopulation({"a": 1}) == {"a": 1} and PerPopulation({"a": 1}) != {"a": 2}


def test_a_report_says_the_bits_of_each_population(network, recordings):
    labelled = replace(recordings, labels=np.arange(9) % 3)
    report = sf.deploy(
        network, LOIHI, labelled, design=sf.Design(weight_bits={"hidden": 4, "output": 8})
    )
    assert "weight_bits={'hidden': 4, 'output': 8}" in report._repr_html_().replace("&#x27;", "'")
    again = eval(report.code, {"sf": sf, "network": network, "profile": LOIHI, "dataset": labelled})
    assert again.to_dict() == report.to_dict()
