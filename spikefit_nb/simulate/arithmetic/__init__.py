"""The numbers a network is run in: float32, or the integers of a chip."""

from spikefit_nb.simulate.arithmetic.arithmetic import Arithmetic, Neurons, Prepared
from spikefit_nb.simulate.arithmetic.float32 import Float32

ARITHMETICS: dict[str, Arithmetic] = {"float32": Float32()}

__all__ = ["ARITHMETICS", "Arithmetic", "Neurons", "Prepared"]
