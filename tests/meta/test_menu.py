"""The public menu: short, sorted, explained, and quick to open."""

import subprocess
import sys

import pytest

import spikefit_nb

MENU: list[str] = list(getattr(spikefit_nb, "__all__", []))
HEAVY = {
    "numba",
    "bokeh",
    "jupyter_bokeh",
    "ipywidgets",
    "skopt",
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
