"""A core map: the cores of a chip in use, what each works and spends, and where packets go."""

import math
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from spikefit_nb.errors import expect
from spikefit_nb.mapping import Links
from spikefit_nb.plots.ways import (
    FEW,
    Bars,
    OwnLinks,
    chip_edges,
    link_bars,
    no_bars,
    own_links,
    tile_side,
)

ROOM = 1  # unused cores shown on every side
SHAPE = 1.3  # width of the picture, of its height
N_LINKS = 2**15  # that travel with a picture, for taps
N_CELLS = 2**18  # loads of a core in some steps that travel with a picture
MOST_TIMES = 128


@runtime_checkable
class Report(Protocol):
    """What a core map reads of one design."""

    profile: Any
    mapping: Any  # which neurons are on which core, and where the cores are
    price: Any  # how hard cores work and what they send; None where the network does not fit

    @property
    def energy_by_core_j(self) -> np.ndarray | None:
        """Joules per inference of each core; None where they are not published."""

    @property
    def loads_by_step(self) -> np.ndarray | None:
        """Share of each step that each core works; None where times are not published."""


class CoresData(NamedTuple):
    """Numbers and words of a core map; places are in cores of the chip's grid."""

    title: str
    note: str
    grid: tuple[int, int]
    x: np.ndarray
    y: np.ndarray
    load: np.ndarray  # share of the busiest step at work; NaN where no times are published
    energy_j: np.ndarray  # per inference; NaN where not published
    layer: np.ndarray  # index into ``layers``
    layers: tuple[str, ...]  # populations on cores, in order
    label: tuple[str, ...]
    n_neurons: np.ndarray
    sent: np.ndarray  # packets per inference
    received: np.ndarray
    n_targets: np.ndarray  # cores that it sends to
    n_sources: np.ndarray  # that it gets packets from
    bars: Bars  # links that packets cross; none where nobody has published where cores lie
    own: OwnLinks  # whom each core sends to
    times: np.ndarray  # (n_times, n_cores) loads over time; (0, n_cores) where not told
    time_words: tuple[str, ...]
    edges: np.ndarray  # (n, 4) between chips
    side: int  # cores along the edge of a tile; 0 where nobody has published where cores lie
    window: tuple[float, float, float, float]  # left, right, bottom, top of what is shown
    chip: str  # the whole chip in words, as far as it is published

    @property
    def has_arcs(self) -> bool:
        """Whether links are few and drawn as arcs, since nobody has published where they run."""
        return not len(self.bars.x) and 0 < len(self.own.source) <= FEW

    @property
    def usual(self) -> str:
        """What colours say before anything is chosen: what is known."""
        return "layer" if np.isnan(self.load).any() else "load"


def chip_in_words(mapping: Any) -> str:
    """Say how large the whole chip is, and that nobody has published where its cores lie."""
    columns, rows = mapping.grid
    sites = mapping.sites
    n_chips = 1 if sites is None or sites.cores_per_chip is None else int(sites.chips.max()) + 1
    whole = f"{n_chips} chips" if n_chips > 1 else "whole chip"
    if mapping.has_places:
        return f"{whole}: {columns} x {rows} cores"
    n = "" if mapping.chip_n_cores is None else f"{mapping.chip_n_cores:,} "
    return f"{whole}: {n}cores; where they lie is not published, they are drawn in order"


def cores_title(chip: str, cores: str, busiest: float | None) -> str:
    """Say in one line how much of the chip is used, and how busy its busiest core is."""
    if busiest is None:
        work = "does not fit"
    elif math.isnan(busiest):
        work = "times not published"
    else:
        work = f"busiest core {100 * busiest:.0f} %" if busiest else "no core has work"
    return f"{chip}: {cores}, {work}"


def window(x: np.ndarray, y: np.ndarray, grid: tuple[int, int]) -> tuple[float, ...]:
    """Crop the chip to its used cores with some room, in about the shape of the picture."""
    corners = np.array([x, y] if len(x) else [[0, grid[0] - 1], [0, grid[1] - 1]])
    left, bottom = np.maximum(corners.min(axis=1) - ROOM, 0)
    right, top = np.minimum(corners.max(axis=1) + ROOM, np.subtract(grid, 1))
    while (right - left + 1) / (top - bottom + 1) > SHAPE * 1.25 and top - bottom + 1 < grid[1]:
        bottom, top = (bottom, top + 1) if top < grid[1] - 1 else (bottom - 1, top)
    while (right - left + 1) / (top - bottom + 1) < SHAPE / 1.25 and right - left + 1 < grid[0]:
        left, right = (left, right + 1) if right < grid[0] - 1 else (left - 1, right)
    return float(left) - 0.65, float(right) + 0.65, float(bottom) - 0.65, float(top) + 0.65


