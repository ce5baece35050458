"""What the tests of the house look at: the package's files as syntax trees, and its public
parts.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "spikefit_nb"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the package with its syntax tree, in order; parsed once for all tests."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return tuple(
        (path.relative_to(PACKAGE), ast.parse(path.read_text(encoding="utf-8"))) for path in paths
    )


def room_of(path: Path) -> str:
    """The room a module belongs to: its top-level package, or its own name."""
    return path.parts[0].removesuffix(".py")


def is_public(name: str) -> bool:
    """Whether a reader may use this name."""
    return not name.startswith("_")


def public_definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    """Public functions and classes of a module's or class's body."""
    for node in body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)) and is_public(node.name):
            yield node


def public_functions(tree: ast.Module) -> Iterator[tuple[Definition, ast.ClassDef | None]]:
    """Public functions and methods, each with the class it belongs to."""
    for node in public_definitions(tree.body):
        if not isinstance(node, ast.ClassDef):
            yield node, None
            continue
        for method in public_definitions(node.body):
            if not isinstance(method, ast.ClassDef):
                yield method, node


def bases(node: ast.ClassDef) -> set[str]:
    """Last names of what a class is made from, its decorators included."""
    parents = [
        *node.bases,
        *(d.func if isinstance(d, ast.Call) else d for d in node.decorator_list),
    ]
    return {ast.unparse(p).split("[")[0].rpartition(".")[2] for p in parents}
