"""Cores that inputs come from, where a chip has its spikes sent by cores of their own."""

from collections.abc import Mapping
from itertools import count, islice

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network


def source_cores(network: Network, profile: HardwareProfile, first: int) -> dict[str, np.ndarray]:
    """The core in use, from ``first`` on, of each input; none where inputs come from outside."""
    if not profile.has("sources_per_core"):
        return {}
    most, found = int(profile.value("sources_per_core")), {}
    for p in network.inputs:
        found[p.name] = first + np.arange(p.n_neurons) // most
        first = int(found[p.name][-1]) + 1
    return found


def places_of_sources(
    network: Network,
    profile: HardwareProfile,
    cores: Mapping[str, np.ndarray],
    taken: np.ndarray,
) -> np.ndarray:
    """The chip's core of each core that inputs come from: as given, else the first that are free,
    (n_source_cores,) int64.
    """
    used = set(taken.tolist()).union(*(np.unique(of).tolist() for of in cores.values()))
    free, places = (core for core in count() if core not in used), list[int]()
    for name, core in source_cores(network, profile, 0).items():
        _, first = np.unique(core, return_index=True)
        if name not in cores:
            places += islice(free, first.size)
            continue
        given = np.asarray(cores[name])
        if (given != given[first][core - core[0]]).any() or set(given) & {*taken, *places}:
            raise DesignProblem(
                f"cores[{name!r}] is not one core of its own for each "
                f"{int(profile.value('sources_per_core'))} inputs in order; leave it out."
            )
        places += given[first].tolist()
    return np.array(places, np.int64)