def over_time(loads: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Loads of steps in order, of several steps the highest, so that not too many travel."""
    n_steps, n_cores = loads.shape
    most = min(MOST_TIMES, max(8, N_CELLS // max(n_cores, 1)))
    each = -(-n_steps // most)
    first = np.arange(0, n_steps, each)
    words = (
        f"Step {k + 1} of {n_steps}"
        if each == 1
        else f"Busiest of steps {k + 1} to {min(k + each, n_steps)} of {n_steps}"
        for k in first.tolist()
    )
    return np.maximum.reduceat(loads, first, axis=0), tuple(words)


def cores_data(
    report: Report, *, name: str = "", n_links: int = N_LINKS, over_steps: bool = True
) -> CoresData:
    """Gather what a core map shows from the report of one design.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report
    name : str, what the title starts with; the chip's name when empty
    n_links : int, about how many links between cores are kept for taps
    over_steps : bool, whether loads of every step are told, which may take a run

    Returns
    -------
    CoresData

    Raises
    ------
    WrongArgument
        The report is of another kind, such as a mapping.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> dataset = load_dataset("digits").take(30)
    >>> report = deploy(load_network("digits"), load_profile("loihi1"), dataset)
    >>> cores_data(report).x.tolist()[:9]
    [0, 1, 0, 1, 2, 3, 2, 3, 4]
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    mapping, price = report.mapping, report.price
    xy = np.asarray(mapping.positions, dtype=np.int64).reshape(-1, 2)
    n = len(xy)
    unknown = np.full(n, np.nan)
    load = unknown if price is None else np.asarray(price.core_loads, dtype=np.float64)
    energy_j = report.energy_by_core_j
    links = Links(*np.zeros((3, 0), np.int64)) if price is None else Links(*price.links)
    own, apart = own_links(links, n, n_links), links.source != links.target
    loads = report.loads_by_step if over_steps else None
    times, time_words = (np.zeros((0, n)), ()) if loads is None else over_time(loads)
    busiest = None if price is None else float(load.max(initial=0.0))
    populations = mapping.network.populations
    used = np.unique(mapping.layers)
    return CoresData(
        cores_title(name or report.profile.name, mapping.cores_in_words, busiest),
        "" if own.n_each is None else f"a tap shows a core's {own.n_each} busiest links each way",
        tuple(mapping.grid),
        xy[:, 0],
        xy[:, 1],
        load=load,
        energy_j=unknown if energy_j is None else energy_j,
        layer=np.searchsorted(used, mapping.layers),
        layers=tuple(populations[k].name for k in used.tolist()),
        label=labels_of(mapping),
        n_neurons=np.asarray(mapping.n_neurons),
        sent=np.bincount(links.source, links.packets, n)[:n],
        received=np.bincount(links.target, links.packets, n)[:n],
        n_targets=np.bincount(links.source[apart], minlength=n),
        n_sources=np.bincount(links.target[apart], minlength=n),
        bars=link_bars(mapping, links),
        own=own,
        times=times,
        time_words=time_words,
        edges=chip_edges(mapping),
        side=0 if mapping.sites is None else tile_side(mapping),
        window=window(xy[:, 0], xy[:, 1], tuple(mapping.grid)),
        chip=chip_in_words(mapping),
    )


def labels_of(mapping: Any) -> tuple[str, ...]:
    """What sits on each core, and of several chips on which."""
    chips = np.asarray(mapping.chips)
    if not chips.any():
        return tuple(mapping.labels)
    on_chips = zip(mapping.labels, chips.tolist(), strict=True)
    return tuple(f"{label}, chip {chip + 1}" for label, chip in on_chips)


def no_cores(title: str) -> CoresData:
    """Stand in for a design that was never placed: an empty chip under a title.

    Parameters
    ----------
    title : str

    Returns
    -------
    CoresData

    Examples
    --------
    >>> len(no_cores("Trial 5: does not fit").x)
    0
    """
    none, whole, grid = np.zeros(0), np.zeros(0, np.int64), (16, 8)
    return CoresData(
        title,
        "",
        grid,
        whole,
        whole,
        load=none,
        energy_j=none,
        layer=whole,
        layers=(),
        label=(),
        n_neurons=whole,
        sent=none,
        received=none,
        n_targets=whole,
        n_sources=whole,
        bars=no_bars(),
        own=OwnLinks(whole, whole, none, None),
        times=np.zeros((0, 0)),
        time_words=(),
        edges=np.zeros((0, 4)),
        side=0,
        window=window(whole, whole, grid),
        chip="",
    )
