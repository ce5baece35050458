"""Give the layer that the chip waits for more cores, again and again."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from spikefit_nb.balance.spreading import (
    SAME_ANYWHERE,
    cores_by_population,
    few_recordings,
    in_turn,
    is_within,
    n_cores_by_population,
)
from spikefit_nb.balance.work import work_of
from spikefit_nb.errors import DesignProblem
from spikefit_nb.frozen import Frozen
from spikefit_nb.mapping import (
    CoreMap,
    Partitioner,
    can_be_cut,
    equal_work,
    most_neurons,
    partitioner_named,
)
from spikefit_nb.replay import FiringRates, Price, replay_by_core
from spikefit_nb.simulate import SpikeRecord

SHARE = 0.1  # of its cores that the layer which is waited for gets more
PATIENCE = 12  # rounds without a shorter run, after which nothing more is expected


@dataclass(frozen=True, eq=False)
class Bottleneck(Frozen):
    """Give the layer whose core is busiest most of the time a tenth more cores, price the run
    again, and so on; of all that was seen, keep the shortest run.

    Each layer is cut into pieces of equal work: synaptic operations and updates, by the rates of
    the run. What is kept is within every limit of a core and of the chip.

    Parameters
    ----------
    shapes : tuple of Partitioner or str, each tried
    core_budget : int or None, at most so many cores; None: all of the chip
    growth : float, by how much the energy of events may grow, as a share
    n_rounds : int, prices asked for at most, of each shape

    Raises
    ------
    DesignProblem
        ``core_budget`` or ``n_rounds`` is below 1, or ``growth`` below 0.
    UnknownName
        There is no partitioner of that name.

    References
    ----------
    That the busiest core sets how long a step lasts: Yik et al., arXiv 2511.21549.

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
    >>> filled.n_cores, Bottleneck().spread(record, filled).n_cores > 2
    (2, True)
    """

    shapes: tuple[Partitioner | str, ...] = ("layers", "tiles")
    _: KW_ONLY
    core_budget: int | None = None
    growth: float = 0.05
    n_rounds: int = 80

    def __post_init__(self) -> None:
        for name, least in (("core_budget", 1), ("n_rounds", 1), ("growth", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise DesignProblem(f"{name} is {value}; it must be {least} or more.")
        for shape in self.shapes:
            partitioner_named(shape)

    def spread(
        self, record: SpikeRecord, mapping: CoreMap, *, neurons_per_core: Any = None
    ) -> CoreMap:
        """Give cores to what the chip waits for.

        Parameters
        ----------
        record : SpikeRecord, of events
        mapping : CoreMap, of the network that was run, to begin with
        neurons_per_core : as of ``map_network``

        Returns
        -------
        CoreMap, the one given where no other is quicker, or no times are published
        """
        network, profile = mapping.network, mapping.profile
        if not can_be_cut(profile):
            return mapping
        most = most_neurons(network, profile, neurons_per_core)
        record = few_recordings(record, network)
        first, _ = replay_by_core(record, mapping)
        if first.latency_s is None or first.timing in SAME_ANYWHERE:
            return mapping
        best, best_s = mapping, first.latency_s
        work = work_of(FiringRates.of(record, network), network, profile)
        most_j = np.inf if first.energy_j is None else first.energy_j * (1 + self.growth)
        for shape in map(partitioner_named, self.shapes):
            for tried, price in self._rounds(record, mapping, shape, work):
                is_quicker = price.latency_s is not None and price.latency_s < best_s
                if is_quicker and (price.energy_j or 0) <= most_j and is_within(tried, most):
                    best, best_s = tried, price.latency_s or 0.0
        return best

    def _rounds(
        self,
        record: SpikeRecord,
        mapping: CoreMap,
        shape: Partitioner,
        work: dict[str, np.ndarray],
    ) -> Iterator[tuple[CoreMap, Price]]:
        """Mappings, each with more cores where the one before was waited for, and their prices."""
        network, n_cores = mapping.network, n_cores_by_population(mapping)
        budget = min(self.core_budget or np.inf, mapping.chip_n_cores or np.inf)
        shortest_s, n_longer = np.inf, 0
        for _ in range(self.n_rounds):
            able = {name: n for name, n in n_cores.items() if n < network[name].n_neurons}
            if sum(n_cores.values()) > budget or n_longer > PATIENCE or not able:
                return
            pieces = {
                p.name: equal_work(shape, p, n_cores[p.name], work[p.name])
                for p in network.neuron_populations
            }
            tried = in_turn(mapping, pieces)
            price, core_s = replay_by_core(record, tried)
            yield tried, price
            run_s = price.latency_s or 0.0
            n_longer = 0 if run_s < shortest_s else n_longer + 1
            shortest_s, waits_s = min(shortest_s, run_s), _waited_for(tried, core_s)
            name = max(able, key=lambda name: waits_s[name])
            n_cores[name] = min(network[name].n_neurons, n_cores[name] + _more(n_cores[name]))


def _more(n_cores: int) -> int:
    return int(np.ceil(SHARE * n_cores))


def _waited_for(mapping: CoreMap, core_s: np.ndarray) -> dict[str, float]:
    """Seconds of all steps in which a core of each population is the busiest of all."""
    wait_s = np.bincount(core_s.argmax(axis=1), core_s.max(axis=1), mapping.n_cores)
    return {
        name: float(wait_s[cores].sum()) for name, cores in cores_by_population(mapping).items()
    }
