"""What the campaign of odd calls found, one test a kind: each is refused, and the cure is named."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb import adapt, datasets, encode, errors, fit_costs, robustness
from spikefit_nb.errors import (
    DatasetProblem,
    DesignProblem,
    FileProblem,
    NetworkProblem,
    ProfileProblem,
    SpikefitError,
    WrongArgument,
)
from spikefit_nb.network import Conv2d, SigmaDelta
from tests import lava_files
from tests.fuzz.originals import READERS
from tests.networks import spikes, two_layers
from tests.onnx_models import mlp

NETWORK = two_layers(0)
DATASET = sf.SpikeDataset(spikes(NETWORK, 0), [0, 1, 0])
HIDDEN = NETWORK.populations[1]
SEVERAL = np.eye(2)  # of which nobody can say whether it is true


@pytest.fixture(scope="module")
def report():
    return sf.deploy(NETWORK, sf.load_profile("loihi1"), DATASET)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sf.IF(reset=SEVERAL),
        lambda: sf.IF(delayed_reset=SEVERAL),
        lambda: sf.IF(delayed_reset=3),
        lambda: SigmaDelta(0.1, activation=SEVERAL),
        lambda: encode.Latency(4, law=SEVERAL),
        lambda: adapt.split(NETWORK, HIDDEN.name, 2, by=SEVERAL),
        lambda: adapt.prune_to_free(NETWORK, sf.load_profile("loihi1"), 0.5, free=SEVERAL),
        lambda: sf.from_ann(mlp([np.eye(2), np.eye(2)]), np.eye(2), decode=SEVERAL),
        lambda: sf.from_ann(mlp([np.eye(2), np.eye(2)]), np.eye(2), bias_shift=SEVERAL),
        lambda: NETWORK[SEVERAL],
    ],
)
def test_an_array_is_no_word_of_a_choice(make):
    with pytest.raises(SpikefitError, match=r"(?s)(is|no|named) .*(must be|needed|can be|Known)"):
        make()


@pytest.mark.parametrize("no", ["no", SEVERAL, 1, None])
def test_only_true_replaces_a_file(report, tmp_path, no):
    calls = (
        lambda: sf.export(report, tmp_path / "a", overwrite=no),
        lambda: sf.export(report, tmp_path / "b", recordings=no),
        lambda: sf.nir_file.write_nir(NETWORK, tmp_path / "c.nir", overwrite=no),
        lambda: sf.load_profile("loihi1").save(tmp_path / "d.toml", overwrite=no),
        lambda: sf.widgets.to_html(sf.plots.plot_energy(report), tmp_path / "e.html", overwrite=no),
    )
    for call in calls:
        with pytest.raises(WrongArgument, match=r"(?s)(overwrite|recordings) is .*must be True or"):
            call()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("empty", [[], np.zeros(0), np.zeros((2, 0))])
@pytest.mark.parametrize("make", [sf.IF, sf.LIF, SigmaDelta])
def test_no_number_at_all_is_no_parameter(make, empty):
    with pytest.raises(NetworkProblem, match="a number, or an array of numbers, is needed"):
        make(empty)


@pytest.mark.parametrize("make", [sf.LIF, sf.network.AdEx])
def test_parameters_of_a_neuron_go_together(make):
    with pytest.raises(NetworkProblem, match=r"must go together.*r \(3,\), v_leak \(2,\)"):
        make(0.02, r=[1.0, 2.0, 3.0], v_leak=[0.0, 0.0])
    with pytest.raises(NetworkProblem, match=r"must go together"):
        sf.network.Izhikevich(c=np.zeros((2, 2)), v_peak=np.ones(3))


def test_an_array_without_axes_is_no_list():
    with pytest.raises(WrongArgument, match=r"input_shape is .* must be a list"):
        Conv2d(np.ones((1, 1, 2, 2)), np.array(4))
    with pytest.raises(WrongArgument, match=r"reports is .* must be a list"):
        sf.plots.plot_chips(np.array(1.0))
    with pytest.raises(WrongArgument, match=r"populations is .* must be a list"):
        adapt.substitute_neuron(NETWORK, "LIF", populations=np.array(1.0))
    errors.expect(np.zeros(0), errors.Iterable, "reports", "[]")


def test_a_list_holds_what_it_says():
    made = [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))]
    joined = [sf.Projection("in", "out", np.eye(2))]
    for populations, projections, assumptions, said in (
        ([*made, 3], joined, (), "each of populations"),
        (made, [*joined, "x"], (), "each of projections"),
        (made, joined, [1], "each of assumptions"),
    ):
        with pytest.raises(WrongArgument, match=f"{said} is .* must be a"):
            sf.Network(populations, projections, assumptions=assumptions)


@pytest.mark.parametrize(
    ("said", "value"),
    [("dt_s", "1 ms"), ("dt_s", [1e-3]), ("output", SEVERAL), ("output", 3), ("ann_accuracy", "x")],
)
def test_settings_of_a_network_are_of_their_kind(said, value):
    with pytest.raises(WrongArgument, match=f"{said} is .* must be"):
        sf.Network(NETWORK.populations, NETWORK.projections, **{said: value})


@pytest.mark.parametrize("accuracy", [np.nan, 97.0, -0.1])
def test_an_accuracy_is_a_share(accuracy):
    with pytest.raises(NetworkProblem, match="from 0 to 1"):
        sf.Network(NETWORK.populations, NETWORK.projections, ann_accuracy=accuracy)


@pytest.mark.parametrize("stride", [np.inf, np.nan, (1, np.inf)])
def test_no_window_moves_for_ever(stride):
    with pytest.raises(NetworkProblem, match=r"stride is .*whole numbers from 1 up"):
        Conv2d(np.ones((1, 1, 2, 2)), (1, 4, 4), stride=stride)


@pytest.mark.parametrize("shape", [2**31, (2**16, 2**16), (2**70,)])
def test_a_population_holds_no_more_neurons_than_are_counted(shape):
    with pytest.raises(NetworkProblem, match="counted in 32 bits, 2,147,483,647 at most"):
        sf.Population("a", shape, sf.IF(1.0))


@pytest.mark.parametrize("shape", [NETWORK.projections[0].weight, np.array(1.5), object(), None])
def test_what_has_no_sides_is_no_shape(shape):
    with pytest.raises(NetworkProblem, match="whole numbers from 1 up"):
        sf.Population("a", shape, sf.IF(1.0))


@pytest.mark.parametrize("values", [0.5, None, [[0, 1], [1]], object(), NETWORK, "x"])
def test_values_to_encode_anew_are_numbers_of_as_many_samples(report, values):
    with pytest.raises(DatasetProblem, match=r"values .*(needed|give)"):
        robustness.encoding_spread(report, values, encode.RateRegular(5), n_draws=1)


@pytest.mark.parametrize("seed", ["x", -1, 0.5, None, SEVERAL])
def test_a_seed_is_a_whole_number(report, seed):
    calls = (
        lambda: robustness.robustness(report, dead_neurons=0.1, n_draws=1, seed=seed),
        lambda: encode.RateBernoulli(4).encode(np.ones((1, 2)), seed=seed),
        lambda: sf.SpikeDataset.encode(np.ones((1, 2)), [0], encode.Latency(4), seed=seed),
        lambda: DATASET.split(0.5, seed=seed),
    )
    for call in calls:
        with pytest.raises(WrongArgument, match=r"(?s)seed is .* must be a whole number"):
            call()


def test_a_truth_is_no_place_in_a_list_but_the_second():
    several = sf.SpikeDataset(np.ones((3, 2, 2), bool), [0, 1, 2])
    assert sf.plots.sample.sample_data(several, True).title.startswith("Sample True, label 1:")


def test_settings_of_changes_are_checked_before_they_are_counted_with():
    with pytest.raises(WrongArgument, match=r"saliency is .*must be a dict"):
        adapt.prune_neurons(NETWORK, 0.5, saliency=[1.0])
    for fraction in ({"hidden": 0.5}, SEVERAL, np.zeros(0), "x"):
        with pytest.raises(DesignProblem, match="at least 0 and below 1"):
            adapt.prune_to_free(NETWORK, sf.load_profile("loihi1"), fraction)
    with pytest.raises(WrongArgument, match=r"populations is .* must be a list"):
        adapt.share_currents(NETWORK, 2, populations=object())
    for dt_s in ("1 ms", None, 0.0):
        with pytest.raises(DesignProblem, match=r"dt_s is .*above zero"):
            adapt.as_model(sf.IF(1.0), "LIF", dt_s)
    with pytest.raises(DesignProblem, match=r"synapse_steps is .*whole number"):
        adapt.as_model(sf.IF(1.0), "CubaLIF", 1e-3, synapse_steps="x")


def test_a_fraction_is_a_number_in_messages_too():
    scaled = adapt.scale_thresholds(NETWORK, Fraction(3, 2))
    assert scaled.change == "thresholds x 1.5"
    with pytest.raises(SpikefitError, match=r"more than 333 mB \(memory_limit_bytes\)"):
        sf.simulate(NETWORK, DATASET, memory_limit_bytes=Fraction(1, 3))


def test_what_goes_with_recordings_is_of_its_kind():
    for classes in (3, Fraction(1, 3), object()):
        with pytest.raises(WrongArgument, match=r"classes is .* must be a list"):
            sf.SpikeDataset(np.ones((1, 2, 2), bool), classes=classes)
    with pytest.raises(WrongArgument, match="encoded_from is nan but must be a ValueDataset"):
        sf.SpikeDataset(np.ones((1, 2, 2), bool), encoded_from=float("nan"))
    with pytest.raises(DatasetProblem, match="time_unit is"):
        sf.SpikeDataset.from_tonic([], n_steps=1, dt_s=1e-3, time_unit=SEVERAL)
    assert datasets.load_values("digits", n_samples=2).encoded().encoded_from is not None


def test_as_many_draws_as_anybody_needs():
    measured = fit_costs.Measurement({"energy_synaptic_operation": 9.0}, 1.0, "nJ", "my bench")
    with pytest.raises(ProfileProblem, match=r"n_bootstrap is 2147483648 .*1,000,000 are enough"):
        sf.fit_costs(sf.load_profile("loihi1"), [measured], n_bootstrap=2**31)


READS = {name: reader.read for name, reader in READERS.items()}
READS["onnx"] = lambda path: sf.from_ann(path, np.eye(2))
READS["lava"] = lambda path: sf.lava_file.read_lava_dl(path, strict_threshold=True)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("path", ["é" * 400, "x/" * 3000 + "x", "y\0z"], ids=["name", "path", "0"])
def test_a_name_that_no_file_can_have_is_one_that_is_not_there(name, path):
    with pytest.raises(SpikefitError, match=r"\S+ \S+ \S+"):
        READS[name](Path(f"{path}{READERS[name].ending}"))


def test_no_module_asks_a_path_itself_whether_it_is_there():
    """``os.path`` says no of a name too long to be one; the methods of a path raise OSError."""
    asks = re.compile(r"\.(is_file|is_dir|exists)\(\)")
    package = Path(sf.__file__).parent
    found = [str(path) for path in package.rglob("*.py") if asks.search(path.read_text("utf-8"))]
    assert found == []
    assert asks.search("x.is_file()")


def test_an_empty_weight_of_five_axes_is_refused(tmp_path):
    layer = lava_files.conv(np.ones((2, 1, 3, 3)), [2, 2, 2]) | {"weight": np.ones((2, 1, 3, 3, 0))}
    seen = {"type": [b"input"], "shape": [1, 4, 4], "neuron": lava_files.CUBA}
    file = lava_files.write(tmp_path / "x.net", seen, layer)
    with pytest.raises(FileProblem, match=r"weight has shape \(2, 1, 3, 3, 0\)"):
        sf.lava_file.read_lava_dl(file, strict_threshold=True)
