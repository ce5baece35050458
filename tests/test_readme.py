"""What the README prints is what a reader gets."""

import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from spikefit_nb.hardware import load_profile
from spikefit_nb.hardware.sourced import weakest
from tests.meta.source import PACKAGE, REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CHIPS = (REPOSITORY / "tutorials/site/guide/chips.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```python\n(.*?)```\s*```text\n(.*?)```", re.DOTALL)


def printed(code: str, names: dict | None = None) -> str:
    """What a piece of code prints, with the names of those before it."""
    output = StringIO()
    with redirect_stdout(output):
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"} if names is None else names)
    return output.getvalue()


def test_the_examples_print_what_they_say():
    names: dict = {"__name__": "readme"}
    examples = EXAMPLE.findall(README)
    assert len(examples) == 2
    for code, output in examples:
        assert printed(code, names).strip() == output.strip()


def test_the_example_is_short():
    code = EXAMPLE.search(README)[1]
    assert (
        len([line for line in code.splitlines() if line.strip() and not line.startswith("import")])
        <= 6
    )


def test_another_output_would_be_noticed():
    code, output = EXAMPLE.search("```python\nprint(1 + 1)\n```\n\n```text\n3\n```").groups()
    assert printed(code).strip() == "2" != output.strip()


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (PACKAGE / "hardware" / "profiles").glob("*.toml"))
)
def test_each_shipped_chip_stands_in_the_table_with_its_weakest_kind(name):
    kind, figure = weakest(load_profile(name).figures.items())
    assert re.search(rf"^\| `{name}` \| {kind} \|", CHIPS, re.MULTILINE), (
        f"`{name}` rests on {figure}, {kind}"
    )


def test_what_it_points_at_exists():
    if not (REPOSITORY / "notebooks" / "quickstart.ipynb").exists():
        pytest.skip("the quickstart is not written yet")
    named = re.findall(r"\]\(([^):#]+)\)", README) + re.findall(r"notebooks/\S+?\.ipynb", README)
    assert [name for name in named if not (REPOSITORY / name).is_file()] == []
