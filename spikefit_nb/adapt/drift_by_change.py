"""Which change of adaptation to blame: the drift after each of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spikefit_nb.adapt.adapted import Adapted, measured
from spikefit_nb.adapt.drift import Drift, drift_from
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import WrongArgument, expect, guarded
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate import ARITHMETICS, RECORDS, Decode, SpikeRecord, check_choices


class ChangeDrift(NamedTuple):
    """The network after one change, beside the network before all of them."""

    change: str
    drift: Drift
    accuracy_lost: float | None  # by this change alone; None without labels
    agreement_lost: (
        float  # by this change alone: share of spikes at their place, mean of the populations
    )


@dataclass(frozen=True, eq=False, repr=False)
class DriftByChange(Result):
    """What each of several changes did to the spikes of a network.

    Parameters
    ----------
    changes : tuple of ChangeDrift, in the order they were made

    Examples
    --------
    >>> from spikefit_nb.adapt.thresholds import scale_thresholds
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network = load_network("digits")
    >>> little = scale_thresholds(network, 1.1)
    >>> changes = [little, scale_thresholds(little.network, 20.0)]
    >>> drift_by_change(changes, load_dataset("digits").take(100)).blamed.change
    'thresholds x 20'
    """

    changes: tuple[ChangeDrift, ...]

    @property
    def blamed(self) -> ChangeDrift | None:
        """The first change after which a population has fallen silent, else the one that lost most;
        None: none did.

        Most accuracy, that is; without labels, and where no accuracy was lost, most spikes from
        their place.
        """
        known: set[str] = set()
        for made in self.changes:
            silent = {p.name for p in made.drift.populations if p.fell_silent}
            if silent - known:
                return made
            known |= silent
        worst = max(self.changes, key=lambda made: made.accuracy_lost or 0.0)
        if worst.accuracy_lost is not None and worst.accuracy_lost > 0:
            return worst
        worst = max(self.changes, key=lambda made: made.agreement_lost)
        return worst if worst.agreement_lost > 0 else None

    @property
    def finding(self) -> str:
        """The answer in one line."""
        if self.blamed is None:
            return (
                f"no change of {len(self.changes)} cost anything: {self.changes[-1].drift.finding}"
            )
        n = self.changes.index(self.blamed) + 1
        return (
            f"change {n} of {len(self.changes)} is to blame, {self.blamed.change}: "
            f"{self.blamed.drift.finding}"
        )

    def _headline(self) -> str:
        return self.finding

    def _quantities(self) -> Iterator[Quantity]:
        for n, made in enumerate(self.changes, 1):
            of, right = f"{n}. {made.change}", made.drift.answers.accuracy
            silent = ", ".join(p.name for p in made.drift.populations if p.fell_silent)
            won = None if made.accuracy_lost is None else -made.accuracy_lost
            yield from measured(
                of,
                [
                    ("accuracy", "Accuracy", None if right is None else right[1], "%"),
                    ("accuracy_change", "by this change", won, "points"),
                    ("agreement_change", "Spikes at their place", -made.agreement_lost, "points"),
                    ("silent", "Silent", silent, ""),
                ],
            )

    def _notes(self) -> tuple[str, ...]:
        return tuple(
            f"{n}. {made.change}: {made.drift.finding}" for n, made in enumerate(self.changes, 1)
        )

    def _card(self) -> tuple[str, ...]:
        return self.finding[:1].upper() + self.finding[1:], grid(self.quantities, "After")


@guarded
def drift_by_change(
    changes: Sequence[Adapted] | Sequence[tuple[str, Network]],
    dataset: SpikeDataset,
    *,
    arithmetic: str = "float32",
    decode: Decode | None = None,
) -> DriftByChange:
    """Find the change of adaptation that broke a network: ``drift`` after each of them, from the
    network before all.

    Parameters
    ----------
    changes : results of changes in the order they were made, each of the network of the one before;
        or pairs of (name, network), of which the first is the network before all changes
    dataset : SpikeDataset, with or without labels
    arithmetic : one of ``simulate.ARITHMETICS``. Every network is run in float32; where this one
        counts in integers and can express the last network, running that in them is the last
        change: it may round weights again, onto a scale that all that reaches a neuron has in
        common
    decode : "count", "first_spike", "potential" or None, how the output is read

    Returns
    -------
    DriftByChange

    Raises
    ------
    WrongArgument
        There is no change, or they are of other kinds.
    DatasetProblem
        The data set does not belong to a network.
    NetworkProblem
        There is no such arithmetic or way to decode.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network = load_network("digits")
    >>> change = Adapted("looked at", network, network)
    >>> drift_by_change([change], load_dataset("digits").take(50))
    DriftByChange(no change of 1 cost anything: accuracy 98.0 -> 98.0 %: every spike is the same)
    """
    check_choices(arithmetic=(arithmetic, tuple(ARITHMETICS)))
    before, named = _named(changes)
    run = RECORDS.simulate(before, dataset, decode=decode)
    made: list[ChangeDrift] = []
    right, agreed = run.accuracy, 1.0
    for name, found in _drifts(before, run, named, dataset, arithmetic):
        shares = [p.agreement for p in found.populations if p.agreement is not None]
        agreement = sum(shares) / len(shares) if shares else agreed
        accuracy = found.answers.accuracy
        lost = None if right is None or accuracy is None else right - accuracy[1]
        made.append(ChangeDrift(name, found, lost, agreed - agreement))
        right, agreed = None if accuracy is None else accuracy[1], agreement
    return DriftByChange(tuple(made))


def _drifts(
    before: Network,
    run: SpikeRecord,
    named: list[tuple[str, Network]],
    dataset: SpikeDataset,
    arithmetic: str,
) -> Iterator[tuple[str, Drift]]:
    """The drift after each change, and then in the integers of a chip."""
    for name, network in named:
        yield name, drift_from(before, run, network, dataset, "float32")
    last = named[-1][1] if named else before
    if ARITHMETICS[arithmetic].is_integer:
        counted = drift_from(before, run, last, dataset, arithmetic)
        if counted.arithmetic == arithmetic:
            yield in_integers(arithmetic), counted


def in_integers(arithmetic: str) -> str:
    """The last change: counting as a chip does."""
    return f"counted in integers, as {arithmetic} does"


def _named(
    changes: Sequence[Adapted] | Sequence[tuple[str, Network]],
) -> tuple[Network, list[tuple[str, Network]]]:
    """The network before all changes, and the name and network of each."""
    expect(changes, Sequence, "changes", "report.adaptation.changes")
    held = [getattr(made, "adapted", made) for made in changes]
    adapted = [made for made in held if isinstance(made, Adapted)]
    if adapted and len(adapted) == len(held):
        return adapted[0].before, [(made.change, made.network) for made in adapted]
    pairs = [
        p for p in changes if isinstance(p, tuple) and len(p) == 2 and isinstance(p[1], Network)
    ]
    if len(pairs) < max(1, len(changes)):
        raise WrongArgument(
            "changes must be results such as [prune(...), quantize(...)], or pairs of a name and a "
            "network, the first of which is the network before: "
            '[("trained", network), ("pruned", pruned)].'
        )
    return pairs[0][1], [(name, network) for name, network in pairs[1:]]
