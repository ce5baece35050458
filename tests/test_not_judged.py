"""A property that a network uses is judged on every chip, or named as what is not."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import NotPublished, ProfileProblem
from spikefit_nb.fit.properties import RULES
from spikefit_nb.hardware import EVERY_CHIP_HAS, FAMILIES, PROPERTIES, profile_names
from spikefit_nb.network import ALIF, LI, AdEx, Conv2d, CubaLIF

IF, LIF, Input, Population, Projection = sf.IF, sf.LIF, sf.Input, sf.Population, sf.Projection
MODELS = {  # a neuron of a model that the chip has, and a reset that it has
    "akida_akd1000": IF(1.0, reset="subtract"),
    "speck": IF(1.0, reset="subtract"),
    "odin": IF(1.0),
    "spinnaker1": LIF(0.02),
    "xylo_audio2": CubaLIF(0.002, 0.02, reset="subtract"),
    "xylo_audio3": CubaLIF(0.002, 0.02, reset="subtract"),
    "xylo_imu": CubaLIF(0.002, 0.02, reset="subtract"),
    "reckon": LIF(0.02),
    "tianjic": LIF(0.02),
    "dynap_se2": LIF(0.02),
    "brainscales2": LIF(0.02),
}


def network(neuron, *, weight=None, delay=0, loop=False):
    """Four inputs, one each onto four neurons, which may be wired to each other."""
    weight = np.eye(4, dtype=np.float32) if weight is None else weight
    populations = [Population("in", (4,), Input()), Population("out", (4,), neuron)]
    projections = [Projection("in", "out", weight, delay_steps=delay)]
    if loop:
        projections.append(Projection("out", "out", np.eye(4, dtype=np.float32), delay_steps=1))
    return sf.Network(populations, projections)


def changed(neuron, **fields):
    """The same model with other parameters, as far as it has them."""
    kept = {name: getattr(neuron, name) for name in type(neuron).parameters}
    options = ("reset", "max_spikes_per_step", "delayed_reset", "strict_threshold")
    kept |= {name: getattr(neuron, name) for name in options if hasattr(neuron, name)}
    return type(neuron)(**(kept | fields))


def images(*, kernel, stride=1):
    """Two maps of 8 x 8 inputs under a kernel of ones: a convolution, or a sum pooling."""
    conv = Conv2d(kernel, (2, 8, 8), stride=stride)
    populations = [Population("in", (2, 8, 8), Input())]
    return lambda neuron: sf.Network(
        [*populations, Population("out", conv.output_shape, neuron)],
        [Projection("in", "out", conv)],
    )


POOLING = np.stack([np.stack([np.ones((2, 2)) * (a == b) for b in (0, 1)]) for a in (0, 1)])
# property: a network that uses it, made of a chip's own neuron; the words by which it is named
# where nobody has published it; the need that shows that it was judged
USES = {
    "delay": (lambda n: network(n, delay=9), "longest delay", "delay in steps"),
    "bias": (lambda n: network(changed(n, bias=0.1)), "bias", "words for a layer's biases"),
    "rest": (lambda n: network(LIF(0.02, v_leak=0.4, reset=n.reset)), "bias", "neuron model"),
    "recurrence": (
        lambda n: network(n, loop=True),
        "recurrence",
        "synapses between hidden neurons",
    ),
    "reset by subtraction": (
        lambda n: network(changed(n, reset="subtract")),
        "reset modes",
        "reset mode",
    ),
    "reset to zero": (lambda n: network(changed(n, reset="zero")), "reset modes", "reset mode"),
    "reset to a value": (
        lambda n: network(changed(n, reset="zero", v_reset=-0.3)),
        "reset modes",
        "reset mode",
    ),
    "no reset": (lambda n: network(LI(0.02)), "neuron models", "neuron model"),
    "late reset": (
        lambda n: network(changed(n, delayed_reset=True)),
        "reset in the following step",
        "",
    ),
    "several spikes": (
        lambda n: network(IF(1.0, reset=n.reset, max_spikes_per_step=None)),
        "spikes of a neuron in a step",
        "spikes of a neuron in a step",
    ),
    "own thresholds": (
        lambda n: network(changed(n, v_threshold=np.arange(1.0, 5.0))),
        "parameters of each neuron",
        "different thresholds on a core",
    ),
    "negative weights": (
        lambda n: network(n, weight=-np.eye(4, dtype=np.float32)),
        "negative weights",
        "bits of a weight",
    ),
    "adaptive threshold": (
        lambda n: network(ALIF(0.02, 0.2, 1.8)),
        "neuron models",
        "neuron model",
    ),
    "adaptation": (lambda n: network(AdEx()), "neuron models", "neuron model"),
    "synaptic current": (
        lambda n: network(CubaLIF(0.005, 0.02, reset=n.reset)),
        "neuron models",
        "neuron model",
    ),
    "convolution": (
        images(kernel=np.ones((4, 2, 3, 3))),
        "memory for synapses",
        "kernel size",
    ),
    "pooling": (images(kernel=POOLING, stride=2), "memory for synapses", "sum pooling"),
}
OTHERS_THAT_JUDGE = {  # figures that judge a property too, on chips of other families
    "convolution": {*EVERY_CHIP_HAS["memory for synapses"], "kernel_size"},
    "pooling": {*EVERY_CHIP_HAS["memory for synapses"], "kernel_size"},
    "no reset": {"output_models"},
}


def is_judged_or_named(report, use):
    """Whether a report says of a property that it is judged, or that it is not."""
    _, named, judged = USES[use]
    figures = {need.figure for need in report.needs} & OTHERS_THAT_JUDGE.get(use, set())
    what = {need.what for need in report.needs} & {judged, named}
    made = use.startswith("reset") and bool(report.constructions)
    return named in report.unknown or made or bool(what or figures)


@pytest.mark.parametrize("use", USES)
def test_no_chip_fits_a_property_that_is_neither_judged_nor_named(use):
    made = [USES[use][0](MODELS.get(chip, IF(1.0))) for chip in profile_names()]
    for chip, own in zip(profile_names(), made, strict=True):
        report = sf.compare_fit(own)[chip]
        assert not report.fits or is_judged_or_named(report, use), (chip, report)


@pytest.mark.parametrize("use", USES)
def test_chips_that_judged_a_property_come_apart_from_those_that_did_not(use):
    compared = sf.compare_fit(USES[use][0](LIF(0.02)))
    plain = {report.profile.name for report in compared.fitting}
    said = repr(compared).split("; as far as judged")[0]
    for report in compared.fitting_as_far_as_judged:
        name = report.profile.name
        assert report.unknown and name not in plain and name not in said.replace(",", " ").split()
        assert f"fits {name} as far as judged" in repr(report)
        row = compared._repr_html_().split(report.profile.title)[1].split("</tr>")[0]
        assert all(what in row for what in report.unknown) and "as far as judged" in row


@pytest.mark.parametrize("chip", profile_names())
def test_a_plain_network_is_named_no_property_it_does_not_use(chip):
    own = network(MODELS.get(chip, IF(1.0)))
    report = sf.check_fit(own, sf.load_profile(chip))
    assert report.unknown == sf.load_profile(chip).unknown
    if chip in ("loihi1", "loihi2", "speck", "truenorth", "odin", "xylo_imu", "spinnaker1"):
        assert report.fits and not report.unknown


BARE = sf.HardwareProfile("bare", "Bare", "mesh", "tick")
KNOWN = BARE.replace(
    cores=4,
    neurons_per_core=99,
    synapse_memory_per_core=9999,
    weight_bits=[8],
    neuron_models=["IF", "LIF"],
    resets=["zero", "subtract"],
)
NETWORK_OF = {
    "delays": network(IF(1.0), delay=2),
    "spikes": network(IF(1.0, max_spikes_per_step=3)),
    "bias": network(IF(1.0, bias=0.1)),
    "recurrence": network(IF(1.0), loop=True),
    "own parameters": network(LIF(np.array([0.01, 0.02, 0.01, 0.02]))),
    "late reset": network(IF(1.0, delayed_reset=True)),
}
INPUTS_OF = {
    "counts": sf.SpikeDataset(np.full((1, 3, 4), 7, np.uint8)),
    "currents": sf.SpikeDataset(np.full((1, 3, 4), -0.5, np.float32)),
}


@pytest.mark.parametrize("word", [*NETWORK_OF, *INPUTS_OF])
def test_a_profile_can_say_that_a_chip_has_a_property_or_lacks_it(word):
    own, dataset = NETWORK_OF.get(word, network(IF(1.0))), INPUTS_OF.get(word)
    what = RULES[word].what
    silent = sf.check_fit(own, KNOWN, dataset=dataset)
    assert silent.fits and silent.unknown == (what,)
    has = sf.check_fit(own, KNOWN.replace(supports=[word]), dataset=dataset)
    assert has.fits and not has.unknown and what in {need.what for need in has.needs}
    lacking = sf.check_fit(own, KNOWN.replace(lacks=[word]), dataset=dataset)
    assert [(v.what, v.figure) for v in lacking.violations] == [(what, "lacks")]
    assert lacking.hints and not lacking.unknown


def test_every_property_has_a_rule_and_a_word_is_checked():
    assert set(RULES) == set(PROPERTIES)
    with pytest.raises(ProfileProblem, match="each one of delays, spikes"):
        BARE.replace(supports=["biases"])


def test_inputs_of_more_spikes_a_step_than_a_chip_takes_do_not_fit():
    own, chip = network(MODELS["xylo_imu"]), sf.load_profile("xylo_imu")
    most = chip.value("input_spikes_per_step")
    for n, fits in ((most, True), (most + 1, False)):
        dataset = sf.SpikeDataset(np.full((1, 3, 4), n, np.uint8))
        assert sf.check_fit(own, chip, dataset=dataset).fits is fits


def test_a_rest_where_the_neuron_is_reset_to_drives_nothing():
    shifted = network(LIF(0.02, v_threshold=-0.05, v_leak=-0.065, v_reset=-0.065))
    assert "bias" not in sf.check_fit(shifted, BARE).unknown
    driven = network(LIF(0.02, v_leak=0.4))
    assert "bias" in sf.check_fit(driven, BARE).unknown


# What is not published is no count


def test_a_million_neurons_are_not_said_to_take_one_core_of_a_chip_whose_cores_hold_nobody_knows():
    many = sf.Network(
        [Population("in", (1,), Input()), Population("out", (1_000_000,), IF(1.0))],
        [Projection("in", "out", np.ones((1, 1_000_000), np.float32))],
    )
    report = sf.check_fit(many, sf.load_profile("spinnaker2"))
    assert repr(report) == (
        "FitReport(fits spinnaker2 as far as judged; not published: neurons a core holds)"
    )
    assert report.to_dict()["n_cores"]["value"] is None
    assert "cores" not in {need.what for need in report.needs}
    assert " limits judged" not in report._repr_html_()
    row = sf.compare_fit(many, [report.profile])._repr_html_()
    assert "1 of 152" not in row and "not published" in row
    own = sf.check_fit(many, report.profile.replace(neurons_per_core=250))
    assert "4,000 of 152 cores" not in repr(own) and not own.fits  # now it is a count


def test_cores_are_at_least_so_many_where_their_memory_is_not_published():
    report = sf.check_fit(network(IF(1.0)), sf.load_profile("darwin3"))
    assert "fits darwin3 as far as judged: at least 1 of 575 cores;" in repr(report)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bare_chip_of_any_family_fits_nothing_plainly(family):
    bare = sf.HardwareProfile("bare", "Bare", family, "tick")
    for make, *_ in USES.values():
        report = sf.check_fit(make(IF(1.0)), bare)
        assert not report.fits or report.unknown


def test_a_figure_of_hidden_neurons_does_not_judge_those_of_the_output():
    layers = [Population(n, (4,), LIF(0.02)) for n in ("hidden", "out")]
    own = LIF(0.02, v_threshold=np.array([1.0, 1.0, 2.0, 2.0]))
    for at, unknown in (("hidden", ()), ("out", ("parameters of each neuron",))):
        populations = [Population(p.name, (4,), own) if p.name == at else p for p in layers]
        made = sf.Network(
            [Population("in", (4,), Input()), *populations],
            [Projection("in", "hidden", np.eye(4)), Projection("hidden", "out", np.eye(4))],
        )
        assert sf.check_fit(made, sf.load_profile("reckon")).unknown == unknown


def _of_loihi(populations):
    return [Population(p.name, p.shape, LIF(0.02)) for p in populations]


@pytest.mark.parametrize("chip", ["xylo_audio2", "xylo_audio3", "xylo_imu", "reckon"])
def test_ways_that_a_chip_of_fixed_layers_has_not_do_not_fit(chip):
    neuron = MODELS[chip]
    populations = [
        Population("in", (4,), Input()),
        Population("hidden", (4,), neuron),
        Population("out", (4,), neuron),
    ]
    eye = np.eye(4, dtype=np.float32)
    plain = [Projection("in", "hidden", eye), Projection("hidden", "out", eye)]
    for more, what in (
        (None, None),
        (Projection("hidden", "hidden", eye, delay_steps=1), None),
        (Projection("in", "out", eye), "inputs to the output beside hidden neurons"),
        (Projection("out", "out", eye, delay_steps=1), "an output that feeds back"),
        (Projection("out", "hidden", eye, delay_steps=1), "an output that feeds back"),
    ):
        made = sf.Network(populations, [*plain, *([more] if more else [])], output="out")
        report = sf.check_fit(made, sf.load_profile(chip))
        own = {"neuron model of the output"} if chip == "reckon" else set()  # which is read as LI
        assert {v.what for v in report.violations} - own == ({what} if what else set())
        alike = made.replace(populations=[populations[0], *_of_loihi(populations[1:])])
        report = sf.check_fit(alike, sf.load_profile("loihi2"))
        assert report.fits and not report.unknown  # whose neurons are all alike


def test_cores_that_cannot_be_counted_are_no_objective():
    from spikefit_nb.search.objectives import check_objectives, default_objectives

    chip = sf.load_profile("spinnaker2")
    with pytest.raises(NotPublished, match=r"n_cores cannot be priced.*neurons_per_core"):
        check_objectives(("n_cores",), chip)
    assert "n_cores" not in default_objectives(chip)
    check_objectives(("n_cores",), chip.replace(neurons_per_core=250))
