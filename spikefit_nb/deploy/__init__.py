"""The pipeline for one design, its report, and two of them side by side."""

from spikefit_nb.deploy.alternatives import Alternatives
from spikefit_nb.deploy.asked import Asked
from spikefit_nb.deploy.checklist import Checklist
from spikefit_nb.deploy.comparison import Comparison
from spikefit_nb.deploy.event_by_event import EventByEvent
from spikefit_nb.deploy.pipeline import deploy, deploy_case
from spikefit_nb.deploy.placing import balanced
from spikefit_nb.deploy.power_at import PowerAtRates
from spikefit_nb.deploy.report import Report
from spikefit_nb.deploy.steps import BySteps
from spikefit_nb.deploy.stopping import EarlyStop

__all__ = [
    "Alternatives",
    "Asked",
    "BySteps",
    "Checklist",
    "Comparison",
    "EarlyStop",
    "EventByEvent",
    "PowerAtRates",
    "Report",
    "balanced",
    "deploy",
    "deploy_case",
]
