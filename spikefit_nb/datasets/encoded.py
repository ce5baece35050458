"""Encode values piece by piece, so that spikes that are few never take the memory of many."""

import numpy as np

from spikefit_nb.datasets.lazy import Events, join_events
from spikefit_nb.datasets.storage import BLOCK_VALUES, Spikes, as_events
from spikefit_nb.encode import Encoder, Seed
from spikefit_nb.errors import expect


def encode_values(values: np.ndarray, encoder: Encoder, seed: Seed) -> Spikes:
    """Encode values, and list the spikes of each piece at once where they are few."""
    expect(encoder, Encoder, "encoder", "encode.RateBernoulli(64)")
    generator = np.random.default_rng(seed)
    n_values = int(np.prod(values.shape[1:])) * encoder.n_steps
    size = max(1, BLOCK_VALUES // max(1, n_values))
    if values.ndim < 2 or len(values) <= size:
        return encoder.encode(values, seed=generator)
    first = encoder.encode(values[:size], seed=generator)
    if first.dtype.kind == "f":  # currents share one step's memory as they are
        return encoder.encode(values, seed=generator)
    pieces: list[Events] = [as_events(first)]
    for start in range(size, len(values), size):
        pieces.append(as_events(encoder.encode(values[start : start + size], seed=generator)))
    return join_events(pieces)
