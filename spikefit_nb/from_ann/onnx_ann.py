"""An ONNX graph as layers of an ANN: walked once, each value an affine function of earlier ones."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem, SpikefitError
from spikefit_nb.from_ann import onnx_frames, onnx_layers, onnx_shapes
from spikefit_nb.from_ann.ann import Ann, Layer, MaxPool, Shape, Signal, plain
from spikefit_nb.from_ann.max_pool import Substitute, largest_of_windows, over_image
from spikefit_nb.from_ann.onnx_file import Graph, Node, is_model, read_graph
from spikefit_nb.from_ann.onnx_layers import MOST_VALUES, Value, constant_of, signal_of

MOST_IN_ALL = 2**26  # values of all signals together
FROM_NUMPY_OR_NETWORK = (SpikefitError, ValueError, TypeError, IndexError, OverflowError)

LINEAR: dict[str, Callable[[Node, list[Value]], Value]] = {
    "Gemm": onnx_layers.read_gemm,
    "MatMul": onnx_layers.read_matmul,
    "Conv": onnx_layers.read_convolution,
    "BatchNormalization": onnx_layers.read_batch_norm,
    "AveragePool": onnx_layers.read_average_pool,
    "GlobalAveragePool": onnx_layers.average_over_image,
    "ReduceMean": onnx_shapes.mean_over_axes,
    "Scaler": onnx_layers.read_scaler,
    "Pad": onnx_frames.pad,
    "Concat": onnx_frames.concat,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), onnx_layers.arithmetic),
}
SHAPES: dict[str, Callable[[Node, list[Value]], Value]] = {
    **dict.fromkeys(("Identity", "Dropout"), signal_of),
    "Cast": onnx_shapes.cast,
    "Flatten": onnx_shapes.flatten,
    "Reshape": onnx_shapes.reshape,
    "Transpose": onnx_shapes.transpose,
    "Shape": onnx_shapes.shape_of,
    **dict.fromkeys(("Squeeze", "Unsqueeze"), onnx_shapes.squeeze),
}
RECTIFIERS = ("Relu", "Clip")
MAX_POOLS = ("MaxPool", "GlobalMaxPool", "ReduceMax")
ENDS = ("Softmax", "LogSoftmax", "Sigmoid", "ArgMax")
AFTER_THE_END = (*ENDS, *SHAPES, "ArrayFeatureExtractor", "ZipMap", "Normalizer")
OTHER_ACTIVATION = (
    "a spike rate is never negative and grows in proportion: train the network with Relu instead."
)
RECURRENT = (
    "recurrent units are not rectified ones: train a spiking network, and read it with read_nir."
)
PER_SAMPLE = (
    "it depends on each sample, so it is not a fixed weight: train with BatchNormalization instead."
)
ACTIVATIONS = (
    "LeakyRelu PRelu ThresholdedRelu Elu Celu Selu Gelu Swish HardSwish Mish Softplus Softsign "
    "Tanh Erf HardSigmoid"
)
NORMALIZATIONS = "LayerNormalization InstanceNormalization GroupNormalization LRN"
INSTEAD = {
    **dict.fromkeys(ACTIVATIONS.split(), OTHER_ACTIVATION),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), RECURRENT),
    **dict.fromkeys(NORMALIZATIONS.split(), PER_SAMPLE),
    "Attention": "it multiplies two signals; a synapse has one fixed weight.",
    "ConvTranspose": "it is not converted; use a Conv.",
}


@dataclass
class Reading:
    """What is known while the graph is walked."""

    graph: Graph
    values: dict[str, Value]
    input_name: str
    layers: list[Layer] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # what was done to get them
    n_values: int = 0
    padded: dict[str, tuple[Signal, list[tuple[int, int]]]] = field(default_factory=dict)
    means: dict[str, Substitute] | None = None  # that stand for max pooling; None: it is exact
    max_pools: list[MaxPool] = field(default_factory=list)

    def never_negative(self, signal: Signal) -> bool:
        """Whether a signal is made of rectified ones alone, and adds them up."""
        return self.input_name not in signal.terms and signal.never_falls

    def name_for(self, node_name: str) -> str:
        """A population's name: the node's, without slashes, not yet taken."""
        taken = {layer.name for layer in self.layers} | {self.input_name}
        clean = ".".join(part for part in node_name.split("/") if part) or "layer"
        numbered = (f"{clean}_{k}" for k in range(2, len(taken) + 3))
        return next(name for name in (clean, *numbered) if name not in taken)


def read_onnx(ann: Any, sample_shape: Shape, means: dict[str, Substitute] | None = None) -> Ann:
    """Read an ONNX file or model as layers; with means that stand for max pooling, if given."""
    graph = read_graph(ann)
    name, shape = _input_of(graph, sample_shape)
    input_name = ".".join(part for part in name.split("/") if part) or "input"
    reading = Reading(
        graph, {**graph.constants, name: plain(input_name, shape)}, input_name, means=means
    )
    for node in graph.needed():
        _read(reading, node)
    _add_scores(reading)
    title = "ann" if is_model(ann) else Path(ann).stem
    found = (reading.layers, reading.remarks, reading.max_pools)
    return Ann(title, input_name, shape, *map(tuple, found))


def _input_of(graph: Graph, sample_shape: Shape) -> tuple[str, Shape]:
    read = {name for node in graph.needed() for name in node.inputs}
    names = [name for name in graph.inputs if name in read]
    if len(names) != 1:
        raise FileProblem(
            f"{graph.where} has {len(names)} inputs: {', '.join(names) or 'none'}. One is needed."
        )
    declared = graph.inputs[names[0]]
    lengths = [None, *sample_shape] if declared is None else declared
    if len(lengths) < 2:
        raise FileProblem(
            f"{graph.where}: the input {names[0]!r} is declared as {lengths}; (n_samples, ...) is "
            "needed. Export the network with a batch of samples, such as torch.zeros(1, 784)."
        )
    if None in lengths[1:] and len(sample_shape) == len(lengths) - 1:
        pairs = zip(lengths[1:], sample_shape, strict=True)
        lengths = [None, *(actual if n is None else n for n, actual in pairs)]
    if None in lengths[1:] or prod(lengths[1:]) > MOST_VALUES:
        known = ", ".join("any" if n is None else str(n) for n in lengths)
        raise FileProblem(
            f"{graph.where}: the input {names[0]!r} takes ({known}); give calibration samples "
            f"of their full shape, with at most {MOST_VALUES:,} values each."
        )
    return names[0], tuple(lengths[1:])


def _read(reading: Reading, node: Node) -> None:
    unknown = [name for name in node.inputs if name and name not in reading.values]
    if unknown:
        raise node.problem(
            f"it reads {unknown[0]!r}, which no node before it writes. "
            "The file is damaged or cut off."
        )
    # an optional input may be left out
    args = [reading.values[name] if name else None for name in node.inputs]
    try:
        value = _value(reading, node, args)
    except FileProblem:
        raise
    except FROM_NUMPY_OR_NETWORK as error:
        raise node.problem(f"it does not go with what it reads: {error}") from error
    if isinstance(value, Signal):
        reading.n_values += value.size
        if value.size > MOST_VALUES or reading.n_values > MOST_IN_ALL:
            raise node.problem(
                f"up to here samples take {reading.n_values:,} values; "
                f"{MOST_IN_ALL:,} are the limit."
            )
        if node.op == "Pad":
            sides = onnx_frames.sides_of(node, args)
            reading.padded[node.outputs[0]] = (signal_of(node, args), sides)
    reading.values |= dict.fromkeys(node.outputs, value)


def _value(reading: Reading, node: Node, args: list[Value]) -> Value:
    if node.op == "Constant":
        return onnx_shapes.constant(node, args)
    signals = [a for a in args if isinstance(a, Signal)]
    if not signals:
        return onnx_shapes.fold(node, args)
    ended = [s for s in signals if s.ended_by]
    if ended:
        return _after_the_end(node, args, ended)
    if node.op in RECTIFIERS:
        return _rectified(reading, node, args)
    if node.op in ENDS:
        return _ended(reading, node, signals[0])
    if node.op in MAX_POOLS:
        return _max_pooled(reading, node, args)
    if node.op == "Conv" and node.inputs[0] in reading.padded:
        inner, sides = reading.padded[node.inputs[0]]
        further = onnx_frames.padded_further(node, sides)
        node, args = (node, args) if further is None else (further, [inner, *args[1:]])
    if node.op in LINEAR or node.op in SHAPES:
        _remark(reading, node, signals)
        return (LINEAR.get(node.op) or SHAPES[node.op])(node, args)
    known = ", ".join(sorted({*LINEAR, *SHAPES, *RECTIFIERS, *MAX_POOLS, *ENDS}))
    raise node.problem(
        INSTEAD.get(node.op, f"this operator cannot be converted. These can: {known}.")
    )


def _remark(reading: Reading, node: Node, signals: list[Signal]) -> None:
    if node.op == "BatchNormalization":
        reading.remarks.append(
            f"batch normalization {node.name!r} is folded into weights and biases"
        )
    on_input = len(signals) == 1 and signals[0].is_plain and reading.input_name in signals[0].terms
    if on_input and node.op in ("Add", "Sub", "Mul", "Div", "Scaler"):
        reading.remarks.append(
            f"{node.name!r} ({node.op}), applied to the input, is folded into the first layer"
        )


def _rectified(reading: Reading, node: Node, args: list[Value]) -> Signal:
    """A layer of neurons for each Relu, or Clip from 0 to a ceiling."""
    signal, ceiling = signal_of(node, args), np.inf
    if node.op == "Clip":
        low, ceiling = _bound(node, args, 1, "min"), _bound(node, args, 2, "max")
        if low != 0 or not ceiling > 0:
            raise node.problem(
                f"it clips to {low:g} .. {ceiling:g}; only a clip from 0 up, like ReLU6, is a rate."
            )
    if np.isinf(ceiling) and reading.never_negative(signal):
        return signal  # rectified already
    return _as_layer(reading, node.name, signal, float(ceiling))


def _as_layer(reading: Reading, name: str, signal: Signal, ceiling: float = np.inf) -> Signal:
    """The activity of new rectified units that get a signal."""
    name = reading.name_for(name)
    reading.layers.append(Layer(name, signal.shape, signal.terms, signal.bias, ceiling=ceiling))
    return plain(name, signal.shape)


def _max_pooled(reading: Reading, node: Node, args: list[Value]) -> Signal:
    """The largest of each window, by units that compare, or a mean that stands for it."""
    signal, shape = signal_of(node, args), None
    if node.op != "MaxPool":
        node, shape = over_image(node, args)
    readers = [n for n in reading.graph.needed() if node.outputs[0] in n.inputs]
    before_relu = bool(readers) and all(reader.op == "Relu" for reader in readers)
    if before_relu and not reading.never_negative(signal):
        signal = _as_layer(reading, readers[0].name, signal)  # the order makes no difference
    mean = onnx_layers.read_average_pool(node, [signal])
    if reading.means is not None:
        stand_in = reading.means[node.outputs[0]].of(mean)
        return replace(stand_in, shape=shape or stand_in.shape)
    is_rate = reading.never_negative(signal)
    largest = largest_of_windows(
        node, signal, lambda excess: _as_layer(reading, node.name, excess), never_negative=is_rate
    )
    reading.max_pools.append(MaxPool(node.name, node.outputs[0], largest, mean, is_rate))
    return replace(largest, shape=shape or largest.shape)


def _bound(node: Node, args: list[Value], at: int, name: str) -> float:
    if name in node.attributes:
        return node.real(name, 0.0)
    if at < len(args) and args[at] is not None:
        return float(constant_of(node, args, at, name).ravel()[0])
    return -np.inf if name == "min" else np.inf


def _ended(reading: Reading, node: Node, signal: Signal) -> Signal:
    if len([n for n in signal.shape if n > 1]) > 1:
        raise node.problem(
            f"samples of {signal.shape} arrive; one score a class, (n_classes,), is needed."
        )
    axis = node.whole("axis", 0 if node.op == "ArgMax" else 1, -8, 8)
    if axis % (len(signal.shape) + 1) == 0:
        raise node.problem(
            f"axis={axis} compares samples with one another; axis=1 compares the scores of each."
        )
    reading.remarks.append(
        f"{node.name!r} ({node.op}) is dropped: the highest score is the answer without it"
    )
    return replace(signal, ended_by=str(node))


def _after_the_end(node: Node, args: list[Value], ended: list[Signal]) -> Signal:
    """What follows a softmax and the like: the same scores, or 1 - p of a single p beside p."""
    first = ended[0]
    single = all(signal.size == 1 and "Sigmoid" in signal.ended_by for signal in ended)
    if node.op in AFTER_THE_END:
        return first
    if node.op == "Sub" and single and isinstance(args[0], np.ndarray) and (args[0] == 1).all():
        return replace(first.times(np.array(-1.0)), ended_by=first.ended_by)
    if node.op == "Concat" and single and len(ended) == len(args) == 2:
        left, right = np.eye(2)[:, None]
        both = ended[0].through(left, (2,)).with_signal(ended[1].through(right, (2,)))
        return replace(both, ended_by=first.ended_by)
    raise node.problem(
        f"it computes with the result of {first.ended_by}; that one can only be the end "
        "of a network. In the middle, train with Relu instead."
    )


def _add_scores(reading: Reading) -> None:
    """Make the one signal of all outputs the last layer; a single score z becomes -z and z."""
    outputs, where = reading.graph.outputs, reading.graph.where
    values = [reading.values.get(name) for name in outputs]
    signals = [value for value in values if isinstance(value, Signal)]
    if not signals or len(signals) < len(values):
        raise FileProblem(f"{where}: an output of {list(outputs)} does not depend on its input.")
    scores, last = signals[0], reading.layers[-1] if reading.layers else None
    if any(signal.terms is not scores.terms for signal in signals):
        raise FileProblem(
            f"{where} has {len(signals)} outputs that differ: {', '.join(outputs)}. "
            "Export it with the scores of the classes as its only output."
        )
    if last and scores.is_plain and last.name in scores.terms and scores.size > 1:
        return  # rectified scores: their neurons answer
    if scores.size == 1:
        scores = replace(scores, shape=(1,)).through(np.array([[-1.0, 1.0]]), (2,))
        reading.remarks.append(
            "its one score z became two outputs, -z and z: class 0 below zero, class 1 above"
        )
    name = reading.name_for(outputs[0])
    reading.layers.append(Layer(name, (scores.size,), scores.terms, scores.bias, rectified=False))
