"""Hold a case against every limit of its chip."""

from typing import NamedTuple

from spikefit_nb.adapt import Adaptation
from spikefit_nb.case import Case
from spikefit_nb.fit import core_rules, network_rules
from spikefit_nb.fit.counts import NetworkCounts
from spikefit_nb.hardware import FAMILIES, HardwareProfile, Need
from spikefit_nb.mapping import CoreMap, map_network


class Judgement(NamedTuple):
    """A case once it is adapted and laid out, and every limit beside what it needs."""

    adaptation: Adaptation
    mapping: CoreMap
    needs: tuple[Need, ...]


def judgement_of(case: Case, adaptation: Adaptation | None = None) -> Judgement:
    """Adapt a case, if that is not done yet, lay it out, and count what it needs."""
    adaptation = adaptation or case.adapt()
    network, profile, design = adaptation.network, case.profile, case.design
    mapping = map_network(
        network,
        profile,
        neurons_per_core=design.neurons_per_core,
        share_cores=design.share_cores,
    )
    needs = (
        *network_rules.network_needs(network, profile),
        *FAMILIES[profile.family].needs(profile, NetworkCounts(network, mapping)),
        *core_rules.core_needs(network, mapping),
    )
    return Judgement(adaptation, mapping, needs)


def judged_figures(profile: HardwareProfile) -> tuple[str, ...]:
    """List the figures by which a network is judged, of those a chip has.

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
        *network_rules.RULES,
        *core_rules.FIGURES,
        *FAMILIES[profile.family].figures,
    )
    return tuple(name for name in dict.fromkeys(names) if profile.has(name))
