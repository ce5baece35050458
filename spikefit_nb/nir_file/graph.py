"""A NIR graph without nesting: nodes by name, and edges between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem

Shape = tuple[int, ...]
NEURONS = ("IF", "LIF", "CubaLIF")
LINEAR = ("Linear", "Affine", "Conv2d", "SumPool2d", "AvgPool2d")
SHAPE_ONLY = ("Flatten", "Identity")
SUPPORTED = (*NEURONS, *LINEAR, "Flatten", "Input", "Output", "NIRGraph")


@dataclass(frozen=True, eq=False)
class Node:
    """One NIR node: its name in the flat graph, NIR's type, and the fields as they stand in the file."""

    name: str
    kind: str
    fields: Mapping[str, Any]
    where: str

    def __str__(self) -> str:
        kind = "Input or Output of a nested graph" if self.kind == "Identity" else self.kind
        return f"node {self.name!r} ({kind})"

    def get(self, name: str) -> Any:
        """A field as stored, or None where the file leaves it out."""
        value = self.fields.get(name)
        return value.get("input") if name == "input_type" and isinstance(value, dict) else value

    def array(self, name: str, default: float | None = None) -> np.ndarray:
        """A numeric field as an array of finite floats.

        Parameters
        ----------
        name : str
        default : float, optional; what the field is where the file leaves it out

        Returns
        -------
        array of float

        Raises
        ------
        FileProblem
            The field is missing, not numeric, or holds NaN or infinite values.
        """
        value = self.get(name)
        if value is None:
            if default is None:
                raise FileProblem(
                    f"{self.where}: {self} has no field {name!r}; it has {', '.join(sorted(self.fields)) or 'none'}. "
                    f"NIR defines {name!r} for {self.kind}; write the file again with a newer exporter, or add it."
                )
            value = default
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "fiub":
            raise FileProblem(f"{self.where}: {self}, field {name!r} is {value!r:.60}, not real numbers.")
        numbers = numbers if numbers.dtype.kind == "f" else numbers.astype(np.float32)
        n_bad = int(np.sum(~np.isfinite(numbers)))
        if n_bad:
            raise FileProblem(
                f"{self.where}: {self}, field {name!r}: {n_bad} of {numbers.size} values are NaN or infinite. "
                "Check the training run that wrote them; a diverged loss is the usual cause."
            )
        return numbers

    def whole(self, name: str, least: int, default: int | None = None) -> tuple[int, ...]:
        """A field of whole numbers, such as a shape.

        Raises
        ------
        FileProblem
            It holds something else, or a number below ``least``.
        """
        numbers = self.array(name, default).ravel()
        if (numbers != np.round(numbers)).any() or (numbers < least).any():
            raise FileProblem(
                f"{self.where}: {self}, field {name!r} is {self.get(name)!r:.60}; "
                f"whole numbers from {least} are needed."
            )
        return tuple(int(n) for n in numbers)

    def pair(self, name: str, least: int, default: int | None = None) -> tuple[int, int]:
        """A (y, x) field that may be stored as one number.

        Raises
        ------
        FileProblem
            It is neither one whole number nor two.
        """
        numbers = self.whole(name, least, default)
        if len(numbers) not in (1, 2):
            raise FileProblem(f"{self.where}: {self}, field {name!r} is {numbers}; one or two numbers are needed.")
        return numbers[0], numbers[-1]


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, edges in file order, and what metadata the file and its nodes state."""

    where: str
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    metadata: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def targets(self, name: str) -> list[str]:
        """Nodes that ``name`` feeds."""
        return [b for a, b in self.edges if a == name]

    def sources(self, name: str) -> list[str]:
        """Nodes that feed ``name``."""
        return [a for a, b in self.edges if b == name]

    def of_kind(self, *kinds: str) -> list[Node]:
        """Nodes of some NIR types, in file order."""
        return [node for node in self.nodes.values() if node.kind in kinds]


def flatten(tree: Mapping[str, Any], where: str) -> Graph:
    """Take nested graphs apart: the node 'lif' of the graph 'hidden' becomes 'hidden.lif'.

    Parameters
    ----------
    tree : dict, as read_tree returns it
    where : str, the name of the file in messages

    Returns
    -------
    Graph

    Raises
    ------
    FileProblem
        A node type is unknown, an edge leads nowhere or the wrong way, a nested graph has no single way in or out,
        or there is no Input.
    """
    graph = Graph(where)
    if tree.get("type") != "NIRGraph":
        raise FileProblem(f"{where} holds a single {tree.get('type')} node; a whole NIRGraph is needed.")
    _add(graph, tree, "")
    for source, target in graph.edges:
        if graph.nodes[source].kind == "Output" or graph.nodes[target].kind == "Input":
            raise FileProblem(f"{where}: the edge {source!r} -> {target!r} leads out of an Output or into an Input.")
    if not graph.of_kind("Input"):
        raise FileProblem(f"{where} has no Input node, so nothing can drive it. Add nir.Input with the input's shape.")
    return graph


def _add(graph: Graph, tree: Mapping[str, Any], prefix: str) -> None:
    graph.metadata.append((prefix.rstrip(".") or "the graph", tree.get("metadata") or {}))
    entry, way_out = {}, {}
    for name, fields in tree.get("nodes", {}).items():
        full = prefix + name
        if not isinstance(fields, Mapping):
            raise FileProblem(f"{graph.where}: node {full!r} is {fields!r:.60}; a group with a type is needed.")
        if fields.get("type") == "NIRGraph":
            _add(graph, fields, full + ".")
            entry[name], way_out[name] = (f"{full}.{_only(graph, fields, full, kind)}" for kind in ("Input", "Output"))
        else:
            entry[name] = way_out[name] = full
            _add_node(graph, full, fields, nested=bool(prefix))
    for source, target in _edges(tree, graph.where):
        for end in (source, target):
            if end not in entry:
                raise FileProblem(
                    f"{graph.where}: the edge {source!r} -> {target!r}{_in(prefix)} names {end!r}, "
                    f"which does not exist. Nodes there: {', '.join(sorted(entry))}."
                )
        edge = (way_out[source], entry[target])
        if edge in graph.edges:
            raise FileProblem(f"{graph.where}: the edge {source!r} -> {target!r}{_in(prefix)} is stated twice.")
        graph.edges.append(edge)


def _add_node(graph: Graph, name: str, fields: Mapping[str, Any], *, nested: bool) -> None:
    kind = str(fields.get("type"))
    if kind not in SUPPORTED:
        raise FileProblem(
            f"{graph.where}: node {name!r} is of type {kind!r}, which is not supported. "
            f"Supported: {', '.join(SUPPORTED)}. Replace it in the framework that wrote the file."
        )
    if name in graph.nodes:
        raise FileProblem(f"{graph.where}: two nodes are called {name!r}; rename the one in the nested graph.")
    # A nested graph's own Input and Output only pass on what arrives.
    kind = "Identity" if nested and kind in ("Input", "Output") else kind
    graph.nodes[name] = Node(
        name, kind, {k: v for k, v in fields.items() if k not in ("type", "metadata")}, graph.where
    )
    graph.metadata.append((name, fields.get("metadata") or {}))


def _only(graph: Graph, tree: Mapping[str, Any], name: str, kind: str) -> str:
    found = [n for n, fields in tree.get("nodes", {}).items() if fields.get("type") == kind]
    if len(found) != 1:
        raise FileProblem(
            f"{graph.where}: the nested graph {name!r} has {len(found)} {kind} nodes ({', '.join(found) or 'none'}); "
            "exactly one is supported, since edges to a nested graph do not say which one they mean."
        )
    return found[0]


def _edges(tree: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    edges = tree.get("edges")
    for edge in () if edges is None else edges:
        if np.size(edge) != 2:
            raise FileProblem(f"{where}: the edge {edge!r} is not a pair of node names.")
        source, target = (name.decode() if isinstance(name, bytes) else str(name) for name in edge)
        yield source, target


def _in(prefix: str) -> str:
    return f" in the nested graph {prefix.rstrip('.')!r}" if prefix else ""
