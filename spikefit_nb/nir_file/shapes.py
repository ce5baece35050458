"""What shape arrives at every node, checked edge by edge from the inputs on."""

from collections import deque
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.graph import NEURONS, Graph, Node, Shape
from spikefit_nb.nir_file.layers import convolution_of, groups_of, kernel_of, matrix_of

PARAMETERS = {
    "IF": ("v_threshold", "r", "v_reset"),
    "LIF": ("tau", "v_threshold", "r", "v_leak", "v_reset"),
    "CubaLIF": ("tau_syn", "tau_mem", "v_threshold", "r", "v_leak", "v_reset", "w_in"),
}
DEFAULTS = {"v_reset": 0.0, "w_in": 1.0}  # NIR's own, for fields older files leave out


class Shapes(NamedTuple):
    """By node name: the shape that arrives and the shape that leaves."""

    incoming: dict[str, Shape]
    outgoing: dict[str, Shape]


def propagate(graph: Graph, input_shape: Shape | None = None) -> Shapes:
    """Follow the shapes from the inputs through the graph.

    Parameters
    ----------
    graph : Graph
    input_shape : tuple of int, optional; takes the place of what the Input node states

    Returns
    -------
    Shapes

    Raises
    ------
    FileProblem
        Two nodes that share an edge disagree about the shape, or a node is not reached from any Input.
    """
    incoming: dict[str, Shape] = {}
    outgoing = {node.name: _shape_of_input(node, input_shape) for node in graph.of_kind("Input")}
    waiting = deque(outgoing)
    while waiting:
        name = waiting.popleft()
        for target in graph.targets(name):
            node = graph.nodes[target]
            taken = _taken(node, graph.nodes[name], outgoing[name])
            if target not in incoming:
                incoming[target], outgoing[target] = taken, _leaving(node, taken)
                waiting.append(target)
            elif taken != incoming[target]:
                raise _mismatch(node, graph.nodes[name], outgoing[name], incoming[target])
    lost = [name for name in graph.nodes if name not in outgoing]
    if lost:
        raise FileProblem(
            f"{graph.where}: no path leads from an Input to {', '.join(map(repr, lost))}. "
            f"Edges: {', '.join(f'{a} -> {b}' for a, b in graph.edges) or 'none'}."
        )
    return Shapes(incoming, outgoing)


def _shape_of_input(node: Node, input_shape: Shape | None) -> Shape:
    stated = None if node.get("shape") is None else node.whole("shape", 1)
    given = None if input_shape is None else tuple(int(n) for n in np.atleast_1d(input_shape))
    if given is not None and min(given, default=0) < 1:
        raise FileProblem(f"{node.where}: input_shape is {given}; every length must be at least 1.")
    if given is None and stated is None:
        raise FileProblem(f"{node.where}: {node} states no shape; say input_shape=(...), such as (2, 34, 34).")
    if given is not None and stated is not None and np.prod(given) != np.prod(stated):
        raise FileProblem(
            f"{node.where}: {node} states the shape {stated}, {np.prod(stated)} channels, but input_shape="
            f"{given} has {np.prod(given)}."
        )
    return given or stated or ()


def _mismatch(node: Node, source: Node, arriving: Shape, expected: object) -> FileProblem:
    hint = "Flatten and input_shape=(channels, y, x) are what is usually missing between layers."
    if source.kind == "Input":
        hint = "If the file states the input's shape wrongly, say input_shape=(...)."
    return FileProblem(
        f"{node.where}: shapes do not match on the edge {source.name!r} -> {node.name!r}: {source} gives {arriving}, "
        f"but {node} takes {expected}. {hint}"
    )


def _taken(node: Node, source: Node, arriving: Shape) -> Shape:
    """What a node takes in, given what arrives; the two differ only behind a Flatten that kept a batch axis."""
    if node.kind in NEURONS:
        own = _own_shape(node)
        try:
            fits = np.broadcast_shapes(own, arriving) == arriving
        except ValueError:
            fits = False
        if not fits:
            raise _mismatch(node, source, arriving, own)
        return arriving
    expected = _expected(node)
    if expected is None:
        return arriving
    if source.kind == "Flatten" and len(expected) == 1 and np.prod(arriving) == expected[0]:
        return (int(expected[0] or 0),)
    if len(expected) != len(arriving) or any(e not in (None, a) for e, a in zip(expected, arriving, strict=True)):
        raise _mismatch(node, source, arriving, str(expected).replace("None", "any"))
    return arriving


def _own_shape(node: Node) -> Shape:
    shapes = {p: node.array(p, DEFAULTS.get(p)).shape for p in PARAMETERS[node.kind]}
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{p} {shape}" for p, shape in shapes.items())
        raise FileProblem(f"{node.where}: {node}: the shapes of its parameters do not agree: {listed}.") from None


def _expected(node: Node) -> tuple[int | None, ...] | None:
    """The shape a node asks for, None standing for any length; None alone for any shape."""
    if node.kind in ("Linear", "Affine"):
        return (matrix_of(node).shape[1],)
    if node.kind == "Conv2d":
        size = (None, None) if node.get("input_shape") is None else node.pair("input_shape", 1)
        return (kernel_of(node).shape[1] * groups_of(node), *size)
    if node.kind in ("SumPool2d", "AvgPool2d"):
        return (None, None, None)
    stated = "input_type" if node.kind == "Flatten" else "shape"
    return None if node.get(stated) is None else node.whole(stated, 1)


def _leaving(node: Node, arriving: Shape) -> Shape:
    if node.kind in ("Linear", "Affine"):
        return (matrix_of(node).shape[0],)
    if node.kind in ("Conv2d", "SumPool2d", "AvgPool2d"):
        return convolution_of(node, arriving).output_shape
    if node.kind == "Flatten":
        return _flattened(node, arriving)
    return arriving


def _flattened(node: Node, arriving: Shape) -> Shape:
    start, end = node.whole("start_dim", -len(arriving), 1)[0], node.whole("end_dim", -len(arriving), -1)[0]
    start, end = (n + len(arriving) if n < 0 else n for n in (start, end))
    if not 0 <= start <= end < len(arriving):
        return arriving  # a batch axis counted that is not there: one axis is left, and it is flat already
    return (*arriving[:start], int(np.prod(arriving[start : end + 1])), *arriving[end + 1 :])
