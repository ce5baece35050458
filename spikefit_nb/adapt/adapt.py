"""All changes in the right order: what a design makes of a network for a chip."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from spikefit_nb.adapt.activity import Activity, observe
from spikefit_nb.adapt.adapted import Adaptation, Adapted
from spikefit_nb.adapt.cap import cap_for_chip
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.fuse import fuse
from spikefit_nb.adapt.idle import remove_idle
from spikefit_nb.adapt.learn import Learning, held_back, learn_weights, may_thin, share_right
from spikefit_nb.adapt.prune import limit_fan_in, prune
from spikefit_nb.adapt.prune_neurons import prune_neurons
from spikefit_nb.adapt.relay import relay_fan_in
from spikefit_nb.adapt.retune import retune_for_chip
from spikefit_nb.adapt.rounding import round_for_chip
from spikefit_nb.adapt.share import share_weights
from spikefit_nb.adapt.split import split_large_layers
from spikefit_nb.adapt.suit import suit
from spikefit_nb.adapt.thresholds import scale_thresholds
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, layer_of
from spikefit_nb.progress import phase
from spikefit_nb.units import text


@phase("Adapting the network")
@guarded
def adapt(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    activity: Activity | None = None,
    *,
    validation: SpikeDataset | None = None,
    seed: int = 0,
    operation_cost: float = 0.0,
) -> Adaptation:
    """Change a network as a design says, for a chip.

    In this order:

    0. replace what the chip's circuits lack (``suit``): first, as all that follows is to know how
       its neurons answer;
    1. add parallel projections up (``fuse``), as all that follows judges, removes and rounds the
       sum and not its terms;
    2. scale thresholds;
    3. remove idle neurons; where weights are trained and nothing was pruned before, only after
       that, since they are room to learn in;
    4. prune neurons, then synapses; where weights are trained, that is tried before training and,
       without ``max_fan_in``, little by little during it;
    5. limit fan-in, by pruning or by relays;
    6. share weights;
    7. round to the chip's weights;
    8. re-tune thresholds, so that populations fire as often as before 4 to 7; or, in place of 6 to
       8, train the weights as they will be held, and keep what answers best;
    9. cap the spikes of a layer in a step (``cap_events``): after re-tuning, which would lower
       again the thresholds that the cap raises, and on the network as it will run;
    10. split layers, which changes no spike and leaves none of the layers that the cap is of.

    Idle neurons go and thresholds are re-tuned only with an ``activity``, which also tells pruning,
    sharing and rounding which errors matter; relays and the cap need one.

    Where nobody has published how wide a chip's weights are, they are rounded only if the design
    says so. Integers stay as they are unless the design says how wide: whether a chip can hold them
    is for ``check_fit`` to tell.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design
    activity : Activity, optional, of this network on a calibration set
    validation, seed, operation_cost : of training, as ``finetune`` has them

    Returns
    -------
    Adaptation, with integer weights where they were rounded

    Raises
    ------
    DesignProblem
        Relays or a cap are asked for without an activity.
    UnknownName
        The design names a population that the network has not.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.3]]))])
    >>> made = adapt(network, load_profile("loihi1"), Design(weight_bits=4))
    >>> made.network.projections[0].values
    array([ 7, -2], dtype=int8)
    """
    design.must_suit(network)
    if activity is None:
        design.refuse_without_calibration()
    elif design.finetune_epochs:
        learn = partial(learn_weights, seed=seed, operation_cost=operation_cost)
        if operation_cost:  # fewer spikes may cost answers: there is nothing to judge
            of_all = partial(learn, dataset=activity.dataset)
            thins = Learning(of_all, thins=may_thin(design))
            return _adapted(network, profile, design, activity, thins)
        return _better(network, profile, design, activity, learn, seed=seed, validation=validation)
    return _adapted(network, profile, design, activity)


def _better(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    activity: Activity,
    learn: Callable[..., Adapted],
    *,
    seed: int,
    validation: SpikeDataset | None,
) -> Adaptation:
    """The trained network, or the one adapted alone, as those recordings tell that neither saw;
    where the design prunes, that is tried before training and during it, and what comes of the
    latter is taken if it is better by more than a standard error.
    """
    seen, judges = activity, validation
    if judges is None:
        dataset, judges = held_back(activity.dataset, seed)
        if dataset is not activity.dataset:
            seen = observe(network, dataset)
    alone = replace(design, finetune_epochs=0)
    learn = partial(learn, dataset=seen.dataset)
    made = [_adapted(network, profile, alone, seen)]
    for thins in (False, True) if may_thin(design) else (False,):
        made.append(_adapted(network, profile, design, seen, Learning(learn, thins=thins)))
        if sum(len(each.history) for each in made[-1].changes) < design.finetune_epochs:
            break  # it was interrupted
    right = [share_right(each.network, profile, judges) for each in made]
    error = math.sqrt(right[1] * (1 - right[1]) / judges.n_samples)
    best = 2 if len(made) > 2 and right[2] > right[1] + error else 1
    if right[best] >= right[0]:
        return made[best].noted(*_tried(right))
    adapted = made[0] if seen is activity else _adapted(network, profile, alone, activity)
    return adapted.noted(
        "Training made answers no better than adapting alone: what was trained is not used. "
        "More epochs, or more recordings to learn from, may help."
    )


def _tried(right: list[float]) -> tuple[str, ...]:
    """A word on when to prune, where both were tried."""
    if len(right) < 3:
        return ()
    before, meanwhile = (text(share, "%") for share in right[1:])
    return (
        f"Pruned before training, {before} of the recordings that judge are answered right; pruned "
        f"little by little during training, {meanwhile}.",
    )


def _adapted(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    activity: Activity | None,
    learn: Learning | None = None,
) -> Adaptation:
    """All changes in order; ``learn``: what trains the weights, in place of sharing, rounding and
    re-tuning.
    """
    made = Adaptation(network)
    if design.suit_chip:
        seen = None if activity is None else activity.dataset
        made = made.then(suit(network, profile, calibration=seen))
        activity = None if activity is None else activity.of(made.network)
    if design.fuse:
        made = made.then(fuse(made.network))
        activity = None if activity is None else activity.of(made.network)
    made = made.then(scale_thresholds(made.network, design.threshold_scale))
    pooled = _pooled(made.network, profile)
    prunes = bool(design.prune_neurons or design.prune_fraction)
    # idle neurons are room for training, unless fewer come to it
    learns_all = learn is not None and (learn.thins or not prunes)
    judged = None if pooled else activity
    if not learns_all:
        made = _without_idle(made, judged)
    reference = made.network  # idle neurons would lower the mean rate that the others are to keep
    made = _reduced(made, profile, design, activity, judges=not pooled, learn=learn)
    if learns_all:
        made = _without_idle(made, judged)
    if activity is not None:
        # integers that come with a network keep their thresholds
        is_changed = made.network.fingerprint != reference.fingerprint
        if is_changed and learn is None:
            before = activity.of(reference, exactly=True)
            made = made.noted(*pooled)
            made = made.then(retune_for_chip(made.network, profile, activity=before))
        if design.max_events_per_step is not None:
            most = design.max_events_per_step
            made = made.then(cap_for_chip(made.network, most, profile, activity=activity))
    if design.split_layers:
        made = made.then(split_large_layers(made.network, profile))
    return made


def _without_idle(made: Adaptation, activity: Activity | None) -> Adaptation:
    """What is left without neurons that say nothing, as far as anything is known of them."""
    if activity is None:
        return made
    own = activity.of(made.network, exactly=True)
    return made.then(remove_idle(made.network, activity=own))


def _reduced(
    made: Adaptation,
    profile: HardwareProfile,
    design: Design,
    activity: Activity | None,
    judges: bool,
    learn: Learning | None,
) -> Adaptation:
    """What removes, shares and rounds, in order, each with evidence that holds of its network."""

    def seen(network: Network) -> Activity | None:
        return activity.of(network) if activity is not None and judges else None

    is_later = learn is not None and learn.thins
    if design.prune_neurons and not is_later:
        less = prune_neurons(made.network, design.prune_neurons, activity=seen(made.network))
        made = made.then(less)
    if design.prune_fraction and not is_later:
        made = made.then(prune(made.network, design.prune_fraction, activity=seen(made.network)))
    if design.relays and design.max_fan_in is not None and activity is not None:
        carried = activity.of(made.network)
        made = made.then(relay_fan_in(made.network, design.max_fan_in, activity=carried))
    else:
        made = made.then(limit_fan_in(made.network, design.max_fan_in))
    if learn is not None:
        return made.then(learn.weights(made.network, profile, design, activity, thins=learn.thins))
    if design.weight_values is not None:
        shared = share_weights(made.network, design.weight_values, activity=seen(made.network))
        made = made.then(shared)
    return made.then(round_for_chip(made.network, profile, design, activity=seen(made.network)))


def _pooled(network: Network, profile: HardwareProfile) -> tuple[str, ...]:
    """A word on projections that a chip pools: their weights are equal and are to stay so, or each
    has to be stored.
    """
    if not profile.has("poolings"):
        return ()
    made = ((e, layer_of(e, network[e.source].shape)) for e in network.projections)
    names = ", ".join(f"{e.source} -> {e.target}" for e, layer in made if layer.pool > 1)
    if not names:
        return ()
    return (f"Weights are judged without the calibration set, which would undo pooling: {names}",)
