"""What goes wrong off the bench, drawn at random: in weights, neurons, cores and input events."""

from dataclasses import dataclass, fields, replace
from numbers import Integral, Real

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, NetworkProblem
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network, Population, Projection
from spikefit_nb.units import text

WORDS = {  # fault: (its words, its unit)
    "weight_mismatch": ("weight mismatch", "%"),
    "bit_flips": ("bits of weights flipped", "%"),
    "dead_neurons": ("neurons dead", "%"),
    "dead_cores": ("cores dead", ""),
    "dropped_events": ("input events dropped", "%"),
    "jitter_s": ("jitter of input events", "s"),
}


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What goes wrong, and how much of it.

    Parameters
    ----------
    weight_mismatch : float, standard deviation of a factor ``1 + weight_mismatch * N(0, 1)`` on
        every synapse, as transistors of analog chips differ
    bit_flips : float, 0 to 1, probability that a bit of a stored weight is flipped; of integer
        weights, and of synapses that there are
    dead_neurons : float, 0 to 1, share of neurons that neither hear nor fire
    dead_cores : int, cores of those in use whose neurons are dead
    dropped_events : float, 0 to 1, probability that an input event is lost
    jitter_s : float, standard deviation by which an input event comes early or late, rounded to
        steps and kept within the recording

    Raises
    ------
    DesignProblem
        A number is outside its range, or nothing goes wrong.

    Examples
    --------
    >>> Faults(weight_mismatch=0.2)
    Faults(weight_mismatch=0.2)
    """

    weight_mismatch: float = 0.0
    bit_flips: float = 0.0
    dead_neurons: float = 0.0
    dead_cores: int = 0
    dropped_events: float = 0.0
    jitter_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("weight_mismatch", "jitter_s"):
            _check(name, getattr(self, name), "0 or more", np.inf)
        for name in ("bit_flips", "dead_neurons", "dropped_events"):
            _check(name, getattr(self, name), "between 0 and 1", 1.0)
        if isinstance(self.dead_cores, bool) or not isinstance(self.dead_cores, Integral):
            raise DesignProblem(f"dead_cores is {self.dead_cores!r}; it must be a whole number.")
        _check("dead_cores", self.dead_cores, "0 or more", np.inf)
        if not self.amounts:
            raise DesignProblem(
                f"Nothing goes wrong: give at least one of {', '.join(WORDS)}, such as "
                "weight_mismatch=0.2."
            )

    @property
    def amounts(self) -> dict[str, float]:
        """Those other than zero."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}

    @property
    def words(self) -> str:
        """All of them in words, with their amounts."""
        return ", ".join(
            f"{WORDS[name][0]} {text(amount, WORDS[name][1])}"
            for name, amount in self.amounts.items()
        )

    def __repr__(self) -> str:
        return f"Faults({', '.join(f'{name}={value!r}' for name, value in self.amounts.items())})"


def _check(name: str, value: object, words: str, most: float) -> None:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 <= float(value) <= most or np.isinf(float(value)):
        raise DesignProblem(f"{name} is {value!r}; it must be a number, {words}.")


def faulty_network(
    network: Network, mapping: CoreMap, faults: Faults, random: np.random.Generator
) -> Network:
    """A network with faults drawn into its weights, neurons and cores."""
    projections = list(network.projections)
    if faults.bit_flips:
        projections = [_flipped(e, faults.bit_flips, random) for e in projections]
    if faults.weight_mismatch:
        projections = [_mismatched(e, faults.weight_mismatch, random) for e in projections]
    if faults.dead_neurons or faults.dead_cores:
        return _without(network, projections, _dead(network, mapping, faults, random))
    return network.replace(projections=projections)


