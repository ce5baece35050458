"""The public menu: short, sorted, explained, and quick to open."""

import subprocess
import sys

import pytest

import spikefit_nb
from tests.meta.source import modules
from tests.meta.test_floors import FLOORS

MENU: list[str] = list(getattr(spikefit_nb, "__all__", []))
HEAVY = {
    "numba",
    "bokeh",
    "jupyter_bokeh",
    "ipywidgets",
    "skopt",
    "optuna",
    "sklearn",
    "scipy",
    "nir",
    "h5py",
    "pooch",
    "onnx",
}
IMPORT_CPU_LIMIT_S = 0.3

WHAT_AN_IMPORT_TAKES = """
import sys, time
start = time.process_time()
import spikefit_nb
print(time.process_time() - start, *{name.partition(".")[0] for name in sys.modules})
"""

# Rooms come from the lowest floor up, so that none has been loaded by another one before.
ROOMS = [room for floor in FLOORS for room in sorted(floor) if not room.startswith("_")]
IN_A_FRESH_PROCESS = """
import sys
import spikefit_nb as sf
for room in sys.argv[1:]:
    offered, module = getattr(sf, room), sys.modules[f"spikefit_nb.{room}"]
    assert offered is (getattr(module, room) if room in sf.__all__ else module), room
"""
# The modules of rooms that share their name with a verb; one named as its verb is hidden by it.
BEHIND_A_VERB = [
    ".".join(path.with_suffix("").parts)
    for path, _ in modules()
    if path.parts[0] in MENU and path.stem not in ("__init__", path.parts[0])
]
THROUGH_A_VERB = """
import sys
for name in sys.argv[1:]:
    exec(f"import spikefit_nb.{name} as module")
    assert module is sys.modules[f"spikefit_nb.{name}"], name
    verb = name.partition(".")[0]
    exec(f"import spikefit_nb.{verb}; from spikefit_nb import {verb} as offered")
    assert callable(offered) and offered is getattr(sys.modules[f"spikefit_nb.{verb}"], verb), verb
from spikefit_nb.search import Study
import spikefit_nb.simulate.arithmetic as arithmetic
"""


def test_the_menu_is_short_sorted_and_what_dir_shows():
    assert sorted(set(MENU)) == MENU
    assert len(MENU) <= 30
    if MENU:
        assert sorted(name for name in dir(spikefit_nb) if not name.startswith("_")) == MENU


@pytest.mark.parametrize("name", MENU)
def test_what_is_on_the_menu_explains_itself(name):
    offered = getattr(spikefit_nb, name)
    docstring = offered.__doc__ or ""
    assert "Examples\n" in docstring and runs_something(docstring), (
        f"{name} shows no example that runs"
    )


def runs_something(docstring: str) -> bool:
    """Whether a docstring has a line that the doctests execute."""
    return any(">>>" in line and "+SKIP" not in line for line in docstring.splitlines())


def test_an_example_that_is_skipped_is_no_example():
    assert runs_something(">>> 1 + 1\n2")
    assert not runs_something(">>> plot(report)  # doctest: +SKIP") and not runs_something(
        "Examples"
    )


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="deplyo"):
        _ = spikefit_nb.deplyo


@pytest.mark.parametrize(
    ("script", "names"), [(IN_A_FRESH_PROCESS, ROOMS), (THROUGH_A_VERB, BEHIND_A_VERB)]
)
def test_rooms_load_on_first_use_and_verbs_stay_where_a_room_has_their_name(script, names):
    assert len(names) > 20
    subprocess.run([sys.executable, "-c", script, *names], check=True)


def test_importing_is_quick_and_takes_no_heavy_library():
    runs = [
        subprocess.run(
            [sys.executable, "-c", WHAT_AN_IMPORT_TAKES], capture_output=True, text=True, check=True
        )
        for _ in range(3)
    ]
    answers = [run.stdout.split() for run in runs]
    assert HEAVY & set(answers[0][1:]) == set()
    # Processor time, the best of three: other tests may be using the cores meanwhile.
    assert min(float(answer[0]) for answer in answers) < IMPORT_CPU_LIMIT_S
