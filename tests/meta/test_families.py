"""What is particular to a family of chips is in its own files: nobody else asks for its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from spikefit_nb.hardware import FAMILIES
from spikefit_nb.simulate import ARITHMETICS
from tests.meta.source import modules
from tests.meta.test_floors import imports

ASKED = {"family", "arithmetic"}
LISTS = {"FAMILIES", "ARITHMETICS"}
OWN = ("spikefit_nb.hardware.families.", "spikefit_nb.simulate.arithmetic.")
REFERENCE = "spikefit_nb.simulate.arithmetic.float32"  # which belongs to no family
FOLDERS = ("hardware/families", "simulate/arithmetic")


def last_name(node: ast.AST) -> str:
    """The name of a variable or attribute; nothing for other expressions."""
    return getattr(node, "attr", getattr(node, "id", ""))


def asks(node: ast.AST) -> bool:
    """Whether an expression is the name of a family or an arithmetic."""
    return last_name(node) in ASKED


def is_allowed(node: ast.AST) -> bool:
    """Whether such a name may be held against an expression: the list of all, or another name."""
    return last_name(node) in LISTS | ASKED


def faults(tree: ast.AST) -> Iterator[str]:
    """Where a module does one thing for some families and another for others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(asks, sides)) and not all(map(is_allowed, sides)):
                yield f"compares {ast.unparse(node)}"
        elif isinstance(node, ast.Match) and asks(node.subject):
            yield f"matches {ast.unparse(node.subject)}"
        elif isinstance(node, ast.Subscript) and asks(node.slice) and not is_allowed(node.value):
            yield f"looks up {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and last_name(node.func) in ("get", "startswith"):
            involved = [*node.args, getattr(node.func, "value", node)]
            yield from (f"looks up {ast.unparse(node)}" for part in involved if asks(part))
    yield from (f"imports {n}" for n in imports(tree) if n.startswith(OWN) and n != REFERENCE)


def is_own(path: Path) -> bool:
    """Whether a module is the file of a family, or of its arithmetic."""
    return path.parent.as_posix() in FOLDERS


def test_nobody_else_asks_for_the_name_of_a_family():
    found = [f"{p}: {f}" for p, tree in modules() if not is_own(p) for f in faults(tree)]
    assert found == []


def test_every_family_and_arithmetic_is_a_file_with_its_one_offer():
    for listed, folder in zip((FAMILIES, ARITHMETICS), FOLDERS, strict=True):
        names = {p.stem for p, _ in modules() if p.parent.as_posix() == folder} - {"__init__"}
        assert set(listed) == names and all(listed.values())


def test_families_count_in_arithmetics_that_exist():
    named = {name for family in FAMILIES.values() for name in family.arithmetics}
    assert named | {"float32"} == set(ARITHMETICS)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("if profile.family == 'xylo': pass", "compares profile.family == 'xylo'"),
        ("x = 'xylo' != self.profile.family", "compares 'xylo' != self.profile.family"),
        ("x = profile.family in ONE_CORE", "compares profile.family in ONE_CORE"),
        ("x = arithmetic not in ('a', 'b')", "compares arithmetic not in ('a', 'b')"),
        ("match chip.family:\n  case 'xylo': pass", "matches chip.family"),
        ("x = RULES[profile.family]", "looks up RULES[profile.family]"),
        ("x = RULES.get(profile.family)", "looks up RULES.get(profile.family)"),
        ("x = family.startswith('xylo')", "looks up family.startswith('xylo')"),
        (
            "from spikefit_nb.hardware.families.xylo import xylo_cycles",
            "imports spikefit_nb.hardware.families.xylo",
        ),
        (
            "from spikefit_nb.simulate.arithmetic.speck import prepare",
            "imports spikefit_nb.simulate.arithmetic.speck",
        ),
    ],
)
def test_a_planted_question_is_caught(source, fault):
    assert list(faults(ast.parse(source))) == [fault]


def test_what_may_be_done_with_a_name_is_not_caught():
    source = (
        "FAMILIES[profile.family].cycles\nARITHMETICS[arithmetic].prepare\n"
        "arithmetic not in ARITHMETICS\none.family == other.family\nshow(profile.family)"
    )
    assert list(faults(ast.parse(source))) == []
