"""What would make a network fit: changes that are really tried, the mildest of each kind, and what
they cost.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from spikefit_nb.adapt import Design, prune_to_free
from spikefit_nb.case import Case
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit.core_rules import CONFIGURATIONS
from spikefit_nb.fit.demands import as_the_chip_demands
from spikefit_nb.fit.judge import judgement_of
from spikefit_nb.hardware import FAMILIES, HardwareProfile, Need, Sourced
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.units import text

BITS_TRIED = (8, 6, 5, 4, 3, 2)
PARTS_TRIED = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
PRUNING_TRIED = tuple(percent / 100 for percent in range(5, 100))
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
    "area",
)
CURED_BY = {  # move: figures whose limits it can bring a network within
    "share": ("cores",),
    "full": ("cores",),
    "split": (
        "kernel_memory_per_core",
        "neuron_memory_per_core",
        "bias_memory_per_core",
        "feature_maps",
    ),
    "spread": (*CONFIGURATIONS, "weight_currents_per_core", "synapses_per_core"),
    "bits": (
        "synapse_memory_per_core",
        "chip_memory",
        "cores",
        "axon_types",
        "weight_currents_per_core",
    ),
    "fan_in": ("fan_in_per_neuron", "axons_in_per_core", "neurons_per_core"),
    "prune": (
        "synapse_memory_per_core",
        "chip_memory",
        "cores",
        "axons_in_per_core",
        "axons_out_per_core",
        "fan_in_per_neuron",
        "neurons_per_core",
        "fan_out_per_neuron",
        "fan_out_axons",
        "mean_fan_out_recurrent",
        "mean_fan_out_output",
        "synapses_per_core",
        "synapses_per_chip",
        "recurrent_synapses",
        "input_targets",
        "output_sources",
        "source_addresses",
    ),
    "chips": ("cores", "neurons_per_chip", "synapses_per_chip", "chip_memory"),
}
FREED = {  # figure: what pruning frees to bring a network within its limit
    "axons_in_per_core": "axons",
    "axons_out_per_core": "axons",
    "synapse_memory_per_core": "memory",
    "chip_memory": "memory",
    "cores": "cores",
}


@dataclass(frozen=True, eq=False, repr=False)
class Remedy(Result):
    """A change that was tried, mapped and fits, with what it takes.

    Parameters
    ----------
    changes : tuple of str, what to do, in words
    case : Case, with the network to deploy instead, the design to deploy it with, and the chip to
        deploy it on: several chips count as one with more cores
    mapping : CoreMap
    accuracy : float or None, of the network so changed; None when no data was given
    n_chips : int

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

    @property
    def network(self) -> Network:
        """The network to deploy."""
        return self.case.network

    @property
    def design(self) -> Design:
        """The design to deploy it with."""
        return self.case.design

    @property
    def profile(self) -> HardwareProfile:
        """The chip, or chips, to deploy it on."""
        return self.case.profile

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
            *([] if self.accuracy is None else [accuracy]),
        )

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


def find_remedies(case: Case, needs: Sequence[Need]) -> tuple[Remedy, ...]:
    """Try changes until the case fits, one kind alone, then two together, then all; the cheapest
    first.
    """
    # What the chip's circuits demand (neuron model, reset, spikes a step, delays) is changed in all
    # of them. Of each kind or combination the mildest setting that fits is kept, by bisection.
    network, words = as_the_chip_demands(case, needs)
    changed = replace(case, network=network) if words else case
    needs = judgement_of(changed).needs if words else needs
    over = {need.figure for need in needs if not need.met}
    trial = _Trial(changed)
    moves = _moves(network, case.profile, case.design, needs, over)
    found = _cures(trial, moves, over) if over else [({}, 1)]
    remedies = [_remedy(changed, settings, n_chips, words) for settings, n_chips in found]
    freed = (_freed(changed, settings, words, over) for settings, n in found if n == 1)
    remedies += [remedy for remedy in freed if remedy is not None]
    return tuple(sorted(remedies, key=lambda remedy: remedy.cost))


