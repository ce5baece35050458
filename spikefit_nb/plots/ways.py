"""Links of a mesh as bars on a map of its cores, as dark as what they carry; a core's own links."""

from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.mapping import Links, route

BESIDE, THICK = 0.07, 0.12  # of a core: bars of both directions lie side by side
FAINTEST = 0.1  # alpha of a link that carries next to nothing
DECADES = 2  # of packets, from the faintest bar to the darkest
N_TOGETHER = 100_000  # pairs of cores whose routes are in memory at once
WAYS = ("east", "west", "north", "south")  # of a link, as ``Routes`` counts them
AHEAD = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])
FEW = 16  # links that are drawn all at once where their routes are not known


class Bars(NamedTuple):
    """Links that carry packets, as bars; places and lengths are in cores of the chip's grid."""

    x: np.ndarray  # of the middle
    y: np.ndarray
    length: np.ndarray
    angle: np.ndarray  # radians
    packets: np.ndarray  # per inference

    @property
    def darkness(self) -> np.ndarray:
        """Alpha of each bar, by the decades below the busiest link."""
        below = np.log10(np.maximum(self.packets, 1e-30) / max(self.packets.max(initial=0), 1e-30))
        return np.clip(1 + (1 - FAINTEST) * below / DECADES, FAINTEST, 1.0)


def no_bars() -> Bars:
    """No link that is known to carry anything."""
    return Bars(*[np.zeros(0)] * 5)


def mesh_loads(mapping: Any, links: Links) -> np.ndarray:
    """Packets over each link of the mesh, by x first, (4 * n_tiles,) float64, as ``Routes`` counts
    links.
    """
    sites = mapping.sites
    loads = np.zeros(4 * sites.columns * sites.rows)
    for first in range(0, links.source.size, N_TOGETHER):
        some = Links(*(column[first : first + N_TOGETHER] for column in links))
        loads += route(some, mapping.places, sites).loads
    return loads


def tile_side(mapping: Any) -> int:
    """Cores of a tile along x and along y, as a map draws them."""
    return mapping.grid[0] // mapping.sites.columns


def mesh_bars(mapping: Any, link: np.ndarray, packets: np.ndarray) -> Bars:
    """Links of the mesh, from the middle of one tile to the middle of the next."""
    side, columns = tile_side(mapping), mapping.sites.columns
    tile, way = link // 4, link % 4
    middle = np.stack([tile % columns, tile // columns], axis=1) * side + (side - 1) / 2
    ahead = AHEAD[way]
    right = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)  # packets keep to the right
    at = middle + side * ahead / 2 + BESIDE * right
    upright = np.where(way < 2, 0.0, np.pi / 2)
    return Bars(at[:, 0], at[:, 1], np.full(link.size, float(side)), upright, packets)


def bars_within(mapping: Any, links: Links) -> Bars:
    """Links between cores of one tile, which cross no link of the mesh."""
    tile = mapping.places // mapping.sites.cores_per_tile
    source, target, packets = links
    here = (tile[source] == tile[target]) & (source != target)
    start, end = (mapping.positions[cores[here]] for cores in (source, target))
    along = (end - start).astype(np.float64)
    length = np.hypot(*along.T)
    right = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.maximum(length, 1)[:, None]
    at = (start + end) / 2 + BESIDE * right
    # A bar is the same from both ends: angles of half a turn are enough.
    angle = np.arctan2(along[:, 1], along[:, 0]) % np.pi
    return Bars(at[:, 0], at[:, 1], length, angle, packets[here])


def link_bars(mapping: Any, links: Links) -> Bars:
    """All links that packets cross on their way, those within a tile last; none where it is not
    published where cores lie.
    """
    if mapping.sites is None or not links.source.size:
        return no_bars()
    loads = mesh_loads(mapping, links)
    used = np.flatnonzero(loads)
    parts = zip(mesh_bars(mapping, used, loads[used]), bars_within(mapping, links), strict=True)
    return Bars(*map(np.concatenate, parts))


class OwnLinks(NamedTuple):
    """Whom cores send to, for taps: of each core the busiest links both ways."""

    source: np.ndarray
    target: np.ndarray
    packets: np.ndarray
    n_each: int | None  # links of each core and way; None where all are there


def own_links(links: Links, n_cores: int, n_links: int) -> OwnLinks:
    """Keep about so many links between different cores, an equal number of each core and way."""
    apart = links.source != links.target
    source, target, packets = (column[apart] for column in links)
    if source.size <= n_links:
        return OwnLinks(source, target, packets, None)
    n_each = max(2, n_links // (2 * n_cores))
    is_kept = (_rank(source, packets) < n_each) | (_rank(target, packets) < n_each)
    return OwnLinks(source[is_kept], target[is_kept], packets[is_kept], n_each)


def _rank(core: np.ndarray, packets: np.ndarray) -> np.ndarray:
    """Place of each link among those of its core, the busiest first."""
    order = np.lexsort((-packets, core))
    ordered = core[order]
    first = np.searchsorted(ordered, ordered)
    rank = np.empty(core.size, np.int64)
    rank[order] = np.arange(core.size) - first
    return rank


def chip_edges(mapping: Any) -> np.ndarray:
    """Where one chip ends and the next begins, (n, 4): x and y of both ends; none of one chip, or
    where it is not published where cores lie.
    """
    sites = mapping.sites
    if sites is None or sites.cores_per_chip is None:
        return np.zeros((0, 4))
    chips = np.full((sites.rows, sites.columns), -1)
    x, y = sites.tiles.T
    chips[y, x] = sites.chips
    side = tile_side(mapping)
    across, up = (np.argwhere(np.diff(chips, axis=axis) != 0)[:, ::-1] for axis in (1, 0))
    # Between a tile and its neighbour to the east, then to the north.
    ends = [np.concatenate([np.add(across, (1, 0)), np.add(across, (1, 1))], axis=1)]
    ends += [np.concatenate([np.add(up, (0, 1)), np.add(up, (1, 1))], axis=1)]
    return np.concatenate(ends) * float(side) - 0.5
