"""How often neurons fire, and what follows from that for a single step."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import NetworkProblem, UnknownName, expect
from spikefit_nb.frozen import Frozen
from spikefit_nb.kernels import expected as k
from spikefit_nb.network import AdEx, Izhikevich, Network, Population, Projection
from spikefit_nb.simulate import ARITHMETICS, SpikeRecord

N_ROWS = 16  # samples that stand for all where a quantity is not linear in their rates


@dataclass(frozen=True, eq=False, repr=False)
class FiringRates(Frozen):
    """Mean spikes of every neuron, sample by sample, and nothing of when they were.

    Parameters
    ----------
    network : Network
    spike_counts : dict of population name to (n_samples, n_neurons), mean spikes in one inference,
        inputs included
    n_steps : int, of an inference
    arithmetic : str, the numbers the network was run in

    Raises
    ------
    NetworkProblem
        Counts are missing, negative, not finite, no numbers, or of another number of neurons or
        samples; there is no sample; or ``n_steps`` is not a whole number, 1 or more.
    UnknownName
        There is no such population, or arithmetic.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (4,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((4, 2)))])
    >>> FiringRates(network, {"in": np.full((1, 4), 3), "out": np.full((1, 2), 1)}, 10)
    FiringRates(0.3 spikes per input and step, 0.1 per neuron, 1 sample of 10 steps)
    """

    network: Network
    spike_counts: dict[str, np.ndarray]
    n_steps: int
    arithmetic: str = "float32"

    def __post_init__(self) -> None:
        _expect_steps(self.n_steps)
        if self.arithmetic not in ARITHMETICS:
            raise UnknownName("arithmetic", self.arithmetic, ARITHMETICS)
        expect(
            self.spike_counts, dict, "spike_counts", '{"in": counts of (n_samples, n_neurons), ...}'
        )
        given = {
            self.network[name].name: _numbers(name, counts)
            for name, counts in self.spike_counts.items()
        }
        for p in self.network.populations:
            counts = given.get(p.name)
            if counts is None or counts.ndim != 2 or counts.shape[1] != p.n_neurons:
                raise NetworkProblem(
                    f"Population {p.name!r} needs spike counts of (n_samples, {p.n_neurons}), but "
                    "has "
                    f"{'none' if counts is None else counts.shape}."
                )
            if not np.isfinite(counts).all() or counts.min(initial=0) < 0:
                raise NetworkProblem(
                    f"Population {p.name!r} has spike counts below zero or not finite."
                )
        n_samples = {name: len(counts) for name, counts in given.items()}
        if len(set(n_samples.values())) > 1 or 0 in n_samples.values():
            raise NetworkProblem(
                "Spike counts are of "
                f"{', '.join(f'{n} samples of {name!r}' for name, n in n_samples.items())}; "
                "every population needs counts of the same samples, at least one."
            )
        object.__setattr__(
            self, "spike_counts", {name: given[name] for name in self.network.starts}
        )

    @classmethod
    def of(cls, record: SpikeRecord, network: Network) -> "FiringRates":
        """The rates of a recorded run.

        Parameters
        ----------
        record : SpikeRecord, of which the counts are enough
        network : Network, that was run

        Returns
        -------
        FiringRates
        """
        return cls(network, record.spike_counts, record.n_steps, record.arithmetic)

    @classmethod
    def assumed(
        cls,
        network: Network,
        rates: Mapping[str, ArrayLike],
        *,
        n_steps: int,
        arithmetic: str = "float32",
    ) -> "FiringRates":
        """Rates that nobody has measured: no simulation is needed to price them.

        Parameters
        ----------
        network : Network
        rates : dict of population name to a number or (n_neurons,), mean spikes per neuron and
            step, inputs included
        n_steps : int
        arithmetic : str

        Returns
        -------
        FiringRates

        Raises
        ------
        NetworkProblem
            Rates are missing, negative, not finite, no numbers, or of another number of neurons; or
            ``n_steps`` is not a whole number, 1 or more.
        UnknownName
            There is no such population.

        Examples
        --------
        >>> from spikefit_nb.network import IF, Input
        >>> network = Network([Population("in", (4,), Input()), Population("out", (2,), IF(1.0))],
        ...                   [Projection("in", "out", np.ones((4, 2)))])
        >>> FiringRates.assumed(network, {"in": 0.2, "out": [0.0, 0.1]}, n_steps=100)
        FiringRates(0.2 spikes per input and step, 0.05 per neuron, 1 sample of 100 steps)
        """
        _expect_steps(n_steps)
        expect(rates, dict, "rates", '{"in": 0.1, "out": 0.05}')
        counts = {}
        for name, given in rates.items():
            n_neurons, rate = network[name].n_neurons, _numbers(name, given)
            if rate.shape not in ((), (n_neurons,)):
                raise NetworkProblem(
                    f"Population {name!r} needs one rate, or {n_neurons}, one of each neuron, but "
                    f"has {rate.shape}."
                )
            counts[name] = np.broadcast_to(rate * float(n_steps), (1, n_neurons))
        return cls(network, counts, n_steps, arithmetic)

    @property
    def n_samples(self) -> int:
        """Samples the counts are of."""
        return next(iter(self.spike_counts.values())).shape[0]

    @cached_property
    def spikes(self) -> np.ndarray:
        """Spikes of all samples together, (n_neurons,) int64 or float64, inputs first."""
        return np.concatenate([counts.sum(axis=0) for counts in self.spike_counts.values()])

    @cached_property
    def rows(self) -> np.ndarray:
        """Spikes per step of samples that stand for all, evenly chosen, (n_rows, n_neurons)
        float64.
        """
        n_rows = min(N_ROWS, self.n_samples)
        chosen = (np.arange(n_rows) * self.n_samples) // n_rows
        return (
            np.concatenate([counts[chosen] for counts in self.spike_counts.values()], axis=1)
            / self.n_steps
        )

    @cached_property
    def variance(self) -> np.ndarray:
        """Variance of each neuron's spikes in a step at a constant rate, mean over rows,
        (n_neurons,).
        """
        rates = {self.network[name]: self._of(name) for name in self.network.starts}
        variances = (
            rate * (1.0 - rate) if _fires_once(p, rate) else rate for p, rate in rates.items()
        )
        return np.concatenate([variance.mean(axis=0) for variance in variances])

    @cached_property
    def fired_steps(self) -> np.ndarray:
        """Steps of all samples in which each input and neuron fires, (n_neurons,) float64: as many
        as spikes where they come one at a time, else ``n_steps * (1 - exp(-rate))``.
        """
        parts = []
        for name, counts in self.spike_counts.items():
            rate = counts / self.n_steps
            once = _fires_once(self.network[name], rate)
            parts.append((rate if once else -np.expm1(-rate)).sum(axis=0) * self.n_steps)
        return np.concatenate(parts)

    @cached_property
    def active(self) -> np.ndarray:
        """Probability that each neuron has something to do in a step, (n_rows, n_neurons), zero for
        inputs.

        ``q``, that nothing arrives, is the product over its synapses of ``1 - rate`` of the source.
        A neuron that has received something stays charged, until a spike resets it to exactly zero.
        With ``f`` the spikes that do, the probability ``u`` that it is empty goes from 1 to ``f /
        (1 - q)`` as ``q ** step``; ``1 - q * u`` is active, taken over all steps. With a bias, or
        where potentials do not rest at zero, a neuron is always active; one that has a current of
        its own (CubaLIF), resets by subtraction or to another value stays charged.
        """
        inputs = np.zeros((len(self.rows), self.network.n_channels))
        parts = (self._active(p) for p in self.network.neuron_populations)
        return np.concatenate([inputs, *parts], axis=1)

    def _of(self, name: str) -> np.ndarray:
        """Rates of one population, (n_rows, n_neurons)."""
        start = self.network.starts[name]
        return self.rows[:, start : start + self.network[name].n_neurons]

    def _quiet(self, population: Population) -> np.ndarray:
        """Probability that nothing arrives in a step, (n_rows, n_neurons)."""
        sums = np.zeros((population.n_neurons, len(self.rows)))
        for e in self.network.projections:
            if e.target == population.name:
                rate = self._of(e.source)
                with np.errstate(
                    divide="ignore"
                ):  # at a rate of one it is never quiet: minus infinity
                    silent = np.log1p(-rate) if _fires_once(self.network[e.source], rate) else -rate
                silent = np.ascontiguousarray(silent.T)
                for edges in _read(e, self.arithmetic).blocks():
                    k.gather(edges.source, edges.target, silent, sums)
        return np.exp(sums.T)

    def _active(self, population: Population) -> np.ndarray:
        neuron = population.neuron
        if population.parameter("bias").all() or isinstance(neuron, AdEx | Izhikevich):
            return np.ones((len(self.rows), population.n_neurons))
        quiet = self._quiet(population)
        arrives = 1.0 - quiet
        emptied = np.minimum(self._of(population.name), arrives) * _is_emptied(population)
        if getattr(neuron, "delayed_reset", False):
            emptied = emptied * quiet  # unless something arrives in the step of the reset
        heard = arrives > 0
        empty = np.divide(emptied, arrives, out=np.ones_like(quiet), where=heard)
        faded = np.divide(
            1.0 - quiet**self.n_steps, self.n_steps * arrives, out=np.ones_like(quiet), where=heard
        )
        active = 1.0 - quiet * (empty + (1.0 - empty) * faded)
        if "v_leak" in neuron.parameters:  # pulled away from zero, from the second step on
            active = np.where(
                population.parameter("v_leak") != 0, 1.0 - quiet / self.n_steps, active
            )
        return np.where(population.parameter("bias") != 0, 1.0, active)

    def __repr__(self) -> str:
        n_inputs, n = self.network.n_channels, self.n_samples * self.n_steps
        rate, own = self.spikes[:n_inputs].mean() / n, self.spikes[n_inputs:].mean() / n
        samples = f"{self.n_samples} sample{'s' if self.n_samples != 1 else ''}"
        said = f"{rate:.2g} spikes per input and step, {own:.2g} per neuron"
        return f"FiringRates({said}, {samples} of {self.n_steps} steps)"


def _expect_steps(n_steps: object) -> None:
    if isinstance(n_steps, bool) or not isinstance(n_steps, Integral) or n_steps < 1:
        raise NetworkProblem(
            f"n_steps is {n_steps!r}; it must be a whole number: an inference has at least one "
            "step."
        )


def _numbers(name: str, values: ArrayLike) -> np.ndarray:
    """The spikes of a population as an array."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of unequal lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise NetworkProblem(f"Population {name!r} has spikes that are not an array of numbers.")
    return array


def _fires_once(population: Population, rate: np.ndarray) -> bool:
    """Whether spikes come one at a time, as far as the rates tell."""
    return getattr(population.neuron, "max_spikes_per_step", 1) == 1 and bool(
        rate.max(initial=0.0) <= 1.0
    )


def _is_emptied(population: Population) -> np.ndarray:
    """Whether a spike leaves nothing behind, (n_neurons,) bool."""
    neuron = population.neuron
    is_reset = neuron.fires and getattr(neuron, "reset", "") == "zero"
    if not is_reset or "tau_syn_s" in neuron.parameters:
        return np.zeros(population.n_neurons, bool)
    return population.parameter("v_reset") == 0


def _read(projection: Projection, arithmetic: str) -> Projection:
    """The synapses whose spikes update a neuron: on SANA-FE's chip, those of weight zero too."""
    if not ARITHMETICS[arithmetic].reads_zero_weights or projection.values.all():
        return projection
    ones = projection.weight.with_values(np.ones(projection.values.size))
    return replace(projection, weight=ones, scale=None, weight_bits=None)
