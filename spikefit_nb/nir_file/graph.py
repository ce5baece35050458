"""A NIR graph without nesting: nodes by name, and edges between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem

Shape = tuple[int, ...]
OWN = "spikefit_nb"  # the key in metadata under which write_nir keeps what NIR has no field for
SPIKING = ("IF", "LIF", "CubaLIF", "Threshold")
SILENT = ("I", "LI", "CubaLI")
READOUT = "Readout"  # an Output behind linear nodes: their result, read by its potential
NEURONS = (*SPIKING, *SILENT, READOUT)
LINEAR = ("Linear", "Affine", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d")
SHAPE_ONLY = ("Flatten", "Identity")
SUPPORTED = (*SPIKING, *SILENT, *LINEAR, "Delay", "Flatten", "Input", "Output", "NIRGraph")
LIMIT_SIGNALS = 2**24  # values that leave one node


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
        """A numeric field as an array of finite floats."""
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
        n_bad = int(np.sum(~np.isfinite(numbers)))
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
