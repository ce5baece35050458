"""Learn the weights that a chip will hold, in the chip's own integers."""

from dataclasses import replace
from typing import Any

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.contribution import must_have_labels, spike_operations
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.held import Grid, HeldNetwork, Levels, Real, Steps
from spikefit_nb.adapt.quantize import chip_scales
from spikefit_nb.adapt.retime import retime
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
MOST_BITS = 8  # of a level, where a chip's weights are wider or not published


def learn_weights(
    network: Network,
    profile: HardwareProfile,
    design: Design,
    activity: Activity,
    *,
    dataset: SpikeDataset,
    seed: int,
    operation_cost: float,
) -> Adapted:
    """Learn the weights of a network as a chip and a design hold them, from recordings with labels;
    the goal is half the labels and half what the network answered before.
    """
    must_have_labels(dataset, "finetune_epochs")
    n_epochs = design.finetune_epochs
    timed = retime(network, profile)
    grids = grids_of(timed.network, profile, design)
    is_real = any(grid.bits is None for grid in grids.values())
    arithmetic = "float32" if is_real else profile.arithmetic
    learnt = HeldNetwork(timed.network, grids, chip_scales(profile), pools=profile.has("poolings"))
    goal = goal_of(activity.network, dataset, settle_decode(network, None), DISTIL)
    recipe = Recipe(n_epochs, spike_cost=_costs(network, activity, operation_cost))
    if any(grid == Steps(2) for grid in grids.values()):
        recipe = recipe._replace(slide=SOON)
    recordings, history, notes = dataset.extend(timed.extra_steps), list[Epoch](), list[str]()
    with counting(n_epochs, "Training", "epoch") as show:
        try:
            for epoch in epochs(learnt, recordings, arithmetic, recipe, goal, seed=seed):
                history.append(epoch)
                show(epoch.words)
        except KeyboardInterrupt:
            notes.append(f"Training was interrupted after {len(history)} of {n_epochs} epochs.")
    change = f"{_in_words(design)} learned in {len(history)} epochs"
    after = _as_timed_before(learnt.network(), network)
    return Adapted(change, network, after, tuple(notes), tuple(history))


def held_back(dataset: SpikeDataset, seed: int) -> tuple[SpikeDataset, SpikeDataset]:
    """The recordings to learn from, and those that tell what came of it: a fifth that is not
    learned from, or all of them where a fifth is too few to tell anything.
    """
    if HELD_BACK * dataset.n_samples < FEWEST:
        return dataset, dataset
    return dataset.split(1 - HELD_BACK, seed=seed)


def is_no_worse(
    learned: Network, adapted: Network, profile: HardwareProfile, dataset: SpikeDataset
) -> bool:
    """Tell whether the learned network answers as well on the chip as one only adapted."""
    right = []
    for network in (learned, adapted):
        timed = retime(network, profile)
        record = RECORDS.simulate(
            timed.network, dataset, timed.extra_steps, None, profile.arithmetic
        )
        right.append(record.accuracy or 0.0)
    return right[0] >= right[1]


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


def _in_words(design: Design) -> str:
    if design.weight_values is not None:
        return f"at most {setting_in_words(design.weight_values)} weights a population"
    if design.weight_bits is not None:
        return f"weights of {setting_in_words(design.weight_bits)} bits"
    return "weights"


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
