"""Paths between populations: what becomes a projection, what is a constant current, which edge closes a loop."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.graph import NEURONS, SHAPE_ONLY, Graph, Node
from spikefit_nb.nir_file.maps import sparse_of
from spikefit_nb.nir_file.shapes import Shapes


class Path(NamedTuple):
    """From one population to another, or to an Output, through linear nodes."""

    source: str
    between: tuple[Node, ...]
    target: str


def find_paths(graph: Graph) -> tuple[list[Path], list[str]]:
    """All paths between populations, and the populations that feed the Output.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    tuple of list of Path and list of str

    Raises
    ------
    FileProblem
        Linear nodes form a loop, or end without a neuron behind them.
    """
    paths, answering = [], []
    for population in graph.of_kind("Input", *NEURONS):
        for path in _walk(graph, (population,)):
            linear = [node.name for node in path.between if node.kind not in SHAPE_ONLY]
            if path.target in graph.nodes and graph.nodes[path.target].kind in NEURONS:
                paths.append(path)
            elif linear:
                raise FileProblem(
                    f"{graph.where}: no spiking neuron follows node {linear[-1]!r}, so its result would be a "
                    "current that nothing turns into spikes. Let the network end in IF, LIF or CubaLIF neurons."
                )
            elif path.target:
                answering.append(path.source)
    return paths, answering


def _walk(graph: Graph, trail: tuple[Node, ...]) -> Iterator[Path]:
    """Paths that begin with ``trail``, a population and the linear nodes passed since."""
    population, *between = trail
    targets = graph.targets(trail[-1].name)
    if not targets:
        yield Path(population.name, tuple(between), "")
    for node in map(graph.nodes.__getitem__, targets):
        if node.kind in (*NEURONS, "Output"):
            yield Path(population.name, tuple(between), node.name)
        elif node in between:
            loop = " -> ".join(n.name for n in (*between[between.index(node) :], node))
            raise FileProblem(f"{graph.where}: {loop} is a loop without a neuron in it, so its value is not defined.")
        else:
            yield from _walk(graph, (*trail, node))


def bias_into(graph: Graph, shapes: Shapes, name: str) -> np.ndarray:
    """The constant current into a node: the biases before it, pushed through the linear nodes behind them.

    Every node counts once, however many paths lead through it.

    Parameters
    ----------
    graph : Graph
    shapes : Shapes
    name : str, a neuron or linear node

    Returns
    -------
    (n,) float64
    """
    total = np.zeros(int(np.prod(shapes.incoming[name])))
    for source in graph.sources(name):
        node = graph.nodes[source]
        if node.kind not in (*NEURONS, "Input"):
            total += _bias_after(graph, shapes, node)
    return total


def _bias_after(graph: Graph, shapes: Shapes, node: Node) -> np.ndarray:
    before = bias_into(graph, shapes, node.name)
    if node.kind in SHAPE_ONLY:
        return before
    shape = shapes.outgoing[node.name]
    after = before @ sparse_of(node, shapes.incoming[node.name]) if before.any() else np.zeros(int(np.prod(shape)))
    return after if node.get("bias") is None else after + _own_bias(node, shape)


def _own_bias(node: Node, shape: tuple[int, ...]) -> np.ndarray:
    bias = node.array("bias").astype(np.float64)
    if bias.size not in (1, shape[0]):
        raise FileProblem(
            f"{node.where}: {node}, field 'bias' has shape {bias.shape}, but the node gives {shape}: "
            f"one value per {'channel' if len(shape) > 1 else 'output'} is needed."
        )
    per_output = np.broadcast_to(bias.ravel(), shape[0])
    return np.repeat(per_output, int(np.prod(shape[1:])))


def arrange(inputs: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Order populations so that signals pass forward, and name the pairs that close a loop.

    Depth first from the inputs: a pair that leads back to where the walk came from closes a loop.

    Parameters
    ----------
    inputs : sequence of str
    pairs : sequence of (source, target)

    Returns
    -------
    tuple of list of str and set of (source, target)

    Examples
    --------
    >>> arrange(["in"], [("in", "a"), ("a", "b"), ("b", "a")])
    (['in', 'a', 'b'], {('b', 'a')})
    """
    targets: dict[str, list[str]] = {}
    for source, target in pairs:
        targets.setdefault(source, []).append(target)
    finished: list[str] = []
    closing: set[tuple[str, str]] = set()
    for start in reversed(inputs):
        trail = {start: iter(targets.get(start, ()))}
        while trail:
            name, rest = next(reversed(trail.items()))
            target = next(rest, None)
            if target is None:
                finished.append(name)
                del trail[name]
            elif target in trail:
                closing.add((name, target))
            elif target not in finished:
                trail[target] = iter(targets.get(target, ()))
    forward = finished[::-1]
    return [*inputs, *(name for name in forward if name not in inputs)], closing
