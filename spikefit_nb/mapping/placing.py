"""On which core of the chip each core in use lies: near those that it talks to."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.hardware import FAMILIES
from spikefit_nb.kernels import placing as k
from spikefit_nb.mapping.core_map import CoreMap
from spikefit_nb.mapping.shapes import along_hilbert
from spikefit_nb.mapping.sites import Sites, sites_of

N_STAGES = 100  # temperatures
HOTTEST, COLDEST = 3.0, 3e-3  # the first temperature over what a move changes; the last over it
N_TRIED = 500  # moves by which that is found


class Links(NamedTuple):
    """Packets between cores, each over the links of its way: equally long arrays of sender,
    receiver (indices of used cores), packets.
    """

    source: np.ndarray
    target: np.ndarray
    packets: np.ndarray


class Placer(Protocol):
    """Says on which place of the chip each core in use lies.

    Examples
    --------
    >>> class LastFirst:
    ...     def places(self, n_cores, sites, links):
    ...         return np.arange(sites.size)[::-1][:n_cores]
    >>> nothing = Links(*[np.zeros(0, np.int64)] * 3)
    >>> LastFirst().places(2, Sites(columns=4, rows=1), nothing)
    array([3, 2])
    """

    def places(self, n_cores: int, sites: Sites, links: Links) -> np.ndarray:
        """A place for each core, no two on the same, (n_cores,) int64."""
        ...


@dataclass(frozen=True)
class Rows:
    """Cores as they are counted, tile after tile, row by row.

    Examples
    --------
    >>> Rows().places(3, Sites(columns=2, rows=2), Links(*[np.zeros(0, np.int64)] * 3))
    array([0, 1, 2])
    """

    def places(self, n_cores: int, sites: Sites, links: Links) -> np.ndarray:
        """A place for each core, no two on the same, (n_cores,) int64."""
        return np.arange(n_cores)


@dataclass(frozen=True)
class Hilbert:
    """Cores as they are counted along a Hilbert curve over the tiles; then each goes to where the
    packets it sends and gets pull it, as long as hops get fewer.

    As few tiles are in use as hold the cores.

    Parameters
    ----------
    n_sweeps : int, how often every core may move; 0: the curve alone

    Raises
    ------
    DesignProblem
        ``n_sweeps`` is below 0.

    References
    ----------
    The curve as a start for force-directed placement: Jin et al., ASPLOS 2023.

    Examples
    --------
    >>> chain = Links(np.array([0, 1, 2]), np.array([1, 2, 3]), np.ones(3))
    >>> square = Sites(columns=2, rows=2)
    >>> hops_of(chain, Rows().places(4, square, chain), square)
    4.0
    >>> hops_of(chain, Hilbert().places(4, square, chain), square)
    3.0
    """

    n_sweeps: int = 100

    def __post_init__(self) -> None:
        if self.n_sweeps < 0:
            raise DesignProblem(f"n_sweeps is {self.n_sweeps}; it must be 0 or more.")

    def places(self, n_cores: int, sites: Sites, links: Links) -> np.ndarray:
        """A place for each core, no two on the same, (n_cores,) int64."""
        place_of = _along_curve(n_cores, sites)
        core_at = _cores_at(place_of, sites)
        k.relax(sites.ground, _both_ways(links, n_cores), self.n_sweeps, place_of, core_at)
        return place_of


@dataclass(frozen=True)
class Annealed:
    """Simulated annealing: from ``Hilbert`` on, cores and whole tiles exchange their places, at
    first also where that makes ways longer, in the end only where it makes them shorter.

    As few tiles are in use as hold the cores.

    Parameters
    ----------
    n_moves : int, exchanges tried
    seed : int

    Raises
    ------
    DesignProblem
        ``n_moves`` is below 0.

    References
    ----------
    Kirkpatrick et al. 1983, Science 220:671-680.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> links = Links(*random.integers(0, 20, (2, 60)), random.random(60))
    >>> sites = Sites(columns=5, rows=4)
    >>> placers = Rows(), Hilbert(), Annealed(20_000)
    >>> hops = [hops_of(links, placer.places(20, sites, links), sites) for placer in placers]
    >>> hops[0] > hops[1] > hops[2]
    True
    """

    n_moves: int = 500_000
    _: KW_ONLY
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_moves < 0:
            raise DesignProblem(f"n_moves is {self.n_moves}; it must be 0 or more.")

    def places(self, n_cores: int, sites: Sites, links: Links) -> np.ndarray:
        """A place for each core, no two on the same, (n_cores,) int64."""
        place_of = Hilbert().places(n_cores, sites, links)
        best = place_of.copy()
        core_at, both = _cores_at(place_of, sites), _both_ways(links, n_cores)
        random, ground = np.random.default_rng(self.seed), sites.ground
        hottest = _first_heat(place_of, sites, both, random)
        if hottest <= 0:
            return best
        reach = max(sites.columns, sites.rows) - 1
        for cooled in np.linspace(0, 1, N_STAGES):
            heat, near = hottest * COLDEST**cooled, max(1, round(reach ** (1 - cooled)))
            for whole in (True, False) if sites.cores_per_tile > 1 else (True,):
                n = self.n_moves // N_STAGES // (2 if sites.cores_per_tile > 1 else 1)
                moves = _moves(n, n_cores, near, sites.cores_per_tile, random)
                k.anneal(ground, both, moves, random.random(n), heat, place_of, core_at, whole)
        k.relax(ground, both, Hilbert().n_sweeps, place_of, core_at)
        found, before = hops_of(links, place_of, sites), hops_of(links, best, sites)
        return place_of if found < before else best


PLACERS: Mapping[str, Placer] = {"rows": Rows(), "hilbert": Hilbert(), "annealed": Annealed()}


def placer_named(placement: Placer | str) -> Placer:
    """The placer of that name; one given as an object as it is.

    Parameters
    ----------
    placement : Placer or str

    Returns
    -------
    Placer

    Raises
    ------
    UnknownName
        There is none of that name.

    Examples
    --------
    >>> placer_named("hilbrt")
    Traceback (most recent call last):
    spikefit_nb.errors.UnknownName: There is no placer 'hilbrt'. Did you mean 'hilbert'? ...
    """
    if not isinstance(placement, str):
        return placement
    if placement not in PLACERS:
        raise UnknownName("placer", placement, PLACERS)
    return PLACERS[placement]


def place_cores(mapping: CoreMap, links: Links, placement: Placer | str = "annealed") -> CoreMap:
    """Put the cores in use where their packets have fewer hops to go.

    Nothing else changes: the same neurons lie on the same core, and as many packets are sent.

    Parameters
    ----------
    mapping : CoreMap
    links : Links, packets between its cores, such as ``price.links``
    placement : Placer or str, one of PLACERS

    Returns
    -------
    CoreMap, the one given where the chip's mesh is not published, or its cores are not alike

    Raises
    ------
    DesignProblem
        The placer gives a place twice, or one that the chip does not have.
    UnknownName
        There is no such placer.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (9,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 9)))])
    >>> mapping = map_network(network, load_profile("loihi1"), neurons_per_core=1)
    >>> links = Links(np.array([0]), np.array([8]), np.array([5.0]))
    >>> placed = place_cores(mapping, links)
    >>> [(m.tiles[8] - m.tiles[0]).tolist() for m in (mapping, placed)]
    [[2, 0], [0, 0]]
    """
    placer, n_cores = placer_named(placement), mapping.n_cores
    sites = sites_of(mapping.profile, n_cores)
    family = FAMILIES[mapping.profile.family]
    if sites is None or family.assign is not None or family.one_core:
        return mapping
    places = np.asarray(placer.places(n_cores, sites, Links(*links)), np.int64)
    if places.shape != (n_cores,) or np.unique(places).size < n_cores:
        raise DesignProblem(f"{placer!r} does not give each of {n_cores} cores a place of its own.")
    if places.min() < 0 or places.max() >= sites.size:
        raise DesignProblem(
            f"{placer!r} gives places {places.min()} to {places.max()}; the chip has 0 to "
            f"{sites.size - 1}."
        )
    return replace(mapping, places=places)


def hops_of(links: Links, places: np.ndarray, sites: Sites) -> float:
    """Count hops: the links that all packets cross together.

    Parameters
    ----------
    links : Links
    places : (n_cores,) int64
    sites : Sites

    Returns
    -------
    float

    Examples
    --------
    >>> links = Links(np.array([0]), np.array([1]), np.array([5.0]))
    >>> hops_of(links, np.array([0, 3]), Sites(columns=2, rows=2))
    10.0
    """
    way = sites.hops(places[links.source], places[links.target])
    return float(links.packets @ way)


def _along_curve(n_cores: int, sites: Sites) -> np.ndarray:
    """Places along a Hilbert curve over the tiles, as few tiles as hold the cores."""
    each, tiles = sites.cores_per_tile, sites.tiles[:: sites.cores_per_tile]
    curve = np.argsort(along_hilbert(tiles[:, 1], tiles[:, 0]), kind="stable")
    places = (curve[:, None] * each + np.arange(each)).ravel()
    return places[places < sites.size][:n_cores].copy()


def _cores_at(place_of: np.ndarray, sites: Sites) -> np.ndarray:
    """The core at each place, -1 for none."""
    core_at = np.full(sites.size, -1, np.int64)
    core_at[place_of] = np.arange(place_of.size)
    return core_at


def _both_ways(links: Links, n_cores: int) -> k.Traffic:
    """Packets between two cores, there and back, as the kernels read them."""
    apart = links.source != links.target
    ends = links.source[apart], links.target[apart]
    one_way = sp.csr_array(
        (np.asarray(links.packets[apart], np.float64), ends), shape=(n_cores, n_cores)
    )
    both = (one_way + one_way.T).tocsr()
    return k.Traffic(both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data)


def _moves(
    n: int, n_cores: int, near: int, cores_per_tile: int, random: np.random.Generator
) -> np.ndarray:
    """Cores at random, and where each is to go: tiles east and north, and which core there."""
    return np.stack(
        [
            random.integers(0, n_cores, n),
            *random.integers(-near, near + 1, (2, n)),
            random.integers(0, cores_per_tile, n),
        ],
        axis=1,
    )


def _first_heat(
    place_of: np.ndarray, sites: Sites, both: k.Traffic, random: np.random.Generator
) -> float:
    """The first temperature, by what some exchanges of tiles, tried on a copy, change."""
    places, core_at = place_of.copy(), _cores_at(place_of, sites)
    reach = max(sites.columns, sites.rows) - 1
    moves = _moves(N_TRIED, place_of.size, reach, sites.cores_per_tile, random)
    changes = np.zeros(N_TRIED)
    k.sample(sites.ground, both, moves, changes, places, core_at)
    return HOTTEST * float(np.abs(changes).mean())
