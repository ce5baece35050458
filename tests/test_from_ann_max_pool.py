"""Max pooling in spikes: a mean of the same size, or units that compare values in pairs."""

from dataclasses import replace

import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset, load_images
from spikefit_nb.deploy import deploy
from spikefit_nb.encode import Direct
from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.from_ann import ann_scores, from_ann
from spikefit_nb.from_ann.max_pool import substitutes
from spikefit_nb.from_ann.onnx_ann import read_onnx
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import Conv2d
from spikefit_nb.simulate import simulate
from tests.onnx_models import model, node, onnx, random, run, start_again

SHAPE = (2, 8, 8)


@pytest.fixture(autouse=True)
def numbers_start_again():
    start_again()


def pooled(op="MaxPool", factor=None):
    """Conv, Relu, a pool of 2 x 2, perhaps a factor of each channel, and a dense layer."""
    constants = {"k": random(3, 2, 3, 3), "b": random(3), "w": random(48, 4)}
    nodes = [
        node("Conv", "x k b", "c", pads=[1, 1, 1, 1]),
        node("Relu", "c", "a"),
        node(
            op,
            "a",
            "p" if factor is None else "q",
            name="/pool",
            kernel_shape=[2, 2],
            strides=[2, 2],
        ),
    ]
    if factor is not None:
        constants["g"] = factor.reshape(-1, 1, 1)
        nodes.append(node("Mul", "q g", "p"))
    nodes += [node("Flatten", "p", "flat"), node("MatMul", "flat w", "y")]
    return model(nodes, constants, shape=("n", *SHAPE))


def naive_gains(proto, x):
    """Of each channel, the sum of the largest values of all windows over the sum of their means."""
    convolved = onnx.ModelProto()
    convolved.CopyFrom(proto)
    del convolved.graph.node[2:]
    convolved.graph.output[0].name = "a"
    active = run(convolved, x)
    gains = []
    for channel in range(active.shape[1]):
        largest = mean = 0.0
        for sample in active[:, channel]:
            for y in range(0, 8, 2):
                for at in range(0, 8, 2):
                    window = sample[y : y + 2, at : at + 2]
                    largest, mean = largest + window.max(), mean + window.mean()
        gains.append(largest / mean)
    return np.array(gains, np.float32)


def images(n):
    return np.abs(random(n, *SHAPE))


def test_a_mean_is_as_large_as_the_maximum_was_on_calibration():
    proto, x = pooled(), images(20)
    start_again()
    by_hand = pooled("AveragePool", naive_gains(proto, x))
    ours, reference = (from_ann(p, x, name="n") for p in (proto, by_hand))
    for own, other in zip(ours.projections, reference.projections, strict=True):
        assert np.allclose(own.weight.toarray(), other.weight.toarray(), rtol=1e-4, atol=1e-6)
    for own, other in zip(ours.neuron_populations, reference.neuron_populations, strict=True):
        assert np.allclose(own.neuron.v_threshold, other.neuron.v_threshold, rtol=1e-4)


def test_a_mean_of_values_below_zero_is_shifted_to_be_as_large_as_the_maximum():
    constants = {"k": random(3, 2, 3, 3), "s": random(3, 1, 1), "w": random(27, 4)}
    nodes = [
        node("Conv", "x k", "c"),
        node("MaxPool", "c", "m", name="/pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Mul", "m s", "n"),  # no Relu reads the maximum itself
        node("Relu", "n", "a"),
        node("Flatten", "a", "flat"),
        node("MatMul", "flat w", "y"),
    ]
    proto, x = model(nodes, constants, shape=("n", *SHAPE)), random(40, *SHAPE)
    proto.graph.output[0].name = "m"
    largest = run(proto, x)
    proto.graph.node[1].op_type = "AveragePool"
    offset = (largest - run(proto, x)).mean(axis=(0, 2, 3))
    proto.graph.node[1].op_type, proto.graph.output[0].name = "MaxPool", "y"
    (said,) = (w for w in from_ann(proto, x).assumptions if "max pooling" in w)
    assert f"plus {offset.min():.3g} to {offset.max():.3g}, by channel" in said
    read = read_onnx(proto, SHAPE)
    means = substitutes(read, x)
    assert np.allclose(means["m"].offset, offset, rtol=1e-4) and (means["m"].factor == 1).all()
    assert len(read_onnx(proto, SHAPE, means).layers) == 2


