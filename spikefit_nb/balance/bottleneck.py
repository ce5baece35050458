"""Give cores to the layers that the chip waits for, again and again."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

from spikefit_nb.balance.auto import Auto
from spikefit_nb.balance.spreading import SAME_ANYWHERE, few_recordings
from spikefit_nb.balance.tries import Confirmed, Shapes, Tries
from spikefit_nb.errors import DesignProblem
from spikefit_nb.frozen import Frozen
from spikefit_nb.mapping import CoreMap, Partitioner, can_be_cut, partitioner_named
from spikefit_nb.simulate import SpikeRecord

CONFIRMED = 2  # of a round, replayed
PATIENCE = 2  # rounds without a shorter run, after which nothing more is expected


@dataclass(frozen=True, eq=False)
class Bottleneck(Frozen):
    """From what ``Auto`` chooses, give cores to the layers that the chip waits for, as long as runs
    become shorter.

    A replay tells how long the busiest core of each layer works in each step: the longest of them
    is what the chip waits for. Layers share the cores anew, a few at a time to the one that is
    waited for most; on more cores and on fewer, and with one layer after another cut in another
    shape, ``predict`` tells how much longer or shorter each layer's busiest core would work. The
    best are replayed, and what is shortest then is where the next round begins. Each layer is cut
    into pieces of equal work: synaptic operations and updates, by the rates of the run. What is
    kept is within every limit of a core and of the chip.

    Parameters
    ----------
    shapes : tuple of Partitioner or str, each tried where there are maps
    core_budget : int or None, at most so many cores; None: all of the chip
    growth : float, by how much the energy of events may grow, as a share
    n_rounds : int, at most

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
    n_rounds: int = 8

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
        if not can_be_cut(mapping.profile):
            return mapping
        record = few_recordings(record, mapping.network)
        tries = Tries(record, mapping, self.growth, self.core_budget, neurons_per_core)
        best = tries.first
        if best.price.latency_s is None or best.price.timing in SAME_ANYWHERE:
            return mapping
        auto = Auto(self.shapes, core_budget=self.core_budget, growth=self.growth)
        base = tries.confirm(auto.choose(record, mapping, neurons_per_core=neurons_per_core))
        best = min((best, base), key=tries.seconds)
        n_longer, seen = 0, set[bytes]()
        for _ in range(self.n_rounds):
            found = min(self._round(tries, base, seen), key=tries.seconds, default=None)
            if found is None:
                break
            if base.shapes is None or tries.seconds(found) < tries.seconds(base):
                base = found
            n_longer = 0 if tries.seconds(found) < tries.seconds(best) else n_longer + 1
            best = min((best, found), key=tries.seconds)
            if n_longer == PATIENCE:
                break
        return best.mapping

    def _round(self, tries: Tries, base: Confirmed, seen: set[bytes]) -> Iterator[Confirmed]:
        """Ask of many ways what a run would take, and replay the best that are new."""
        proposed = [
            proposal
            for shapes in self._ways_to_cut(base)
            for proposal in tries.propose(base, shapes)
            if proposal.mapping.core_of.tobytes() not in seen
        ]
        proposed.sort(key=lambda proposal: proposal.expected_s)
        for _, mapping, shapes in proposed[:CONFIRMED]:
            seen.add(mapping.core_of.tobytes())
            yield tries.confirm(mapping, shapes)

    def _ways_to_cut(self, base: Confirmed) -> list[Shapes]:
        """As it is, and each map in every other shape; all alike where nothing is known yet."""
        populations, now = base.mapping.network.neuron_populations, base.shapes
        maps = [p.name for p in populations if len(p.shape) == 3]
        known = [partitioner_named(shape) for shape in self.shapes[: None if maps else 1]]
        if now is None:
            return [{p.name: shape for p in populations} for shape in known]
        others = ({**now, name: shape} for name in maps for shape in known if shape != now[name])
        return [now, *others]
