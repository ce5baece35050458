"""What a run costs on a chip: exact counts, and the energy and time they imply."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.mapping import Links
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay.counters import MappedRun
from spikefit_nb.replay.pace import Pace
from spikefit_nb.units import text

UNPRICED_LINKS = "energy of links between chips"
WAY_IN = "input spikes on their way in"
SOURCES = "what cores that send input spikes do between them"
OF_INPUTS = (WAY_IN, SOURCES)


@dataclass(frozen=True, eq=False, repr=False)
class Price(Result):
    """The price of one inference on mapped cores.

    Parameters
    ----------
    counts : dict of counter to float, mean per inference: spikes, synaptic_operations (and of them
        those of a format with a price of its own), updates_active, updates_inactive, packets,
        packets_in (of them from inputs: input_packets), within_tile, hops_x, hops_y; of several
        chips also between_chips (packets) and chip_hops (from one chip to the next)
    energy_parts_j : dict of counter to joules per inference, or None where no synapse energy is
        published
    latency_s : float or None, mean seconds per inference of ``n_steps`` steps
    static_energy_j : float or None, static power of the chips in use over the latency
    core_loads : (n_cores,) float, share of a step each core works, in the step where that share is
        largest; NaN where times are not published
    links : Links
    n_steps : int
    figures : tuple of str, names of the profile's figures this rests on
    not_published : tuple of str, figures that would have been needed
    timing : str, the timing model
    step_s : (n_steps,) float64, mean seconds of each step, or None like the latency
    sample_s : (n_samples,) float64, seconds of each inference, or None like the latency
    slowest_step_s : float or None, seconds of the slowest step of all samples
    late_steps : float, steps per inference in which a core needs more than the tick of a chip that
        has one
    left_out : tuple of str, what is spent, or takes time, that is in no number here, since nobody
        has published it: the way of inputs to their cores, and what several chips do
    latency_least_s : float or None, seconds per inference if each step took as long as the
        shortest one measured, where no latency is published; no bound, a chip may be faster
    core_counts : dict of counter to (n_cores,) float64, mean of each core; None where not told
    pace : Pace or None, of each recording live; None where nobody asked or times are not published
    n_chips : int, chips in use
    run : MappedRun or None, what a price from firing rates alone was predicted from

    Examples
    --------
    >>> links = Links(*[np.zeros(0)] * 3)
    >>> Price({"spikes": 3.0}, None, None, None, np.zeros(1), links, 10, (), ("tick",))
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
    slowest_step_s: float | None = None
    late_steps: float = 0.0
    left_out: tuple[str, ...] = ()
    latency_least_s: float | None = None
    core_counts: dict[str, np.ndarray] | None = None
    pace: Pace | None = None
    n_chips: int = 1
    run: MappedRun | None = None

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

    def _headline(self) -> str:
        energy = "energy not published" if self.energy_j is None else text(self.energy_j, "J")
        return f"{energy}{self.without}, {self.latency_words}"

    @property
    def latency_words(self) -> str:
        """The latency for a sentence, or what it would be at the shortest step measured."""
        if self.latency_s is not None:
            return text(self.latency_s, "s")
        if self.latency_least_s is not None:
            at_shortest = text(self.latency_least_s, "s")
            return f"latency not published, {at_shortest} at the shortest step measured"
        return "latency not published"

    @property
    def of_least_latency(self) -> tuple[Quantity, ...]:
        """The latency at the shortest step measured as a quantity; none where one is known, or not
        even that.
        """
        if self.latency_least_s is None:
            return ()
        label = "Latency at the shortest step measured"
        return (Quantity("latency_least_s", label, self.latency_least_s, "s"),)

    def _quantities(self) -> tuple[Quantity, ...]:
        late = Quantity("late_steps", "Steps that need more than a tick", self.late_steps)
        latency = f"Latency of {self.n_steps} steps"
        whole = f"{self.n_chips} chips" if self.n_chips > 1 else "whole chip"
        static = f"Static energy meanwhile, {whole}"
        return (
            Quantity("energy_j", "Energy per inference, events", self.energy_j, "J"),
            *parts_of_energy(self.energy_parts_j),
            Quantity("static_energy_j", static, self.static_energy_j, "J"),
            Quantity("latency_s", latency, self.latency_s, "s"),
            *self.of_least_latency,
            *([late] if self.timing == "tick" else []),
            *(
                Quantity(name, f"{name.replace('_', ' ').capitalize()} per inference", count)
                for name, count in self.counts.items()
            ),
        )

    @property
    def of_chips_left_out(self) -> tuple[str, ...]:
        """What several chips spend or take that is in no number here."""
        return tuple(words for words in self.left_out if words not in OF_INPUTS)

    @property
    def of_inputs_left_out(self) -> tuple[str, ...]:
        """What inputs spend that is in no number here."""
        return tuple(words for words in self.left_out if words in OF_INPUTS)

    def _notes(self) -> tuple[str, ...]:
        left_out = self.of_chips_left_out
        return (f"Several chips, left out: {', '.join(left_out)}",) if left_out else ()

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


def parts_of_energy(parts_j: dict[str, float] | None) -> tuple[Quantity, ...]:
    """The parts of an energy as quantities, below the whole."""
    return tuple(
        Quantity(f"energy_{part}_j".replace(" ", "_"), f"  of it {part}".replace("_", " "), j, "J")
        for part, j in (parts_j or {}).items()
    )
