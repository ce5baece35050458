"""What shape arrives at every node, checked edge by edge from the inputs on."""

from collections import deque
from math import prod
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.graph import LIMIT_SIGNALS, READOUT, Graph, Node, Shape
from spikefit_nb.nir_file.maps import convolution_of, weight_of

PARAMETERS: dict[str, tuple[str, ...]] = {
    "IF": ("v_threshold", "r", "v_reset"),
    "LIF": ("tau", "v_threshold", "r", "v_leak", "v_reset"),
    "CubaLIF": ("tau_syn", "tau_mem", "v_threshold", "r", "v_leak", "v_reset", "w_in"),
    "Threshold": ("threshold",),
    "I": ("r",),
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    READOUT: (),
}
ELEMENTWISE = {**PARAMETERS, "Scale": ("scale",), "Delay": ("delay",)}
DEFAULTS = {"v_reset": 0.0, "w_in": 1.0}  # NIR's own, for fields older files leave out
CHANGES_SHAPE = ("Conv1d", "Conv2d", "SumPool2d", "AvgPool2d")
STATED_BY = {  # the field that states what a node takes; else its shape
    **dict.fromkeys(("Linear", "Affine", "Conv1d", "Conv2d"), "weight"),
    **dict.fromkeys(("SumPool2d", "AvgPool2d"), "kernel_size"),
    "Flatten": "input_type",
}


class Shapes(NamedTuple):
    """By node name: the shape that arrives and the shape that leaves."""

    incoming: dict[str, Shape]
    outgoing: dict[str, Shape]


def propagate(graph: Graph, input_shape: Shape | None = None) -> Shapes:
    """Follow the shapes from the inputs through the graph."""
    incoming: dict[str, Shape] = {}
    outgoing = {
        node.name: _checked(node, _shape_of_input(graph, node, input_shape))
        for node in graph.of_kind("Input")
    }
    waiting = deque(outgoing)
    while waiting:
        name = waiting.popleft()
        for target in graph.targets(name):
            node = graph.nodes[target]
            taken = _taken(graph, node, graph.nodes[name], outgoing[name])
            if target not in incoming:
                incoming[target], outgoing[target] = taken, _checked(node, _leaving(node, taken))
                waiting.append(target)
            elif taken != incoming[target]:
                raise _mismatch(graph, node, graph.nodes[name], outgoing[name], incoming[target])
    lost = [name for name in graph.nodes if name not in outgoing]
    if lost:
        raise FileProblem(
            f"{graph.where}: no path leads from an Input to {', '.join(map(repr, lost))}. "
            f"Edges: {', '.join(f'{a} -> {b}' for a, b in graph.edges) or 'none'}."
        )
    return Shapes(incoming, outgoing)


def _checked(node: Node, shape: Shape) -> Shape:
    if prod(shape) > LIMIT_SIGNALS:
        raise FileProblem(
            f"{node.where}: {node} gives {shape}, {prod(shape):,} values; "
            f"at most {LIMIT_SIGNALS:,} are read. If a number in the file is wrong, "
            "write it again; otherwise split the layer."
        )
    return shape


def _shape_of_input(graph: Graph, node: Node, input_shape: Shape | None) -> Shape:
    stated = None if node.get("shape") is None else node.whole("shape", 1)
    given = None if input_shape is None else _lengths(node, np.atleast_1d(input_shape))
    if given is None and stated is None:
        raise FileProblem(
            f"{node.where}: {node} states no shape; say input_shape=(...), such as (2, 34, 34)."
        )
    if stated is None or given == stated:
        return given or ()
    wanted = given or _asked_behind(graph, node, stated)
    if wanted is None or (given and prod(given) == prod(stated)):
        return given or stated
    if stated[-len(wanted) :] == wanted or prod(stated) == prod(wanted):
        graph.notes.append(
            f"{node.name} states the shape {stated}: {wanted} is taken, axes before it being "
            "samples and steps"
        )
        return wanted
    raise FileProblem(
        f"{node.where}: {node} states the shape {stated}, {prod(stated)} channels, "
        f"but input_shape={given} has {prod(wanted)}."
    )


def _asked_behind(graph: Graph, node: Node, stated: Shape) -> Shape | None:
    """The last axes of the input's shape, where all that it feeds takes fewer axes than stated, and
    those before are samples and steps: one axis, or more behind one sample; not rows of a picture.
    """
    behind = [graph.nodes[name] for name in graph.targets(node.name)]
    asked = [_asked(n) for n in behind]
    if not asked or any(a is None or not 0 < len(a) < len(stated) for a in asked):
        return None
    lasts = {stated[-len(a) :] for a in asked if a is not None}
    fits = all(
        e in (None, n) for a in asked if a for e, n in zip(a, stated[-len(a) :], strict=True)
    )
    if not fits or len(lasts) != 1:
        return None
    last = lasts.pop()
    return last if len(last) + 1 == len(stated) or stated[0] == 1 else None


def _asked(node: Node) -> tuple[int | None, ...] | None:
    """The shape a node asks for, None standing for any length; None alone for any shape."""
    return _own_shape(node) if node.kind in ELEMENTWISE else _expected(node)


def _lengths(node: Node, given: np.ndarray) -> Shape:
    if given.dtype.kind not in "iuf" or not given.size or given.ndim > 1 or given.min() < 1:
        raise FileProblem(
            f"{node.where}: input_shape is {given.tolist()}; every length must be at least 1."
        )
    return tuple(int(n) for n in given)


