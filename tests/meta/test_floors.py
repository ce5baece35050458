"""Imports point strictly down, and each heavy library has its one room."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.meta.source import PACKAGE, modules, room_of

ROOT = "spikefit_nb"
FLOORS = [
    {"interrupts", "units", "errors", "frozen", "listed", "progress", "way_out"},
    {"kernels", "html", "fetch", "hdf5"},
    {"quantities"},
    {"network"},
    {"hardware"},
    {"encode"},
    {"nir_file", "lava_file", "sanafe_file", "datasets", "from_ann"},
    {"simulate", "mapping"},
    {"replay", "train"},
    {"balance"},
    {"adapt"},
    {"case"},
    {"fit"},
    {"deploy"},
    {"fit_costs", "robustness", "sensitivity", "validation"},
    {"search"},
    {"export"},
    {"__main__"},
    {"plots"},
    {"widgets"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ONLY_IN = {
    "numba": {"kernels"},
    "bokeh": {"plots", "widgets"},
    "jupyter_bokeh": {"widgets"},
    "ipywidgets": {"widgets"},
    "IPython": {"widgets"},
    "nir": {"nir_file", "export"},
    "aedat": {"datasets"},
    "onnx": {"from_ann"},
    "yaml": {"sanafe_file"},
    "pooch": {"fetch"},
    "skopt": {"search"},
    "optuna": {"search"},
    "pymoo": {"search"},
    "sklearn": {"datasets", "from_ann", "nir_file", "search"},
}


def imports(tree: ast.AST) -> Iterator[str]:
    """Names of imported modules, wherever they stand, by statement or by
    ``import_module("...")``.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            yield from (
                a.value
                for a in node.args[:1]
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )


def faults(room: str, tree: ast.AST) -> Iterator[str]:
    """Imports a module of this room may not make."""
    for name in imports(tree):
        library, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if name.startswith("."):
            yield f"{room} imports {name}: absolute imports only"
        elif library != ROOT:
            if room not in ONLY_IN.get(library, {room}):
                yield f"{library} is not allowed in {room}"
        elif not other:
            yield f"{room} imports the package root"
        elif other != room and not FLOOR_OF.get(other, 99) < FLOOR_OF[room]:
            yield f"{room} may not import {other}"


def test_imports_point_down():
    found = [
        f"{p}: {f}"
        for p, tree in modules()
        if p.name != "__init__.py" or p.parent.parts
        for f in faults(room_of(p), tree)
    ]
    assert found == []


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path, _ in modules()} - {"__init__"}
    assert rooms - set(FLOOR_OF) == set(), "say in FLOORS where the new room stands"


def test_the_package_stands_where_this_test_looks():
    assert PACKAGE.name == ROOT and len(modules()) > 5


@pytest.mark.parametrize(
    ("room", "source", "fault"),
    [
        ("search", "from spikefit_nb.plots import plot_front", "search may not import plots"),
        (
            "search",
            "def f():\n    import spikefit_nb.widgets.live",
            "search may not import widgets",
        ),
        ("simulate", "from spikefit_nb.mapping import place", "simulate may not import mapping"),
        ("html", "import bokeh.plotting", "bokeh is not allowed in html"),
        ("replay", "import numba as nb", "numba is not allowed in replay"),
        (
            "deploy",
            "from importlib import import_module\nimport_module('skopt')",
            "skopt is not allowed in deploy",
        ),
        ("deploy", "from spikefit_nb import simulate", "deploy imports the package root"),
        ("deploy", "import spikefit_nb as sf", "deploy imports the package root"),
        ("network", "from .neurons import IF", "network imports .neurons: absolute imports only"),
        ("network", "from spikefit_nb.nowhere import thing", "network may not import nowhere"),
    ],
)
def test_a_planted_import_is_caught(room, source, fault):
    assert list(faults(room, ast.parse(source))) == [fault]


def test_what_is_allowed_is_not_caught():
    source = (
        "import numpy\nfrom spikefit_nb.network.neurons import IF\nfrom spikefit_nb.errors import "
        "NetworkProblem"
    )
    assert list(faults("network", ast.parse(source))) == []
    assert room_of(Path("network/neurons.py")) == "network" and room_of(Path("fit.py")) == "fit"
