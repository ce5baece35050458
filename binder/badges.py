"""Print badges and links of a repository: ``python binder/badges.py OWNER/REPOSITORY``.

They are printed and not kept, since a badge of a repository that is not there opens nothing.
"""

import argparse
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
BADGE = "https://mybinder.org/badge_logo.svg"


def binder_link(repository: str, path: str | None = None) -> str:
    """Where Binder opens a notebook in JupyterLab; without one, the workbench as a page."""
    address = f"https://mybinder.org/v2/gh/{repository}/HEAD"
    return address + (f"?urlpath={quote(f'lab/tree/{path}')}" if path else "")


def hub_link(hub: str, repository: str, path: str) -> str:
    """Where nbgitpuller, on a JupyterHub, gives a student the repository, and opens a notebook."""
    name = repository.rpartition("/")[2]
    source, place = f"https://github.com/{repository}", f"lab/tree/{name}/{path}"
    return f"{hub}/hub/user-redirect/git-pull?repo={quote(source, '')}&urlpath={quote(place, '')}"


def lessons() -> list[str]:
    """The lessons, in their order."""
    return sorted(f"tutorials/{path.name}" for path in ROOT.glob("tutorials/*.ipynb"))


def main() -> None:
    """Print a badge for the workbench, JupyterLab and each lesson, and links for a hub."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", help="OWNER/REPOSITORY")
    parser.add_argument("--hub", default="https://<hub>", help="the address of a JupyterHub")
    given = parser.parse_args()
    places = {"The workbench": None, "JupyterLab": "notebooks/quickstart.ipynb"}
    for words, path in (places | {path: path for path in lessons()}).items():
        print(f"{words}: [![Binder]({BADGE})]({binder_link(given.repository, path)})")
    for path in lessons():
        print(f"{path}: {hub_link(given.hub, given.repository, path)}")


if __name__ == "__main__":
    main()
