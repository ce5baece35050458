"""Say what a simulation will take before it takes it."""

import os

import numpy as np
import psutil

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import TooLarge
from spikefit_nb.simulate.block import Shown, block_samples, window_steps
from spikefit_nb.simulate.plan import Plan, Stage
from spikefit_nb.units import si

SHARE_OF_FREE = 0.75


def predict_bytes(plan: Plan, dataset: SpikeDataset, shown: Shown, n_threads: int) -> int:
    """Memory of the weights as laid out, of what runs at once, and of what is written down."""
    n_samples, n_steps = dataset.n_samples, dataset.n_steps
    size = block_samples(plan, dataset)
    window = window_steps(plan, size, n_steps)
    n_blocks = min(n_threads, -(-n_samples // size))
    routes = [route for stage in plan.stages for route in (*stage.routes, stage.loop) if route]
    weights = sum(route.n_bytes for route in routes)
    values = sum(stage.neurons.n_bytes(0) for stage in plan.stages)
    n_events = int(dataset.spikes.nbytes if dataset.is_current else 8 * _n_events(dataset))
    running = sum(_running_bytes(stage, size, window) for stage in plan.stages)
    running += size * n_steps * 24 + n_events * size // n_samples
    out = next(stage for stage in plan.stages if stage.name == shown.population)
    n_neurons = sum(stage.n_neurons for stage in plan.stages)
    each = 4 * (dataset.n_channels + n_neurons)
    each += (
        n_steps * out.n_neurons * (4 * shown.potential + (1 if out.neurons.most_spikes == 1 else 4))
    )
    if shown.events:
        each += n_steps * (-(-n_neurons // 8) + 8) + n_events // n_samples
    written = n_samples * each
    joined = 2 * written if n_samples > size else written  # blocks, and what they are joined to
    return int(weights + values + max(n_blocks * running + written, joined))


def _running_bytes(stage: Stage, size: int, window: int) -> int:
    """Current, spikes, sums and state of a population in one block."""
    is_direct = len(stage.routes) == 1 and stage.neurons.current is np.float32
    sums = sum(np.dtype(route.sums).itemsize for route in stage.routes)
    each = 4 + (0 if is_direct else 4) + sums + 4 * (stage.neurons.amounts is not None)
    state = stage.neurons.n_bytes(size) - stage.neurons.n_bytes(0)
    if stage.loop is not None:
        ring = stage.loop.delay_steps * np.dtype(stage.loop.sums).itemsize
        state += size * stage.n_neurons * ring
    return size * window * stage.n_neurons * each + state


def _n_events(dataset: SpikeDataset) -> float:
    """Input events there are at most."""
    return dataset.rate_hz * dataset.dt_s * dataset.spikes.size


def check_memory(
    plan: Plan, dataset: SpikeDataset, shown: Shown, n_threads: int, limit_bytes: float | None
) -> None:
    """Refuse a run that would take more memory than it may."""
    needed = predict_bytes(plan, dataset, shown, n_threads)
    limit = free_bytes() * SHARE_OF_FREE if limit_bytes is None else limit_bytes
    if not needed <= limit:  # a limit that is no number is none to keep
        whose = "three quarters of what is free" if limit_bytes is None else "memory_limit_bytes"
        raise TooLarge(
            f"The simulation would take {si(needed, 'B')}, more than {si(limit, 'B')} ({whose}). "
            "Run fewer samples at a time (dataset.take), record='counts', a smaller network; "
            "or raise memory_limit_bytes."
        )


def free_bytes() -> float:
    """Memory this process may still take: of the machine, or what a JupyterHub allows."""
    free = psutil.virtual_memory().available
    if allowed := os.environ.get("MEM_LIMIT"):
        free = min(free, float(allowed) - psutil.Process().memory_info().rss)
    return float(free)
