"""Kinds of change that can make a network fit: their settings from mild to harsh, and what each can
cure.
"""

from collections.abc import Iterable, Mapping, Sequence

from spikefit_nb.case import Case
from spikefit_nb.fit.core_rules import CONFIGURATIONS
from spikefit_nb.hardware import FAMILIES, Need
from spikefit_nb.network import setting_in_words, settings_of
from spikefit_nb.units import text

Settings = dict[str, object]  # knobs of a design
BITS_TRIED = (8, 6, 5, 4, 3, 2)
PARTS_TRIED = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
SHARES = ("prune_fraction",)  # knobs that are shares
PRUNING_TRIED = tuple(percent / 100 for percent in range(5, 100))
CURED_BY = {  # kind: figures whose limits it can bring a network within
    "share": ("cores", "core_budget"),
    "full": ("cores", "core_budget"),
    "split": (
        "kernel_memory_per_core",
        "neuron_memory_per_core",
        "bias_memory_per_core",
        "feature_maps",
    ),
    "spread": (
        *CONFIGURATIONS,
        "weight_currents_per_core",
        "synapses_per_core",
        "delay_slots_per_core",
    ),
    "bits": (
        "synapse_memory_per_core",
        "chip_memory",
        "cores",
        "core_budget",
        "axon_types",
        "weight_currents_per_core",
    ),
    "fan_in": ("fan_in_per_neuron", "axons_in_per_core", "neurons_per_core"),
    "prune": (
        "synapse_memory_per_core",
        "chip_memory",
        "cores",
        "core_budget",
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


def cured_by(kinds: Iterable[str]) -> set[str]:
    """Figures whose limits one of these kinds of change can bring a network within."""
    return set().union(*(CURED_BY[kind] for kind in kinds))


def kinds_of_change(case: Case, needs: Sequence[Need]) -> dict[str, list[Settings]]:
    """Kinds of change that can help a case, each with its settings from mild to harsh."""
    network, profile, design = case.network, case.profile, case.design
    family = FAMILIES[profile.family]
    held = max((e.n_bits or 16 for e in network.projections if e.scale is not None), default=2)
    stored = max(profile.value("weight_bits")) if profile.has("weight_bits") else 16
    unmet = [need for need in needs if not need.met]
    limited = ("fan_in_per_neuron", "axons_in_per_core")
    widest = max(settings_of(network, design.weight_bits or stored, stored).values())
    pruned = min(settings_of(network, design.prune_fraction, 0.0).values())
    limits: list = sorted(need.limit for need in unmet if need.figure in limited)
    if profile.has("fan_in_per_circuit"):
        limits = [profile.value("fan_in_per_circuit")]
    settings: dict[str, list[Settings]] = {
        "share": [{"share_cores": True}] if not design.share_cores else [],
        "full": [{"neurons_per_core": None}] if design.neurons_per_core else [],
        "split": [{"split_layers": True}]
        if family.whole_layers and not design.split_layers
        else [],
        "bits": [{"weight_bits": bits} for bits in BITS_TRIED if held <= bits < widest],
        "spread": [{"neurons_per_core": n} for n in _neurons_tried(case, unmet)],
        "fan_in": [
            {"max_fan_in": max(1, most // part)} for most in limits[:1] for part in (1, 2, 4, 8)
        ],
        "prune": [{"prune_fraction": f} for f in PRUNING_TRIED if f > pruned],
        "chips": [{}] if family.several_chips else [],
    }
    over = {need.figure for need in unmet}
    if over & cured_by(["spread"]):
        over |= {"cores"}  # which spreading takes
    return {
        kind: [_never_milder(case, changed) for changed in tried]
        for kind, tried in settings.items()
        if tried and over & cured_by([kind])
    }


def _never_milder(case: Case, settings: Settings) -> Settings:
    """Settings that keep what populations have of their own where that is as harsh."""
    made: Settings = {}
    for knob, value in settings.items():
        own = getattr(case.design, knob)
        if isinstance(own, Mapping) and value is not None:
            harsher = max if knob == "prune_fraction" else min
            each = settings_of(case.network, own, value)
            value = {n: value if of is None else harsher(of, value) for n, of in each.items()}
        made[knob] = value
    return made


def _neurons_tried(case: Case, unmet: Sequence[Need]) -> list[int]:
    """Neurons a core, from many to as few as keep its sets of parameters within their number."""
    largest = max(p.n_neurons for p in case.network.neuron_populations)
    wanted = settings_of(case.network, case.design.neurons_per_core).values()
    most = min(largest, max(n or largest for n in wanted))
    spread = [need for need in unmet if need.figure in CURED_BY["spread"]]
    limits = [int(n.limit) for n in spread if n.figure in CONFIGURATIONS]  # type: ignore
    fewest = min(limits, default=most) if len(limits) == len(spread) else 1
    tried = {-(-most // parts) for parts in PARTS_TRIED} | {fewest}
    return sorted((n for n in tried if fewest <= n < most), reverse=True)


def _in_per_cent(share: float) -> str:
    return f"{100 * share:.0f} %"


def in_words(knob: str, value: object) -> str:
    """What a setting of a remedy changes."""
    said = setting_in_words(value, _in_per_cent if knob in SHARES else text)
    return {
        "share_cores": "layers share cores",
        "split_layers": "layers too large for a core are split",
        "neurons_per_core": f"at most {said} neurons on a core" if value else "cores filled up",
        "weight_bits": f"weights of {said} bits",
        "max_fan_in": f"at most {said} synapses onto a neuron, the strongest",
        "prune_fraction": f"{said} of the synapses pruned, the weakest",
    }[knob]
