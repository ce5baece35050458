"""Give cores to what the chip waits for."""

from spikefit_nb.balance.auto import Auto, Choice
from spikefit_nb.balance.bottleneck import Bottleneck
from spikefit_nb.balance.choices import CHOICES

__all__ = ["CHOICES", "Auto", "Bottleneck", "Choice"]
