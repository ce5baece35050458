"""Which axons bring which weights, where a neuron has few weights, one for each type of axon."""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels.axon_types import choose_types
from spikefit_nb.network import SAME_DIGITS, ByWeight, Edges, Network, Projection

Seen = dict[str, np.ndarray]  # by source population, (n_neurons, n_types): axons there are
VERY_MANY = 5_000_000  # synapses onto a population
MOST_ORDERED = 6  # types of which all orders are tried: 720


def weight_kinds(projections: Sequence[Projection]) -> set[float]:
    """Different weights other than zero that projections into one population use.

    Integers of one scale, or of one scale for each neuron, count as they are stored: a chip folds
    the scale into the neuron's threshold. Else weights are compared in real units.

    Parameters
    ----------
    projections : sequence of Projection

    Returns
    -------
    set of float

    Examples
    --------
    >>> weights = np.array([[1, -1, 0]], np.int8)
    >>> sorted(weight_kinds([Projection("in", "out", weights, scale=np.array([0.5, 0.25, 1.0]))]))
    [-1.0, 1.0]
    """
    folded = _is_folded(projections)
    values = (e.values if folded else e.real_weight().values for e in projections)
    distinct = (np.unique(each).astype(np.float64).tolist() for each in values)
    return set().union(*distinct) - {0.0}


def _is_folded(projections: Sequence[Projection]) -> bool:
    """Whether all are integers of the same scale, which thresholds can take up."""
    scales = [e.scale for e in projections]
    return all(each is not None and np.array_equal(each, scales[0]) for each in scales)


class _Told(NamedTuple):
    """Synapses onto a population by neuron, and which of its neuron's weights each has."""

    ptr: np.ndarray  # (n_neurons + 1,) int64
    source: np.ndarray  # (n_synapses,) int64, counted through all projections
    share: np.ndarray  # (n_synapses,) float64, of the largest weight of its neuron
    kind: np.ndarray  # (n_synapses,) int64, in ascending order of shares
    n_kinds: np.ndarray  # (n_neurons,) int64


def most_weights(projections: Sequence[Projection]) -> int:
    """Count the different weights that a neuron of a population has at most.

    Parameters
    ----------
    projections : sequence of Projection, all that lead into the population

    Returns
    -------
    int

    Examples
    --------
    >>> two_each = np.array([[1, 3], [2, 4]])
    >>> most_weights([Projection("in", "out", two_each, scale=1.0)])
    2
    """
    if not projections:
        return 0
    kinds = weight_kinds(projections)
    if len(kinds) <= 1:
        return len(kinds)
    if len(projections) == 1 and (kernels := projections[0].weight.whole_kernels) is not None:
        return max(map(_kinds_of_kernel, kernels))
    return int(_told(projections).n_kinds.max(initial=0))


def _kinds_of_kernel(entries: np.ndarray) -> int:
    """Different weights other than zero of a kernel, told apart as ``_told`` tells them."""
    present = entries[entries != 0].astype(np.float64)
    largest = np.abs(present).max(initial=0.0)
    return np.unique(np.round(present / largest, SAME_DIGITS)).size if largest else 0


def axon_types(network: Network, profile: HardwareProfile) -> dict[Projection, ByWeight]:
    """How synapses of each projection come in: over one axon a source and core, or over one of each
    type; then (n_target, n_types) float64, the weight of each target for each type.
    """
    # Populations are looked at one after another, since axons that one asks for serve the next.
    # Where synapses are very many, a type stands for the same weight in all neurons if it can.
    if not profile.has("axon_types"):
        return dict.fromkeys(network.projections, False)
    n_types, seen = int(profile.value("axon_types")), Seen()
    found: dict[Projection, ByWeight] = dict.fromkeys(network.projections, False)
    for p in network.neuron_populations:
        incoming = [e for e in network.projections if e.target == p.name]
        n_synapses = sum(e.n_synapses for e in incoming)
        if n_synapses > VERY_MANY and len(weight_kinds(incoming)) <= n_types:
            found |= _same_for_all(incoming, n_types)
        elif n_synapses and most_weights(incoming) <= n_types:
            found |= _typed(incoming, n_types, seen)
    return found


def _same_for_all(incoming: list[Projection], n_types: int) -> dict[Projection, ByWeight]:
    """Weights of each type, by projection: the same for all neurons."""
    kinds = np.full(n_types, np.inf)
    kinds[: len(weight_kinds(incoming))] = sorted(weight_kinds(incoming))
    is_folded = _is_folded(incoming)
    scales = (np.float64(1 if e.scale is None or is_folded else e.scale) for e in incoming)
    tables = (
        kinds / np.broadcast_to(scale, e.shape[1])[:, None]
        for e, scale in zip(incoming, scales, strict=True)
    )
    return dict(zip(incoming, tables, strict=True))


