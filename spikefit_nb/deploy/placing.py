"""Lay a network out by what the run waits for and sends, once the run is known."""

from dataclasses import replace

import numpy as np

from spikefit_nb.balance import CHOICES, Auto, Bottleneck, Choice
from spikefit_nb.case import Run
from spikefit_nb.fit import FitReport, judge
from spikefit_nb.hardware import Scenario, settle_scenario
from spikefit_nb.mapping import GROUPERS, CoreMap, group_neurons, place_cores
from spikefit_nb.replay import Counters
from spikefit_nb.simulate import SpikeRecord


def balanced(fit: FitReport, run: Run) -> FitReport:
    """Give cores to what a run waits for, where the design asks for it.

    What was chosen for a network, a chip and recordings of the same content is remembered.

    Parameters
    ----------
    fit : FitReport, that fits
    run : Run, of its network

    Returns
    -------
    FitReport, of the same network on other cores, and why; the one given where the design says
    where neurons lie

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
    >>> fit.mapping.n_cores, balanced(fit, case.run(fit.network)).mapping.n_cores > 2
    (2, True)
    """
    case, design = fit.case, fit.case.design
    if not design.is_spread or case.is_placed:
        return fit
    scenario, arrives = settle_scenario(case.profile, case.scenario), case.recordings
    dt_s = None if arrives is None or scenario != "real_time" else float(arrives.dt_s)
    key = (
        *(run.key, case.profile.fingerprint, scenario, dt_s, design.partition),
        *(repr(design.neurons_per_core), design.share_cores, design.core_budget),
    )
    chosen = CHOICES.of(key, fit.mapping, lambda: _chosen(fit, run.record, scenario, dt_s))
    if np.array_equal(chosen.mapping.core_of, fit.mapping.core_of):
        return replace(fit, laid_out_by=_in_words(fit, fit.mapping, chosen.why))
    found = judge(case, fit.adaptation, mapping=chosen.mapping)
    return (
        replace(found, laid_out_by=_in_words(fit, found.mapping, chosen.why)) if found.fits else fit
    )


def _chosen(fit: FitReport, record: SpikeRecord, scenario: Scenario, dt_s: float | None) -> Choice:
    """Choose cores by the scenario, or by many replays of what the run waits for."""
    design, filled = fit.case.design, fit.mapping
    most, budget = design.neurons_per_core, design.core_budget
    if design.partition == "auto":
        auto = Auto(core_budget=budget)
        return auto.choice(record, filled, scenario=scenario, dt_s=dt_s, neurons_per_core=most)
    spread = Bottleneck(core_budget=budget).spread(record, filled, neurons_per_core=most)
    return Choice(spread, "")


def _in_words(fit: FitReport, mapping: CoreMap, why: str) -> str:
    """Which cores were chosen, and why."""
    if not why:
        return ""
    cores, before = mapping.cores_in_words, fit.mapping.n_cores
    instead = "" if mapping.n_cores == before else f" in place of {before}"
    return f"Partition {fit.case.design.partition!r} takes {cores}{instead}: {why}."


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


def laid_out_anew(fit: FitReport, run: Run) -> FitReport:
    """The same network laid out by what its run told, as the design asks for it."""
    if fit.case.design.partition in GROUPERS and not fit.case.is_placed:
        return grouped(fit, run.record)
    return placed(balanced(fit, run), run.record)


def placed(fit: FitReport, record: SpikeRecord) -> FitReport:
    """The same cores near those that they exchange packets with, where the design asks for it."""
    placement = fit.case.design.placement
    if placement == "rows" or fit.case.is_placed:
        return fit
    links = Counters(record, fit.mapping).links
    mapping = place_cores(fit.mapping, links, placement)
    return fit if mapping is fit.mapping else replace(fit, laid_out=mapping)
