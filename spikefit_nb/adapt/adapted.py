"""What changes of adaptation made of a network: one of them, with its error, or all in order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np

from spikefit_nb.network import Network, Projection, Weight, add_weights
from spikefit_nb.quantities import Quantity, Result, Several, distinct, grid
from spikefit_nb.train import Epoch
from spikefit_nb.units import text


def measured(
    of: str, rows: Iterable[tuple[str, str, float | str | None, str]]
) -> Iterator[Quantity]:
    """Quantities of one thing by name, label, value and unit, without those not measured."""
    for name, label, value, unit in rows:
        if value is not None:
            yield Quantity(name, label, value, unit, of=of)


class WeightChange(NamedTuple):
    """What became of the weights between two populations."""

    name: str  # "source -> target"
    synapses_before: int
    synapses_after: int
    n_values: int  # distinct weights other than zero afterwards, as stored
    # |after - before| / |before|, Frobenius norms of real weights; None where shapes changed
    error: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Adapted(Result):
    """A network after a change, beside the one before it: ``error = |W' - W| / |W|`` of
    real weights.

    Parameters
    ----------
    change : str, what was done, in words
    before : Network
    network : Network, to go on with
    notes : tuple of str, what could not be done or has to be known
    history : tuple of Epoch, where weights were trained: loss and share of right answers on the
        recordings that were learned from, as they were run

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> before = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                  [Projection("in", "out", np.array([[3.0], [4.0]]))])
    >>> after = before.replace(projections=[Projection("in", "out", np.array([[0.0], [4.0]]))])
    >>> Adapted("pruned by hand", before, after)
    Adapted(pruned by hand: 1 of 2 synapses left, weights 60.0 % off)
    """

    change: str
    before: Network
    network: Network
    notes: tuple[str, ...] = ()
    history: tuple[Epoch, ...] = ()

    @cached_property
    def weights(self) -> tuple[WeightChange, ...]:
        """What became of each projection that both networks have, in the order of the network
        before.

        Where the number of parallel ones, with the same ends and delay, has changed, they are taken
        together.
        """
        return tuple(_weight_change(before, after) for before, after in self._pairs)

    @cached_property
    def _pairs(self) -> list[tuple[list[Projection], list[Projection]]]:
        pairs, after = list[tuple[list[Projection], list[Projection]]](), _by_ends(self.network)
        for ends, group in _by_ends(self.before).items():
            then = after.get(ends, [])
            each = [([e], [t]) for e, t in zip(group, then, strict=False)]
            pairs += each if len(group) == len(then) else [(group, then)] * bool(then)
        return pairs

    @property
    def error(self) -> float | None:
        """``|W' - W| / |W|`` over all weights; None where a shape changed."""
        n_compared = sum(len(before) for before, _ in self._pairs)
        if n_compared < len(self.before.projections) or any(c.error is None for c in self.weights):
            return None
        sizes = [
            (c.error, _norm(_total(before)))
            for c, (before, _) in zip(self.weights, self._pairs, strict=True)
        ]
        whole = sum(size**2 for _, size in sizes)
        off = sum((error * size) ** 2 for error, size in sizes)  # type: ignore
        return float(np.sqrt(off / whole)) if whole else 0.0

    def _headline(self) -> str:
        before, after = self.before, self.network
        said = [f"{after.n_synapses:,} of {before.n_synapses:,} synapses left"]
        if after.n_neurons != before.n_neurons:
            said.insert(0, f"{after.n_neurons:,} neurons of {before.n_neurons:,}")
        if self.error is not None:
            said.append(f"weights {text(self.error, '%')} off")
        return f"{self.change}: {', '.join(said)}"

    def _quantities(self) -> tuple[Quantity, ...]:
        before, after, error = self.before, self.network, self.error
        return (
            Quantity("n_neurons_before", "Neurons", before.n_neurons),
            Quantity("n_neurons", "Neurons", after.n_neurons),
            Quantity("n_synapses_before", "Synapses", before.n_synapses),
            Quantity("n_synapses", "Synapses", after.n_synapses),
            *([] if error is None else [Quantity("error", "Weights off by", error, "%")]),
            *self._of_projections(),
        )

    def _of_projections(self) -> Iterator[Quantity]:
        names = distinct(change.name for change in self.weights)
        for name, change in zip(names, self.weights, strict=True):
            yield from measured(
                name,
                [
                    ("n_synapses_before", "Synapses", change.synapses_before, ""),
                    ("n_synapses", "left", change.synapses_after, ""),
                    ("n_values", "Distinct weights", change.n_values, ""),
                    ("error", "Weights off by", change.error, "%"),
                ],
            )

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid(self._of_projections(), "Projection")


