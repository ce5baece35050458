"""What leaves the notebook and comes back: a folder with all that a deployment is."""

from spikefit_nb.export.bundle import export
from spikefit_nb.export.deployment import Deployment
from spikefit_nb.export.load import load_deployment
from spikefit_nb.export.neurobench import to_neurobench

__all__ = ["Deployment", "export", "load_deployment", "to_neurobench"]
