"""The files around the package agree with one another."""

import re
import subprocess
import sys
import tomllib

import pytest

import spikefit_nb
from binder import make_requirements
from tests.meta.source import REPOSITORY

TEST_COMMAND = "pip install uv && uv run pytest"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def read(name: str) -> str:
    """The text of a file of the repository."""
    return (REPOSITORY / name).read_text(encoding="utf-8")


def test_binder_installs_the_tested_versions():
    assert read("binder/requirements.txt") == make_requirements.current_text(), (
        "run `uv run python binder/make_requirements.py`"
    )


def test_pins_follow_the_python_and_leave_the_developers_tools_out():
    project = {
        "project": {
            "dependencies": ["numpy>=2"],
            "optional-dependencies": {"ann": ["onnx>=1"]},
        },
        "dependency-groups": {
            "docs": ["sphinx>=8"],
            "dev": [{"include-group": "docs"}, "pytest>=9", "onnx>=1"],
        },
        "tool": {
            "uv": {
                "constraint-dependencies": [
                    "numpy==2.4; python_version < '3.12'",
                    "numpy==2.5; python_version >= '3.12'",
                    "onnx==1.2",
                    "pytest==9.2.0",
                    "sphinx==9.0.4",
                ]
            }
        },
    }
    lines = make_requirements.requirements_text(project, "3.11").splitlines()
    assert lines[1:] == ["numpy==2.4", "onnx==1.2", "-e .[ann]"]
    assert make_requirements.requirements_text(project, "3.13").splitlines()[1:] == [
        "numpy==2.5",
        "onnx==1.2",
        "-e .[ann]",
    ]


def test_a_dependency_without_a_pin_is_refused():
    project = PROJECT | {"project": PROJECT["project"] | {"dependencies": ["unpinned-thing"]}}
    with pytest.raises(SystemExit, match="unpinned-thing"):
        make_requirements.requirements_text(project, "3.12")


def test_every_direct_dependency_has_its_reason_in_contributing():
    groups = PROJECT["dependency-groups"].values()
    developers = [line for group in groups for line in group if isinstance(line, str)]
    dependencies = PROJECT["project"]["dependencies"] + developers
    names = [re.split(r"[<>=!~; \[]", line)[0] for line in dependencies]
    assert [name for name in names if f"`{name}`" not in read("CONTRIBUTING.md")] == []


def test_contributing_is_one_page():
    assert len(read("CONTRIBUTING.md").splitlines()) <= 50


def test_readme_contributing_and_ci_give_the_same_test_command():
    assert TEST_COMMAND in read("README.md") and TEST_COMMAND in read("CONTRIBUTING.md")
    assert read(".ci/run").splitlines()[-1] == TEST_COMMAND


def test_versions_agree():
    version = PROJECT["project"]["version"]
    assert f"version: {version}\n" in read("CITATION.cff") and version in read("CHANGELOG.md")


def test_what_binder_compiles_runs():
    if "deploy" not in getattr(spikefit_nb, "__all__", []):
        pytest.skip("deploy is not on the menu yet")
    script = re.search(r"<<'PYTHON'\n(.*?)PYTHON", read("binder/postBuild"), re.DOTALL)
    subprocess.run([sys.executable, "-c", script[1]], check=True, timeout=300)


def test_binder_compiles_for_the_chips_of_the_notebooks():
    named = r'load_profile\(\\?"(\w+)'
    notebooks = [
        p for room in ("notebooks", "tutorials") for p in REPOSITORY.glob(f"{room}/*.ipynb")
    ]
    used = {chip for p in notebooks for chip in re.findall(named, p.read_text(encoding="utf-8"))}
    compiled = re.search(r"for chip in \((.*?)\)", read("binder/postBuild"))[1]
    assert used <= set(re.findall(r"\w+", compiled))
