"""Who raises says so; who is public explains itself and shows an example that runs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.meta.source import (
    FUNCTION,
    Definition,
    bases,
    is_public,
    modules,
    public_definitions,
    public_functions,
    room_of,
)

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
NO_EXAMPLE_NEEDED = {
    "NamedTuple",
    "Protocol",
    "Exception",
    "SpikefitError",
}  # bundles, seams and errors
ROOMS_WITHOUT_EXAMPLES = {
    "kernels",
    "errors",
    "fetch",
}  # loops have an oracle instead; a fetch would download


def section(docstring: str, title: str) -> str:
    """The text under one numpydoc heading, or nothing."""
    parts = SECTION.split(docstring)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(title, "")


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function's own body, functions nested in it left out."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTION, ast.Lambda, ast.ClassDef)):
            yield child
            yield from own_nodes(child)


def raised(function: Definition) -> set[str]:
    """Names of the exceptions a function raises itself; those of its helpers are not followed."""
    found = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = ast.unparse(error).rpartition(".")[2]
            if name[0].isupper() and name != "NotImplementedError":
                found.add(name)
    return found


def undocumented_raises(tree: ast.Module, names: set[str] | None = None) -> Iterator[str]:
    """Functions and classes among ``names`` (None: all public ones) whose Raises lacks some."""
    for function, owner in public_functions(tree):
        told = section(ast.get_docstring(function) or "", "Raises")
        told += section(ast.get_docstring(owner) or "", "Raises") if owner else ""
        if ast.get_docstring(function) and is_among((owner or function).name, names):
            where = f"{owner.name}.{function.name}" if owner else function.name
            yield from (
                f"{where} raises {name}" for name in sorted(raised(function)) if name not in told
            )
    for node in public_definitions(tree.body):
        if (
            isinstance(node, ast.ClassDef)
            and ast.get_docstring(node)
            and is_among(node.name, names)
        ):
            told = section(ast.get_docstring(node) or "", "Raises")
            makers = [
                f
                for f in node.body
                if isinstance(f, FUNCTION) and f.name in ("__init__", "__post_init__")
            ]
            found = sorted({name for maker in makers for name in raised(maker)})
            yield from (f"{node.name} raises {name}" for name in found if name not in told)


def is_among(name: str, names: set[str] | None) -> bool:
    """Whether a name is one of those looked at; None: all are."""
    return names is None or name in names


def defined(body: list[ast.stmt], names: set[str] | None) -> Iterator[tuple[Definition, bool]]:
    """Every function and class, and whether a room offers it, or its class."""
    for node in body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)):
            is_offered = is_public(node.name) and is_among(node.name, names)
            yield node, is_offered
            inner = None if is_offered and isinstance(node, ast.ClassDef) else set()
            yield from defined(node.body, inner)


def wordy(tree: ast.Module, names: set[str] | None) -> list[str]:
    """What no room offers and yet explains itself in more than one sentence."""
    found = []
    for node, is_offered in defined(tree.body, names):
        docstring = " ".join((ast.get_docstring(node) or "").split())
        if not is_offered and (re.search(r"[.!?] [A-Z]", docstring) or ">>>" in docstring):
            found.append(node.name)
    return found


def exported(tree: ast.Module) -> set[str] | None:
    """Names in a module's ``__all__``, or None without one."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return None


def undocumented(tree: ast.Module) -> list[str]:
    """Public functions, classes and methods without a docstring."""
    members = [*public_definitions(tree.body), *(f for f, owner in public_functions(tree) if owner)]
    return [node.name for node in members if not ast.get_docstring(node)]


def without_example(tree: ast.Module, names: set[str] | None) -> list[str]:
    """Functions and classes among ``names`` (None: all public ones) whose docstring shows nothing
    that runs.
    """
    found = []
    for node in public_definitions(tree.body):
        exempt = isinstance(node, ast.ClassDef) and bases(node) & NO_EXAMPLE_NEEDED
        if (names is None or node.name in names) and not exempt:
            found += [] if ">>>" in (ast.get_docstring(node) or "") else [node.name]
    return found


def offered_by(path: Path, trees: dict[Path, ast.Module]) -> set[str] | None:
    """What a module's room offers, in ``__all__``; a room of one file offers all it has."""
    if len(path.parts) == 1:
        return None
    front = trees.get(Path(path.parts[0]) / "__init__.py")
    return (front and exported(front)) or set()


def test_what_is_raised_is_documented():
    trees = dict(modules())
    found = [
        f"{path}: {fault}"
        for path, tree in trees.items()
        for fault in undocumented_raises(tree, offered_by(path, trees))
    ]
    assert found == []


def test_what_no_room_offers_takes_one_sentence():
    trees = dict(modules())
    found = [
        f"{path}: {name}"
        for path, tree in trees.items()
        for name in wordy(tree, offered_by(path, trees))
    ]
    assert found == []


def test_every_module_says_what_it_is():
    assert [str(path) for path, tree in modules() if not ast.get_docstring(tree)] == []


def test_what_is_public_has_a_docstring():
    assert [f"{path}: {name}" for path, tree in modules() for name in undocumented(tree)] == []


def test_what_a_room_offers_shows_an_example():
    trees = dict(modules())
    rooms = [
        (path, tree) for path, tree in trees.items() if room_of(path) not in ROOMS_WITHOUT_EXAMPLES
    ]
    found = [
        f"{path}: {name}"
        for path, tree in rooms
        for name in without_example(tree, offered_by(path, trees))
    ]
    assert found == []


BARE = '''
def read(path):
    """Read a file.

    Raises
    ------
    FileProblem
        The file is missing.
    """
    raise FileProblem("no")
'''


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (BARE, []),
        (
            BARE.replace("raise FileProblem", "raise errors.NetworkProblem"),
            ["read raises NetworkProblem"],
        ),
        (
            BARE.replace('raise FileProblem("no")', "raise UnknownName from None"),
            ["read raises UnknownName"],
        ),
        (BARE.replace("Raises\n    ------", "Notes\n    -----"), ["read raises FileProblem"]),
        (
            'class A:\n    """A."""\n    def __post_init__(self):\n        raise Oops("x")',
            ["A raises Oops"],
        ),
        (
            'class A:\n    """A."""\n    def go(self):\n        """Go."""\n        raise Oops("x")',
            ["A.go raises Oops"],
        ),
        ('def f():\n    """F."""\n    try:\n        g()\n    except E:\n        raise', []),
        ('def f():\n    """F."""\n    def _g():\n        raise Oops("x")', []),
    ],
)
def test_a_planted_raise_is_caught(source, expected):
    assert list(undocumented_raises(ast.parse(source))) == expected


def test_planted_words_are_caught():
    source = '''
def offered():
    """Do it. Then more."""
def _own():
    """Do it. Then more."""
class Offered:
    """A noun. Of two."""
    def go(self):
        """Go. And stop."""
    def _inner(self):
        """Go. And stop."""
class Kept:
    """One sentence, e.g. this."""
    def go(self):
        """Go.

        >>> 1
        """
'''
    assert wordy(ast.parse(source), {"offered", "Offered"}) == ["_own", "_inner", "go"]


def test_a_planted_silence_is_caught():
    tree = ast.parse(
        'def f(): ...\nclass A:\n    """A."""\n    def g(self): ...\nclass B(NamedTuple):\n    '
        '"""B."""'
    )
    assert undocumented(tree) == ["f", "g"]
    assert without_example(tree, None) == ["f", "A"]
    assert without_example(tree, {"A"}) == ["A"]
    assert exported(ast.parse("__all__ = ['a']")) == {"a"}
