"""What every arithmetic offers: the neurons of one population, ready to run."""

from typing import Protocol

import numpy as np

from spikefit_nb.kernels.neurons import Fired, Seen


class Neurons(Protocol):
    """One population in one arithmetic."""

    current: type  # dtype of the current that arrives: np.float32 or np.int32
    amounts: bool  # whether a neuron may fire several times a step

    def start(self, n_samples: int, wants_all: bool) -> tuple:
        """State before the first step; ``wants_all``: every step is looked at, none may be skipped."""
        ...

    def run(
        self, state: tuple, current: np.ndarray, arrived: np.ndarray, first_step: int, out: Fired, seen: Seen
    ) -> int:
        """Run a window of steps; returns the number of events."""
        ...

    def n_bytes(self, n_samples: int) -> int:
        """Memory of parameters and state."""
        ...
