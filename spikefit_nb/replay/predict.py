"""Predict: firing rates and a mapping in, a price out; nothing is looked at step by step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import CoreMap
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.replay.expected import Busiest, ExpectedCounters
from spikefit_nb.replay.figures import barrier_s, missing_figures, settle_timing
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.rates import FiringRates
from spikefit_nb.replay.replay import price_timed
from spikefit_nb.replay.timing import Timed
from spikefit_nb.simulate import SpikeRecord

EXACT = 1e-9  # relative errors below this are those of floating point


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
    of chips with a
      barrier and of asynchronous ones. Ticks and the vendors' clock cycles are exact.

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
    counters = ExpectedCounters(rates, mapping)
    busiest = counters.busiest(profile, timing)
    step_s = _step_s(counters, busiest, timing)
    n_steps, n_cores = rates.n_steps, mapping.n_cores
    timed = Timed(
        np.full((1, n_steps), step_s),
        np.full((1, n_steps), busiest.mean_s),
        np.broadcast_to(busiest.core_s, (n_steps, n_cores)),
        counters.totals,
    )
    price = price_timed(counters, profile, timing, timed)
    return replace(price, sample_s=None, late_steps=n_steps * _lateness(profile, busiest, timing))


def _step_s(counters: ExpectedCounters, busiest: Busiest, timing: str) -> float:
    """Seconds of a mean step."""
    profile = counters.mapping.profile
    if timing == "tick":
        return profile.si("tick", 0.0)
    if timing == "asynchronous":
        return busiest.mean_s + counters.longest_way_s(profile)
    return busiest.mean_s + barrier_s(profile, len(np.unique(counters.mapping.tiles, axis=0)))


def _lateness(profile: HardwareProfile, busiest: Busiest, timing: str) -> float:
    """Probability that a step needs more than a tick."""
    if timing != "tick" or missing_figures(profile, "latency_s", timing):
        return 0.0
    above_s, deviation_s = busiest.mean_s - profile.si("tick"), np.sqrt(busiest.variance_s2)
    return float(ndtr(above_s / deviation_s)) if deviation_s > 0 else float(above_s > 0)


@dataclass(frozen=True, eq=False, repr=False)
class PredictionError(Result):
    """A predicted price beside the replayed one.

    Parameters
    ----------
    predicted, replayed : Price, of the same run and mapping

    Examples
    --------
    >>> from spikefit_nb.replay.price import Links
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


def _beside(predicted: Quantity, replayed: Quantity) -> Iterator[Quantity]:
    for word, q in (("predicted", predicted), ("replayed", replayed)):
        yield q._replace(name=f"{word}_{q.name}", label=word, of=q.label.strip())
    error = _relative(predicted.value, replayed.value)
    is_exact = error is not None and abs(error) < EXACT
    yield Quantity(
        "error", "error", "exact" if is_exact else error, "+%", of=predicted.label.strip()
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
