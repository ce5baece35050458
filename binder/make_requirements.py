"""Write binder/requirements.txt from pyproject.toml: ``uv run python binder/make_requirements.py``.

Binder installs with pip, which does not read uv's constraints. The pins of the running package are
therefore repeated here, by name, for the one Python that Binder uses, with those of the extra that
the notebooks use; what only the developers need is left out.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parent
EXTRA = "ann"  # reads ONNX files
PAGES = {"voila"}  # shows the workbench as a page
HEADER = "# Written by make_requirements.py from pyproject.toml: change that one.\n"


def requirements_text(project: dict, python: str) -> str:
    """The text of the file for one version of Python, such as "3.12"."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    wanted = project["project"]["dependencies"] + project["project"]["optional-dependencies"][EXTRA]
    needed = {name_of(line) for line in wanted}
    groups = project["dependency-groups"].values()
    lines = [line for group in groups for line in group if isinstance(line, str)]
    developers_only = {name_of(line) for line in lines}
    developers_only -= needed | PAGES
    pins = {}
    for line in project["tool"]["uv"]["constraint-dependencies"]:
        pin = Requirement(line)
        if name_of(line) not in developers_only and (
            pin.marker is None or pin.marker.evaluate(environment)
        ):
            pins[name_of(line)] = f"{pin.name}{pin.specifier}"
    unpinned = sorted(needed - set(pins))
    if unpinned:
        raise SystemExit(
            f"No pin for {', '.join(unpinned)}: add one to [tool.uv] constraint-dependencies."
        )
    return HEADER + "".join(f"{pins[name]}\n" for name in sorted(pins)) + f"-e .[{EXTRA}]\n"


def name_of(line: str) -> str:
    """The package a requirement is about, spelt the one canonical way."""
    return canonicalize_name(Requirement(line).name)


def current_text() -> str:
    """The text for this repository as it stands."""
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
    python = (FOLDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    return requirements_text(project, python)


if __name__ == "__main__":
    (FOLDER / "requirements.txt").write_text(current_text(), encoding="utf-8")
