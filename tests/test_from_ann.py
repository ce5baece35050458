"""From a trained ANN to a spiking network: rates that stand for activities, by hand, in closed form
and on MNIST.
"""

import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.datasets.digits import digit_images, held_back
from spikefit_nb.encode import RateBernoulli
from spikefit_nb.errors import DatasetProblem, FileProblem, NetworkProblem
from spikefit_nb.from_ann import ann as ann_module
from spikefit_nb.from_ann import ann_scores, from_ann
from spikefit_nb.network import IF, Conv2d, Input, Integrator
from spikefit_nb.simulate import simulate
from tests.onnx_models import mlp, model, node, random, start_again
from tests.test_from_ann_onnx import KINDS
from tests.tools import mnist_from_ann

POINT = 0.01
N_MNIST = 2000


@pytest.fixture(autouse=True)
def numbers_start_again():
    start_again()


def drive(network, x, n_steps, labels=None):
    """Run it on its inputs as currents."""
    x = np.asarray(x, np.float32)
    return simulate(
        network, SpikeDataset(np.broadcast_to(x[:, None], (len(x), n_steps, x.shape[1])), labels)
    )


# by hand


@given(st.integers(1, 40), st.integers(0, 1000))
def test_a_unit_fires_at_the_rate_of_its_activity_rounded(n_steps, x):
    at = x / 1000
    distance = abs((n_steps * at) % 1 - 0.5)
    ann = mlp([[[1.0]], [[1.0, 0.0]]])
    shifted = from_ann(ann, [[0.5], [1.0]], n_steps=n_steps, percentile=100)
    if distance > 1e-3:  # where half a spike is in doubt, single precision decides
        assert drive(shifted, [[at]], n_steps).spike_counts["0.Relu"] == np.floor(
            n_steps * at + 0.5
        )
    cut = from_ann(ann, [[0.5], [1.0]], n_steps=n_steps, percentile=100, bias_shift=False)
    if 0.5 - distance > 1e-3 or at == 0:
        assert drive(cut, [[at]], n_steps).spike_counts["0.Relu"] == np.floor(n_steps * at)


def test_a_unit_beyond_its_scale_fires_in_every_step_and_one_below_zero_never():
    network = from_ann(
        mlp([[[1.0, -1.0]], np.eye(2)]), [[-0.5], [0.5], [1.0], [-1.0]], percentile=100
    )
    assert (drive(network, [[3.0]], 10).spike_counts["0.Relu"] == [[10, 0]]).all()
    assert (drive(network, [[-0.25]], 64).spike_counts["0.Relu"] == [[0, 16]]).all()


def test_thresholds_and_biases_are_the_closed_form():
    weights, biases = (
        [[[2.0, 0.5]], [[1.0, -1.0, 0.5], [3.0, 1.0, 0.0]]],
        [[0.5, -0.25], [0.25, 2.0, -1.0]],
    )
    x = np.array([[0.5], [1.0], [2.0]])
    network = from_ann(mlp(weights, biases), x, n_steps=10, percentile=100)
    hidden = np.maximum(x @ weights[0] + biases[0], 0)
    score = hidden @ weights[1] + biases[1]
    scale, last = hidden.max(), np.sort(score, axis=1)[:, -2].max() * 1.2
    assert scale == 4.5
    one, out = network["0.Relu"].neuron, network["y"].neuron
    assert one.reset == out.reset == "subtract"
    assert np.allclose((one.v_threshold, out.v_threshold), (scale, last / scale), rtol=1e-6)
    assert np.allclose(one.bias, np.array(biases[0]) + scale / 20)
    assert np.allclose(out.bias, np.array(biases[1]) / scale + out.v_threshold / 20)
    plain = from_ann(mlp(weights, biases), x, percentile=100, bias_shift=False)
    assert np.allclose(plain["0.Relu"].neuron.bias, biases[0])
    assert all(
        (e.weight.toarray() == np.float32(w)).all()
        for e, w in zip(network.projections, weights, strict=True)
    )


