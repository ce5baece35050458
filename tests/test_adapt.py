"""All changes together: in order, for a chip, with and without a calibration set."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import (
    KNOBS,
    PARTITIONS,
    Activity,
    adapt,
    drift_by_change,
    fuse,
    prune,
    quantize,
)
from spikefit_nb.encode import ENCODERS
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import profile_names
from spikefit_nb.mapping import PLACERS
from spikefit_nb.search import default_space

LOIHI, SPECK, TRUENORTH = (sf.load_profile(name) for name in ("loihi1", "speck", "truenorth"))
CHIPS = (LOIHI, SPECK, TRUENORTH, sf.load_profile("spinnaker2"), sf.load_profile("brainscales2"))


@pytest.fixture(scope="module")
def digits():
    """A network, recordings to calibrate on, and others to test on."""
    return sf.load_network("digits"), *sf.load_dataset("digits").split(0.3, 0)


def test_nothing_to_change_changes_nothing(digits):
    network = digits[0]
    made = adapt(network, sf.load_profile("seneca"), sf.Design())
    assert made.network is network and made.changes == ()
    assert prune(network, 0.0).network is network


def test_the_changes_follow_one_another_and_the_last_one_leads_to_the_network(digits):
    network, calibration, _ = digits
    design = sf.Design(
        threshold_scale=0.9, prune_neurons=0.2, prune_fraction=0.3, weight_values=6, max_fan_in=40
    )
    made = adapt(network, LOIHI, design, Activity(network, calibration))
    assert made.before is network and made.network is made.changes[-1].network
    for earlier, later in zip(made.changes, made.changes[1:], strict=False):
        assert later.before is earlier.network
    words = [change.change for change in made.changes]
    order = (
        "thresholds x 0.9",
        "idle",
        "neurons pruned",
        "30.0 % pruned",
        "at most 40",
        "at most 6 weights",
        "8 bits",
    )
    places = [next(i for i, said in enumerate(words) if word in said) for word in order]
    assert places == sorted(places)
    for e in made.network.projections:
        assert np.unique(e.values[e.values != 0]).size <= 6 and e.in_degree().max() <= 40


@pytest.mark.parametrize("profile", CHIPS, ids=lambda profile: profile.name)
@pytest.mark.parametrize("calibrated", [False, True])
def test_an_adapted_network_fits_what_it_was_adapted_to_or_the_report_says_why(
    digits, profile, calibrated
):
    network, calibration, _ = digits
    for design in (
        sf.Design(),
        sf.Design(weight_bits=2),
        sf.Design(weight_values=4, prune_fraction=0.5),
    ):
        fit = sf.check_fit(
            network, profile, design, calibration=calibration if calibrated else None
        )
        assert fit.fits or all(v.what and v.limit is not None for v in fit.violations)


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("calibrated", [False, True])
def test_adapting_an_adapted_network_anew_changes_no_weight_and_no_verdict(
    digits, name, calibrated
):
    network, calibration, _ = digits
    profile = sf.load_profile(name)
    once = sf.check_fit(network, profile, calibration=calibration.take(100) if calibrated else None)
    again = sf.check_fit(once.network, profile)
    assert again.fits == once.fits
    for before, after in zip(once.network.projections, again.network.projections, strict=True):
        assert (after.real_weight().toarray() == before.real_weight().toarray()).all()


@pytest.mark.parametrize("name", ["akida_akd1000", "odin", "loihi1", "dynap_se2"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_shared_weights_are_as_few_as_the_design_says_into_layers_reached_twice(name, calibrated):
    random = np.random.default_rng(0)
    layers = [
        sf.Population("in", (6,), sf.Input()),
        sf.Population("h", (7,), sf.IF(1.0)),
        sf.Population("out", (5,), sf.IF(1.0)),
    ]
    ways = [("in", "h", 1.0), ("h", "out", 1.0), ("in", "out", 3.0)]
    sizes = {"in": 6, "h": 7, "out": 5}
    network = sf.Network(
        layers,
        [sf.Projection(a, b, c * random.normal(size=(sizes[a], sizes[b]))) for a, b, c in ways],
    )
    activity = (
        Activity(network, sf.SpikeDataset(random.random((5, 10, 6)) < 0.3)) if calibrated else None
    )
    made = adapt(network, sf.load_profile(name), sf.Design(weight_values=3), activity).network
    for population in made.neuron_populations:
        real = np.concatenate(
            [e.real_weight().values for e in made.projections if e.target == population.name]
        )
        assert 1 <= np.unique(real[real != 0]).size <= 3


@pytest.mark.parametrize(
    ("profile", "design"),
    [
        (LOIHI, sf.Design(weight_bits=4)),
        (SPECK, sf.Design(weight_bits=4)),
        (TRUENORTH, sf.Design(weight_bits=2)),
    ],
)
def test_digits_adapted_with_a_calibration_set_fit_and_stay_within_two_points(
    digits, profile, design
):
    network, calibration, unseen = digits
    report = sf.deploy(network, profile, unseen, design=design, calibration=calibration)
    assert report.fits and report.accuracy >= sf.simulate(network, unseen).accuracy - 0.02


def test_a_calibration_set_makes_good_what_pruning_and_rounding_broke(digits):
    network, calibration, unseen = digits
    design = sf.Design(weight_bits=4, prune_fraction=0.6, prune_neurons=0.3)
    blind = sf.deploy(network, LOIHI, unseen, design=design)
    seeing = sf.deploy(network, LOIHI, unseen, design=design, calibration=calibration)
    assert seeing.accuracy >= blind.accuracy + 0.2
    assert (
        drift_by_change(seeing.changes, unseen).changes[-1].drift.answers.accuracy[1]
        >= blind.accuracy
    )


def test_what_a_chip_pools_stays_equal_and_fits(digits):
    weight = np.kron(np.random.default_rng(0).normal(0.1, 0.3, (16, 4)), np.ones((4, 1)))
    weight = (
        weight.reshape(4, 4, 2, 2, 4).transpose(0, 2, 1, 3, 4).reshape(64, 4)
    )  # windows of 2 x 2 pixels
    layers = [
        sf.Population("in", (1, 8, 8), sf.Input()),
        sf.Population("out", (4,), sf.IF(1.0, reset="subtract")),
    ]
    network = sf.Network(layers, [sf.Projection("in", "out", weight)])
    spikes = np.random.default_rng(1).random((20, 10, 64)) < 0.2
    fit = sf.check_fit(
        network, SPECK, sf.Design(weight_bits=4), calibration=sf.SpikeDataset(spikes)
    )
    kept = fit.network.projections[0].weight.toarray().reshape(4, 2, 4, 2, 4)
    assert fit.fits and (kept == kept[:, :1, :, :1]).all()
    assert any("undo pooling" in note for note in fit.adaptation.notes)


def test_relays_need_to_know_what_they_carry(digits):
    with pytest.raises(DesignProblem, match="calibration=dataset"):
        adapt(digits[0], LOIHI, sf.Design(max_fan_in=16, relays=True))
    network, calibration, _ = digits
    made = adapt(
        network, LOIHI, sf.Design(max_fan_in=16, relays=True), Activity(network, calibration)
    )
    for population in made.network.neuron_populations:
        incoming = [e.in_degree() for e in made.network.projections if e.target == population.name]
        assert sum(incoming).max() <= 16


def parallel(seed=0):
    """A network whose layers are joined twice over, and recordings of it."""
    random = np.random.default_rng(seed)
    sizes = {"in": 6, "h": 8, "out": 4}
    layers = [
        sf.Population(name, (n,), sf.IF(1.0) if name != "in" else sf.Input())
        for name, n in sizes.items()
    ]
    joined = [
        sf.Projection(a, b, random.integers(-2, 5, (sizes[a], sizes[b])) / 4.0)
        for a, b in (("in", "h"), ("in", "h"), ("h", "out"))
    ]
    spikes = random.random((12, 20, 6)) < 0.4
    return sf.Network(layers, joined), sf.SpikeDataset(spikes, random.integers(0, 4, 12))


@pytest.mark.parametrize("calibrated", [False, True])
def test_a_design_that_fuses_is_the_design_without_on_the_fused_network(calibrated):
    network, dataset = parallel()
    calibration = dataset.take(6) if calibrated else None
    design = sf.Design(weight_bits=6, prune_fraction=0.2)
    report = sf.deploy(
        network, LOIHI, dataset, design=replace(design, fuse=True), calibration=calibration
    )
    by_hand = sf.deploy(
        fuse(network).network, LOIHI, dataset, design=design, calibration=calibration
    )
    assert report.network.fingerprint == by_hand.network.fingerprint
    assert report.event_energy_j == by_hand.event_energy_j and report.accuracy == by_hand.accuracy
    assert report.changes[0].change == "2 parallel projections added into 1"
    apart = sf.deploy(network, LOIHI, dataset, calibration=calibration)
    fused = sf.deploy(network, LOIHI, dataset, design=sf.Design(fuse=True), calibration=calibration)
    assert fused.synaptic_operations < apart.synaptic_operations
    assert repr(fused.design) == "Design(fuse=True)"


def test_parallel_projections_that_cannot_be_fused_are_named():
    network, dataset = parallel()
    first, second, out = network.projections
    later = replace(second, weight_bits=4)
    apart = network.replace(projections=[first, later, out])
    report = sf.deploy(apart, LOIHI, dataset, design=sf.Design(fuse=True))
    assert any("parallel projections stay apart" in warning for warning in report.warnings)


def busiest(network, dataset, name, arithmetic):
    """Most spikes of a layer in any step of any recording."""
    events = sf.simulate(network, dataset, arithmetic=arithmetic, record="events").events
    first = network.starts[name]
    here = (events.neuron >= first) & (events.neuron < first + network[name].n_neurons)
    row = np.repeat(np.arange(events.ptr.size - 1), np.diff(events.ptr))[here]
    return int(np.bincount(row, events.count[here], 1).max())


@pytest.mark.parametrize("knobs", [{}, {"weight_bits": 4, "prune_fraction": 0.6}])
def test_a_cap_is_kept_in_the_chips_numbers_after_everything_else_and_costs_accuracy(digits, knobs):
    network, calibration, unseen = digits
    free = sf.deploy(network, LOIHI, unseen, design=sf.Design(**knobs), calibration=calibration)
    design = sf.Design(**knobs, max_events_per_step=4)
    report = sf.deploy(network, LOIHI, unseen, design=design, calibration=calibration)
    loihi = [busiest(r.network, calibration, "hidden", "loihi") for r in (free, report)]
    assert loihi[1] <= 4 < loihi[0]
    assert report.changes[-1].change.startswith(
        "at most 4 spikes of hidden in a step, thresholds x "
    )
    assert [change.change for change in report.changes[:-1]] == [
        change.change for change in free.changes
    ]
    assert report.accuracy >= free.accuracy - 0.1
    names = {"sf": sf, "network": network, "profile": LOIHI, "dataset": unseen}
    again = eval(report.case.code, names | {"calibration": calibration})
    assert again.event_energy_j == report.event_energy_j


def test_a_cap_leaves_relays_alone_and_holds_before_layers_are_split(digits):
    network, calibration, _ = digits
    design = sf.Design(max_fan_in=16, relays=True, max_events_per_step=6)
    made = adapt(network, LOIHI, design, Activity(network, calibration))
    said = [change.change for change in made.changes]
    assert said[-1].startswith("at most 6 spikes of hidden in a step, thresholds x ")
    capped = made.changes[-1]
    for population in capped.network.neuron_populations:
        same = population.neuron is capped.before[population.name].neuron
        assert same or population.name in ("hidden", "digit")


def test_a_cap_that_no_threshold_keeps_is_said():
    layers = [sf.Population("in", (3,), sf.Input()), sf.Population("out", (3,), sf.IF(1e-3))]
    network = sf.Network(layers, [sf.Projection("in", "out", 100 * np.eye(3))])
    dataset = sf.SpikeDataset(np.ones((2, 5, 3), bool))
    design = sf.Design(max_events_per_step=2)
    report = sf.deploy(network, LOIHI, dataset, design=design, calibration=dataset)
    assert "spikes of out in a step: over 2 in 100.0 % of steps; no factor" in str(report.warnings)


def test_a_cap_needs_recordings_to_keep_it_on(digits):
    network, _, unseen = digits
    with pytest.raises(DesignProblem, match="max_events_per_step needs a calibration set"):
        sf.deploy(network, LOIHI, unseen, design=sf.Design(max_events_per_step=8))
    with pytest.raises(DesignProblem, match="max_events_per_step needs a calibration set"):
        sf.search(network, LOIHI, unseen, space={"max_events_per_step": (4, 8)})
    with pytest.raises(DesignProblem, match="relays need a calibration set"):
        sf.search(network, LOIHI, unseen, space={"relays": [False, True], "max_fan_in": (8, 32)})


def test_fusing_and_caps_can_be_searched():
    network, dataset = parallel()
    space = {"fuse": [False, True], "max_events_per_step": (1, 8)}
    study = sf.search(
        network, LOIHI, dataset, space=space, calibration=dataset.take(6), n_trials=16
    )
    study.wait()
    assert {trial.state for trial in study.trials} == {"done"}
    assert {trial.design.fuse for trial in study.trials} == {False, True}
    caps = {trial.design.max_events_per_step for trial in study.trials}
    assert len(caps) > 2 and caps <= set(range(1, 9))
    assert all("max_events_per_step=" in trial.code for trial in study.trials)


def test_scales_of_each_neurons_own_count_as_one_weight_on_truenorth_and_as_thresholds_on_loihi(
    digits,
):
    ternary = quantize(digits[0], 2, scope="neuron").network
    assert sf.check_fit(ternary, TRUENORTH).fits
    fit = sf.check_fit(ternary, LOIHI)
    assert [v.figure for v in fit.violations] == ["threshold_configurations"]
    assert sf.check_fit(quantize(digits[0], 2, scope="neuron", n_scales=16).network, LOIHI).fits


def test_layers_on_one_core_share_its_thresholds_where_weights_have_scales_of_their_own(digits):
    network, calibration, unseen = digits
    design = sf.Design(share_cores=True, weight_bits=4)
    report = sf.deploy(network, LOIHI, unseen, design=design, calibration=calibration)
    assert report.fits and report.n_cores == 1 and report.accuracy > 0.94


def test_every_knob_can_be_searched(digits):
    network, calibration, _ = digits
    given = {
        name: (low, high) if not isinstance(low, bool) else [low, high]
        for name, (low, high, _) in KNOBS.items()
    } | {"encoder": list(ENCODERS), "partition": list(PARTITIONS), "placement": list(PLACERS)}
    given["n_steps"] = (1, calibration.n_steps)
    space = default_space(network, LOIHI, calibration, given=given, calibration=calibration)
    assert {knob.name for knob in space.knobs} == set(KNOBS)
    random = np.random.default_rng(0)
    for _ in range(5):
        params = {
            name: d.to_external_repr(
                random.integers(len(d.choices))
                if hasattr(d, "choices")
                else random.uniform(d.low, d.high)
            )
            for name, d in space.distributions.items()
        }
        design = space.design(params)
        assert sf.Design(**design.changes()) == design
