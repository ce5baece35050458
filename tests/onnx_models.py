"""Small ONNX models, written by hand for the tests."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

GENERATOR = np.random.default_rng(0)
START = GENERATOR.bit_generator.state


def start_again():
    """Make ``random`` begin anew, so that a test's numbers do not depend on the tests before it."""
    GENERATOR.bit_generator.state = START


def random(*shape):
    """Normally distributed float32."""
    return GENERATOR.normal(size=shape).astype(np.float32)


def node(op, inputs, output, name=None, **attributes):
    """One node; inputs and several outputs are separated by spaces, "-" is an input left out."""
    names = [n.replace("-", "") for n in inputs.split()]
    domain = attributes.pop("domain", "")
    return helper.make_node(
        op, names, output.split(), name=name or f"/{op.lower()}", domain=domain, **attributes
    )


def model(nodes, constants=None, *, shape=("n", 4), output="y", opset=18):
    """A model with the input ``x`` of the given shape; numbers or arrays become its constants."""
    tensors = [numpy_helper.from_array(_as_stored(v), k) for k, v in (constants or {}).items()]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in output.split()]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _as_stored(values):
    array = np.asarray(values)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def run(proto, x):
    """What ONNX's own reference gives as the first output."""
    return ReferenceEvaluator(proto).run(None, {"x": x})[0]


def mlp(weights, biases=None, ends=()):
    """Gemm, Relu, Gemm, ...: a multilayer perceptron, and nodes at its end that read and write one
    value each.
    """
    nodes, constants, at = [], {}, "x"
    for k, weight in enumerate(weights):
        constants[f"w{k}"] = np.asarray(weight, np.float32)
        constants[f"b{k}"] = (
            np.zeros(np.shape(weight)[1], np.float32) if biases is None else np.float32(biases[k])
        )
        is_last = k == len(weights) - 1
        nodes.append(
            node(
                "Gemm",
                f"{at} w{k} b{k}",
                "y" if is_last and not ends else f"z{k}",
                name=f"/{k}/Gemm",
            )
        )
        at = f"z{k}"
        if not is_last:
            nodes.append(node("Relu", at, f"a{k}", name=f"/{k}/Relu"))
            at = f"a{k}"
    for k, op in enumerate(ends):
        nodes.append(node(op, at, "y" if k == len(ends) - 1 else f"e{k}", name=f"/end/{op}"))
        at = f"e{k}"
    return model(nodes, constants, shape=("n", np.shape(weights[0])[0]))


def save(proto, path):
    """Write it, without the checks that a damaged model would not pass."""
    path.write_bytes(proto.SerializeToString())
    return path


__all__ = ["mlp", "model", "node", "onnx", "random", "run", "save", "start_again"]
