"""How far accuracy and spikes go with the seed of an encoder that draws its spikes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.encode import Encoder, as_unit_range
from spikefit_nb.errors import DatasetProblem, guarded
from spikefit_nb.quantities import Quantity
from spikefit_nb.robustness.draws import Draws, check_drawable, run_again


@dataclass(frozen=True, eq=False, repr=False)
class EncodingSpread(Draws):
    """Accuracies of one deployed network on the same values, encoded anew in each draw.

    Parameters
    ----------
    accuracies : (n_draws,) float64
    accuracy : float, on the recordings of the report
    spikes : (n_draws,) float64, mean input spikes of a sample; currents other than zero count as
        one
    encoder : Encoder

    Examples
    --------
    >>> from spikefit_nb.encode import RateBernoulli
    >>> EncodingSpread(np.array([0.9, 0.92]), 0.91, np.array([50.0, 52.0]), RateBernoulli(8))
    EncodingSpread(90.0 % at worst of 2 draws, 91.0 % as deployed: RateBernoulli(n_steps=8,
                   peak=1.0) drawn anew)
    """

    spikes: np.ndarray
    encoder: Encoder

    without: ClassVar[str] = "as deployed"

    @property
    def words(self) -> str:
        """What was drawn anew."""
        return f"{self.encoder!r} drawn anew"

    def _quantities(self) -> tuple[Quantity, ...]:
        ends = float(self.spikes.min()), float(self.spikes.max())
        mean = float(self.spikes.mean())
        spread = float(self.accuracies.std())
        return (
            *self._told(),
            Quantity("spread", "Standard deviation of the accuracy", spread, "%"),
            Quantity("spikes_per_sample", "Input spikes per sample, mean", mean, "", *ends),
        )

    def _notes(self) -> tuple[str, ...]:
        is_one = np.ptp(self.accuracies) == 0 and np.ptp(self.spikes) == 0
        if len(self.accuracies) == 1 or not is_one:
            return ()
        return ("All draws are alike, as of an encoder that draws nothing",)


@guarded
def encoding_spread(
    report: Report, values: ArrayLike, encoder: Encoder, *, n_draws: int = 20, seed: int = 0
) -> EncodingSpread:
    """Encode the same values again and again: tell how far accuracy and spikes go with the seed.

    The network is the adapted one and counts as its chip does. Draw k takes its randomness from
    ``(seed, k)``.

    Parameters
    ----------
    report : Report, of ``deploy``, of a network that fits, on recordings with labels
    values : (n_samples, ...) float from 0 to 1, what the recordings were encoded from, in order
    encoder : Encoder, of as many steps
    n_draws : int, 1 or more
    seed : int

    Returns
    -------
    EncodingSpread

    Raises
    ------
    WrongArgument
        The report or the encoder is of another kind.
    DesignProblem
        ``n_draws`` is no whole number, 1 or more.
    DoesNotFit
        The network does not fit, so that there is nothing to run.
    DatasetProblem
        The recordings have no labels, or the encoded values are not as many as these.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset, load_images
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.encode import RateBernoulli
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> images = load_images("digits", n_samples=50).values
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(50)
    >>> encoding_spread(deploy(*digits), images, RateBernoulli(64), n_draws=3)
    EncodingSpread(100.0 % at worst of 3 draws, 100.0 % as deployed: RateBernoulli(n_steps=64,
                   peak=1.0) drawn anew)
    """
    check_drawable(report, n_draws, seed)
    network = report.run.retimed.network  # type: ignore[union-attr]  # checked before
    accuracies, spikes = np.zeros(n_draws), np.zeros(n_draws)
    for k in range(n_draws):
        drawn = _encoded(report, values, encoder, np.random.default_rng((seed, k)))
        record = run_again(report, network, drawn)
        accuracies[k] = record.accuracy
        events = np.asarray(drawn.spikes[:])
        count = np.count_nonzero(events) if drawn.is_current else events.sum(dtype=np.int64)
        spikes[k] = count / drawn.n_samples
    return EncodingSpread(accuracies, report.accuracy, spikes, encoder)


def _encoded(
    report: Report, values: ArrayLike, encoder: Encoder, random: np.random.Generator
) -> SpikeDataset:
    """Recordings as those of the report, encoded anew."""
    deployed, n_steps = report.dataset, report.design.n_steps
    values = np.atleast_1d(as_unit_range(values))
    if len(values) != deployed.n_samples:
        raise DatasetProblem(
            f"values has {len(values)} samples, and the report {deployed.n_samples} "
            "recordings; give the values that these were encoded from, in order."
        )
    drawn = SpikeDataset.encode(values, deployed.labels, encoder, seed=random, dt_s=deployed.dt_s)
    drawn = drawn if n_steps is None else drawn.take_steps(n_steps)
    made, needed = (d.spikes.shape[1:] for d in (drawn, deployed))
    if made != needed:
        raise DatasetProblem(
            f"{encoder!r} makes {made[0]} steps of {made[1]} channels, and the recordings of the "
            f"report have {needed[0]} of {needed[1]}; give the encoder and the values that these "
            "were made with."
        )
    return drawn
