"""An ONNX model as plain nodes and arrays: nothing is executed, and no other file is opened."""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem, SpikefitError
from spikefit_nb.interrupts import hold_interrupts

LARGEST_BYTES = 2**30
PICKLED = "Nothing is unpickled here: load it yourself, and give the fitted MLPClassifier."
IN_TORCH = (
    "This is PyTorch's own format: write it with torch.onnx.export(model, example, 'model.onnx')."
)
IN_KERAS = "This is Keras' own format: write it with model.export('model.onnx', format='onnx')."
OTHER_FORMATS = {
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), PICKLED),
    **dict.fromkeys((".pt", ".pth"), IN_TORCH),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), IN_KERAS),
    ".nir": "This is a spiking network already: read it with read_nir.",
}
DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
FIELD_OF_KIND = {1: "f", 2: "i", 3: "s", 6: "floats", 7: "ints"}  # of ONNX's AttributeProto


@dataclass(frozen=True, eq=False)
class Node:
    """One ONNX node, and where it stands."""

    name: str
    op: str
    inputs: tuple[str, ...]  # names it reads
    outputs: tuple[str, ...]  # names it writes
    attributes: dict[str, Any]
    where: str  # the file, for messages
    place: str  # its number

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.op}), {self.place}"

    def problem(self, text: str) -> FileProblem:
        """An error that names this node."""
        return FileProblem(f"{self.where}: {self}: {text}")

    def whole(self, name: str, default: int | None, least: int, most: int = 2**31) -> int:
        """An attribute that is one whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int) or not least <= value <= most:
            raise self.problem(
                f"attribute {name!r} is {value!r:.60}; a whole number from {least} "
                f"to {most} is needed."
            )
        return value

    def wholes(
        self, name: str, default: list[int] | None, least: int, most: int = 2**31
    ) -> list[int]:
        """An attribute that is a list of whole numbers, as many as its default has, if any."""
        value: Any = self.attributes.get(name, default)
        items = value if isinstance(value, list) else [None]
        whole = all(isinstance(n, int) and least <= n <= most for n in items)
        if not whole or (default is not None and len(value) != len(default)):
            n_needed = "" if default is None else f"{len(default)} "
            raise self.problem(
                f"attribute {name!r} is {value!r:.60}; {n_needed}whole numbers from "
                f"{least} to {most} are needed."
            )
        return value

    def real(self, name: str, default: float) -> float:
        """An attribute that is one finite number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise self.problem(f"attribute {name!r} is {value!r:.60}; a finite number is needed.")
        return float(value)


@dataclass(frozen=True, eq=False)
class Graph:
    """The nodes in file order, constants by name, and what goes in and comes out."""

    where: str  # the file, for messages
    nodes: tuple[Node, ...]
    constants: dict[str, np.ndarray]
    inputs: dict[str, list[int | None] | None]  # shapes, None where open
    outputs: tuple[str, ...]

    def needed(self) -> list[Node]:
        """The nodes that an output depends on, in file order."""
        wanted, needed = set(self.outputs), []
        for node in reversed(self.nodes):
            if wanted & set(node.outputs):
                needed.append(node)
                wanted |= set(node.inputs)
        return needed[::-1]


def is_model(ann: Any) -> bool:
    """Whether this is an ``onnx.ModelProto``."""
    return type(ann).__name__ == "ModelProto"


def read_graph(ann: Any) -> Graph:
    """Read an ONNX file, or a model in memory."""
    in_memory = is_model(ann)
    where = "the ONNX model" if in_memory else Path(ann).name
    try:
        model = ann if in_memory else _parsed(_bytes_of(Path(ann).expanduser()), where)
        return _graph(model, where)
    except SpikefitError:
        raise
    except Exception as error:  # a damaged file makes protobuf and onnx raise almost anything
        hint = "" if in_memory else OTHER_FORMATS.get(Path(where).suffix.lower(), "")
        hint = hint or "Export or copy it again."
        raise FileProblem(f"{where} is not ONNX, or damaged: {error!s:.200}. {hint}") from error