def _cures(
    trial: "_Trial", moves: dict[str, list], over: set[str]
) -> list[tuple[dict[str, object], int]]:
    """Settings that fit, and the chips they take: of one move, else of two, else of as few more as
    it takes.
    """
    found: list[tuple[dict[str, object], int]] = []
    if "spread" not in moves and not (over <= _cured(tuple(moves)) and trial.fits(moves)):
        return []  # more of everything helps, except that spreading takes cores
    for size in (1, 2):
        for together in permutations(moves, size):  # what is relaxed first, stays mild
            settings = (
                trial.mildest({name: moves[name] for name in together})
                if over <= _cured(together)
                else None
            )
            if settings is not None and settings not in found:
                found.append(settings)
        if found:
            return found
    needed = moves
    for name in reversed(moves):  # what costs most is given up first
        fewer = {other: options for other, options in needed.items() if other != name}
        needed = fewer if over <= _cured(tuple(fewer)) and trial.fits(fewer) else needed
    for together in permutations(needed) if len(needed) < 4 else [tuple(needed)]:
        settings = trial.mildest({name: needed[name] for name in together})
        if settings is not None and settings not in found:
            found.append(settings)
    return found


def _cured(moves: Sequence[str]) -> set[str]:
    return set().union(*(CURED_BY[move] for move in moves))


