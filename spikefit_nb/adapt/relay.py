"""Neurons between: where a chip limits the synapses onto a neuron, relays add up the weakest and
send the sum on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.adapt.activity import Activity, trace
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_whole
from spikefit_nb.errors import expect, guarded
from spikefit_nb.network import (
    IF,
    Network,
    Population,
    Projection,
    Reset,
    setting_in_words,
    settings_given,
)

# of the largest sum of a step: the thresholds that are tried
FACTORS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.125)
MOST_SUMS = 2**21  # sums of steps, samples and relays that thresholds are judged by
DIRECT = -1


class Dealt(NamedTuple):
    """Synapses of one population, and where each goes."""

    row: np.ndarray  # (n_synapses,) source, counted through all projections
    target: np.ndarray  # (n_synapses,)
    weight: np.ndarray  # (n_synapses,) float64
    relay: np.ndarray  # (n_synapses,) the relay it ends on, or DIRECT
    owner: np.ndarray  # (n_relays,) the target that each relay feeds
    sign: np.ndarray  # (n_relays,) 1 or -1


@guarded
def relay_fan_in(
    network: Network,
    most: int | Mapping[str, int | None],
    *,
    activity: Activity,
    reset: Reset = "subtract",
) -> Adapted:
    """Give neurons with more than ``most`` synapses relays that add up the weaker of them.

    A neuron keeps its strongest synapses, each judged by ``|w| * sqrt(mean(x ** 2))``; the others
    end on relays of at most ``most`` synapses of one sign. A relay is an IF neuron: ``v += sum(|w|
    x)``, and where ``v >= threshold`` it takes the threshold away and sends it on as the weight of
    its spike. What it has sent is behind what has arrived by less than its threshold as long as no
    step brings more than that; what a step brings above it comes later, as a relay fires once a
    step. Thresholds are those that serve the calibration set best, of seven between an eighth of
    the largest sum of a step and that sum. Where one level is not enough, relays have relays of
    their own.

    A chip that delivers in the next step adds one step a level to what goes over relays: see
    ``retime``.

    Parameters
    ----------
    network : Network, with its weights as trained: relays have weights of their own to be rounded
    most : int, 2 or more, synapses onto a neuron over all its projections, as ``check_fit`` counts
        them; or a mapping of population to its own, others keeping all
    activity : Activity, of the same network on a calibration set
    reset : "subtract" or "zero", of the relays; to zero each spike sends the mean potential that
        fires, and what a single one had above or below it is lost

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        ``most`` is not a whole number from two up, or the activity is of another network.
    UnknownName
        There is no such population.

    References
    ----------
    Neurons that integrate and fire encode a signal by a form of sigma-delta modulation: Yoon 2017,
    IEEE Transactions on Neural Networks and Learning Systems 28(5):1192-1205.

    Examples
    --------
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.network import Input
    >>> weight = np.array([0.1, 0.2, 0.3, 0.4, -1.0, 2.0])[:, None]
    >>> network = Network([Population("in", (6,), Input()), Population("out", (1,), IF(2.0))],
    ...                   [Projection("in", "out", weight)])
    >>> dataset = SpikeDataset(np.random.default_rng(0).random((4, 20, 6)) < 0.3)
    >>> relayed = relay_fan_in(network, 4, activity=Activity(network, dataset)).network
    >>> [e.shape for e in relayed.projections]
    [(6, 1), (6, 1), (1, 1)]
    """
    limits = settings_given(network, most)
    for own in limits.values():
        expect_whole(own, "most", 2)  # one synapse is nothing to add up
    expect(activity, Activity, "activity", "Activity(network, dataset)")
    activity.must_be_of(network)
    after, notes = network, []
    for population in network.neuron_populations:
        name = population.name
        own = limits.get(name, np.inf)
        while (n_before := _fan_in(after, name).max(initial=0)) > own:
            relays = _free_name(after, f"{name}/relays")
            after = _with_relays(after, name, relays, own, activity, end=population, reset=reset)
            n_relays = after[relays].n_neurons
            notes.append(
                f"{relays}: {n_relays:,} relays, as {int(n_before):,} synapses end on a neuron of "
                f"{name}"
            )
            name = relays
    change = f"at most {setting_in_words(most)} synapses onto a neuron, by relays"
    return Adapted(change, network, after, tuple(notes))


def _free_name(network: Network, name: str) -> str:
    """The name, or with a number where the network has relays from before."""
    taken = {p.name for p in network.populations}
    return next(
        each for each in chain([name], (f"{name}{k}" for k in count(2))) if each not in taken
    )


def _incoming(network: Network, name: str) -> list[Projection]:
    return [e for e in network.projections if e.target == name]


def _fan_in(network: Network, name: str) -> np.ndarray:
    return sum(
        (e.in_degree() for e in _incoming(network, name)),
        np.zeros(network[name].n_neurons, np.int64),
    )


def _with_relays(
    network: Network,
    name: str,
    relays_name: str,
    most: int,
    activity: Activity,
    end: Population,
    reset: Reset,
) -> Network:
    """The network with one level of relays before a population; ``end`` is the neurons they work
    for.
    """
    incoming = _incoming(network, name)
    sent = _sent(incoming, activity)
    strength = np.sqrt((sent**2).mean(axis=(0, 1)))
    dealt = _deal(incoming, strength, most)
    thresholds, worth = _thresholds(dealt, sent, end, network.dt_s, reset)
    relays = Population(relays_name, (dealt.owner.size,), IF(thresholds, reset=reset))
    out = sp.csr_array(
        (dealt.sign * worth, (np.arange(dealt.owner.size), dealt.owner)),
        shape=(dealt.owner.size, network[name].n_neurons),
    )
    added = [*_rewired(incoming, dealt, relays), Projection(relays.name, name, out)]
    place = network.projections.index(incoming[0])
    others = [e for e in network.projections[place:] if e not in incoming]
    at = network.populations.index(network[name])
    return network.replace(
        populations=[*network.populations[:at], relays, *network.populations[at:]],
        projections=[*network.projections[:place], *added, *others],
    )


def _sent(incoming: Sequence[Projection], activity: Activity) -> np.ndarray:
    """What all sources send on some samples of the calibration set, (n_samples, n_steps, n_sources)
    float32.
    """
    n_sources, n_samples = sum(e.shape[0] for e in incoming), activity.record.n_samples
    n_read = max(1, min(n_samples, MOST_SUMS // (activity.record.n_steps * n_sources)))
    chosen = np.arange(n_read) * n_samples // n_read
    return np.stack(
        [np.concatenate([activity.sent(e, int(s)) for e in incoming], axis=1) for s in chosen]
    )


def _deal(incoming: Sequence[Projection], strength: np.ndarray, most: int) -> Dealt:
    """Share the synapses of every target out among direct ones and relays."""
    matrix = sp.csc_array(sp.vstack([e.real_weight().tocsr() for e in incoming]))
    matrix.eliminate_zeros()
    relay = np.full(matrix.nnz, DIRECT, np.int64)
    weight = matrix.data.astype(np.float64)
    matters = np.abs(weight) * strength[matrix.indices]
    owner, sign = list[int](), list[int]()
    for target, (first, last) in enumerate(zip(matrix.indptr, matrix.indptr[1:], strict=False)):
        if last - first > most:
            own, signs = _share_out(weight[first:last], matters[first:last], most)
            relay[first:last] = np.where(own == DIRECT, DIRECT, own + len(owner))
            owner += [target] * len(signs)
            sign += signs
    targets = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    owners = np.array(owner, np.int64)
    return Dealt(matrix.indices, targets, weight, relay, owners, sign=np.array(sign, np.int64))


def _share_out(weight: np.ndarray, matters: np.ndarray, most: int) -> tuple[np.ndarray, list[int]]:
    """The relay of each synapse of one neuron, or DIRECT, and the sign of each relay."""
    order = np.argsort(matters, kind="stable")
    n_of = {sign: np.concatenate([[0], np.cumsum(sign * weight[order] > 0)]) for sign in (1, -1)}
    n_relays = {sign: -(-n // most) for sign, n in n_of.items()}
    n_left = weight.size - np.arange(weight.size + 1)
    enough = np.flatnonzero(n_left + n_relays[1] + n_relays[-1] <= most)
    n_weak = int(enough[0]) if enough.size else weight.size
    n_of_sign = {sign: int(n_relays[sign][n_weak]) for sign in (1, -1)}
    if not enough.size:  # relays with relays of their own: every synapse of the neuron is one's
        n_positive = int((weight > 0).sum())
        least, largest = int(n_positive > 0), most - (n_positive < weight.size)
        n_of_sign[1] = min(max(least, round(most * n_positive / weight.size)), largest)
        n_of_sign[-1] = most - n_of_sign[1]
    found, signs = np.full(weight.size, DIRECT, np.int64), list[int]()
    for sign in (1, -1):
        weak = order[:n_weak][sign * weight[order[:n_weak]] > 0]
        for k in range(n_of_sign[sign] if weak.size > 1 else 0):
            # dealt by strength, so that all get about as much
            found[weak[k :: n_of_sign[sign]]] = len(signs)
            signs.append(sign)
    return found, signs


def _thresholds(
    dealt: Dealt, sent: np.ndarray, end: Population, dt_s: float, reset: Reset
) -> tuple[np.ndarray, np.ndarray]:
    """Of the thresholds tried, the one with the least squared error in the membrane potential, and
    what a spike sends.
    """
    n_relays = dealt.owner.size
    through = dealt.relay != DIRECT
    weight = np.abs(dealt.weight[through]).astype(np.float32)
    into = sp.csr_array(
        (weight, (dealt.row[through], dealt.relay[through])), shape=(sent.shape[2], n_relays)
    )
    n_read = max(1, min(len(sent), MOST_SUMS // (sent.shape[1] * n_relays)))
    sums = np.stack([sample @ into for sample in sent[:n_read]])
    peak = sums.max(axis=(0, 1)).astype(np.float64)
    peak = np.where(peak > 0, peak, np.bincount(dealt.relay[through], weight, minlength=n_relays))
    best = worth = peak
    least = np.full(n_relays, np.inf)
    for factor in FACTORS:
        fired, value = relayed(sums, factor * peak, reset)
        missing = sums - fired * value.astype(np.float32)
        error = sum(
            (trace(steps, end, dt_s).astype(np.float64) ** 2).sum(axis=0) for steps in missing
        )
        better = error < least
        best, worth = np.where(better, factor * peak, best), np.where(better, value, worth)
        least = np.minimum(error, least)
    return best, worth


def relayed(
    sums: np.ndarray, threshold: np.ndarray, reset: Reset = "subtract"
) -> tuple[np.ndarray, np.ndarray]:
    """Which relays fire when, ``v += sums``, spike where ``v >= threshold``, reset; and what a
    spike is worth.
    """
    v, above = np.zeros(sums[:, 0].shape, np.float32), np.zeros(sums.shape[2])
    each, fired = threshold.astype(np.float32), np.empty(sums.shape, bool)
    for step in range(sums.shape[1]):
        v += sums[:, step]
        fired[:, step] = v >= each
        taken = fired[:, step] * (each if reset == "subtract" else v)
        above += taken.sum(axis=0)
        v -= taken
    n_spikes = fired.sum(axis=(0, 1))
    return fired, np.where(
        (n_spikes > 0) & (reset == "zero"), above / np.maximum(1, n_spikes), threshold
    )


def _rewired(incoming: Sequence[Projection], dealt: Dealt, relays: Population) -> list[Projection]:
    """Each projection with what stays direct, and what of it goes to relays."""
    made, first = [], 0
    for e in incoming:
        mine = (dealt.row >= first) & (dealt.row < first + e.shape[0])
        row = dealt.row - first
        for keep, n_targets, column, name, sign in (
            (mine & (dealt.relay == DIRECT), e.shape[1], dealt.target, e.target, 1.0),
            (mine & (dealt.relay != DIRECT), relays.n_neurons, dealt.relay, relays.name, None),
        ):
            value = dealt.weight[keep] if sign else np.abs(dealt.weight[keep])
            weight = sp.csr_array((value, (row[keep], column[keep])), shape=(e.shape[0], n_targets))
            if weight.nnz:
                weight = weight.toarray() if sign and e.kind == "dense" else weight
                made.append(replace(e, target=name, weight=weight, scale=None, weight_bits=None))
        first += e.shape[0]
    return made
