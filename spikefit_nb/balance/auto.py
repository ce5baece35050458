"""Give cores in proportion to work, and ask only what a run is predicted to cost."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from heapq import heapify, heapreplace
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.balance.estimate import Estimate, Pieces
from spikefit_nb.balance.spreading import (
    SAME_ANYWHERE,
    few_recordings,
    in_turn,
    is_within,
    n_cores_by_population,
    rates_of_few,
)
from spikefit_nb.balance.work import work_of
from spikefit_nb.errors import DesignProblem
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware import SCENARIOS, Scenario
from spikefit_nb.mapping import (
    PARTITIONERS,
    CoreMap,
    Partitioner,
    can_be_cut,
    equal_work,
    map_network,
    most_neurons,
    partitioner_named,
)
from spikefit_nb.network import Network
from spikefit_nb.replay import Arrivals, FiringRates, predict, replay
from spikefit_nb.simulate import SpikeRecord
from spikefit_nb.units import text

SYNAPSES = 2_000_000  # laid out in all, of maps: small networks are tried in more ways
FEWEST, MOST = 3, 24  # numbers of cores that are tried
FEW_SYNAPSES = 100_000  # up to which even maps are ranked by an estimate
EVEN = 24  # even cuts that are ranked with the others
PREDICTED, LOOKED_AT = 3, 12  # of the best that are within all limits; of the best at all
STEP = 0.875  # of the cores of one try, those of the next


class Way(NamedTuple):
    """Pieces of each population, every one for a core of its own, and in words how they are cut."""

    pieces: Pieces
    words: str

    @classmethod
    def of(
        cls,
        network: Network,
        shape: Partitioner,
        n_cores: Mapping[str, int],
        work: Mapping[str, np.ndarray],
    ) -> "Way":
        """Pieces of equal work in a shape, so many of each population."""
        pieces = {
            p.name: equal_work(shape, p, n_cores[p.name], work[p.name])
            for p in network.neuron_populations
        }
        return cls(pieces, f"each layer cut into pieces of equal work ({_named(shape).lower()})")


class Choice(NamedTuple):
    """Where a network is to lie, and why, in words."""

    mapping: CoreMap
    why: str


@dataclass(frozen=True, eq=False)
class Auto(Frozen):
    """Choose cuts and cores by what the scenario asks for.

    Stored input: the shortest run. Each layer gets cores until all have about as much work, for
    several numbers of cores, or as many neurons as the cores of other layers. An estimate from
    counts ranks these ways, and ``predict`` tells which of the best is shortest; of large maps, of
    which nothing is known before they are laid out, it is asked of few ways. Live input: of cores
    filled up in every shape, the fewest on which each step ends before the next arrives, and of
    these the least energy of events; where none keeps up, the shortest run.

    Parameters
    ----------
    shapes : tuple of Partitioner or str, each tried where there are maps
    core_budget : int or None, at most so many cores; None: all of the chip
    growth : float, by how much the energy of events may grow for a shorter run, as a share

    Raises
    ------
    DesignProblem
        ``core_budget`` is below 1, or ``growth`` below 0.
    UnknownName
        There is no partitioner of that name.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.simulate import simulate
    >>> network, data = load_network("digits"), load_dataset("digits").take(9)
    >>> record = simulate(network, data, record="events")
    >>> filled = map_network(network, load_profile("loihi1"))
    >>> quick = Auto().choose(record, filled)
    >>> live = Auto().choose(record, filled, scenario="real_time", dt_s=1e-3)
    >>> filled.n_cores, quick.n_cores > 20, live.n_cores
    (2, True, 2)
    """

    shapes: tuple[Partitioner | str, ...] = tuple(PARTITIONERS)
    _: KW_ONLY
    core_budget: int | None = None
    growth: float = 0.05

    def __post_init__(self) -> None:
        for name, least in (("core_budget", 1), ("growth", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise DesignProblem(f"{name} is {value}; it must be {least} or more.")
        for shape in self.shapes:
            partitioner_named(shape)

    def choose(
        self,
        record: SpikeRecord,
        mapping: CoreMap,
        *,
        scenario: Scenario = "single_stream",
        dt_s: float | None = None,
        neurons_per_core: Any = None,
    ) -> CoreMap:
        """Choose cuts and cores for a run.

        Parameters
        ----------
        record : SpikeRecord, of events
        mapping : CoreMap, of the network that was run, to begin with
        scenario : str, one of SCENARIOS
        dt_s : float or None, seconds of a step of live input
        neurons_per_core : as of ``map_network``

        Returns
        -------
        CoreMap, the one given where no other is better

        Raises
        ------
        DesignProblem
            Live input has no ``dt_s``, or there is no such scenario.
        """
        return self.choice(
            record, mapping, scenario=scenario, dt_s=dt_s, neurons_per_core=neurons_per_core
        ).mapping

    def choice(
        self,
        record: SpikeRecord,
        mapping: CoreMap,
        *,
        scenario: Scenario = "single_stream",
        dt_s: float | None = None,
        neurons_per_core: Any = None,
    ) -> Choice:
        """Choose as ``choose`` does, and say why.

        Parameters
        ----------
        record, mapping, scenario, dt_s, neurons_per_core : as of ``choose``

        Returns
        -------
        Choice, of a mapping and a sentence

        Raises
        ------
        DesignProblem
            Live input has no ``dt_s``, or there is no such scenario.
        """
        if scenario not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise DesignProblem(f"scenario is {scenario!r}; it must be one of {known}.")
        if not can_be_cut(mapping.profile):
            return Choice(mapping, "")
        if scenario != "real_time":
            return self._shortest(record, mapping, neurons_per_core)
        if dt_s is None:
            raise DesignProblem("dt_s is None; live input has a time a step, such as 1e-3.")
        record = few_recordings(record, mapping.network)
        arrivals = Arrivals(dt_s, record.n_steps)
        return self._fewest(record, mapping, neurons_per_core, arrivals)

    def _shortest(self, record: SpikeRecord, mapping: CoreMap, neurons_per_core: Any) -> Choice:
        network, profile = mapping.network, mapping.profile
        rates = rates_of_few(record, network)
        now = predict(rates, mapping)
        if now.latency_s is None:
            return Choice(mapping, "how long a run takes is not published")
        if now.timing in SAME_ANYWHERE:
            return Choice(mapping, "a run takes as long on any others")
        most = most_neurons(network, profile, neurons_per_core)
        most_j = np.inf if now.energy_j is None else now.energy_j * (1 + self.growth)
        found: list[tuple[float, Choice]] = []

        def latency_of(way: Way) -> float:
            """Seconds of a run, kept in mind where the mapping may be chosen."""
            tried = in_turn(mapping, way.pieces)
            price = predict(rates, tried) if is_within(tried, most) else None
            if price is None or (price.energy_j or 0.0) > most_j:
                return np.inf
            found.append((price.latency_s or np.inf, Choice(tried, way.words)))
            return found[-1][0]

        self._try_ways(rates, mapping, latency_of)
        latency_s, best = min(found, key=lambda way: way[0], default=(np.inf, None))
        if best is None or latency_s >= now.latency_s:
            return Choice(mapping, "no other way that was tried makes a run shorter")
        expected = f"{text(latency_s, 's')} expected in place of {text(now.latency_s, 's')}"
        return best._replace(why=f"{best.why}, for the shortest run: {expected}")

    def _try_ways(
        self, rates: FiringRates, mapping: CoreMap, latency_of: Callable[[Way], float]
    ) -> None:
        """Try what an estimate ranks first; of large maps the shape that is quickest on all cores,
        on fewer and fewer.
        """
        network, profile = mapping.network, mapping.profile
        has_maps = any(len(p.shape) == 3 for p in network.neuron_populations)
        shapes = [partitioner_named(shape) for shape in self.shapes[: None if has_maps else 1]]
        is_ranked = not has_maps or network.n_synapses <= FEW_SYNAPSES
        totals = self._totals(mapping, MOST if is_ranked else _n_tried(network))
        work = work_of(rates, network, profile)
        shares = shares_of(work, n_cores_by_population(mapping), totals)
        ways = ([Way.of(network, shape, n_cores, work) for shape in shapes] for n_cores in shares)
        if is_ranked:
            estimate = Estimate(rates, network, profile)
            known = [*chain(*ways), *self._even(mapping)]
            known.sort(key=lambda way: estimate.step_s(way.pieces))
            able = (way for way in known[:LOOKED_AT] if latency_of(way) < np.inf)
            deque(islice(able, PREDICTED), maxlen=0)
            return
        first = next(ways, [])
        quickest = int(np.argmin([latency_of(way) for way in first])) if first else 0
        for alike in ways:
            latency_of(alike[quickest])

    def _totals(self, mapping: CoreMap, most_tried: int) -> list[int]:
        """Numbers of cores to be tried, from many to few."""
        n_neurons = mapping.network.n_neurons
        limits = self.core_budget or n_neurons, mapping.chip_n_cores or n_neurons, n_neurons
        most, least = min(limits), sum(n_cores_by_population(mapping).values())
        wanted = (int(most * STEP**k) for k in range(most_tried))
        return list(dict.fromkeys(total for total in wanted if total >= least))

    def _even(self, mapping: CoreMap) -> Iterator[Way]:
        """Every layer in pieces of at most so many neurons, as ``neurons_per_core`` has it."""
        sizes = {p.name: p.n_neurons for p in mapping.network.neuron_populations}
        limit = min(self.core_budget or np.inf, mapping.chip_n_cores or np.inf)
        cuts = {tuple(-(-n // k) for n in sizes.values()): k for k in range(1, max(sizes.values()))}
        fitting = [k for cut, k in cuts.items() if sum(cut) <= limit]
        for k in fitting[:EVEN]:
            pieces = {}
            for name, n in sizes.items():
                pieces[name] = np.arange(n) // -(-n // -(-n // k))
            yield Way(pieces, f"each layer cut into pieces of at most {k} neurons")

    def _fewest(
        self, record: SpikeRecord, mapping: CoreMap, neurons_per_core: Any, arrivals: Arrivals
    ) -> Choice:
        """The mapping of the fewest cores, and of these the least energy, that keeps up."""
        network, profile = mapping.network, mapping.profile
        filled = {mapping.core_of.tobytes(): Choice(mapping, "filled up layer by layer")}
        for shape in self.shapes:
            fill = map_network(
                network,
                profile,
                neurons_per_core=neurons_per_core,
                partition=shape,
                core_budget=1,  # so few that weights are stored once where a core can
            )
            if is_within(fill, most_neurons(network, profile, neurons_per_core)):
                filled.setdefault(
                    fill.core_of.tobytes(), Choice(fill, f"filled up as {_named(shape)}")
                )
        ways = list(filled.values())
        prices = [replay(record, tried.mapping, arrivals=arrivals) for tried in ways]
        able = [
            (tried.mapping.n_cores, price.energy_j or 0.0, k)
            for k, (tried, price) in enumerate(zip(ways, prices, strict=True))
            if price.pace is None or not price.pace.n_missed.any()
        ]
        if able:
            best = ways[min(able)[-1]]
            return best._replace(
                why=f"{best.why}, the fewest on which each step ends before the next arrives"
            )
        return self._shortest(record, mapping, neurons_per_core)


def shares_of(
    work: Mapping[str, np.ndarray], least: Mapping[str, int], totals: list[int]
) -> list[dict[str, int]]:
    """Cores of each population for each total, from many to few: one more at a time to where a core
    has most work.
    """
    n_cores, shares = dict(least), {}
    waiting = [(-float(work[name].sum()) / n, name) for name, n in least.items()]
    heapify(waiting)
    done = sum(n_cores.values())
    for total in sorted(totals):
        while done < total and waiting[0][0] < np.inf:
            name = waiting[0][1]
            if n_cores[name] < work[name].size:
                n_cores[name] += 1
                done += 1
                heapreplace(waiting, (-float(work[name].sum()) / n_cores[name], name))
            else:
                heapreplace(waiting, (np.inf, name))
        shares[total] = dict(n_cores)
    return [shares[total] for total in totals]


def _named(shape: Partitioner | str) -> str:
    return shape if isinstance(shape, str) else type(shape).__name__


def _n_tried(network: Network) -> int:
    return int(np.clip(SYNAPSES // max(1, network.n_synapses), FEWEST, MOST))
