"""What a step of adaptation made of a network, and the error it made."""

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.html import Row, card, rows_table, table
from spikefit_nb.network import Conv2d, Network, Projection
from spikefit_nb.units import text


class WeightChange(NamedTuple):
    """What became of the weights between two populations."""

    name: str  # "source -> target"
    synapses_before: int
    synapses_after: int
    n_values: int  # distinct weights other than zero afterwards, as stored
    # |after - before| / |before|, Frobenius norms of real weights; None where shapes changed
    error: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Adapted:
    """A network after a step of adaptation, beside the one before it: ``error = |W' - W| / |W|`` of
    real weights.

    Parameters
    ----------
    step : str, what was done, in words
    before : Network
    network : Network, to go on with
    notes : tuple of str, what could not be done or has to be known

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> before = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                  [Projection("in", "out", np.array([[3.0], [4.0]]))])
    >>> after = before.replace(projections=[Projection("in", "out", np.array([[0.0], [4.0]]))])
    >>> Adapted("pruned by hand", before, after)
    Adapted(pruned by hand: 1 of 2 synapses left, weights 60.0 % off)
    """

    step: str
    before: Network
    network: Network
    notes: tuple[str, ...] = ()

    @cached_property
    def changes(self) -> tuple[WeightChange, ...]:
        """What became of each projection that both networks have, in the order of the network
        before.

        Where the number of parallel ones, with the same ends and delay, has changed, they are taken
        together.
        """
        return tuple(_change(before, after) for before, after in self._pairs)

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
        if n_compared < len(self.before.projections) or any(c.error is None for c in self.changes):
            return None
        sizes = [
            (c.error, _norm(_total(before)))
            for c, (before, _) in zip(self.changes, self._pairs, strict=True)
        ]
        whole = sum(size**2 for _, size in sizes)
        off = sum((error * size) ** 2 for error, size in sizes)  # type: ignore
        return float(np.sqrt(off / whole)) if whole else 0.0

    def rows(self) -> list[Row]:
        """(label, value, unit)."""
        before, after = self.before, self.network
        rows: list[Row] = [
            ("Step", self.step, ""),
            ("Neurons", f"{before.n_neurons:,}  ->  {after.n_neurons:,}", ""),
            ("Synapses", f"{before.n_synapses:,}  ->  {after.n_synapses:,}", ""),
        ]
        rows += [
            (f"{c.name}: weights off by", c.error, "%") for c in self.changes if c.error is not None
        ]
        return rows + [("Note", note, "") for note in self.notes]

    def __repr__(self) -> str:
        before, after = self.before, self.network
        said = [f"{after.n_synapses:,} of {before.n_synapses:,} synapses left"]
        if after.n_neurons != before.n_neurons:
            said.insert(0, f"{after.n_neurons:,} neurons of {before.n_neurons:,}")
        if self.error is not None:
            said.append(f"weights {text(self.error, '%')} off")
        return f"Adapted({self.step}: {', '.join(said)})"

    def _repr_html_(self) -> str:
        cells = [
            (
                c.name,
                f"{c.synapses_before:,}",
                f"{c.synapses_after:,}",
                f"{c.n_values:,}",
                "" if c.error is None else text(c.error, "%"),
            )
            for c in self.changes
        ]
        header = ("Projection", "Synapses", "left", "Distinct weights", "Weights off by")
        notes = rows_table([row for row in self.rows() if row[0] == "Note"]) if self.notes else ""
        return card(
            repr(self)[len("Adapted(") : -1], table(cells, header=header, align="lrrrr"), notes
        )


def _by_ends(network: Network) -> dict[tuple[str, str, int], list[Projection]]:
    """Projections by source, target and delay: most often one each."""
    groups: dict[tuple[str, str, int], list[Projection]] = {}
    for e in network.projections:
        groups.setdefault((e.source, e.target, e.delay_steps), []).append(e)
    return groups


def _change(before: list[Projection], after: list[Projection]) -> WeightChange:
    values = np.concatenate([e.values for e in after])
    error = None
    if len({_laid_out(e) for e in (*before, *after)}) == 1:
        total = _total(before)
        size = _norm(total)
        error = _norm(_total(after) - total) / size if size else 0.0  # type: ignore[operator]
    name = f"{before[0].source} -> {before[0].target}"
    n_before, n_after = (sum(e.n_synapses for e in group) for group in (before, after))
    return WeightChange(name, n_before, n_after, int(np.unique(values[values != 0]).size), error)


def _laid_out(projection: Projection) -> tuple[int, ...]:
    return (
        projection.weight.weight.shape
        if isinstance(projection.weight, Conv2d)
        else projection.shape
    )


def _total(projections: list[Projection]) -> np.ndarray | sp.sparray:
    """Real weights added up, float64; sparse where all are."""
    real = (e.real_weight() for e in projections)
    return reduce(
        add, ((w.weight if isinstance(w, Conv2d) else w).astype(np.float64) for w in real)
    )


def _norm(weight: np.ndarray | sp.sparray) -> float:
    return float(np.linalg.norm(weight.data if sp.issparse(weight) else weight))  # type: ignore[union-attr,arg-type]
