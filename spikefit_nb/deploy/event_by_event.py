"""How far accuracy and spikes go from those in steps where a chip handles each event alone."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.case import Run
from spikefit_nb.errors import DesignProblem, NetworkProblem
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate import ARITHMETICS, SpikeRecord, simulate_one_by_one
from spikefit_nb.units import span, text


@dataclass(frozen=True, eq=False, repr=False)
class EventByEvent(Result):
    """One network in steps, and event by event in several orders.

    Parameters
    ----------
    stepped : SpikeRecord
    drawn : tuple of SpikeRecord, one an order

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.adapt import Design
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("speck"), load_dataset("digits").take(50)
    >>> deploy(*digits, design=Design(weight_bits=8)).event_by_event(n_draws=2)
    EventByEvent(98.0 to 98.0 % event by event in 2 orders, 100.0 % in steps)
    """

    stepped: SpikeRecord
    drawn: tuple[SpikeRecord, ...]

    @property
    def accuracies(self) -> np.ndarray | None:
        """The accuracy of each order, (n_draws,); None without labels."""
        if self.stepped.labels is None:
            return None
        return np.array([record.accuracy for record in self.drawn])

    def _headline(self) -> str:
        orders = f"{len(self.drawn)} order{'s' * (len(self.drawn) > 1)}"
        if self.accuracies is None:
            return f"{self._spikes_words} as many spikes event by event in {orders} as in steps"
        ends = span(float(self.accuracies.min()), float(self.accuracies.max()), "%")
        stepped = text(self.stepped.accuracy, "%")
        return f"{ends} event by event in {orders}, {stepped} in steps"

    @property
    def _spikes_words(self) -> str:
        """Spikes event by event, as shares of those in steps."""
        total = sum(int(n.sum()) for n in self.stepped.spike_counts.values())
        shares = [
            sum(int(n.sum()) for n in record.spike_counts.values()) / max(1, total)
            for record in self.drawn
        ]
        return span(min(shares), max(shares), "%")

    def _quantities(self) -> tuple[Quantity, ...]:
        found = [Quantity("n_draws", "Orders of events drawn", len(self.drawn))]
        if self.accuracies is not None:
            found += self.stepped.accuracy_told("in_steps")
            ends = float(self.accuracies.min()), float(self.accuracies.max())
            middle = float(np.median(self.accuracies))
            found.append(Quantity("accuracy", "Accuracy event by event", middle, "%", *ends))
        return (*found, *self._of_populations())

    def _of_populations(self) -> list[Quantity]:
        """Spikes of each population that fires, per inference."""
        found = []
        for name, counts in self.stepped.spike_counts.items():
            drawn = [float(r.spike_counts[name].sum(axis=1).mean()) for r in self.drawn]
            ends = min(drawn), max(drawn)
            stepped = float(counts.sum(axis=1).mean())
            found.append(Quantity("spikes_in_steps", "Spikes in steps", stepped, of=name))
            middle = float(np.median(drawn))
            found.append(Quantity("spikes", "Spikes event by event", middle, "", *ends, of=name))
        return found

    def _notes(self) -> tuple[str, ...]:
        return (
            "Within a step the input events come in orders drawn at random; a chip sees them as "
            "they arrive",
        )

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid(self._of_populations(), "Population")


def event_by_event(run: Run, n_draws: int, seed: int) -> EventByEvent:
    """Run a network event by event in several orders."""
    if isinstance(n_draws, bool) or not isinstance(n_draws, int) or n_draws < 1:
        raise DesignProblem(f"n_draws is {n_draws!r}; it must be a whole number, 1 or more.")
    stepped, profile = run.record, run.case.profile
    if not ARITHMETICS[profile.arithmetic].per_event:
        raise NetworkProblem(
            f"{profile.title} works in steps; only chips that handle events as they come differ "
            "event by event."
        )
    if not ARITHMETICS[stepped.arithmetic].per_event:
        raise DesignProblem(
            "The network was run in float32, not as the chip counts; the report's notes say why. "
            "With design=sf.Design(weight_bits=8) its weights are the chip's."
        )
    inputs = run.case.recordings.extend(run.retimed.extra_steps)  # type: ignore[union-attr]
    drawn = (
        simulate_one_by_one(
            run.retimed.network,
            inputs,
            arithmetic=stepped.arithmetic,
            seed=seed + k,
            decode=run.case.decode,
        )
        for k in range(n_draws)
    )
    return EventByEvent(stepped, tuple(drawn))
