"""Sensitivity: each figure of a chip made better and worse, and what that does to one design."""

import math
from dataclasses import replace
from numbers import Real

import numpy as np

from spikefit_nb.deploy import Report, balanced
from spikefit_nb.errors import DesignProblem, expect
from spikefit_nb.fit import judge
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay import replay
from spikefit_nb.sensitivity.result import Effect, Outcome, Sensitivity
from spikefit_nb.sensitivity.scaling import (
    LARGEST_FACTOR,
    find_cures,
    is_cost,
    raised_together,
    scalable,
    scaled,
)
from spikefit_nb.simulate import SpikeRecord


def sensitivity(report: Report, *, factor: float = 2.0) -> Sensitivity:
    """Tell which figure of the chip limits a network most: make each better and worse, alone.

    A limit is better when larger, a cost when smaller: ``better = limit * factor`` or
    ``cost / factor``, and worse the other way round. Each is priced anew from the recorded spikes,
    so the network is not run again; where a limit changes, the network is mapped anew. Accuracy
    stays: what would change the spikes (bits of a weight, reset, delay) is left out, and so is the
    shape of the mesh. Of a network that does not fit, the limits are raised that would make it fit.

    Parameters
    ----------
    report : Report, of ``deploy``
    factor : float, above 1 and at most 1,024

    Returns
    -------
    Sensitivity

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    DesignProblem
        The factor is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))], name="two")
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> report = deploy(network, load_profile("loihi1"), dataset)
    >>> sensitivity(report)
    Sensitivity(total energy of two on loihi1: static power matters most, 2x better saves 49 %)
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    expect(factor, Real, "factor", "2.0")
    if not 1 < factor <= LARGEST_FACTOR or not math.isfinite(factor):
        raise DesignProblem(
            f"factor is {factor}; it must be above 1 and at most {LARGEST_FACTOR:,}, such as 2."
        )
    factor = float(factor)
    if not report.fits:
        return Sensitivity(report, factor, (), find_cures(report), raised_together(report))
    record = report.record
    effects = tuple(_effect(report, record, name, factor) for name in scalable(report))
    return Sensitivity(report, factor, effects)


def _effect(report: Report, record: SpikeRecord, name: str, factor: float) -> Effect:
    better = 1 / factor if is_cost(name) else factor
    outcomes = []
    for ratio in (better, 1 / better):
        profile = scaled(report.profile, name, ratio)
        outcomes.append(None if profile is None else _outcome(report, record, name, profile))
    return Effect(name, report.profile.figure(name), *outcomes)


def _outcome(report: Report, record: SpikeRecord, name: str, profile: HardwareProfile) -> Outcome:
    """What the same design does on the changed chip."""
    case = replace(report.case, profile=profile)
    is_price = name in report.price.figures  # type: ignore[union-attr]
    if is_price:
        fit = replace(report.fit, case=case, laid_out=replace(report.mapping, profile=profile))
    else:
        fit = judge(case, report.fit.adaptation)
        fit = balanced(fit, report.run) if fit.fits else fit
    price = None
    if fit.fits:
        is_priced_alike = not is_price and _is_same(fit.mapping, report.mapping)
        price = report.price if is_priced_alike else replay(record, fit.mapping)
    changed = replace(report, fit=fit, price=price)
    return Outcome(
        profile.figure(name),
        changed.fits,
        changed.n_cores,
        changed.event_energy_j,
        changed.energy_j,
        latency_s=changed.latency_s,
    )


def _is_same(one: CoreMap, other: CoreMap) -> bool:
    """Whether neurons sit on the same cores at the same places, with the same axons."""
    arrays = ("core_of", "copies", "fan_ptr", "fan_core", "tiles")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
