"""Give cores to what the chip waits for."""

from spikefit_nb.balance.auto import Auto
from spikefit_nb.balance.bottleneck import Bottleneck

__all__ = ["Auto", "Bottleneck"]
