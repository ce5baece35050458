"""Recordings with right answers: the noun, those that come by name, and files of the user's."""

from spikefit_nb.datasets.event_files import read_events
from spikefit_nb.datasets.files import read_idx
from spikefit_nb.datasets.lazy import Events, Repeated
from spikefit_nb.datasets.load import (
    REGISTRY,
    dataset_names,
    load_dataset,
    load_images,
    load_values,
)
from spikefit_nb.datasets.nmnist import read_nmnist
from spikefit_nb.datasets.npz_files import read_recordings
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.datasets.storage import same_order
from spikefit_nb.datasets.value_dataset import ValueDataset, in_spikes

__all__ = [
    "REGISTRY",
    "Events",
    "Repeated",
    "SpikeDataset",
    "ValueDataset",
    "dataset_names",
    "in_spikes",
    "load_dataset",
    "load_images",
    "load_values",
    "read_events",
    "read_idx",
    "read_nmnist",
    "read_recordings",
    "same_order",
]
