"""Delays: seconds in NIR, steps here."""

from math import gcd, prod

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.graph import Graph, Node
from spikefit_nb.nir_file.shapes import Shapes
from spikefit_nb.units import si

LIMIT_STEPS = 65_535  # what waits takes memory for every step
TOLERANCE_STEPS = 1e-3  # of rounding in float32 files
FINEST_S = 1e-6


def delays_in_steps(graph: Graph, shapes: Shapes, dt_s: float) -> dict[str, np.ndarray]:
    """How many steps every Delay node holds every value back: ``delay / dt``."""
    return {
        node.name: _steps(node, shapes.incoming[node.name], dt_s) for node in graph.of_kind("Delay")
    }


def _steps(node: Node, shape: tuple[int, ...], dt_s: float) -> np.ndarray:
    delay_s = node.array("delay").astype(np.float64)
    steps = delay_s / dt_s
    if (steps < 0).any() or (steps > LIMIT_STEPS).any():
        wrong = delay_s[(steps < 0) | (steps > LIMIT_STEPS)].flat[0]
        raise FileProblem(
            f"{node.where}: {node}, field 'delay' holds {wrong:g} s, "
            f"{wrong / dt_s:g} steps of {si(dt_s, 's')}; 0 to {LIMIT_STEPS:,} steps are read. "
            "NIR states delays in seconds; dt_s=... changes the step."
        )
    whole = np.round(steps)
    off = np.abs(steps - whole) > TOLERANCE_STEPS
    if off.any():
        raise FileProblem(
            f"{node.where}: {node}: a delay of {si(float(delay_s[off].flat[0]), 's')} is "
            f"{steps[off].flat[0]:.4g} steps of {si(dt_s, 's')}, no whole number. "
            f"{_remedy(delay_s)}"
        )
    per_value = whole if whole.size == prod(shape) else np.broadcast_to(whole, shape)
    return per_value.ravel().astype(np.int64)


def _remedy(delay_s: np.ndarray) -> str:
    ticks = np.round(delay_s / FINEST_S)
    common = gcd(*(int(n) for n in np.unique(ticks)))
    if common == 0 or (np.abs(delay_s / FINEST_S - ticks) > TOLERANCE_STEPS + 1e-6 * ticks).any():
        return (
            "No time step down to 1 µs fits all delays; "
            "round them in the framework that wrote the file."
        )
    return (
        f"dt_s={common * FINEST_S:.6g} would do, if it suits the time constants too; "
        "or round the delays."
    )
