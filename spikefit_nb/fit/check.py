"""Judge a network against every limit of a chip."""

from spikefit_nb.adapt import Adaptation, Design
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.fit.judge import judgement_of
from spikefit_nb.fit.report import FitReport
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network


def check_fit(
    network: Network,
    profile: HardwareProfile,
    design: Design | None = None,
    *,
    dataset: SpikeDataset | None = None,
    calibration: SpikeDataset | None = None,
) -> FitReport:
    """Tell whether a network fits a chip; if not, why, and which changes would make it fit.

    The network is first adapted as the design says; by default weights are rounded to the widest
    the chip stores. Remedies are found by trying: sharing cores, splitting layers, fewer weight
    bits, pruning (of the weakest synapses, or of those that free what is short), fewer synapses
    onto a neuron, more chips, and what the chip's circuits demand (neuron models, resets, spikes a
    step, delays). Each one listed was mapped and fits.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design, optional
    dataset : SpikeDataset, optional; with it the accuracy left by each remedy is measured too
    calibration : SpikeDataset, optional, such as training data: it tells the design's changes which
        errors matter, and remedies refit thresholds to it where a neuron model has to change

    Returns
    -------
    FitReport

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a name in place of a profile.
    DatasetProblem
        The data set does not belong to the network.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (3,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.arange(6.0).reshape(3, 2))])
    >>> check_fit(network, load_profile("truenorth"))
    FitReport(does not fit truenorth: different weight values)
    """
    return judge(
        Case(
            network,
            profile,
            dataset,
            design=Design() if design is None else design,
            calibration=calibration,
        )
    )


def judge(case: Case, adaptation: Adaptation | None = None) -> FitReport:
    """Tell whether a case fits its chip.

    Parameters
    ----------
    case : Case
    adaptation : Adaptation, optional, what its design makes of its network where that is known

    Returns
    -------
    FitReport

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> judge(Case(load_network("digits"), load_profile("loihi1")))
    FitReport(fits loihi1: 2 of 128 cores)
    """
    return FitReport(case, *judgement_of(case, adaptation))
