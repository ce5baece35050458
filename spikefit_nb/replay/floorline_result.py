"""The answer of ``floorline``: what the cores' time goes to, which binds, and what relieving it
would give.
"""

from collections.abc import Iterator
from dataclasses import dataclass

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
    core_s : dict of ceiling to (n_cores,) float64, seconds of each core's work, waited for or not
    waited_s : (n_cores,) float64, seconds in which the chip waits for each core, all ceilings
        together; cores that work equally long share them
    parts_s : dict of ceiling to float, seconds that the chip waits for, and of the floor under them
        ("barrier", "longest way" or "rest of the tick"); their sum is the latency
    without_s : dict of ceiling to float, latency if that ceiling cost nothing
    even_s : float or None, latency if each step's work were spread evenly over the cores in use
    floor_s : float or None, latency if no core had anything to do
    late_steps : float, steps per inference in which a core needs more than a tick
    not_published : dict of ceiling to tuple of str, figures that would have been needed

    Ceilings whose figures are not published are in no dict of seconds. Where the latency needs such
    a figure, and where a step takes the cycles of a vendor's rule (one core), there are counts
    only.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.replay import floorline
    >>> from spikefit_nb.simulate import simulate
    >>> network = load_network("digits")
    >>> record = simulate(network, load_dataset("digits").take(30), record="events")
    >>> found = floorline(record, map_network(network, load_profile("loihi1")))
    >>> found.binds, sorted(found.parts_s)
    ('memory', ['barrier', 'compute', 'memory'])
    """

    mapping: CoreMap
    timing: str
    n_steps: int
    counts: dict[str, np.ndarray]
    most_in_a_step: dict[str, np.ndarray]
    busiest_counts: dict[str, float]
    core_s: dict[str, np.ndarray]
    waited_s: np.ndarray
    parts_s: dict[str, float]
    without_s: dict[str, float]
    even_s: float | None
    floor_s: float | None
    late_steps: float
    not_published: dict[str, tuple[str, ...]]

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
        if self.timing == "tick" and not self.late_steps:
            working = _percent(1 - self.shares[self.floor])
            return (
                f"a tick a step, {latency}; the busiest core works {working} of it, most on "
                f"{self.binds}"
            )
        if self.shares[self.floor] > self.shares[self.binds]:
            floor, ceiling = (_percent(self.shares[name]) for name in (self.floor, self.binds))
            return (
                f"{self.floor} takes {floor} of {latency}, then {self.binds} "
                f"{ceiling}{self._even_in_words()}"
            )
        where = f", {self._where()}" if self.mapping.n_cores > 1 else ""
        return (
            f"{self.binds} binds {_percent(self.shares[self.binds])} of "
            f"{latency}{where}{self._even_in_words()}"
        )

    def _where(self) -> str:
        alike = self.n_binding_cores
        return f"on {alike} cores alike" if alike > 1 else f"most on core {self.binding_core}"

    def _even_in_words(self) -> str:
        if self.mapping.n_cores == 1:
            return ""
        if self.latency_s - self.even_s < 0.005 * self.latency_s:  # type: ignore[operator]
            return "; an even spread would not be faster"
        return f"; an even spread would take {text(self.even_s, 's')}"

    def _finding_in_counts(self) -> str:
        why = (
            "steps take the cycles of the vendor's rule"
            if self.timing == "cycles"
            else "times not published"
        )
        if self.mapping.n_cores == 1 or not self.counts["memory"].any():
            return f"{why}; {text(float(self.counts['memory'].sum()))} synaptic operations"
        excess = f"{self.unevenness['memory']:.2g}x an even spread's synaptic operations"
        return f"{why}; the busiest core of a step does {excess}"

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

    def _times(self) -> Iterator[Quantity]:
        yield Quantity("latency_s", f"Latency of {self.n_steps} steps", self.latency_s, "s")
        for name, seconds in self.parts_s.items():
            words = f"{name} ({COUNTED[name]})" if name in COUNTED else name
            yield Quantity(f"{name.replace(' ', '_')}_s", f"  of it {words}", seconds, "s")
        for name in self.ceilings:
            words = f"Latency if {name} cost nothing"
            yield Quantity(f"without_{name}_s", words, self.without_s[name], "s")
        if self.mapping.n_cores > 1:
            yield Quantity("even_s", "Latency if work were spread evenly", self.even_s, "s")
        floor = "ticks" if self.timing == "tick" else self.floor
        yield Quantity("floor_s", f"Latency if no core had work: {floor} alone", self.floor_s, "s")

    def _binding(self) -> Iterator[Quantity]:
        core, waited = self.binding_core, "Core the chip waits for longest"
        label = waited if self.ceilings else "Core with most synaptic operations"
        yield Quantity("binding_core", label, f"{core} ({self.mapping.labels[core]})")
        if self.ceilings:
            waited_s = float(self.waited_s[core])
            yield Quantity("waited_s", "  seconds that it waits for it", waited_s, "s")

    def _counts(self, ceiling: str) -> Iterator[Quantity]:
        words, counts = COUNTED[ceiling], self.counts[ceiling]
        name, most = words.replace(" ", "_"), int(self.most_in_a_step[ceiling].max())
        busiest = f"{words.capitalize()}, busiest core of each step"
        yield Quantity(f"busiest_{name}", busiest, self.busiest_counts[ceiling])
        if self.mapping.n_cores > 1:
            yield Quantity(f"even_{name}", "  spread evenly", float(counts.mean()))
        yield Quantity(f"most_{name}_in_a_step", "  most of one core in one step", most)

    def _cores(self) -> Iterator[Quantity]:
        """The cores that are waited for most."""
        by = self.waited_s if self.ceilings else self.counts["memory"]
        for core in np.argsort(-by, kind="stable")[:MOST_CORES].tolist():
            of = f"core {core}"
            yield Quantity("holds", "Holds", self.mapping.labels[core], of=of)
            for name in CEILINGS:
                words, count = COUNTED[name], float(self.counts[name][core])
                yield Quantity(words.replace(" ", "_"), words, count, of=of)
            for name in self.ceilings:
                yield Quantity(f"{name}_s", name, float(self.core_s[name][core]), "s", of=of)
            if self.is_timed:
                yield Quantity("waited_s", "waited for", float(self.waited_s[core]), "s", of=of)

    def _card(self) -> tuple[str, ...]:
        title = f"{self.mapping.network.name} on {self.mapping.profile.name}: {self.finding}"
        return title, folded("Cores", grid(self._cores()))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.1g} %"