def test_what_the_mean_changes_is_counted_and_said():
    proto, x = pooled(), images(500)
    labels = ann_scores(proto, x).argmax(axis=1)
    assert (labels == run(proto, x).argmax(axis=1)).all()
    start_again()
    by_hand = pooled("AveragePool", naive_gains(proto, x))
    n_other = int((run(by_hand, x).argmax(axis=1) != labels).sum())
    network = from_ann(proto, x, test=(x, labels))
    (said,) = (words for words in network.assumptions if "max pooling" in words)
    assert n_other > 0 and network.ann_accuracy == 1
    assert f"{n_other} of 500 calibration samples get another answer" in said
    assert f"{1 - n_other / 500:.2%} of the test samples the right one instead of 100.00%" in said
    # 16 windows of 3 channels, three comparisons in each
    assert "max_pool='compare' would keep the maximum, with 144 more neurons" in said


def test_a_report_warns_of_what_was_lost_beyond_chance():
    proto, x = pooled(), images(500)
    x = x / x.max()
    labels = ann_scores(proto, x).argmax(axis=1)
    currents = SpikeDataset.encode(x, labels, Direct(64), seed=0, channel_shape=SHAPE)
    network, profile = from_ann(proto, x, test=(x, labels)), load_profile("seneca")
    report = deploy(network, profile, currents)
    assert network.ann_accuracy == 1 > report.accuracy_interval[1]
    assert any("was made from 100.0%, more than chance explains" in w for w in report.warnings)
    as_good = replace(network, ann_accuracy=report.accuracy)
    assert "chance" not in str(deploy(as_good, profile, currents).warnings)


def test_units_that_compare_fire_at_the_rate_of_the_maximum():
    """Of constant rates, spike counts are those of the largest one, but for what is under way."""
    proto = model(
        [
            node("Relu", "x", "a"),
            node("MaxPool", "a", "p", kernel_shape=[2, 2], strides=[2, 2]),
            node("Flatten", "p", "y"),
        ],
        shape=("n", 1, 4, 4),
    )
    x = np.random.default_rng(0).random((30, 1, 4, 4)).astype(np.float32)
    network = from_ann(
        proto, x, max_pool="compare", decode="potential", percentile=100, n_steps=256
    )
    currents = SpikeDataset.encode(x, None, Direct(256), seed=0, channel_shape=(1, 4, 4))
    record = simulate(network, currents)
    largest = x.reshape(30, 2, 2, 2, 2).max(axis=(2, 4)).reshape(30, 4)
    found = record.output_potential[:, -1] / 256
    assert np.abs(found - largest).max() < 0.02


def test_comparing_networks_stay_convolutions_and_say_so():
    network = from_ann(pooled(), images(20), max_pool="compare")
    assert [p.name for p in network.neuron_populations] == ["relu", "pool", "pool_2", "y"]
    assert [p.n_neurons for p in network.neuron_populations] == [192, 96, 48, 4]
    inner = [e for e in network.projections if e.target != "y"]
    assert all(isinstance(e.weight, Conv2d) for e in inner)
    assert any("kept by 144 units that compare" in words for words in network.assumptions)


def test_max_pooling_is_refused_where_that_is_asked():
    with pytest.raises(FileProblem, match=r"'/pool': max pooling, and max_pool is 'refuse'"):
        from_ann(pooled(), images(5), max_pool="refuse")
    assert from_ann(pooled("AveragePool"), images(5), max_pool="refuse").n_neurons == 196
    with pytest.raises(NetworkProblem, match="max_pool is 'mean'; it can be 'average'"):
        from_ann(pooled(), images(5), max_pool="mean")


@pytest.mark.parametrize(("how", "least"), [("average", 0.9), ("compare", 0.97)])
def test_a_network_of_mnist_with_its_pools_made_max_answers_as_before(shared_data, how, least):
    proto = onnx.load(shared_data / "onnx" / "mnist_cnn.onnx")
    for part in proto.graph.node:
        if part.op_type == "AveragePool":
            part.op_type = "MaxPool"
            kept = [a for a in part.attribute if a.name != "count_include_pad"]
            del part.attribute[:]
            part.attribute.extend(kept)
    trained = np.load(shared_data / "mnist" / "train10k.npz")["images"][:300]
    calibration = trained[:, None].astype(np.float32) / 255
    x = load_images("mnist", n_samples=200).values[:, None]
    answers = ann_scores(proto, x).argmax(axis=1)
    network = from_ann(proto, calibration, max_pool=how)
    currents = SpikeDataset.encode(x, answers, Direct(64), seed=0, channel_shape=(1, 28, 28))
    assert simulate(network, currents).accuracy >= least