@pytest.mark.parametrize("percentile", [50, 90.0, 99.9, 100])
def test_the_scale_of_a_layer_is_the_percentile_of_its_activities_above_zero(percentile):
    weights, x = [random(4, 6), random(6, 5), random(5, 3)], random(300, 4)
    network = from_ann(mlp(weights), x, percentile=percentile)
    first = np.maximum(x @ weights[0], 0)
    second = np.maximum(first @ weights[1], 0)
    scales = [np.percentile(a[a > 0], percentile) for a in (first, second)]
    thresholds = [network[name].neuron.v_threshold for name in ("0.Relu", "1.Relu")]
    assert np.allclose(thresholds, (scales[0], scales[1] / scales[0]), rtol=1e-5)


def test_a_ceiling_is_the_most_a_spike_can_stand_for():
    network = from_ann(KINDS["relu6 by inputs"](), np.full((10, 4), 5.0))
    assert network["clip"].neuron.v_threshold == 6


def test_of_many_activities_evenly_spaced_samples_are_taken(monkeypatch):
    weights, x = [random(4, 6), random(6, 3)], random(300, 4)
    monkeypatch.setattr(ann_module, "MOST_ACTIVITIES", 300)
    few, same = from_ann(mlp(weights), x), from_ann(mlp(weights), x[::6])
    assert few["0.Relu"].neuron.v_threshold == same["0.Relu"].neuron.v_threshold


def test_a_skip_connection_adds_rates_in_one_unit():
    ann, x = KINDS["skip connection"](), np.abs(random(200, 4))
    network = from_ann(ann, x, n_steps=1000, percentile=100)
    into = [e for e in network.projections if e.target == "relu_3"]
    assert sorted(e.source for e in into) == ["relu", "relu_2"]
    counts = drive(network, x[:20], 1000).spike_counts
    assert np.allclose(counts["relu"] / 1000 * x.max(), x[:20], atol=x.max() / 1000)
    agree = drive(network, x, 1000).predictions == ann_scores(ann, x).argmax(axis=1)
    assert agree.mean() > 0.97


@pytest.mark.parametrize("decode", ["count", "potential"])
@pytest.mark.parametrize(
    "kind",
    [
        "conv behind pooling",
        "conv with stride, padding and dilation",
        "batch norm before a padded conv",
        "channels last",
        "input normalised",
        "average pool over padding",
        "relu6 by inputs",
        "squeeze behind a pool",
    ],
)
def test_given_time_the_spiking_network_answers_as_the_ann(kind, decode):
    ann = KINDS[kind]()
    shape = [d.dim_value for d in ann.graph.input[0].type.tensor_type.shape.dim][1:]
    x = random(150, *shape)
    network = from_ann(ann, x, n_steps=512, percentile=100, decode=decode)
    agree = drive(network, x.reshape(150, -1), 512).predictions == ann_scores(ann, x).argmax(axis=1)
    assert agree.mean() >= 0.96, f"{agree.mean():.1%}"


def test_scores_below_zero_are_lifted_so_that_the_highest_still_fires():
    weights, biases = [random(4, 8), -np.abs(random(8, 3))], [np.zeros(8), [-1.0, -1.2, -0.9]]
    x = random(300, 4)
    ann = mlp(weights, biases)
    assert (ann_scores(ann, x) < 0).all()
    network = from_ann(ann, x, n_steps=256)
    record = drive(network, x, 256)
    assert (record.predictions == ann_scores(ann, x).argmax(axis=1)).mean() > 0.95
    assert "is added to every score, so that the highest fires" in network.assumptions[-1]


def test_without_a_shift_a_network_without_biases_stays_without():
    weights = [random(4, 6), np.abs(random(6, 3))]
    assert not any(
        p.parameter("bias").any()
        for p in from_ann(mlp(weights), random(50, 4), bias_shift=False).neuron_populations
    )


