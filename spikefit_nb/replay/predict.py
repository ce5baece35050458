"""Predict: firing rates and a mapping in, a price out; nothing is looked at step by step."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from spikefit_nb.errors import DesignProblem, guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import expected as k
from spikefit_nb.kernels import replay_run
from spikefit_nb.mapping import CoreMap
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.replay.counters import MappedRun
from spikefit_nb.replay.figures import settle_timing
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.rates import FiringRates
from spikefit_nb.replay.replay import price_timed
from spikefit_nb.replay.timing import Timed, longest_ways, step_ends, work_times
from spikefit_nb.simulate import SpikeRecord

EXACT = 1e-9  # relative errors below this are those of floating point
# standard deviations: a load whose mean lies further below the largest is taken never to be the
# largest
FAR = 4.0


@dataclass(frozen=True, eq=False, repr=False)
class ExpectedCounters(MappedRun):
    """Expected counts of a run, in the columns of ``Counters``."""

    record: FiringRates
    mapping: CoreMap

    @cached_property
    def totals(self) -> np.ndarray:
        """Counts of all samples together, (n_columns, n_cores) float64; but for active updates
        exact below 2**53.
        """
        totals = np.zeros((len(self.columns), self.mapping.n_cores))
        k.count_spikes(self.spikes, self.layout, totals)
        totals[len(self.formats) + replay_run.ACTIVE] = self.active * self.n_rows
        return totals

    @cached_property
    def active(self) -> np.ndarray:
        """Neurons of each core that have something to do in a step, (n_cores,) float64."""
        first, n_cores = self.mapping.network.n_channels, self.mapping.n_cores
        active = (self.mapping.copies * self.record.active.mean(axis=0))[first:]
        return np.bincount(self.mapping.core_of[first:], weights=active, minlength=n_cores)

    def busiest(self, profile: HardwareProfile, timing: str) -> tuple[float, float, np.ndarray]:
        """How long the core that works longest does so in a step, its variance, and how long each
        core works on average, (n_cores,) float64.
        """
        # Source: Clark 1961, Operations Research 9(2):145-162, the greatest of a finite set of
        # random variables.
        times = work_times(self, profile, timing)
        n_cores, rates = self.mapping.n_cores, self.record
        active_s = times.generation[len(self.formats) + replay_run.ACTIVE]
        effects, n_loads = self._effects(times), n_cores * (1 + times.at_once)
        means, by_row = np.zeros((1, n_loads)), np.zeros((len(rates.rows), n_loads))
        k.add_means(self.spikes[None] / self.n_rows, effects, means)
        means[0, :n_cores] += times.neurons + self.active * active_s
        if len(by_row) > 1:
            k.add_means(rates.rows, effects, by_row)
            by_row -= by_row.mean(axis=0)
        variances = by_row.var(axis=0)
        k.add_variances(rates.variance, effects, variances)
        mean, core_s = means[0], means[0].reshape(-1, n_cores).max(axis=0)
        highest = mean + FAR * np.sqrt(variances)
        kept = np.flatnonzero(highest >= (mean - FAR * np.sqrt(variances)).max())
        kept = kept[np.argsort(-mean[kept], kind="stable")]
        place = np.full(n_loads, -1)
        place[kept] = np.arange(kept.size)
        scratch, half = (
            np.empty(int(np.diff(effects.ptr).max()), np.int64),
            np.zeros((kept.size, kept.size)),
        )
        k.add_covariances(rates.variance, effects, place, scratch, half)
        covariance = half + half.T + by_row[:, kept].T @ by_row[:, kept] / len(by_row)
        mean_s, variance_s2 = k.largest(mean[kept], covariance)
        return max(mean_s, mean.max()), variance_s2, core_s

    def _effects(self, times: replay_run.Times) -> k.Effects:
        layout = self.layout
        n_neurons, n_effects = layout.core_of.size, layout.core_of.size + layout.fan_core.size
        effects = k.Effects(
            np.empty(n_neurons + 1, np.int64), np.empty(n_effects, np.int64), np.empty(n_effects)
        )
        k.list_effects(
            layout,
            times.generation,
            times.processing,
            self.mapping.n_cores * times.at_once,
            effects,
        )
        return effects

    def longest_way_s(self, profile: HardwareProfile) -> float:
        """Expect the seconds of the longest way that a packet takes in a step."""
        way_s = longest_ways(self.mapping, profile)
        order = np.argsort(-way_s, kind="stable")
        with np.errstate(divide="ignore"):
            silent = np.log1p(-np.minimum(self.record.rows[:, order], 1.0)).cumsum(axis=1)
        further_s = -np.diff(way_s[order], append=0.0)  # than the next shorter way
        return float(((1.0 - np.exp(silent)) @ further_s).mean())


@guarded
def predict(
    rates: FiringRates | SpikeRecord, mapping: CoreMap, *, timing: str | None = None
) -> Price:
    """Price a run from firing rates alone, for screening many designs before ``replay`` prices the
    best.

    What is linear in the rates is what ``replay`` counts: spikes, synaptic operations, packets and
    ways are its means exactly where the rates are those of the same run. Two quantities are not,
    and are worked out as if neurons fired independently of one another, and at the same rate in
    every step:

    - which neurons have something to do in a step (``FiringRates.active``), and so what updates
      cost;
    - how long the busiest core works in a step (``ExpectedCounters.busiest``), and so the latency
      of chips with a barrier and of asynchronous ones. Ticks are exact, and so are the vendors'
      clock cycles where spikes come one at a time.

    Beside ``replay`` on digits, Braille letters and a convolutional network for N-MNIST, cut over
    up to 31 cores of Loihi, energy is within 2 % and latency within 4 %. Where neurons fire in
    step, as in the network that comes with SANA-FE, energy is within 2 % too, but latency 27 % too
    short: rates say nothing of waves.

    The work does not grow with the number of steps. Of the price's fields ``core_loads`` are shares
    of a mean step, and ``sample_s`` is None.

    Parameters
    ----------
    rates : FiringRates, or a SpikeRecord, of which the counts are enough; the former keep what they
        have worked out, for other mappings and chips
    mapping : CoreMap, of the same network
    timing : str or None, as of ``replay``; packets that wait for one another are not predicted

    Returns
    -------
    Price, per inference

    Raises
    ------
    NetworkProblem
        The rates are of another network, or the record is.
    DesignProblem
        There is no such timing model for this chip, or it is "contention".

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2)))])
    >>> rates = FiringRates.assumed(network, {"in": 1.0, "out": 1.0}, n_steps=1)
    >>> # what ``replay`` makes of one spike
    >>> predict(rates, map_network(network, load_profile("loihi1")))
    Price(209 pJ, 137 ns)
    """
    profile = mapping.profile
    timing = settle_timing(profile, timing)
    if timing == "contention":
        raise DesignProblem(
            "predict knows no order in which packets are sent, so that none can wait for another. "
            "Say timing='simple', or price a record of events: replay(record, mapping, "
            "timing='contention')."
        )
    if isinstance(rates, SpikeRecord):
        rates = FiringRates.of(rates, mapping.network)
    return repredict(ExpectedCounters(rates, mapping), profile, timing)


def repredict(counters: ExpectedCounters, profile: HardwareProfile, timing: str) -> Price:
    """Predict a price again, with other figures of the same chip."""
    rates = counters.record
    mean_s, variance_s2, core_s = counters.busiest(profile, timing)
    end_s = (
        counters.longest_way_s(profile)
        if timing == "asynchronous"
        else step_ends(counters, profile, timing)
    )
    step_s = profile.si("tick", 0.0) if timing == "tick" else mean_s + float(end_s)
    n_steps, n_cores = rates.n_steps, counters.mapping.n_cores
    timed = Timed(
        np.full((1, n_steps), step_s),
        np.full((1, n_steps), mean_s),
        np.broadcast_to(core_s, (n_steps, n_cores)),
        counters.totals,
    )
    price = price_timed(counters, profile, timing, timed)
    is_late = _lateness(profile, mean_s, variance_s2) if timing == "tick" else 0.0
    return replace(price, sample_s=None, late_steps=n_steps * is_late, run=counters)


def _lateness(profile: HardwareProfile, mean_s: float, variance_s2: float) -> float:
    """Probability that a step needs more than a tick."""
    above_s, deviation_s = mean_s - profile.si("tick", np.inf), np.sqrt(variance_s2)
    return float(ndtr(above_s / deviation_s)) if deviation_s > 0 else float(above_s > 0)


@dataclass(frozen=True, eq=False, repr=False)
class PredictionError(Result):
    """A predicted price beside the replayed one.

    Parameters
    ----------
    predicted, replayed : Price, of the same run and mapping

    Examples
    --------
    >>> from spikefit_nb.mapping import Links
    >>> def priced(n):
    ...     energy, links = {"spikes": n * 1e-9}, Links(*[np.zeros(0)] * 3)
    ...     return Price({"spikes": n}, energy, 1e-3, None, np.zeros(1), links, 10, (), ())
    >>> one, other = priced(11.0), priced(10.0)
    >>> PredictionError(one, other)
    PredictionError(energy +10 %, latency exact)
    """

    predicted: Price
    replayed: Price

    @property
    def errors(self) -> dict[str, float | None]:
        """Relative to what was replayed, of "energy_j" (of events) and "latency_s"; None where one
        is not known.
        """
        names = ("energy_j", "latency_s")
        return {
            name: _relative(getattr(self.predicted, name), getattr(self.replayed, name))
            for name in names
        }

    def _headline(self) -> str:
        energy, latency = map(_in_percent, self.errors.values())
        return f"energy {energy}, latency {latency}"

    def _quantities(self) -> tuple[Quantity, ...]:
        replayed = {q.name: q for q in self.replayed.quantities}
        both = (
            (q, replayed[q.name])
            for q in self.predicted.quantities
            if q.name in replayed
            and isinstance(q.value, float)
            and isinstance(replayed[q.name].value, float)
        )
        return tuple(part for pair in both for part in _beside(*pair))

    def _card(self) -> tuple[str, ...]:
        return f"Predicted against replayed: {self.headline}", grid(self.quantities)


def _beside(predicted: Quantity, replayed: Quantity) -> tuple[Quantity, ...]:
    error, of = _relative(predicted.value, replayed.value), predicted.label.strip()
    is_exact = error is not None and abs(error) < EXACT
    return (
        predicted._replace(name=f"predicted_{predicted.name}", label="predicted", of=of),
        replayed._replace(name=f"replayed_{replayed.name}", label="replayed", of=of),
        Quantity("error", "error", "exact" if is_exact else error, "+%", of=of),
    )


def _relative(predicted: float | None, replayed: float | None) -> float | None:
    if predicted is None or replayed is None:
        return None
    if replayed == 0:
        return 0.0 if predicted == 0 else None
    return predicted / replayed - 1.0


def _in_percent(error: float | None) -> str:
    if error is None:
        return "not known"
    return "exact" if abs(error) < EXACT else f"{100 * error:+.2g} %"
