"""Prune while weights are learned: little by little, by what training says that each is worth."""

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from spikefit_nb.adapt.held import Grid, HeldNetwork, Member
from spikefit_nb.adapt.prune_neurons import keep_neurons
from spikefit_nb.adapt.quantize import ChipScales
from spikefit_nb.network import Network
from spikefit_nb.train import Latents, Told

KEEPS = 0.95  # of what batches told before, beside what the next one tells


class ThinnedNetwork(HeldNetwork):
    """One that loses neurons and synapses on the way to what is held: ``1 - (1 - slide)**3`` of all
    that is to go.
    """

    # After Zhu & Gupta 2017, arXiv 1710.01878, for the pace: most goes early, while much is left to
    # make up for it. A synapse that is gone keeps its weight, and may come back in another's place.

    def __init__(
        self,
        network: Network,
        grids: Mapping[str, Grid],
        scales: ChipScales,
        *,
        pools: bool,
        units: Mapping[str, np.ndarray],
        neurons: Mapping[str, float],
        synapses: Mapping[str, float],
    ) -> None:
        super().__init__(network, grids, scales, pools=pools)
        self.units, self.neurons, self.synapses = units, neurons, synapses
        self.kept = {p.name: np.ones(p.n_neurons, bool) for p in network.populations}
        self.worth = {name: np.zeros(unit.max() + 1) for name, unit in units.items()}
        self.first = {m.at: m.present.copy() for m in self._members()}
        self.slope = {at: np.zeros(present.size) for at, present in self.first.items()}

    def network(self, slide: float = 1.0) -> Network:
        """The network with what is left."""
        part = 1 - (1 - slide) ** 3
        for name in self.units:
            self._choose_neurons(name, part)
        for name in self.into:
            self._choose_synapses(name, part)
        return super().network(slide)

    def told(self, told: Told, slide: float = 1.0) -> Latents:
        """The loss's derivative by each latent; what neurons and synapses are worth is noted."""
        for name, unit in self.units.items():
            fresh = np.bincount(unit, told.worth[name])
            self.worth[name] += (1 - KEEPS) * (fresh - self.worth[name])
        for at, slope in self.slope.items():
            slope += (1 - KEEPS) * (told.weights[at] ** 2 - slope)
        return super().told(told, slide)

    def without_gone(self, network: Network) -> Network:
        """A network without the neurons that went."""
        return keep_neurons(network, self.kept)

    def _members(self) -> Iterator[Member]:
        return chain.from_iterable(into.members for into in self.into.values())

    def _choose_neurons(self, name: str, part: float) -> None:
        """Choose which neurons are gone: once silent, none is worth anything any more."""
        unit, worth = self.units[name], self.worth[name]
        n_gone = min(round(part * self.neurons[name] * worth.size), worth.size - 1)
        is_kept = np.bincount(unit, self.kept[name]) > 0
        order = np.argsort(np.where(is_kept, worth, -1.0), kind="stable")
        is_kept[order[:n_gone]] = False
        self.kept[name] = is_kept[unit]

    def _choose_synapses(self, name: str, part: float) -> None:
        """Choose which synapses onto a population are gone, of those between neurons kept: by
        ``|weight| * rms(slope)``, to second order what the loss would change (Fisher information).
        """
        members, scale = self.into[name].members, self.scale(name)
        worth, copies = [], []  # of each latent, whose weights stay or go together
        for m in members:
            e = self.base.projections[m.at]
            m.present[:] = self.first[m.at] & e.weight.at_targets(self.kept[e.target])
            m.present[:] &= e.weight.at_rows(e.weight.rows_of(self.kept[e.source]))
            weight = self.latents["weight", m.at][m.tied] * scale[m.unit] * m.present
            worth.append(np.bincount(m.tied, np.abs(weight) * np.sqrt(self.slope[m.at])))
            copies.append(np.bincount(m.tied, m.present))
        n, every = np.concatenate(copies), np.concatenate(worth)
        order = np.argsort(np.where(n > 0, every, np.inf), kind="stable")
        is_gone = np.zeros(n.size, bool)
        is_gone[order] = np.cumsum(n[order]) <= round(part * self.synapses[name] * n.sum())
        ends = np.cumsum([each.size for each in copies])[:-1]
        for m, gone in zip(members, np.split(is_gone, ends), strict=True):
            m.present[:] &= ~gone[m.tied]
