"""What teachers get: homework that differs by seed, takes what is right, hints at what is wrong."""

import json
import re
import sys
from importlib import util

import numpy as np
import pytest

import spikefit_nb as sf
from tests.meta.source import REPOSITORY
from tests.meta.test_notebooks import text

FOLDER = REPOSITORY / "tutorials" / "teaching"
NOTEBOOKS = sorted((FOLDER / "homework").glob("*.ipynb"))
SLIDES = sorted(FOLDER.glob("[1-6]_*.md"))


def load(path):
    """A module of this folder, which is no package."""
    spec = util.spec_from_file_location(path.stem, path)
    sys.modules[path.stem] = module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def checker():
    yield load(FOLDER / "homework" / "checker.py")
    del sys.modules["checker"]


@pytest.fixture(scope="module")
def solutions():
    yield load(FOLDER / "solutions" / "solutions.py")
    del sys.modules["solutions"]


@pytest.mark.parametrize("week", range(1, 7))
def test_worked_solutions_bring_all_points_and_json_that_others_read(week, checker, solutions):
    told = checker.grade(week, 1, solutions.WEEKS[week]())
    assert told.points == 3, told
    read = json.loads(told.to_json())
    assert (read["week"], read["exercise_seed"], read["points"], read["of"]) == (week, 1, 3, 3)


@pytest.mark.parametrize("week", range(1, 7))
def test_tasks_differ_by_seed_and_typical_wrong_answers_get_their_hint(week, checker):
    of_seed = [checker.tasks(week, seed) for seed in (1, 2, 3)]
    assert len({tuple(task.words for task in tasks) for tasks in of_seed}) == 3
    assert len({str([task.right for task in tasks]) for tasks in of_seed}) > 1
    for task in (task for tasks in of_seed for task in tasks):
        assert task.check(...) == (0, "Not answered.")
        assert task.check(task.right) == (1, "Correct.")
        hints = {task.check(wrong) for wrong, _ in task.wrong}
        assert len(hints) >= 3 and all(points == 0 for points, _ in hints), task
        assert task.check("a lot") == (0, f"Not yet. {task.hint}")


def test_a_week_that_there_is_not_is_refused(checker):
    with pytest.raises(ValueError, match="weeks are 1 to 6"):
        checker.tasks(7, 1)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_homework_runs_as_it_is_handed_out_and_brings_no_points(path, checker, monkeypatch):
    monkeypatch.setattr("builtins.print", lambda *words: None)
    week, cells = int(path.stem[-1]), json.loads(path.read_text(encoding="utf-8"))["cells"]
    names = {"__name__": "homework"}
    for cell in cells:
        if cell["cell_type"] == "code" and "import project" not in text(cell):
            assert not cell["outputs"]
            exec(text(cell), names)
    assert names["told"].points == 0
    assert set(names["answers"]) == {task.name for task in checker.tasks(week, 1)}
    graded = [c["metadata"]["nbgrader"] for c in cells if "nbgrader" in c["metadata"]]
    assert [(mark["grade"], mark["points"]) for mark in graded] == [(True, 3)]
    assert "told.points" in text(next(c for c in cells if "nbgrader" in c["metadata"]))


def test_what_the_guide_says_of_grading_runs_and_brings_what_it_says(checker, capsys):
    guide = (FOLDER / "guide.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    names = {}
    *lines, last = code.strip().splitlines()
    exec("\n".join(lines), names)
    assert "memory" in capsys.readouterr().out
    told = eval(last, names)
    assert f"# {told.points} of {len(told.tasks)} points" in last and told.points == 2


def test_a_lab_has_no_more_lessons_than_its_minutes_hold():
    guide = (FOLDER / "guide.md").read_text(encoding="utf-8")
    begins, ends = map(
        int, re.search(r"\| (\d+)-(\d+) \| in pairs through the lesson", guide).groups()
    )
    labs = re.findall(r"\| \d \| `\w+\.md` \| lessons? ([^|;:]+)", guide)
    assert len(labs) == 6
    for lab in labs:
        lessons = [FOLDER.parent.glob(f"{int(n):02d}_*.ipynb") for n in re.findall(r"\d+", lab)]
        opened = [json.loads(next(one).read_text(encoding="utf-8"))["cells"][0] for one in lessons]
        minutes = [int(re.search(r"\*\*(\d+) minutes", text(cell))[1]) for cell in opened]
        together = sum if "then" in lab or "and" in lab else max
        assert together(minutes) <= ends - begins, lab


def test_the_project_counts_days_only_where_enough_is_right(checker, solutions):
    network = sf.load_network("digits")
    scored = checker.project(network, solutions.project(), 0)
    assert scored.points > checker.project(network, sf.Design(), 0).points > 0
    poor = checker.project(network, sf.Design(prune_fraction=0.9), 0)
    assert poor.points == 0 and "are right" in poor.tasks[0]["words"]
    sizes = {"pixels": (64, sf.Input()), "hidden": (300, sf.IF(1.0)), "digit": (10, sf.IF(1.0))}
    large = sf.Network(
        [sf.Population(name, (n,), neuron) for name, (n, neuron) in sizes.items()],
        [
            sf.Projection("pixels", "hidden", np.ones((64, 300))),
            sf.Projection("hidden", "digit", np.ones((300, 10))),
        ],
        dt_s=1e-3,
    )
    scored = checker.project(large, sf.Design(), 0)
    assert scored.tasks[0]["words"] == "It does not fit." and scored.points == 0


def test_six_weeks_have_slides_with_pictures_that_exist_and_links_that_lead_somewhere():
    assert [path.name[0] for path in SLIDES] == list("123456")
    for path in SLIDES:
        slides = path.read_text(encoding="utf-8")
        assert slides.startswith("---\nmarp: true\n") and "CC BY 4.0" in slides
        assert 7 <= slides.count("\n---\n") <= 10
        assert all((FOLDER / place).is_file() for place in re.findall(r"\]\((\S+)\)", slides))
    guide = (FOLDER / "guide.md").read_text(encoding="utf-8")
    for path in SLIDES:
        assert path.name in guide
    for path in NOTEBOOKS:
        words = " ".join(
            text(cell) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        )
        linked = re.findall(r"\]\((\S+?\.ipynb)\)", words)
        assert linked and all((path.parent / place).is_file() for place in linked)
