"""Small functions, small modules: docstrings do not count."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.meta.source import FUNCTION, PACKAGE, modules, room_of

LINE_LIMIT = 100  # also of lines that end in words for the type checker, which ruff lets pass
MODULE_LIMIT = 400
FUNCTION_LIMIT = 50
KERNEL_LIMIT = 80
KERNEL_COMPLEXITY = 20  # of other functions 10, which ruff holds
BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, *FUNCTION)


def docstring_lines(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> int:
    """Lines the docstring of this node takes."""
    if ast.get_docstring(node) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1


def faults(tree: ast.Module, n_lines: int, limit: int) -> Iterator[str]:
    """Functions longer than ``limit`` and modules longer than theirs."""
    documented = [n for n in ast.walk(tree) if isinstance(n, (ast.Module, ast.ClassDef, *FUNCTION))]
    n_code = n_lines - sum(docstring_lines(node) for node in documented)
    if n_code > MODULE_LIMIT:
        yield f"{n_code} lines; {MODULE_LIMIT} is the limit: what two things is it?"
    for node in documented:
        if isinstance(node, FUNCTION):
            length = node.end_lineno - node.lineno + 1 - docstring_lines(node)
            if length > limit:
                yield (
                    f"{node.name} takes {length} lines; {limit} is the limit: "
                    "what two things is it?"
                )


def tangled(tree: ast.Module, limit: int) -> Iterator[str]:
    """Functions with more ways through them than ``limit``, as McCabe counts them."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTION):
            complexity = sum(isinstance(part, BRANCHES) for part in ast.walk(node))
            if complexity > limit:
                yield f"{node.name} has a complexity of {complexity}; {limit} is the limit"


def limit_for(path: Path) -> int:
    """Loops on bare arrays may be longer, since splitting them costs speed."""
    return KERNEL_LIMIT if room_of(path) == "kernels" else FUNCTION_LIMIT


def test_functions_and_modules_are_small():
    found = []
    for path, tree in modules():
        n_lines = len((PACKAGE / path).read_text(encoding="utf-8").splitlines())
        found += [f"{path}: {fault}" for fault in faults(tree, n_lines, limit_for(path))]
    assert found == []


def test_kernels_are_not_tangled():
    kernels = [(path, tree) for path, tree in modules() if room_of(path) == "kernels"]
    found = [f"{path}: {f}" for path, tree in kernels for f in tangled(tree, KERNEL_COMPLEXITY)]
    assert found == []


def test_a_planted_tangle_is_caught():
    source = "def f():\n" + "    if a:\n        pass\n" * 20
    assert list(tangled(ast.parse(source), 21)) == []
    assert list(tangled(ast.parse(source), 20)) == ["f has a complexity of 21; 20 is the limit"]


def test_no_line_is_over_a_hundred_wide():
    found = [
        f"{path}, line {number}"
        for path, _ in modules()
        for number, line in enumerate((PACKAGE / path).read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LINE_LIMIT
    ]
    assert found == []


def test_a_planted_giant_is_caught_and_its_docstring_is_not_counted():
    body = "    x = 1\n"
    docstring = '    """' + "Words.\n" * 60 + '    """\n'
    short, long = f"def f():\n{docstring}{body * 49}", f"def f():\n{docstring}{body * 50}"
    assert list(faults(ast.parse(short), 111, 50)) == []
    assert list(faults(ast.parse(long), 112, 50)) == [
        "f takes 51 lines; 50 is the limit: what two things is it?"
    ]
    assert list(faults(ast.parse(long), 112, limit_for(Path("kernels/run.py")))) == []
    assert len(list(faults(ast.parse("x = 1\n" * 401), 401, 50))) == 1
