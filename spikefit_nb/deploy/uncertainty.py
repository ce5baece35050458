"""How uncertain the numbers of a report are."""

from typing import TYPE_CHECKING

from spikefit_nb.deploy.record import record_of
from spikefit_nb.replay import Counters
from spikefit_nb.replay.interval import Uncertainty
from spikefit_nb.replay.uncertainty import uncertainty

if TYPE_CHECKING:  # a report tells its own uncertainty
    from spikefit_nb.deploy.report import Report


def uncertainty_of(report: "Report") -> Uncertainty | None:
    """Tell from where to where energy and latency of a report go, and which figures of the chip
    that comes from.
    """
    if report.price is None:
        return None
    return uncertainty(
        Counters(record_of(report), report.mapping), report.profile, timing=report.price.timing
    )
