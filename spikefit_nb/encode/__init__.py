"""From values to spikes: eight codes behind one protocol, each with its spikes and its error."""

from spikefit_nb.encode.channels import Delta, PopulationCode
from spikefit_nb.encode.encoder import Encoder, Seed, as_unit_range, check_whole
from spikefit_nb.encode.named import ENCODERS, WITH_PEAK, encoder_named, name_of
from spikefit_nb.encode.rate import Direct, RateBernoulli, RateRegular
from spikefit_nb.encode.timing import Burst, Latency, Phase

__all__ = [
    "ENCODERS",
    "WITH_PEAK",
    "Burst",
    "Delta",
    "Direct",
    "Encoder",
    "Latency",
    "Phase",
    "PopulationCode",
    "RateBernoulli",
    "RateRegular",
    "Seed",
    "as_unit_range",
    "check_whole",
    "encoder_named",
    "name_of",
]
