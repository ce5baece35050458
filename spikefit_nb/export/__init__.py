"""What leaves the notebook and comes back: a folder with all that a deployment is, and programs of
other tools, with what they say of it.
"""

from spikefit_nb.export.bundle import export
from spikefit_nb.export.deployment import Deployment
from spikefit_nb.export.load import load_deployment
from spikefit_nb.export.neurobench import to_neurobench
from spikefit_nb.export.tools import TOOLS
from spikefit_nb.export.verification import Agreement, Verification
from spikefit_nb.export.verifying import verify, write_program

__all__ = [
    "TOOLS",
    "Agreement",
    "Deployment",
    "Verification",
    "export",
    "load_deployment",
    "to_neurobench",
    "verify",
    "write_program",
]
