"""Read any trained spiking network in the field's exchange format."""

from numbers import Integral, Real
from os import PathLike
from pathlib import Path

import nir
import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem, UnknownName, expect
from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Network,
    Neuron,
    Population,
)
from spikefit_nb.nir_file import metadata
from spikefit_nb.nir_file.graph import NEURONS, READOUT, Graph, Node, flatten
from spikefit_nb.nir_file.hdf5 import read_tree
from spikefit_nb.nir_file.maps import delays_in_steps, weights_of_path
from spikefit_nb.nir_file.paths import Path as SignalPath
from spikefit_nb.nir_file.paths import arrange, bias_into, find_paths
from spikefit_nb.nir_file.shapes import DEFAULTS, PARAMETERS, Shapes, propagate
from spikefit_nb.nir_file.statements import STATED, Statements, settle, stated_number

MODELS = {
    "IF": IF,
    "LIF": LIF,
    "CubaLIF": CubaLIF,
    "Threshold": LIF,
    "I": Integrator,
    "LI": LI,
    "CubaLI": CubaLI,
    READOUT: LI,
}
OUR_NAME = {
    "tau": "tau_mem_s",
    "tau_mem": "tau_mem_s",
    "tau_syn": "tau_syn_s",
    "threshold": "v_threshold",
}


def read_nir(
    path_or_graph: str | PathLike[str] | nir.NIRGraph,
    *,
    dt_s: float | None = None,
    reset: str | None = None,
    source: str | None = None,
    output: str | None = None,
    max_spikes_per_step: int | str | None = STATED,
    input_shape: tuple[int, ...] | None = None,
    name: str | None = None,
) -> Network:
    """Read a trained spiking network from a NIR file, or from a NIR graph in memory.

    Each path of linear nodes between two populations becomes one projection, or one for each delay
    in it; a bias becomes a constant current of the neurons it reaches; an edge that closes a loop
    delivers in the next step. A Threshold is a LIF that forgets within a step; what linear nodes
    give to an Output is held by a LI that does. What the file does not state and what was assumed
    instead stands in ``assumptions``.

    Parameters
    ----------
    path_or_graph : str, path or nir.NIRGraph
    dt_s : float, optional
        Seconds of one step in the neurons' equations; needed for time constants and delays.
    reset : "zero" or "subtract", optional; NIR files do not state it
    source : "snntorch", optional
        Takes over that framework's time step, comparison and delayed reset.
    output : str, optional; the Output node or population that answers, where there are several
    max_spikes_per_step : int, None or "stated"
        How often IF neurons may fire in a step, None for any number. "stated": what the file's
        metadata say, 1 where they say nothing.
    input_shape : tuple of int, optional, such as (2, 34, 34); where the file leaves it out or flat
    name : str, optional; default: the file's name without its ending

    Returns
    -------
    Network

    Raises
    ------
    WrongArgument
        An argument is of another kind; ``WrongSource`` where it is the first one.
    FileProblem
        The file is missing, not HDF5 or not NIR; a node is of an unknown type; weights are not
        finite; shapes do not match along an edge; time step or reset is stated nowhere; a delay is
        no whole number of steps; it is larger than what is read.
    UnknownName
        ``source`` or ``output`` is not known.

    Examples
    --------
    >>> import nir, numpy as np
    >>> neurons = nir.IF(r=np.ones(2), v_threshold=np.ones(2))
    >>> graph = nir.NIRGraph.from_list(nir.Linear(np.ones((2, 3))), neurons)
    >>> read_nir(graph, reset="zero")
    Network(3 inputs -> 2 IF, 6 synapses, dt 1 ms)
    """
    for setting, value, kind, example in (
        ("dt_s", dt_s, Real | None, "1e-4"),
        ("reset", reset, str | None, "'zero'"),
        ("source", source, str | None, "'snntorch'"),
        ("output", output, str | None, "'out'"),
        ("max_spikes_per_step", max_spikes_per_step, Real | str | None, "1"),
        ("input_shape", input_shape, Integral | tuple | list | np.ndarray | None, "(2, 34, 34)"),
        ("name", name, str | None, "'mine'"),
    ):
        expect(value, kind, setting, example)
    path_or_graph = Path(path_or_graph) if isinstance(path_or_graph, PathLike) else path_or_graph
    tree, where = read_tree(path_or_graph)
    try:
        graph = flatten(tree, where)
        metadata.check_version(graph)
        shapes = propagate(graph, input_shape)
        told = settle(
            graph, dt_s=dt_s, reset=reset, source=source, max_spikes_per_step=max_spikes_per_step
        )
        stem = Path(where).stem if isinstance(path_or_graph, str | Path) else "network"
        stated = metadata.texts(graph.own.get("name")) or [stem]
        return _build(graph, shapes, told, output, name or stated[0])
    except NetworkProblem as problem:
        raise FileProblem(f"{where}: {problem}") from problem
    except (RecursionError, MemoryError) as error:
        raise FileProblem(
            f"{where} is nested too deep or too large to be read: {error}."
        ) from error


