"""Nodes and graphs as the installed nir has them, from 1.0.4 on, which sinabs 3 asks for.

Until 1.0.5 there were no metadata of Input, Output, Linear, Scale and Conv2d and no CubaLI; until
1.0.6 there was no v_reset. What a node then has no field for stands in the metadata of the graph,
under ``nodes`` and the node's name; ``read_nir`` looks there too, whatever nir it runs with.
"""

from collections.abc import Mapping
from dataclasses import fields
from inspect import signature
from typing import Any

import nir
import numpy as np

from spikefit_nb.nir_file.graph import OWN


def has(kind: str) -> bool:
    """Whether the installed nir has a node of that name."""
    return hasattr(nir, kind)


def make(kind: str, own: Mapping[str, Any], *given: Any, **named: Any) -> nir.NIRNode:
    """A node with what write_nir says of it besides."""
    model, own = getattr(nir, kind), dict(own)
    if not _has_field(model, "v_reset") and "v_reset" in named:
        v_reset = named.pop("v_reset")
        own |= {"v_reset": v_reset} if np.any(v_reset) else {}
    node = model(*given, **named)
    node.metadata = {OWN: own} if own else {}  # where nir has no field for it, it is not written
    return node


def graph_of(
    nodes: dict[str, nir.NIRNode],
    edges: list[tuple[str, str]],
    metadata: dict[str, Any],
    *,
    type_check: bool,
) -> nir.NIRGraph:
    """The graph, with what its nodes have no field for."""
    beside = {
        name: node.metadata[OWN]
        for name, node in nodes.items()
        if not _has_field(type(node), "metadata") and node.metadata
    }
    own = metadata[OWN] | ({"nodes": beside} if beside else {})
    checks = (
        {} if "type_check" not in signature(nir.NIRGraph).parameters else {"type_check": type_check}
    )
    return nir.NIRGraph(nodes, edges, metadata=metadata | {OWN: own}, **checks)


def _has_field(model: type, name: str) -> bool:
    return name in {each.name for each in fields(model)}
