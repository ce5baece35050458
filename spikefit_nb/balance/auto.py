"""Give cores in proportion to work, and ask only what a run is predicted to cost."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from heapq import heapify, heapreplace
from typing import Any

import numpy as np

from spikefit_nb.balance.spreading import (
    SAME_ANYWHERE,
    few_recordings,
    in_turn,
    is_within,
    n_cores_by_population,
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

SYNAPSES = 2_000_000  # laid out in all: small networks are tried in more ways
FEWEST, MOST = 3, 48  # ways that are tried
MANY = 20  # from so many on, even cuts are tried too, and the best are replayed
CONFIRMED = 3
STEP = 0.875  # of the cores of one try, those of the next

Tried = tuple[float, CoreMap]  # seconds of a run, and where it lies


@dataclass(frozen=True, eq=False)
class Auto(Frozen):
    """Choose cuts and cores by what the scenario asks for.

    Stored input: the shortest run. Each layer gets cores until all have about as much work, for
    several numbers of cores; ``predict`` tells which is best. Of small networks even cuts are tried
    too, and the best are replayed. Live input: of cores filled up in every shape, the fewest on
    which each step ends before the next arrives, and of these the least energy of events; where
    none keeps up, the shortest run.

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
        if scenario not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise DesignProblem(f"scenario is {scenario!r}; it must be one of {known}.")
        if not can_be_cut(mapping.profile):
            return mapping
        record = few_recordings(record, mapping.network)
        if scenario != "real_time":
            return self._shortest(record, mapping, neurons_per_core)
        if dt_s is None:
            raise DesignProblem("dt_s is None; live input has a time a step, such as 1e-3.")
        arrivals = Arrivals(dt_s, record.n_steps)
        return self._fewest(record, mapping, neurons_per_core, arrivals)

    def _shortest(self, record: SpikeRecord, mapping: CoreMap, neurons_per_core: Any) -> CoreMap:
        network, profile = mapping.network, mapping.profile
        rates = FiringRates.of(record, network)
        now = predict(rates, mapping)
        if now.latency_s is None or now.timing in SAME_ANYWHERE:
            return mapping
        most = most_neurons(network, profile, neurons_per_core)
        most_j = np.inf if now.energy_j is None else now.energy_j * (1 + self.growth)
        found: list[Tried] = [(now.latency_s, mapping)]

        def latency_of(tried: CoreMap) -> float:
            """Seconds of a run, kept in mind where the mapping may be chosen."""
            price = predict(rates, tried)
            if not is_within(tried, most) or (price.energy_j or 0.0) > most_j:
                return np.inf
            found.append((price.latency_s or np.inf, tried))
            return found[-1][0]

        self._try_ways(mapping, work_of(rates, network, profile), latency_of)
        found.sort(key=lambda way: way[0])
        if _n_tried(network) < MANY:
            return found[0][-1]
        best = [tried for _, tried in found[:CONFIRMED]]
        return min(best, key=lambda tried: replay(record, tried).latency_s or np.inf)

    def _try_ways(
        self,
        mapping: CoreMap,
        work: dict[str, np.ndarray],
        latency_of: Callable[[CoreMap], float],
    ) -> None:
        """Try even cuts of a small network, then the shape that is quickest on all cores, on fewer
        and fewer.
        """
        network, n_tried = mapping.network, _n_tried(mapping.network)
        has_maps = any(len(p.shape) == 3 for p in network.neuron_populations)
        shapes = [partitioner_named(shape) for shape in self.shapes[: None if has_maps else 1]]
        is_small = n_tried >= MANY
        totals = self._totals(mapping, n_tried // 2 if is_small else n_tried - len(shapes) + 1)
        if not totals:
            return
        if is_small:
            for even in self._even(mapping, n_tried // 2):
                latency_of(even)
        shares = shares_of(work, n_cores_by_population(mapping), totals)

        def cut(shape: Partitioner, n_cores: Mapping[str, int]) -> CoreMap:
            return in_turn(mapping, _pieces(network, shape, n_cores, work))

        quickest = int(np.argmin([latency_of(cut(shape, shares[0])) for shape in shapes]))
        for n_cores in shares[1:]:
            latency_of(cut(shapes[quickest], n_cores))

    def _totals(self, mapping: CoreMap, most_tried: int) -> list[int]:
        """Numbers of cores to be tried, from many to few."""
        n_neurons = mapping.network.n_neurons
        limits = self.core_budget or n_neurons, mapping.chip_n_cores or n_neurons, n_neurons
        most, least = min(limits), sum(n_cores_by_population(mapping).values())
        wanted = (int(most * STEP**k) for k in range(most_tried))
        return list(dict.fromkeys(total for total in wanted if total >= least))

    def _even(self, mapping: CoreMap, most_tried: int) -> Iterator[CoreMap]:
        """Every layer in pieces of at most so many neurons, as ``neurons_per_core`` has it."""
        sizes = {p.name: p.n_neurons for p in mapping.network.neuron_populations}
        limit = min(self.core_budget or np.inf, mapping.chip_n_cores or np.inf)
        cuts = {tuple(-(-n // k) for n in sizes.values()): k for k in range(1, max(sizes.values()))}
        fitting = [k for cut, k in cuts.items() if sum(cut) <= limit]
        for k in fitting[:most_tried]:
            pieces = {}
            for name, n in sizes.items():
                pieces[name] = np.arange(n) // -(-n // -(-n // k))
            yield in_turn(mapping, pieces)

    def _fewest(
        self, record: SpikeRecord, mapping: CoreMap, neurons_per_core: Any, arrivals: Arrivals
    ) -> CoreMap:
        """The mapping of the fewest cores, and of these the least energy, that keeps up."""
        network, profile = mapping.network, mapping.profile
        filled = [mapping]
        for shape in self.shapes:
            fill = map_network(
                network,
                profile,
                neurons_per_core=neurons_per_core,
                partition=shape,
                core_budget=1,  # so few that weights are stored once where a core can
            )
            if is_within(fill, most_neurons(network, profile, neurons_per_core)):
                filled.append(fill)
        prices = [replay(record, tried, arrivals=arrivals) for tried in filled]
        able = [
            (tried.n_cores, price.energy_j or 0.0, k)
            for k, (tried, price) in enumerate(zip(filled, prices, strict=True))
            if price.pace is None or not price.pace.n_missed.any()
        ]
        if able:
            return filled[min(able)[-1]]
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


def _pieces(
    network: Network,
    shape: Partitioner,
    n_cores: Mapping[str, int],
    work: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    return {
        p.name: equal_work(shape, p, n_cores[p.name], work[p.name])
        for p in network.neuron_populations
    }


def _n_tried(network: Network) -> int:
    return int(np.clip(SYNAPSES // max(1, network.n_synapses), FEWEST, MOST))
