"""Weights while they are learned: real numbers behind those that the chip will hold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from spikefit_nb.adapt.layer_weights import places_shared
from spikefit_nb.adapt.quantize import ChipScales
from spikefit_nb.adapt.scales import (
    Weights,
    best_levels,
    best_scales,
    largest_integer,
    nearest_level,
    whole,
)
from spikefit_nb.network import Network, Population, Projection, copies_of
from spikefit_nb.train import Latents, Told


class Grid(Protocol):
    """How the weights into a population are held."""

    @property
    def bits(self) -> int | None:
        """Of a stored weight; None: real ones."""
        ...

    @property
    def pace(self) -> float:
        """How fast scales move beside latents."""
        ...

    def scales(self, weights: Weights) -> np.ndarray:
        """What a latent of one is worth at first, (n_units,)."""
        ...

    def levels(self, latents: np.ndarray) -> np.ndarray:
        """What is learned besides: the levels that latents are held at; or nothing, (0,)."""
        ...

    def held(self, latents: np.ndarray, levels: np.ndarray) -> "Held":
        """What is held in place of latents."""
        ...


class Held(NamedTuple):
    """What is held in place of latents, flat."""

    stored: np.ndarray  # (n,) float64; whole numbers where the grid has bits
    worth: float  # a latent of one, for one that is stored
    follows: np.ndarray | bool  # whether what is held moves as its latent does
    level: np.ndarray | None = None  # (n,) int64, which level each is at


@dataclass(frozen=True)
class Real:
    """Real weights, for a chip whose weights nobody has published."""

    bits: int | None = None
    pace: float = 1.0

    def scales(self, weights: Weights) -> np.ndarray:
        """The mean size."""
        return _mean(weights)

    def levels(self, latents: np.ndarray) -> np.ndarray:
        """None."""
        return np.zeros(0)

    def held(self, latents: np.ndarray, levels: np.ndarray) -> Held:
        """The latents."""
        return Held(latents, 1.0, True)


@dataclass(frozen=True)
class Steps:
    """Whole numbers of so many bits: the nearest to each latent."""

    bits: int
    pace: float = 1.0

    def scales(self, weights: Weights) -> np.ndarray:
        """Those with the least error, but such that most weights are held as other than zero: of
        few bits, few large weights would decide, and all others would learn nothing.
        """
        # Half of what Esser et al. 2020, ICLR, "Learned step size quantization", section 2.1, begin
        # with: weights of trained spiking networks have longer tails.
        least = best_scales(weights, self.bits, "error")
        return np.minimum(least, _mean(weights) / np.sqrt(largest_integer(self.bits)))

    def levels(self, latents: np.ndarray) -> np.ndarray:
        """None."""
        return np.zeros(0)

    def held(self, latents: np.ndarray, levels: np.ndarray) -> Held:
        """The nearest whole numbers; a latent beyond the largest has no hold on it any more."""
        limit = largest_integer(self.bits) + 0.5
        return Held(whole(latents, self.bits), 1.0, np.abs(latents) < limit)


@dataclass(frozen=True)
class Levels:
    """One of few levels: the nearest to each latent; the levels are learned, too."""

    bits: int
    n_levels: int

    @property
    def pace(self) -> float:
        """Slow for two levels: none is zero, so that a scale moves all of a neuron's input."""
        return 0.1 if self.n_levels == 2 else 1.0

    def scales(self, weights: Weights) -> np.ndarray:
        """The mean size."""
        return _mean(weights)

    def levels(self, latents: np.ndarray) -> np.ndarray:
        """Those nearest to all latents."""
        return best_levels(latents, np.ones(latents.size), self.n_levels)

    def held(self, latents: np.ndarray, levels: np.ndarray) -> Held:
        """The nearest level, in whole numbers of the largest one's."""
        if not levels.any():  # no synapse is left, or all weigh nothing
            return Held(np.zeros_like(latents), 1.0, True)
        order = np.argsort(levels)
        level = order[nearest_level(latents, levels[order])]
        worth = float(np.abs(levels).max()) / largest_integer(self.bits)
        return Held(np.rint(levels[level] / worth), worth, True, level)


