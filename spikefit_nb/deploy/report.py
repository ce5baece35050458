"""What one design is predicted to do and cost on a chip."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from spikefit_nb.adapt import Adapted, Drift, DriftByChange, drift, drift_by_change
from spikefit_nb.case import Case, Run
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy.asked import ANN_MAC, NOT_PRICED, Asked
from spikefit_nb.deploy.comparison import Comparison
from spikefit_nb.deploy.leading import OF_PACE, idle_rows, leading_words, published_accuracy
from spikefit_nb.deploy.recovery import is_quiet, recovery
from spikefit_nb.errors import expect
from spikefit_nb.fit import FitReport
from spikefit_nb.hardware import SCENARIOS, Scenario, settle_scenario, weakest
from spikefit_nb.html import folded, table
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, grid, listed
from spikefit_nb.replay import (
    Counters,
    Floorline,
    Operation,
    Price,
    Uncertainty,
    Utilisation,
    area_in_use,
    floorline,
    uncertainty,
    utilisation,
)
from spikefit_nb.simulate import ARITHMETICS, SpikeRecord, never_fires
from spikefit_nb.units import text
from spikefit_nb.way_out import Exportable

# how names of figures begin that only the latency, or only the energy, rests on
OF_LATENCY = ("time", "tick", "shortest_step", "static_power", "stages_at_once", "packets_per_link")
OF_ENERGY = ("energy", "static_power", "active_power")
SHOWN = ("occupied_s", "energy_j", "power_w", "slowest_step_s")  # of an operation, in a card


@dataclass(frozen=True, eq=False, repr=False)
class Report(Asked, Exportable, Result):
    """What one design is predicted to do and cost on a chip.

    Parameters
    ----------
    fit : FitReport
    accuracy : float or None, and ``accuracy_interval`` at 95 %; None when it does not fit or has no
        labels
    price : Price or None, per inference; None when it does not fit
    n_macs : int, multiply-accumulates of one pass of the equivalent ANN; of every step where it is
        recurrent, or neurons send changes, so that a step is a frame
    figures : tuple of str, names of the profile's figures that yes or no and every number rest on
    remarks : tuple of str, what a reader should know of the run
    arithmetic : str, the numbers the network was run in: the chip's own, or "float32"
    run : Run or None, the network as it was run, and the key of its record

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> deploy(network, load_profile("loihi1"), dataset)
    Report(predicted: fits loihi1: 2 of 128 cores, 157 pJ of events, 13.2 nJ in all with static
           power as running, 125 ns, 100.0 %)
    """

    fit: FitReport
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    price: Price | None
    n_macs: int
    figures: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    arithmetic: str = "float32"
    run: Run | None = None

    @property
    def case(self) -> Case:  # type: ignore[override]
        """What this is the report of."""
        return self.fit.case

    @property
    def dataset(self) -> SpikeDataset:
        """The recordings it was run on, as many steps of them as were run."""
        return self.case.recordings  # type: ignore[return-value]  # deploy refuses a case without

    @property
    def record(self) -> SpikeRecord | None:
        """Every spike, simulated again where it is no longer remembered; None when it does not
        fit.
        """
        return self.run.record if self.run else None

    @property
    def weakest_figure(self) -> tuple[str, str] | None:
        """(kind, name) of the least trustworthy figure this rests on; None where it rests on
        none.
        """
        return weakest((name, self.profile.figure(name)) for name in self.figures)

    @property
    def fits(self) -> bool:
        """Whether it fits the chip."""
        return self.fit.fits

    @property
    def violations(self):
        """Why it does not fit."""
        return self.fit.violations

    @property
    def network(self) -> Network:
        """The network as adapted."""
        return self.fit.network

    @property
    def mapping(self) -> CoreMap:
        """Neurons on cores."""
        return self.fit.mapping

    @property
    def changes(self) -> tuple[Adapted, ...]:
        """What was done to the network, in order; ``drift_by_change`` tells what each cost."""
        return self.fit.adaptation.changes

    @cached_property
    def drift(self) -> Drift | None:
        """What became of the spikes that the network fires as trained; None when it does not
        fit.
        """
        if self.run is None:
            return None
        return drift(
            self.case.network,
            self.run.retimed,
            self.dataset,
            arithmetic=self.arithmetic,
            decode=self.case.decode,
        )

    @cached_property
    def drift_by_change(self) -> DriftByChange | None:
        """What each change, the chip's delays and its integers did to the spikes; None when it does
        not fit, or nothing was done.
        """
        is_counted = ARITHMETICS[self.arithmetic].is_integer
        if self.run is None or not (self._made or is_counted):
            return None
        named = [("as trained", self.case.network)]
        named += [(made.change, made.network) for made in self._made]
        return drift_by_change(
            named, self.dataset, arithmetic=self.arithmetic, decode=self.case.decode
        )

    @property
    def _made(self) -> tuple[Adapted, ...]:
        """All that was done to a network that was run, the chip's delays last."""
        if self.run is None:
            return ()
        late = self.run.retimed.adapted
        return (*self.changes, late) if late.network is not late.before else self.changes

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know. Where a population fell silent, or answers may as well be
        guesses, the change to blame comes first; where one never fires, what brings it back.
        """
        if self.record is None or not self._is_broken:
            return self.remarks
        blamed = tuple(self._blame())
        silenced: tuple[str, ...] = ()
        if self.drift_by_change is not None:
            last = self.drift_by_change.changes[-1].drift
            silenced = tuple(never_fires(p.name) for p in last.populations if p.fell_silent)
        # who was silenced on the way is no fault of the network as trained
        others = tuple(r for r in self.remarks if not r.startswith(silenced))
        cure = (recovery(self.case),) if self._is_silent else ()
        return (*blamed, *cure, *others) if blamed else (*others, *cure)

    @cached_property
    def _is_silent(self) -> bool:
        """Whether a population never fires, or hardly any more."""
        record: SpikeRecord = self.record  # type: ignore[assignment]  # asked for only with one
        firing = [p.name for p in self.network.neuron_populations if p.neuron.fires]
        return not all(record.spike_counts[name].any() for name in firing) or is_quiet(
            self.case, record
        )

    @property
    def _is_broken(self) -> bool:
        chance = 1 / self.record.output_spikes.shape[2]  # type: ignore[union-attr]
        guesses = self.accuracy_interval is not None and self.accuracy_interval[0] <= chance < 1
        return guesses or self._is_silent

    def _blame(self) -> Iterator[str]:
        found = self.drift_by_change
        if found is None or found.blamed is None or found.blamed.drift.blamed is None:
            return
        if found.blamed.drift.blamed.fell_silent or (found.blamed.accuracy_lost or 0) > 0:
            place = found.changes.index(found.blamed)
            headlines = [made.headline for made in self._made]
            made = headlines[place] if place < len(headlines) else found.blamed.change
            yield f"{found.blamed.drift.finding}, after this change: {made}"

    @property
    def n_cores(self) -> int:
        """Cores in use."""
        return self.mapping.n_cores

    @property
    def memory_bits(self) -> int:
        """Synapse memory in use."""
        return self.mapping.memory_bits

    @property
    def area_mm2(self) -> float | None:
        """Silicon in use: of its cores where the area of one is published, else of whole chips."""
        found = area_in_use(self.mapping)
        return found[0] if found else None

    @property
    def utilisation(self) -> Utilisation | None:
        """How much of the chip is in use, beside what there is; None when it does not fit."""
        return utilisation(self.mapping, self.price) if self.price else None

    @property
    def event_energy_j(self) -> float | None:
        """Energy of an inference's events, above a chip that idles; None where not published."""
        return self._of_operation("event_energy_j")

    @property
    def energy_j(self) -> float | None:
        """All energy of an inference that is published, static power over the time occupied
        included; None where that of events is not.
        """
        return self._of_operation("energy_j")

    @property
    def power_w(self) -> float | None:
        """Mean power over the time an inference occupies; None where its energy is not known."""
        return self._of_operation("power_w")

    @property
    def slowest_step_s(self) -> float | None:
        """Time of the slowest step of all recordings; None where it is not published."""
        return self.operation.slowest_step_s if self.operation else None

    @property
    def lag_s(self) -> float | None:
        """Time from the end of a live recording to its answer, by the mean of each step; None where
        it is not published.
        """
        return self.operation.lag_s if self.operation else None

    @property
    def late_share(self) -> float | None:
        """Share of the answers that come after the deadline; None without one, or where times are
        not published.
        """
        return self.operation.late_share if self.operation else None

    @property
    def _is_live(self) -> bool:
        return settle_scenario(self.profile, self.case.scenario) == "real_time"

    def _of_operation(self, name: str) -> float | None:
        interval = getattr(self.operation, name, None)
        return None if interval is None else interval.value

    @property
    def latency_s(self) -> float | None:
        """Mean time per inference; None where it is not published."""
        return self.price.latency_s if self.price else None

    @cached_property
    def uncertainty(self) -> Uncertainty | None:
        """From where to where energy and latency go with the figures of the chip; None when it does
        not fit.
        """
        if self.price is None:
            return None
        return uncertainty(
            Counters(self.record, self.mapping),
            self.profile,
            timing=self.price.timing,
            operation=self.operation,
        )

    @property
    def operation(self) -> Operation | None:
        """What it spends in the case's scenario, and whether it keeps up; None when it does not
        fit.
        """
        return self.operations.get(settle_scenario(self.profile, self.case.scenario))

    @cached_property
    def operations(self) -> dict[Scenario, Operation]:
        """What it spends in each scenario; none where it does not fit."""
        if self.price is None:
            return {}
        dt_s, n_steps = self.dataset.dt_s, self.dataset.n_steps
        return {
            scenario: Operation(
                self.price, self.profile, scenario, dt_s, n_steps, deadline_s=self.case.deadline_s
            )
            for scenario in SCENARIOS
        }

    @cached_property
    def floorline(self) -> Floorline | None:
        """What the chip waits for: memory, compute or traffic, and on which core; None when it does
        not fit.
        """
        return floorline(self.record, self.mapping) if self.price else None

    @property
    def synaptic_operations(self) -> float | None:
        """Mean synaptic operations per inference."""
        return self.price.counts["synaptic_operations"] if self.price else None

    @property
    def weakest_kind(self) -> str | None:
        """Kind of the least trustworthy figure the numbers rest on; None where they rest on
        none.
        """
        return self.weakest_figure[0] if self.weakest_figure else None

    @property
    def finding(self) -> str:
        """Whether it fits, and what it costs there."""
        if self.price is None:
            return self.fit.headline
        said = [self.fit.answer, leading_words(self.operation), self.price.latency_words]
        if self.accuracy is not None:
            said.append(text(self.accuracy, "%"))
        if self.late_share:
            said.append(f"{text(self.late_share, '%')} late")
        return ", ".join(said)

    def _headline(self) -> str:
        return f"predicted: {self.finding}"

    @property
    def compared(self) -> tuple[Quantity, ...]:
        """What two reports are compared by: accuracy, and the cost of the whole."""
        right = "no labels" if self.price and self.accuracy is None else self.accuracy
        worst, best = self.accuracy_interval or (None, None)
        told = {q.name: q for q in self.operation.quantities} if self.operation else {}
        events = Quantity("event_energy_j", "", None, "J")
        every = Quantity("energy_j", "", None, "J")
        of = f"Energy with static power, {'live' if self._is_live else 'stored'} input"
        return (
            Quantity("accuracy", "Accuracy", right, "%", worst, high=best),
            told.get(events.name, events)._replace(
                label="Energy per inference, events", kind=self._kind(but=OF_LATENCY)
            ),
            told.get(every.name, every)._replace(label=of, low=None, high=None, kind=self._kind()),
            Quantity("latency_s", "Latency", self.latency_s, "s", kind=self._kind(but=OF_ENERGY)),
            *(self.price.of_least_latency if self.price else ()),
            self.mapping.of_cores._replace(label="Cores"),
            Quantity("memory_bits", "Synapse memory", self.memory_bits, "bits"),
            Quantity("synaptic_operations", "Synaptic operations", self.synaptic_operations),
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        if self.utilisation is None:
            return self.fit.quantities
        changes = (q for q in self.fit.adaptation.quantities if q.of)
        accuracy, *costs = self.compared
        return (
            accuracy,
            *published_accuracy(self.profile),
            *costs,
            *self._of_parts(),
            *self._in_operation(),
            *idle_rows(self.operation),
            *changes,
            *self.utilisation.quantities,
        )

    def _notes(self) -> tuple[str, ...]:
        if self.price is None:
            return self.fit.notes
        held = ", ".join(
            figure.removeprefix("energy_")
            for figure, by in self.profile.included.items()
            if by == "static_power"
        )
        missing = ", ".join(dict.fromkeys(self.price.not_published)).replace("_", " ")
        least = "none: this rests on no figure of the chip"
        if self.weakest_figure is not None:
            least = "{} ({})".format(*self.weakest_figure).replace("_", " ")
        exact = ARITHMETICS[self.arithmetic].is_integer
        late = self.operation.lateness if self.operation else ""
        not_priced = ", ".join((*self.price.of_inputs_left_out, NOT_PRICED))
        return (
            *([late] if late else []),
            *self.warnings,
            *filter(None, (self.fit.laid_out_by,)),
            *self.fit.notes,
            f"Not priced, since not published: {not_priced}",
            *([f"Part of the static energy: {held.replace('_', ' ')}"] if held else []),
            *([f"Not published for this chip: {missing}"] if missing else []),
            *self.price.notes,
            *(self.operation.cautions if self.operation else ()),
            *filter(None, [self.alternatives().verdict]),
            f"Neurons count in {'integers, as the chip does' if exact else 'float32'}",
            f"Weakest figure: {least}",
        )

    def _kind(self, *, but: tuple[str, ...] = ()) -> str | None:
        """The weakest kind of what the price rests on, but for figures whose names begin so."""
        names = [f for f in self.price.figures if not f.startswith(but)] if self.price else []
        kind, _ = weakest((name, self.profile.figure(name)) for name in names) or (None, "")
        return kind

    def _of_parts(self) -> Iterator[Quantity]:
        price: Price = self.price  # type: ignore[assignment]  # asked for only where there is one
        static, static_j = "Static energy meanwhile", price.static_energy_j
        busiest = None if self.latency_s is None else float(price.core_loads.max())
        yield Quantity("static_energy_j", static, static_j, "J", of="Whole chip")
        yield Quantity("n_steps", "Steps", price.n_steps, of="Each inference")
        yield Quantity("load", "Works, of its busiest step", busiest, "%", of="Busiest core")
        of = "All chips" if self.profile.has("cores_per_chip") else "The chip"
        area, figure = area_in_use(self.mapping) or (None, "")
        of = "Cores in use" if figure == "core_area" else of
        kind = self.profile.figure(figure).kind if figure else None
        yield Quantity("area_mm2", "Area", area, "mm2", kind=kind, of=of)
        yield Quantity("n_macs", "Multiply-accumulates", self.n_macs, of="Same ANN")
        label, energy_j = "Energy, arithmetic alone at 45 nm", self.n_macs * ANN_MAC.si
        yield Quantity("energy_j", label, energy_j, "J", kind=ANN_MAC.kind, of="Same ANN")

    def _in_operation(self) -> Iterator[Quantity]:
        """What stored and live input take: energy and power with static power, and the pace."""
        told = {"occupied_s", "energy_j", "power_w", "slowest_step_s", *OF_PACE}
        for scenario in ("single_stream", "real_time"):
            of = SCENARIOS[scenario].capitalize()
            for quantity in self.operations[scenario].quantities:
                if quantity.name in told:
                    yield quantity._replace(of=of, kind=self._kind())

    def compare(self, after: "Report") -> "Comparison":
        """Set this report beside another, both in the scenario of this one.

        Parameters
        ----------
        after : Report

        Returns
        -------
        Comparison
        """
        expect(after, Report, "after", "sf.deploy(network, profile, dataset, design=...)")
        scenario = settle_scenario(self.profile, self.case.scenario)
        return Comparison(self, after._in_scenario(scenario))

    def _in_scenario(self, scenario: Scenario) -> "Report":
        """The same run, priced for input that comes in another way."""
        if settle_scenario(self.profile, self.case.scenario) == scenario:
            return self
        case = replace(self.case, scenario=scenario)
        return replace(self, fit=replace(self.fit, case=case))

    def _card(self) -> tuple[str, ...]:
        if self.utilisation is None:
            return self.fit._card()
        adaptation = self.fit.adaptation
        made = folded("What was done to the network", adaptation.table()) if self.changes else ""
        return (
            f"Predicted: {self.finding} ({self.design.words}, {self.dataset.name})",
            listed(self._of_parts()),
            grid((q for q in self._in_operation() if q.name in SHOWN), "In operation"),
            listed(idle_rows(self.operation)),
            made,
            folded("Utilisation", self.utilisation.table()),
            folded("Sources of the figures", self._sources()),
        )

    def _sources(self) -> str:
        """Each source once, with the figures that rest on it."""
        names: dict[tuple[str, str], list[str]] = {}
        area = area_in_use(self.mapping)
        published = (q.name for q in published_accuracy(self.profile))
        for name in dict.fromkeys((*self.figures, *(area[1:] if area else ()), *published)):
            figure = self.profile.figure(name)
            names.setdefault((figure.source, figure.kind), []).append(name.replace("_", " "))
        rows = [(", ".join(of), kind, source) for (source, kind), of in names.items()]
        rows.append(("multiply-accumulate of an ANN", ANN_MAC.kind, ANN_MAC.source))
        return table(rows, header=("Figures", "Kind", "Source"))
