"""Take nested graphs apart, and mend what other tools left open where one meaning is possible."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.graph import LINEAR, READOUT, SHAPE_ONLY, SUPPORTED, Graph, Node, own_part
from spikefit_nb.nir_file.hdf5 import LIMIT_ENTRIES

ROCKPOOL = re.compile(r"\d+_\w+Torch")  # how Rockpool names the nodes it exports


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
            raise FileProblem(
                f"{graph.where}: node {full!r} is {fields!r:.60}; a group with a type is needed."
            )
        if _kind(fields) == "NIRGraph":
            inner = _add(graph, fields, full + ".")
            enter = _way(graph, fields, full, inner, "Input")[0]
            ways[name] = enter, _way(graph, fields, full, inner, "Output")[1]
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
    for edge in edges:
        if edges[edge] > 1:
            raise FileProblem(
                f"{graph.where}: the edge {edge[0]!r} -> {edge[1]!r}{_in(prefix)} is stated twice."
            )
        graph.edges.append((ways[edge[0]][1], ways[edge[1]][0]))
    return ways


def _metadata(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = fields.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _mended(
    graph: Graph, edges: list[tuple[str, str]], ways: Mapping[str, Any], prefix: str
) -> dict[tuple[str, str], int]:
    """How often each edge is stated, its ends being nodes that exist."""
    named = {name for edge in edges for name in edge}
    lost, unused = sorted(named - set(ways)), [name for name in ways if name not in named]
    if len(lost) == len(unused) == 1 and unused[0].startswith(lost[0]):
        graph.notes.append(
            f"edges{_in(prefix)} name {lost[0]!r}, which does not exist; "
            f"{unused[0]!r} is taken for it, since no edge names that one"
        )
        swap = {lost[0]: unused[0]}
        edges = [(swap.get(a, a), swap.get(b, b)) for a, b in edges]
    counted: dict[tuple[str, str], int] = {}
    for source, target in edges:
        for end in (source, target):
            if end not in ways:
                raise FileProblem(
                    f"{graph.where}: the edge {source!r} -> {target!r}{_in(prefix)} "
                    f"names {end!r}, which does not exist. Nodes there: "
                    f"{', '.join(sorted(ways))}.{graph.written_by}"
                )
        counted[source, target] = counted.get((source, target), 0) + 1
    return counted


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
    graph.nodes[name] = Node(name, kind, rest, graph.where, own_part(_metadata(fields)))
    graph.metadata.append((name, _metadata(fields)))


def _way(
    graph: Graph, tree: Mapping[str, Any], name: str, inner: dict[str, tuple[str, str]], kind: str
) -> tuple[str, str]:
    """Where signals enter or leave a nested graph: its Input or Output, or the only candidate."""
    nodes = tree.get("nodes", {})
    found = [n for n in inner if _kind(nodes[n]) == kind]
    if not found:
        edges = list(_edges(tree, graph.where))
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
    edges = tree.get("edges")
    if edges is None:
        return
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
        before = _computing_before(graph, node.name)
        linear = [name for name in before if graph.nodes[name].kind in (*LINEAR, "Delay")]
        if linear:
            graph.nodes[node.name] = Node(node.name, READOUT, node.fields, node.where, node.own)
            graph.notes.append(
                f"what {' and '.join(linear)} gives is a current: "
                f"{node.name!r} holds it for one step, to be read"
            )


def _computing_before(graph: Graph, name: str) -> list[str]:
    """Nodes that feed ``name``, seen through those that only change the shape."""
    found, waiting = [], [name]
    for at in waiting:  # grows while it is walked
        for source in graph.sources(at):
            if graph.nodes[source].kind not in SHAPE_ONLY:
                found.append(source)
            elif source not in waiting:
                waiting.append(source)
    return found
