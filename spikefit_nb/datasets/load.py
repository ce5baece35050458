"""Recordings and images that come by name: where from, whose, under which licence."""

from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import braille, braille27, digits, nmnist
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.datasets.storage import balanced
from spikefit_nb.datasets.value_dataset import ValueDataset
from spikefit_nb.encode import Delta, Direct, Encoder, RateBernoulli, Seed
from spikefit_nb.errors import DatasetProblem, UnknownName, expect, guarded
from spikefit_nb.fetch import fetch, find_local

# Digits as the network that comes with the package was trained on them; MNIST as currents into the
# first layer, as a converted ANN gets its input.
ENCODER_OF_IMAGES: dict[str, Encoder] = {
    "digits": RateBernoulli(digits.N_STEPS),
    "mnist": Direct(64),
    "mnist_train": Direct(64),
}
ENCODER_OF_VALUES: dict[str, Encoder] = {"braille27": braille27.CODE, **ENCODER_OF_IMAGES}


class Upstream(NamedTuple):
    """A file on the network."""

    name: str
    url: str
    checksum: str  # sha256, or another with its name before it, such as "md5:..."
    n_bytes: int


class Entry(NamedTuple):
    """What is known of a data set before it is loaded."""

    title: str
    licence: str
    citation: str
    files: tuple[Upstream, ...] = ()
    local: tuple[str, ...] = ()  # ready-made files of the user's, taken first

    @property
    def source(self) -> str:
        """Citation and licence in one line."""
        return f"{self.citation} ({self.licence})"

    def about(self, file: Upstream) -> str:
        """Size and licence of a file, for messages."""
        return f"{file.n_bytes / 1e6:,.1f} MB, {self.licence}"


