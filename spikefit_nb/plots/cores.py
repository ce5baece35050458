"""The cores of a chip that a network uses, how hard they work, and what they send each other."""

import math
from itertools import product
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import expect
from spikefit_nb.plots.results import Report
from spikefit_nb.plots.theme import LOAD_COLOURS

N_LINKS_SHOWN = 80
FEW_ARCS = 16
ROOM = 1  # unused cores shown on every side


class CoresData(NamedTuple):
    """Numbers and words of a core map; places are in cores of the chip's grid."""

    title: str
    note: str
    grid: tuple[int, int]
    x: np.ndarray
    y: np.ndarray
    load: np.ndarray  # share of the busiest step at work
    label: tuple[str, ...]
    n_neurons: np.ndarray
    sent: np.ndarray  # packets per inference
    received: np.ndarray
    link_source: np.ndarray  # a core each
    link_target: np.ndarray
    packets: np.ndarray  # per inference, of each link
    window: tuple[float, float, float, float]  # left, right, bottom, top of what is shown


def cores_title(chip: str, n_cores: int, chip_n_cores: int | None, busiest: float | None) -> str:
    """Say in one line how much of the chip is used, and how busy its busiest core is."""
    of = "" if chip_n_cores is None else f" of {chip_n_cores:,}"
    start = f"{chip}: {n_cores:,}{of} core{'s' if (chip_n_cores or n_cores) != 1 else ''}"
    if busiest is None:
        return f"{start}, does not fit"
    return f"{start}, busiest core {100 * busiest:.0f} %"


def window(
    x: np.ndarray, y: np.ndarray, grid: tuple[int, int], *, shape: float = 1.3
) -> tuple[float, ...]:
    """Crop the chip to its used cores with some room, in about the shape of the picture."""
    if len(x) == 0:
        x, y = np.array([0, grid[0] - 1]), np.array([0, grid[1] - 1])
    left, right = _with_room(x, grid[0])
    bottom, top = _with_room(y, grid[1])
    while (right - left + 1) / (top - bottom + 1) > shape * 1.25 and top - bottom + 1 < grid[1]:
        bottom, top = (bottom, top + 1) if top < grid[1] - 1 else (bottom - 1, top)
    while (right - left + 1) / (top - bottom + 1) < shape / 1.25 and right - left + 1 < grid[0]:
        left, right = (left, right + 1) if right < grid[0] - 1 else (left - 1, right)
    return float(left) - 0.65, float(right) + 0.65, float(bottom) - 0.65, float(top) + 0.65


def _with_room(places: np.ndarray, n: int) -> tuple[int, int]:
    return max(places.min() - ROOM, 0), min(places.max() + ROOM, n - 1)


def line_width(packets: np.ndarray) -> np.ndarray:
    """Give the width of the line of a link: 1 pixel for a packet, 1.6 more for every ten times."""
    return np.clip(1.0 + 1.6 * np.log10(np.maximum(packets, 0.1)), 0.6, 9.0)


def arcs(
    source_xy: np.ndarray, target_xy: np.ndarray
) -> tuple[list[list[float]], list[list[float]]]:
    """Bend a line from core to core, so that cores in a row do not hide each other's links."""
    # Every arc travels to the browser with its trial: many are drawn with fewer points than a few.
    t = np.linspace(0, 1, 33 if len(source_xy) <= FEW_ARCS else 13)[None, :, None]
    along = target_xy - source_xy
    bent = (source_xy + target_xy) / 2 + 0.28 * np.column_stack([-along[:, 1], along[:, 0]])
    from_source, to_target = (1 - t) ** 2 * source_xy[:, None], t**2 * target_xy[:, None]
    points = np.round(from_source + 2 * t * (1 - t) * bent[:, None] + to_target, 3)
    return points[:, :, 0].tolist(), points[:, :, 1].tolist()


