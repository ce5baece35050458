"""Names of a deployment's files, and how they are read: a file may come from anybody."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spikefit_nb.datasets.files import opened_zip, read_entry
from spikefit_nb.errors import FileProblem

DOCUMENT, SUMS, ZIP = "deployment.json", "SHA256SUMS", ".zip"
DOCUMENTS = (
    "mapping.json",
    "report.html",
    "checklist.json",
    "neurobench.json",
    "methods.md",
    "references.bib",
)
NEEDED = (DOCUMENT, "network.nir", "profile.toml", "report.json", "predicted.npz", *DOCUMENTS)
LARGEST_BYTES = 1 << 30  # of one file
LARGEST_TEXT_BYTES = 1 << 28


@contextmanager
def unpacked(place: Path) -> Iterator[Path]:
    """The folder of a deployment; one that is packed into a file is unpacked meanwhile."""
    if not os.path.isfile(place):
        yield place
        return
    with opened_zip(place) as archive, TemporaryDirectory() as folder:
        inside = Path(folder) / place.stem
        inside.mkdir()
        left = LARGEST_BYTES
        for entry in archive.infolist():
            if entry.filename != Path(entry.filename).name or entry.filename in ("", ".", ".."):
                raise FileProblem(f"{place} holds {entry.filename[:80]!r}, which is no plain name.")
            content = read_entry(archive, entry, left)
            left -= len(content)
            (inside / entry.filename).write_bytes(content)
        yield inside


def check_folder(folder: Path) -> None:
    """Refuse what is no whole deployment: missing, linked, oversized or changed files."""
    if not os.path.isdir(folder):
        raise FileProblem(f"There is no folder {folder}. You are in {Path.cwd()}.")
    if not os.path.exists(folder / DOCUMENT):
        raise FileProblem(f"{folder} is no deployment: it has no {DOCUMENT}.")
    sums = _sums_of(folder)
    for name in (*NEEDED, *(n for n in sums if n not in NEEDED)):
        if name not in sums:
            raise FileProblem(f"{folder}: {SUMS} does not name {name}. Export it once more.")
        content = _own_file(folder, name)
        with content.open("rb") as stream:
            digest = sha256()
            while block := stream.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != sums[name]:
            raise FileProblem(
                f"{folder}: {name} is not what it was when it was exported (its checksum "
                "differs). Get it anew, or export it once more."
            )


def _sums_of(folder: Path) -> dict[str, str]:
    """Checksums by file name; a name is that of a file in this folder, and nothing else."""
    found = {}
    for line in read_text(folder, SUMS, 1 << 20).splitlines():
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or name != Path(name).name or name in ("", ".", ".."):
            raise FileProblem(
                f"{folder}: {SUMS} has a line that names no file here: {line[:80]!r}."
            )
        found[name] = digest
    return found


def _own_file(folder: Path, name: str) -> Path:
    """A file of the folder itself: no link, not missing, not too large."""
    file = folder / name
    if file.is_symlink() or not os.path.isfile(file):
        said = "is a link" if file.is_symlink() else "is missing"
        raise FileProblem(f"{folder}: {name} {said}; a deployment holds plain files.")
    if file.stat().st_size > LARGEST_BYTES:
        raise FileProblem(
            f"{folder}: {name} has {file.stat().st_size:,} bytes; {LARGEST_BYTES:,} are the most."
        )
    return file


def read_text(folder: Path, name: str, most_bytes: int = LARGEST_TEXT_BYTES) -> str:
    """A file of the folder as text."""
    file = _own_file(folder, name)
    if file.stat().st_size > most_bytes:
        raise FileProblem(f"{folder}: {name} is larger than {most_bytes:,} bytes.")
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise FileProblem(f"{folder}: {name} is not text in UTF-8.") from None


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """A file of the folder as a JSON object."""
    try:
        document = json.loads(read_text(folder, name), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FileProblem(f"{folder}: {name} is not JSON: {str(error)[:200]}.") from None
    if not isinstance(document, dict):
        raise FileProblem(f"{folder}: {name} is no JSON object.")
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
