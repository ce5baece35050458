"""Learn the weights that a chip will hold, in the chip's own integers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.contribution import must_have_labels, spike_operations
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.fill import fill_idle
from spikefit_nb.adapt.held import Grid, HeldNetwork, Levels, Real, Steps
from spikefit_nb.adapt.prune import in_per_cent
from spikefit_nb.adapt.prune_neurons import cuttable
from spikefit_nb.adapt.quantize import chip_scales
from spikefit_nb.adapt.retime import retime
from spikefit_nb.adapt.thin import ThinnedNetwork
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, setting_in_words, settings_of
from spikefit_nb.progress import counting
from spikefit_nb.simulate import RECORDS, settle_decode
from spikefit_nb.train import Epoch, Recipe, epochs, goal_of

DISTIL = 0.5  # how much of the goal is what the network answered before
HELD_BACK, FEWEST = 0.2, 50  # part of the recordings that judges, and the fewest that can
SOON = 0.3  # part of the epochs after which weights are -1, 0 and 1, which take long to settle
COARSE_BITS = 4  # at most which more neurons answer better
MOST_BITS = 8  # of a level, where a chip's weights are wider or not published


class Learning(NamedTuple):
    """How weights are learned in the midst of all other changes."""

    weights: Callable[..., Adapted]
    thins: bool  # whether neurons and synapses go meanwhile


def learn_weights(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    activity: Activity,
    *,
    dataset: SpikeDataset,
    seed: int,
    operation_cost: float,
    thins: bool,
) -> Adapted:
    """Learn the weights of a network as a chip and a design hold them, from recordings with labels;
    the goal is half the labels and half what the network answered before, and where it ``thins``,
    what the design prunes goes meanwhile.
    """
    must_have_labels(dataset, "finetune_epochs")
    before, n_epochs = network, design.finetune_epochs
    grids, notes = grids_of(network, profile, design), list[str]()
    # a copy costs energy, and each it reaches a synapse
    is_dear = thins or operation_cost or design.max_fan_in is not None
    if not is_dear and any(map(is_coarse, grids.values())):
        busy = activity.of(network, exactly=True)
        network, said = fill_idle(network, busy, np.random.default_rng(seed))
        notes += said
    timed = retime(network, profile)
    is_real = any(grid.bits is None for grid in grids.values())
    arithmetic = "float32" if is_real else profile.arithmetic
    history: list[Epoch] = []
    if thins:
        learnt: HeldNetwork = _thinned(timed.network, grids, profile, design, notes)
    else:
        pools = profile.has("poolings")
        learnt = HeldNetwork(timed.network, grids, chip_scales(profile), pools=pools)
    goal = goal_of(activity.network, dataset, settle_decode(network, None), DISTIL)
    recipe = Recipe(n_epochs, spike_cost=_costs(network, activity, operation_cost))
    if any(grid == Steps(2) for grid in grids.values()):
        recipe = recipe._replace(slide=SOON)
    recordings = dataset.extend(timed.extra_steps)
    with counting(n_epochs, "Training", "epoch") as show:
        try:
            for epoch in epochs(learnt, recordings, arithmetic, recipe, goal, seed=seed):
                history.append(epoch)
                show(epoch.words)
        except KeyboardInterrupt:
            notes.append(f"Training was interrupted after {len(history)} of {n_epochs} epochs.")
    change = f"{_in_words(design, thins)} learned in {len(history)} epochs"
    after = _as_timed_before(learnt.network(), network)
    if isinstance(learnt, ThinnedNetwork):
        after = learnt.without_gone(after)
    return Adapted(change, before, after, tuple(notes), tuple(history))


def is_coarse(grid: Grid) -> bool:
    """Whether so little of a weight is held that a sum of several is held better."""
    return isinstance(grid, Levels) or (grid.bits is not None and grid.bits <= COARSE_BITS)


def may_thin(design: Design) -> bool:
    """Whether neurons and synapses may go while weights are learned: where there is a most for a
    neuron's synapses, they go before it is seen to.
    """
    return bool(design.prune_neurons or design.prune_fraction) and design.max_fan_in is None


def _thinned(
    network: Network,
    grids: Mapping[str, Grid],
    profile: HardwareProfile,
    design: Design,
    notes: list[str],
) -> ThinnedNetwork:
    """The network that loses what a design prunes."""
    return ThinnedNetwork(
        network,
        grids,
        chip_scales(profile),
        pools=profile.has("poolings"),
        units=cuttable(network, design.prune_neurons, None, notes),
        neurons=settings_of(network, design.prune_neurons, 0.0),
        synapses=settings_of(network, design.prune_fraction, 0.0),
    )


def held_back(dataset: SpikeDataset, seed: int) -> tuple[SpikeDataset, SpikeDataset]:
    """The recordings to learn from, and those that tell what came of it: a fifth that is not
    learned from, or all of them where a fifth is too few to tell anything.
    """
    if HELD_BACK * dataset.n_samples < FEWEST:
        return dataset, dataset
    return dataset.split(1 - HELD_BACK, seed=seed)


def share_right(network: Network, profile: HardwareProfile, dataset: SpikeDataset) -> float:
    """Which share of recordings a network answers right on the chip."""
    timed = retime(network, profile)
    record = RECORDS.simulate(timed.network, dataset, timed.extra_steps, None, profile.arithmetic)
    return record.accuracy or 0.0


def _as_timed_before(made: Network, network: Network) -> Network:
    """The learned weights in the network without the chip's delays."""
    projections = [
        replace(e, delay_steps=before.delay_steps)
        for e, before in zip(made.projections, network.projections, strict=True)
    ]
    populations = [made[p.name] for p in network.populations]
    return network.replace(populations=populations, projections=projections)


def _costs(network: Network, activity: Activity, operation_cost: float) -> dict[str, Any]:
    """What a spike of each neuron adds to the loss: its part of what neurons cause in a sample."""
    if not operation_cost:
        return {}
    before, counts = spike_operations(activity.network), activity.record.spike_counts
    caused = sum(float(counts[name].mean(axis=0) @ n) for name, n in before.items())
    operations = spike_operations(network)
    return {name: operation_cost * n / max(caused, 1.0) for name, n in operations.items()}


def _in_words(design: Design, thins: bool) -> str:
    words = "weights"
    if design.weight_values is not None:
        words = f"at most {setting_in_words(design.weight_values)} weights a population"
    elif design.weight_bits is not None:
        words = f"weights of {setting_in_words(design.weight_bits)} bits"
    if not thins:
        return words
    pruned = {"neurons": design.prune_neurons, "synapses": design.prune_fraction}
    gone = [f"{setting_in_words(f, in_per_cent)} of {what}" for what, f in pruned.items() if f]
    return f"{' and '.join(gone)} pruned and {words}"


def grids_of(network: Network, profile: HardwareProfile, design: Design) -> dict[str, Grid]:
    """How the weights into each population are held."""
    if profile.has("weight_currents_per_core"):
        raise DesignProblem(
            f"finetune_epochs is not for {profile.title}, whose weights are sums of few currents: "
            "they can be shared (adapt.share_currents), not learned."
        )
    bits, values = (
        settings_of(network, given) for given in (design.weight_bits, design.weight_values)
    )
    widest = max(profile.value("weight_bits")) if profile.has("weight_bits") else None
    grids: dict[str, Grid] = {}
    for p in network.neuron_populations:
        own = bits[p.name] or widest
        if values[p.name] is not None:
            grids[p.name] = Levels(min(own or MOST_BITS, MOST_BITS), values[p.name])
        else:
            grids[p.name] = Real() if own is None else Steps(own)
    return grids
