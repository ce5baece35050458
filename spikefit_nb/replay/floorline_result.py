"""The answer of ``floorline``: what the cores' time goes to, which binds, and what relieving it
would give.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.html import folded
from spikefit_nb.mapping import CoreMap
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.units import text

CEILINGS = ("memory", "compute", "traffic")
COUNTED = {"memory": "synaptic operations", "compute": "neuron updates", "traffic": "packets sent"}
FLOORS = {
    "simple": "barrier",
    "asynchronous": "longest way",
    "tick": "rest of the tick",
}  # by timing model
MOST_CORES = 64  # in the table of cores
ALIKE = 1e-6  # relative difference that is no difference


@dataclass(frozen=True, eq=False, repr=False)
class Floorline(Result):
    """What each core's time goes to, for which core and ceiling the chip waits, and what relieving
    it would give.

    Seconds and counts are means per inference. Ceilings are "memory" (synaptic operations),
    "compute" (neuron updates, and making spikes) and "traffic" (packets sent and taken in). Of two
    stages that run at once, only the longer one's seconds are kept: the other's cost nothing.

    Parameters
    ----------
    mapping : CoreMap
    timing : str, the chip's own timing model
    n_steps : int
    counts : dict of ceiling to (n_cores,) float64: synaptic operations, updates of neurons with
        something to compute, packets sent
    most_in_a_step : dict of ceiling to (n_cores,) int64, the same in the step with most of them
    busiest_counts : dict of ceiling to float, those of the core with most of them in each step,
        summed over steps
    waited_s : (n_cores,) float64, seconds in which the chip waits for each core, all ceilings
        together; cores that work equally long share them
    not_published : dict of ceiling to tuple of str, figures that would have been needed
    core_s : dict of ceiling to (n_cores,) float64, seconds of each core's work, waited for or not
    parts_s : dict of ceiling to float, seconds that the chip waits for, and of the floor under them
        ("barrier", "longest way" or "rest of the tick"); their sum is the latency
    without_s : dict of ceiling to float, latency if that ceiling cost nothing
    even_s : float or None, latency if each step's work were spread evenly over the cores in use
    floor_s : float or None, latency if no core had anything to do
    late_steps : float, steps per inference in which a core needs more than a tick

    Ceilings whose figures are not published are in no dict of seconds. Where the latency needs such
    a figure, and where a step takes the cycles of a vendor's rule (one core), there are counts
    only.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> report = sf.deploy(
    ...     sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(30)
    ... )
    >>> report.floorline.binds, sorted(report.floorline.parts_s)
    ('memory', ['barrier', 'compute', 'memory'])
    """

    mapping: CoreMap
    timing: str
    n_steps: int
    counts: dict[str, np.ndarray]
    most_in_a_step: dict[str, np.ndarray]
    busiest_counts: dict[str, float]
    waited_s: np.ndarray
    not_published: dict[str, tuple[str, ...]]
    core_s: dict[str, np.ndarray] = field(default_factory=dict)
    parts_s: dict[str, float] = field(default_factory=dict)
    without_s: dict[str, float] = field(default_factory=dict)
    even_s: float | None = None
    floor_s: float | None = None
    late_steps: float = 0.0

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def is_timed(self) -> bool:
        """Whether there are seconds, not counts only."""
        return bool(self.parts_s)

    @property
    def latency_s(self) -> float | None:
        """Mean time per inference, as of ``replay``; a step that needs more than its tick counts as
        long as it needs.

        None where it is not published.
        """
        return float(sum(self.parts_s.values())) if self.is_timed else None

    @property
    def ceilings(self) -> tuple[str, ...]:
        """Ceilings with seconds, the one that the chip waits for most first."""
        return tuple(sorted(self.core_s, key=lambda name: -self.parts_s[name]))

    @property
    def floor(self) -> str:
        """What the floor under all ceilings is."""
        return FLOORS.get(self.timing, "")

    @property
    def binds(self) -> str | None:
        """The ceiling that the chip waits for most, whatever the floor takes; None where nothing is
        timed.
        """
        return self.ceilings[0] if self.ceilings else None

    @property
    def binding_core(self) -> int:
        """The core the chip waits for longest; the one with most synaptic operations where nothing
        is timed.
        """
        return int(np.argmax(self.waited_s if self.ceilings else self.counts["memory"]))

    @property
    def n_binding_cores(self) -> int:
        """Cores that the chip waits for as long as for that one."""
        return (
            int(np.sum(self.waited_s >= (1 - ALIKE) * self.waited_s.max())) if self.ceilings else 1
        )

    @property
    def core_binds(self) -> tuple[str, ...]:
        """The ceiling that takes most of each core's time; empty where nothing is timed."""
        names = [name for name in CEILINGS if name in self.core_s]
        most = np.argmax([self.core_s[name] for name in names], axis=0) if names else []
        return tuple(names[i] for i in most)

    @property
    def shares(self) -> dict[str, float]:
        """Share of the latency that each part takes."""
        return (
            {name: seconds / self.latency_s for name, seconds in self.parts_s.items()}
            if self.latency_s
            else {}
        )

    @property
    def unevenness(self) -> dict[str, float]:
        """How many times an even spread's counts the busiest core of each step has; ceilings with
        none left out.
        """
        return {
            name: self.busiest_counts[name] / self.counts[name].mean()
            for name in CEILINGS
            if self.counts[name].any()
        }

    @property
    def finding(self) -> str:
        """The answer in one sentence: what binds, where, and what an even spread would give."""
        if not self.is_timed:
            return self._finding_in_counts()
        latency = text(self.latency_s, "s")
        if not self.binds:
            return f"a tick a step, {latency}; times of the cores' work are not published"
        floor, ceiling = self.shares[self.floor], self.shares[self.binds]
        if self.timing == "tick" and not self.late_steps:
            working = f"the busiest core works {_percent(1 - floor)} of it, most on {self.binds}"
            return f"a tick a step, {latency}; {working}"
        said = f"{self.binds} binds {_percent(ceiling)} of {latency}"
        if floor > ceiling:
            said = f"{self.floor} takes {_percent(floor)} of {latency}, then "
            said += f"{self.binds} {_percent(ceiling)}"
        elif self.n_binding_cores > 1:
            said += f", on {self.n_binding_cores} cores alike"
        elif self.mapping.n_cores > 1:
            said += f", most on core {self.binding_core}"
        if self.mapping.n_cores == 1:
            return said
        is_even = self.latency_s - self.even_s < 0.005 * self.latency_s  # type: ignore[operator]
        gain = "not be faster" if is_even else f"take {text(self.even_s, 's')}"
        return f"{said}; an even spread would {gain}"

    def _finding_in_counts(self) -> str:
        by_rule = "steps take the cycles of the vendor's rule"
        why = by_rule if self.timing == "cycles" else "times not published"
        if self.mapping.n_cores == 1 or not self.counts["memory"].any():
            return f"{why}; {text(float(self.counts['memory'].sum()))} synaptic operations"
        return (
            f"{why}; the busiest core of a step does {self.unevenness['memory']:.2g}x an even "
            "spread's synaptic operations"
        )

    def _headline(self) -> str:
        return self.finding

    def _quantities(self) -> tuple[Quantity, ...]:
        late = Quantity("late_steps", "Steps that need more than a tick", self.late_steps)
        return (
            *(self._times() if self.is_timed else ()),
            *self._binding(),
            *(q for name in CEILINGS for q in self._counts(name)),
            *([late] if self.timing == "tick" else []),
            *self._cores(),
        )

    def _notes(self) -> tuple[str, ...]:
        return tuple(
            f"Not published, {name}: {', '.join(figures).replace('_', ' ')}"
            for name, figures in self.not_published.items()
        )

    def _times(self) -> tuple[Quantity, ...]:
        latency, floor = f"Latency of {self.n_steps} steps", self.floor
        floor = f"Latency if no core had work: {'ticks' if self.timing == 'tick' else floor} alone"
        words = {name: f"{name} ({COUNTED[name]})" for name in CEILINGS}
        even = Quantity("even_s", "Latency if work were spread evenly", self.even_s, "s")
        return (
            Quantity("latency_s", latency, self.latency_s, "s"),
            *(
                Quantity(f"{part.replace(' ', '_')}_s", f"  of it {words.get(part, part)}", s, "s")
                for part, s in self.parts_s.items()
            ),
            *(
                Quantity(f"without_{n}_s", f"Latency if {n} cost nothing", self.without_s[n], "s")
                for n in self.ceilings
            ),
            *([even] if self.mapping.n_cores > 1 else []),
            Quantity("floor_s", floor, self.floor_s, "s"),
        )

    def _binding(self) -> tuple[Quantity, ...]:
        core, most = self.binding_core, "Core with most synaptic operations"
        label = "Core the chip waits for longest" if self.ceilings else most
        binds = Quantity("binding_core", label, f"{core} ({self.mapping.labels[core]})")
        waited, waited_s = "  seconds that it waits for it", float(self.waited_s[core])
        seconds = Quantity("waited_s", waited, waited_s, "s")
        return (binds, seconds) if self.ceilings else (binds,)

    def _counts(self, ceiling: str) -> tuple[Quantity, ...]:
        words, even = COUNTED[ceiling], float(self.counts[ceiling].mean())
        name, most = words.replace(" ", "_"), int(self.most_in_a_step[ceiling].max())
        busiest = f"{words.capitalize()}, busiest core of each step"
        several = self.mapping.n_cores > 1
        return (
            Quantity(f"busiest_{name}", busiest, self.busiest_counts[ceiling]),
            *([Quantity(f"even_{name}", "  spread evenly", even)] if several else []),
            Quantity(f"most_{name}_in_a_step", "  most of one core in one step", most),
        )

    def _cores(self) -> Iterator[Quantity]:
        """The cores that are waited for most."""
        by = self.waited_s if self.ceilings else self.counts["memory"]
        columns = [
            *((COUNTED[name], COUNTED[name], self.counts[name], "") for name in CEILINGS),
            *((f"{name}_s", name, self.core_s[name], "s") for name in self.ceilings),
            *([("waited_s", "waited for", self.waited_s, "s")] if self.is_timed else []),
        ]
        for core in np.argsort(-by, kind="stable")[:MOST_CORES].tolist():
            of = f"core {core}"
            yield Quantity("holds", "Holds", self.mapping.labels[core], of=of)
            for name, words, values, unit in columns:
                yield Quantity(name.replace(" ", "_"), words, float(values[core]), unit, of=of)

    def _card(self) -> tuple[str, ...]:
        title = f"{self.mapping.network.name} on {self.mapping.profile.name}: {self.finding}"
        return title, folded("Cores", grid(self._cores()))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.1g} %"
