"""Recordings and images that come by name."""

from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import braille, digits, nmnist
from spikefit_nb.datasets.registry import REGISTRY
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.datasets.storage import balanced
from spikefit_nb.encode import Direct, Encoder, RateBernoulli, Seed
from spikefit_nb.errors import DatasetProblem, UnknownName, expect
from spikefit_nb.fetch import fetch, find_local

# Digits as the network that comes with the package was trained on them; MNIST as currents into the
# first layer, as a converted ANN gets its input.
ENCODER_OF_IMAGES: dict[str, Encoder] = {
    "digits": RateBernoulli(digits.N_STEPS),
    "mnist": Direct(64),
    "mnist_train": Direct(64),
}


class ImageSet(NamedTuple):
    """Images and right answers."""

    values: np.ndarray  # (n_samples, y, x) float from 0 to 1
    labels: np.ndarray  # (n_samples,) int64


def dataset_names() -> tuple[str, ...]:
    """Names that ``load_dataset`` knows.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> dataset_names()
    ('braille', 'digits', 'mnist', 'mnist_train', 'nmnist')
    """
    return tuple(sorted(REGISTRY))


def load_dataset(
    name: str, *, n_samples: int | None = None, encoder: Encoder | None = None, seed: Seed = 0
) -> SpikeDataset:
    """Load recordings and their right answers by name.

    "digits" needs no download: 360 images kept from training, as drawn spikes. "braille" (34 MB),
    "nmnist" (170 MB), "mnist" and "mnist_train" (2 and 10 MB) are downloaded once, or taken from
    the folder in ``SPIKEFIT_DATA``; of N-MNIST a ``nmnist/train1k.zip`` there comes first. Images
    become 64 steps of current, or what ``encoder`` makes of them.

    Parameters
    ----------
    name : str, one of ``dataset_names()``
    n_samples : int, optional
        The first so many, of "nmnist" and "mnist" the first of each class in turn.
    encoder : Encoder, optional; of images: "digits", "mnist" and "mnist_train"
    seed : int or numpy Generator, for an encoder that draws

    Returns
    -------
    SpikeDataset

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a name in place of an encoder.
    UnknownName
        There is no such data set; the message offers the nearest names, and the list.
    DatasetProblem
        ``n_samples`` is not from 1 to what there is, or an encoder was given for spikes.
    FileProblem
        A file is not at hand and cannot be downloaded, or is damaged.

    Examples
    --------
    >>> load_dataset("digits", n_samples=60)
    SpikeDataset(60 samples x 64 steps x 64 channels, 10 classes of 4 to 9, 303 Hz a channel)
    """
    expect(name, str, "name", "'digits'")
    expect(n_samples, Integral | None, "n_samples", "100")
    expect(encoder, Encoder | None, "encoder", "encode.RateBernoulli(64)")
    expect(seed, Integral | np.random.Generator, "seed", "0")
    if name not in REGISTRY:
        raise UnknownName("data set", name, REGISTRY)
    entry = REGISTRY[name]
    if name in ENCODER_OF_IMAGES:
        images = load_images(name, n_samples=n_samples)
        return SpikeDataset.encode(
            images.values,
            images.labels,
            encoder or ENCODER_OF_IMAGES[name],
            seed=seed,
            name=name,
            classes=tuple("0123456789"),
            source=entry.source,
        )
    if encoder is not None:
        raise DatasetProblem(
            f"{name!r} is made of spikes; an encoder is for images: "
            f"{', '.join(sorted(ENCODER_OF_IMAGES))}."
        )
    if name == "nmnist":
        recordings = nmnist.read_nmnist(_files(name)[0], n_samples=n_samples)
        return replace(recordings, source=f"{entry.source}; {recordings.source}")
    spikes, labels = braille.read_recordings(_files(name))
    dataset = SpikeDataset(
        spikes, labels, dt_s=5e-3, name=name, classes=braille.CLASSES, source=entry.source
    )
    return dataset if n_samples is None else dataset.take(n_samples)


def load_images(name: str, *, n_samples: int | None = None) -> ImageSet:
    """Load images and their right answers by name, not encoded yet.

    Parameters
    ----------
    name : "digits", "mnist" or "mnist_train"
    n_samples : int, optional; of "digits" the first so many, else the first of each class in turn

    Returns
    -------
    ImageSet
        values (n_samples, y, x) float32 (digits: float64) from 0 to 1, labels (n_samples,) int64.

    Raises
    ------
    UnknownName
        There are no such images.
    DatasetProblem
        ``n_samples`` is not from 1 to what there is.
    FileProblem
        A file is not at hand and cannot be downloaded, or is damaged.

    Examples
    --------
    >>> load_images("digits", n_samples=3).values.shape
    (3, 8, 8)
    """
    if name not in ENCODER_OF_IMAGES:
        raise UnknownName("set of images", name, ENCODER_OF_IMAGES)
    if name == "digits":
        pixels, labels = digits.held_back_images()
    else:
        pixels, labels = digits.read_mnist(*_files(name))
    if n_samples is not None:
        if not 1 <= n_samples <= len(labels):
            raise DatasetProblem(
                f"n_samples is {n_samples}, but {name!r} has {len(labels)} samples."
            )
        chosen = np.arange(n_samples) if name == "digits" else balanced(labels, n_samples)
        pixels, labels = pixels[chosen], labels[chosen]
    is_scaled = pixels.dtype.kind == "f"
    return ImageSet(pixels if is_scaled else pixels / np.float32(digits.WHITE), labels)


def _files(name: str) -> list[Path]:
    """Files of a data set: a ready-made one of the user's, else those upstream."""
    entry = REGISTRY[name]
    for local in entry.local:
        found = find_local(local)
        if found is not None:
            return [found]
    return [fetch(f.name, f.url, f.checksum, about=entry.about(f)) for f in entry.files]
