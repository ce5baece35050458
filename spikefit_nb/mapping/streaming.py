"""Neurons onto cores one after another, over and over: for networks of a million neurons."""

from dataclasses import dataclass

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.kernels import streaming as k
from spikefit_nb.kernels.grouping import LEAST
from spikefit_nb.mapping.room import Room, must_hold
from spikefit_nb.mapping.wiring import Wiring


@dataclass(frozen=True)
class Stream:
    """Neuron after neuron goes to the core with which it shares most spikes, weighed by what of
    that is free; then all do so again, as the others lie by then.

    Time and memory grow with the number of synapses alone. Neighbours follow each other.

    Parameters
    ----------
    n_passes : int, how often each neuron is put on a core
    slack : float, share of a core that is left free on average

    Raises
    ------
    DesignProblem
        ``n_passes`` is below 1, or ``slack`` is not from 0 to below 1.

    References
    ----------
    Weighing by what is free: Stanton and Kliot 2012, KDD 18:1222-1230. Several passes: Nishimura
    and Ugander 2013, KDD 19:1106-1114.

    Examples
    --------
    >>> mixed = np.array([0, 1, 0, 1])  # neurons 0 and 2 feed each other, so do 1 and 3
    >>> wiring = Wiring(np.arange(5), np.array([2, 3, 0, 1]), np.ones(4))
    >>> Stream(slack=0.0).cores(wiring, Room(2, 9))
    array([0, 1, 0, 1])
    """

    n_passes: int = 16
    slack: float = 0.03

    def __post_init__(self) -> None:
        if self.n_passes < 1:
            raise DesignProblem(f"n_passes is {self.n_passes}; it must be 1 or more.")
        if not 0 <= self.slack < 1:
            raise DesignProblem(f"slack is {self.slack}; it must be at least 0 and below 1.")

    def cores(self, wiring: Wiring, room: Room) -> np.ndarray:
        """The core of each neuron, counted from 0, (n_neurons,) int64."""
        must_hold(wiring, room)
        n, wires = wiring.n_neurons, wiring.wires
        order = np.zeros(n, np.int64)
        k.walk(wires, np.zeros(n, bool), order)
        weight = (wires.spikes + LEAST) / np.maximum(1, np.diff(wires.ptr))
        filled = np.zeros(n, np.int64), np.zeros(n, np.int64)
        cores = k.Streaming(np.full(n, -1), *filled, np.zeros(n), np.zeros(n, np.int32))
        share = max(n / room.neurons, wires.n_synapses.sum() / room.synapses)
        n_cores = min(n, max(1, int(np.ceil(share / (1 - self.slack)))))
        for _ in range(self.n_passes):
            n_cores = k.stream(wires, weight, order, n_cores, *room, cores)
        return np.unique(cores.core_of, return_inverse=True)[1]
