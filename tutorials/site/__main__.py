"""Build the documentation site into ``build/site``: ``uv run python -m tutorials.site``.

Warnings are errors. Notebooks run once for each state of the package (``--no-run``: not at all,
which takes seconds), and nothing comes from the network, when built or when read.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Build the site, and tell where it begins."""
    parser = argparse.ArgumentParser(prog="python -m tutorials.site", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--no-run", action="store_true", help="leave the notebooks without outputs")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as studies:
        environment = os.environ | {
            "SPIKEFIT_STUDIES": studies,
            "SITE_RUNS_NOTEBOOKS": "" if given.no_run else "1",
        }
        sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
        places = ["-c", ROOT / "tutorials/site", "-d", given.folder / ".doctrees", ROOT]
        code = subprocess.run([*sphinx, *places, given.folder], env=environment).returncode
    if code == 0:
        print(f"Open {given.folder / 'index.html'}.")
    return code


if __name__ == "__main__":
    sys.exit(main())
