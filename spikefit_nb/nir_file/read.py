"""Read any trained spiking network in the field's exchange format."""

from numbers import Integral, Real
from os import PathLike
from pathlib import Path

import nir
import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem, UnknownName, expect
from spikefit_nb.network import Input, Network, Population
from spikefit_nb.nir_file import metadata
from spikefit_nb.nir_file.graph import NEURONS, SPIKING, Graph, Node, flatten
from spikefit_nb.nir_file.hdf5 import read_tree
from spikefit_nb.nir_file.maps import delays_in_steps, weights_of_path
from spikefit_nb.nir_file.neurons import neuron_of
from spikefit_nb.nir_file.paths import Path as SignalPath
from spikefit_nb.nir_file.paths import arrange, bias_into, find_paths
from spikefit_nb.nir_file.shapes import Shapes, propagate
from spikefit_nb.nir_file.statements import (
    STATED,
    Statements,
    settle,
    stated_number,
    unstated,
)


def read_nir(
    path_or_graph: str | PathLike[str] | nir.NIRGraph,
    *,
    dt_s: float | None = None,
    reset: str | None = None,
    source: str | None = None,
    delayed_reset: bool | None = None,
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
    reset : "zero", "subtract" or "none", optional; NIR files do not state it
    source : str, optional; the tool that wrote the file
        Takes over its step, reset, comparison, spikes a step and input (see Notes). Default: the
        tool that the file's metadata name, if they do.
    delayed_reset : bool, optional
        Whether the reset comes one step late: False for snnTorch's ``reset_delay=False``.
    output : str, optional; the Output node or population that answers, where there are several
    max_spikes_per_step : int, None or "stated"
        How often a neuron may fire in a step, None for any number. "stated": what the file's
        metadata say, or the tool does, else 1.
    input_shape : tuple of int, optional, such as (2, 34, 34)
        Where the file leaves it out or flat, or has axes of samples and steps before it.
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

    Notes
    -----
    What ``source`` fixes; arguments given besides go before it::

        source    step       reset     fires where  spikes a step  input and decay
        snntorch  0.1 ms     subtract  v > thr      1              as the file says; reset late
        sinabs    any        subtract  v >= thr     any number     times 1 - exp(-1 / tau)
        norse     1 ms       zero      v > thr      1              added whole to LIFCell's current
        rockpool  from r     subtract  v >= thr     any number     added whole; exp(-dt / tau)
        spyx      from r     subtract  v > thr      1              added whole; a step to each layer

    "sinabs norm_input=False" adds input whole. Decays that are exponentials are kept exactly: the
    time constants of the network are those whose Euler step decays as much. lava-dl and nengo are
    refused, with what to state by hand.

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
        ("delayed_reset", delayed_reset, bool | None, "False"),
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
            graph,
            dt_s=dt_s,
            reset=reset,
            source=source,
            max_spikes_per_step=max_spikes_per_step,
            delayed_reset=delayed_reset,
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


def unstated_in(path: Path) -> tuple[str, ...]:
    """What a NIR file leaves to be said, as arguments of ``read_nir``."""
    tree, where = read_tree(path)
    return unstated(flatten(tree, where))


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
        pairs[_waits(graph, path, statements) or 0 not in part].append((path.source, path.target))
    order, closing = arrange(inputs, pairs[False], pairs[True])
    place = {population: k for k, population in enumerate(order)}
    by_target = sorted(
        zip(paths, parts, strict=True), key=lambda one: (place[one[0].target], place[one[0].source])
    )
    projections, nodes = [], []
    for path, part in by_target:
        least = int(_waits(graph, path, statements) or (path.source, path.target) in closing)
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


def _waits(graph: Graph, path: SignalPath, told: Statements) -> bool:
    """Whether a path delivers in the next step though it has no Delay: write_nir noted it, or the
    tool's neurons send a step late.
    """
    bearer = metadata.bearer(path)
    if told.sends_late and graph.nodes[path.source].kind in SPIKING:
        return True
    return bearer is not None and bool(np.all(bearer.own.get("closes_loop", False)))


def _population(
    graph: Graph, shapes: Shapes, statements: Statements, node: Node, biases: dict[str, np.ndarray]
) -> Population:
    shape = shapes.outgoing[node.name]
    if node.kind == "Input":
        return Population(node.name, shape, Input())
    bias = bias_into(graph, shapes, node.name, biases)
    if node.kind == "Threshold":
        graph.notes.append(
            f"{node.name} is a Threshold: a LIF that holds what arrives for one step"
        )
    kept = metadata.stated_shape(node, shape)
    return Population(node.name, kept, neuron_of(graph, node, statements, shape, kept, bias=bias))


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
