"""Where the cores of a chip lie, and how many links it is from one to another."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels.placing import Ground

TOPOLOGIES = ("mesh", "torus", "direct")


@dataclass(frozen=True, kw_only=True)
class Sites(Frozen):
    """The places of a chip's cores: tiles fill row by row, each with some cores.

    The way from tile to tile takes ``|dx| + |dy|`` links over a mesh, the shorter way around over a
    torus, and one link where every tile has one to every other ("direct").

    Parameters
    ----------
    columns, rows : int, tiles east-west and north-south, of all chips together
    cores_per_tile : int
    topology : str, one of TOPOLOGIES
    n_places : int or None, where the last tiles have fewer cores or are missing; None: all are full
    cores_per_chip : int or None, where several chips follow each other; None: one chip
    chip_link : float, hops that a link between two chips counts as, besides those of its way

    Raises
    ------
    DesignProblem
        A size is below one, or the tiles do not hold so many cores.
    UnknownName
        There is no such topology.

    Examples
    --------
    >>> ring = Sites(columns=8, rows=1, topology="torus")
    >>> ring.hops(np.array([0, 0]), np.array([3, 7]))
    array([3., 1.])
    """

    columns: int
    rows: int
    cores_per_tile: int = 1
    topology: str = "mesh"
    n_places: int | None = None
    cores_per_chip: int | None = None
    chip_link: float = 0.0

    def __post_init__(self) -> None:
        if self.topology not in TOPOLOGIES:
            raise UnknownName("topology", self.topology, TOPOLOGIES)
        for name in ("columns", "rows", "cores_per_tile", "n_places", "cores_per_chip"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise DesignProblem(f"{name} is {value}; it must be 1 or more.")
        room = self.columns * self.rows * self.cores_per_tile
        if self.n_places is not None and self.n_places > room:
            raise DesignProblem(
                f"n_places is {self.n_places}; {self.columns} x {self.rows} tiles of "
                f"{self.cores_per_tile} cores hold {room}."
            )

    @property
    def size(self) -> int:
        """Places in all."""
        return self.n_places or self.columns * self.rows * self.cores_per_tile

    @property
    def tiles(self) -> np.ndarray:
        """Tile (x, y) of each place, (n_places, 2) int64."""
        tile = np.arange(self.size) // self.cores_per_tile
        return np.stack([tile % self.columns, tile // self.columns], axis=1)

    @property
    def chips(self) -> np.ndarray:
        """Chip of each place, (n_places,) int64."""
        return np.arange(self.size) // (self.cores_per_chip or self.size)

    @property
    def ground(self) -> Ground:
        """The same as the kernels read it."""
        x, y = self.tiles.T
        wraps, direct = self.topology == "torus", self.topology == "direct"
        return Ground(
            x.copy(),
            y.copy(),
            self.chips,
            self.cores_per_tile,
            self.columns,
            rows=self.rows,
            wraps=wraps,
            direct=direct,
            chip_link=float(self.chip_link),
        )

    def hops(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Links on the way from place to place.

        Parameters
        ----------
        source, target : (n,) int64, places

        Returns
        -------
        (n,) float64
        """
        tiles, chips = self.tiles, self.chips
        x, y = np.abs(tiles[source] - tiles[target]).T
        if self.topology == "torus":
            x, y = np.minimum(x, self.columns - x), np.minimum(y, self.rows - y)
        way = np.minimum(x + y, 1) if self.topology == "direct" else x + y
        return way + self.chip_link * np.abs(chips[source] - chips[target])


def sites_of(profile: HardwareProfile, n_cores: int) -> Sites | None:
    """Where the cores of a chip lie.

    Where a link between chips has a published energy, it counts as so many hops as that buys.

    Parameters
    ----------
    profile : HardwareProfile
    n_cores : int, that need a place

    Returns
    -------
    Sites, or None where the shape of the mesh is not published, there is but one tile, or there are
    more cores than places

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> sites_of(load_profile("loihi1"), 2)
    Sites(columns=8, rows=4, cores_per_tile=4, topology='mesh', n_places=128, ...)
    """
    if not all(map(profile.has, ("mesh_columns", "mesh_rows"))):
        return None
    columns, rows = int(profile.value("mesh_columns")), int(profile.value("mesh_rows"))
    each = int(profile.si("cores_per_tile", 1))
    n_places = int(profile.si("cores", columns * rows * each))
    rows = max(rows, -(-n_places // (columns * each)))  # several chips lie north of each other
    if columns * rows < 2 or n_cores > n_places:
        return None
    per_chip = int(profile.value("cores_per_chip")) if profile.has("cores_per_chip") else None
    return Sites(
        columns=columns,
        rows=rows,
        cores_per_tile=each,
        n_places=n_places,
        cores_per_chip=per_chip,
        chip_link=_hops_of_link(profile) if per_chip else 0.0,
    )


def _hops_of_link(profile: HardwareProfile) -> float:
    """How many hops the energy of a link between chips buys; one where either is not published."""
    figures = ("energy_chip_hop", "energy_hop_x", "energy_hop_y")
    if not all(map(profile.has, figures)):
        return 1.0
    link_j, x_j, y_j = map(profile.si, figures)
    return link_j / ((x_j + y_j) / 2) if x_j + y_j > 0 else 1.0