def _by_ends(network: Network) -> dict[tuple[str, str, int], list[Projection]]:
    """Projections by source, target and delay: most often one each."""
    groups: dict[tuple[str, str, int], list[Projection]] = {}
    for e in network.projections:
        groups.setdefault((e.source, e.target, e.delay_steps), []).append(e)
    return groups


def _weight_change(before: list[Projection], after: list[Projection]) -> WeightChange:
    values = np.concatenate([e.values for e in after])
    error = None
    every = (*before, *after)
    if len({e.weight.layout if e.kind == "convolution" else e.shape for e in every}) == 1:
        size = _norm(_total(before))
        error = _norm(add_weights(_total(after), _total(before, -1))) / size if size else 0.0
    name = f"{before[0].source} -> {before[0].target}"
    n_before, n_after = (sum(e.n_synapses for e in group) for group in (before, after))
    return WeightChange(name, n_before, n_after, int(np.unique(values[values != 0]).size), error)


def _total(projections: list[Projection], sign: int = 1) -> Weight:
    """Real weights added up, times a sign, float64; sparse where all are."""
    real = (e.real_weight() for e in projections)
    return reduce(add_weights, (w.with_values(sign * w.values.astype(np.float64)) for w in real))


def _norm(weight: Weight) -> float:
    return float(np.linalg.norm(weight.values))


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation(Result):
    """A network as a design makes it for a chip, with each change on the way; ``drift_by_change``
    tells what each cost.

    Parameters
    ----------
    before : Network, as trained
    changes : tuple of Adapted, each made of the network of the one before; only those that did
        something
    notes : tuple of str, what could not be done or has to be known, of all changes

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> Adaptation(load_network("digits"))
    Adaptation(as trained: 4,649 synapses)
    """

    before: Network
    changes: tuple[Adapted, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", Several(self.changes))

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.changes[-1].network if self.changes else self.before

    def then(self, adapted: Adapted) -> "Adaptation":
        """Make one more change; of one that did nothing only the notes stay.

        Parameters
        ----------
        adapted : Adapted, made of this network

        Returns
        -------
        Adaptation
        """
        is_new = adapted.network is not self.network
        changes = (*self.changes, adapted) if is_new else self.changes
        return Adaptation(self.before, changes).noted(*self.notes, *adapted.notes)

    def noted(self, *notes: str) -> "Adaptation":
        """Say something more, if it is not said yet.

        Parameters
        ----------
        notes : str

        Returns
        -------
        Adaptation
        """
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def _headline(self) -> str:
        words = ", then ".join(made.change for made in self.changes) or "as trained"
        return f"{words}: {self.network.n_synapses:,} synapses"

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("n_neurons", "Neurons", self.network.n_neurons),
            Quantity("n_synapses", "Synapses", self.network.n_synapses),
            *self._after_changes(),
        )

    def _after_changes(self) -> Iterator[Quantity]:
        names = distinct(made.change for made in self.changes)
        for name, made in zip(names, self.changes, strict=True):
            yield from measured(
                name,
                [
                    ("n_neurons", "Neurons", made.network.n_neurons, ""),
                    ("n_synapses", "Synapses", made.network.n_synapses, ""),
                    ("error", "Weights off by", made.error or None, "%"),
                ],
            )

    def table(self) -> str:
        """The changes as HTML."""
        return grid(self._after_changes(), "Change")

    def _card(self) -> tuple[str, ...]:
        return self.headline, self.table()
