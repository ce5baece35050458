"""Knobs of where a network runs: neurons a core, cuts, budgets of cores, places."""

from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from spikefit_nb.adapt import PARTITIONS, SPREAD
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import (
    PLACERS,
    can_be_cut,
    least_cores,
    map_network,
    sites_of,
)
from spikefit_nb.network import setting_of
from spikefit_nb.replay import missing_figures
from spikefit_nb.search.setting import Found, Place, Setting, n_neurons_of, worth_a_knob

FEW_CORES = 4  # between which few packets go, whatever lies where
LAID_OUT = 2_000_000  # synapses, up to which a network is laid out to tell a range


def _cuts_layers(profile: HardwareProfile) -> bool:
    """Whether mapping chooses how many neurons a core gets."""
    return can_be_cut(profile) and profile.si("cores", np.inf) > 1


def find_neurons_per_core(s: Setting) -> Iterator[Found]:
    """How few neurons a core may get."""
    if not _cuts_layers(s.profile):
        return
    sizes = n_neurons_of(s.network)
    holds = s.profile.si("neurons_per_core", np.inf)
    fewest = {name: int(np.ceil(n / min(holds, n))) for name, n in sizes.items()}
    cores = s.profile.si("cores", sum(sizes.values()))
    why = "on more cores, each has less to do in a step"
    names, acts, condition = worth_a_knob(s.network, sizes), None, ""
    if set(SPREAD) & set(_ways(s)):  # which have a budget of cores in its place
        fills = [name for name in _ways(s) if name not in SPREAD]
        acts, condition = _fills, f"partition is {' or '.join(fills)}"
    for name in names:
        n = sizes.get(name, max(sizes.values()))
        most, left = int(min(n, holds)), cores - sum(fewest.values()) + fewest.get(name, 0)
        if name:
            least = int(np.ceil(n / left)) if left >= 1 else most
        else:
            least = next((k for k in range(1, most) if _pieces(sizes, k) <= cores), most)
        if least < most:
            yield Found((least, most), most, why, name, acts=acts, condition=condition)


def _pieces(sizes: Mapping[str, int], most: int) -> int:
    return sum(-(-n // most) for n in sizes.values())


def even(place: Place, most: Any) -> Any:
    """The least neurons a core that cut a population into as few pieces."""
    if not place.population or most is None:
        return most
    n = place.network[place.population].n_neurons
    return -(-n // -(-n // most))


def find_share_cores(s: Setting) -> Iterator[Found]:
    """Whether layers may share cores."""
    if _cuts_layers(s.profile) and len(s.network.neuron_populations) > 1:
        yield Found([False, True], False, "layers that share cores take fewer of them")


def _fills(params: Mapping[str, Any]) -> bool:
    return not _spreads(params)


def _ways(s: Setting) -> list[str]:
    return [str(way) for found in find_partition(s) for way in found.range]


def find_partition(s: Setting) -> Iterator[Found]:
    """The ways to cut maps, and to group neurons that feed each other."""
    if not _cuts_layers(s.profile):
        return
    maps = [p for p in s.network.neuron_populations if len(p.shape) == 3]
    is_waited_for = _is_waited_for(s.profile)
    ways = list(PARTITIONS) if maps else ["layers", "auto"]  # neurons_per_core does the rest
    ways = [name for name in ways if is_waited_for or name != "bottleneck"]
    groupers = _groupers(s)
    why = "a step lasts as long as its busiest core works"
    if groupers:
        why = f"{why}; neurons on one core send no packets" if maps else "fewer packets are sent"
    if maps or groupers or is_waited_for:
        yield Found([*ways, *groupers], "auto", why)


def _is_waited_for(profile: HardwareProfile) -> bool:
    """Whether a run is shorter where its busiest core has less to do."""
    return profile.step != "tick" and not missing_figures(profile, "latency_s")


def _groupers(s: Setting) -> list[str]:
    """Those that may help: a recurrent network takes many cores, which packets go to."""
    if not s.network.is_recurrent or least_cores(s.network, s.profile) <= FEW_CORES:
        return []
    return ["overlap", *["graph"] * (find_spec("pymetis") is not None)]


def find_core_budget(s: Setting) -> Iterator[Found]:
    """How many cores may go to what a run waits for."""
    if not (_cuts_layers(s.profile) and _is_waited_for(s.profile) and s.profile.has("cores")):
        return
    cores = int(s.profile.si("cores"))
    fewest = least_cores(s.network, s.profile)
    if s.network.n_synapses <= LAID_OUT:
        fewest = map_network(s.network, s.profile, core_budget=1).n_cores  # as few as can be
    if fewest < cores:
        yield Found(
            (fewest, cores),
            cores,
            "how many cores may go to what a run waits for",
            acts=_spreads,
            condition=f"partition is {' or '.join(SPREAD)}",
        )


def _spreads(params: Mapping[str, Any]) -> bool:
    return params.get("partition") in SPREAD


def find_placement(s: Setting) -> Iterator[Found]:
    """The ways to lay cores on the mesh."""
    sites = sites_of(s.profile, 1)
    if not _cuts_layers(s.profile) or sites is None:
        return
    few = max(2, sites.cores_per_tile)  # cores that lie side by side anyway
    always = least_cores(s.network, s.profile) > few
    yield Found(
        list(PLACERS),
        "rows",
        "packets have fewer hops to cores that lie near",
        acts=None if always else partial(_on_more_cores, n_neurons_of(s.network), few),
        condition="" if always else f"more than {few} cores are in use",
    )


def _on_more_cores(sizes: Mapping[str, int], few: int, params: Mapping[str, Any]) -> bool:
    """Whether a design spreads a network over more cores than so many."""
    every = params.get("neurons_per_core")
    own = {n: params.get(f"neurons_per_core.{n}", setting_of(every, n)) for n in sizes}
    return params.get("partition") in SPREAD or (
        sum(-(-n // (own[name] or n)) for name, n in sizes.items()) > few
    )
