"""How much of a chip a mapped network takes, from cores to area, and what its links carry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.html import table
from spikefit_nb.mapping import PER_CORE, CoreMap, Links
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay.price import Price
from spikefit_nb.units import SUFFIXES, text

# where cores differ, whether each layer found one large enough is what counts
UNEQUAL = "kernel_memory_per_core"
FULLEST = {  # what each core holds, in words, and its unit
    "neurons": ("Neurons on the fullest core", "neurons"),
    "memory_bits": ("Synapse memory of the fullest core", "bits"),
    "axons_in": ("Input axons of the fullest core", "axons"),
    "axons_out": ("Output axons of the fullest core", "axons"),
}


WAYS = ("east", "west", "north", "south")  # of a link of the mesh


class Use(NamedTuple):
    """What is in use, what there is (None where nobody has published it), and the figure that says
    so.
    """

    what: str
    used: float
    limit: float | None
    unit: str
    figure: str
    where: str = ""

    @property
    def share(self) -> float | None:
        """Used over limit."""
        return self.used / self.limit if self.limit else None

    @property
    def known_unit(self) -> str:
        """The unit where it is one of those with a sign; what is counted has none."""
        return self.unit if self.unit in SUFFIXES else ""

    @property
    def words(self) -> str:
        """Such as "2 of 128 cores, 1.6 %"."""
        if self.limit is None:
            return f"{text(self.used)} {self.unit}, limit not published"
        return f"{text(self.used)} of {text(self.limit)} {self.unit}, {text(self.share, '%')}"


@dataclass(frozen=True, eq=False, repr=False)
class Utilisation(Result):
    """How much of a chip is in use, beside what there is.

    Parameters
    ----------
    uses : tuple of Use: of the whole chip (of all chips, where there are several), then of the
        fullest core, then of the busiest link of the mesh
    profile : HardwareProfile

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> Utilisation((Use("Cores", 2, 128, "cores", "cores"),), load_profile("loihi1"))
    Utilisation(loihi1: 2 of 128 cores, 1.6 %)
    """

    uses: tuple[Use, ...]
    profile: HardwareProfile

    def __getitem__(self, what: str) -> Use:
        """The use of that name; KeyError where this chip has no such thing."""
        return {use.what: use for use in self.uses}[what]

    @property
    def fullest(self) -> Use | None:
        """What is nearest to its limit."""
        return max(
            (u for u in self.uses if u.share is not None), key=lambda u: u.share or 0, default=None
        )

    def _headline(self) -> str:
        cores, fullest = self.uses[0], self.fullest
        near = (
            f"; nearest its limit: {fullest.what}, {text(fullest.share, '%')}"
            if fullest and fullest != cores
            else ""
        )
        return f"{self.profile.name}: {cores.words}{near}"

    def _quantities(self) -> tuple[Quantity, ...]:
        found = []
        for use in self.uses:
            unit = use.known_unit
            kind = self.profile.figure(use.figure).kind if use.limit is not None else None
            used, limit = (word + SUFFIXES[unit] for word in ("used", "limit"))
            found += [
                Quantity(used, "In use", use.used, unit, of=use.what),
                Quantity(limit, "There is", use.limit, unit, kind=kind, of=use.what),
            ]
            if use.share is not None:
                found.append(Quantity("share", "Share", use.share, "%", kind=kind, of=use.what))
        return tuple(found)

    def _card(self) -> tuple[str, ...]:
        return f"In use: {self.headline}", self.table()

    def table(self) -> str:
        """The uses as an HTML table."""
        rows = [
            (
                u.what,
                text(u.used, u.known_unit),
                text(u.limit, u.known_unit),
                "" if u.known_unit else u.unit,
                "" if u.share is None else text(u.share, "%"),
                u.where,
            )
            for u in self.uses
        ]
        return table(
            rows, header=("What", "In use", "There is", "", "Share", "Where"), align="lrrlrl"
        )


def utilisation(mapping: CoreMap, price: Price) -> Utilisation:
    """Say how much of each thing a chip has is in use.

    Of links, packets per step on the busiest one are told; how many it could carry is published for
    no chip.

    Parameters
    ----------
    mapping : CoreMap
    price : Price, of a run on it

    Returns
    -------
    Utilisation

    Raises
    ------
    NetworkProblem
        The price is of a run on another number of cores.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> from spikefit_nb.replay import Links
    >>> network = Network([Population("in", (4,), Input()), Population("out", (8,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((4, 8)))])
    >>> price = Price({}, None, None, None, np.zeros(1), Links(*[np.zeros(0, int)] * 3), 1, (), ())
    >>> utilisation(map_network(network, load_profile("loihi1")), price)["Neurons"].words
    '8 of 131,072 neurons, 0.0 %'
    """
    expect_cores(price.core_loads.size, mapping)
    return Utilisation(
        (*_of_chip(mapping), *_of_cores(mapping), *_of_links(mapping, price)), mapping.profile
    )


def area_in_use(mapping: CoreMap) -> tuple[float, str] | None:
    """Silicon that a mapped network takes: its cores where the area of one is published, else whole
    chips.

    Parameters
    ----------
    mapping : CoreMap

    Returns
    -------
    (mm2, the figure it rests on), or None where neither is published

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (4,), Input()), Population("out", (8,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((4, 8)))])
    >>> chips = map(load_profile, ("truenorth", "loihi2", "speck"))
    >>> [area_in_use(map_network(network, chip)) for chip in chips]
    [(0.0936, 'core_area'), (31.0, 'area'), None]
    """
    profile = mapping.profile
    if profile.has("core_area"):
        return mapping.n_cores * float(profile.value("core_area")), "core_area"
    return (float(profile.value("area")), "area") if profile.has("area") else None


def _of_chip(mapping: CoreMap) -> Iterator[Use]:
    """Cores, neurons and synapse memory of all chips together."""
    profile, needs = mapping.profile, mapping.needs
    n_cores = mapping.chip_n_cores
    yield Use("Cores", mapping.n_cores, n_cores, "cores", "cores")
    stored = (
        ("Neurons", needs.neurons, "neurons", "neurons_per_chip", PER_CORE["neurons"]),
        ("Synapse memory", needs.memory_bits, "bits", "chip_memory", PER_CORE["memory_bits"]),
    )
    for what, used, unit, whole, of_core in stored[: 1 if profile.has(UNEQUAL) else 2]:
        figure, times = (whole, 1) if profile.has(whole) else (of_core, n_cores)
        limit = times * profile.value(figure) if times and profile.has(figure) else None
        yield Use(what, int(used.sum()), limit, unit, figure)


def _of_cores(mapping: CoreMap) -> Iterator[Use]:
    """What the fullest core holds."""
    profile = mapping.profile
    untold = ("neurons", "memory_bits") if profile.has(UNEQUAL) else ()
    told = {need: words for need, words in FULLEST.items() if need not in untold}
    for need, (what, unit) in told.items():
        counts, figure = getattr(mapping.needs, need), PER_CORE[need]
        limit = profile.value(figure) if profile.has(figure) else None
        yield Use(
            what, int(counts.max()), limit, unit, figure, where=mapping.labels[int(counts.argmax())]
        )


def _of_links(mapping: CoreMap, price: Price) -> Iterator[Use]:
    """The busiest link of the mesh, and the links between chips together."""
    if mapping.profile.has("mesh_columns") and mapping.profile.has("mesh_rows"):
        x, y, way, packets = mesh_links(mapping, price.links)
        most = int(np.argmax(packets)) if packets.size else -1
        where = f"tile ({x[most]}, {y[most]}) {WAYS[way[most]]}" if packets.size else ""
        carried = float(packets[most]) / price.n_steps if packets.size else 0.0
        yield Use("Busiest link of the mesh", carried, None, "packets a step", "", where=where)
    if "chip_hops" in price.counts:
        yield Use(
            "Links between chips",
            price.counts["chip_hops"] / price.n_steps,
            None,
            "packets a step",
            "",
        )


class MeshLinks(NamedTuple):
    """Links that carry packets: equally long arrays of the tile a link leaves, its direction,
    packets per inference.
    """

    x: np.ndarray  # (n_links,) int64
    y: np.ndarray  # (n_links,) int64
    way: (
        np.ndarray
    )  # (n_links,) int64, index into ("east", "west", "north", "south"); y grows to the north
    packets: np.ndarray  # (n_links,) float64


def mesh_links(mapping: CoreMap, links: Links) -> MeshLinks:
    """Send packets along x first, then along y, and add up what each link of the mesh carries.

    Parameters
    ----------
    mapping : CoreMap
    links : Links, packets between its cores, such as ``price.links``

    Returns
    -------
    MeshLinks, by direction, then row, then column

    Raises
    ------
    NetworkProblem
        A packet is of a core that the mapping does not use.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_by_hand
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2)))])
    >>> cores = {"out": np.array([0, 37])}  # of tiles (0, 0) and (1, 1)
    >>> mapping = map_by_hand(network, load_profile("loihi1"), cores)
    >>> found = mesh_links(mapping, Links(np.array([0]), np.array([1]), np.array([5.0])))
    >>> [(int(x), int(y), WAYS[way], float(n)) for x, y, way, n in zip(*found)]
    [(0, 0, 'east', 5.0), (1, 0, 'north', 5.0)]
    """
    furthest = max(links.source.max(initial=-1), links.target.max(initial=-1))
    expect_cores(max(mapping.n_cores, int(furthest) + 1), mapping)
    tiles = mapping.tiles
    columns, rows = tiles.max(axis=0) + 1
    (x, y), (to_x, to_y) = tiles[links.source].T, tiles[links.target].T
    loads = np.zeros((4, rows, columns))
    for way, (start, end, row) in enumerate(
        ((x, to_x, y), (x, to_x, y), (y, to_y, to_x), (y, to_y, to_x))
    ):
        step = 1 if WAYS[way] in ("east", "north") else -1
        n_hops = np.maximum(0, (end - start) * step)
        pair = np.repeat(np.arange(n_hops.size), n_hops)
        at = start[pair] + step * (
            np.arange(pair.size) - np.repeat(np.cumsum(n_hops) - n_hops, n_hops)
        )
        place = (row[pair], at) if way < 2 else (at, row[pair])
        np.add.at(loads[way], place, links.packets[pair])
    used = np.nonzero(loads)
    return MeshLinks(used[2], used[1], used[0], loads[used])


def expect_cores(n_cores: int, mapping: CoreMap) -> None:
    """Refuse what was priced on another number of cores than a mapping uses."""
    if n_cores != mapping.n_cores:
        raise NetworkProblem(
            f"The price is of a run on {n_cores} cores, but the mapping uses {mapping.n_cores}: "
            "give the price of a run on this mapping."
        )
