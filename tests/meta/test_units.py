"""A number with a unit says so at the end of its name."""

import ast
from collections.abc import Iterator

import pytest

from tests.meta.source import bases, is_public, modules, public_definitions, public_functions

SUFFIXES_OF_WORD = {
    "time": ("_s",),
    "duration": ("_s",),
    "latency": ("_s",),
    "delay": ("_s",),
    "period": ("_s",),
    "timeout": ("_s",),
    "deadline": ("_s",),
    "tau": ("_s",),
    "dt": ("_s",),
    "energy": ("_j",),
    "power": ("_w",),
    "rate": ("_hz",),
    "frequency": ("_hz",),
    "area": ("_mm2",),
    "memory": ("_bits", "_bytes"),
    "footprint": ("_bits",),
}
DIMENSIONLESS: dict[str, str] = {
    "learning_rate": "a factor, not a frequency",
}
NUMERIC = {"float", "ndarray", "ArrayLike", "NDArray"}


def missing_suffix(name: str) -> bool:
    """Whether a name speaks of a quantity and does not end with that quantity's unit."""
    if name in DIMENSIONLESS:
        return False
    words = [word for word in name.lower().split("_") if word in SUFFIXES_OF_WORD]
    return bool(words) and not name.endswith(
        tuple(s for word in words for s in SUFFIXES_OF_WORD[word])
    )


def is_numeric(annotation: ast.expr | None) -> bool:
    """Whether an annotation speaks of floats or arrays (counts are ``int`` and named ``n_*``)."""
    if annotation is None:
        return False
    named = {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(annotation)}
    return bool(named & NUMERIC)


def quantities(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(where, name) of numeric fields, parameters and properties a reader meets."""
    for node in public_definitions(tree.body):
        if isinstance(node, ast.ClassDef) and bases(node) & {"dataclass", "NamedTuple"}:
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and is_numeric(field.annotation):
                    yield node.name, ast.unparse(field.target)
    for function, owner in public_functions(tree):
        where = f"{owner.name}.{function.name}" if owner else function.name
        arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
        yield from ((where, a.arg) for a in arguments if is_numeric(a.annotation))
        if {"property", "cached_property"} & {ast.unparse(d) for d in function.decorator_list}:
            yield from ((where, function.name) for _ in [0] if is_numeric(function.returns))


def faults(tree: ast.Module) -> list[str]:
    """Names that lack their unit."""
    return [
        f"{where}: {name}"
        for where, name in quantities(tree)
        if is_public(name) and missing_suffix(name)
    ]


def test_quantities_end_with_their_unit():
    assert [f"{path} {fault}" for path, tree in modules() for fault in faults(tree)] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@dataclass(frozen=True)\nclass Report:\n    energy: float", ["Report: energy"]),
        ("class Step(NamedTuple):\n    barrier_time: np.ndarray", ["Step: barrier_time"]),
        ("def price(*, idle_power: float | None = None): ...", ["price: idle_power"]),
        ("def price(energy_s: float): ...", ["price: energy_s"]),
        ("class A:\n    @property\n    def latency(self) -> float: ...", ["A.latency: latency"]),
        ("def price(tau_mem: ArrayLike, memory: float): ...", ["price: tau_mem", "price: memory"]),
        (
            "@dataclass\nclass R:\n    energy_j: float\n    energy_per_spike_j: float\n    "
            "delay_steps: int",
            [],
        ),
        ("def _private(energy: float): ...\ndef f(accuracy: float, energy: str): ...", []),
    ],
)
def test_a_planted_name_is_caught(source, expected):
    assert faults(ast.parse(source)) == expected