def cores_data(report: Report, *, name: str = "") -> CoresData:
    """Gather what a core map shows from the report of one design.

    Parameters
    ----------
    report : spikefit_nb.deploy.Report
    name : str, what the title starts with; the chip's name when empty

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
    >>> cores_data(report).x.tolist()
    [0, 1]
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    mapping, price = report.mapping, report.price
    xy = np.asarray(mapping.positions, dtype=np.int64).reshape(-1, 2)
    n = len(xy)
    load = np.zeros(n) if price is None else np.asarray(price.core_loads, dtype=np.float64)
    links = ([], [], []) if price is None else price.links
    source, target, packets = (np.asarray(column) for column in links)
    shown = np.argsort(-packets, kind="stable")
    shown = shown[source[shown] != target[shown]]
    note = ""
    if len(shown) > N_LINKS_SHOWN:
        note = f"the {N_LINKS_SHOWN} busiest of {len(shown)} links are drawn"
    shown = shown[:N_LINKS_SHOWN][::-1]
    busiest = None if price is None else float(load.max(initial=0.0))
    return CoresData(
        cores_title(name or report.profile.name, mapping.n_cores, mapping.chip_n_cores, busiest),
        note,
        tuple(mapping.grid),
        xy[:, 0],
        xy[:, 1],
        load=load,
        label=tuple(mapping.labels),
        n_neurons=np.asarray(mapping.n_neurons),
        sent=np.bincount(source.astype(np.int64), packets, n)[:n],
        received=np.bincount(target.astype(np.int64), packets, n)[:n],
        link_source=source[shown].astype(np.int64),
        link_target=target[shown].astype(np.int64),
        packets=packets[shown].astype(np.float64),
        window=window(xy[:, 0], xy[:, 1], tuple(mapping.grid)),
    )


def no_cores(title: str, grid: tuple[int, int] = (16, 8), note: str = "") -> CoresData:
    """Stand in for a design that was never placed: an empty chip under a title."""
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    return CoresData(
        title,
        note,
        grid,
        whole,
        whole,
        load=none,
        label=(),
        n_neurons=whole,
        sent=none,
        received=none,
        link_source=whole,
        link_target=whole,
        packets=none,
        window=window(whole, whole, grid),
    )


def load_colour(load: float) -> str:
    """Give the colour of a load between 0 and 1; the scale never moves."""
    return LOAD_COLOURS[min(int(max(load, 0.0) * len(LOAD_COLOURS)), len(LOAD_COLOURS) - 1)]


def cores_columns(shown: CoresData) -> dict[str, dict[str, list]]:
    """Lay out the columns of every source of a core map's figure, by the source's name."""
    xy = np.column_stack([shown.x, shown.y]).astype(np.float64)
    xs, ys = arcs(xy[shown.link_source], xy[shown.link_target])
    left, right, bottom, top = shown.window
    size = 14 if right - left < 6.5 else 11 if right - left < 10.5 else 0
    empty = _empty_cores(shown)
    ends = zip(shown.link_source, shown.link_target, strict=True)
    return {
        "cores": {
            "x": shown.x.tolist(),
            "y": shown.y.tolist(),
            # Links meet in the middle of a core: its number stands at the foot.
            "foot": (shown.y - 0.27).round(2).tolist(),
            "colour": [load_colour(load) for load in shown.load],
            "percent": [f"{100 * load:.0f} %" if size else "" for load in shown.load],
            "exact": [f"{100 * load:.1f} %" for load in shown.load],
            "ink": ["#111" if load > 0.55 else "#fff" for load in shown.load],
            "size": [f"{size or 8}px"] * len(xy),
            "label": list(shown.label),
            "n_neurons": shown.n_neurons.tolist(),
            "sent": np.round(shown.sent, 1).tolist(),
            "received": np.round(shown.received, 1).tolist(),
        },
        "links": {
            "xs": xs,
            "ys": ys,
            "width": np.round(line_width(shown.packets), 2).tolist(),
            "packets": np.round(shown.packets, 1).tolist(),
            "between": [f"{shown.label[s]} to {shown.label[t]}" for s, t in ends],
        },
        "empty": {"x": empty[:, 0].tolist(), "y": empty[:, 1].tolist()},
        "crop": {"left": [left], "right": [right], "bottom": [bottom], "top": [top]},
        "chip": {
            "left": [-0.5],
            "right": [shown.grid[0] - 0.5],
            "bottom": [-0.5],
            "top": [shown.grid[1] - 0.5],
        },
    }


def _empty_cores(shown: CoresData) -> np.ndarray:
    """Give the unused cores inside the window, (n, 2); none when there would be too many to see."""
    left, bottom = math.ceil(shown.window[0]), math.ceil(shown.window[2])
    right, top = math.floor(shown.window[1]), math.floor(shown.window[3])
    if (right - left + 1) * (top - bottom + 1) > 400:
        return np.zeros((0, 2), np.int64)
    used = set(zip(shown.x.tolist(), shown.y.tolist(), strict=True))
    cells = product(range(bottom, top + 1), range(left, right + 1))
    free = [(x, y) for y, x in cells if (x, y) not in used]
    return np.array(free, dtype=np.int64).reshape(-1, 2)
