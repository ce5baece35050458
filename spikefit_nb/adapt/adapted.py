"""What a step of adaptation made of a network, and the error it made."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.weights import real_values
from spikefit_nb.html import Row, card, rows_table, table
from spikefit_nb.network import Conv2d, Network, Projection
from spikefit_nb.units import text


class WeightChange(NamedTuple):
    """What became of the weights between two populations."""

    name: str  # "source -> target"
    synapses_before: int
    synapses_after: int
    n_values: int  # distinct weights other than zero afterwards, as stored
    error: float | None  # |after - before| / |before|, Frobenius norms of real weights; None where shapes changed


@dataclass(frozen=True, eq=False, repr=False)
class Adapted:
    """A network after a step of adaptation, beside the one before it: ``error = |W' - W| / |W|`` of real weights.

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
        """What became of each projection that both networks have, in the order of the network before."""
        after = {_key(e): e for e in self.network.projections}
        pairs = [(e, after[_key(e)]) for e in self.before.projections if _key(e) in after]
        return tuple(_change(before, then) for before, then in pairs)

    @property
    def error(self) -> float | None:
        """``|W' - W| / |W|`` over all weights; None where a shape changed."""
        sizes = [(c.error, _norm(e)) for c, e in zip(self.changes, self.before.projections, strict=False)]
        if len(self.changes) < len(self.before.projections) or any(c.error is None for c in self.changes):
            return None
        whole = sum(size**2 for _, size in sizes)
        return float(np.sqrt(sum((error * size) ** 2 for error, size in sizes) / whole)) if whole else 0.0  # type: ignore

    def rows(self) -> list[Row]:
        """(label, value, unit)."""
        before, after = self.before, self.network
        rows: list[Row] = [
            ("Step", self.step, ""),
            ("Neurons", f"{before.n_neurons:,}  ->  {after.n_neurons:,}", ""),
            ("Synapses", f"{before.n_synapses:,}  ->  {after.n_synapses:,}", ""),
        ]
        rows += [(f"{c.name}: weights off by", c.error, "%") for c in self.changes if c.error is not None]
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
            (c.name, f"{c.synapses_before:,}", f"{c.synapses_after:,}", f"{c.n_values:,}",
             "" if c.error is None else text(c.error, "%"))
            for c in self.changes
        ]  # fmt: skip
        header = ("Projection", "Synapses", "left", "Distinct weights", "Weights off by")
        notes = rows_table([row for row in self.rows() if row[0] == "Note"]) if self.notes else ""
        return card(repr(self)[len("Adapted(") : -1], table(cells, header=header, align="lrrrr"), notes)


def _key(projection: Projection) -> tuple[str, str, int]:
    return projection.source, projection.target, projection.delay_steps


def _norm(projection: Projection) -> float:
    return float(np.linalg.norm(real_values(projection).astype(np.float64)))


def _change(before: Projection, after: Projection) -> WeightChange:
    present = after.values[after.values != 0]
    error = None
    if before.shape == after.shape and _laid_out(before) == _laid_out(after):
        size = _norm(before)
        error = float(_distance(before, after) / size) if size else 0.0
    name = f"{before.source} -> {before.target}"
    return WeightChange(name, before.n_synapses, after.n_synapses, int(np.unique(present).size), error)


def _laid_out(projection: Projection) -> tuple[int, ...]:
    return projection.weight.weight.shape if isinstance(projection.weight, Conv2d) else projection.shape


def _distance(before: Projection, after: Projection) -> float:
    """Frobenius norm of the difference, without making a sparse one dense."""
    if before.kind != "sparse" and after.kind != "sparse":
        return float(np.linalg.norm(real_values(after).astype(np.float64) - real_values(before)))
    difference = after.real_weight() - before.real_weight()  # type: ignore[operator]
    return float(np.linalg.norm(difference.data if hasattr(difference, "tocsr") else np.asarray(difference)))