def _moves(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    needs: Sequence[Need],
    over: set[str],
) -> dict[str, list]:
    """Kinds of change that can help, each with its settings from mild to harsh."""
    held = max((e.weight_bits or 16 for e in network.projections if e.scale is not None), default=2)
    stored = max(profile.value("weight_bits")) if profile.has("weight_bits") else 16
    bits = [b for b in BITS_TRIED if held <= b < (design.weight_bits or stored)]
    limited = ("fan_in_per_neuron", "axons_in_per_core")
    limits: list = sorted(n.limit for n in needs if n.figure in limited and not n.met)
    if profile.has("fan_in_per_circuit"):
        limits = [profile.value("fan_in_per_circuit")]
    moves: dict[str, list] = {
        "share": [] if design.share_cores else [{"share_cores": True}],
        "full": [{"neurons_per_core": None}] if design.neurons_per_core else [],
        "split": [{"split_layers": True}]
        if FAMILIES[profile.family].whole_layers and not design.split_layers
        else [],
        "bits": [{"weight_bits": b} for b in bits],
        "spread": [{"neurons_per_core": n} for n in _neurons_tried(network, design, needs)],
        "fan_in": [
            {"max_fan_in": max(1, most // part)} for most in limits[:1] for part in (1, 2, 4, 8)
        ],
        "prune": [{"prune_fraction": f} for f in PRUNING_TRIED if f > design.prune_fraction],
        "chips": [{}] if FAMILIES[profile.family].several_chips else [],
    }
    if over & set(CURED_BY["spread"]):
        over = over | {"cores"}  # which spreading takes
    return {
        name: settings
        for name, settings in moves.items()
        if settings and over & set(CURED_BY[name])
    }


def _neurons_tried(network: Network, design: Design, needs: Sequence[Need]) -> list[int]:
    """Neurons a core, from many to as few as keep its sets of parameters within their number."""
    largest = max(p.n_neurons for p in network.neuron_populations)
    most = min(largest, design.neurons_per_core or 10**6)
    unmet = [n for n in needs if n.figure in CURED_BY["spread"] and not n.met]
    fewest = min((int(n.limit) if n.figure in CONFIGURATIONS else 1 for n in unmet), default=most)  # type: ignore
    tried = {-(-most // parts) for parts in PARTS_TRIED} | {fewest}
    return sorted((n for n in tried if fewest <= n < most), reverse=True)


class _Trial:
    """Checks settings of some moves, each once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._known: dict[tuple[Design, bool], int | None] = {}

    def chips(self, settings: dict[str, object], several: bool) -> int | None:
        """Chips it takes with these settings; None where it does not fit."""
        design = replace(self.case.design, **settings)
        if (design, several) not in self._known:
            self._known[design, several] = self._chips(design, several)
        return self._known[design, several]

    def _chips(self, design: Design, several: bool) -> int | None:
        try:
            needs = judgement_of(replace(self.case, design=design)).needs
        except DesignProblem:  # which this network cannot take, such as a fan-in of mixed kinds
            return None
        over = [need for need in needs if not need.met]
        shares = [need.share or 0 for need in over if need.figure in CURED_BY["chips"]]
        if len(shares) < len(over) or (over and not several):
            return None
        return max([1, *(int(-(-share // 1)) for share in shares)])

    def fits(self, moves: dict[str, list]) -> bool:
        """Whether the harshest settings of these moves fit together."""
        harshest = {
            knob: value for options in moves.values() for knob, value in options[-1].items()
        }
        return self.chips(harshest, "chips" in moves) is not None

    def mildest(self, moves: dict[str, list]) -> tuple[dict[str, object], int] | None:
        """The mildest settings of these moves that fit together, and the chips they take; None
        where none do.
        """
        several, at = "chips" in moves, {name: len(options) - 1 for name, options in moves.items()}

        def settings() -> dict[str, object]:
            return {knob: value for name, i in at.items() for knob, value in moves[name][i].items()}

        if not self.fits(moves):
            return None
        for name, options in moves.items():
            low, high = 0, len(options) - 1
            while low < high:
                at[name] = (low + high) // 2
                low, high = (
                    (low, at[name])
                    if self.chips(settings(), several) is not None
                    else (at[name] + 1, high)
                )
            at[name] = high
        n_chips = self.chips(settings(), several)
        return None if n_chips is None or (several and n_chips == 1) else (settings(), n_chips)


def _remedy(
    case: Case, settings: dict[str, object], n_chips: int, words: tuple[str, ...]
) -> Remedy:
    design = replace(case.design, **settings)
    case = replace(case, design=design, profile=chips_of(case.profile, n_chips))
    mapping = judgement_of(case).mapping
    accuracy = None if case.dataset is None else case.run(mapping.network).record.accuracy
    chips = (f"{n_chips} chips",) if n_chips > 1 else ()
    said = (*words, *_in_words(settings, mapping), *chips)
    return Remedy(said, case, mapping, accuracy, n_chips)


def _freed(
    case: Case, settings: dict[str, object], words: tuple[str, ...], over: set[str]
) -> Remedy | None:
    """The least pruning that frees what is short; None where it is no less than that of others."""
    free = next((freed for figure, freed in FREED.items() if figure in over), None)
    most = settings.get("prune_fraction")
    if free is None or most is None or case.design.prune_fraction:
        return None
    others = {knob: value for knob, value in settings.items() if knob != "prune_fraction"}
    design = replace(case.design, **others)

    def pruned(fraction: float) -> Case:
        made = prune_to_free(
            case.network, case.profile, fraction, activity=case.activity, free=free
        )
        return replace(case, network=made.network)

    def fits(fraction: float) -> bool:
        needs = judgement_of(replace(pruned(fraction), design=design)).needs
        return all(need.met for need in needs)

    milder = PRUNING_TRIED[: PRUNING_TRIED.index(most)]
    at = bisect_left(milder, True, key=fits)
    if at == len(milder):
        return None
    what = "neurons" if free == "cores" else "synapses"
    said = f"{100 * milder[at]:.0f} % of the {what} pruned, those that free {free}"
    return _remedy(pruned(milder[at]), others, 1, (*words, said))


def _in_words(settings: dict[str, object], mapping: CoreMap) -> Iterator[str]:
    for knob, value in settings.items():
        yield {
            "share_cores": "layers share cores",
            "split_layers": "layers too large for a core are split",
            "neurons_per_core": f"at most {text(value)} neurons on a core"
            if value
            else "cores filled up",
            "weight_bits": f"weights of {value} bits",
            "max_fan_in": f"at most {text(value)} synapses onto a neuron, the strongest",
            "prune_fraction": f"{100 * float(value or 0):.0f} % of the synapses pruned, the "
            "weakest",
        }[knob]


def chips_of(profile: HardwareProfile, n_chips: int) -> HardwareProfile:
    """Several chips seen as one with more cores, one above the other; ``cores_per_chip`` says where
    each ends.
    """
    if n_chips == 1:
        return profile
    figures = dict(profile.figures)
    if "cores" in figures:
        figures.setdefault("cores_per_chip", figures["cores"])
    for name in OF_EACH_CHIP:
        if name in figures:
            one = figures[name]
            said = f"{n_chips} chips, each: {one.source}"
            kind = one.kind if one.kind == "assumed" else "derived"
            spread = one.spread and tuple(n_chips * end for end in one.spread)
            figures[name] = Sourced(n_chips * one.value, one.unit, kind, said, spread)  # type: ignore[operator]
    return replace(
        profile,
        name=f"{n_chips} x {profile.name}",
        title=f"{n_chips} x {profile.title}",
        figures=figures,
    )