# what it is, and what it says


def test_it_says_what_was_done():
    weights, x = [random(4, 6), random(6, 3)], np.abs(random(100, 4))
    labels = ann_scores(mlp(weights), x).argmax(axis=1)
    labels[:10] = (labels[:10] + 1) % 3
    network = from_ann(
        mlp(weights, ends=("Softmax",)), x, test=(x, labels), name="mine", percentile=99
    )
    assert network.name == "mine" and network.ann_accuracy == 0.9
    text = network.summary()
    for words in (
        "'/end/Softmax' (Softmax) is dropped",
        "a current in every step, or spikes of that rate",
        "one spike stands for an activity of: 0.Relu ",
        "99th percentile of those above zero on 100 calibration",
        "made for 64 steps: half a threshold",
        "read by its spike counts",
        "the ANN gets 90.00% of the 100 test samples",
    ):
        assert words in text, words
    assert from_ann(mlp(weights), x).ann_accuracy is None
    assert (
        "rates are cut off to the spike below"
        in from_ann(mlp(weights), x, bias_shift=False).summary()
    )


def test_the_populations_are_inputs_rectified_units_and_outputs():
    network = from_ann(KINDS["conv behind pooling"](), np.abs(random(20, 2, 6, 6)))
    assert [type(p.neuron) for p in network.populations] == [Input, IF, IF]
    assert [p.shape for p in network.populations] == [(2, 6, 6), (3, 3, 3), (5,)]
    assert isinstance(network.projections[0].weight, Conv2d)
    silent = from_ann(
        KINDS["conv behind pooling"](), np.abs(random(20, 2, 6, 6)), decode="potential"
    )
    assert isinstance(silent[silent.output].neuron, Integrator)


def test_the_same_ann_and_samples_give_the_same_network():
    ann, x = KINDS["conv"](), np.abs(random(20, 2, 6, 7))
    assert from_ann(ann, x).fingerprint == from_ann(ann, x).fingerprint


def test_spikes_of_a_rate_encoder_serve_as_inputs_too():
    images, labels = digit_images()
    mlp_ = digits_mlp()
    network = from_ann(mlp_, images[np.setdiff1d(np.arange(1797), held_back())], n_steps=64)
    spikes = RateBernoulli(64).encode(images[held_back()], seed=0)
    assert simulate(network, SpikeDataset(spikes, labels[held_back()])).accuracy > 0.93


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"n_steps": 0}, "n_steps is 0"),
        ({"n_steps": 2.5}, r"n_steps is 2\.5"),
        ({"percentile": 0}, "percentile is 0"),
        ({"percentile": 101}, "at most 100, and 99.9 is usual"),
        ({"percentile": float("nan")}, "percentile is nan"),
        ({"decode": "rate"}, "'count' or 'potential'"),
        ({"percentile": 0.999}, r"percentile is 0\.999; .* 99\.9 is usual \(not 0\.999\)"),
        ({"percentile": "99"}, "percentile is '99'"),
        ({"n_steps": "64"}, "n_steps is '64'"),
        ({"n_steps": float("nan")}, "n_steps is nan"),
        ({"n_steps": float("inf")}, "n_steps is inf"),
    ],
)
def test_options_out_of_range_are_refused(options, reason):
    with pytest.raises(NetworkProblem, match=reason):
        from_ann(mlp([random(4, 3)]), random(5, 4), **options)


