"""What a run costs on a chip: exact counts, and the energy and time they imply."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.html import Row
from spikefit_nb.units import text

UNPRICED_LINKS = "energy of links between chips"


class Links(NamedTuple):
    """Packets between cores per inference: equally long arrays of sender, receiver (indices of used
    cores), packets.
    """

    source: np.ndarray
    target: np.ndarray
    packets: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Price:
    """The price of one inference on mapped cores.

    Parameters
    ----------
    counts : dict of counter to float, mean per inference: spikes, synaptic_operations (and of them
        those of a format with a price of its own), updates_active, updates_inactive, packets,
        packets_in, within_tile, hops_x, hops_y; of several chips also between_chips (packets) and
        chip_hops (from one chip to the next)
    energy_parts_j : dict of counter to joules per inference, or None where no synapse energy is
        published
    latency_s : float or None, mean seconds per inference of ``n_steps`` steps
    static_energy_j : float or None, whole chip's static power over the latency
    core_loads : (n_cores,) float, share of a step each core works, in the step where that share is
        largest
    links : Links
    n_steps : int
    figures : tuple of str, names of the profile's figures this rests on
    not_published : tuple of str, figures that would have been needed
    timing : str, the timing model
    step_s : (n_steps,) float64, mean seconds of each step, or None like the latency
    sample_s : (n_samples,) float64, seconds of each inference, or None like the latency
    late_steps : float, steps per inference in which a core needs more than the tick of a chip that
        has one
    left_out : tuple of str, what several chips spend or take that is in no number here

    Examples
    --------
    >>> Price({"spikes": 3.0}, None, None, None, np.zeros(1), Links(*[np.zeros(0)] * 3), 10, (), ("tick",))
    Price(energy not published, latency not published)
    """

    counts: dict[str, float]
    energy_parts_j: dict[str, float] | None
    latency_s: float | None
    static_energy_j: float | None
    core_loads: np.ndarray
    links: Links
    n_steps: int
    figures: tuple[str, ...]
    not_published: tuple[str, ...]
    timing: str = "simple"
    step_s: np.ndarray | None = None
    sample_s: np.ndarray | None = None
    late_steps: float = 0.0
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def energy_j(self) -> float | None:
        """Marginal energy per inference: the sum of its parts, static power left out."""
        return None if self.energy_parts_j is None else float(sum(self.energy_parts_j.values()))

    @property
    def without(self) -> str:
        """What the energy leaves out on several chips, to be said with it; nothing where nothing
        is.
        """
        return (
            " without links between chips"
            if self.energy_parts_j and UNPRICED_LINKS in self.left_out
            else ""
        )

    def rows(self) -> list[Row]:
        """(label, value, unit)."""
        rows: list[Row] = [("Energy per inference, events", self.energy_j, "J")]
        for name, energy_j in (self.energy_parts_j or {}).items():
            rows.append((f"  of it {name.replace('_', ' ')}", energy_j, "J"))
        rows += [
            ("Static energy meanwhile, whole chip", self.static_energy_j, "J"),
            (f"Latency of {self.n_steps} steps", self.latency_s, "s"),
        ]
        rows += [("Several chips: left out", what, "") for what in self.left_out]
        if self.timing == "tick":
            rows.append(("Steps that need more than a tick", self.late_steps, ""))
        return rows + [
            (f"{k.replace('_', ' ').capitalize()} per inference", v, "")
            for k, v in self.counts.items()
        ]

    def __repr__(self) -> str:
        def known(value: float | None, unit: str, name: str) -> str:
            return f"{name} not published" if value is None else text(value, unit)

        energy = known(self.energy_j, "J", "energy") + self.without
        return f"Price({energy}, {known(self.latency_s, 's', 'latency')})"
