"""The record of spikes behind a report."""

from typing import TYPE_CHECKING

from spikefit_nb.adapt import retime
from spikefit_nb.simulate import RECORDS, SpikeRecord

if TYPE_CHECKING:  # a report reads its own record
    from spikefit_nb.deploy.report import Report


def record_of(report: "Report") -> SpikeRecord:
    """The record of spikes a report rests on: remembered, or run once more."""
    retimed = retime(report.network, report.profile)
    arithmetic = report.profile.arithmetic
    return RECORDS.simulate(
        retimed.network, report.dataset, retimed.extra_steps, arithmetic=arithmetic
    )
