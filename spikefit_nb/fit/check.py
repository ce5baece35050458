"""Judge a network against every limit of a chip."""

from spikefit_nb.adapt import Adaptation, Design, adapt, observe
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import expect
from spikefit_nb.fit import core_rules, layer_rules, network_rules
from spikefit_nb.fit.family_rules import family_figures, family_needs
from spikefit_nb.fit.needs import Need
from spikefit_nb.fit.remedies import Remedy, find_remedies
from spikefit_nb.fit.report import FitReport
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import Mapping, map_network
from spikefit_nb.network import Network
from spikefit_nb.simulate.run import check_inputs


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
    bits, pruning, fewer synapses onto a neuron, more chips, and what the chip's circuits demand
    (resets, spikes a step, delays). Each one listed was mapped and fits.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design, optional
    dataset : SpikeDataset, optional; with it the accuracy left by each remedy is measured too
    calibration : SpikeDataset, optional, such as training data: it tells the design's steps which
        errors matter

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
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect(profile, HardwareProfile, "profile", "sf.load_profile(name)")
    design = design or Design()
    expect(design, Design, "design", "sf.Design(weight_bits=4)")
    for given in (dataset, calibration):
        if given is not None:
            check_inputs(network, given)
    activity = None if calibration is None else observe(network, calibration)
    return judge(adapt(network, profile, design, activity), profile, design, dataset)


def judge(
    adaptation: Adaptation,
    profile: HardwareProfile,
    design: Design,
    dataset: SpikeDataset | None = None,
) -> FitReport:
    """Judge a network that is adapted already."""
    needs, mapping = _judged(adaptation.network, profile, design)
    return FitReport(adaptation, profile, design, mapping, needs, _remedies, dataset)


def _judged(
    adapted: Network, profile: HardwareProfile, design: Design
) -> tuple[tuple[Need, ...], Mapping]:
    mapping = map_network(
        adapted, profile, neurons_per_core=design.neurons_per_core, share_cores=design.share_cores
    )
    needs = (
        *network_rules.network_needs(adapted, profile),
        *layer_rules.layer_needs(adapted, profile),
        *family_needs(adapted, mapping),
        *core_rules.core_needs(adapted, mapping),
    )
    return needs, mapping


def _remedies(report: FitReport) -> tuple[Remedy, ...]:
    def check(
        network: Network, profile: HardwareProfile, design: Design
    ) -> tuple[tuple[Need, ...], Mapping]:
        return _judged(adapt(network, profile, design).network, profile, design)

    return find_remedies(
        report.original, report.profile, report.design, report.needs, check, report.dataset
    )


def judged_figures(profile: HardwareProfile) -> tuple[str, ...]:
    """Names of the figures by which a network is judged, of those a chip has.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> "neurons_per_core" in judged_figures(load_profile("loihi1"))
    True
    """
    names = (
        *network_rules.FIGURES,
        *layer_rules.FIGURES,
        *core_rules.FIGURES,
        *family_figures(profile),
    )
    return tuple(name for name in dict.fromkeys(names) if profile.has(name))