def _bytes_of(path: Path) -> bytes:
    if os.path.isdir(path):
        raise FileProblem(f"{path} is a folder, not an ONNX file.")
    if not os.path.isfile(path):
        names = sorted(p.name for p in path.parent.iterdir()) if os.path.isdir(path.parent) else []
        near = get_close_matches(path.name, names, n=3, cutoff=0.5)
        near = near or [n for n in names if n.endswith(".onnx")][:5]
        hint = f"Did you mean {' or '.join(near)}?" if near else "That folder holds no .onnx file."
        raise FileProblem(f"There is no file {path.name} in {path.parent.resolve()}. {hint}")
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise FileProblem(
            f"{path.name} has {size:,} bytes; files of up to {LARGEST_BYTES:,} are read."
        )
    return path.read_bytes()


def _parsed(content: bytes, where: str) -> Any:
    try:
        with hold_interrupts():
            import onnx
    except ImportError:
        raise FileProblem(
            f"Reading {where} needs the package onnx, which is not installed: "
            "pip install 'spikefit_nb[ann]'."
        ) from None
    model = onnx.ModelProto()
    model.ParseFromString(content)
    return model


def _graph(model: Any, where: str) -> Graph:
    graph = model.graph
    if not graph.node:
        raise FileProblem(
            f"{where} holds no ONNX graph: it has no nodes. Export the network again."
        )
    if graph.sparse_initializer:
        raise FileProblem(
            f"{where} stores sparse weights, which are not read. Export it with dense weights."
        )
    constants = {tensor.name: _array(tensor, where) for tensor in graph.initializer}
    nodes = tuple(_node(node, k, len(graph.node), where) for k, node in enumerate(graph.node, 1))
    inputs = [value for value in graph.input if value.name not in constants]
    shapes = {value.name: _declared_shape(value) for value in inputs}
    return Graph(where, nodes, constants, shapes, tuple(value.name for value in graph.output))


def _declared_shape(value: Any) -> list[int | None] | None:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    lengths = [d.dim_value if d.HasField("dim_value") else 0 for d in tensor.shape.dim]
    return [n if n > 0 else None for n in lengths]


def _node(proto: Any, number: int, n_nodes: int, where: str) -> Node:
    name = proto.name or (proto.output[0] if proto.output else f"number {number}")
    op = proto.op_type if proto.domain in DOMAINS else f"{proto.domain}.{proto.op_type}"
    inputs, outputs = tuple(proto.input), tuple(proto.output)
    attributes = {attribute.name: _attribute(attribute, where) for attribute in proto.attribute}
    return Node(
        name, op, inputs, outputs, attributes, where=where, place=f"number {number} of {n_nodes}"
    )


def _attribute(attribute: Any, where: str) -> Any:
    if attribute.type == attribute.TENSOR:
        return _array(attribute.t, where)
    value = getattr(attribute, FIELD_OF_KIND.get(attribute.type, ""), None)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    # None: graphs and the like, of operators that are not read
    return value if value is None or isinstance(value, int | float) else list(value)


def _array(tensor: Any, where: str) -> np.ndarray:
    from onnx import numpy_helper

    if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
        raise FileProblem(
            f"{where}: the values of {tensor.name!r} lie in another file, which is not opened. "
            "Put all into one: onnx.save(onnx.load('model.onnx'), 'one_file.onnx'), "
            "or torch.onnx.export(..., external_data=False)."
        )
    values = np.asarray(numpy_helper.to_array(tensor))
    if values.dtype.kind in "iubO":
        return values
    if values.dtype.kind != "f" or values.dtype.itemsize < 4:
        values = values.astype(np.float32)
    n_bad = int(np.sum(~np.isfinite(values)))
    if n_bad:
        raise FileProblem(
            f"{where}: {n_bad} of {values.size} values of {tensor.name!r} are NaN or infinite. "
            "Check the training run that wrote them; a diverged loss is the usual cause."
        )
    return values
