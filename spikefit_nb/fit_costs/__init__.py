"""Fit the cost figures of a chip to what was measured on it."""

from spikefit_nb.fit_costs.fit_costs import fit_costs
from spikefit_nb.fit_costs.fitted_costs import Coefficient, FittedCosts
from spikefit_nb.fit_costs.measurement import Measurement
from spikefit_nb.fit_costs.power_log import PowerLog, read_power_log

__all__ = [
    "Coefficient",
    "FittedCosts",
    "Measurement",
    "PowerLog",
    "fit_costs",
    "read_power_log",
]
