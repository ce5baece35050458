"""Hold predictions against what was published: ``python -m spikefit_nb.validation`` prints a table.

The rows were chosen before they were predicted; ``rows.csv`` holds them with their sources.
"""

from spikefit_nb.validation.validate import Validated, Validation, validate

__all__ = ["Validated", "Validation", "validate"]
