"""A core map as columns of sources: what travels to the browser, and with each design."""

import math
from itertools import product
from typing import Any

import numpy as np

from spikefit_nb.plots.core_key import key_html
from spikefit_nb.plots.cores import CoresData
from spikefit_nb.plots.theme import ink_on, layer_colours, load_colour
from spikefit_nb.units import text

THUMB = (128, 72)
CHOICES = ("layer", "load", "energy")  # what colours can say


def cores_frame(shown: CoresData) -> dict:
    """Give what differs from one design's core map to the next, ready for JSON.

    Parameters
    ----------
    shown : CoresData

    Returns
    -------
    dict, for the ``show`` of a figure that ``build_cores`` made

    Examples
    --------
    >>> from spikefit_nb.plots import no_cores
    >>> cores_frame(no_cores("Trial 5: does not fit"))["title"]
    'Trial 5: does not fit'
    """
    columns = {
        name: {column: np.asarray(values).tolist() for column, values in of.items()}
        for name, of in cores_columns(shown).items()
    }
    return {
        "columns": columns,
        "title": shown.title,
        "thumb": thumb_window(shown.grid),
        "window": list(shown.window),
    }


def _percent(load: float, digits: int) -> str:
    """Write a load; nothing where it is not known."""
    return "" if math.isnan(load) else f"{100 * load:.{digits}f} %"


def _known(values: np.ndarray) -> np.ndarray:
    """Values, below 0 where there is none: such are drawn in grey."""
    return np.where(np.isnan(values), -1.0, values).astype(np.float32)


def _shares(energy_j: np.ndarray) -> np.ndarray:
    """Energies as shares of the largest; NaN stays."""
    most = np.nanmax(energy_j, initial=0.0)
    return energy_j / most if most > 0 else energy_j


def cores_columns(shown: CoresData) -> dict[str, dict[str, Any]]:
    """Lay out the columns of every source of a core map's figure, by the source's name."""
    left, right, bottom, top = shown.window
    empty, bars, edges = _empty_cores(shown), shown.bars, shown.edges
    return {
        "cores": _core_columns(shown),
        "words": _word_columns(shown),
        "links": {
            "x": np.float32(bars.x),
            "y": np.float32(bars.y),
            "length": np.float32(bars.length),
            "angle": np.float32(bars.angle),
            "alpha": np.float32(bars.darkness),
            "packets": np.float32(bars.packets),
        },
        "own": {
            "source": np.uint32(shown.own.source),
            "target": np.uint32(shown.own.target),
            "packets": np.float32(shown.own.packets),
        },
        "arcs": _arcs(shown),
        "tapped": {"x": [], "y": []},
        "ways": {"xs": [], "ys": [], "colour": [], "packets": [], "width": []},
        "edges": dict(zip(("x0", "y0", "x1", "y1"), edges.T.astype(np.float32), strict=True)),
        "empty": {"x": empty[:, 0], "y": empty[:, 1]},
        "crop": {"left": [left], "right": [right], "bottom": [bottom], "top": [top]},
        "chip": {
            "left": [-0.5],
            "right": [shown.grid[0] - 0.5],
            "bottom": [-0.5],
            "top": [shown.grid[1] - 0.5],
            "side": [shown.side],
        },
        "keys": {"html": [key_html(shown, choice) for choice in CHOICES]},
    }


def _core_columns(shown: CoresData) -> dict[str, Any]:
    colours = np.array(layer_colours(len(shown.layers)), dtype=object)
    return {
        "x": np.int16(shown.x),
        "y": np.int16(shown.y),
        "load": _known(shown.load),
        "energy": _known(_shares(shown.energy_j)),
        "colour": colours[shown.layer].tolist() if len(shown.x) else [],
        "alpha": np.ones(len(shown.x), np.float32),
        "exact": [_percent(load, 1) or "not published" for load in shown.load.tolist()],
        "spent": [text(None if math.isnan(j) else j, "J") for j in shown.energy_j.tolist()],
        "layer": [shown.layers[k] for k in shown.layer.tolist()],
        "label": list(shown.label),
        "n_neurons": np.int32(shown.n_neurons),
        "sent": np.float32(shown.sent),
        "received": np.float32(shown.received),
        "n_targets": np.int32(shown.n_targets),
        "n_sources": np.int32(shown.n_sources),
    }


def _word_columns(shown: CoresData) -> dict[str, list]:
    """Words on cores, where cores are large enough for them."""
    width = shown.window[1] - shown.window[0]
    size = 14 if width < 6.5 else 11 if width < 10.5 else 0
    n = len(shown.x) if size else 0
    colours = layer_colours(len(shown.layers))
    shares, spent = _shares(shown.energy_j[:n]).tolist(), _spent(shown.energy_j[:n])
    return {
        "x": shown.x[:n].tolist(),
        "y": shown.y[:n].tolist(),
        "size": [f"{size}px"] * n,
        "percent": [_percent(load, 0) for load in shown.load[:n].tolist()],
        "spent": spent,
        "ink of layer": [ink_on(colours[k]) for k in shown.layer[:n].tolist()],
        "ink of load": [ink_on(load_colour(load)) for load in shown.load[:n].tolist()],
        "ink of energy": [ink_on(load_colour(share)) for share in shares],
    }


def _spent(energy_j: np.ndarray) -> list[str]:
    """Energies without their unit, which is that of the largest."""
    known = energy_j[~np.isnan(energy_j)]
    if not known.size or known.max() <= 0:
        return [""] * len(energy_j)
    power = 10.0 ** (3 * math.floor(math.log10(known.max()) / 3))
    scaled = (energy_j / power).tolist()
    return ["" if math.isnan(e) else f"{e:.{1 if e < 100 else 0}f}" for e in scaled]


def _arcs(shown: CoresData) -> dict[str, list]:
    """A few links as arcs from core to core, where nobody has published which way packets go."""
    xs, ys, packets = [], [], []
    for source, target, n in zip(*shown.own[:3], strict=True) if shown.has_arcs else ():
        start, end = (np.array([shown.x[k], shown.y[k]], float) for k in (source, target))
        along = end - start
        middle = (start + end) / 2 + 0.28 * np.array([-along[1], along[0]])
        t = np.linspace(0, 1, 17)[:, None]
        bent = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
        xs.append(bent[:, 0].round(3).tolist())
        ys.append(bent[:, 1].round(3).tolist())
        packets.append(round(float(n), 1))
    return {"xs": xs, "ys": ys, "packets": packets}


def _empty_cores(shown: CoresData) -> np.ndarray:
    """Give the unused cores inside the window, (n, 2); none when there would be too many to see."""
    left, right, bottom, top = shown.window
    columns = range(math.ceil(left), math.floor(right) + 1)
    rows = range(math.ceil(bottom), math.floor(top) + 1)
    if len(columns) * len(rows) > 400:
        return np.zeros((0, 2), np.int64)
    used = set(zip(shown.x.tolist(), shown.y.tolist(), strict=True))
    free = [(x, y) for y, x in product(rows, columns) if (x, y) not in used]
    return np.array(free, dtype=np.int64).reshape(-1, 2)


def thumb_window(grid: tuple[int, int]) -> list[float]:
    """Fit a chip of any shape into the thumbnail, unstretched: left, right, bottom, top."""
    wide = max(grid[0], grid[1] * THUMB[0] / THUMB[1])
    high = wide * THUMB[1] / THUMB[0]
    return [-0.5, round(wide - 0.5, 3), round(grid[1] - 0.5 - high, 3) + 0.0, grid[1] - 0.5]
