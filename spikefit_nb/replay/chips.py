"""Packets that leave their chip, where a network spreads over several that are seen as one."""

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay.price import UNPRICED_LINKS, Links

ENERGY, TIME = "energy_chip_hop", "time_chip_hop"
WITHOUT_LINKS = (
    "simple",
    "contention",
)  # timing models in which packets take no time between chips


def chip_hops(mapping: CoreMap, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Links between chips on the way from core to core, ``|chip of target - chip of source|``."""
    chips = mapping.chips
    return np.abs(chips[target] - chips[source])


def between_chips(mapping: CoreMap, links: Links) -> dict[str, np.number]:
    """Count packets to cores of another chip, and the links between chips that they cross."""
    if not mapping.profile.has("cores_per_chip"):
        return {}
    crossed = chip_hops(mapping, links.source, links.target)
    return {"between_chips": links.packets[crossed > 0].sum(), "chip_hops": links.packets @ crossed}


def chips_left_out(
    profile: HardwareProfile, counts: dict[str, float], timing: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is not known about the links between chips that a run used."""
    if not counts.get("chip_hops"):
        return (), ()
    needed = (ENERGY, TIME) if timing == "asynchronous" else (ENERGY,)
    missing = tuple(f for f in needed if not profile.has(f) and f not in profile.included)
    said = {
        UNPRICED_LINKS: ENERGY in missing,
        "time of links between chips": TIME in missing or timing in WITHOUT_LINKS,
        "time until all chips agree that a step is over": profile.step == "barrier",
    }
    return missing, tuple(words for words, left_out in said.items() if left_out)
