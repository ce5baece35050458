"""Read any trained spiking network in the field's exchange format."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import IF, LIF, CubaLIF, Input, Network, Neuron, Population, Projection
from spikefit_nb.nir_file.graph import NEURONS, Graph, Node, flatten
from spikefit_nb.nir_file.hdf5 import read_tree
from spikefit_nb.nir_file.maps import weight_of_path
from spikefit_nb.nir_file.paths import Path as SignalPath
from spikefit_nb.nir_file.paths import arrange, bias_into, find_paths
from spikefit_nb.nir_file.shapes import DEFAULTS, PARAMETERS, Shapes, propagate
from spikefit_nb.nir_file.statements import Statements, settle, stated_number

if TYPE_CHECKING:
    import nir

MODELS = {"IF": IF, "LIF": LIF, "CubaLIF": CubaLIF}
OUR_NAME = {"tau": "tau_mem_s", "tau_mem": "tau_mem_s", "tau_syn": "tau_syn_s"}


def read_nir(
    path_or_graph: "str | PathLike[str] | nir.NIRGraph",
    *,
    dt_s: float | None = None,
    reset: str | None = None,
    source: str | None = None,
    input_shape: tuple[int, ...] | None = None,
    name: str | None = None,
) -> Network:
    """Read a trained spiking network from a NIR file, or from a NIR graph in memory.

    Each path of linear nodes between two populations becomes one projection; a bias becomes a constant current of
    the neurons it reaches; an edge that closes a loop delivers in the next step. What the file does not state and
    what was assumed instead stands in ``assumptions``.

    Parameters
    ----------
    path_or_graph : str, path or nir.NIRGraph
    dt_s : float, optional, seconds of one step in the neurons' equations; needed for LIF and CubaLIF
    reset : "zero" or "subtract", optional; NIR files do not state it
    source : "snntorch", optional; takes over that framework's time step, comparison and delayed reset
    input_shape : tuple of int, optional, such as (2, 34, 34); where the file leaves it out or flat
    name : str, optional; default: the file's name without its ending

    Returns
    -------
    Network

    Raises
    ------
    FileProblem
        The file is missing, not HDF5 or not NIR; a node is of an unknown type; weights are not finite; shapes do not
        match along an edge; time step or reset is stated nowhere.
    UnknownName
        ``source`` is not known.

    Examples
    --------
    >>> import nir, numpy as np
    >>> graph = nir.NIRGraph.from_list(nir.Linear(np.ones((2, 3))), nir.IF(r=np.ones(2), v_threshold=np.ones(2)))
    >>> read_nir(graph, reset="zero")
    Network(3 inputs -> 2 IF, 6 synapses, dt 1 ms)
    """
    path_or_graph = Path(path_or_graph) if isinstance(path_or_graph, PathLike) else path_or_graph
    tree, where = read_tree(path_or_graph)
    graph = flatten(tree, where)
    shapes = propagate(graph, input_shape)
    statements = settle(graph, dt_s=dt_s, reset=reset, source=source)
    default_name = Path(where).stem if isinstance(path_or_graph, str | Path) else "network"
    try:
        return _build(graph, shapes, statements, name or default_name)
    except NetworkProblem as problem:
        raise FileProblem(f"{where}: {problem}") from problem


def _build(graph: Graph, shapes: Shapes, statements: Statements, name: str) -> Network:
    paths, answering = find_paths(graph)
    inputs = [node.name for node in graph.of_kind("Input")]
    order, closing = arrange(inputs, [(path.source, path.target) for path in paths])
    paths.sort(key=lambda path: (order.index(path.target), order.index(path.source)))
    return Network(
        [_population(graph, shapes, statements, graph.nodes[n]) for n in order],
        [_projection(shapes, path, (path.source, path.target) in closing) for path in paths],
        dt_s=statements.dt_s,
        output=_only_answer(graph, answering),
        name=name,
        ann_accuracy=stated_number(graph, "ann_accuracy"),
        assumptions=(
            *statements.assumptions,
            *_input_sentences(inputs),
            *_loop_sentences(closing),
            *_flatten_sentences(graph, shapes),
        ),
    )


def _population(graph: Graph, shapes: Shapes, statements: Statements, node: Node) -> Population:
    shape = shapes.outgoing[node.name]
    if node.kind == "Input":
        return Population(node.name, shape, Input())
    bias = bias_into(graph, shapes, node.name)
    return Population(node.name, shape, _neuron(node, statements, bias.reshape(shape) if bias.any() else 0.0))


def _neuron(node: Node, statements: Statements, bias: np.ndarray | float) -> Neuron:
    values = {OUR_NAME.get(p, p): node.array(p, DEFAULTS.get(p)) for p in PARAMETERS[node.kind]}
    try:
        return MODELS[node.kind](
            **values,
            bias=bias,
            reset=statements.reset,
            strict_threshold=statements.strict_threshold,
            delayed_reset=statements.delayed_reset,
        )
    except NetworkProblem as problem:
        raise FileProblem(f"{node.where}: node {node.name!r}: {problem}") from problem


def _projection(shapes: Shapes, path: SignalPath, closes_loop: bool) -> Projection:
    weight = weight_of_path(path.between, shapes.incoming, shapes.outgoing[path.source])
    return Projection(path.source, path.target, weight, delay_steps=int(closes_loop))


def _only_answer(graph: Graph, answering: list[str]) -> str:
    distinct = list(dict.fromkeys(answering))
    if len(distinct) > 1:
        raise FileProblem(
            f"{graph.where}: {len(distinct)} populations feed an Output: {', '.join(distinct)}. "
            "One population must give the answer; leave one Output."
        )
    if distinct and graph.nodes[distinct[0]].kind not in NEURONS:
        raise FileProblem(
            f"{graph.where}: the Output is fed by the input {distinct[0]!r}; no neuron computes anything."
        )
    return distinct[0] if distinct else ""


def _input_sentences(inputs: list[str]) -> list[str]:
    return [f"channels are those of {', then '.join(inputs)}"] if len(inputs) > 1 else []


def _loop_sentences(closing: set[tuple[str, str]]) -> list[str]:
    return [f"spikes from {a} to {b} arrive in the next step: they close a loop" for a, b in sorted(closing)]


def _flatten_sentences(graph: Graph, shapes: Shapes) -> list[str]:
    return [
        f"{a} flattens everything that arrives, since {b} takes {shapes.incoming[b][0]} values"
        for a, b in graph.edges
        if graph.nodes[a].kind == "Flatten" and shapes.incoming[b] != shapes.outgoing[a]
    ]
