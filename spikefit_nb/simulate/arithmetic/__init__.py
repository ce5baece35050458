"""The numbers a network is run in: float32, or the integers of a chip."""

from spikefit_nb.simulate.arithmetic.arithmetic import Arithmetic, Arriving, Neurons, Prepared
from spikefit_nb.simulate.arithmetic.float32 import Float32
from spikefit_nb.simulate.arithmetic.loihi import Loihi
from spikefit_nb.simulate.arithmetic.sanafe_loihi import SanafeLoihi
from spikefit_nb.simulate.arithmetic.speck import Speck
from spikefit_nb.simulate.arithmetic.truenorth import TrueNorth
from spikefit_nb.simulate.arithmetic.xylo import Xylo

ARITHMETICS: dict[str, Arithmetic] = {
    "float32": Float32(),
    "loihi": Loihi(),
    "xylo": Xylo(),
    "speck": Speck(),
    "truenorth": TrueNorth(),
    "sanafe_loihi": SanafeLoihi(),
}

__all__ = ["ARITHMETICS", "Arithmetic", "Arriving", "Neurons", "Prepared"]
