"""Braille letters read by a robot finger: spikes of 12 sensors, from the NIR paper's encoding."""

import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.errors import FileProblem
from spikefit_nb.fetch import fetch, find_local

UPSTREAM = (
    "https://raw.githubusercontent.com/neuromorphic-polito/L2MU-Braille/"
    "72344f68bd1ad300b5c7c593603ed1adce7a858b/data/braille_splitted/"
)
SHA256_OF_PART = (
    "82476076171d2492f4e0f633d366e4560c9982d1884b2357da696fa4158ceae1",
    "ea76521171e38c316bedb74b0e3e40d95dd30d8c8106c957aef721ce63a6b5d0",
    "e8e66c139a9c65414c03e3a6bbd07bb9cae422c5c793af574e92fdad0cfbccc1",
    "1541fbb2ab9d5c986ea77009e76419ff7539d44394feb9548fb36b60df30a747",
    "ce97b35d5445cc54c1e8da043223498808c8e6496da9f4d891f21b748d238bf5",
    "da331b348c0ba1e19b8e46d6fc621f0f935409859d117deaf73e4816d34f5878",
    "c41223746ae604b8d512662ff837cb035ead9e54bb5b1e033ebc2531a1e18a6e",
    "21e8e74fecd204b9259b7ebfa10deca7020bbf85f8f77833c26173a7373ee25d",
    "3b04eb2114e7f49df3da24f91af4f1c5b206c2258c24a8ef2778645854632a20",
    "a0c6c816207b973999413a11806838332949e242b9365f2c88001450c316fdbf",
)
SHAPE_OF_PART = (280, 256, 12)
UNION = "braille7_union.npz"
CLASSES = ("space", "A", "E", "I", "O", "U", "Y")
SOURCE = (
    "Braille letters, Mueller-Cleve et al. 2022, Front Neurosci 16:951164, doi:10.5281/zenodo.7050094; "
    "spikes as in github.com/neuromorphic-polito/L2MU-Braille (Apache-2.0)"
)


def load_braille() -> SpikeDataset:
    """All 1,158 recordings, 256 bins of 5 ms.

    Returns
    -------
    SpikeDataset

    Raises
    ------
    FileProblem
        A file is not at hand and cannot be downloaded, or is not what it should be.
    """
    union = find_local(UNION)
    spikes, labels = _read_union(union) if union else _join_parts()
    return SpikeDataset(spikes, labels, dt_s=5e-3, name="braille", classes=CLASSES, source=SOURCE)


def _read_union(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(path) as file:
            return file["X"], file["y"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise FileProblem(f"{path} is damaged: {error}. Remove it to use the ten files upstream.") from error


def _join_parts() -> tuple[np.ndarray, np.ndarray]:
    names = [f"ds_val_{k}.pt" for k in range(len(SHA256_OF_PART))]
    parts = [read_part(fetch(n, UPSTREAM + n, digest)) for n, digest in zip(names, SHA256_OF_PART, strict=True)]
    return first_of_equals(np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]))


def read_part(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read one upstream file: a torch archive is a zip, and its two arrays are read as bytes, its pickle never.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of (280, 256, 12) uint8 spikes and (280,) int64 labels

    Raises
    ------
    FileProblem
        It is not such an archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            spikes = np.frombuffer(archive.read("archive/data/0"), "<f4").reshape(SHAPE_OF_PART)
            labels = np.frombuffer(archive.read("archive/data/1"), "<i8").reshape(SHAPE_OF_PART[:1])
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise FileProblem(
            f"{path} is not one of the Braille archives ({error}); entries archive/data/0 of {SHAPE_OF_PART} float32 "
            "and archive/data/1 of 280 int64 are needed. Remove it to download it again."
        ) from error
    return spikes.astype(np.uint8), labels


def first_of_equals(spikes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the first of equal recordings, in order.

    Parameters
    ----------
    spikes : (n_samples, n_steps, n_channels)
    labels : (n_samples,)

    Returns
    -------
    tuple of spikes and labels of the recordings kept
    """
    seen: dict[bytes, int] = {}
    for k, recording in enumerate(spikes):
        seen.setdefault(sha256(recording.tobytes()).digest(), k)
    kept = list(seen.values())
    return spikes[kept], labels[kept]
