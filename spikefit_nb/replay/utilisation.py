"""How much of a chip a mapped network takes: cores, neurons, memory, axons, links, area."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.html import table
from spikefit_nb.mapping import PER_CORE, CoreMap
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay.links import WAYS, expect_cores, mesh_links
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
    for what, used, unit, whole, of_core in (
        ("Neurons", needs.neurons, "neurons", "neurons_per_chip", PER_CORE["neurons"]),
        ("Synapse memory", needs.memory_bits, "bits", "chip_memory", PER_CORE["memory_bits"]),
    ):
        if used is needs.memory_bits and profile.has(UNEQUAL):
            continue
        figure, times = (whole, 1) if profile.has(whole) else (of_core, n_cores)
        limit = times * profile.value(figure) if times and profile.has(figure) else None
        yield Use(what, int(used.sum()), limit, unit, figure)


def _of_cores(mapping: CoreMap) -> Iterator[Use]:
    """What the fullest core holds."""
    profile = mapping.profile
    for need, (what, unit) in FULLEST.items():
        if need in ("neurons", "memory_bits") and profile.has(UNEQUAL):
            continue
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
