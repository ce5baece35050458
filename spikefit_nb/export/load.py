"""Bring a deployment back from its folder; a folder may come from anybody."""

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.datasets import Events, Repeated, SpikeDataset, ValueDataset, in_spikes
from spikefit_nb.datasets.files import read_npz
from spikefit_nb.datasets.npz_files import names_in
from spikefit_nb.errors import DatasetProblem, FileProblem, SpikefitError, expect, guarded
from spikefit_nb.export.bundle import FORMAT
from spikefit_nb.export.deployment import SAID, Deployment
from spikefit_nb.export.files import (
    DOCUMENT,
    DOCUMENTS,
    check_folder,
    read_json,
    read_text,
    unpacked,
)
from spikefit_nb.hardware import read_profile
from spikefit_nb.mapping import map_by_hand
from spikefit_nb.network import Network
from spikefit_nb.nir_file import read_nir


@guarded
def load_deployment(
    path: str | PathLike[str], *, dataset: SpikeDataset | ValueDataset | None = None
) -> Deployment:
    """Bring back a deployment that ``export`` wrote.

    Nothing in the folder is executed or unpickled. Every file is checked against its checksum and
    for its size before it is read.

    Parameters
    ----------
    path : str or path, of the folder, or of the file it was packed into
    dataset : SpikeDataset or ValueDataset, optional, the recordings where they were left out

    Returns
    -------
    Deployment

    Raises
    ------
    FileProblem
        It is no deployment, or damaged: a file is missing, changed, a link, too large, or says what
        cannot be; the message says which.
    DatasetProblem
        The recordings given are not those it was predicted on.

    Examples
    --------
    >>> import tempfile
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(20)
    >>> report = deploy(*digits)
    >>> back = load_deployment(report.export(Path(tempfile.mkdtemp()) / "digits"))
    >>> back.network.fingerprint == report.network.fingerprint, back.differences
    (True, ())
    """
    expect(path, str | PathLike, "path", "'my_deployment'")
    expect(dataset, SpikeDataset | ValueDataset | None, "dataset", "sf.load_dataset(name)")
    with unpacked(Path(path).expanduser()) as folder:
        found = _read(folder)
        return found if dataset is None else _with(found, in_spikes(dataset), folder)


def _read(folder: Path) -> Deployment:
    """The deployment in a folder; what cannot be is a problem of its files."""
    check_folder(folder)
    document = read_json(folder, DOCUMENT)
    try:
        return _deployment(folder, document)
    except FileProblem:
        raise
    except SpikefitError as error:
        raise FileProblem(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileProblem(
            f"{folder}: what its files say does not belong together ({error!r}). Get it anew."
        ) from error


def _deployment(folder: Path, document: dict[str, Any]) -> Deployment:
    """A deployment, once its files are known to be whole."""
    if document.get("format") != FORMAT:
        raise FileProblem(
            f"{folder} is written as {document.get('format')!r}; this reads {FORMAT!r}."
        )
    assumptions = tuple(map(str, document["assumptions"]))
    network = read_nir(folder / "network.nir", name=str(document["about"]["network_name"]))
    network = network.replace(assumptions=assumptions)
    profile = read_profile(folder / "profile.toml")
    mapping = read_json(folder, "mapping.json")
    cores = {str(n): np.array(of, np.int64) for n, of in mapping["neurons"].items()}
    map_by_hand(network, profile, cores)  # refuses cores that there are not
    answers, spikes = _predicted(folder, network)
    made = Deployment(
        network,
        profile,
        cores,
        dataset=_recordings(folder, document["recordings"]),
        design=Design(**document["design"]),
        said={name: document["said"][name] for name in SAID},
        numbers=read_json(folder, "report.json"),
        answers=answers,
        spikes=spikes,
        about={str(k): str(v) for k, v in document["about"].items()},
        documents={name: read_text(folder, name) for name in DOCUMENTS},
    )
    made.rows()  # what its card shows is all there
    return made


def _with(found: Deployment, given: SpikeDataset, folder: Path) -> Deployment:
    """A deployment with recordings that are given; refused where they are others."""
    n_steps = int(found.about["n_steps"])
    dataset = given.take_steps(n_steps) if given.n_steps > n_steps > 0 else given
    if dataset.fingerprint != found.about["dataset"]:
        raise DatasetProblem(
            f"{given.name} is not what {folder} was predicted on, which is {found.about['data']}."
        )
    return replace(found, dataset=dataset)


def _predicted(folder: Path, network: Network) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The predicted answers, and spikes by population."""
    names = [p.name for p in network.populations]
    wanted = ("answers", *(f"spikes_{n}" for n in range(len(names))))
    answers, *counts = read_npz(folder / "predicted.npz", wanted)
    if any(each.dtype.kind not in "iu" for each in (answers, *counts)):
        raise FileProblem(f"{folder}: predicted.npz holds other than whole numbers.")
    for p, count in zip(network.populations, counts, strict=True):
        if count.shape != (p.n_neurons,):
            raise FileProblem(
                f"{folder}: predicted.npz has {count.shape} spikes of {p.name!r}, which has "
                f"{p.n_neurons} neurons."
            )
    return answers, dict(zip(names, counts, strict=True))


def _recordings(folder: Path, told: Mapping[str, Any] | None) -> SpikeDataset | None:
    """The recordings in the folder, kept as they were; None where they were left out."""
    if told is None:
        return None
    path = folder / "recordings.npz"
    names = tuple(names_in(path))
    arrays = dict(zip(names, read_npz(path, names), strict=True))
    n_samples, n_steps, n_channels = shape = tuple(int(n) for n in told["shape"])
    if "spikes" in arrays:
        spikes: Any = arrays["spikes"]
    elif "current" in arrays:
        spikes = Repeated(arrays["current"].copy(), int(arrays["n_on"]), n_steps)
    else:
        spikes = _events(folder, arrays, shape)
    if spikes.shape != (n_samples, n_steps, n_channels):
        raise FileProblem(f"{folder}: recordings.npz holds {spikes.shape}, not {shape}.")
    return SpikeDataset(
        spikes,
        arrays.get("labels"),
        dt_s=float(told["dt_s"]),
        name=str(told["name"]),
        channel_shape=told["channel_shape"],
        classes=tuple(map(str, told["classes"])),
        source=str(told["source"]),
    )


def _events(folder: Path, arrays: Mapping[str, np.ndarray], shape: tuple[int, int, int]) -> Events:
    """Events whose places are all within their shape, and in order."""
    ptr, step, channel = arrays["ptr"], arrays["step"], arrays["channel"]
    value = arrays.get("value")
    n = len(step)
    is_whole = (
        min(shape) > 0
        and ptr.shape == (shape[0] + 1,)
        and (ptr[0], ptr[-1]) == (0, n)
        and (np.diff(ptr) >= 0).all()
        and len(channel) == n
        and (value is None or len(value) == n)
        and (n == 0 or (step.max() < shape[1] and channel.max() < shape[2]))
        and all(a.dtype.kind in "u" for a in (step, channel))
    )
    if not is_whole:
        raise FileProblem(f"{folder}: the events of recordings.npz lie outside of {shape}.")
    return Events(shape, ptr, step, channel, value)