@pytest.mark.parametrize(
    ("calibration", "reason"),
    [
        (
            random(5, 3),
            r"calibration is \(5, 3\), but the ANN takes samples of \(4,\): \(n_samples, 4\)",
        ),
        (random(4), r"calibration is \(4,\)"),
        (random(0, 4), r"calibration is \(0, 4\)"),
        ([[1, 2], [3]], "must be an array of numbers"),
        ([["a"] * 4], "must be an array of numbers"),
        (None, "must be an array of numbers"),
        (np.full((5, 4), np.nan), "20 of 20 values are NaN"),
        (np.full((5, 4), 1e38), "'0.Relu' gets is beyond single precision"),
        (
            -np.ones((5, 4)),
            "None of the 6 units of '0.Relu' is active on any of the 5 calibration samples",
        ),
    ],
)
def test_calibration_samples_that_cannot_be_right_are_refused(calibration, reason):
    with pytest.raises(DatasetProblem, match=reason):
        from_ann(mlp([np.full((4, 6), 5.0), random(6, 3)]), calibration)


@pytest.mark.parametrize(
    "labels", [np.zeros(4, int), np.full(5, 3), np.full(5, -1), np.zeros(5), np.zeros((5, 1), int)]
)
def test_test_labels_that_cannot_be_right_are_refused(labels):
    with pytest.raises(
        DatasetProblem, match="one whole number from 0 to 2 is needed for each of 5 samples"
    ):
        from_ann(mlp([random(4, 3)]), random(5, 4), test=(random(5, 4), labels))


@pytest.mark.parametrize(
    "test", [np.zeros((5, 4)), SpikeDataset(np.ones((5, 2, 4), bool)), (np.zeros((5, 4)),)]
)
def test_a_test_set_that_is_no_pair_is_refused_with_how_to_give_one(test):
    with pytest.raises(DatasetProblem, match=r"a pair is needed: test=\(inputs, labels\)"):
        from_ann(mlp([random(4, 3)]), random(5, 4), test=test)


def test_images_with_their_axes_in_another_order_are_refused_and_flat_ones_taken():
    ann = model(
        [
            node("Conv", "x k", "c"),
            node("Relu", "c", "r"),
            node("Flatten", "r", "f"),
            node("Gemm", "f w", "y"),
        ],
        {"k": random(4, 3, 3, 3), "w": random(4 * 6 * 6, 3)},
        shape=("n", 3, 8, 8),
    )
    images = np.abs(random(5, 3, 8, 8))
    last = np.moveaxis(images, 1, -1)
    for read in (lambda x: from_ann(ann, x), lambda x: ann_scores(ann, x)):
        with pytest.raises(
            DatasetProblem, match=r"is \(5, 8, 8, 3\), but .* \(3, 8, 8\).*in another order"
        ):
            read(last)
    assert (
        ann_scores(ann, images.reshape(5, -1)) == ann_scores(ann, np.moveaxis(last, -1, 1))
    ).all()


def test_a_folder_is_no_onnx_file(tmp_path):
    with pytest.raises(FileProblem, match="is a folder, not an ONNX file"):
        from_ann(tmp_path, random(5, 4))


def test_what_is_no_ann_is_refused():
    for other in (object(), 3, np.ones((2, 2))):
        with pytest.raises(FileProblem, match="takes the path of an ONNX file"):
            from_ann(other, random(5, 4))


# scikit-learn


def sklearn_mlp(x, y, hidden=(32,), **options):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(hidden, random_state=0, **{"max_iter": 60, **options}).fit(x, y)


@cache
def digits_mlp():
    images, labels = digit_images()
    kept = np.setdiff1d(np.arange(len(labels)), held_back())
    return sklearn_mlp(images[kept], labels[kept], hidden=(64,), solver="lbfgs", max_iter=40)


def test_scikit_learns_digits_lose_less_than_a_point():
    images, labels = digit_images()
    kept = np.setdiff1d(np.arange(len(labels)), held_back())
    mlp_ = digits_mlp()
    test = images[held_back()], labels[held_back()]
    network = from_ann(mlp_, images[kept], n_steps=64, test=test)
    assert network.ann_accuracy == mlp_.score(*test) > 0.94
    record = drive(network, test[0], 64, test[1])
    assert record.accuracy >= network.ann_accuracy - POINT
    assert [p.name for p in network.populations] == ["input", "hidden1", "output"]


