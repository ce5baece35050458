"""Braille letters read by a robot finger: spikes of 12 sensors, from the NIR paper's encoding."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from spikefit_nb.datasets.files import opened_zip, read_entry, read_npz
from spikefit_nb.errors import FileProblem

SHAPE_OF_PART = (280, 256, 12)
CLASSES = ("space", "A", "E", "I", "O", "U", "Y")


def read_union(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the ready-made file of all recordings."""
    try:
        spikes, labels = read_npz(path, ("X", "y"))
    except FileProblem as error:
        raise FileProblem(
            f"{path} is damaged: {error} Remove it to use the ten files upstream."
        ) from error
    if spikes.ndim != 3 or spikes.shape[1:] != SHAPE_OF_PART[1:] or spikes.dtype != np.uint8:
        raise FileProblem(
            f"{path} is damaged: X is {spikes.shape} {spikes.dtype}, (n, 256, 12) uint8 is needed."
        )
    return spikes, labels


def recordings_of(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Read the ready-made file, or those upstream in order, and count equal recordings once."""
    if len(paths) == 1:
        return read_union(paths[0])
    spikes, labels = zip(*map(read_part, paths), strict=True)
    return first_of_equals(np.concatenate(spikes), np.concatenate(labels))


def read_part(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read one upstream file, a torch archive: a zip of two arrays, and a pickle never opened."""
    try:
        with opened_zip(path) as archive:
            spikes = read_entry(archive, archive.getinfo("archive/data/0"), 2**24)
            labels = read_entry(archive, archive.getinfo("archive/data/1"), 2**24)
            return (
                np.frombuffer(spikes, "<f4").reshape(SHAPE_OF_PART).astype(np.uint8),
                np.frombuffer(labels, "<i8").reshape(SHAPE_OF_PART[:1]),
            )
    except FileProblem as error:
        raise FileProblem(
            f"{path} is not one of the Braille archives ({error}); entries archive/data/0 of "
            f"{SHAPE_OF_PART} float32 and archive/data/1 of 280 int64 are needed. "
            "Remove it to download it again."
        ) from error


def first_of_equals(spikes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the first of equal recordings, in order."""
    seen: dict[bytes, int] = {}
    for k, recording in enumerate(spikes):
        seen.setdefault(sha256(recording.tobytes()).digest(), k)
    kept = list(seen.values())
    return spikes[kept], labels[kept]
