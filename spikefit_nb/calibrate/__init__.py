"""Fit the cost figures of a chip to what was measured on it."""

from spikefit_nb.calibrate.calibrate import calibrate
from spikefit_nb.calibrate.calibration import Calibration, Coefficient
from spikefit_nb.calibrate.measurement import Measurement

__all__ = ["Calibration", "Coefficient", "Measurement", "calibrate"]
