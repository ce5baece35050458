"""From values to spikes: eight codes behind one protocol, each with its spikes and its error."""

from spikefit_nb.encode.burst import Burst
from spikefit_nb.encode.delta import Delta
from spikefit_nb.encode.direct import Direct
from spikefit_nb.encode.encoder import Encoder
from spikefit_nb.encode.latency import Latency
from spikefit_nb.encode.phase import Phase
from spikefit_nb.encode.population import PopulationCode
from spikefit_nb.encode.rate import RateBernoulli, RateRegular

__all__ = [
    "Burst",
    "Delta",
    "Direct",
    "Encoder",
    "Latency",
    "Phase",
    "PopulationCode",
    "RateBernoulli",
    "RateRegular",
]
