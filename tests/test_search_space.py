"""What a search can choose: only knobs that act on a chip, at values that it can store."""

import itertools
from dataclasses import fields, replace

import numpy as np
import optuna
import pytest

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.deploy import deploy_case
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.fit import check_fit, judge
from spikefit_nb.mapping import map_network
from spikefit_nb.search.knobs import KINDS, kind_of
from spikefit_nb.search.setting import FEW, Found
from spikefit_nb.search.space import Knob, default_space
from spikefit_nb.search.unit_cube import UnitCube
from tests.networks import spikes, two_layers

CHIPS = ("loihi1", "loihi2", "speck", "truenorth", "xylo_audio3", "odin", "akida_akd1500", "seneca")
DATASET = sf.load_dataset("digits").take(20)
DIGITS = sf.load_network("digits")


def space_of(chip, network=DIGITS, dataset=DATASET, **options):
    return default_space(network, sf.load_profile(chip), dataset, **options)


def kinds(space):
    return {kind_of(knob.name) for knob in space.knobs}


def told(report):
    """What a report tells of costs and answers."""
    names = ("accuracy", "n_cores", "memory_bits", "synaptic_operations", "energy_j", "latency_s")
    return report.fits and [getattr(report, name) for name in names]


def drawn(space, n, seed=0):
    """Random points of a space."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return [study.ask(space.distributions).params for _ in range(n)]


@pytest.fixture(scope="module", autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


class TestWhatActs:
    def test_every_knob_of_a_design_is_a_kind_of_the_space(self):
        assert {f.name for f in fields(sf.Design)} <= set(KINDS)

    @pytest.mark.parametrize(
        ("chip", "found", "missing"),
        [
            ("loihi1", {"weight_bits", "neurons_per_core", "share_cores"}, {"weight_values"}),
            ("speck", {"prune_fraction"}, {"weight_bits", "neurons_per_core", "share_cores"}),
            ("truenorth", {"weight_values", "neurons_per_core"}, {"weight_bits"}),
            ("xylo_audio3", {"prune_neurons"}, {"neurons_per_core", "weight_bits"}),
            ("odin", {"prune_neurons"}, {"prune_fraction", "neurons_per_core", "weight_bits"}),
        ],
    )
    def test_a_chip_has_the_knobs_that_act_on_it(self, chip, found, missing):
        there = kinds(space_of(chip))
        assert found | {"n_steps", "threshold_scale"} <= there and not missing & there

    def test_populations_have_knobs_of_their_own_where_they_are_few(self):
        names = [knob.name for knob in space_of("loihi1").knobs]
        assert {"weight_bits.hidden", "weight_bits.digit", "prune_neurons.hidden"} <= set(names)
        assert "weight_bits" not in names and "prune_neurons.digit" not in names

    def test_thresholds_can_be_low_enough_for_few_steps_also_of_the_output(self):
        ranges = {knob.name: knob.found.range for knob in space_of("loihi1").knobs}
        assert ranges["threshold_scale.hidden"] == ranges["threshold_scale.digit"] == (0.25, 2.0)
        few = {"n_steps": 13, "neurons_per_core": 4}
        accuracy = {
            scale: sf.deploy(
                DIGITS,
                sf.load_profile("loihi1"),
                sf.load_dataset("digits"),
                design=sf.Design(**few, threshold_scale={"hidden": scale}),
            ).accuracy
            for scale in (0.3, 1.0)
        }
        assert accuracy[0.3] > accuracy[1.0]

    def test_many_populations_have_their_knobs_in_common(self):
        layers = [sf.Population("in", (4,), sf.Input())]
        layers += [sf.Population(f"layer{k}", (4,), sf.IF(1.0)) for k in range(FEW + 1)]
        ends = itertools.pairwise(layers)
        deep = sf.Network(layers, [sf.Projection(a.name, b.name, np.eye(4)) for a, b in ends])
        assert all("." not in knob.name for knob in space_of("loihi1", deep, None).knobs)

    @pytest.mark.parametrize("chip", ["loihi1", "speck", "tianjic", "seneca"])
    def test_every_knob_changes_something_that_a_report_tells(self, chip):
        profile = sf.load_profile(chip)
        # enough recordings that some answer depends on the output's threshold
        space, case = space_of(chip), Case(DIGITS, profile, sf.load_dataset("digits").take(100))
        first = space.starts(case)[0]
        as_trained = told(deploy_case(space.case(first, case)))
        for knob in space.knobs:
            if knob.name not in space.canonical(first):  # but beside others
                assert knob.found.acts is not None, knob.name
                continue
            moved = (space.case({**first, knob.name: end}, case) for end in knob.found.range)
            assert any(told(deploy_case(made)) != as_trained for made in moved), knob.name

    @pytest.mark.parametrize("chip", ["tianjic", "dynap_se2", "spinnaker1", "brainscales2"])
    def test_neurons_that_the_chip_lacks_are_replaced_in_every_design(self, chip):
        space, case = space_of(chip), Case(DIGITS, sf.load_profile(chip), DATASET)
        assert not check_fit(DIGITS, case.profile).fits
        assert space.fixed == {"suit_chip": True}
        assert "IF" in space.to_dict()["suit_chip: why"]["value"]
        made = space.case(space.starts(case)[0], case)
        assert made.design == sf.Design(suit_chip=True) and deploy_case(made).fits

    def test_a_network_that_resets_otherwise_than_the_chip_can_be_searched(self):
        network = two_layers(0, reset="subtract")
        recordings = sf.SpikeDataset(spikes(network, 0, n_samples=4, rate=0.4))
        case = Case(network, sf.load_profile("loihi1"), recordings)
        space = space_of("loihi1", network, recordings)
        assert not check_fit(network, case.profile).fits
        assert all(deploy_case(space.case(p, case)).fits for p in drawn(space, 5))
        given = space_of("loihi1", network, recordings, given={"suit_chip": False})
        assert given.fixed == {"suit_chip": False}

    def test_a_network_of_integers_is_not_rounded_again(self):
        network = sf.adapt.quantize(two_layers(0), 4).network
        assert "weight_bits" not in kinds(space_of("loihi1", network, None))

    def test_relays_and_fan_in_are_turned_where_a_limit_binds(self):
        random = np.random.default_rng(0)
        layers = [sf.Population("in", (300,), sf.Input()), sf.Population("out", (4,), sf.IF(1.0))]
        wide = sf.Network(layers, [sf.Projection("in", "out", random.normal(size=(300, 4)))])
        recordings = sf.SpikeDataset(random.random((3, 5, 300)) < 0.2)
        truenorth = sf.load_profile("truenorth")
        without = default_space(wide, truenorth)
        assert "max_fan_in" in kinds(without) and "relays" not in kinds(without)
        assert "relays" in kinds(default_space(wide, truenorth, calibration=recordings))
        assert "max_fan_in" not in kinds(space_of("truenorth"))

    def test_parallel_projections_can_be_fused(self):
        network = two_layers(0)
        assert "fuse" not in kinds(space_of("loihi1", network, None))
        parallel = sf.Projection("input", "hidden", np.eye(5, 7))
        both = network.replace(projections=[*network.projections, parallel])
        assert "fuse" in kinds(space_of("loihi1", both, None))

    def test_layers_are_split_where_a_core_takes_them_whole_and_is_too_small(self):
        layers = [
            sf.Population("in", (512,), sf.Input()),
            sf.Population("a", (256,), sf.IF(1.0)),
            sf.Population("b", (10,), sf.IF(1.0)),
        ]
        large = sf.Network(
            layers,
            [
                sf.Projection("in", "a", np.ones((512, 256))),
                sf.Projection("a", "b", np.ones((256, 10))),
            ],
        )
        assert "split_layers" in kinds(space_of("speck", large, None))
        assert "split_layers" not in kinds(space_of("loihi1", large, None))
        assert "split_layers" not in kinds(space_of("speck"))

    def test_events_are_capped_where_a_chip_has_a_cap_and_there_is_a_calibration_set(self):
        assert "max_events_per_step" in kinds(space_of("xylo_audio3", calibration=DATASET))
        assert "max_events_per_step" not in kinds(space_of("xylo_audio3"))
        assert "max_events_per_step" not in kinds(space_of("speck", calibration=DATASET))


class TestRanges:
    def test_no_design_asks_for_a_width_that_the_chip_does_not_store(self):
        space, stored = space_of("loihi1"), sf.load_profile("loihi1").value("weight_bits")
        asked = {
            bits
            for params in drawn(space, 60)
            for bits in dict(space.design(params).changes().get("weight_bits", {})).values()
        }
        assert asked <= set(stored) and len(asked) > 3

    @pytest.mark.parametrize("sizes", [(300, 10), (65, 63), (1, 40), (30, 30)])
    @pytest.mark.parametrize("n_cores", [4, 7, 32])
    def test_the_least_neurons_a_core_still_fit_the_cores(self, sizes, n_cores):
        layers = [sf.Population("in", (2,), sf.Input())]
        layers += [sf.Population(f"p{k}", (n,), sf.IF(1.0)) for k, n in enumerate(sizes)]
        network = sf.Network(
            layers,
            [
                sf.Projection("in", "p0", np.ones((2, sizes[0]))),
                sf.Projection("p0", "p1", np.ones(sizes)),
            ],
        )
        chip = sf.load_profile("loihi1").replace(cores=n_cores)
        space = default_space(network, chip)
        for knob in space.knobs:
            if kind_of(knob.name) == "neurons_per_core":
                least = space.design({knob.name: knob.found.range[0]}).neurons_per_core
                assert map_network(network, chip, neurons_per_core=least).n_cores <= n_cores

    def test_the_least_for_all_populations_together_fits_and_one_less_does_not(self):
        n = FEW + 1
        layers = [sf.Population("in", (2,), sf.Input())]
        layers += [sf.Population(f"p{k}", (5 + k,), sf.IF(1.0)) for k in range(n)]
        ends = itertools.pairwise(layers)
        network = sf.Network(
            layers,
            [sf.Projection(a.name, b.name, np.ones((a.n_neurons, b.n_neurons))) for a, b in ends],
        )
        chip = sf.load_profile("loihi1").replace(cores=20)
        least = next(
            knob.found.range[0]
            for knob in default_space(network, chip).knobs
            if knob.name == "neurons_per_core"
        )
        assert map_network(network, chip, neurons_per_core=least).n_cores <= 20
        assert map_network(network, chip, neurons_per_core=least - 1).n_cores > 20

    def test_steps_are_shares_of_the_recordings_and_all_is_one_of_them(self):
        for n_steps in (2, 5, 19, 64, 300):
            recordings = sf.SpikeDataset(np.ones((1, n_steps, 64), bool))
            steps = space_of("loihi1", dataset=recordings).distributions["n_steps"]
            assert steps.high == n_steps and (steps.high - steps.low) % steps.step == 0
            assert 1 <= steps.low <= max(1, n_steps // 4)
            assert (steps.high - steps.low) // steps.step < 21

    @pytest.mark.parametrize("chip", CHIPS)
    def test_every_point_is_a_design_that_can_be_tried(self, chip):
        profile = sf.load_profile(chip)
        space, case = space_of(chip), Case(DIGITS, profile, DATASET)
        for params in drawn(space, 8):
            made = space.case(params, case)
            assert made.adapt().network.n_neurons <= DIGITS.n_neurons

    def test_points_of_one_design_have_one_form(self):
        space = space_of("loihi1")
        points = drawn(space, 200)
        forms = {}
        for params in points:
            form = space.canonical(params)
            assert space.canonical(form) == form
            assert space.design(form) == space.design(params)
            assert forms.setdefault(tuple(form.items()), space.design(params)) == space.design(
                params
            )

    def test_pieces_of_the_same_size_are_one_form(self):
        space = space_of("loihi1")
        one, other = ({"neurons_per_core.hidden": n} for n in (33, 63))
        assert space.canonical(one) == space.canonical(other) == {"neurons_per_core.hidden": 32}


class TestStarts:
    @pytest.mark.parametrize("chip", ["loihi1", "speck"])
    def test_the_first_is_the_network_as_trained_and_others_differ_from_it(self, chip):
        space = space_of(chip)
        first, *others = space.starts(Case(DIGITS, sf.load_profile(chip), DATASET))
        assert space.design(first) == sf.Design()
        designs = [space.design(params) for params in others]
        assert sf.Design() not in designs and len(set(designs)) == len(designs)
        assert sf.Design(weight_bits={"hidden": 5}) in designs or chip != "loihi1"

    @pytest.mark.parametrize("chip", CHIPS)
    def test_they_are_points_of_the_space(self, chip):
        space = space_of(chip)
        for params in space.starts(Case(DIGITS, sf.load_profile(chip), DATASET)):
            assert set(params) == set(space.distributions)
            for name, value in params.items():
                distribution = space.distributions[name]
                assert distribution._contains(distribution.to_internal_repr(value)), name

    def test_the_cure_of_a_chip_is_the_first_where_the_network_does_not_fit_as_trained(self):
        truenorth = sf.load_profile("truenorth")
        space = space_of("truenorth")
        first, *_ = space.starts(Case(DIGITS, truenorth, DATASET))
        assert not check_fit(DIGITS, truenorth).fits
        assert check_fit(DIGITS, truenorth, design=space.design(first)).fits

    def test_remedies_are_among_them(self):
        few = sf.load_profile("loihi1").replace(cores=1)
        case = Case(DIGITS, few, DATASET)
        remedies = [r.design for r in check_fit(DIGITS, few).remedies]
        space = default_space(DIGITS, few, DATASET, given={"share_cores": [False, True]})
        designs = [space.design(params) for params in space.starts(case)]
        assert sf.Design(share_cores=True) in remedies and sf.Design(share_cores=True) in designs


PROFILES = [sf.load_profile(name) for name in ("loihi1", "speck", "truenorth")]


class TestSeveralChips:
    space = default_space(DIGITS, PROFILES, DATASET)

    def test_the_chip_is_a_knob(self):
        assert self.space.distributions["chip"].choices == ("loihi1", "speck", "truenorth")

    def test_a_case_is_on_the_chip_of_the_point(self):
        case = Case(DIGITS, PROFILES[0], DATASET)
        for params in drawn(self.space, 20):
            assert self.space.case(params, case).profile.name == params["chip"]

    def test_only_knobs_of_that_chip_are_left(self):
        point = drawn(self.space, 1)[0]
        for profile in PROFILES:
            own = [knob.name for knob in default_space(DIGITS, profile, DATASET).knobs]
            for partition in ("layers", "auto"):
                there = {**point, "chip": profile.name, "partition": partition}
                acts = default_space(DIGITS, profile, DATASET).canonical(there)
                assert set(self.space.canonical(there)) == {"chip", *acts} <= {"chip", *own}

    def test_the_table_says_on_which_chip_a_knob_acts(self):
        said = self.space.to_dict()
        assert said["weight_bits.hidden: condition"]["value"] == "chip is loihi1"
        assert said["n_steps: condition"]["value"] == "always"

    def test_a_study_of_one_of_them_has_no_choice_of_chip(self):
        given = default_space(DIGITS, PROFILES, DATASET, given={"chip": "speck"})
        assert "chip" not in given.distributions and given.fixed == {"chip": "speck"}
        assert given.case({}, Case(DIGITS, PROFILES[0], DATASET)).profile.name == "speck"


class TestGiven:
    def test_a_knob_of_all_stands_in_place_of_those_of_each(self):
        space = space_of("loihi1", given={"weight_bits": (2, 8)})
        assert "weight_bits" in space.distributions
        assert "weight_bits.hidden" not in space.distributions
        assert space.design({"weight_bits": 4}) == sf.Design(weight_bits=4)

    def test_a_knob_of_one_population_leaves_the_others(self):
        given = {"weight_bits.hidden": 4, "prune_fraction": {"digit": 0.5}}
        space = space_of("loihi1", given=given)
        assert "weight_bits.digit" in space.distributions
        expected = sf.Design(
            weight_bits={"hidden": 4, "digit": 2}, prune_fraction={"digit": 0.5, "hidden": 0.1}
        )
        assert space.design({"weight_bits.digit": 2, "prune_fraction.hidden": 0.1}) == expected

    def test_a_fixed_value_is_in_every_design(self):
        space = space_of("loihi1", given={"share_cores": True, "n_steps": 20})
        assert space.design({}) == sf.Design(share_cores=True, n_steps=20)
        assert "share_cores" not in space.distributions

    def test_a_list_is_a_choice_and_equal_ends_are_none(self):
        space = space_of("loihi1", given={"weight_bits": [None, 2, 4], "n_steps": (9, 9)})
        assert space.distributions["weight_bits"].choices == (None, 2, 4)
        assert space.fixed == {"n_steps": 9}
        assert space.design({"weight_bits": None}) == sf.Design(n_steps=9)

    def test_a_figure_of_the_chip_can_be_searched_too(self):
        chip = sf.load_profile("loihi1")
        name = "figure:neurons_per_core"
        space = default_space(DIGITS, chip, DATASET, given={name: (8, 64)})
        made = space.case({name: 16}, Case(DIGITS, chip, DATASET))
        assert made.profile.value("neurons_per_core") == 16
        assert made.profile.figure("neurons_per_core").kind == "assumed"

    def test_the_way_to_read_can_be_searched_too(self):
        space = space_of("loihi1", given={"decode": ["count", "first_spike"]})
        made = space.case(
            {"decode": "first_spike"}, Case(DIGITS, sf.load_profile("loihi1"), DATASET)
        )
        assert made.decode == "first_spike" and made.design == sf.Design()

    @pytest.mark.parametrize(
        ("given", "problem", "said"),
        [
            ({"weight_bit": (2, 8)}, UnknownName, "weight_bits"),
            ({"weight_bits.hiden": (2, 8)}, UnknownName, "hidden"),
            ({"chip": ["loihi9"]}, UnknownName, "loihi1"),
            ({"figure:hopx": (1, 2)}, UnknownName, "hop_x"),
            ({"decode": ["counts"]}, UnknownName, "count"),
            ({"weight_bits": (8, 2)}, DesignProblem, "low, high"),
            ({"weight_bits": (2, 20)}, DesignProblem, "between 1 and 16"),
            ({"weight_bits": []}, DesignProblem, "nothing to choose"),
            ({"max_events_per_step": (2, 8)}, DesignProblem, "calibration"),
            ({"relays": True, "max_fan_in": (2, 8)}, DesignProblem, "calibration"),
        ],
    )
    def test_what_cannot_be_searched_is_refused(self, given, problem, said):
        with pytest.raises(problem, match=said):
            space_of("loihi1", given=given)

    def test_nothing_to_search_is_refused(self):
        names = {kind_of(name) for name in space_of("speck").distributions}
        with pytest.raises(DesignProblem, match="every knob is fixed"):
            space_of("speck", given={name: getattr(sf.Design(), name) for name in names})


def test_it_shows_itself_as_a_table():
    html = space_of("loihi1")._repr_html_()
    for words in ("Range", "Acts where", "Why", "weight_bits.hidden", "2, 3, 4, 5, 6, 8"):
        assert words in html
    assert repr(space_of("speck")) == "DesignSpace(6 knobs of digits on speck)"


def test_a_case_keeps_what_the_space_does_not_choose():
    case = Case(DIGITS, sf.load_profile("loihi1"), DATASET, decode="count", deadline_s=1.0)
    made = space_of("loihi1").case({"weight_bits.hidden": 4}, case)
    assert made.design == sf.Design(weight_bits={"hidden": 4})
    assert replace(made, design=case.design).code == case.code


@pytest.mark.parametrize(("chip", "least"), [("speck", 12), ("loihi1", 9)])
def test_most_points_of_a_convolutional_network_fit(chip, least, shared_data):
    path = shared_data / "nir" / "02_cnn" / "cnn_sinabs.nir"
    network = sf.read_nir(path, dt_s=1e-4, source="sinabs")
    case = Case(network, sf.load_profile(chip))
    space = default_space(network, case.profile)
    assert sum(judge(space.case(params, case)).fits for params in drawn(space, 12)) >= least


def test_the_first_start_on_truenorth_answers_better_than_the_remedy_of_few_bits():
    case = Case(DIGITS, sf.load_profile("truenorth"), sf.load_dataset("digits"))
    space = space_of("truenorth")
    first = deploy_case(space.case(space.starts(case)[0], case))
    remedy = deploy_case(replace(case, design=check_fit(DIGITS, case.profile).remedies[0].design))
    assert first.accuracy > remedy.accuracy + 0.03


@pytest.mark.parametrize("chip", ["loihi1", "truenorth"])
def test_what_acts_is_the_same_for_many_points_at_once_as_for_each(chip):
    space = default_space(DIGITS, sf.load_profile(chip), DATASET)
    cube, random = UnitCube(space.distributions), np.random.default_rng(3)
    rows = cube.drawn(random.random((300, len(cube.names))))
    one_by_one = cube.rows([space.canonical(params) for params in cube.params(rows)])
    np.testing.assert_allclose(cube.kept(rows, space.kept), one_by_one, atol=1e-12)
    assert any(knob.on[chip].acts for knob in space.knobs)


def test_a_knob_of_real_numbers_is_drawn_from_them_though_ends_are_whole():
    space = space_of("loihi1", given={"prune_fraction": (0, 0.9), "threshold_scale": (1, 2)})
    ends = {
        name: (type(d).__name__, d.low, d.high)
        for name, d in space.distributions.items()
        if name in ("prune_fraction", "threshold_scale")
    }
    assert ends["prune_fraction"] == ("FloatDistribution", 0.0, 0.9)
    assert ends["threshold_scale"] == ("FloatDistribution", 1.0, 2.0)


@pytest.mark.parametrize(
    ("other", "range_of_both", "as_trained", "step"),
    [((7, 64), (7, 64), 64, 3), ((4, 64), (4, 64), 64, 1), ((10, 100), (7, 100), 100, 1)],
)
def test_ranges_of_two_chips_are_one_and_keep_their_step_where_they_agree(
    other, range_of_both, as_trained, step
):
    found = [Found(each, each[1], "", step=3) for each in ((7, 64), other)]
    both = Knob("n_steps", dict(zip(("one", "other"), found, strict=True))).found
    assert (both.range, both.as_trained, both.step) == (range_of_both, as_trained, step)


@pytest.mark.parametrize(
    ("design", "changed"),
    [
        (sf.Design(), {}),
        (sf.Design(weight_bits=4), {"weight_bits": 4}),
        (sf.Design(weight_bits=4, n_steps=60), {"weight_bits": 4, "n_steps": 30}),  # at most 30
        (sf.Design(n_steps=5, share_cores=True), {"n_steps": 10, "share_cores": True}),
    ],
)
def test_the_point_nearest_to_a_design_has_its_values_within_their_ranges(design, changed):
    ranges = {"weight_bits": (2, 8), "n_steps": (10, 30), "share_cores": [False, True]}
    space = space_of("loihi1", given=ranges)
    trained = {knob.name: space._as_trained(knob) for knob in space.knobs}
    assert space._params_of(design, trained) == trained | changed
