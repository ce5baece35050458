"""What would make a network fit: changes that are really tried, the mildest of each kind, and what
they cost.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations
from math import ceil

from spikefit_nb.adapt import Design, prune_to_free
from spikefit_nb.adapt.suit import as_the_chip_demands
from spikefit_nb.case import Case, OfCase
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit.judge import judgement_of, mapping_of
from spikefit_nb.fit.kinds_of_change import (
    CURED_BY,
    PRUNING_TRIED,
    Settings,
    cured_by,
    in_words,
    kinds_of_change,
)
from spikefit_nb.hardware import HardwareProfile, Need, Sourced
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network
from spikefit_nb.progress import phase
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay import replay
from spikefit_nb.simulate import SpikeRecord

Found = tuple[Settings, int]  # settings that fit, and the chips they take
OF_EACH_CHIP = (  # figures of which several chips have so many times as much
    "cores",
    "mesh_rows",
    "neurons_per_chip",
    "synapses_per_chip",
    "chip_memory",
    "static_power",
    "static_power_before_boot",
    "static_power_after_run",
    "active_power",
    "x86_power",
    "area",
)
FREED = {  # figure: what pruning frees to bring a network within its limit
    "axons_in_per_core": "axons",
    "axons_out_per_core": "axons",
    "synapse_memory_per_core": "memory",
    "chip_memory": "memory",
    "cores": "cores",
    "core_budget": "cores",
}


@dataclass(frozen=True, eq=False, repr=False)
class Remedy(OfCase, Result):
    """A change that was tried, mapped and fits, with what it takes.

    Parameters
    ----------
    changes : tuple of str, what to do, in words
    case : Case, with the network to deploy instead, the design to deploy it with, and the chip to
        deploy it on: several chips count as one with more cores
    mapping : CoreMap
    accuracy : float or None, of the network so changed; None when no data was given
    n_chips : int
    packets_between_chips, energy_between_chips_j : float or None, per inference, of several chips,
        and what the links take; None when no data was given, or no energy is published

    Examples
    --------
    >>> from spikefit_nb.fit import check_fit
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> remedy, *_ = check_fit(load_network("digits"), load_profile("truenorth")).remedies
    >>> remedy, remedy.design
    (Remedy(weights of 2 bits), Design(weight_bits=2))
    """

    changes: tuple[str, ...]
    case: Case
    mapping: CoreMap
    accuracy: float | None = None
    n_chips: int = 1
    packets_between_chips: float | None = None
    energy_between_chips_j: float | None = None

    @property
    def network(self) -> Network:
        """The network to deploy."""
        return self.case.network

    @property
    def n_synapses(self) -> int:
        """Synapses left after the change."""
        return self.mapping.network.n_synapses

    @property
    def cost(self) -> tuple:
        """What remedies are ranked by: accuracy where it was measured, then chips, cores and
        synapse memory.
        """
        lost = 0.0 if self.accuracy is None else -self.accuracy
        return lost, self.n_chips, self.mapping.n_cores, self.mapping.memory_bits

    def _headline(self) -> str:
        return "; ".join(self.changes)

    def _quantities(self) -> tuple[Quantity, ...]:
        accuracy = Quantity("accuracy", "Accuracy", self.accuracy, "%")
        return (
            Quantity("n_chips", "Chips", self.n_chips),
            Quantity("n_cores", "Cores", self.mapping.n_cores),
            Quantity("memory_bits", "Synapse memory", self.mapping.memory_bits, "bits"),
            Quantity("n_synapses", "Synapses left", self.n_synapses),
            *(self._of_links() if self.n_chips > 1 else ()),
            *([] if self.accuracy is None else [accuracy]),
        )

    @property
    def is_chips_alone(self) -> bool:
        """Whether nothing changes but the number of chips."""
        return self.changes == (f"{self.n_chips} chips",)

    def _of_links(self) -> Iterator[Quantity]:
        """What the cut between chips costs."""
        axons = self.mapping.axons_between_chips
        yield Quantity("axons_between_chips", "Axons between chips", axons)
        packets, energy_j = self.packets_between_chips, self.energy_between_chips_j
        if packets is not None:
            yield Quantity("packets_between_chips", "Packets between chips", packets)
        if energy_j is not None:
            yield Quantity("energy_between_chips_j", "Energy of links between chips", energy_j, "J")

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


@phase("Trying remedies")
def find_remedies(case: Case, needs: Sequence[Need]) -> tuple[Remedy, ...]:
    """Try changes until the case fits, one kind alone, then two together, then all; the cheapest
    first.
    """
    # What the chip's circuits demand (neuron model, reset, spikes a step, delays) is changed in all
    # of them. Of each kind or combination the mildest setting that fits is kept, by bisection.
    if case.is_placed:
        case = replace(case, mapping=None)
        needs = judgement_of(case).needs
        if all(need.met for need in needs):
            return (
                _remedy(case, {}, 1, ("neurons on cores as deploy lays them out, no mapping=",)),
            )
    over = {need.figure for need in needs if not need.met}
    network, words = as_the_chip_demands(case.network, case.profile, case.calibration, over=over)
    changed = replace(case, network=network) if words else case
    needs = judgement_of(changed).needs if words else needs
    over = {need.figure for need in needs if not need.met}
    found = _cures(_Tries(changed, over), kinds_of_change(changed, needs)) if over else [({}, 1)]
    remedies = [_remedy(changed, settings, n_chips, words) for settings, n_chips in found]
    freed = [_freed(changed, settings, words, over) for settings, n_chips in found if n_chips == 1]
    remedies += [remedy for remedy in freed if remedy is not None]
    return tuple(sorted(remedies, key=lambda remedy: remedy.cost))


def _cures(tries: "_Tries", kinds: dict[str, list[Settings]]) -> list[Found]:
    """Settings that fit: of one kind of change, else of two, else of as few more as it takes."""
    if "spread" not in kinds and not tries.fits(kinds):
        return []  # more of everything helps, except that spreading takes cores
    for size in (1, 2):
        able = (some for some in permutations(kinds, size) if tries.over <= cured_by(some))
        found = tries.mildest_of_each(kinds, able)
        if found:
            return found
    needed = kinds
    for kind in reversed(kinds):  # what costs most is given up first
        fewer = {other: settings for other, settings in needed.items() if other != kind}
        needed = fewer if tries.fits(fewer) else needed
    orders = permutations(needed) if len(needed) < 4 else [tuple(needed)]
    return tries.mildest_of_each(needed, orders)


class _Tries:
    """Tries settings of a case that exceeds the limits of some figures, each once."""

    def __init__(self, case: Case, over: set[str]) -> None:
        self.case, self.over = case, over
        self.n_chips = cache(self._n_chips)

    def _n_chips(self, design: Design, several: bool) -> int | None:
        """Chips it takes with this design; None where it does not fit."""
        try:
            tried = replace(self.case, design=design)
            needs = judgement_of(tried, may_count=not several).needs
        except DesignProblem:  # which this network cannot take, such as a fan-in of mixed kinds
            return None
        over = [need for need in needs if not need.met]
        times = [ceil(need.share or 0) for need in over if need.figure in CURED_BY["chips"]]
        if len(times) < len(over) or (over and not several):
            return None
        return max([1, *times])

    def _together(self, chosen: dict[str, Settings]) -> tuple[Settings, int | None]:
        """Settings of several kinds, and the chips they take together; None where none will do."""
        settings = {knob: value for one in chosen.values() for knob, value in one.items()}
        return settings, self.n_chips(replace(self.case.design, **settings), "chips" in chosen)

    def fits(self, kinds: dict[str, list[Settings]]) -> bool:
        """Whether the harshest settings of these kinds fit together, and can cure."""
        harshest = {kind: settings[-1] for kind, settings in kinds.items()}
        return self.over <= cured_by(kinds) and self._together(harshest)[1] is not None

    def mildest(self, kinds: dict[str, list[Settings]]) -> Found | None:
        """The mildest settings that fit together, what comes first the mildest; None where none
        do.
        """
        chosen = {kind: settings[-1] for kind, settings in kinds.items()}
        if self._together(chosen)[1] is None:
            return None
        for kind, settings in kinds.items():

            def fits(setting: Settings, kind: str = kind) -> bool:
                return self._together({**chosen, kind: setting})[1] is not None

            chosen[kind] = settings[bisect_left(settings[:-1], True, key=fits)]
        together, n_chips = self._together(chosen)
        is_one_of_several = n_chips == 1 and "chips" in kinds
        return None if n_chips is None or is_one_of_several else (together, n_chips)

    def mildest_of_each(
        self, kinds: dict[str, list[Settings]], combinations: Iterable[tuple[str, ...]]
    ) -> list[Found]:
        """The mildest settings of each combination of kinds that fit, none of them twice."""
        found: list[Found] = []
        for some in combinations:  # what is relaxed first, stays mild
            mildest = self.mildest({kind: kinds[kind] for kind in some})
            if mildest is not None and mildest not in found:
                found.append(mildest)
        return found


def _remedy(case: Case, settings: Settings, n_chips: int, words: tuple[str, ...]) -> Remedy:
    design, chips = replace(case.design, **settings), chips_of(case.profile, n_chips)
    case = replace(case, design=design, profile=chips)
    mapping = mapping_of(case, case.adapt().network)
    record = None if case.dataset is None else case.run(mapping.network).record
    accuracy = None if record is None else record.accuracy
    changes = [*words, *(in_words(knob, value) for knob, value in settings.items())]
    if n_chips > 1:
        changes.append(f"{n_chips} chips")
    packets, energy_j = (None, None)
    if record is not None and n_chips > 1:
        packets, energy_j = _between_chips(record, mapping)
    return Remedy(
        tuple(changes),
        case,
        mapping,
        accuracy,
        n_chips,
        packets_between_chips=packets,
        energy_between_chips_j=energy_j,
    )


def _between_chips(record: SpikeRecord, mapping: CoreMap) -> tuple[float, float | None]:
    """Packets between chips per inference, and the energy that their links take where published."""
    counts, profile = replay(record, mapping).counts, mapping.profile
    if not profile.has("energy_chip_hop"):
        return counts["between_chips"], None
    return counts["between_chips"], counts["chip_hops"] * profile.si("energy_chip_hop")


def _freed(case: Case, settings: Settings, words: tuple[str, ...], over: set[str]) -> Remedy | None:
    """The least pruning that frees what is short; None where it is no less than that of others."""
    free = next((freed for figure, freed in FREED.items() if figure in over), None)
    if free is None or "prune_fraction" not in settings or case.design.prune_fraction:
        return None
    others = {knob: value for knob, value in settings.items() if knob != "prune_fraction"}

    def pruned(fraction: float) -> Case:
        made = prune_to_free(
            case.network, case.profile, fraction, activity=case.activity, free=free
        )
        return replace(case, network=made.network, design=replace(case.design, **others))

    milder = PRUNING_TRIED[: PRUNING_TRIED.index(settings["prune_fraction"])]
    at = bisect_left(
        milder, True, key=lambda f: all(need.met for need in judgement_of(pruned(f)).needs)
    )
    if at == len(milder):
        return None
    what = "neurons" if free == "cores" else "synapses"
    said = f"{100 * milder[at]:.0f} % of the {what} pruned, those that free {free}"
    return _remedy(pruned(milder[at]), others, 1, (*words, said))


def chips_of(profile: HardwareProfile, n_chips: int) -> HardwareProfile:
    """Several chips seen as one with more cores, one above the other; ``cores_per_chip`` says where
    each ends.
    """
    if n_chips == 1:
        return profile
    figures = dict(profile.figures)
    if "cores" in figures:
        figures.setdefault("cores_per_chip", figures["cores"])
    figures |= {name: _times(n_chips, figures[name]) for name in OF_EACH_CHIP if name in figures}
    name, title = f"{n_chips} x {profile.name}", f"{n_chips} x {profile.title}"
    return replace(profile, name=name, title=title, figures=figures)


def _times(n_chips: int, one: Sourced) -> Sourced:
    kind = one.kind if one.kind == "assumed" else "derived"
    spread = one.spread and tuple(n_chips * end for end in one.spread)
    said = f"{n_chips} chips, each: {one.source}"
    return Sourced(n_chips * one.value, one.unit, kind, said, spread)  # type: ignore[operator]
