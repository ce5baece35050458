"""From a NIR file, or a graph in memory, to one plain tree of dictionaries.

The tree is read here and not by ``nir.read``, because that builds every node before it can say
which one is wrong, and it refuses scalar parameters and some files whose meaning is plain.

What a file can do to its reader is kept out by ``spikefit_nb.hdf5``.
"""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import h5py

from spikefit_nb.errors import FileProblem, WrongSource
from spikefit_nb.hdf5 import Values


def read_tree(path_or_graph: Any) -> tuple[dict[str, Any], str]:
    """Read a NIR graph as nested dictionaries."""
    tree = _tree_of_graph(path_or_graph)
    if "type" in tree:  # NIR's own; other things have a to_dict too
        return tree, "the NIR graph"
    if not isinstance(path_or_graph, str | Path):
        raise WrongSource(
            f"read_nir takes a path or a nir.NIRGraph, not a {type(path_or_graph).__name__}: "
            f"{path_or_graph!r:.60}."
        )
    path = Path(path_or_graph).expanduser()
    _check_exists(path)
    return _tree_of_file(path), path.name


def _tree_of_graph(graph: Any) -> dict[str, Any]:
    """A graph in memory as nested dictionaries, what is no node in it left as it is."""
    if not hasattr(graph, "to_dict"):
        return {}
    if _holds_nodes_alone(graph):
        return dict(graph.to_dict())
    trees = {name: _tree_of_graph(node) or node for name, node in graph.nodes.items()}
    return {"type": "NIRGraph", "nodes": trees, "edges": graph.edges}


def _holds_nodes_alone(graph: Any) -> bool:
    nodes = getattr(graph, "nodes", None)
    inner = nodes.values() if isinstance(nodes, dict) else ()
    return hasattr(graph, "to_dict") and all(map(_holds_nodes_alone, inner))


def _check_exists(path: Path) -> None:
    if os.path.isdir(path):
        held = sorted(p.name for p in path.glob("*.nir"))
        hint = f"It holds {', '.join(held[:5])}." if held else "It holds no .nir file."
        raise FileProblem(f"{path} is a folder, not a NIR file. {hint}")
    if os.path.isfile(path):
        return
    folder = path.parent
    if not os.path.isdir(folder):
        raise FileProblem(
            f"There is no file {path}: the folder {folder} does not exist. You are in {Path.cwd()}."
        )
    names = sorted(p.name for p in folder.iterdir())
    near = get_close_matches(path.name, names, n=3, cutoff=0.5)
    near = near or [n for n in names if n.endswith(".nir")][:5]
    hint = f"Did you mean {' or '.join(near)}?" if near else "That folder holds no .nir file."
    raise FileProblem(f"There is no file {path.name} in {folder.resolve()}. {hint}")


def _tree_of_file(path: Path) -> dict[str, Any]:
    if not h5py.is_hdf5(path):
        raise FileProblem(
            f"{path.name} is not an HDF5 file, and every NIR file is one (it starts "
            f"with {_first_bytes(path)}). Write one with nir.write('network.nir', "
            "graph) in the framework that trained the network."
        )
    held: list[str] = []
    tree: dict[str, Any] = {}
    try:
        values = Values(path)
        with h5py.File(path, "r") as file:
            held = sorted(map(str, file))
            if _holds(file, "node", h5py.Group):
                tree = values.tree(file["node"])
                if _holds(file, "version", h5py.Dataset):
                    tree.setdefault("version", values.value(file["version"]))
    except FileProblem:
        raise
    except Exception as error:  # a damaged file makes h5py raise almost anything
        raise FileProblem(
            f"{path.name} is HDF5 but damaged: {error}. Copy or download it again."
        ) from error
    if "type" not in tree or not isinstance(tree.get("nodes"), dict):
        raise FileProblem(
            f"{path.name} is HDF5 but not NIR: a NIR file has the entries "
            f"node/type and node/nodes, this one has {', '.join(held) or 'none'}. "
            "Keras and PyTorch also write HDF5; export with nir.write instead."
        )
    return tree


def _holds(file: Any, name: str, kind: type) -> bool:
    """Whether a file has an entry of this kind in itself, not by a link to another file."""
    return isinstance(file.get(name, getlink=True), h5py.HardLink) and isinstance(file[name], kind)


def _first_bytes(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(8)
    return repr(start) if start else "nothing: it is empty"
