"""Notebooks ask a question, explain before they act, and end by checking their own figures."""

import json
from collections.abc import Iterator
from copy import deepcopy

import pytest

from tests.meta.source import REPOSITORY

CELL_LIMIT = 15
QUICKSTART_LIMIT = 12  # ideas, that is code cells: each has its sentence in a cell before it
LESSON_SAYS = ("goals", "prerequisites", "minutes")


def text(cell: dict) -> str:
    """The source of a cell; files hold it as one string or as lines."""
    return "".join(cell["source"])


def faults(notebook: dict, *, lesson: bool = False, quickstart: bool = False) -> Iterator[str]:
    """What a reader would stumble over."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    title = text(cells[0]).splitlines()[0] if cells and text(cells[0]) else ""
    if cells[0]["cell_type"] != "markdown" or not (title.startswith("# ") and title.rstrip().endswith("?")):
        yield f"the title is not a question: {title!r}"
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            yield from (f"cell {number}: {fault}" for fault in code_faults(cell, cells[number - 1] if number else None))
    if not code or cells[-1] is not code[-1] or "check" not in tags(cells[-1]) or "assert" not in text(cells[-1]):
        yield "the last cell is not tagged 'check' or asserts nothing"
    if quickstart and len(code) > QUICKSTART_LIMIT:
        yield f"{len(code)} code cells; {QUICKSTART_LIMIT} is the limit"
    if lesson:
        opening = " ".join(text(cell) for cell in cells[:2]).lower()
        yield from (f"the opening does not name its {word}" for word in LESSON_SAYS if word not in opening)


def code_faults(cell: dict, before: dict | None) -> Iterator[str]:
    """What is wrong with one code cell."""
    n_lines = len(text(cell).splitlines())
    if n_lines > CELL_LIMIT:
        yield f"{n_lines} lines; {CELL_LIMIT} is the limit"
    if cell.get("outputs") or cell.get("execution_count"):
        yield "stored output; run nbstripout"
    if before is None or before["cell_type"] != "markdown" or not text(before).strip():
        yield "no sentence before it"


def tags(cell: dict) -> list[str]:
    """The tags of a cell."""
    return cell.get("metadata", {}).get("tags", [])


@pytest.mark.parametrize("folder", ["notebooks", "tutorials"])
def test_notebooks_are_well_formed(folder):
    found = []
    for path in sorted((REPOSITORY / folder).glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        told = faults(notebook, lesson=folder == "tutorials", quickstart=path.stem == "quickstart")
        found += [f"{path.name}: {fault}" for fault in told]
    assert found == []


def _markdown(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, *tags: str) -> dict:
    return {
        "cell_type": "code",
        "metadata": {"tags": [*tags]},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


GOOD = {"cells": [_markdown("# Does it fit?\nGoals, prerequisites, 5 minutes."), _code("x = 1"),
                  _markdown("Check."), _code("assert x == 1", "check")]}  # fmt: skip


def test_a_good_notebook_passes():
    assert list(faults(GOOD, lesson=True, quickstart=True)) == []


@pytest.mark.parametrize(
    ("number", "change", "fault"),
    [
        (0, {"source": "# It fits\ngoals prerequisites minutes"}, "the title is not a question: '# It fits'"),
        (0, {"source": ["# Does it fit?\n", "Goals, prerequisites."]}, "the opening does not name its minutes"),
        (1, {"source": "x = 1\n" * 16}, "cell 1: 16 lines; 15 is the limit"),
        (1, {"outputs": [{"output_type": "stream"}]}, "cell 1: stored output; run nbstripout"),
        (2, {"source": " "}, "cell 3: no sentence before it"),
        (3, {"metadata": {}}, "the last cell is not tagged 'check' or asserts nothing"),
        (3, {"source": "print(x)"}, "the last cell is not tagged 'check' or asserts nothing"),
    ],
)
def test_a_planted_notebook_fault_is_caught(number, change, fault):
    notebook = deepcopy(GOOD)
    notebook["cells"][number] |= change
    assert list(faults(notebook, lesson=True)) == [fault]


def test_a_long_quickstart_is_caught():
    notebook = {"cells": GOOD["cells"][:1] + [_code("x = 1"), _markdown("And.")] * 12 + GOOD["cells"][-1:]}
    assert list(faults(notebook, quickstart=True)) == ["13 code cells; 12 is the limit"]
