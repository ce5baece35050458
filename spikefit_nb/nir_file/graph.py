"""A NIR graph as nodes by name and edges between them, taken out of nesting and mended."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.hdf5 import LIMIT_ENTRIES

Shape = tuple[int, ...]
OWN = "spikefit_nb"  # the key in metadata under which write_nir keeps what NIR has no field for
SPIKING = ("IF", "LIF", "CubaLIF", "Threshold")
SILENT = ("I", "LI", "CubaLI")
READOUT = "Readout"  # an Output behind linear nodes: their result, read by its potential
NEURONS = (*SPIKING, *SILENT, READOUT)
LINEAR = ("Linear", "Affine", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d")
SHAPE_ONLY = ("Flatten", "Identity")
SUPPORTED = (*SPIKING, *SILENT, *LINEAR, "Delay", "Flatten", "Input", "Output", "NIRGraph")
WITHOUT_LEAK = ("tau", "tau_mem", "tau_syn", "r", "w_in")  # fields that are infinite without a leak
LIMIT_SIGNALS = 2**24  # values that leave one node
ROCKPOOL = re.compile(r"\d+_\w+Torch")  # how Rockpool names the nodes it exports


@dataclass(frozen=True, eq=False)
class Node:
    """One NIR node, with its fields as they stand in the file."""

    name: str  # in the flat graph
    kind: str  # NIR's type
    fields: Mapping[str, Any]
    where: str  # the file, for messages
    own: Mapping[str, Any] = field(default_factory=dict)  # what write_nir left in its metadata

    def __str__(self) -> str:
        kind = "Input or Output of a nested graph" if self.kind == "Identity" else self.kind
        return f"node {self.name!r} ({kind})"

    def get(self, name: str) -> Any:
        """A field as stored, or None where the file leaves it out."""
        value = self.fields.get(name)
        return value.get("input") if name == "input_type" and isinstance(value, dict) else value

    def array(self, name: str, default: float | None = None) -> np.ndarray:
        """A numeric field as an array of finite floats; a neuron without leak has infinite ones."""
        value = self.get(name)
        if value is None:
            if default is None:
                raise FileProblem(
                    f"{self.where}: {self} has no field {name!r}; "
                    f"it has {', '.join(sorted(self.fields)) or 'none'}. NIR defines {name!r} for "
                    f"{self.kind}; write the file again with a newer exporter, or add it."
                )
            value = default
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "fiub":
            raise FileProblem(
                f"{self.where}: {self}, field {name!r} is {value!r:.60}, not real numbers."
            )
        numbers = numbers if numbers.dtype.kind == "f" else numbers.astype(np.float32)
        bad = ~np.isfinite(numbers)
        if name in WITHOUT_LEAK and self.kind in NEURONS:
            bad &= ~np.isposinf(numbers)
        n_bad = int(np.sum(bad))
        if n_bad:
            raise FileProblem(
                f"{self.where}: {self}, field {name!r}: {n_bad} of {numbers.size} "
                "values are NaN or infinite. Check the training run that wrote them; "
                "a diverged loss is the usual cause."
            )
        return numbers

    def whole(self, name: str, least: int, default: int | None = None) -> tuple[int, ...]:
        """A field of whole numbers, such as a shape."""
        numbers = self.array(name, default).ravel()
        if not numbers.size or (numbers != np.round(numbers)).any() or (numbers < least).any():
            raise FileProblem(
                f"{self.where}: {self}, field {name!r} is {self.get(name)!r:.60}; "
                f"whole numbers from {least} are needed."
            )
        return tuple(int(n) for n in numbers)

    def pair(self, name: str, least: int, default: int | None = None) -> tuple[int, int]:
        """A (y, x) field that may be stored as one number."""
        numbers = self.whole(name, least, default)
        if len(numbers) not in (1, 2):
            raise FileProblem(
                f"{self.where}: {self}, field {name!r} is {numbers}; one or two numbers are needed."
            )
        return numbers[0], numbers[-1]


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, edges in file order, what metadata state, and what had to be assumed."""

    where: str  # the file, for messages
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    metadata: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # sentences on what was assumed
    written_by: str = ""

    @cached_property
    def _neighbours(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """By node name, the nodes behind it and the nodes before it, once all edges are there."""
        after: dict[str, list[str]] = {}
        before: dict[str, list[str]] = {}
        for source, target in self.edges:
            after.setdefault(source, []).append(target)
            before.setdefault(target, []).append(source)
        return after, before

    @property
    def own(self) -> Mapping[str, Any]:
        """What write_nir left in the metadata of the whole graph."""
        return own_part(self.metadata[0][1]) if self.metadata else {}

    def targets(self, name: str) -> list[str]:
        """Nodes that ``name`` feeds."""
        return self._neighbours[0].get(name, [])

    def sources(self, name: str) -> list[str]:
        """Nodes that feed ``name``."""
        return self._neighbours[1].get(name, [])

    def of_kind(self, *kinds: str) -> list[Node]:
        """Nodes of some NIR types, in file order."""
        return [node for node in self.nodes.values() if node.kind in kinds]


def own_part(metadata: object) -> Mapping[str, Any]:
    """The part of a node's or graph's metadata that write_nir wrote."""
    part = metadata.get(OWN) if isinstance(metadata, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def flatten(tree: Mapping[str, Any], where: str) -> Graph:
    """Take nested graphs apart: the node 'lif' of the graph 'hidden' becomes 'hidden.lif'."""
    graph = Graph(where, written_by=_writer(tree))
    if _kind(tree) != "NIRGraph":
        raise FileProblem(f"{where} holds a single {_kind(tree)} node; a whole NIRGraph is needed.")
    _add(graph, tree, "")
    for source, target in graph.edges:
        if graph.nodes[source].kind == "Output" or graph.nodes[target].kind == "Input":
            raise FileProblem(
                f"{where}: the edge {source!r} -> {target!r} leads out of an Output "
                "or into an Input."
            )
    if not graph.of_kind("Input"):
        raise FileProblem(
            f"{where} has no Input node, so nothing can drive it. "
            "Add nir.Input with the input's shape."
        )
    _add_readouts(graph)
    return graph


def _kind(fields: Mapping[str, Any]) -> str:
    return str(fields.get("type"))[:60]


def _writer(tree: Mapping[str, Any]) -> str:
    version = tree.get("version")
    nodes = tree.get("nodes")
    said = [f"nir {version} wrote it"] if isinstance(version, str) else []
    if isinstance(nodes, Mapping) and any(ROCKPOOL.fullmatch(str(name)) for name in nodes):
        said.append("its node names are Rockpool's")
    return f" The file shows that {' and '.join(said)}." if said else ""


def _add(graph: Graph, tree: Mapping[str, Any], prefix: str) -> dict[str, tuple[str, str]]:
    """Add a graph's nodes and edges; returns, by name, where signals enter and leave each node."""
    graph.metadata.append((prefix.rstrip(".") or "the graph", _metadata(tree)))
    ways: dict[str, tuple[str, str]] = {}
    nodes = tree.get("nodes", {})
    for name, fields in nodes.items() if isinstance(nodes, Mapping) else ():
        full = prefix + name
        if not isinstance(fields, Mapping):
            raise _no_node(graph.where, full, fields)
        if _kind(fields) == "NIRGraph":
            inner = _add(graph, fields, full + ".")
            ways[name] = (
                _way(graph, fields, full, inner, "Input")[0],
                _way(graph, fields, full, inner, "Output")[1],
            )
        else:
            ways[name] = (full, full)
            _add_node(graph, full, fields, nested=bool(prefix))
    edges = _mended(graph, list(_edges(tree, graph.where)), ways, prefix)
    if len(graph.nodes) * 10 > LIMIT_ENTRIES or len(graph.edges) + len(edges) > LIMIT_ENTRIES:
        raise FileProblem(
            f"{graph.where}: {len(graph.nodes):,} nodes and {len(graph.edges) + len(edges):,} "
            f"edges; at most {LIMIT_ENTRIES // 10:,} and {LIMIT_ENTRIES:,} are read. "
            "Join nodes of one kind into arrays."
        )
    for (source, target), n_times in Counter(edges).items():
        if n_times > 1:
            raise FileProblem(
                f"{graph.where}: the edge {source!r} -> {target!r}{_in(prefix)} is stated twice."
            )
        graph.edges.append((ways[source][1], ways[target][0]))
    return ways


def _no_node(where: str, name: str, found: object) -> FileProblem:
    if found is None:
        return FileProblem(
            f"{where}: node {name!r} is None: the exporter did not know that layer and left its "
            "place empty. Replace it by one it knows (norse: LIFBoxCell for recurrent and other "
            "cells; snnTorch: no MaxPool or BatchNorm), or put a NIR node there: "
            f"graph.nodes[{name!r}] = nir.LI(...)."
        )
    return FileProblem(f"{where}: node {name!r} is {found!r:.60}; a group with a type is needed.")


def _metadata(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = fields.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _mended(
    graph: Graph, edges: list[tuple[str, str]], ways: Mapping[str, Any], prefix: str
) -> list[tuple[str, str]]:
    """The edges, their ends being nodes that exist."""
    named = {name for edge in edges for name in edge}
    lost, unused = sorted(named - set(ways)), [name for name in ways if name not in named]
    if len(lost) == len(unused) == 1 and unused[0].startswith(lost[0]):
        graph.notes.append(
            f"edges{_in(prefix)} name {lost[0]!r}, which does not exist; "
            f"{unused[0]!r} is taken for it, since no edge names that one"
        )
        swap = {lost[0]: unused[0]}
        edges = [(swap.get(a, a), swap.get(b, b)) for a, b in edges]
    for source, target in edges:
        for end in (source, target):
            if end not in ways:
                raise FileProblem(
                    f"{graph.where}: the edge {source!r} -> {target!r}{_in(prefix)} "
                    f"names {end!r}, which does not exist. Nodes there: "
                    f"{', '.join(sorted(ways))}.{graph.written_by}"
                )
    return edges


def _add_node(graph: Graph, name: str, fields: Mapping[str, Any], *, nested: bool) -> None:
    kind = _kind(fields)
    if kind not in SUPPORTED:
        raise FileProblem(
            f"{graph.where}: node {name!r} is of type {kind!r}, which is not supported. "
            f"Supported: {', '.join(SUPPORTED)}. Replace it in the framework that wrote the file."
        )
    if name in graph.nodes:
        raise FileProblem(
            f"{graph.where}: two nodes are called {name!r}; rename the one in the nested graph."
        )
    # A nested graph's own Input and Output only pass on what arrives.
    kind = "Identity" if nested and kind in ("Input", "Output") else kind
    rest = {k: v for k, v in fields.items() if k not in ("type", "metadata")}
    own = own_part(_metadata(fields)) or _beside(graph, name)
    rest |= {"v_reset": own["v_reset"]} if "v_reset" in own and "v_reset" not in rest else {}
    graph.nodes[name] = Node(name, kind, rest, graph.where, own)
    graph.metadata.append((name, _metadata(fields)))


def _beside(graph: Graph, name: str) -> Mapping[str, Any]:
    """What write_nir left of a node in the metadata of the graph, by an old nir."""
    nodes = graph.own.get("nodes")
    own = nodes.get(name) if isinstance(nodes, Mapping) else None
    return own if isinstance(own, Mapping) else {}


def _way(
    graph: Graph, tree: Mapping[str, Any], name: str, inner: dict[str, tuple[str, str]], kind: str
) -> tuple[str, str]:
    """Where signals enter or leave a nested graph: its Input or Output, or the only candidate."""
    found = [n for n in inner if _kind(tree["nodes"][n]) == kind]
    if not found:
        edges = _edges(tree, graph.where)
        ends = {target if kind == "Input" else source for source, target in edges}
        open_ended = [n for n in inner if n not in ends]
        open_ended = list(inner) if len(inner) == 1 else open_ended
        if len(open_ended) == 1:
            side = "enter" if kind == "Input" else "leave"
            graph.notes.append(
                f"signals {side} the nested graph {name!r} by {open_ended[0]!r}: "
                f"it has no {kind} node"
            )
            return inner[open_ended[0]]
    if len(found) != 1:
        raise FileProblem(
            f"{graph.where}: the nested graph {name!r} has {len(found)} {kind} nodes "
            f"({', '.join(found) or 'none'}); exactly one is supported, since edges to a "
            f"nested graph do not say which one they mean.{graph.written_by}"
        )
    return inner[found[0]]


def _edges(tree: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    edges = () if tree.get("edges") is None else tree["edges"]
    if isinstance(edges, np.ndarray):
        edges = np.atleast_1d(edges)
    if not isinstance(edges, list | tuple | np.ndarray):
        raise FileProblem(
            f"{where}: its edges are {edges!r:.60}; a list of pairs of node names is needed."
        )
    for edge in edges:
        if np.size(edge) != 2 or isinstance(edge, str | bytes):
            raise FileProblem(f"{where}: the edge {edge!r:.60} is not a pair of node names.")
        source, target = map(_text, edge)
        yield source, target


def _text(name: object) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _in(prefix: str) -> str:
    return f" in the nested graph {prefix.rstrip('.')!r}" if prefix else ""


def _add_readouts(graph: Graph) -> None:
    """Make Outputs behind linear nodes populations that hold the result, and add those missing."""
    sending = {source for source, _ in graph.edges}
    for node in graph.of_kind(*LINEAR, "Delay"):
        if node.name not in sending:
            name = f"output_{node.name}"
            if name in graph.nodes:
                raise FileProblem(
                    f"{graph.where}: nothing follows {node}. Add the edge from it to an Output."
                )
            graph.nodes[name] = Node(name, "Output", {}, graph.where)
            graph.edges.append((node.name, name))
    for node in graph.of_kind("Output"):
        before, linear = [node.name], []
        for at in before:  # grows while it is walked, through nodes that only change the shape
            kinds = {source: graph.nodes[source].kind for source in graph.sources(at)}
            before += [s for s, kind in kinds.items() if kind in SHAPE_ONLY and s not in before]
            linear += [s for s, kind in kinds.items() if kind in (*LINEAR, "Delay")]
        if linear:
            graph.nodes[node.name] = Node(node.name, READOUT, node.fields, node.where, node.own)
            graph.notes.append(
                f"what {' and '.join(linear)} gives is a current: "
                f"{node.name!r} holds it for one step, to be read"
            )