def faulty_inputs(
    dataset: SpikeDataset, faults: Faults, random: np.random.Generator
) -> SpikeDataset:
    """Recordings with events lost, early and late."""
    if not (faults.dropped_events or faults.jitter_s):
        return dataset
    if dataset.is_current:
        raise DesignProblem(
            "dropped_events and jitter_s are of input events; these recordings hold currents."
        )
    spikes = np.asarray(dataset.spikes[:], np.uint8)
    sample, step, channel = np.nonzero(spikes)
    count = spikes[sample, step, channel]
    each = [np.repeat(index, count) for index in (sample, step, channel)]
    kept = random.random(each[0].size) >= faults.dropped_events
    sample, step, channel = (index[kept] for index in each)
    if faults.jitter_s:
        late = np.rint(random.normal(0, faults.jitter_s / dataset.dt_s, step.size))
        step = np.clip(step + late, 0, dataset.n_steps - 1).astype(int)
    made = np.zeros(spikes.shape, np.int64)
    np.add.at(made, (sample, step, channel), 1)
    return replace(dataset, spikes=made.clip(0, 255).astype(np.uint8))


def _mismatched(e: Projection, deviation: float, random: np.random.Generator) -> Projection:
    """Real weights, each synapse with a factor of its own; a convolution is written out for it."""
    weight = e.real_weight().unrolled()
    factor = 1 + deviation * random.standard_normal(weight.values.size)
    values = (weight.values * factor).astype(np.float32)
    return replace(e, weight=weight.with_values(values), scale=None, weight_bits=None)


def _flipped(e: Projection, probability: float, random: np.random.Generator) -> Projection:
    """Integers of which bits are flipped, in two's complement."""
    if e.scale is None:
        raise NetworkProblem(
            f"{e.source!r} -> {e.target!r} has real weights, of which no bits are stored: deploy "
            "it with a design of so many weight_bits first."
        )
    bits = e.weight_bits or 8 * e.values.dtype.itemsize
    values = e.values.astype(np.int64)
    flips = random.random((bits, values.size)) < probability
    mask = (flips * (1 << np.arange(bits))[:, None]).sum(axis=0)
    raw = (values ^ mask) & ((1 << bits) - 1)
    signed = raw - ((raw >> (bits - 1)) << bits)
    flipped = np.where(values != 0, signed, 0)
    return e.with_values(flipped.astype(np.result_type(e.values.dtype, np.int8)))


def _dead(
    network: Network, mapping: CoreMap, faults: Faults, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """Which neurons of each population are dead."""
    cores = np.unique(mapping.core_of[network.n_channels :])
    if faults.dead_cores > cores.size:
        raise DesignProblem(f"dead_cores is {faults.dead_cores}, but only {cores.size} are in use.")
    lost = random.choice(cores, faults.dead_cores, replace=False)
    on_dead, dead = np.isin(mapping.core_of, lost), {}
    for p in network.neuron_populations:
        start = network.starts[p.name]
        dies = random.random(p.n_neurons) < faults.dead_neurons
        dead[p.name] = on_dead[start : start + p.n_neurons] | dies
    return dead


def _without(
    network: Network, projections: list[Projection], dead: dict[str, np.ndarray]
) -> Network:
    """The network of which dead neurons hear and send nothing."""
    made = []
    for e in projections:
        weight, kind = e.weight, e.values.dtype
        if (deaf := dead.get(e.target)) is not None and deaf.any():
            weight = weight.scaled((~deaf).astype(kind))
        if (mute := dead.get(e.source)) is not None and mute.any():
            weight = weight.scaled_sources((~mute).astype(kind))
        made.append(replace(e, weight=weight))
    populations = [_unbiased(p, dead.get(p.name)) for p in network.populations]
    return network.replace(populations=populations, projections=made)


def _unbiased(population: Population, dead: np.ndarray | None) -> Population:
    """A population whose dead neurons have no bias that makes them fire."""
    bias = population.parameter("bias") if dead is not None else np.zeros(1)
    if dead is None or not bias[dead].any():
        return population
    alive = np.where(dead, 0, bias).astype(np.float32).reshape(population.shape)
    return replace(population, neuron=replace(population.neuron, bias=alive))
