"""Notebooks ask a question, explain before they act, and end by checking their own figures."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy

import pytest

from tests.meta.source import REPOSITORY

CELL_LIMIT = 15
QUICKSTART_LIMIT = 12  # ideas, that is code cells: each has its sentence in a cell before it
LESSON_SAYS = ("goals", "prerequisites", "minutes")
LESSON_WORDS = 800  # a lesson wins with fewer
EXERCISES = (2, 4)


def text(cell: dict) -> str:
    """The source of a cell; files hold it as one string or as lines."""
    return "".join(cell["source"])


def faults(notebook: dict, *, lesson: bool = False, quickstart: bool = False) -> Iterator[str]:
    """What a reader would stumble over."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    title = text(cells[0]).splitlines()[0] if cells and text(cells[0]) else ""
    if cells[0]["cell_type"] != "markdown" or not (
        title.startswith("# ") and title.rstrip().endswith("?")
    ):
        yield f"the title is not a question: {title!r}"
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            yield from (
                f"cell {number}: {fault}"
                for fault in code_faults(cell, cells[number - 1] if number else None)
            )
    if (
        not code
        or cells[-1] is not code[-1]
        or "check" not in tags(cells[-1])
        or "assert" not in text(cells[-1])
    ):
        yield "the last cell is not tagged 'check' or asserts nothing"
    if quickstart and len(code) > QUICKSTART_LIMIT:
        yield f"{len(code)} code cells; {QUICKSTART_LIMIT} is the limit"
    if lesson:
        yield from lesson_faults(cells)


def lesson_faults(cells: list[dict]) -> Iterator[str]:
    """What a student would stumble over."""
    opening = " ".join(text(cell) for cell in cells[:2]).lower()
    yield from (
        f"the opening does not name its {word}" for word in LESSON_SAYS if word not in opening
    )
    prose = " ".join(text(cell) for cell in cells if cell["cell_type"] == "markdown")
    if (n_words := len(prose.split())) > LESSON_WORDS:
        yield f"{n_words} words; {LESSON_WORDS} is the limit"
    if "predict" not in prose.lower():
        yield "nothing is to be predicted"
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    if (
        n_seeds := sum(len(re.findall(r"^SEED = \d+$", text(cell), re.MULTILINE)) for cell in code)
    ) != 1:
        yield f"{n_seeds} seeds; one SEED = ... is the rule"
    exercises = [i for i, cell in enumerate(code) if "exercise" in tags(cell)]
    if not EXERCISES[0] <= len(exercises) <= EXERCISES[1]:
        yield f"{len(exercises)} exercises; {EXERCISES[0]} to {EXERCISES[1]} are the rule"
    for n, i in enumerate(exercises, 1):
        yield from (f"exercise {n}: {fault}" for fault in exercise_faults(code[i], code[i + 1]))


def exercise_faults(stub: dict, solution: dict) -> Iterator[str]:
    """What is wrong with an exercise and the code cell after it, which must be its solution."""
    checks = re.findall(r"^(check_\w+)\(", text(stub), re.MULTILINE)
    if len(checks) != 1 or not re.search(r"= \.\.\.(\s|$)", text(stub)):
        yield "no dots to replace, or not one check of them"
    if "solution" not in tags(solution) or not solution["metadata"].get("jupyter", {}).get(
        "source_hidden"
    ):
        yield "the next code cell is not a folded solution"
        return
    first, *_, last = text(solution).splitlines()
    if not first.startswith("# ") or not re.fullmatch(
        rf"\w+ = {checks[0] if checks else 'check'}\(.*\)", last
    ):
        yield (
            "the solution shows itself: it begins with a comment, all a fold shows, "
            "and ends with a check it keeps"
        )


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


GOOD = {
    "cells": [
        _markdown("# Does it fit?\nGoals, prerequisites, 5 minutes."),
        _code("x = 1"),
        _markdown("Check."),
        _code("assert x == 1", "check"),
    ]
}


STUB, SOLUTION = "mine = ...\ncheck_sum(mine)", "# By adding.\nsolution = check_sum(2)"
FOLDED = _code(SOLUTION, "solution")
FOLDED["metadata"]["jupyter"] = {"source_hidden": True}
LESSON = {
    "cells": [
        _markdown("# Does it fit?\nGoals, prerequisites, 5 minutes. Predict."),
        _code("SEED = 1\nx = 1"),
        *[_markdown("An exercise."), _code(STUB, "exercise"), _markdown("Stuck?"), FOLDED] * 2,
        _markdown("Check."),
        _code("assert x == 1", "check"),
    ]
}


def test_a_good_notebook_passes():
    assert list(faults(GOOD, quickstart=True)) == []
    assert list(faults(LESSON, lesson=True)) == []


@pytest.mark.parametrize(
    ("number", "change", "fault"),
    [
        (0, {"source": "# It fits"}, "the title is not a question: '# It fits'"),
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
    assert list(faults(notebook)) == [fault]


SHOWS_ITSELF = (
    "the solution shows itself: it begins with a comment, all a fold shows, "
    "and ends with a check it keeps"
)
OPENING = "# Does it fit?\nGoals, prerequisites, 5 minutes. Predict."


@pytest.mark.parametrize(
    ("number", "change", "fault"),
    [
        (
            0,
            {"source": OPENING.replace("minutes", "steps")},
            "the opening does not name its minutes",
        ),
        (0, {"source": OPENING.replace("Predict", "Look")}, "nothing is to be predicted"),
        (0, {"source": OPENING + " more" * 800}, "816 words; 800 is the limit"),
        (1, {"source": "x = 1"}, "0 seeds; one SEED = ... is the rule"),
        (3, {"metadata": {}}, "1 exercises; 2 to 4 are the rule"),
        (
            3,
            {"source": "mine = 2\ncheck_sum(mine)"},
            "exercise 1: no dots to replace, or not one check of them",
        ),
        (3, {"source": "mine = ..."}, "exercise 1: no dots to replace, or not one check of them"),
        (
            5,
            {"metadata": {"tags": ["solution"]}},
            "exercise 1: the next code cell is not a folded solution",
        ),
        (5, {"source": SOLUTION.replace("# By", "by = 0  #")}, f"exercise 1: {SHOWS_ITSELF}"),
        (5, {"source": "# By adding.\ncheck_sum(2)"}, f"exercise 1: {SHOWS_ITSELF}"),
        (
            5,
            {"source": SOLUTION.replace("check_sum", "check_product")},
            f"exercise 1: {SHOWS_ITSELF}",
        ),
    ],
)
def test_a_planted_lesson_fault_is_caught(number, change, fault):
    notebook = deepcopy(LESSON)
    notebook["cells"] = [
        deepcopy(cell) for cell in notebook["cells"]
    ]  # those that stand twice become two
    notebook["cells"][number] |= change
    assert fault in list(faults(notebook, lesson=True))


def test_a_long_quickstart_is_caught():
    notebook = {
        "cells": GOOD["cells"][:1] + [_code("x = 1"), _markdown("And.")] * 12 + GOOD["cells"][-1:]
    }
    assert list(faults(notebook, quickstart=True)) == ["13 code cells; 12 is the limit"]
