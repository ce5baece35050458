"""Plant faults in the code, one at a time, and see whether the tests notice:
``uv run python -m tests.mutants --faults 25``.

A fault is one comparison, operator, number or condition of a function that is another. It is
planted in a copy of the checkout, and the tests of its module get a minute: what they pass has
survived, and is printed to be read. Some that survive change nothing that can be seen.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

HOUSE = Path(__file__).parents[1]
LIMIT_S = 60
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "screenshots", "build", ".*_cache")
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
COMPARED |= {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
COUNTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult}
JOINED = {ast.And: ast.Or, ast.Or: ast.And}


ROOMS: dict[str, dict[str, tuple[str, ...]]] = {  # modules that get faults: what is to notice
    "kernels": {
        "kernels/neurons.py": ("test_neurons",),
        "kernels/deliver.py": ("test_simulate",),
        "kernels/loihi.py": ("test_loihi_arithmetic",),
        "kernels/replay_run.py": ("test_replay",),
    },
    "arithmetic": {
        "simulate/arithmetic/loihi.py": ("test_loihi_arithmetic",),
        "simulate/arithmetic/speck.py": ("test_speck", "test_one_by_one"),
        "simulate/arithmetic/truenorth.py": ("test_truenorth",),
        "simulate/arithmetic/xylo.py": ("test_xylo",),
    },
    "rules": {
        "fit/core_rules.py": ("test_core_rules", "test_fit"),
        "fit/network_rules.py": ("test_fit", "test_fan_in"),
        "fit/judge.py": ("test_not_judged",),
        "mapping/counting.py": ("test_core_rules", "test_cuts"),
    },
    "mapping": {
        "mapping/partition.py": (
            "test_partition",
            "test_mapping",
            "test_sharing",
            "test_placed",
            "test_sources",
        ),
        "mapping/placing.py": ("test_placing",),
        "mapping/routes.py": ("test_routing",),
    },
    "prices": {
        "replay/price.py": ("test_prices",),
        "replay/figures.py": ("test_prices", "test_replay"),
        "replay/power.py": ("test_power",),
        "replay/operation.py": ("test_operation",),
    },
    "adapt": {
        "adapt/prune.py": ("test_prune", "test_fan_in"),
        "adapt/prune_neurons.py": ("test_prune",),
        "adapt/quantize.py": ("test_quantize",),
        "adapt/share.py": ("test_share",),
    },
    "search": {
        "search/hypervolume.py": ("test_search_space", "test_samplers"),
        "search/recommend.py": ("test_search", "test_default_objectives"),
        "search/space.py": ("test_search_space",),
        "search/objectives.py": ("test_default_objectives", "test_search"),
    },
    "keys": {
        "simulate/cache.py": ("test_record_cache", "test_case"),
        "network/network.py": ("test_network", "test_fingerprints", "test_odd_arguments"),
        "case.py": ("test_fingerprints", "test_case"),
    },
}


class Fault(NamedTuple):
    """One fault: where it is planted, and the whole file with it."""

    module: str
    line: int
    before: str
    after: str
    source: str


class _Planter(ast.NodeTransformer):
    """Changes the node of one number, and counts those that could be changed."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.n_seen, self.found = wanted, 0, None

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return node  # what an error says is no arithmetic

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [self.visit(statement) for statement in node.body]  # not its defaults
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        kind = type(node.ops[0])
        if kind in COMPARED and self._is_it(node):
            node.ops[0] = COMPARED[kind]()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) in COUNTED and self._is_it(node):
            node.op = COUNTED[type(node.op)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._is_it(node):
            node.op = JOINED[type(node.op)]()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._is_it(node):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if self._is_it(node):
            node.body, node.orelse = node.orelse, node.body
        return node

    def _is_it(self, node: ast.expr) -> bool:
        self.n_seen += 1
        if self.n_seen - 1 != self.wanted:
            return False
        self.found = node.lineno
        return True


def functions_only(tree: ast.Module, wanted: int) -> _Planter:
    """Plant in functions and methods; numbers of a module are figures, not arithmetic."""
    planter = _Planter(wanted)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not getattr(node, "seen", False):
            for inner in ast.walk(node):
                inner.seen = True
            planter.visit(node)
    return planter


def fault_of(module: str, draw: Random) -> Fault:
    """A fault drawn from a module."""
    source = (HOUSE / "spikefit_nb" / module).read_text()
    n_places = functions_only(ast.parse(source), -1).n_seen
    tree = ast.parse(source)
    line = functions_only(tree, draw.randrange(n_places)).found
    planted = ast.unparse(tree)
    whole = ast.unparse(ast.parse(source)).splitlines()
    pairs = zip(whole, planted.splitlines(), strict=True)
    before, after = next((a.strip(), b.strip()) for a, b in pairs if a != b)
    return Fault(module, line, before, after, planted)


def faults(modules: Sequence[str], n: int, seed: int) -> Iterator[Fault]:
    """Faults of a room, its modules in turn, none twice."""
    draw, known = Random(seed), set()
    for k in range(20 * n):
        if len(known) == n:
            return
        fault = fault_of(modules[k % len(modules)], draw)
        if fault.source not in known:
            known.add(fault.source)
            yield fault


def notice(copy: Path, names: Sequence[str]) -> str:
    """What some tests say in a copy: "passed", "failed" or "too long"."""
    tests = [f"tests/{name}.py" for name in names]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(command, cwd=copy, capture_output=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return "too long"
    return "failed" if ran.returncode else "passed"


def main(arguments: list[str] | None = None) -> None:
    """Plant faults, print those that survive, and the share that was noticed."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--room", choices=ROOMS, action="append", help="default: all")
    parser.add_argument("--faults", type=int, default=20, help="of each room")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "house"
        shutil.copytree(HOUSE, copy, ignore=LEFT_BEHIND)
        os.symlink(HOUSE.parent / "shared", Path(folder) / "shared")
        for name in given.room or ROOMS:
            room, told = ROOMS[name], []
            for tests in dict.fromkeys(room.values()):
                print(f"{name}: without a fault {tests} {notice(copy, tests)}", flush=True)
            for fault in faults(tuple(room), given.faults, given.seed):
                path = copy / "spikefit_nb" / fault.module
                whole = path.read_bytes()
                path.write_text(fault.source)
                told.append(notice(copy, room[fault.module]))
                path.write_bytes(whole)
                if told[-1] != "failed":
                    at = f"{fault.module}:{fault.line}"
                    print(f"  {told[-1]}: {at}: {fault.before}  ->  {fault.after}", flush=True)
            print(f"{name}: {told.count('failed')} of {len(told)} faults noticed", flush=True)


if __name__ == "__main__":
    main()
