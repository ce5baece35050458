"""Robustness: one deployed network run many times, each time with faults drawn anew."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import guarded
from spikefit_nb.quantities import Quantity
from spikefit_nb.robustness.draws import Draws, check_drawable, run_again
from spikefit_nb.robustness.faults import WORDS, Faults, faulty_inputs, faulty_network


@dataclass(frozen=True, eq=False, repr=False)
class Robustness(Draws):
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

    faults: Faults
    notes_said: tuple[str, ...] = ()

    without: ClassVar[str] = "without faults"

    @property
    def words(self) -> str:
        """What went wrong."""
        return self.faults.words

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            *self._told(),
            *(Quantity(n, WORDS[n][0], a, WORDS[n][1]) for n, a in self.faults.amounts.items()),
        )

    def _notes(self) -> tuple[str, ...]:
        return self.notes_said


@guarded
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
    check_drawable(report, n_draws, seed)
    faults = Faults(
        weight_mismatch=weight_mismatch,
        bit_flips=bit_flips,
        dead_neurons=dead_neurons,
        dead_cores=dead_cores,
        dropped_events=dropped_events,
        jitter_s=jitter_s,
    )
    drawn = [_draw(report, faults, np.random.default_rng((seed, k))) for k in range(n_draws)]
    accuracies = np.array([accuracy for accuracy, _ in drawn])
    notes = dict.fromkeys(note for _, said in drawn for note in said)
    return Robustness(accuracies, report.accuracy, faults, tuple(notes))


def _draw(
    report: Report, faults: Faults, random: np.random.Generator
) -> tuple[float, tuple[str, ...]]:
    """Accuracy with faults drawn once, and what has to be said of it."""
    deployed = report.run.retimed.network  # type: ignore[union-attr]  # checked before
    network = faulty_network(deployed, report.mapping, faults, random)
    record = run_again(report, network, faulty_inputs(report.dataset, faults, random))
    in_float = record.arithmetic != report.arithmetic
    notes = ("Run in float32: weights with mismatch are real numbers",) if in_float else ()
    return float(record.accuracy), notes


def robust_accuracy(
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
) -> float:
    """Tell in one number what is left of a deployed network's accuracy with faults.

    It is ``robustness(report, ...).low``, the 5th percentile: a function of a report, as an
    objective of one's own is. With the same seed every design meets the same draws.

    Parameters
    ----------
    report : Report, of ``deploy``, of a network that fits, on recordings with labels
    weight_mismatch, bit_flips, dead_neurons, dead_cores, dropped_events, jitter_s : as of Faults
    n_draws : int, 1 or more; of fewer than twenty the lowest is taken
    seed : int

    Returns
    -------
    float, 0 to 1

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
    >>> from functools import partial
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(50)
    >>> objective = partial(robust_accuracy, dead_neurons=0.1, n_draws=3)
    >>> objective(deploy(*digits))
    0.8
    """
    found = robustness(
        report,
        weight_mismatch=weight_mismatch,
        bit_flips=bit_flips,
        dead_neurons=dead_neurons,
        dead_cores=dead_cores,
        dropped_events=dropped_events,
        jitter_s=jitter_s,
        n_draws=n_draws,
        seed=seed,
    )
    return found.low
