"""About how long a step lasts on cores, from counts alone: many ways are ranked by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikefit_nb.balance.work import sent_by, synapse_times, update_times
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, Projection
from spikefit_nb.replay import FiringRates, barrier_s, works_at_once

COUNTED = 50_000  # synapses, up to which the cores that a spike reaches are counted one by one

Pieces = Mapping[str, np.ndarray]  # by population, the piece that each neuron is in


@dataclass(frozen=True, eq=False)
class Estimate(Frozen):
    """How long the busiest core works in a mean step, and the barrier: what ``predict`` tells, but
    for how far loads stray from their mean, in about fifty microseconds.
    """

    rates: FiringRates
    network: Network
    profile: HardwareProfile

    def step_s(self, pieces: Pieces) -> float:
        """Seconds of a mean step where every piece is on a core of its own."""
        n_pieces = {name: int(piece.max()) + 1 for name, piece in pieces.items()}
        busiest_s = max(self._busiest_s(name, pieces) for name in pieces)
        n_tiles = -(-sum(n_pieces.values()) // int(self.profile.si("cores_per_tile", 1)))
        return busiest_s + barrier_s(self.profile, n_tiles)

    def _busiest_s(self, name: str, pieces: Pieces) -> float:
        """Seconds of the busiest core of a population."""
        profile, sent = self.profile, self._sent[name]
        axons = sum(_reached(e, pieces) for e in self.network.projections if e.source == name)
        own_s = self._own_s[name] + sent * axons * profile.si("time_packet", 0.0)
        updates_s = np.bincount(pieces[name], weights=own_s)
        received_s = np.bincount(pieces[name], weights=self._synapses_s[name])
        received_s += self._arrived[name] * profile.si("time_packet_in", 0.0)
        if works_at_once(profile):
            return float(np.maximum(updates_s, received_s).max())
        return float((updates_s + received_s).max())

    @cached_property
    def _sent(self) -> dict[str, np.ndarray]:
        return sent_by(self.rates)

    @cached_property
    def _own_s(self) -> dict[str, np.ndarray]:
        """Seconds of the update and of the spikes of each neuron."""
        spike_s = self.profile.si("time_spike", 0.0)
        updates = update_times(self.rates, self.network, self.profile)
        return {name: own_s + spike_s * self._sent[name] for name, own_s in updates.items()}

    @cached_property
    def _synapses_s(self) -> dict[str, np.ndarray]:
        return synapse_times(self.rates, self.network, self.profile)

    @cached_property
    def _arrived(self) -> dict[str, float]:
        """Packets that arrive at a core of each population, at most."""
        arrived = dict.fromkeys(self._own_s, 0.0)
        for e in self.network.projections:
            arrived[e.target] += float(self._sent[e.source].sum())
        return arrived


def _reached(e: Projection, pieces: Pieces) -> np.ndarray | int:
    """Cores that a spike of each source is sent to; at most so many of a projection too large to
    count them.
    """
    piece = pieces[e.target]
    n_pieces = int(piece.max()) + 1
    if n_pieces == 1 or e.kind == "dense" or e.n_synapses > COUNTED:
        return n_pieces
    return np.bincount(e.fanout(piece).source, minlength=e.shape[0])
