"""Recordings in .npz files, by the names that people give such arrays."""

from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets.files import opened_zip, read_npz
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.errors import FileProblem, expect, guarded

SPIKES, LABELS, STEP = ("spikes", "X", "x"), ("labels", "y"), "dt_s"


class Arrays(NamedTuple):
    """What an .npz file holds: samples, right answers, seconds of a step; and their names in it."""

    samples: np.ndarray
    labels: np.ndarray | None
    dt_s: float | None
    names: tuple[str, str]


def names_in(path: Path) -> tuple[str, ...]:
    """The names of the arrays in an .npz file."""
    with opened_zip(path) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.namelist())


def read_arrays(path: Path) -> Arrays:
    """The arrays of an .npz file that are recordings, or samples of an ANN."""
    names = names_in(path)
    spikes = next((name for name in SPIKES if name in names), "")
    labels = next((name for name in LABELS if name in names), "")
    if not spikes:
        raise FileProblem(
            f"{path.name} holds {', '.join(sorted(names))}; recordings are in 'spikes' "
            "(samples, steps, channels), right answers in 'labels': "
            "np.savez(path, spikes=spikes, labels=labels, dt_s=1e-3)."
        )
    [samples] = read_npz(path, (spikes,))
    answers = read_npz(path, (labels,))[0] if labels else None
    step = _step(path) if STEP in names else None
    return Arrays(samples, answers, step, (spikes, labels))


def _step(path: Path) -> float:
    """Seconds of a step, one number."""
    [step] = read_npz(path, (STEP,))
    if step.size != 1 or step.dtype.kind not in "fiu":
        raise FileProblem(
            f"{path.name}: 'dt_s' is {step.dtype} of shape {step.shape}; it must be one number, "
            "seconds of a step."
        )
    return float(step.item())


@guarded
def read_recordings(path: str | PathLike[str], *, dt_s: float = 1e-3) -> SpikeDataset:
    """Read recordings from an .npz file: ``spikes`` or ``X``, and ``labels`` or ``y`` if there are.

    Parameters
    ----------
    path : str or path
    dt_s : float, physical seconds of one step, where the file has no ``dt_s``

    Returns
    -------
    SpikeDataset, named as the file

    Raises
    ------
    FileProblem
        It is missing, damaged, too large, or holds no such arrays.
    DatasetProblem
        The arrays cannot be spikes and labels.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "two.npz"
    >>> np.savez(path, spikes=np.eye(2, dtype=bool)[:, None, :], labels=[0, 1], dt_s=5e-3)
    >>> read_recordings(path)
    SpikeDataset(2 samples x 1 steps x 2 channels, 2 classes of 1, 100 Hz a channel)
    """
    expect(path, str | PathLike, "path", "'recordings.npz'")
    path = Path(path)
    found = read_arrays(path)
    return SpikeDataset(found.samples, found.labels, dt_s=found.dt_s or dt_s, name=path.stem)
