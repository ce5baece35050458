"""Fine-tune a network to a chip: the verb."""

from dataclasses import replace

from spikefit_nb.adapt.activity import observe
from spikefit_nb.adapt.adapt import adapt
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import Design
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network
from spikefit_nb.simulate import check_inputs


@guarded
def finetune(
    network: Network,
    profile: HardwareProfile,
    calibration: SpikeDataset,
    *,
    design: Design | None = None,
    validation: SpikeDataset | None = None,
    epochs: int = 20,
    seed: int = 0,
    operation_cost: float = 0.0,
) -> Adapted:
    """Change a network as a design says and train the weights that the chip will hold.

    ``min cross-entropy + operation_cost * operations / those before`` over weights, scales (a
    neuron's does what its threshold would) and biases, by the adjoint of the simulator's own
    kernels: what is run forward is what the chip runs, in its integers and with its delays. Whole
    numbers of few bits, or few levels that are learned too, stand in front of real weights that
    move. Where the design prunes, neurons and synapses go before training or, if that answers
    better, little by little during it: those that are missed least, by Fisher information. Where it
    prunes nothing, sets no fan-in and operations cost nothing, idle neurons begin as copies of busy
    ones if weights have at most 4 bits or few values: several coarse weights add up to a finer one,
    for the energy of the neurons that are filled. All else is as in ``adapt``, of which it is a
    step: ``Design(finetune_epochs=20)``.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    calibration : SpikeDataset, with labels: what is learned from, and never the recordings that
        accuracy is told of
    design : Design, optional, such as ``Design(weight_bits=2)`` or ``Design(weight_values=4)``
    validation : SpikeDataset, optional, on which the trained network has to be as good as the one
        adapted without training, or that one is given back; None: a fifth of the calibration set,
        which is then not learned from, or all of it where a fifth is fewer than 50
    epochs : int, how many times all recordings are gone through
    seed : int, of the order of recordings
    operation_cost : float, what all synaptic operations that neurons cause in a recording count
        beside its cross-entropy, 0 or more: with it training also saves spikes

    Returns
    -------
    Adapted, with integer weights and a history; an interrupt ends it early

    Raises
    ------
    DatasetProblem
        Recordings do not belong to the network.
    DesignProblem
        The calibration set has no labels, or the chip's weights are of a kind that is not learned.

    References
    ----------
    Neftci et al. 2019, arXiv 1901.09948, for surrogate gradients; Bengio et al. 2013, arXiv
    1308.3432, for passing them straight through rounding; Zhu & Gupta 2017, arXiv 1710.01878, for
    the pace of pruning; Theis et al. 2018, arXiv 1801.05787, for its order; Chen et al. 2016, arXiv
    1511.05641, for copies of neurons. Inspired by the problem that SpikeFit poses, arXiv
    2510.15542.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> calibration, unseen = load_dataset("digits").split(0.5, seed=0)
    >>> made = finetune(load_network("digits"), load_profile("loihi1"), calibration,
    ...                 design=Design(weight_bits=2), epochs=2)
    >>> sorted({int(w) for e in made.network.projections for w in e.values})
    [-1, 0, 1]
    """
    for name, recordings in (("calibration", calibration), ("validation", validation)):
        if recordings is not None:
            check_inputs(network, recordings, name)
    asked = replace(design or Design(), finetune_epochs=epochs)
    made = adapt(
        network,
        profile,
        asked,
        observe(network, calibration),
        validation=validation,
        seed=seed,
        operation_cost=operation_cost,
    )
    words = ", then ".join(change.change for change in made.changes)
    history = tuple(epoch for change in made.changes for epoch in change.history)
    return Adapted(words, network, made.network, made.notes, history)
