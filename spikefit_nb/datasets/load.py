"""Recordings that come by name."""

from spikefit_nb.datasets.braille import load_braille
from spikefit_nb.datasets.digits import load_digits
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.errors import DatasetProblem, UnknownName

LOADERS = {"braille": load_braille, "digits": load_digits}


def load_dataset(name: str, *, n_samples: int | None = None) -> SpikeDataset:
    """Load recordings and their right answers by name.

    "digits" needs no download: 360 images kept from training, as seeded rate spikes. "braille" is downloaded once
    (34 MB), or taken from the folder in ``SPIKEFIT_DATA``.

    Parameters
    ----------
    name : "digits" or "braille"
    n_samples : int, optional; only the first so many

    Returns
    -------
    SpikeDataset

    Raises
    ------
    UnknownName
        There is no such data set; the message offers the nearest names.
    DatasetProblem
        ``n_samples`` is not from 1 to what there is.
    FileProblem
        A file is not at hand and cannot be downloaded.

    Examples
    --------
    >>> load_dataset("digits", n_samples=10)
    SpikeDataset(10 samples x 64 steps x 64 channels, 10 classes, 312 Hz a channel)
    """
    if name not in LOADERS:
        raise UnknownName("data set", name, LOADERS)
    dataset = LOADERS[name]()
    if n_samples is None:
        return dataset
    if not 1 <= n_samples <= dataset.n_samples:
        raise DatasetProblem(f"n_samples is {n_samples}, but {name!r} has {dataset.n_samples} samples.")
    return dataset.take(n_samples)
