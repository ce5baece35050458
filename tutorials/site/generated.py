"""Pages that the package itself tells: its reference, and the map of the house."""

import ast
import hashlib
import re
from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc, isclass, isroutine
from pathlib import Path

import spikefit_nb
from tests.meta.source import PACKAGE
from tests.meta.test_floors import FLOORS

NO_NAMES = {"kernels"}  # loops on bare arrays, for the rooms above them
FIRST = 12  # members of a constant that the page names


def state_of_the_package() -> str:
    """Name what the package's files hold: what notebooks said of others is not repeated."""
    state = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".toml", ".csv", ".nir", ".npz"}:
            state.update(path.read_bytes())
    return state.hexdigest()[:16]


def rooms() -> list[str]:
    """All rooms, from the top of the house down."""
    return [room for floor in reversed(FLOORS) for room in sorted(floor)]


def names_of(room: str) -> list[str]:
    """What a room offers: what stands in its ``__all__``, else what its one file defines."""
    module = import_module(f"spikefit_nb.{room}")
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    path = PACKAGE / f"{room}.py"
    if room in NO_NAMES or not path.is_file():
        return []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [n.name for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]


def room_title(room: str) -> str:
    """The name of a room as text, in which underscores are no marks."""
    return room.replace("__", r"\_\_")


def sentence_of(room: str) -> str:
    """What a room says of itself first."""
    told = getdoc(import_module(f"spikefit_nb.{room}")) or ""
    return " ".join(told.split("\n\n")[0].split())


def write(folder: Path) -> None:
    """Write all pages, and touch none that says the same as before."""
    pages = {"menu.md": menu(), "house.md": house()}
    pages |= {f"reference/{room}.md": "\n".join(room_page(room)) for room in rooms()}
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def menu() -> str:
    """The names that ``import spikefit_nb as sf`` brings, each with its sentence and its room."""
    rows = []
    for name in sorted(spikefit_nb.__all__, key=str.lower):
        room = spikefit_nb.ROOM_OF[name]
        told = (getdoc(getattr(spikefit_nb, name)) or "").split("\n\n")[0]
        target = f"spikefit_nb.{room}.{name}"
        rows.append(f"| {{py:obj}}`sf.{name} <{target}>` | {' '.join(told.split())} |")
    title = "# Reference: the menu\n\n`import spikefit_nb as sf` brings these; more stands in the"
    tree = "\n".join(["```{toctree}", ":hidden:", "", *(f"reference/{r}" for r in rooms()), "```"])
    return "\n".join([f"{title} rooms.\n\n| | |\n|---|---|", *rows, "", tree, ""])


def house() -> str:
    """The floors of the house, its rooms and what each is for."""
    rows = [
        f"| {number} | [{room_title(room)}](reference/{room}.md) | {sentence_of(room)} |"
        for number, floor in reversed(list(enumerate(FLOORS)))
        for room in sorted(floor)
    ]
    return "\n".join(
        [
            "# A map of the house",
            "",
            "Each room is a folder or file of `spikefit_nb/`. A room imports from floors below its",
            "own and from no other place; a test holds that, and this page is written from it.",
            "[Contributing](../../../CONTRIBUTING.md) tells where a new thing goes.",
            "",
            "| floor | room | what it is for |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def room_page(room: str) -> Iterator[str]:
    """The page of a room: its own words, then each name that it offers."""
    module = f"spikefit_nb.{room}"
    yield f"# {room_title(room)}\n\n```{{eval-rst}}\n.. automodule:: {module}\n"
    for name in names_of(room):
        value = getattr(import_module(module), name)
        yield "\n".join(entry(f"{module}.{name}", value)) + "\n"
    yield "```\n"


def entry(name: str, value: object) -> Iterator[str]:
    """The lines of one name: from its docstring, or for a constant what it holds."""
    home = getattr(value, "__module__", "")
    if isclass(value) and not home.startswith(name.rpartition(".")[0]):
        yield f"``{name.rpartition('.')[2]}`` is that of ``{home}``."
    elif isclass(value):
        yield from (f".. autoclass:: {name}", "   :members:")
    elif isroutine(value) or hasattr(value, "__wrapped__"):
        yield f".. autofunction:: {name}"
    else:
        module, _, last = name.rpartition(".")
        yield from (f".. py:data:: {last}", f"   :module: {module}", "", f"   {held(value)}")


def held(value: object) -> str:
    """What a constant holds, in a line."""
    if isinstance(value, str | int | float):
        return (
            f"``{value!r}``" if len(repr(value)) <= 60 else f"A text of {len(str(value))} letters."
        )
    if isinstance(value, dict | tuple | list | frozenset | set):
        members = [
            str(m) for m in (value if isinstance(value, dict | tuple | list) else sorted(value))
        ]
        plain = [m for m in members if m.isidentifier()]
        shown = ", ".join(f"``{m}``" for m in plain[:FIRST])
        more = f" and {len(plain) - FIRST} more" if len(plain) > FIRST else ""
        return f"{len(members)} of them{': ' if shown else ''}{shown}{more}."
    return f"A ``{type(value).__name__}``."


def plain_types(app, what, name, value, options, lines: list[str]) -> None:
    """Keep words of a type as words: as fields they would be links to any member of that name."""
    for number, line in enumerate(lines):
        line = re.sub(r"^:ivar ([^:]+):", r"- ``\1``:", line)
        lines[number] = re.sub(r"^:(?:vartype [^:]+|type): ?(.*)", r"  (\1)", line)


def is_noise(app, what, name, member, skip, options) -> bool | None:
    """Whether a member says nothing: the fields of named tuples have no words of their own."""
    return True if (getdoc(member) or "").startswith("Alias for field number") else None
