"""What the scripts that record another tool's own run share: inputs, margins and the file.

A recording is one file, ``NAME.npz``:

``graph``
    the bytes of the NIR file that nir wrote of what the tool's exporter gave
``input``
    events of each sample, step and channel, uint8
``spikes/LAYER``
    what each spiking layer of the tool gave, uint8, by the name of its node in the graph
``potentials/LAYER``
    what each layer that never fires gave, float32
``settings``
    JSON: what the tool was told that its exporter does not write, such as the reset
``margin``
    how close any potential came to where one spike more or less would have been, over the threshold
``versions``, ``command``
    of the tool and what it used; how the script was called
"""

import json
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

MARGIN, SEEDS = 1e-4, 400


def events(random: np.random.Generator, shape: tuple[int, ...], rate: float) -> np.ndarray:
    """0 or 1 event of each sample, step and channel."""
    return (random.random(shape) < rate).astype(np.uint8)


def steps_of_two(random: np.random.Generator, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Weights in whole 1/64, so that no order of adding them rounds."""
    return (np.round(random.normal(0.35, 1.0, shape) * scale * 64) / 64).astype(np.float32)


def distance(before: np.ndarray, threshold: np.ndarray, most: int | None) -> float:
    """How far potentials stayed from the thresholds (with several spikes, their multiples)."""
    ratio = np.asarray(before, float) / np.asarray(threshold, float)
    nearest = np.clip(np.round(ratio), 1, most)
    return float(np.abs(ratio - nearest).min())


def first_clear(build: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """The run of the first seed where rounding cannot have decided a spike and all layers fire."""
    for seed in range(SEEDS):
        run = build(seed)
        rates = [fired.mean() for fired in run["spikes"].values()]
        if run["margin"] >= MARGIN and min(rates) > 0.02:
            run["settings"]["seed"] = seed
            return run
    raise SystemExit(f"none of {SEEDS} seeds keeps {MARGIN} away from all thresholds")


def first_exact(build: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """The run of the first seed where a potential meets its threshold, of weights and decays that
    float32 holds exactly.
    """
    run = next(run for run in map(build, range(SEEDS)) if run["margin"] == 0)
    run["settings"]["exact"] = True
    return run


def save(folder: Path, name: str, run: dict[str, Any], *packages: str) -> None:
    """Write the tool's graph and what the tool itself answered."""
    folder.mkdir(parents=True, exist_ok=True)
    if max(fired.max() for fired in run["spikes"].values()) > 255:
        raise SystemExit(f"{name}: more than 255 spikes in a step")
    said = {f"spikes/{layer}": fired.astype(np.uint8) for layer, fired in run["spikes"].items()}
    said |= {f"potentials/{layer}": v for layer, v in run.get("potentials", {}).items()}
    np.savez_compressed(
        folder / f"{name}.npz",
        graph=np.frombuffer(bytes_of(run["graph"]), np.uint8),
        input=run["input"],
        settings=np.array(json.dumps(run["settings"])),
        margin=np.array(run["margin"]),
        versions=np.array([f"{p} {version(p)}" for p in packages]),
        command=np.array("python tests/tools/" + Path(sys.argv[0]).name + " FOLDER"),
        **said,
    )
    rates = ", ".join(f"{layer} {fired.mean():.3f}" for layer, fired in run["spikes"].items())
    print(f"{name}: margin {run['margin']:.1e}, {run['settings']}, spikes a step: {rates}")


def bytes_of(graph: Any) -> bytes:
    """The file that nir writes."""
    import nir

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.nir"
        nir.write(file, graph)
        return file.read_bytes()
