"""Reading ONNX: every node computes what ONNX's own reference computes; what cannot be read is
named.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.errors import FileProblem, SpikefitError
from spikefit_nb.from_ann import ann_scores, from_ann
from spikefit_nb.from_ann import onnx_file as onnx_file_module
from spikefit_nb.from_ann.onnx_ann import read_onnx
from spikefit_nb.network import Conv2d
from tests.onnx_models import mlp, model, node, onnx, random, run, save, start_again


@pytest.fixture(autouse=True)
def numbers_start_again():
    start_again()


def ends_dense(nodes, constants, n_values, shape, **options):
    """Nodes from ``x`` to ``f``, then Relu, Flatten and a dense layer, so that order and position
    count.
    """
    nodes = [
        *nodes,
        node("Relu", "f", "r"),
        node("Flatten", "r", "flat"),
        node("MatMul", "flat w_end", "y"),
    ]
    return model(nodes, {**constants, "w_end": random(n_values, 5)}, shape=("n", *shape), **options)


def conv(n_out, shape, **attributes):
    """A convolution with bias over an image (channels, y, x) or a line (channels, x)."""
    kernel = attributes.pop("kernel", (3, 3)[: len(shape) - 1])
    groups = attributes.get("group", 1)
    constants = {"k": random(n_out, shape[0] // groups, *kernel), "b": random(n_out)}
    proto = model(
        [node("Conv", "x k b", "f", **attributes)], constants, shape=("n", *shape), output="f"
    )
    n_values = run(proto, random(1, *shape)).size
    return ends_dense([node("Conv", "x k b", "f", **attributes)], constants, n_values, shape)


def pool(op, shape, **attributes):
    proto = model([node(op, "x", "f", **attributes)], shape=("n", *shape), output="f")
    return ends_dense(
        [node(op, "x", "f", **attributes)], {}, run(proto, random(1, *shape)).size, shape
    )


def max_pool(**attributes):
    """A max pooling of rectified values."""
    nodes = [node("Relu", "x", "a"), node("MaxPool", "a", "f", **attributes)]
    proto = model(nodes, shape=("n", *IMAGE), output="f")
    return ends_dense(nodes, {}, run(proto, random(1, *IMAGE)).size, IMAGE)


def padded_conv(widths, n_values, n_out=2, **attributes):
    """A Pad, and a convolution of the image behind it."""
    nodes = [node("Pad", "x w", "p"), node("Conv", "p k b", "f", **attributes)]
    constants = {"w": np.array(widths), "k": random(n_out, 2, 3, 3), "b": random(n_out)}
    return ends_dense(nodes, constants, n_values, IMAGE)


def branches(ends, axis, shape, n_out=3):
    """Two convolutions of the image, joined, and one of both behind."""
    nodes = [
        node("Conv", "x k", "a"),
        node("Conv", "x k2 b2", "c"),
        node(ends[0], "a", "a2"),
        node(ends[1], "c", "c2"),
        node("Concat", "a2 c2", "j", axis=axis),
        node("Relu", "j", "j2"),
        node("Conv", "j2 k3", "f", pads=[1, 1, 1, 1]),
    ]
    kernels = {"k": random(2, 2, 3, 3), "k2": random(n_out, 2, 3, 3), "b2": random(n_out)}
    n_values = 2 * shape[1] * shape[2]
    return ends_dense(nodes, {**kernels, "k3": random(2, shape[0], 3, 3)}, n_values, IMAGE)


IMAGE, LINE = (2, 6, 7), (3, 9)
FOUR = {name: random(4) for name in ("s", "t", "m")} | {"v": np.abs(random(4)) + 0.1}
MATRIX = {"w": random(4, 3), "wt": random(3, 4), "c": random(3)}

KINDS = {
    "gemm": lambda: model([node("Gemm", "x wt c", "y", transB=1, alpha=0.5, beta=2.0)], MATRIX),
    "gemm without bias": lambda: model([node("Gemm", "x w", "y")], MATRIX),
    "gemm with a scalar bias": lambda: model(
        [node("Gemm", "x w c", "y")], MATRIX | {"c": random(1, 1)}
    ),
    "matmul and add": lambda: model([node("MatMul", "x w", "z"), node("Add", "c z", "y")], MATRIX),
    "relu twice": lambda: model(
        [node("Relu", "x", "a"), node("Relu", "a", "b"), node("MatMul", "b w", "y")], MATRIX
    ),
    "relu at the end": lambda: model([node("MatMul", "x w", "z"), node("Relu", "z", "y")], MATRIX),
    "relu6 by inputs": lambda: model(
        [node("Mul", "x ten", "a"), node("Clip", "a low high", "b"), node("MatMul", "b w", "y")],
        MATRIX | {"ten": 10.0, "low": 0.0, "high": 6.0},
    ),
    "relu6 by attributes": lambda: model(
        [
            node("Mul", "x ten", "a"),
            node("Clip", "a", "b", min=0.0, max=6.0),
            node("MatMul", "b w", "y"),
        ],
        MATRIX | {"ten": 10.0},
        opset=6,
    ),
    "relu by clip": lambda: model(
        [node("Clip", "x low", "b"), node("MatMul", "b w", "y")], MATRIX | {"low": 0.0}
    ),
    "two layers without rectifier": lambda: model(
        [node("MatMul", "x w", "z"), node("MatMul", "z u", "y")], MATRIX | {"u": random(3, 5)}
    ),
    "skip connection": lambda: model(
        [
            node("Relu", "x", "a"),
            node("MatMul", "a w", "z"),
            node("Relu", "z", "b"),
            node("MatMul", "b wt", "u"),
            node("Add", "u a", "s"),
            node("Relu", "s", "t"),
            node("MatMul", "t w", "y"),
        ],
        MATRIX,
    ),
    "the same source twice": lambda: model(
        [
            node("Relu", "x", "a"),
            node("MatMul", "a w", "z"),
            node("MatMul", "a v", "u"),
            node("Sub", "z u", "y"),
        ],
        MATRIX | {"v": random(4, 3)},
    ),
    "input normalised": lambda: model(
        [node("Sub", "x m", "a"), node("Div", "a s", "b"), node("MatMul", "b w", "y")],
        MATRIX | {"m": 0.13, "s": 0.3},
    ),
    "constant minus signal": lambda: model(
        [node("Sub", "m x", "a"), node("MatMul", "a w", "y")], MATRIX | {"m": 1.0}
    ),
    "scaler": lambda: model(
        [
            node("Scaler", "x", "a", domain="ai.onnx.ml", offset=[1.0, 2, 3, 4], scale=[0.5]),
            node("MatMul", "a w", "y"),
        ],
        MATRIX,
    ),
    "batch norm after gemm": lambda: model(
        [node("MatMul", "x w", "z"), node("BatchNormalization", "z s t m v", "y", epsilon=1e-3)],
        {"w": random(4, 4), **FOUR},
    ),
    "batch norm after conv": lambda: ends_dense(
        [node("Conv", "x k", "c"), node("BatchNormalization", "c s t m v", "f")],
        {"k": random(4, 2, 3, 3), **FOUR},
        80,
        IMAGE,
    ),
    "batch norm before a padded conv": lambda: ends_dense(
        [node("BatchNormalization", "x s t m v", "n"), node("Conv", "n k", "f", pads=[1, 1, 1, 1])],
        {"k": random(1, 4, 3, 3), **FOUR},
        42,
        (4, 6, 7),
    ),
    "conv": lambda: conv(3, IMAGE),
    "conv with stride, padding and dilation": lambda: conv(
        3, IMAGE, strides=[2, 1], pads=[1, 2, 1, 2], dilations=[1, 2]
    ),
    "conv in groups": lambda: conv(4, IMAGE, group=2, kernel=(2, 2)),
    "conv padded more behind": lambda: conv(3, IMAGE, pads=[0, 1, 2, 1], strides=[2, 2]),
    "conv padded more in front, dilated": lambda: conv(
        3, IMAGE, pads=[2, 1, 0, 0], dilations=[2, 2]
    ),
    "conv same upper": lambda: conv(3, IMAGE, auto_pad="SAME_UPPER", strides=[2, 2], kernel=(2, 3)),
    "conv same lower": lambda: conv(3, IMAGE, auto_pad="SAME_LOWER", kernel=(2, 2)),
    "conv valid": lambda: conv(3, IMAGE, auto_pad="VALID"),
    "conv over a line": lambda: conv(4, LINE, strides=[2], pads=[1, 1]),
    "conv behind pooling": lambda: ends_dense(
        [
            node("AveragePool", "x", "p", kernel_shape=[2, 2], strides=[2, 2]),
            node("Conv", "p k", "f", pads=[1, 1, 1, 1]),
        ],
        {"k": random(3, 2, 3, 3)},
        27,
        (2, 6, 6),
    ),
    "average pool": lambda: pool("AveragePool", IMAGE, kernel_shape=[2, 3], strides=[2, 2]),
    "average pool over padding": lambda: pool(
        "AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1, 1, 1, 1]
    ),
    "average pool with zeros": lambda: pool(
        "AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1
    ),
    "average pool over a line": lambda: pool("AveragePool", LINE, kernel_shape=[3], strides=[3]),
    "average pool whose ceil changes nothing": lambda: pool(
        "AveragePool", (2, 6, 6), kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1
    ),
    "zeros before a conv": lambda: padded_conv([0, 0, 1, 1, 0, 0, 1, 1], 84),
    "zeros behind, before a conv": lambda: padded_conv([0, 0, 0, 0, 0, 0, 1, 1], 60),
    "zeros before a conv that adds its own": lambda: padded_conv(
        [0, 0, 2, 0, 0, 0, 1, 0], 72, strides=[2, 1], pads=[0, 0, 1, 1], n_out=3
    ),
    "zeros before a conv that pads to the same size": lambda: padded_conv(
        [0, 0, 0, 1, 0, 0, 1, 0], 112, auto_pad="SAME_UPPER"
    ),
    "zeros by attributes": lambda: ends_dense(
        [node("Pad", "x", "p", pads=[0, 0, 0, 1, 0, 0, 1, 0]), node("Conv", "p k", "f")],
        {"k": random(2, 2, 3, 3)},
        60,
        IMAGE,
        opset=10,
    ),
    "zeros along named axes": lambda: ends_dense(
        [node("Pad", "x w - ax", "p"), node("Conv", "p k", "f")],
        {"w": np.array([1, 0, 0, 2]), "ax": np.array([-1, 2]), "k": random(2, 2, 3, 3)},
        72,
        IMAGE,
    ),
    "zeros as more channels": lambda: ends_dense(
        [node("Pad", "x w zero", "f")],
        {"w": np.array([0, 1, 0, 0, 0, 0, 0, 0]), "zero": 0.0},
        126,
        IMAGE,
    ),
    "zeros before pooling": lambda: ends_dense(
        [
            node("Pad", "x w", "p"),
            node("AveragePool", "p", "f", kernel_shape=[2, 2], strides=[2, 2]),
        ],
        {"w": np.array([0, 0, 0, 0, 0, 0, 0, 1])},
        24,
        IMAGE,
    ),
    "zeros before a conv over a line": lambda: ends_dense(
        [node("Pad", "x w", "p"), node("Conv", "p k", "f")],
        {"w": np.array([0, 0, 2, 0, 0, 1]), "k": random(2, 3, 3)},
        20,
        LINE,
    ),
    "branches side by side": lambda: branches(["Relu", "Relu"], 1, (5, 4, 5)),
    "branches side by side, rectified together": lambda: branches(["Identity"] * 2, 1, (5, 4, 5)),
    "branches side by side along x": lambda: branches(["Relu", "Relu"], -1, (2, 4, 10), n_out=2),
    "the input beside a branch": lambda: ends_dense(
        [
            node("Conv", "x k", "c", pads=[1, 1, 1, 1]),
            node("Relu", "c", "r0"),
            node("Concat", "x r0", "j", axis=1),
            node("Conv", "j k2", "f"),
        ],
        {"k": random(3, 2, 3, 3), "k2": random(2, 5, 3, 3)},
        40,
        IMAGE,
    ),
    "vectors side by side, in either order": lambda: model(
        [
            node("Relu", "x", "a"),
            node("MatMul", "a w", "z"),
            node("Relu", "z", "b"),
            node("Concat", "b a b", "j", axis=1),
            node("MatMul", "j u", "y"),
        ],
        MATRIX | {"u": random(10, 3)},
    ),
    "max pool": lambda: pool("MaxPool", IMAGE, kernel_shape=[2, 2], strides=[2, 2]),
    "max pool over padding": lambda: max_pool(kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4),
    "max pool padded on one side": lambda: max_pool(
        kernel_shape=[3, 2], strides=[2, 1], pads=[0, 1, 1, 0]
    ),
    "max pool with dilation": lambda: max_pool(kernel_shape=[2, 3], dilations=[2, 1]),
    "max pool over a line": lambda: pool("MaxPool", LINE, kernel_shape=[3], strides=[2]),
    "max pool before the rectifier": lambda: ends_dense(
        [node("Conv", "x k b", "c"), node("MaxPool", "c", "f", kernel_shape=[2, 2])],
        {"k": random(3, 2, 3, 3), "b": random(3)},
        36,
        IMAGE,
    ),
    "max pool of one value": lambda: max_pool(kernel_shape=[1, 1], strides=[2, 2]),
    "max pool that hangs over the edge": lambda: max_pool(
        kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1
    ),
    "max pool that may not begin behind the edge": lambda: max_pool(
        kernel_shape=[2, 2], strides=[3, 3], pads=[0, 1, 0, 1], ceil_mode=1
    ),
    "average pool that hangs over the edge": lambda: pool(
        "AveragePool", IMAGE, kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1
    ),
    "the largest of each channel": lambda: ends_dense(
        [node("ReduceMax", "x axes", "f", keepdims=0)], {"axes": np.array([-1, 2])}, 2, IMAGE
    ),
    "the largest of each channel, axes kept": lambda: ends_dense(
        [node("ReduceMax", "x", "f", axes=[2, 3])], {}, 2, IMAGE, opset=13
    ),
    "zeros whose widths torch computes": lambda: ends_dense(
        [
            node("ConstantOfShape", "n", "z", value=onnx.numpy_helper.from_array(np.zeros(1, int))),
            node("Concat", "ends z", "all", axis=0),
            node("Reshape", "all two", "pairs"),
            node("Slice", "pairs minus low zero minus", "turned"),
            node("Transpose", "turned", "t", perm=[1, 0]),
            node("Reshape", "t minus", "w"),
            node("Cast", "w", "w2", to=7),
            node("Pad", "x w2 value", "p"),
            node("Conv", "p k", "f"),
        ],
        {
            "n": np.array([4]),
            "ends": np.array([1, 2, 0, 1]),
            "two": np.array([-1, 2]),
            "minus": np.array([-1]),
            "low": np.array([-(2**63) + 1]),
            "zero": np.array([0]),
            "value": 0.0,
            "k": random(2, 2, 3, 3),
        },
        80,
        IMAGE,
    ),
    "global max pool": lambda: pool("GlobalMaxPool", IMAGE),
    "two max pools": lambda: ends_dense(
        [
            node("Conv", "x k", "c", pads=[1, 1, 1, 1]),
            node("Relu", "c", "a"),
            node("MaxPool", "a", "m", kernel_shape=[2, 2], strides=[2, 2]),
            node("Conv", "m k2", "c2", pads=[1, 1, 1, 1]),
            node("MaxPool", "c2", "f", kernel_shape=[3, 3], strides=[3, 3]),
        ],
        {"k": random(3, 2, 3, 3), "k2": random(2, 3, 3, 3)},
        2,
        IMAGE,
    ),
    "global average pool": lambda: pool("GlobalAveragePool", IMAGE),
    "global average pool of a line": lambda: pool("GlobalAveragePool", LINE),
    "mean over axes by input": lambda: ends_dense(
        [node("ReduceMean", "x axes", "f", keepdims=0)], {"axes": np.array([-1, 2])}, 2, IMAGE
    ),
    "mean over axes by attribute": lambda: ends_dense(
        [node("ReduceMean", "x", "f", axes=[2, 3])], {}, 2, IMAGE, opset=13
    ),
    "flatten by reshape": lambda: model(
        [node("Reshape", "x s", "f"), node("MatMul", "f w", "y")],
        {"s": np.array([0, -1]), "w": random(84, 3)},
        shape=("n", *IMAGE),
    ),
    "flatten by reshape, batch inferred": lambda: model(
        [node("Reshape", "x s", "f"), node("MatMul", "f w", "y")],
        {"s": np.array([-1, 84]), "w": random(84, 3)},
        shape=("n", *IMAGE),
    ),
    "flatten by a computed shape": lambda: model(
        [
            node("Shape", "x", "s"),
            node("Gather", "s zero", "n", axis=0),
            node("Unsqueeze", "n axis", "u"),
            node("Concat", "u minus", "t", axis=0),
            node("Reshape", "x t", "f"),
            node("MatMul", "f w", "y"),
        ],
        {"zero": np.array(0), "axis": np.array([0]), "minus": np.array([-1]), "w": random(84, 3)},
        shape=("n", *IMAGE),
    ),
    "squeeze and unsqueeze": lambda: model(
        [node("Unsqueeze", "x ax", "u"), node("Squeeze", "u ax", "s"), node("MatMul", "s w", "y")],
        MATRIX | {"ax": np.array([1])},
    ),
    "squeeze behind a pool": lambda: model(
        [
            node("GlobalAveragePool", "x", "p"),
            node("Squeeze", "p ax", "s"),
            node("MatMul", "s w", "y"),
        ],
        {"ax": np.array([2, 3]), "w": random(2, 3)},
        shape=("n", *IMAGE),
    ),
    "channels last": lambda: ends_dense(
        [
            node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
            node("Conv", "t k", "c"),
            node("Transpose", "c", "f", perm=[0, 2, 3, 1]),
        ],
        {"k": random(3, 2, 3, 3)},
        60,
        (6, 7, 2),
    ),
    "identity, dropout and cast": lambda: model(
        [
            node("Cast", "x", "c", to=1),
            node("Identity", "c", "i"),
            node("Dropout", "i", "d"),
            node("MatMul", "d w", "y"),
        ],
        MATRIX,
    ),
    "a weight transposed in the graph": lambda: model(
        [node("Transpose", "wt", "w2", perm=[1, 0]), node("MatMul", "x w2", "y")], MATRIX
    ),
    "a large weight reshaped in the graph": lambda: model(
        [
            node("Reshape", "w s", "w2"),
            node("Flatten", "x", "f"),
            node("MatMul", "f w2", "y"),
        ],
        {"w": random(2, 6, 7, 20), "s": np.array([84, 20])},
        shape=("n", *IMAGE),
    ),
    "constants in nodes": lambda: model(
        [
            node("Constant", "", "k", value_float=2.0),
            node("Mul", "x k", "a"),
            node("MatMul", "a w", "y"),
        ],
        MATRIX,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_node_gives_what_onnx_itself_gives(kind):
    proto = KINDS[kind]()
    shape = [d.dim_value for d in proto.graph.input[0].type.tensor_type.shape.dim][1:]
    x = random(6, *shape)
    expected = run(proto, x)
    scores = ann_scores(proto, x)
    assert scores.shape == expected.shape and np.allclose(scores, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "ends", [("Softmax",), ("LogSoftmax", "Identity"), ("Identity", "Softmax")]
)
def test_the_answer_at_the_end_is_dropped_and_said(ends):
    weights = [random(4, 6), random(6, 3)]
    x = random(10, 4)
    read = read_onnx(mlp(weights, ends=ends), (4,))
    assert np.allclose(read.scores(x), run(mlp(weights), x), atol=1e-5)
    assert any("is dropped: the highest score is the answer" in remark for remark in read.remarks)


def test_scikit_learns_two_outputs_are_one_answer():
    weights = {"w": random(4, 3)}
    nodes = [
        node("MatMul", "x w", "z"),
        node("Softmax", "z", "p"),
        node("ArgMax", "p", "a", axis=1),
        node("Cast", "a", "label", to=7),
    ]
    x = random(5, 4)
    assert np.allclose(
        ann_scores(model(nodes, weights, output="label p"), x), x @ weights["w"], atol=1e-6
    )


def test_one_score_becomes_two_opposite_ones():
    weights = [random(4, 6), random(6, 1)]
    x = random(10, 4)
    score = run(mlp(weights), x)
    assert np.allclose(
        ann_scores(mlp(weights, ends=("Sigmoid",)), x), np.hstack([-score, score]), atol=1e-5
    )
    assert "two outputs, -z and z" in read_onnx(mlp(weights), (4,)).remarks[0]


@pytest.mark.parametrize("order", ["q p", "p q"])
def test_two_probabilities_made_from_one_keep_their_order(order):
    weights = {"w": random(4, 1), "one": np.float32(1)}
    nodes = [
        node("MatMul", "x w", "z"),
        node("Sigmoid", "z", "p"),
        node("Sub", "one p", "q"),
        node("Concat", order, "both", axis=1),
        node("ArgMax", "both", "label", axis=1),
    ]
    ann, x = model(nodes, weights, output="both label"), random(30, 4)
    assert (ann_scores(ann, x).argmax(axis=1) == run(ann, x).argmax(axis=1)).all()


def test_what_is_folded_into_the_first_layer_is_said():
    assert (
        read_onnx(KINDS["input normalised"](), (4,)).remarks
        == (
            "'/sub' (Sub), applied to the input, is folded into the first layer",
            "'/div' (Div), applied to the input, is folded into the first layer",
        )[:1]
    )
    assert (
        "'/batchnormalization' is folded"
        in read_onnx(KINDS["batch norm after conv"](), IMAGE).remarks[0]
    )


def test_convolutions_stay_convolutions_also_behind_pooling_and_batch_norm():
    for kind in (
        "conv behind pooling",
        "batch norm after conv",
        "conv same upper",
        "conv in groups",
        "conv over a line",
        "zeros before a conv",
        "zeros behind, before a conv",
        "zeros before a conv that adds its own",
        "zeros before a conv over a line",
        "the input beside a branch",
        "branches side by side",
        "branches side by side, rectified together",
    ):
        proto = KINDS[kind]()
        for layer in read_onnx(proto, ()).layers[:-1]:
            assert all(isinstance(term, Conv2d) for term in layer.terms.values()), kind


def test_branches_are_synapses_of_their_own():
    for kind, n_sources in (("branches side by side", 2), ("the input beside a branch", 2)):
        last = read_onnx(KINDS[kind](), ()).layers[-2]
        assert len(last.terms) == n_sources


def test_open_lengths_are_taken_from_the_samples():
    proto = ends_dense([node("Conv", "x k", "f")], {"k": random(1, 2, 3, 3)}, 20, ("c", "y", "x"))
    x = random(3, *IMAGE)
    assert np.allclose(ann_scores(proto, x), run(proto, x), atol=1e-5)
    with pytest.raises(
        FileProblem,
        match=r"takes \(any, any, any, any\); give calibration samples of their full shape",
    ):
        ann_scores(proto, x.reshape(3, -1))


def test_samples_may_be_flat_where_the_file_says_their_shape():
    proto, x = KINDS["conv"](), random(3, *IMAGE)
    assert (ann_scores(proto, x.reshape(3, -1)) == ann_scores(proto, x)).all()


def test_layers_are_called_as_in_the_file_without_slashes():
    proto = mlp([random(4, 6), random(6, 6), random(6, 3)])
    assert [layer.name for layer in read_onnx(proto, (4,)).layers] == ["0.Relu", "1.Relu", "y"]


def with_relu(op, inputs="a", constants=None, shape=("n", 2, 6, 6), **attributes):
    """A network with the node in question behind a Relu."""
    nodes = [node("Relu", "x", "a"), node(op, inputs, "y", name="/culprit", **attributes)]
    return model(nodes, constants, shape=shape)


REFUSED = {
    "a pad of ones": (
        lambda: with_relu("Pad", "a w one", {"w": np.array([0, 0, 1, 1] * 2), "one": 1.0}),
        r"it pads with 1; no spikes arrive .* Pad with 0 and train again",
    ),
    "a pad that mirrors": (
        lambda: with_relu("Pad", "a w", {"w": np.array([0, 0, 1, 1] * 2)}, mode="reflect"),
        "its mode is 'reflect'; only zeros can be added",
    ),
    "a pad that cuts": (
        lambda: with_relu("Pad", "a w", {"w": np.array([0, 0, -1, 0] * 2)}),
        r"its widths are \[0, 0, -1, 0, .*To cut an image, cut the data",
    ),
    "a pad of samples": (
        lambda: with_relu("Pad", "a w", {"w": np.array([1, 0, 0, 0] * 2)}),
        "it adds samples",
    ),
    "samples joined": (lambda: with_relu("Concat", "a a", axis=0), "axis=0 joins samples"),
    "branches of different sizes": (
        lambda: model(
            [
                node("AveragePool", "x", "a", kernel_shape=[2, 2]),
                node("Concat", "x a", "y", axis=1, name="/culprit"),
            ],
            shape=("n", 2, 6, 6),
        ),
        r"samples of \(2, 6, 6\) and \(2, 5, 5\) along axis 1; the other axes must be the same",
    ),
    "the largest along one axis of an image": (
        lambda: with_relu("ReduceMax", "a ax", {"ax": np.array([3])}),
        r"axes \[3\] are not those of the image, \[2, 3\]",
    ),
    "a padded max pool of values below zero": (
        lambda: model(
            [node("MaxPool", "x", "y", name="/culprit", kernel_shape=[3, 3], pads=[1] * 4)],
            shape=("n", 2, 6, 6),
        ),
        "zeros for the largest of values below zero. Put the Relu before it",
    ),
    "sigmoid inside": (
        lambda: model(
            [
                node("Sigmoid", "x", "a", name="/squash"),
                node("MatMul", "a w", "y", name="/culprit"),
            ],
            {"w": random(4, 3)},
        ),
        r"result of node '/squash' \(Sigmoid\), number 1 of 2; that one can only be the end",
    ),
    "tanh": (lambda: with_relu("Tanh"), "train the network with Relu instead"),
    "leaky": (lambda: with_relu("LeakyRelu", alpha=0.1), "train the network with Relu instead"),
    "lstm": (
        lambda: with_relu("LSTM", "a w w", {"w": random(1, 4, 4)}, hidden_size=1),
        "read it with read_nir",
    ),
    "layer norm": (
        lambda: with_relu("LayerNormalization", "a s", {"s": random(6)}),
        "BatchNormalization instead",
    ),
    "attention": (lambda: with_relu("MatMul", "a a"), "multiplies two signals, as attention does"),
    "gate": (lambda: with_relu("Mul", "a a"), "multiplies or divides two signals"),
    "unknown": (
        lambda: with_relu("TopK", "a k", {"k": np.array([1])}),
        "cannot be converted. These can: Add, Arg",
    ),
    "other domain": (
        lambda: with_relu("QGemm", domain="com.microsoft"),
        r"'/culprit' \(com.microsoft.QGemm\)",
    ),
    "3-d convolution": (
        lambda: with_relu("Conv", "a k", {"k": random(1, 2, 3, 3, 3)}, ("n", 2, 6, 6, 6)),
        r"is \(1, 2, 3, 3, 3\)",
    ),
    "wrong channels": (
        lambda: with_relu("Conv", "a k", {"k": random(1, 3, 3, 3)}),
        "needs 3 input channels",
    ),
    "window too large": (
        lambda: with_relu("Conv", "a k", {"k": random(1, 2, 9, 9)}),
        r"spans \(9, 9\) pixels",
    ),
    "ceil": (
        lambda: with_relu(
            "AveragePool", kernel_shape=[4, 4], strides=[4, 4], ceil_mode=1, count_include_pad=1
        ),
        "ceil_mode=False",
    ),
    "mean of padding": (
        lambda: with_relu("AveragePool", kernel_shape=[1, 1], pads=[1, 1, 1, 1]),
        "lies in the padding alone",
    ),
    "bias of another size": (
        lambda: with_relu("Conv", "a k b", {"k": random(3, 2, 3, 3), "b": random(2)}),
        r"its bias is \(2,\)",
    ),
    "not flat": (
        lambda: with_relu("MatMul", "a w", {"w": random(6, 3)}),
        "Put a Flatten before it",
    ),
    "samples transposed": (
        lambda: with_relu("Gemm", "a w", {"w": random(4, 3)}, ("n", 4), transA=1),
        "mix the samples",
    ),
    "axis 0 flattened": (lambda: with_relu("Flatten", axis=0), "would mix samples with values"),
    "axis 0 moved": (
        lambda: with_relu("Transpose", perm=[1, 0, 2, 3]),
        "moves the axis of samples",
    ),
    "axis 0 reshaped": (
        lambda: with_relu("Reshape", "a s", {"s": np.array([36, -1])}),
        "first axis must stay",
    ),
    "axis 0 squeezed": (
        lambda: with_relu("Squeeze", "a s", {"s": np.array([0])}),
        "name the axis of samples",
    ),
    "long axis squeezed": (
        lambda: with_relu("Squeeze", "a s", {"s": np.array([1])}),
        "do not all have length 1",
    ),
    "axis 0 averaged": (
        lambda: with_relu("ReduceMean", "a s", {"s": np.array([0])}),
        "include the axis of samples",
    ),
    "training": (
        lambda: with_relu("BatchNormalization", "a s s s s", {"s": random(2)}, training_mode=1),
        r"Call model.eval\(\)",
    ),
    "batch norm of others": (
        lambda: with_relu("BatchNormalization", "a s s s s", {"s": random(3)}),
        "needs one value a channel",
    ),
    "negative variance": (
        lambda: with_relu("BatchNormalization", "a s s s s", {"s": np.float32([-1, 1])}),
        "not above zero",
    ),
    "clip from below zero": (
        lambda: with_relu("Clip", "a l h", {"l": np.float32(-1), "h": np.float32(1)}),
        "it clips to -1 .. 1",
    ),
    "division by zero": (
        lambda: with_relu("Div", "a z", {"z": np.float32(0)}),
        "divides by a signal or by zero",
    ),
    "grown by a constant": (
        lambda: with_relu("Add", "a c", {"c": random(3, 4)}, ("n", 4)),
        r"constant of shape \(3, 4\) does not go",
    ),
    "two of different shape": (
        lambda: model(
            [
                node("Relu", "x", "a"),
                node("MatMul", "a w", "z"),
                node("Add", "a z", "y", name="/culprit"),
            ],
            {"w": random(4, 3)},
        ),
        r"adds samples of \(4,\) and of \(3,\)",
    ),
    "rounded": (lambda: with_relu("Cast", to=7), "rounds to whole numbers"),
    "scores of each pixel": (lambda: with_relu("Softmax"), "one score a class"),
    "samples compared": (
        lambda: with_relu("ArgMax", shape=("n", 4)),
        "compares samples with one another",
    ),
    "an end in three": (
        lambda: model(
            [
                node("Sigmoid", "x", "p", name="/p"),
                node("Concat", "p p p", "y", name="/culprit", axis=1),
            ],
            shape=("n", 1),
        ),
        r"result of node '/p' \(Sigmoid\)",
    ),
    "constants only": (
        lambda: model(
            [node("Sin", "w", "v", name="/culprit"), node("MatMul", "x v", "y")],
            {"w": random(4, 3)},
        ),
        "Let the exporter fold constants",
    ),
    "weight from the input": (
        lambda: with_relu("Gemm", "w a", {"w": random(4, 4)}, ("n", 4)),
        "must be a constant of numbers stored",
    ),
    "a huge image": (
        lambda: with_relu("Conv", "a k", {"k": random(1, 2, 1, 1)}, pads=[4000] * 4),
        "values for each sample",
    ),
    "a huge padding": (
        lambda: with_relu(
            "Conv", "a k", {"k": random(1, 2, 1, 1)}, pads=[10**9] * 4, strides=[9, 9]
        ),
        "whole numbers from 0 to 4096",
    ),
    "attribute of another kind": (
        lambda: with_relu("AveragePool", kernel_shape="two"),
        "'kernel_shape' is 'two'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_converted_is_named_with_its_node(case):
    make, reason = REFUSED[case]
    shape = [d.dim_value for d in make().graph.input[0].type.tensor_type.shape.dim][1:]
    with pytest.raises(FileProblem, match=reason) as problem:
        from_ann(make(), np.abs(random(4, *shape)))
    assert "'/culprit' (" in str(problem.value) and "number " in str(problem.value)


def test_a_graph_whose_input_or_output_is_unclear_is_refused():
    weight = {"w": random(4, 3)}
    two = model(
        [node("MatMul", "x w", "y"), node("Relu", "y", "z"), node("MatMul", "z u", "v")],
        weight | {"u": random(3, 3)},
        output="y v",
    )
    with pytest.raises(FileProblem, match="2 outputs that differ: y, v"):
        read_onnx(two, (4,))
    with pytest.raises(FileProblem, match="does not depend on its input"):
        read_onnx(
            model([node("MatMul", "x w", "y"), node("Identity", "w", "c")], weight, output="y c"),
            (4,),
        )
    with pytest.raises(FileProblem, match="has 0 inputs"):
        read_onnx(model([node("Identity", "w", "y")], weight), (4,))
    with pytest.raises(FileProblem, match="with a batch of samples"):
        read_onnx(model([node("Relu", "x", "y")], shape=(4,)), (4,))
    with pytest.raises(FileProblem, match="at most 16,777,216 values"):
        read_onnx(model([node("Relu", "x", "y")], shape=("n", 10**12)), (4,))


def test_what_no_output_needs_is_not_looked_at():
    nodes = [node("MaxPool", "x", "unused", kernel_shape=[2]), node("MatMul", "x w", "y")]
    assert read_onnx(model(nodes, {"w": random(4, 3)}), (4,)).layers[0].shape == (3,)


def test_a_file_says_what_is_wrong_with_it(tmp_path):
    good = save(mlp([random(4, 6), random(6, 3)]), tmp_path / "good.onnx")
    x = np.abs(random(5, 4))
    assert (
        repr(from_ann(good, x)) == repr(from_ann(str(good), x)) and from_ann(good, x).name == "good"
    )
    with pytest.raises(FileProblem, match=r"no file god.onnx in .*Did you mean good.onnx"):
        from_ann(tmp_path / "god.onnx", x)
    with pytest.raises(FileProblem, match=r"holds no \.onnx file"):
        from_ann(tmp_path / "nowhere" / "other.onnx", x)
    for name, words in (
        ("model.pt", "torch.onnx.export"),
        ("model.keras", "model.export"),
        ("model.pkl", "unpickled"),
    ):
        (tmp_path / name).write_bytes(b"\x80\x04K\x01.")
        with pytest.raises(FileProblem, match=rf"{name} is not ONNX, or damaged.*{words}"):
            from_ann(tmp_path / name, x)
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(FileProblem, match="holds no ONNX graph"):
        from_ann(tmp_path / "empty.onnx", x)


def test_too_large_a_file_is_not_even_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file_module, "LARGEST_BYTES", 10)
    path = save(mlp([random(4, 3)]), tmp_path / "large.onnx")
    with pytest.raises(FileProblem, match="files of up to 10 are read"):
        from_ann(path, random(5, 4))


def test_weights_in_another_file_are_not_opened(tmp_path):
    (tmp_path / "secret").write_bytes(b"\0" * 48)
    proto = mlp([random(4, 3)])
    onnx.external_data_helper.set_external_data(
        proto.graph.initializer[0], location="secret", length=48
    )
    proto.graph.initializer[0].ClearField("raw_data")
    with pytest.raises(
        FileProblem, match=r"values of 'w0' lie in another file, which is not opened"
    ):
        from_ann(save(proto, tmp_path / "model.onnx"), random(5, 4))


def test_a_tensor_that_claims_more_than_it_holds_is_refused():
    proto = mlp([random(4, 3)])
    proto.graph.initializer[0].dims[:] = [2**40, 2**20]
    with pytest.raises(FileProblem, match="not ONNX, or damaged"):
        from_ann(proto, random(5, 4))


def test_weights_that_are_no_numbers_are_refused():
    with pytest.raises(FileProblem, match=r"1 of 12 values of 'w0' are NaN or infinite"):
        from_ann(mlp([np.where(np.arange(12).reshape(4, 3) == 5, np.nan, 1)]), random(5, 4))


def test_half_precision_weights_are_read():
    proto = model([node("MatMul", "x w", "y")], {"w": random(4, 3).astype(np.float16)})
    assert np.isfinite(ann_scores(proto, random(5, 4))).all()


def test_without_the_package_onnx_it_says_how_to_get_it(tmp_path, monkeypatch):
    path = save(mlp([random(4, 3)]), tmp_path / "model.onnx")
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(FileProblem, match=r"pip install 'spikefit_nb\[ann\]'"):
        from_ann(path, random(5, 4))


WHOLE = conv(4, IMAGE, group=2).SerializeToString()
SAMPLES = np.abs(random(4, *IMAGE))


@given(st.integers(0, len(WHOLE)))
def test_a_file_cut_off_gives_our_error_only(tmp_path_factory, length):
    _try(tmp_path_factory, WHOLE[:length])


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_changed_bytes_give_our_error_only(tmp_path_factory, changes):
    content = bytearray(WHOLE)
    for at, value in changes:
        content[at] = value
    _try(tmp_path_factory, bytes(content))


@given(st.binary(max_size=200))
def test_any_bytes_give_our_error_only(tmp_path_factory, content):
    _try(tmp_path_factory, content)


def _try(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzzed.onnx"
    path.write_bytes(content)
    try:
        from_ann(path, SAMPLES)
    except SpikefitError as problem:
        assert len(str(problem)) > 10