def _mismatch(
    graph: Graph, node: Node, source: Node, arriving: Shape, expected: object
) -> FileProblem:
    hint = (
        "If the file states the input's shape wrongly, say input_shape=(...)."
        if source.kind == "Input"
        else "Flatten and input_shape=(channels, y, x) are what is usually missing between layers."
    )
    field = STATED_BY.get(node.kind, "shape")
    stated_in = "its parameters" if node.kind in ELEMENTWISE else f"its field {field!r}"
    return FileProblem(
        f"{node.where}: shapes do not match on the edge {source.name!r} -> {node.name!r}: {source} "
        f"gives {arriving}, but {node} takes {expected}, by {stated_in}. {hint}{graph.written_by}"
    )


def _taken(graph: Graph, node: Node, source: Node, arriving: Shape) -> Shape:
    """What a node takes in: what arrives, but for what an exporter left out or added needlessly."""
    if node.kind in ELEMENTWISE:
        own = _own_shape(node)
        try:
            fits = np.broadcast_shapes(own, arriving) == arriving
        except ValueError:
            fits = False
        if not fits and not _same_but_for_ones(graph, node, own, arriving):
            raise _mismatch(graph, node, source, arriving, own)
        return arriving
    expected = _expected(node)
    if expected is None or (
        len(expected) == len(arriving)
        and all(e in (None, a) for e, a in zip(expected, arriving, strict=True))
    ):
        return arriving
    if source.kind == "Flatten" and len(expected) == 1 and prod(arriving) == expected[0]:
        return (int(expected[0] or 0),)
    whole = tuple(int(n) for n in expected if n is not None)
    if len(whole) == len(expected) and _same_but_for_ones(graph, node, whole, arriving):
        return arriving if node.kind in ("Output", "Identity", "Flatten") else whole
    if node.kind in ("Output", "Flatten") and _has_axes_before(graph, node, whole, arriving):
        return arriving
    if node.kind == "Identity" and _confirmed_behind(graph, node, whole, arriving):
        return arriving
    raise _mismatch(graph, node, source, arriving, str(expected).replace("None", "any"))


def _same_but_for_ones(graph: Graph, node: Node, stated: Shape, arriving: Shape) -> bool:
    """Whether two shapes differ in axes of length 1 alone, and so hold the same values in order."""
    same = [n for n in stated if n != 1] == [n for n in arriving if n != 1]
    if same:
        graph.notes.append(
            f"{node.name} states the shape {stated} where {arriving} arrives: "
            "axes of length 1 are free"
        )
    return same


def _has_axes_before(graph: Graph, node: Node, stated: Shape, arriving: Shape) -> bool:
    """Whether a shape is the one that arrives behind axes of samples and steps."""
    has = len(stated) > len(arriving) and stated[-len(arriving) :] == arriving
    if has:
        graph.notes.append(
            f"{node.name} states the shape {stated} where {arriving} arrives: axes before it are "
            "samples and steps"
        )
    return has


def _confirmed_behind(graph: Graph, node: Node, stated: Shape, arriving: Shape) -> bool:
    """Whether all that a nested Input feeds asks for what arrives: only the Input is wrong then."""
    behind = [graph.nodes[name] for name in graph.targets(node.name)]
    asked = [_asked(n) for n in behind]
    confirmed = bool(asked) and all(shape == arriving for shape in asked)
    if confirmed:
        graph.notes.append(
            f"{node.name} states the shape {stated} wrongly: {arriving} arrives, and "
            f"{behind[0].name} takes {arriving}"
        )
    return confirmed


def _own_shape(node: Node) -> Shape:
    shapes = {p: node.array(p, DEFAULTS.get(p)).shape for p in ELEMENTWISE[node.kind]}
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{p} {shape}" for p, shape in shapes.items())
        raise FileProblem(
            f"{node.where}: {node}: the shapes of its parameters do not agree: {listed}."
        ) from None


def _expected(node: Node) -> tuple[int | None, ...] | None:
    """The shape a node asks for, None standing for any length; None alone for any shape."""
    if node.kind in ("Linear", "Affine"):
        return (weight_of(node).shape[1],)
    if node.kind in ("Conv1d", "Conv2d"):
        size: tuple[int | None, ...] = (None,) * (1 if node.kind == "Conv1d" else 2)
        if node.get("input_shape") is not None:
            size = node.pair("input_shape", 1)[: len(size)]
        return (weight_of(node).shape[1] * node.whole("groups", 1, 1)[0], *size)
    if node.kind in CHANGES_SHAPE:
        return (None, None, None)
    stated = STATED_BY.get(node.kind, "shape")
    if node.get(stated) is None:
        return None
    shape = node.whole(stated, 0 if node.kind == "Flatten" else 1)
    return shape if all(shape) else None  # zeros of an older exporter state nothing


def _leaving(node: Node, arriving: Shape) -> Shape:
    if node.kind in ("Linear", "Affine"):
        return (weight_of(node).shape[0],)
    if node.kind in CHANGES_SHAPE:
        channels, y, x = convolution_of(node, arriving).output_shape
        return (channels, x) if node.kind == "Conv1d" else (channels, y, x)
    if node.kind == "Flatten":
        return _flattened(node, arriving)
    return arriving


def _flattened(node: Node, arriving: Shape) -> Shape:
    start = node.whole("start_dim", -len(arriving), 1)[0]
    end = node.whole("end_dim", -len(arriving), -1)[0]
    start, end = (n + len(arriving) if n < 0 else n for n in (start, end))
    if not 0 <= start <= end < len(arriving):
        # a batch axis counted that is not there: one axis is left, and it is flat already
        return arriving
    return (*arriving[:start], prod(arriving[start : end + 1]), *arriving[end + 1 :])
