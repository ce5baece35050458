"""The documentation site holds every name, lesson and page there is, and its pages tell no lies."""

import re
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO

import pytest
from sphinx.application import Sphinx

import spikefit_nb
from spikefit_nb.__main__ import main
from tests.meta.source import REPOSITORY

SITE = REPOSITORY / "tutorials" / "site"
PAGES = [
    SITE / "index.md",
    *sorted((SITE / "guide").glob("*.md")),
    *sorted(SITE.glob("how_to/*.md")),
]
CODE = re.compile(r"```(python|sh)\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
ASKS = "python -m spikefit_nb "
WITH_CODE = [page for page in PAGES if CODE.search(page.read_text(encoding="utf-8"))]


pytestmark = pytest.mark.filterwarnings("ignore::sphinx.deprecation.RemovedInSphinx11Warning")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site as Sphinx has read it, without notebooks run and pages written."""
    folder, warnings = tmp_path_factory.mktemp("site"), StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SITE_RUNS_NOTEBOOKS", raising=False)
        places = {"srcdir": REPOSITORY, "confdir": SITE, "outdir": folder, "doctreedir": folder}
        app = Sphinx(**places, buildername="dummy", status=None, warning=warnings)
        app.build(force_all=True)
    return app.env, warnings.getvalue()


def is_borrowed(name):
    """Whether a room only passes on what another one makes, and describes."""
    room, _, last = name.rpartition(".")
    return not getattr(getattr(import_module(room), last), "__module__", room).startswith(room)


def test_it_is_built_without_a_warning(site):
    assert site[1] == ""


def test_every_exported_name_has_its_entry(site):
    told = set(site[0].domaindata["py"]["objects"])
    offered = {
        (room.parent.name, name)
        for room in (REPOSITORY / "spikefit_nb").glob("*/__init__.py")
        for name in getattr(import_module(f"spikefit_nb.{room.parent.name}"), "__all__", ())
    }
    menu = {(room, name) for room, names in spikefit_nb.ROOMS.items() for name in names}
    names = {f"spikefit_nb.{room}.{name}" for room, name in offered | menu}
    assert len(offered) > 400 and {name for name in names - told if not is_borrowed(name)} == set()


def test_every_lesson_tool_and_page_is_reached_from_the_first(site):
    env = site[0]
    written = [*REPOSITORY.glob("notebooks/*.ipynb"), *REPOSITORY.glob("tutorials/*.ipynb"), *PAGES]
    pages = {path.relative_to(REPOSITORY).with_suffix("").as_posix() for path in written}
    reached, waiting = set(), ["tutorials/site/index"]
    while waiting:
        reached.add(page := waiting.pop())
        waiting += [p for p in env.toctree_includes.get(page, ()) if p not in reached]
    assert len(pages) > 20 and pages - reached == set()


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_the_code_of_a_page_prints_what_it_says(page, tmp_path, monkeypatch):
    """Lines for a shell are run where they ask this package."""
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": page.stem}
    for language, code, output in CODE.findall(page.read_text(encoding="utf-8")):
        printed = StringIO()
        with redirect_stdout(printed):
            if language == "python":
                exec(compile(code, page.name, "exec"), names)
            elif code.startswith(ASKS):
                main(code.split()[3:])
        if output or language == "python":
            assert printed.getvalue().strip() == output.strip()


def test_other_output_would_be_noticed():
    [(language, code, output)] = CODE.findall("```python\nprint(1)\n```\n\n```text\n2\n```")
    assert (language, code, output) == ("python", "print(1)\n", "2\n")