def test_scikit_learns_scores_are_its_own_also_for_two_classes_and_none_hidden():
    x = random(300, 4)
    for y in (x[:, :3].argmax(axis=1), (x[:, 0] > x[:, 1]).astype(int)):
        for hidden in ((8, 6), ()):
            mlp_ = sklearn_mlp(x, y, hidden)
            assert (ann_scores(mlp_, x).argmax(axis=1) == mlp_.predict(x)).all()
            network = from_ann(mlp_, x, n_steps=200)
            assert (drive(network, x, 200).predictions == mlp_.predict(x)).mean() > 0.95


def test_classes_of_other_names_are_said():
    x = random(60, 4)
    mlp_ = sklearn_mlp(x, np.array(["cat", "dog", "eel"])[x[:, :3].argmax(axis=1)])
    assert "output k stands for class k of cat, dog, eel" in from_ann(mlp_, x).assumptions


def test_other_estimators_are_refused_with_what_to_do():
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = random(60, 4)
    y = x[:, :3].argmax(axis=1)
    cases = [
        (make_pipeline(StandardScaler(), MLPClassifier()), r"Give its last step, pipeline\[-1\]"),
        (LogisticRegression(), "scikit-learn's LogisticRegression; only an MLPClassifier"),
        (MLPRegressor(), "scikit-learn's MLPRegressor"),
        (MLPClassifier(), "is not fitted"),
        (
            sklearn_mlp(x, y, activation="tanh"),
            "activation='tanh'; spike rates can only imitate 'relu'",
        ),
        (sklearn_mlp(x, x > 0), r"gives 4 labels at once \(multilabel\)"),
    ]
    for estimator, reason in cases:
        with pytest.raises(FileProblem, match=reason):
            from_ann(estimator, x)
    broken = sklearn_mlp(x, y)
    broken.coefs_[0][0, 0] = np.nan
    with pytest.raises(FileProblem, match="NaN or infinite"):
        from_ann(broken, x)


# MNIST


@pytest.mark.parametrize(("name", "accuracy"), [("mnist_mlp", 0.9504), ("mnist_cnn", 0.9825)])
def test_the_anns_themselves_get_what_was_published_of_all_mnist_test_images(
    shared_data, name, accuracy
):
    images, labels = mnist_from_ann.mnist_test(shared_data)
    scores = ann_scores(shared_data / "onnx" / f"{name}.onnx", images)
    assert np.mean(scores.argmax(axis=1) == labels) == accuracy


@pytest.mark.parametrize("name", ["mnist_mlp", "mnist_cnn"])
def test_mnist_loses_less_than_a_point_in_32_steps(shared_data, name):
    """The whole interval of the loss lies below one point, the same images being compared.

    All 10,000 images, and the curve up to 64 steps: ``uv run python -m
    tests.tools.mnist_from_ann``.
    """
    images, labels = (part[:N_MNIST] for part in mnist_from_ann.mnist_test(shared_data))
    path = shared_data / "onnx" / f"{name}.onnx"
    network = from_ann(
        path, mnist_from_ann.calibration_images(shared_data), n_steps=32, test=(images, labels)
    )
    spiking = mnist_from_ann.run(network, images, 32)[:, -1]
    lost = (ann_scores(path, images).argmax(axis=1) == labels) * 1.0 - (spiking == labels)
    assert lost.mean() + 1.96 * lost.std() / np.sqrt(N_MNIST) <= POINT
    assert network.ann_accuracy - np.mean(spiking == labels) == pytest.approx(lost.mean())


def test_a_model_in_memory_is_taken_as_its_file_is():
    ann, x = model([node("MatMul", "x w", "y")], {"w": random(4, 3)}), random(50, 4)
    assert from_ann(ann, x).name == "ann" and from_ann(ann, x).n_synapses == 12
