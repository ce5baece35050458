"""Robustness: one deployed network run many times, each time with faults drawn anew."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.errors import DatasetProblem, DesignProblem, DoesNotFit, expect
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.robustness.faults import WORDS, Faults, faulty_inputs, faulty_network
from spikefit_nb.simulate import RecordCache
from spikefit_nb.units import text

LOW = 5  # percentile
ENOUGH = 20  # draws, of which a 5th percentile can be told


@dataclass(frozen=True, eq=False, repr=False)
class Robustness(Result):
    """Accuracies of one deployed network with faults, one a draw.

    Parameters
    ----------
    accuracies : (n_draws,) float64
    accuracy : float, without faults
    faults : Faults
    notes_said : tuple of str

    Examples
    --------
    >>> Robustness(np.array([0.9, 0.8]), 0.95, Faults(weight_mismatch=0.2))
    Robustness(80.0 % at worst of 2 draws, 95.0 % without faults: weight mismatch 20.0 %)
    """

    accuracies: np.ndarray
    accuracy: float
    faults: Faults
    notes_said: tuple[str, ...] = ()

    @cached_property
    def low(self) -> float:
        """The accuracy below which one draw in twenty falls: the 5th percentile; of fewer than
        twenty draws the lowest.
        """
        if len(self.accuracies) < ENOUGH:
            return float(self.accuracies.min())
        return float(np.percentile(self.accuracies, LOW))

    @property
    def low_words(self) -> str:
        """What the low accuracy is, for a sentence."""
        n = len(self.accuracies)
        return "in 19 of 20 draws" if n >= ENOUGH else f"at worst of {n} draw{'s' * (n > 1)}"

    @property
    def median(self) -> float:
        """The accuracy that half of the draws reach."""
        return float(np.median(self.accuracies))

    def _headline(self) -> str:
        return (
            f"{text(self.low, '%')} {self.low_words}, {text(self.accuracy, '%')} without "
            f"faults: {self.faults.words}"
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        ends = float(self.accuracies.min()), float(self.accuracies.max())
        return (
            Quantity("accuracy", "Accuracy without faults", self.accuracy, "%"),
            Quantity("median", "Accuracy with faults, median", self.median, "%", *ends),
            Quantity("low", f"  {self.low_words}", self.low, "%"),
            Quantity("n_draws", "Draws", len(self.accuracies)),
            *(Quantity(n, WORDS[n][0], a, WORDS[n][1]) for n, a in self.faults.amounts.items()),
        )

    def _notes(self) -> tuple[str, ...]:
        return self.notes_said

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


def robustness(
    report: Report,
    *,
    weight_mismatch: float = 0.0,
    bit_flips: float = 0.0,
    dead_neurons: float = 0.0,
    dead_cores: int = 0,
    dropped_events: float = 0.0,
    jitter_s: float = 0.0,
    n_draws: int = 20,
    seed: int = 0,
) -> Robustness:
    """Run a deployed network again and again with faults, each draw with faults of its own.

    The network is the adapted one. It counts as its chip does, or in float32 where mismatch makes
    its weights real numbers. Draw k takes its randomness from ``(seed, k)``.

    Parameters
    ----------
    report : Report, of ``deploy``, of a network that fits, on recordings with labels
    weight_mismatch, bit_flips, dead_neurons, dead_cores, dropped_events, jitter_s : as of Faults
    n_draws : int, 1 or more
    seed : int

    Returns
    -------
    Robustness

    Raises
    ------
    WrongArgument
        The report is of another kind.
    DesignProblem
        A number is outside its range, or nothing goes wrong.
    DoesNotFit
        The network does not fit, so that there is nothing to run.
    DatasetProblem
        The recordings have no labels.
    NetworkProblem
        Bits are to be flipped of weights that are real numbers.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(50)
    >>> robustness(deploy(*digits), dead_neurons=0.1, n_draws=3)
    Robustness(80.0 % at worst of 3 draws, 100.0 % without faults: neurons dead 10.0 %)
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    faults = Faults(
        weight_mismatch=weight_mismatch,
        bit_flips=bit_flips,
        dead_neurons=dead_neurons,
        dead_cores=dead_cores,
        dropped_events=dropped_events,
        jitter_s=jitter_s,
    )
    if isinstance(n_draws, bool) or not isinstance(n_draws, int) or n_draws < 1:
        raise DesignProblem(f"n_draws is {n_draws!r}; it must be a whole number, 1 or more.")
    if report.run is None:
        raise DoesNotFit(f"{report.fit.headline}: there is nothing to run with faults.")
    if report.accuracy is None:
        raise DatasetProblem("Robustness is told in accuracy: give the recordings labels.")
    drawn = [_draw(report, faults, np.random.default_rng((seed, k))) for k in range(n_draws)]
    accuracies = np.array([accuracy for accuracy, _ in drawn])
    notes = dict.fromkeys(note for _, said in drawn for note in said)
    return Robustness(accuracies, report.accuracy, faults, tuple(notes))


def _draw(
    report: Report, faults: Faults, random: np.random.Generator
) -> tuple[float, tuple[str, ...]]:
    """Accuracy with faults drawn once, and what has to be said of it."""
    retimed = report.run.retimed  # type: ignore[union-attr]  # asked for only with a run
    network = faulty_network(retimed.network, report.mapping, faults, random)
    inputs: SpikeDataset = faulty_inputs(report.dataset, faults, random)
    record = RecordCache().simulate(
        network, inputs, retimed.extra_steps, report.case.decode, report.arithmetic
    )
    in_float = record.arithmetic != report.arithmetic
    notes = ("Run in float32: weights with mismatch are real numbers",) if in_float else ()
    return float(record.accuracy), notes
