"""What a space is for, and what is found for each of its knobs."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network

Range = tuple[float, float] | list
FEW = 6  # populations with neurons, up to which each has knobs of its own
SMALL = 0.02  # share of all synapses or neurons below which a population is not worth a knob


class Setting(NamedTuple):
    """What a space is for."""

    network: Network
    profile: HardwareProfile
    dataset: SpikeDataset | None
    has_calibration: bool


class Found(NamedTuple):
    """A range of a knob that acts."""

    range: Range
    as_trained: Any  # the value that changes nothing
    why: str
    population: str = ""
    step: int = 1
    acts: Callable[[Mapping[str, Any]], bool] | None = None  # given the other knobs
    condition: str = ""  # the same in words


class Place(NamedTuple):
    """Where a value is to act."""

    network: Network
    profile: HardwareProfile
    population: str


class Kept(NamedTuple):
    """What becomes of a value of a knob, and where that acts, given the others; None: always."""

    value: Callable[[Any], Any]
    acts: Callable[[Mapping[str, Any]], bool] | None = None


def worth_a_knob(network: Network, sizes: Mapping[str, int]) -> list[str]:
    """The populations that get knobs of their own; all as one, "", where there are many."""
    if len(network.neuron_populations) > FEW:
        return [""]
    total = sum(sizes.values())
    return [name for name, size in sizes.items() if size >= SMALL * total]


def n_neurons_of(network: Network) -> dict[str, int]:
    """Neurons of each population."""
    return {p.name: p.n_neurons for p in network.neuron_populations}
