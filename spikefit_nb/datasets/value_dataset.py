"""Values with right answers, which become spikes by whichever code a design chooses."""

from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from spikefit_nb.datasets import storage
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.encode import Encoder, as_unit_range
from spikefit_nb.errors import DatasetProblem, expect
from spikefit_nb.quantities import Quantity, Result

REMEMBERED = 16  # encodings: a search comes back to some of them


@dataclass(frozen=True, eq=False, repr=False)
class ValueDataset(Result):
    """Values from 0 to 1 and right answers, such as images, with the code by which they are sent.

    ``deploy``, ``check_fit`` and ``search`` take it in place of a SpikeDataset; a design may then
    choose another code and another number of steps: ``Design(encoder="latency", n_steps=32)``.

    Parameters
    ----------
    values : (n_samples, ...) float from 0 to 1
    labels : (n_samples,) int, or None when there are no right answers
    encoder : Encoder, the code where a design says nothing
    seed : int, for codes that draw: the same seed, the same spikes
    dt_s : float, physical seconds of one step
    name : str
    classes : sequence of str, names of the labels; empty: their numbers
    source : str, where it comes from, with licence

    Raises
    ------
    DatasetProblem
        The values are not from 0 to 1, or not one sample a label.
    WrongArgument
        ``encoder`` is not an encoder.

    Examples
    --------
    >>> from spikefit_nb.encode import RateRegular
    >>> images = ValueDataset(np.full((2, 4, 4), 0.5), [0, 1], encoder=RateRegular(8))
    >>> images
    ValueDataset(2 samples x 16 values, sent by RateRegular(n_steps=8, peak=1.0))
    >>> images.encoded()
    SpikeDataset(2 samples x 8 steps x 16 channels, 2 classes of 1, 500 Hz a channel)
    """

    values: np.ndarray
    labels: np.ndarray | None = None
    _: KW_ONLY
    encoder: Encoder
    seed: int = 0
    dt_s: float = 1e-3
    name: str = "dataset"
    classes: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        expect(self.encoder, Encoder, "encoder", "encode.RateBernoulli(64)")
        values = np.array(as_unit_range(self.values))
        if values.ndim < 2:
            raise DatasetProblem(
                f"values is {values.shape}; (n_samples, ...) is needed, one sample a row."
            )
        values.setflags(write=False)
        labels = None if self.labels is None else np.array(self.labels)
        if labels is not None:
            if labels.ndim == 2 and len(labels) == len(values):
                raise DatasetProblem(
                    f"labels is {labels.shape}; a sample of values has one right answer, since its "
                    "steps are those of whichever code. Labels of steps belong to spikes: "
                    "SpikeDataset.encode(values, labels, encoder, seed=0)."
                )
            if labels.shape != (len(values),):
                raise DatasetProblem(
                    f"labels is {labels.shape}, but there are {len(values)} samples of values."
                )
            labels.setflags(write=False)
        classes = storage.checked_classes(self.classes)
        vars(self).update(values=values, labels=labels, classes=classes)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.values)

    def encoded(self, encoder: Encoder | None = None) -> SpikeDataset:
        """The spikes of these values, which remember what they were made of.

        Parameters
        ----------
        encoder : Encoder, optional; None: the data set's own

        Returns
        -------
        SpikeDataset
        """
        return _encoded(self, self.encoder if encoder is None else encoder)

    def select(self, samples: np.ndarray) -> "ValueDataset":
        """Some of the samples.

        Parameters
        ----------
        samples : (n,) int

        Returns
        -------
        ValueDataset
        """
        labels = None if self.labels is None else self.labels[samples]
        return replace(self, values=self.values[samples], labels=labels)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of values, labels, the code and the seed."""
        digest = sha256(repr((self.values.shape, self.encoder, self.seed)).encode())
        digest.update(np.ascontiguousarray(self.values).data)
        digest.update(b"" if self.labels is None else self.labels.tobytes())
        return digest.hexdigest()

    def _headline(self) -> str:
        n_values = int(np.prod(self.values.shape[1:]))
        return f"{self.n_samples:,} samples x {n_values:,} values, sent by {self.encoder!r}"

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("n_samples", "Samples", self.n_samples),
            Quantity("n_values", "Values of a sample", int(np.prod(self.values.shape[1:]))),
            *self.encoder.quantities(self.values, seed=self.seed),
        )

    def _card(self) -> tuple[str, ...]:
        return (f"{self.name}: {self.headline}",)


def in_spikes(dataset: Any) -> Any:
    """Encode a data set of values by its own code; anything else stays as it is.

    Parameters
    ----------
    dataset : ValueDataset, or what needs no encoding

    Returns
    -------
    SpikeDataset, or what was given

    Examples
    --------
    >>> from spikefit_nb.encode import Latency
    >>> in_spikes(ValueDataset(np.ones((1, 3)), encoder=Latency(4)))
    SpikeDataset(1 samples x 4 steps x 3 channels, 250 Hz a channel)
    """
    return dataset.encoded() if isinstance(dataset, ValueDataset) else dataset


@lru_cache(maxsize=REMEMBERED)
def _encoded(values: ValueDataset, encoder: Encoder) -> SpikeDataset:
    made = SpikeDataset.encode(
        values.values,
        values.labels,
        encoder,
        seed=values.seed,
        dt_s=values.dt_s,
        name=values.name,
        classes=values.classes,
        source=values.source,
    )
    object.__setattr__(made, "encoded_from", values)
    return made
