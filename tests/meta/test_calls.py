"""From the sixth argument of a call on, arguments have names, unless compiled code is called."""

import ast
from collections.abc import Iterator

import pytest

from tests.meta.source import modules, room_of

MOST = 5
UNNAMED = {"zip"}  # takes as many as there are, none of which has a name


def kernels(tree: ast.Module) -> set[str]:
    """Names under which a module knows kernels: numba looks at places, not at names."""
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in froms if (node.module or "").startswith("spikefit_nb.kernels")]
    return {alias.asname or alias.name for node in ours for alias in node.names} | {"self.kernel"}


def is_compiled(called: str, known: set[str]) -> bool:
    """Whether a name is that of a kernel; its bundles of arrays begin with a capital."""
    is_class = called.rpartition(".")[2][:1].isupper()
    return not is_class and (called in known or called.partition(".")[0] in known)


def faults(tree: ast.Module) -> Iterator[str]:
    """Calls with more than five arguments that have no name."""
    known = kernels(tree) | UNNAMED
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > MOST:
            called = ast.unparse(node.func)
            if not is_compiled(called, known):
                yield f"line {node.lineno}: {called} gets {len(node.args)} arguments without names"


def test_arguments_have_names_from_the_sixth_on():
    found = [
        f"{path}, {fault}"
        for path, tree in modules()
        if room_of(path) != "kernels"
        for fault in faults(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "n_found"),
    [
        ("f(1, 2, 3, 4, 5)", 0),
        ("f(1, 2, 3, 4, 5, six=6)", 0),
        ("f(1, 2, 3, 4, 5, 6)", 1),
        ("a.f(1, 2, 3, 4, *five, *six)", 1),
        ("zip(1, 2, 3, 4, 5, 6)", 0),
        ("from spikefit_nb.kernels import rows as k\nk.count(1, 2, 3, 4, 5, 6)", 0),
        ("from spikefit_nb.kernels.rows import count\ncount(1, 2, 3, 4, 5, 6)", 0),
        ("from spikefit_nb.kernels import rows as k\nk.Layout(1, 2, 3, 4, 5, 6)", 1),
        ("from spikefit_nb.fit import rows as k\nk.count(1, 2, 3, 4, 5, 6)", 1),
    ],
)
def test_a_planted_sixth_argument_is_caught(source, n_found):
    assert len(list(faults(ast.parse(source)))) == n_found
