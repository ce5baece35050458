"""What brings the spikes of a silenced network back: designs that are really tried."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from spikefit_nb.adapt import SILENT, Design, Drift, drift
from spikefit_nb.case import Case
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit import judge
from spikefit_nb.network import settings_of
from spikefit_nb.simulate import RECORDS, SpikeRecord
from spikefit_nb.units import text

N_TRIED = 32  # recordings
THRESHOLDS_TRIED = (0.7, 0.5, 0.3, 0.1)  # factors on every threshold


class Tried(NamedTuple):
    """A case that was run on few recordings, and what became of the spikes as trained."""

    case: Case
    drift: Drift

    @property
    def fires(self) -> bool:
        """Whether every population fires, and about as much as it did."""
        return all(p.rates_hz[1] > 0 and not p.fell_silent for p in self.drift.populations)

    @property
    def worth(self) -> tuple[float, float]:
        """What the best is chosen by: right answers, then spikes at their place."""
        shares = [p.agreement or 0.0 for p in self.drift.populations]
        return self.drift.answers.right_after or 0, sum(shares) / max(1, len(shares))


def is_quiet(case: Case, record: SpikeRecord) -> bool:
    """Tell whether a population fires less than a twentieth of what it does as trained."""
    few = case.recordings.take(min(N_TRIED, case.recordings.n_samples))  # type: ignore[union-attr]
    trained = RECORDS.simulate(case.network, few, decode=case.decode)
    return any(
        record.spike_counts[p.name][: few.n_samples].mean()
        < SILENT * trained.spike_counts[p.name].mean()
        for p in case.network.neuron_populations
        if p.neuron.fires and p.name in record.spike_counts
    )


def recovery(case: Case) -> str:
    """Say what was tried to bring spikes back, and the line of code that does it best."""
    few = case.dataset.take(min(N_TRIED, case.dataset.n_samples))  # type: ignore[union-attr]
    tried = [
        made
        for changed in _changed(replace(case, dataset=few))
        if (made := _try(changed)) is not None and made.fires
    ]
    on = f"tried on {text(few.n_samples)} recording{'s' * (few.n_samples > 1)}"
    if not tried:
        changes = [f"thresholds times {text(THRESHOLDS_TRIED[0])} to {text(THRESHOLDS_TRIED[-1])}"]
        changes += ["a calibration set"] if case.calibration is None else []
        changes += ["each knob of the design at its default"] if case.design.changes() else []
        return f"Nothing {on} makes it fire: {', '.join(changes)}."
    best = max(tried, key=lambda made: made.worth)
    is_new = best.case.calibration is not case.calibration
    what = " (calibrated on the same ones; give it training data)" if is_new else ""
    return f"It fires, {on}, with {best.case.code}{what}: {best.drift.finding}"


def _changed(case: Case) -> Iterator[Case]:
    """Cases that may fire: a knob back at its default, evidence to round by, lower thresholds."""
    for knob in case.design.changes():
        default = getattr(Design(), knob)
        yield replace(case, design=replace(case.design, **{knob: default}))
    if case.calibration is None:
        yield replace(case, calibration=case.dataset)
    for factor in THRESHOLDS_TRIED:
        scale = _times(case, factor)
        yield replace(case, design=replace(case.design, threshold_scale=scale))


def _times(case: Case, factor: float) -> float | dict[str, float]:
    """The factor of each threshold times another, as far down as a design goes."""
    scale = case.design.threshold_scale
    if not isinstance(scale, Mapping):
        return max(0.1, factor * scale)
    each = settings_of(case.network, scale, 1.0)
    return {name: max(0.1, factor * own) for name, own in each.items()}


def _try(case: Case) -> Tried | None:
    """Run a case; None where it cannot be made or does not fit."""
    try:
        fit = judge(case)
    except DesignProblem:
        return None
    if not fit.fits:
        return None
    run = case.run(fit.network)
    found = drift(
        case.network,
        run.retimed,
        case.recordings,
        arithmetic=run.record.arithmetic,
        decode=case.decode,
    )
    return Tried(case, found)
