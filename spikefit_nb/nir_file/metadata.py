"""What write_nir keeps in metadata because NIR has no field for it, read back and checked.

Everything stands under the key ``spikefit_nb``, so that no other tool takes it for its own. Of the
graph: version, name, output, dt_s, assumptions. Of a node that is a population: position, shape,
reset, strict_threshold, delayed_reset, max_spikes_per_step ("any" for no limit). Of a linear node
that is a projection: position, closes_loop (one step of delay without a Delay node), sparse (the
type of its indices), weight_bits, scale, and the weights as stored: ``integer`` in the shape of the
node's weight, or ``kernel`` with input_shape, stride, padding, dilation and groups where a
convolution had to be written as a matrix. With a nir that has no metadata of some nodes, or no
v_reset, these stand in the graph's ``nodes``, by the node's name. The plain weights are what
counts: where another tool changed them, the stored ones are left aside, and that is said.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import Conv2d, Projection, Weight, as_weight
from spikefit_nb.nir_file.graph import Graph, Node
from spikefit_nb.nir_file.paths import Path

VERSION = 1
LIMIT_STORED = 2**27  # entries of a matrix


def check_version(graph: Graph) -> None:
    """Refuse what a later spikefit_nb wrote."""
    version = graph.own.get("version", VERSION)
    if np.size(version) != 1 or version != VERSION:
        raise FileProblem(
            f"{graph.where}: its spikefit_nb metadata are of version {version!r:.40}; "
            f"this spikefit_nb knows version {VERSION}. Update spikefit_nb, "
            "or remove the group metadata/spikefit_nb to read the plain network."
        )


def texts(value: Any) -> list[str]:
    """A list of strings from metadata, as it stands in a file or in memory."""
    if not isinstance(value, str | bytes | list | tuple | np.ndarray):
        return []
    items = np.asarray(value, dtype=object).ravel().tolist()
    return [i.decode(errors="replace") if isinstance(i, bytes) else str(i) for i in items]


def in_stated_order(items: list[Any], nodes: list[Node | None]) -> list[Any]:
    """Items in the order their nodes state, or as they are unless each states its own place."""
    places = [None if node is None else node.own.get("position") for node in nodes]
    are_whole = all(isinstance(place, int | np.integer) for place in places)
    if not are_whole or len(set(places)) < len(places):
        return items
    return [items[k] for k in sorted(range(len(items)), key=places.__getitem__)]


def stated_shape(node: Node, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The population's shape in memory, where the graph had to hold it flat."""
    stated = np.asarray(node.own.get("shape", ()))
    numbers = tuple(int(n) for n in stated.ravel()) if stated.dtype.kind in "iu" else ()
    return numbers if numbers and min(numbers) > 0 and np.prod(numbers) == np.prod(shape) else shape


def projection(graph: Graph, path: Path, weight: Weight, delay_steps: int) -> Projection:
    """A projection, with integer weights, scale and kind as they were when write_nir wrote it."""
    node = bearer(path)
    own = node.own if node else {}
    plain = Projection(path.source, path.target, weight, delay_steps=delay_steps)
    if node is None or not own.keys() & {"integer", "kernel", "sparse", "scale", "weight_bits"}:
        return plain
    try:
        stored = _stored(own, weight)
        scale = None if stored.dtype.kind == "f" else _numbers(own.get("scale", 1.0))[()]
        bits = own.get("weight_bits")
        kept = Projection(
            path.source,
            path.target,
            _formed(own, stored, weight),
            delay_steps=delay_steps,
            scale=scale,
            weight_bits=None if bits is None else int(bits),
        )
        same = kept.shape == plain.shape and equal(kept.real_weight(), plain.real_weight())
    except (NetworkProblem, ValueError, TypeError, IndexError, KeyError, AttributeError) as problem:
        raise FileProblem(
            f"{graph.where}: {node}: its spikefit_nb metadata cannot be read: {problem}. "
            "Remove the group metadata/spikefit_nb of that node to read the plain weights."
        ) from problem
    if same:
        return kept
    graph.notes.append(
        f"{node.name}: its weights are no longer those write_nir stored, so they are taken as real"
    )
    return plain


def bearer(path: Path) -> Node | None:
    """The one linear node of a path as write_nir lays it out, or None."""
    weights = [node for node in path.between if node.own]
    return weights[0] if len(weights) == 1 else None


def _stored(own: Mapping[str, Any], weight: Weight) -> np.ndarray:
    for key in ("kernel", "integer"):
        if key in own:
            return _numbers(own[key])
    return weight.weight if isinstance(weight, Conv2d) else weight.toarray().T


def _numbers(value: Any) -> np.ndarray:
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
        raise ValueError(f"{value!r:.60} is given for weights or their scale")
    return numbers


def _formed(own: Mapping[str, Any], stored: np.ndarray, weight: Weight) -> Weight:
    if isinstance(weight, Conv2d):
        return replace(weight, weight=stored)
    if "input_shape" in own:
        input_shape, groups = tuple(np.ravel(own["input_shape"])), int(own["groups"])
        pairs = {name: tuple(np.ravel(own[name])) for name in ("stride", "padding", "dilation")}
        return Conv2d(stored, input_shape, groups=groups, **pairs)
    matrix = np.ascontiguousarray(stored.T)
    if "sparse" not in own:
        return as_weight(matrix)
    sparse = sp.csr_array(matrix)
    kind = np.dtype(texts(own["sparse"])[0])
    if kind.kind == "i":
        sparse.indices, sparse.indptr = sparse.indices.astype(kind), sparse.indptr.astype(kind)
    return as_weight(sparse)


def equal(first: Weight, second: Weight) -> bool:
    """Whether two weights connect the same neurons equally strongly, in whatever form."""
    if first.kind == second.kind == "convolution":
        return np.array_equal(first.values, second.values)
    return np.array_equal(unrolled(first), unrolled(second))


def unrolled(weight: Weight) -> np.ndarray:
    """Any weight as a dense (source, target) matrix."""
    n_source, n_target = weight.shape
    if n_source * n_target > LIMIT_STORED:
        raise NetworkProblem(
            f"A projection of {n_source:,} x {n_target:,} neurons is a matrix of "
            f"{n_source * n_target:,} entries in NIR, which has no sparse weights; "
            f"{LIMIT_STORED:,} is the limit. Split the population."
        )
    return weight.toarray()
