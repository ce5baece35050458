"""Bring firing rates back to what they were before a network was adapted, by its thresholds
alone.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_tolerance
from spikefit_nb.adapt.quantize import chip_scales
from spikefit_nb.adapt.retime import lags
from spikefit_nb.adapt.thresholds import in_chip_numbers, matched, scaled
from spikefit_nb.errors import expect, guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import AdEx, Izhikevich, Network
from spikefit_nb.progress import phase
from spikefit_nb.simulate import Layered, run_in_layers

TOLERANCE = 0.02  # of the rate: a population that is nearer is left as it is
FAR = 5 * TOLERANCE  # what is further off after re-tuning is said in a note
SWEEPS = 2  # through a network with loops, where later populations change what earlier ones receive
NEURON_PASSES = 8  # of the thresholds of single neurons
STEP = 0.5  # power of the ratio of rates that a threshold moves by in a pass, not to overshoot


@guarded
def retune(
    network: Network,
    *,
    activity: Activity,
    arithmetic: str = "float32",
    tolerance: float = TOLERANCE,
    per_neuron: bool = False,
) -> Adapted:
    """Scale the thresholds of an adapted network until its populations fire as often as those of
    the network it comes from.

    Population by population, in the order of evaluation: bisection for the factor at which a
    neuron's mean spikes are those before; what fell silent because nothing reached it is tuned once
    its sources fire again. Only thresholds change, and one factor a population keeps as many
    different thresholds as there were. Where a chip has one threshold for all, divide the scales of
    the weights into the population by the factor instead: the same spikes, if its potential rests
    at 0, is reset to 0 or by subtraction, and no bias drives it.

    Parameters
    ----------
    network : Network, to be tuned
    activity : Activity, of the network it comes from on a calibration set, in float32: populations
        of the same name have the rates there for a target; report accuracy on another data set
    arithmetic : one of ``simulate.ARITHMETICS``, for the network to be tuned
    tolerance : float, relative difference of a population's rate below which it is left as it is
    per_neuron : bool, then also tune each neuron's own threshold, for chips that have one for each:
        eight runs more for each population, and where weights are off in many ways, most of what
        re-tuning can bring

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The tolerance is not a number from 0 up, or the activity is of a network with other inputs.
    DatasetProblem
        The data set does not belong to a network.
    NetworkProblem
        The arithmetic does not exist, or cannot express the network.

    References
    ----------
    Thresholds balanced layer by layer on data, as for converted networks: Diehl et al.
    2015, IJCNN, "Fast-classifying, high-accuracy spiking deep networks through weight and threshold
    balancing".

    Examples
    --------
    >>> from spikefit_nb.adapt.thresholds import scale_thresholds
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(60)
    >>> scaled = scale_thresholds(network, 16.0).network
    >>> retune(scaled, activity=Activity(network, dataset)).change
    'thresholds of 2 of 2 populations re-tuned (x 0.0625)'
    """
    expect(network, Network, "network", "result.network of the change before")
    expect(activity, Activity, "activity", "Activity(before, dataset)")
    expect_tolerance(tolerance)
    goal = _goal(network, activity, arithmetic)
    shared, factors = _matched(goal, tolerance)
    runs = _each_neuron(shared, goal.each) if per_neuron else shared
    return _told(goal, runs, factors, tolerance, per_neuron)


@phase("Re-tuning thresholds")
def retune_for_chip(network: Network, profile: HardwareProfile, *, activity: Activity) -> Adapted:
    """Re-tune in the way that answers most rightly on a chip; that may be not at all."""
    scales = chip_scales(profile)
    # else a chip has not as many thresholds
    per_neuron = scales.scope == "neuron" and scales.n_scales is None

    def best_retuned(arithmetic: str) -> Adapted:
        goal = _goal(network, activity, arithmetic)
        shared, factors = _matched(goal, TOLERANCE)
        if activity.dataset.labels is None:
            return _told(goal, shared, factors, TOLERANCE, False)
        ways = [goal.untuned, shared] + ([_each_neuron(shared, goal.each)] if per_neuron else [])
        best = max(range(len(ways)), key=lambda k: ways[k].accuracy or 0.0)
        if best == 0:
            kept = "thresholds kept: re-tuned, fewer answers were right on the calibration set"
            return Adapted(kept, network, network)
        return _told(goal, ways[best], factors, TOLERANCE, best == 2)

    return in_chip_numbers(profile, "Re-tuned", best_retuned)


class Goal(NamedTuple):
    """What is to be tuned, and to what."""

    untuned: Layered
    wanted: dict[str, float]  # spikes of a population, in the order of evaluation
    each: dict[str, np.ndarray]  # of each of its neurons, where they are as many as before
    notes: list[str]
    name: str  # of the data set


def _goal(network: Network, activity: Activity, arithmetic: str) -> Goal:
    activity.must_be_before(network)
    before, dataset = activity.network, activity.dataset
    longer = dataset.extend(max(0, *lags(before, network).values()))
    untuned = run_in_layers(network, longer, arithmetic=arithmetic)
    counts = activity.record.spike_counts
    names, notes = _tunable(before, network)
    sizes = {name: network[name].n_neurons / before[name].n_neurons for name in names}
    wanted = {name: counts[name].sum() * sizes[name] for name in names}
    each = {n: counts[n].sum(axis=0) for n in names if before[n].shape == network[n].shape}
    return Goal(untuned, wanted, each, notes, dataset.name)


def _matched(goal: Goal, tolerance: float) -> tuple[Layered, dict[str, float]]:
    """Each population at the rate that is wanted, and what its thresholds were multiplied by."""
    runs, factors = goal.untuned, dict.fromkeys(goal.wanted, 1.0)
    for _ in range(SWEEPS if runs.network.is_recurrent else 1):
        runs, found = matched(runs, goal.wanted, tolerance=tolerance)
        factors = {name: factors[name] * found[name] for name in factors}
        if all(f == 1 for f in found.values()):
            break
    return runs, factors


def _told(
    goal: Goal, runs: Layered, factors: dict[str, float], tolerance: float, per_neuron: bool
) -> Adapted:
    """The tuned network, with what was done to it."""
    after, tuned = goal.untuned.network, runs.network
    if tuned is not after:
        changed = [n for n in goal.wanted if factors[n] != 1 or per_neuron]
        words = f"thresholds of {', '.join(changed)} re-tuned to the firing rates on {goal.name}"
        tuned = tuned.replace(assumptions=(*after.assumptions, words))
    notes = (*goal.notes, *_unmatched(goal, runs))
    return Adapted(_setting_in_words(factors, tolerance, per_neuron), after, tuned, notes)


def _tunable(before: Network, after: Network) -> tuple[list[str], list[str]]:
    """Populations that can be tuned, in the order of evaluation, and what is to be said of the
    others.
    """
    known = {p.name for p in before.neuron_populations if p.neuron.fires}
    names, notes = [], []
    for p in after.neuron_populations:
        if not p.neuron.fires:
            continue
        if p.name not in known:
            notes.append(
                f"{p.name}: the network before has none of that name, so its thresholds stay"
            )
        elif (
            not isinstance(p.neuron, Izhikevich | AdEx) and (p.parameter("v_threshold") <= 0).any()
        ):
            notes.append(
                f"{p.name}: a threshold is not above zero, so no factor makes it rarer to fire"
            )
        else:
            names.append(p.name)
    return names, notes


def _each_neuron(runs: Layered, wanted: dict[str, np.ndarray]) -> Layered:
    """Move each neuron's threshold towards its own rate, a population at a time; the best pass of
    each is kept.
    """
    for name, target in wanted.items():
        factor, best, nearest = np.ones(runs.network[name].shape), runs, np.inf
        for _ in range(NEURON_PASSES):
            tried = scaled(runs, name, factor)
            spikes = tried.counts(name).sum(axis=0)
            off = float(np.abs(spikes - target).sum())
            best, nearest = (tried, off) if off < nearest else (best, nearest)
            # half a spike more on both sides: one that never fires has a ratio too
            ratio = np.clip((spikes + 0.5) / (target + 0.5), 0.25, 4.0)
            factor = factor * ratio.reshape(factor.shape) ** STEP
        runs = best
    return runs


def _unmatched(goal: Goal, runs: Layered) -> list[str]:
    """What does not fire as often as it should, and whether answers got worse although rates did
    not, in words.
    """
    notes = []
    for name, target in goal.wanted.items():
        n_spikes = int(runs.counts(name).sum())
        if not target:
            notes.append(f"{name}: never fired before, so there was no rate to match")
        elif not n_spikes:
            notes.append(
                f"{name}: silent at every threshold tried; nothing that reaches it makes it fire"
            )
        elif abs(n_spikes / target - 1) > FAR:
            notes.append(
                f"{name}: fires {100 * (n_spikes / target - 1):+.0f} % off its rate before at best"
            )
    untuned, tuned = goal.untuned.accuracy, runs.accuracy
    if untuned is not None and tuned is not None and tuned < untuned:
        words = f"{100 * untuned:.1f} -> {100 * tuned:.1f} %"
        notes.append(f"Fewer answers on {goal.name} are right than without re-tuning: {words}")
    return notes


def _setting_in_words(factors: dict[str, float], tolerance: float, per_neuron: bool) -> str:
    changed = sorted(f for f in factors.values() if f != 1)
    alone = ", and of each neuron" if per_neuron else ""
    if not changed:
        return f"thresholds re-tuned: every rate was within {100 * tolerance:g} %{alone}"
    span = (
        f"x {changed[0]:.3g}"
        if np.isclose(changed[0], changed[-1])
        else f"x {changed[0]:.3g} to {changed[-1]:.3g}"
    )
    return f"thresholds of {len(changed)} of {len(factors)} populations re-tuned ({span}){alone}"
