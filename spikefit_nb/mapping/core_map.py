"""Which neuron sits on which core, and what every core has to hold."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.mapping.axons import delay_slots
from spikefit_nb.mapping.sites import Sites, sites_of
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result

PER_CORE = {  # field of CoreNeeds: the figure that limits it
    "neurons": "neurons_per_core",
    "axons_in": "axons_in_per_core",
    "axons_out": "axons_out_per_core",
    "memory_bits": "synapse_memory_per_core",
}

FORMATS = (
    "dense",
    "sparse",
    "convolution",
)  # kinds of projections, which a chip stores each in its own way


NEURONS_OF_A_CORE, MEMORY_OF_SYNAPSES = "neurons a core holds", "memory for synapses"


def counts_cores(profile: HardwareProfile) -> bool:
    """Tell whether cores in use can be counted: whether it is published what a core holds.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    bool

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> counts_cores(load_profile("loihi1")), counts_cores(load_profile("spinnaker2"))
    (True, False)
    """
    return FAMILIES[profile.family].one_core or NEURONS_OF_A_CORE not in profile.unknown


def can_be_cut(profile: HardwareProfile) -> bool:
    """Tell whether layers can be cut over the cores of a chip.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    bool

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> can_be_cut(load_profile("loihi1")), can_be_cut(load_profile("speck"))
    (True, False)
    """
    family = FAMILIES[profile.family]
    return not (family.one_core or family.whole_layers) and counts_cores(profile)


class CoreNeeds(NamedTuple):
    """What each core in use has to hold; all (n_cores,) int64."""

    neurons: np.ndarray  # copies included
    axons_in: np.ndarray
    axons_out: np.ndarray
    memory_bits: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class CoreMap(Result):
    """Neurons on cores, and the axons between them.

    Neurons are counted through the whole network, inputs first (``network.starts``).

    Parameters
    ----------
    core_of : (n_neurons,) int64, core of each neuron; -1 for inputs that arrive from outside
    copies : (n_neurons,) int64, how often each neuron is laid out
    fan_ptr, fan_core, fan_formats : CSR of neuron -> (core, synapses there), one entry a packet;
        the synapses (3, n_axons) int64, one row for each of FORMATS
    needs : CoreNeeds
    labels : tuple of str, what sits on each core
    profile : HardwareProfile
    network : Network, that is mapped
    places : (n_cores,) int64, which core of the chip each core in use is; in order where cores are
        all alike

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (4,), Input()), Population("out", (8,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((4, 8)))])
    >>> map_network(network, load_profile("loihi1"), neurons_per_core=4)
    CoreMap(2 of 128 cores, at most 4 neurons a core)
    """

    core_of: np.ndarray
    copies: np.ndarray
    fan_ptr: np.ndarray
    fan_core: np.ndarray
    fan_formats: np.ndarray
    needs: CoreNeeds
    labels: tuple[str, ...]
    profile: HardwareProfile
    network: Network
    places: np.ndarray

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @cached_property
    def fan_synapses(self) -> np.ndarray:
        """Synapses that each axon reaches, of all formats together, (n_axons,) int64."""
        return self.fan_formats.sum(axis=0)

    @property
    def n_cores(self) -> int:
        """Cores in use."""
        return len(self.labels)

    @property
    def chip_n_cores(self) -> int | None:
        """Cores of the chip; None where that is not published."""
        return int(self.profile.value("cores")) if self.profile.has("cores") else None

    @property
    def is_within_cores(self) -> bool:
        """Whether no core holds more neurons, axons or synapse memory than it can."""
        limits = {need: self.profile.si(figure, np.inf) for need, figure in PER_CORE.items()}
        return all(getattr(self.needs, need).max() <= limit for need, limit in limits.items())

    @property
    def cores(self) -> dict[str, np.ndarray]:
        """The chip's core of each neuron, by population: what ``map_by_hand`` takes; of inputs too,
        where they come from cores.
        """
        network, place = self.network, self.places[self.core_of]
        on_cores = {p.name: self.core_of[network.starts[p.name]] >= 0 for p in network.populations}
        return {
            p.name: place[network.starts[p.name] :][: p.n_neurons]
            for p in network.populations
            if on_cores[p.name]
        }

    @property
    def memory_bits(self) -> int:
        """Synapse memory in use."""
        return int(self.needs.memory_bits.sum())

    @property
    def is_counted(self) -> bool:
        """Whether cores in use are a number: nobody can count where it is not published how many
        neurons a core holds.
        """
        return counts_cores(self.profile)

    @property
    def cores_in_words(self) -> str:
        """How many of the chip's cores are in use, such as "2 of 128 cores"."""
        if not self.is_counted:
            return "cores not published"
        return f"{self.cores_of_chip} core{'s' if (self.chip_n_cores or self.n_cores) != 1 else ''}"

    @property
    def cores_of_chip(self) -> str:
        """The same without the word, for a row that has it, such as "2 of 128"; "at least" where
        the memory of a core is not published.
        """
        if not self.is_counted:
            return "not published"
        least = "at least " * (MEMORY_OF_SYNAPSES in self.profile.unknown)
        of = "" if self.chip_n_cores is None else f" of {self.chip_n_cores:,}"
        return f"{least}{self.n_cores:,}{of}"

    @property
    def of_cores(self) -> Quantity:
        """Cores in use, as a number of a result."""
        return Quantity("n_cores", "Cores in use", self.n_cores if self.is_counted else None)

    @property
    def chips(self) -> np.ndarray:
        """Chip of each core in use, (n_cores,) int64: chips fill one after another; 0 where the
        profile is of one.
        """
        cores_per_chip = self.profile.si("cores_per_chip", np.inf)
        return (self.places // cores_per_chip).astype(np.int64)

    @property
    def sites(self) -> Sites | None:
        """Where cores lie and links run; None where that is not published, or there is one tile."""
        return sites_of(self.profile, self.n_cores)

    @property
    def layers(self) -> np.ndarray:
        """Which population most neurons of each core are of, (n_cores,) int64, in the order of the
        network's.
        """
        network, found = self.network, np.zeros((len(self.network.populations), self.n_cores))
        for k, p in enumerate(network.populations):
            core = self.core_of[network.starts[p.name] :][: p.n_neurons]
            found[k] = np.bincount(core[core >= 0], minlength=self.n_cores)
        return found.argmax(axis=0)

    @property
    def axons_between_chips(self) -> int:
        """Axons from a neuron to a core of another chip: a packet for each spike."""
        sender = np.repeat(self.core_of, np.diff(self.fan_ptr))
        own, chips = sender >= 0, self.chips  # inputs arrive from outside
        return int(np.count_nonzero(chips[sender[own]] != chips[self.fan_core[own]]))

    @property
    def slots_in_use(self) -> np.ndarray:
        """Delay slots in use on each core, (n_cores,) int64: as many for each neuron as the longest
        delay that ends on the core takes.
        """
        longest = np.zeros(self.n_cores, np.int64)
        for e in self.network.projections:
            cores = np.unique(self.core_of[self.network.starts[e.target] :][: e.shape[1]])
            longest[cores] = np.maximum(longest[cores], e.delay_steps)
        return self.needs.neurons * delay_slots(longest)

    @property
    def n_neurons(self) -> np.ndarray:
        """Neurons on each core, (n_cores,) int64."""
        return self.needs.neurons

    @property
    def _cores_per_tile(self) -> int:
        return int(self.profile.si("cores_per_tile", 1))

    @property
    def _tile_side(self) -> int:
        return int(np.ceil(np.sqrt(self._cores_per_tile)))

    @property
    def has_places(self) -> bool:
        """Whether it is published where the cores lie; of one core there is nothing to tell."""
        profile = self.profile
        return self.chip_n_cores == 1 or all(map(profile.has, ("mesh_columns", "mesh_rows")))

    @property
    def mesh(self) -> tuple[int, int]:
        """Tiles along x and y; about square where the shape is not published, for pictures only."""
        if self.profile.has("mesh_columns") and self.profile.has("mesh_rows"):
            return int(self.profile.value("mesh_columns")), int(self.profile.value("mesh_rows"))
        n_tiles = -(-(self.chip_n_cores or self.n_cores) // self._cores_per_tile)
        columns = int(np.ceil(np.sqrt(n_tiles)))
        return columns, -(-n_tiles // columns)

    @property
    def grid(self) -> tuple[int, int]:
        """Cores of the chip along x and y."""
        return self.mesh[0] * self._tile_side, self.mesh[1] * self._tile_side

    @property
    def tiles(self) -> np.ndarray:
        """Tile (x, y) of each core in use, (n_cores, 2) int64: tiles fill row by row."""
        tile, columns = self.places // self._cores_per_tile, self.mesh[0]
        return np.stack([tile % columns, tile // columns], axis=1)

    @property
    def positions(self) -> np.ndarray:
        """Grid position (x, y) of each core in use, (n_cores, 2) int64."""
        within, side = self.places % self._cores_per_tile, self._tile_side
        return self.tiles * side + np.stack([within % side, within // side], axis=1)

    def _headline(self) -> str:
        return f"{self.cores_in_words}, at most {self.needs.neurons.max()} neurons a core"

    def _quantities(self) -> tuple[Quantity, ...]:
        needs = self.needs
        return (
            self.of_cores,
            Quantity("chip_n_cores", "Cores of the chip", self.chip_n_cores),
            Quantity("n_neurons", "Neurons on the fullest core", int(needs.neurons.max())),
            Quantity("axons_in", "Input axons on the fullest core", int(needs.axons_in.max())),
            Quantity("memory_bits", "Synapse memory in use", self.memory_bits, "bits"),
        )

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)
