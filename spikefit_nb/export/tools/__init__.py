"""Other tools, a file each: what they are given of a deployment, and the program that runs it."""

from spikefit_nb.export.tool import Tool
from spikefit_nb.listed import Listed

TOOLS: Listed[Tool] = Listed(__name__, "TOOL")
