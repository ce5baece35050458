"""No two modules of a room import one another, not even for types: they would be one thing."""

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tests.meta.source import modules, room_of

LEFT = {  # to be taken apart; nothing may be added
    "spikefit_nb.deploy.comparison",
    "spikefit_nb.deploy.report",
}


def name_of(path: Path) -> str:
    """A module's full name; of a folder, that of its ``__init__``."""
    parts = ["spikefit_nb", *path.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module, known: Collection[str]) -> Iterator[str]:
    """Modules among those known that are imported, be it in a function or for types alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else f"{node.module}" for name in inside)


def edges(trees: Mapping[Path, ast.Module]) -> dict[str, set[str]]:
    """Of each module, those of its own room that it imports."""
    room = {name_of(path): room_of(path) for path in trees}
    found = {}
    for path, tree in trees.items():
        own = name_of(path)
        names = set(imported(tree, room)) - {own}
        found[own] = {name for name in names if room.get(name) == room[own]}
    return found


def circles(imports: Mapping[str, set[str]]) -> set[str]:
    """Modules that lead back to themselves."""

    def reached(name: str) -> set[str]:
        seen, waiting = set(), [name]
        while waiting:
            new = imports[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    return {name for name in imports if name in reached(name)}


def test_no_module_of_a_room_leads_back_to_itself():
    assert circles(edges(dict(modules()))) == LEFT


def test_a_planted_circle_is_caught_also_where_only_types_are_imported():
    one = "if TYPE_CHECKING:\n    from spikefit_nb.fit.b import B"
    other = "def f():\n    from spikefit_nb.fit import a"
    beside = "from spikefit_nb.fit.a import A\nfrom spikefit_nb.html import card"
    sources = {"fit/a.py": one, "fit/b.py": other, "fit/c.py": beside, "html.py": ""}
    trees = {Path(path): ast.parse(source) for path, source in sources.items()}
    assert circles(edges(trees)) == {"spikefit_nb.fit.a", "spikefit_nb.fit.b"}
    assert circles(edges(trees | {Path("fit/b.py"): ast.parse("")})) == set()