def _typed(incoming: list[Projection], n_types: int, seen: Seen) -> dict[Projection, ByWeight]:
    """Weights of each type, by projection, of the way to choose types that needs fewest axons."""
    told, names = _told(incoming), list(dict.fromkeys(e.source for e in incoming))
    sizes = {e.source: e.shape[0] for e in incoming}
    there = [seen.get(name, np.zeros((sizes[name], n_types), bool)) for name in names]
    before = np.concatenate(there)
    ways = [_by_rank(told, each) for each in (_of_values(incoming, told), told.share)]
    ways = [way for way in ways if way.max(initial=0) < n_types] + [_chosen(told, before)]
    after = [_with_axons(before, told, way) for way in ways]
    best = min(range(len(ways)), key=lambda k: int(after[k].sum()))
    first = 0
    for name in names:
        seen[name] = after[best][first : first + sizes[name]]
        first += sizes[name]
    shares = np.full((told.n_kinds.size, n_types), np.inf)
    shares[np.repeat(np.arange(told.n_kinds.size), np.diff(told.ptr)), ways[best]] = told.share
    largest = _largest(incoming)
    scales = (np.float64(1 if e.scale is None else e.scale) for e in incoming)
    return {
        e: shares * (largest / scale)[:, None] for e, scale in zip(incoming, scales, strict=True)
    }


def _with_axons(before: np.ndarray, told: _Told, types: np.ndarray) -> np.ndarray:
    """The axons there are, and those that synapses of these types need."""
    after = before.copy()
    after[told.source, types] = True
    return after


def _by_rank(told: _Told, values: np.ndarray) -> np.ndarray:
    """The type of each synapse: the same for all neurons where values are."""
    return np.unique(values, return_inverse=True)[1].reshape(told.source.shape)


def _of_values(incoming: list[Projection], told: _Told) -> np.ndarray:
    """The weight of each synapse: integers where these alone tell, else in real units."""
    unit = _largest(incoming)
    if _is_folded(incoming):
        unit = unit / np.asarray(incoming[0].scale, np.float64)
    target = np.repeat(np.arange(told.n_kinds.size), np.diff(told.ptr))
    return np.round(told.share * (unit / unit.max())[target], SAME_DIGITS - 2)


def _chosen(told: _Told, before: np.ndarray) -> np.ndarray:
    """The type of each synapse, chosen neuron by neuron; of very many types, weights in order."""
    n_types = before.shape[1]
    if n_types > MOST_ORDERED:
        return told.kind
    types = np.zeros((told.n_kinds.size, n_types), np.int64)
    orders = np.array(list(permutations(range(n_types))))
    common = np.zeros((n_types, n_types), np.int64)
    choose_types(
        told.ptr, told.source, told.kind, told.n_kinds, orders, before.copy(), common, types
    )
    return types[np.repeat(np.arange(told.n_kinds.size), np.diff(told.ptr)), told.kind]


def _told(incoming: Sequence[Projection]) -> _Told:
    largest, n = _largest(incoming), incoming[0].shape[1]
    first, starts = 0, dict[str, int]()
    for e in incoming:
        if e.source not in starts:
            starts[e.source], first = first, first + e.shape[0]
    sources, targets = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    shares = [np.zeros(0)]
    for e in incoming:
        for edges in e.blocks():
            present = edges.weight != 0
            share = np.round(_real(e, edges) / largest[edges.target], SAME_DIGITS)
            sources.append(edges.source[present] + starts[e.source])
            targets.append(edges.target[present])
            shares.append(share[present])
    source, target = np.concatenate(sources), np.concatenate(targets)
    share = np.concatenate(shares)
    order = np.lexsort((share, target))
    source, target, share = source[order], target[order], share[order]
    is_new = (np.diff(target, prepend=-1) != 0) | (np.diff(share, prepend=np.nan) != 0)
    ptr = np.append(0, np.cumsum(np.bincount(target, minlength=n)))
    n_kinds = np.bincount(target[is_new], minlength=n)
    kind = np.cumsum(is_new) - 1 - (np.cumsum(n_kinds) - n_kinds)[target]
    return _Told(ptr, source, share, kind, n_kinds)


def _largest(projections: Sequence[Projection]) -> np.ndarray:
    """The largest magnitude of a weight into each neuron, (n_target,) float64; 1 where none is."""
    largest = np.zeros(projections[0].shape[1])
    for e in projections:
        for edges in e.blocks():
            np.maximum.at(largest, edges.target, np.abs(_real(e, edges)))
    largest[largest == 0] = 1
    return largest


def _real(e: Projection, edges: Edges) -> np.ndarray:
    """Weights of synapses in real units, (n,) float64."""
    scale = np.broadcast_to(np.float64(1 if e.scale is None else e.scale), e.shape[1])
    return edges.weight.astype(np.float64) * scale[edges.target]
