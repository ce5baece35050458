"""Make environments with other tools: ``python -m tests.tools.environments brian2 sanafe``.

Each name of ``environments.toml`` becomes a virtual environment in the folder that
``SPIKEFIT_ENVIRONMENTS`` names, else in the user's cache; without names it lists them. One that is
there with the same packages is kept. torch is large: where ``PIP_FIND_LINKS`` names a folder of
wheels, a build for processors is taken from there.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

try:
    import fcntl
except ImportError:  # on Windows, where nobody runs the tests in several processes
    fcntl = None

ASKED = tomllib.loads((Path(__file__).parent / "environments.toml").read_text())
DONE = "packages.txt"  # written when an environment is whole


def folder_of(name: str) -> Path:
    """Where an environment lies."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("SPIKEFIT_ENVIRONMENTS") or cache / "spikefit_nb" / "tools") / name


def python_of(name: str) -> Path:
    """The Python of an environment."""
    return folder_of(name) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_made(name: str) -> bool:
    """Whether it is there, with the packages asked for."""
    done = folder_of(name) / DONE
    return done.is_file() and done.read_text() == wanted(name) and python_of(name).exists()


def wanted(name: str) -> str:
    """What it is to hold, as text."""
    return "\n".join([ASKED[name].get("python", ""), *ASKED[name]["packages"]])


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Wait until no other process makes environments: tests run in several."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(name: str) -> Path:
    """Make an environment where it is not there; returns its Python."""
    with alone(folder_of(name).with_suffix(".lock")):
        if not is_made(name):
            _make(name, folder_of(name))
    return python_of(name)


def _make(name: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    wheels = os.environ.get("PIP_FIND_LINKS")
    said = os.environ | ({"UV_FIND_LINKS": wheels} if wheels else {})
    version = ASKED[name].get("python") or f"{sys.version_info[0]}.{sys.version_info[1]}"
    quiet = ["uv", "--quiet", "--no-config"]
    install = [*quiet, "pip", "install", "--python", str(python_of(name))]
    for command in (
        [*quiet, "venv", "-p", version, str(folder)],
        [*install, *ASKED[name]["packages"]],
    ):
        subprocess.run(command, env=said, check=True)
    (folder / DONE).write_text(wanted(name))


def main(names: list[str]) -> None:
    """Make the environments named, or list all."""
    for name in ASKED if not names else ():
        print(f"{name}: {' '.join(ASKED[name]['packages'])}{', made' * is_made(name)}")
    for name in names:
        begun = perf_counter()
        print(f"{name}: {make(name)}, {perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
