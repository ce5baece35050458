"""Lay a network out by what the run waits for and sends, once the run is known."""

from dataclasses import replace

import numpy as np

from spikefit_nb.adapt import SPREAD
from spikefit_nb.balance import Auto, Bottleneck
from spikefit_nb.fit import FitReport, judge
from spikefit_nb.hardware import settle_scenario
from spikefit_nb.mapping import GROUPERS, group_neurons, place_cores
from spikefit_nb.replay import Counters
from spikefit_nb.simulate import SpikeRecord


def balanced(fit: FitReport, record: SpikeRecord) -> FitReport:
    """Give cores to what a run waits for, where the design asks for it.

    Parameters
    ----------
    fit : FitReport, that fits
    record : SpikeRecord, of events

    Returns
    -------
    FitReport, of the same network on other cores; the one given where nothing is quicker

    Examples
    --------
    >>> from spikefit_nb.adapt import Design
    >>> from spikefit_nb.case import Case
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(9)
    >>> case = Case(*digits, design=Design(partition="bottleneck"))
    >>> fit = judge(case)
    >>> fit.mapping.n_cores, balanced(fit, case.run(fit.network).record).mapping.n_cores > 2
    (2, True)
    """
    case = fit.case
    design, recordings = case.design, case.recordings
    if design.partition not in SPREAD or case.is_placed:
        return fit
    most, budget = design.neurons_per_core, design.core_budget
    if design.partition == "auto":
        mapping = Auto(core_budget=budget).choose(
            record,
            fit.mapping,
            scenario=settle_scenario(case.profile, case.scenario),
            dt_s=None if recordings is None else recordings.dt_s,
            neurons_per_core=most,
        )
    else:
        mapping = Bottleneck(core_budget=budget).spread(record, fit.mapping, neurons_per_core=most)
    if mapping is fit.mapping:
        return fit
    found = judge(case, fit.adaptation, mapping=mapping)
    return found if found.fits else fit


def grouped(fit: FitReport, record: SpikeRecord) -> FitReport:
    """Neurons that have much in common in a run on one core, and cores placed with them."""
    case, design = fit.case, fit.case.design
    names = [p.name for p in fit.network.neuron_populations]
    mapping = group_neurons(
        fit.mapping,
        np.concatenate([record.spike_counts[name].sum(axis=0) for name in names]),
        partition=design.partition,
        placement=design.placement,
        neurons_per_core=design.neurons_per_core,
    )
    found = fit if mapping is fit.mapping else judge(case, fit.adaptation, mapping=mapping)
    return found if found is not fit and found.fits else placed(fit, record)


def laid_out_anew(fit: FitReport, record: SpikeRecord) -> FitReport:
    """The same network laid out by what its run told, as the design asks for it."""
    if fit.case.design.partition in GROUPERS and not fit.case.is_placed:
        return grouped(fit, record)
    return placed(balanced(fit, record), record)


def placed(fit: FitReport, record: SpikeRecord) -> FitReport:
    """The same cores near those that they exchange packets with, where the design asks for it."""
    placement = fit.case.design.placement
    if placement == "rows" or fit.case.is_placed:
        return fit
    links = Counters(record, fit.mapping).links
    mapping = place_cores(fit.mapping, links, placement)
    return fit if mapping is fit.mapping else replace(fit, laid_out=mapping)
