"""Paths between populations: which become projections, bring a bias, or close a loop."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.graph import NEURONS, READOUT, SHAPE_ONLY, SILENT, Graph, Node
from spikefit_nb.nir_file.maps import sparse_of
from spikefit_nb.nir_file.shapes import Shapes

LIMIT_PATHS = 10_000


class Path(NamedTuple):
    """From one population to another, or to an Output, through linear nodes."""

    source: str
    between: tuple[Node, ...]
    target: str


def find_paths(graph: Graph) -> tuple[list[Path], dict[str, list[str]]]:
    """All paths between populations, and for each Output the populations that feed it."""
    paths: list[Path] = []
    n_walked = 0
    answering: dict[str, list[str]] = {node.name: [node.name] for node in graph.of_kind(READOUT)}
    for population in graph.of_kind("Input", *NEURONS):
        for path in _walk(graph, (population,)):
            n_walked += 1
            if n_walked > LIMIT_PATHS:
                raise FileProblem(
                    f"{graph.where}: more than {LIMIT_PATHS:,} paths lead through the linear "
                    f"nodes behind {population.name!r}. Branches that join again multiply; "
                    "add them up into one node."
                )
            if path.target in graph.nodes and graph.nodes[path.target].kind in NEURONS:
                paths.append(path)
                if population.kind in (*SILENT, READOUT):
                    raise FileProblem(
                        f"{graph.where}: {population} feeds {path.target!r}, "
                        "but an integrator sends no spikes, and only spikes travel here. "
                        "Use LIF or IF there; LIF behind LI alone is a CubaLIF."
                    )
            elif path.target:
                answering.setdefault(path.target, []).append(path.source)
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
            raise FileProblem(
                f"{graph.where}: {loop} is a loop without a neuron in it, "
                "so its value is not defined."
            )
        else:
            yield from _walk(graph, (*trail, node))


def bias_into(graph: Graph, shapes: Shapes, name: str, known: dict[str, np.ndarray]) -> np.ndarray:
    """The constant current into a node: biases before it, through the linear nodes behind them."""
    total = np.zeros(prod(shapes.incoming[name]))
    for source in graph.sources(name):
        node = graph.nodes[source]
        if node.kind not in (*NEURONS, "Input"):
            if source not in known:
                known[source] = _bias_after(graph, shapes, node, known)
            total += known[source]
    return total


def _bias_after(
    graph: Graph, shapes: Shapes, node: Node, known: dict[str, np.ndarray]
) -> np.ndarray:
    before = bias_into(graph, shapes, node.name, known)
    if node.kind == "Delay" and before.any():
        graph.notes.append(
            f"the bias before {node.name} acts from the first step on, not only after the delay"
        )
    if node.kind in (*SHAPE_ONLY, "Delay"):
        return before
    arriving, shape = shapes.incoming[node.name], shapes.outgoing[node.name]
    after = before @ sparse_of(node, arriving) if before.any() else np.zeros(prod(shape))
    return after if node.get("bias") is None else after + _own_bias(node, shape)


def _own_bias(node: Node, shape: tuple[int, ...]) -> np.ndarray:
    bias = node.array("bias").astype(np.float64)
    if bias.size not in (1, shape[0]):
        raise FileProblem(
            f"{node.where}: {node}, field 'bias' has shape {bias.shape}, but the node gives "
            f"{shape}: one value per {'channel' if len(shape) > 1 else 'output'} is needed."
        )
    return np.repeat(np.broadcast_to(bias.ravel(), shape[0]), prod(shape[1:]))


def arrange(
    inputs: Sequence[str], pairs: Sequence[tuple[str, str]], delayed: Sequence[tuple[str, str]] = ()
) -> tuple[list[str], set[tuple[str, str]]]:
    """Order populations so that signals pass forward, and name the pairs that close a loop."""
    targets: dict[str, list[str]] = {}
    for source, target in pairs:
        targets.setdefault(source, []).append(target)
    reached = _reached(inputs, targets)
    starts = [*inputs, *dict.fromkeys(target for _, target in delayed if target not in reached)]
    finished: dict[str, None] = {}
    closing: set[tuple[str, str]] = set()
    for start in reversed(starts):
        trail = {start: iter(targets.get(start, ()))} if start not in finished else {}
        while trail:
            name, rest = next(reversed(trail.items()))
            target = next(rest, "")
            if not target:
                finished[name] = None
                del trail[name]
            elif target in trail:
                closing.add((name, target))
            elif target not in finished:
                trail[target] = iter(targets.get(target, ()))
    return [*inputs, *(name for name in reversed(finished) if name not in inputs)], closing


def _reached(starts: Sequence[str], targets: dict[str, list[str]]) -> set[str]:
    """Everything that can be got to."""
    reached, waiting = set(starts), list(starts)
    while waiting:
        new = [name for name in targets.get(waiting.pop(), ()) if name not in reached]
        reached.update(new)
        waiting += new
    return reached