def _mean(weights: Weights) -> np.ndarray:
    """The mean size of the weights of each unit."""
    total = np.bincount(weights.unit, weights.sizes, weights.n_units)
    return total / np.maximum(1, np.bincount(weights.unit, minlength=weights.n_units))


class Member(NamedTuple):
    """One projection into a population."""

    at: int  # among the network's projections
    unit: np.ndarray  # (n_values,) int64, which scale each stored weight has
    present: np.ndarray  # (n_values,) bool: zeros are synapses that are not there
    tied: np.ndarray  # (n_values,) int64, which latent each stored weight is


class _Into(NamedTuple):
    """All that leads into a population."""

    members: tuple[Member, ...]
    scale_of: np.ndarray  # (n_neurons,) int64, which scale each neuron has
    size: float  # of latents: what is learned is around 1
    bias_unit: float  # what a learned bias of 1 is worth: a usual weight


class HeldNetwork:
    """A network whose weights, scales and biases are learned: ``weight = scale * held(latent)``."""

    # A scale is of a neuron, a channel or a population. A neuron's does what its threshold would:
    # only one of them is learned. Biases are learned where a population has any.

    def __init__(
        self, network: Network, grids: Mapping[str, Grid], scales: ChipScales, *, pools: bool
    ) -> None:
        self.base, self.grids, self.latents = network, grids, Latents()
        self.into: dict[str, _Into] = {}
        for population in network.neuron_populations:
            at = [k for k, e in enumerate(network.projections) if e.target == population.name]
            if at:
                self._begin(population, at, scales, pools=pools)

    def _begin(
        self, population: Population, at: list[int], scales: ChipScales, *, pools: bool
    ) -> None:
        """Take the first latents of a population from the weights into it."""
        name, incoming = population.name, [self.base.projections[k] for k in at]
        values = [e.real_weight().values.astype(np.float64) for e in incoming]
        scale_of, scale = self._first_scales(population, incoming, values, scales)
        members = []
        for k, e, own in zip(at, incoming, values, strict=True):
            copies = copies_of(e, self.base[e.source].shape) if pools else np.arange(own.size)
            tied = np.unique(copies, return_inverse=True)[1]
            members.append(Member(k, e.weight.at_targets(scale_of), own != 0, tied))
        latents = [own / scale[m.unit] for own, m in zip(values, members, strict=True)]
        present = np.concatenate([x[m.present] for x, m in zip(latents, members, strict=True)])
        size = 2 * float(np.abs(present).mean()) if present.size else 1.0
        for m, own in zip(members, latents, strict=True):
            latent = np.zeros(m.tied.max(initial=-1) + 1)
            latent[m.tied] = own / size  # tied weights are equal: any of them is the latent
            self.latents["weight", m.at] = latent
        self.latents["scale", name] = np.log(scale) / self.grids[name].pace
        self.latents["level", name] = self.grids[name].levels(present) / size
        self.into[name] = _Into(tuple(members), scale_of, size, float(scale.mean()) * size)
        if "bias" in population.neuron.parameters and population.parameter("bias").any():
            self.latents["bias", name] = population.parameter("bias") / self.into[name].bias_unit

    def _first_scales(
        self,
        population: Population,
        incoming: list[Projection],
        values: list[np.ndarray],
        scales: ChipScales,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which scale each neuron has, and what each is at first; no more than the chip takes."""
        n_neurons = population.n_neurons
        places = places_shared(incoming) if scales.scope == "neuron" else n_neurons
        unit_of, n_units = np.arange(n_neurons) // places, n_neurons // places
        units = np.concatenate([e.weight.at_targets(unit_of) for e in incoming])
        sizes = np.abs(np.concatenate(values))
        found = Weights(sizes[sizes > 0], units[sizes > 0], None, n_units)
        first = self.grids[population.name].scales(found)
        # one without weights has the largest: its bias, or its threshold, is counted in it
        first = np.where(first > 0, first, first.max()) if first.any() else np.ones(n_units)
        if scales.n_scales is None or np.unique(first).size <= scales.n_scales:
            return unit_of, first
        levels = best_levels(np.log(first), np.ones(n_units), scales.n_scales)
        return nearest_level(np.log(first), levels)[unit_of], np.exp(levels)

    def scale(self, name: str) -> np.ndarray:
        """What a latent of one into a population is worth, (n_units,)."""
        return np.exp(self.grids[name].pace * self.latents["scale", name])

    def _held(self, name: str, m: Member) -> tuple[np.ndarray, Held]:
        """The latent of each stored weight, and what is held in its place."""
        size = self.into[name].size
        latents = self.latents["weight", m.at][m.tied] * size
        return latents, self.grids[name].held(latents, self.latents["level", name] * size)

    def network(self, slide: float = 1.0) -> Network:
        """The network with what is held; with ``slide`` below 1 with real weights on their way."""
        made = dict(enumerate(self.base.projections))
        populations = {p.name: p for p in self.base.populations}
        for name, into in self.into.items():
            for m in into.members:
                made[m.at] = self._made(name, m, slide)
            if ("bias", name) in self.latents:
                p, bias = populations[name], self.latents["bias", name] * into.bias_unit
                neuron = replace(p.neuron, bias=bias.reshape(p.shape))
                populations[name] = replace(p, neuron=neuron)
        return self.base.replace(
            populations=tuple(populations.values()), projections=tuple(made.values())
        )

    def _made(self, name: str, m: Member, slide: float) -> Projection:
        """A projection with what is held, or with weights on their way there."""
        e, bits = self.base.projections[m.at], self.grids[name].bits
        scale, (latents, held) = self.scale(name), self._held(name, m)
        if slide < 1 or bits is None:
            value = (1 - slide) * latents + slide * held.stored * held.worth
            return e.with_values((value * scale[m.unit] * m.present).astype(np.float32))
        worth = (scale * held.worth).astype(np.float32)[self.into[name].scale_of]
        stored = (held.stored * m.present).astype(np.int8 if bits <= 8 else np.int16)
        return replace(
            e,
            weight=e.weight.with_values(stored),
            scale=worth if (worth != worth[0]).any() else worth[0],
            weight_bits=bits,
        )

    def told(self, told: Told, slide: float = 1.0) -> Latents:
        """The loss's derivative by each latent, from those by weights and parameters; what is held
        passes it on to the latent behind it, as if nothing were rounded.
        """
        grown = {key: np.zeros_like(latent) for key, latent in self.latents.items()}
        for name, into in self.into.items():
            scale, pace = self.scale(name), self.grids[name].pace
            for m in into.members:
                latents, held = self._held(name, m)
                by_weight = told.weights[m.at] * m.present
                value = (1 - slide) * latents + slide * held.stored * held.worth
                by_scale = pace * by_weight * value * scale[m.unit]
                grown["scale", name] += np.bincount(m.unit, by_scale, scale.size)
                by_value = by_weight * scale[m.unit] * into.size
                if held.level is not None:
                    n_levels = self.latents["level", name].size
                    grown["level", name] += slide * np.bincount(held.level, by_value, n_levels)
                # a latent that went too far is not moved on, but may come back
                free = np.where(held.follows | (by_value * latents > 0), 1.0, 1 - slide)
                n_latents = self.latents["weight", m.at].size
                grown["weight", m.at] = np.bincount(m.tied, by_value * free, n_latents)
            if ("bias", name) in self.latents:
                grown["bias", name] = told.parameters[name][1] * into.bias_unit
        return grown