def _build(
    graph: Graph, shapes: Shapes, statements: Statements, output: str | None, name: str
) -> Network:
    paths, answering = find_paths(graph)
    late = delays_in_steps(graph, shapes.incoming, statements.dt_s)
    parts = [
        weights_of_path(p.between, shapes.incoming, shapes.outgoing[p.source], late) for p in paths
    ]
    inputs = [node.name for node in graph.of_kind("Input")]
    pairs: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for path, part in zip(paths, parts, strict=True):
        pairs[_waits(path) or 0 not in part].append((path.source, path.target))
    order, closing = arrange(inputs, pairs[False], pairs[True])
    place = {population: k for k, population in enumerate(order)}
    by_target = sorted(
        zip(paths, parts, strict=True), key=lambda one: (place[one[0].target], place[one[0].source])
    )
    projections, nodes = [], []
    for path, part in by_target:
        least = int(_waits(path) or (path.source, path.target) in closing)
        for steps, weight in part.items():
            projections.append(metadata.projection(graph, path, weight, max(steps, least)))
            nodes.append(metadata.bearer(path))
    biases: dict[str, np.ndarray] = {}
    populations = [_population(graph, shapes, statements, graph.nodes[n], biases) for n in order]
    assumptions = _assumptions(graph, shapes, statements, inputs, closing)
    return Network(
        metadata.in_stated_order(populations, [graph.nodes[n] for n in order]),
        metadata.in_stated_order(projections, nodes),
        dt_s=statements.dt_s,
        output=_answer(graph, answering, order, output),
        name=name,
        ann_accuracy=stated_number(graph, "ann_accuracy"),
        assumptions=assumptions,
    )


def _waits(path: SignalPath) -> bool:
    """Whether write_nir noted that this path delivers in the next step, though it has no Delay."""
    bearer = metadata.bearer(path)
    return bearer is not None and bool(np.all(bearer.own.get("closes_loop", False)))


def _population(
    graph: Graph, shapes: Shapes, statements: Statements, node: Node, biases: dict[str, np.ndarray]
) -> Population:
    shape = shapes.outgoing[node.name]
    if node.kind == "Input":
        return Population(node.name, shape, Input())
    bias = bias_into(graph, shapes, node.name, biases)
    values = {OUR_NAME.get(p, p): node.array(p, DEFAULTS.get(p)) for p in PARAMETERS[node.kind]}
    if node.kind == "Threshold":
        graph.notes.append(
            f"{node.name} is a Threshold: a LIF that holds what arrives for one step"
        )
    kept = metadata.stated_shape(node, shape)
    values = {p: _shaped(value, shape, kept) for p, value in values.items()}
    values["bias"] = bias.reshape(kept) if bias.any() else np.zeros(())
    return Population(node.name, kept, _neuron(node, statements, values))


def _shaped(value: np.ndarray, shape: tuple[int, ...], kept: tuple[int, ...]) -> np.ndarray:
    """A parameter in the population's shape, without axes of length 1 that no other node has."""
    if value.size == 1:
        return value.reshape(())
    if value.size == np.prod(shape):
        return value.reshape(kept)
    return np.broadcast_to(value, shape).reshape(kept)


def _neuron(node: Node, statements: Statements, values: dict[str, np.ndarray]) -> Neuron:
    options = statements.options(node)
    if node.kind in ("Threshold", READOUT):
        options["tau_mem_s"] = statements.dt_s  # v becomes what arrives in this step
    if node.kind == "Threshold":
        options["strict_threshold"] = True
    try:
        return MODELS[node.kind](**values, **options)
    except NetworkProblem as problem:
        raise FileProblem(f"{node.where}: node {node.name!r}: {problem}") from problem


def _answer(
    graph: Graph, answering: dict[str, list[str]], order: list[str], asked: str | None
) -> str:
    """The population that answers: the one asked for or stated, or the only one with an Output."""
    if asked is None:
        kept = metadata.texts(graph.own.get("output"))
        asked = kept[0] if kept and kept[0] in order else None
    if asked is not None and asked not in answering:
        if asked not in order:
            computing = [name for name in order if graph.nodes[name].kind in NEURONS]
            raise UnknownName("output", asked, {*answering, *computing})
        return asked
    fed = answering if asked is None else {asked: answering[asked]}
    distinct = {name: by for by, names in fed.items() for name in names}
    if len(distinct) > 1:
        outputs = [name if name == by else f"{name} (by {by})" for name, by in distinct.items()]
        listed, first = ", ".join(outputs), next(iter(distinct))
        raise FileProblem(
            f"{graph.where}: {len(distinct)} populations feed an Output: {listed}. "
            f"One population must give the answer: say output={first!r} or another of them."
        )
    name = next(iter(distinct), "")
    if name and graph.nodes[name].kind not in NEURONS:
        raise FileProblem(
            f"{graph.where}: the Output is fed by the input {name!r}; no neuron computes anything."
        )
    return name


def _assumptions(
    graph: Graph,
    shapes: Shapes,
    statements: Statements,
    inputs: list[str],
    closing: set[tuple[str, str]],
) -> tuple[str, ...]:
    order = f"channels are those of {', then '.join(inputs)}"
    sentences = [
        *statements.assumptions,
        *([order] if len(inputs) > 1 else []),
        *(
            f"spikes from {a} to {b} arrive in the next step: they close a loop"
            for a, b in sorted(closing)
        ),
        *(
            f"{a} flattens everything that arrives, since {b} takes {shapes.incoming[b][0]} values"
            for a, b in graph.edges
            if graph.nodes[a].kind == "Flatten" and shapes.incoming[b] != shapes.outgoing[a]
        ),
        *graph.notes,
    ]
    return tuple(dict.fromkeys(sentences))
