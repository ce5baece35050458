"""Recordings with right answers: the noun, and those that come by name."""

from spikefit_nb.datasets.load import load_dataset
from spikefit_nb.datasets.spike_dataset import SpikeDataset

__all__ = ["SpikeDataset", "load_dataset"]