BRAILLE = (
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
MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MNIST_CITATION = "LeCun, Cortes & Burges, The MNIST database of handwritten digits, 1998"
MNIST_LICENCE = "CC BY-SA 3.0"

REGISTRY = {
    "braille": Entry(
        "Braille letters read by a robot finger: 1,158 recordings, 12 sensors, 256 bins of 5 ms",
        "Apache-2.0",
        "Braille letters, Mueller-Cleve et al. 2022, Front Neurosci 16:951164, "
        "doi:10.5281/zenodo.7050094; spikes as in github.com/neuromorphic-polito/L2MU-Braille",
        tuple(
            Upstream(f"ds_val_{k}.pt", f"{BRAILLE}ds_val_{k}.pt", sha256, 3_443_879)
            for k, sha256 in enumerate(SHA256_OF_PART)
        ),
        ("braille7_union.npz",),
    ),
    "braille27": Entry(
        "Braille letters, all 27 as signals: 1,350 recordings, 12 sensors, 76 readings, 25 ms "
        "apart; ships with the package",
        "CC BY 4.0; cut to one length",
        "Tactile Braille letters, Mueller-Cleve et al. 2022, Front Neurosci 16:951164, "
        "doi:10.5281/zenodo.6556273; as in github.com/fzenke/spytorch",
    ),
    "digits": Entry(
        "8 x 8 digits: 360 images that no network of ours was trained on; ships with scikit-learn",
        "BSD-3-Clause; data CC BY 4.0",
        "scikit-learn load_digits, the test part of Alpaydin & Kaynak, Optical Recognition of "
        "Handwritten Digits, UCI 1998, doi:10.24432/C50P49",
    ),
    "mnist": Entry(
        "28 x 28 digits: the 10,000 test images",
        MNIST_LICENCE,
        MNIST_CITATION + ", test part",
        (
            Upstream(
                "t10k-images-idx3-ubyte.gz",
                MNIST + "t10k-images-idx3-ubyte.gz",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            Upstream(
                "t10k-labels-idx1-ubyte.gz",
                MNIST + "t10k-labels-idx1-ubyte.gz",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                4_542,
            ),
        ),
    ),
    "mnist_train": Entry(
        "28 x 28 digits: the 60,000 training images",
        MNIST_LICENCE,
        MNIST_CITATION + ", training part",
        (
            Upstream(
                "train-images-idx3-ubyte.gz",
                MNIST + "train-images-idx3-ubyte.gz",
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            Upstream(
                "train-labels-idx1-ubyte.gz",
                MNIST + "train-labels-idx1-ubyte.gz",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                28_881,
            ),
        ),
    ),
    # No sha256 is published; the md5 is the one that tonic checks. Those who quote the licence
    # differ (CC BY 4.0, CC BY-SA 4.0); the download page decides.
    "nmnist": Entry(
        "N-MNIST, digits seen by a moving event camera: 2 x 34 x 34 channels, 300 bins of 1 ms",
        "CC BY-SA 4.0 as commonly quoted, the download page decides",
        "N-MNIST, Orchard et al. 2015, Front Neurosci 9:437, doi:10.17632/468j46mzdv.1",
        (
            Upstream(
                "nmnist_test.zip",
                "https://data.mendeley.com/public-files/datasets/468j46mzdv/files/"
                "05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded",
                "md5:69ca8762b2fe404d9b9bad1103e97832",
                170_000_000,
            ),
        ),
        ("nmnist/train1k.zip",),
    ),
}


class ImageSet(NamedTuple):
    """Images or signals, and right answers."""

    values: np.ndarray  # (n_samples, y, x) or (n_samples, step, channel) float from 0 to 1
    labels: np.ndarray  # (n_samples,) int64


def dataset_names() -> tuple[str, ...]:
    """Names that ``load_dataset`` knows.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> dataset_names()
    ('braille', 'braille27', 'digits', 'mnist', 'mnist_train', 'nmnist')
    """
    return tuple(sorted(REGISTRY))


def load_dataset(
    name: str, *, n_samples: int | None = None, encoder: Encoder | None = None, seed: Seed = 0
) -> SpikeDataset:
    """Load recordings and their right answers by name.

    "digits" needs no download: 360 images kept from training, as drawn spikes. Nor does
    "braille27": pressure on 12 touch sensors, as spikes where it has changed by 2 % of its range.
    "braille" (34 MB), "nmnist" (170 MB), "mnist" and "mnist_train" (2 and 10 MB) are downloaded
    once, or taken from the folder in ``SPIKEFIT_DATA``; of N-MNIST a ``nmnist/train1k.zip`` there
    comes first. Images become 64 steps of current. Images and signals become what ``encoder``
    makes of them; by any code but ``Delta`` each reading of a signal is a channel.

    Parameters
    ----------
    name : str, one of ``dataset_names()``
    n_samples : int, optional
        The first so many, of "nmnist", "mnist" and "braille27" the first of each class in turn.
    encoder : Encoder, optional; of "digits", "mnist", "mnist_train" and "braille27"
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

    References
    ----------
    Müller-Cleve et al., Braille letter reading, Front Neurosci 16:951164 (2022), whose recordings
    "braille27" (doi:10.5281/zenodo.6556273, CC BY 4.0) and "braille" are; the others are in
    ``REGISTRY``.

    Examples
    --------
    >>> load_dataset("braille27", n_samples=27)
    SpikeDataset(27 samples x 76 steps x 24 channels, 27 classes of 1, 1.54 Hz a channel)
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
    if name in ENCODER_OF_VALUES:
        values, code = _values_of(name, n_samples), encoder or ENCODER_OF_VALUES[name]
        return SpikeDataset.encode(
            values.values,
            values.labels,
            code,
            seed=seed,
            dt_s=_step_s(name, code),
            name=name,
            classes=_classes(name),
            source=entry.source,
        )
    if encoder is not None:
        raise DatasetProblem(
            f"{name!r} is made of spikes; an encoder is for values: "
            f"{', '.join(sorted(ENCODER_OF_VALUES))}."
        )
    if name == "nmnist":
        recordings = nmnist.read_nmnist(_files(name)[0], n_samples=n_samples)
        return replace(recordings, source=f"{entry.source}; {recordings.source}")
    spikes, labels = braille.recordings_of(_files(name))
    dataset = SpikeDataset(
        spikes, labels, dt_s=5e-3, name=name, classes=braille.CLASSES, source=entry.source
    )
    return dataset if n_samples is None else dataset.take(n_samples)


@guarded
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


@guarded
def load_values(name: str, *, n_samples: int | None = None, seed: int = 0) -> ValueDataset:
    """Load images or signals and right answers by name, to be encoded as a design says.

    Parameters
    ----------
    name : "digits", "mnist", "mnist_train" or "braille27"
    n_samples : int, optional; of "digits" the first so many, else the first of each class in turn
    seed : int, for codes that draw

    Returns
    -------
    ValueDataset, by itself encoded as ``load_dataset`` does it

    Raises
    ------
    UnknownName
        There are no such values.
    DatasetProblem
        ``n_samples`` is not from 1 to what there is.
    FileProblem
        A file is not at hand and cannot be downloaded, or is damaged.

    Examples
    --------
    >>> load_values("digits", n_samples=60)
    ValueDataset(60 samples x 64 values, sent by RateBernoulli(n_steps=64, peak=1.0))
    """
    if name not in ENCODER_OF_VALUES:
        raise UnknownName("set of values", name, ENCODER_OF_VALUES)
    values, code = _values_of(name, n_samples), ENCODER_OF_VALUES[name]
    return ValueDataset(
        values.values,
        values.labels,
        encoder=code,
        seed=seed,
        dt_s=_step_s(name, code),
        name=name,
        classes=_classes(name),
        source=REGISTRY[name].source,
    )


def _values_of(name: str, n_samples: int | None) -> ImageSet:
    """Values and right answers of a name, not encoded yet."""
    if name != "braille27":
        return load_images(name, n_samples=n_samples)
    values, labels = braille27.letters()
    if n_samples is None:
        return ImageSet(values, labels)
    chosen = balanced(labels, n_samples)
    return ImageSet(values[chosen], labels[chosen])


def _classes(name: str) -> tuple[str, ...]:
    return braille27.CLASSES if name == "braille27" else tuple("0123456789")


def _step_s(name: str, code: Encoder) -> float:
    """Where changes are sent a reading of a sensor is a step; else steps are as long as one
    likes.
    """
    is_reading = name == "braille27" and isinstance(code, Delta)
    return braille27.STEP_S if is_reading else 1e-3


def _files(name: str) -> list[Path]:
    """Files of a data set: a ready-made one of the user's, else those upstream."""
    entry = REGISTRY[name]
    for local in entry.local:
        found = find_local(local)
        if found is not None:
            return [found]
    return [fetch(f.name, f.url, f.checksum, about=entry.about(f)) for f in entry.files]
