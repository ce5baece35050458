"""Which step of adaptation to blame: the drift after each of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.drift import Drift, drift_from
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import WrongArgument
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate import RECORDS, Decode


class StepDrift(NamedTuple):
    """The network after one step, beside the network before all of them."""

    step: str
    drift: Drift
    accuracy_lost: float | None  # by this step alone; None without labels
    agreement_lost: (
        float  # by this step alone: share of spikes at their place, mean of the populations
    )


@dataclass(frozen=True, eq=False, repr=False)
class DriftBySteps(Result):
    """What each of several steps did to the spikes of a network.

    Parameters
    ----------
    steps : tuple of StepDrift, in the order they were taken

    Examples
    --------
    >>> from spikefit_nb.adapt.thresholds import scale_thresholds
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network = load_network("digits")
    >>> little = scale_thresholds(network, 1.1)
    >>> steps = [little, scale_thresholds(little.network, 20.0)]
    >>> drift_by_step(steps, load_dataset("digits").take(100)).blamed.step
    'thresholds x 20'
    """

    steps: tuple[StepDrift, ...]

    @property
    def blamed(self) -> StepDrift | None:
        """The first step after which a population has fallen silent, else the one that lost most;
        None: none did.

        Most accuracy, that is; without labels, and where no accuracy was lost, most spikes from
        their place.
        """
        known: set[str] = set()
        for step in self.steps:
            silent = {p.name for p in step.drift.populations if p.fell_silent}
            if silent - known:
                return step
            known |= silent
        worst = max(self.steps, key=lambda s: s.accuracy_lost or 0.0)
        if worst.accuracy_lost is not None and worst.accuracy_lost > 0:
            return worst
        worst = max(self.steps, key=lambda s: s.agreement_lost)
        return worst if worst.agreement_lost > 0 else None

    @property
    def finding(self) -> str:
        """The answer in one line."""
        if self.blamed is None:
            return f"no step of {len(self.steps)} cost anything: {self.steps[-1].drift.finding}"
        n = self.steps.index(self.blamed) + 1
        return (
            f"step {n} of {len(self.steps)} is to blame, {self.blamed.step}: "
            f"{self.blamed.drift.finding}"
        )

    headline = finding

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The accuracy after each step, and what that step alone took."""
        return tuple(self._of_steps())

    def _of_steps(self) -> Iterator[Quantity]:
        for n, s in enumerate(self.steps, 1):
            of, right = f"{n}. {s.step}", s.drift.answers.accuracy
            silent = ", ".join(p.name for p in s.drift.populations if p.fell_silent)
            if right is not None:
                yield Quantity("accuracy", "Accuracy", right[1], "%", of=of)
            if s.accuracy_lost is not None:
                lost = -s.accuracy_lost
                yield Quantity("accuracy_change", "by this step", lost, "points", of=of)
            moved = -s.agreement_lost
            yield Quantity("agreement_change", "Spikes at their place", moved, "points", of=of)
            yield Quantity("silent", "Silent", silent, of=of)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found after each step."""
        return tuple(f"{n}. {s.step}: {s.drift.finding}" for n, s in enumerate(self.steps, 1))

    def _card(self) -> tuple[str, ...]:
        return self.finding[:1].upper() + self.finding[1:], grid(self._of_steps(), "After")


def drift_by_step(
    steps: Sequence[Adapted] | Sequence[tuple[str, Network]],
    dataset: SpikeDataset,
    *,
    arithmetic: str = "float32",
    decode: Decode | None = None,
) -> DriftBySteps:
    """Find the step of adaptation that broke a network: ``drift`` after each of them, from the
    network before all.

    Parameters
    ----------
    steps : results of steps in the order they were taken, each made from the network of the one
        before; or pairs of (name, network), of which the first is the network before all steps
    dataset : SpikeDataset, with or without labels
    arithmetic : one of ``simulate.ARITHMETICS``, for all networks but the first; float32 for those
        that it cannot express, such as those before rounding
    decode : "count", "first_spike", "potential" or None, how the output is read

    Returns
    -------
    DriftBySteps

    Raises
    ------
    WrongArgument
        There is no step, or they are of other kinds.
    DatasetProblem
        The data set does not belong to a network.
    NetworkProblem
        There is no such arithmetic or way to decode.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network = load_network("digits")
    >>> step = Adapted("looked at", network, network)
    >>> drift_by_step([step], load_dataset("digits").take(50))
    DriftBySteps(no step of 1 cost anything: accuracy 98.0 -> 98.0 %: every spike is the same)
    """
    before, named = _named(steps)
    run = RECORDS.simulate(before, dataset, decode=decode)
    made: list[StepDrift] = []
    right, agreed = run.accuracy, 1.0
    for name, network in named:
        found = drift_from(before, run, network, dataset, arithmetic)
        shares = [p.agreement for p in found.populations if p.agreement is not None]
        agreement = sum(shares) / len(shares) if shares else agreed
        accuracy = found.answers.accuracy
        lost = None if right is None or accuracy is None else right - accuracy[1]
        made.append(StepDrift(name, found, lost, agreed - agreement))
        right, agreed = None if accuracy is None else accuracy[1], agreement
    return DriftBySteps(tuple(made))


def _named(
    steps: Sequence[Adapted] | Sequence[tuple[str, Network]],
) -> tuple[Network, list[tuple[str, Network]]]:
    """The network before all steps, and each step's name and network."""
    steps = list(steps)  # type: ignore[assignment]
    if steps and all(hasattr(s, "step") and hasattr(s, "network") for s in steps):
        return steps[0].before, [(s.step, s.network) for s in steps]  # type: ignore[union-attr]
    pairs = [s for s in steps if isinstance(s, tuple) and len(s) == 2 and isinstance(s[1], Network)]
    if len(pairs) < max(2, len(steps)):
        raise WrongArgument(
            "steps must be results such as [prune(...), quantize(...)], or pairs of a name and a "
            "network, the first "
            'of which is the network before: [("trained", network), ("pruned", pruned)].'
        )
    return pairs[0][1], [(name, network) for name, network in pairs[1:]]
