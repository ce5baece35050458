"""One point of the design space: every knob, each with its range, and checks of settings alike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

from spikefit_nb.encode import ENCODERS
from spikefit_nb.errors import DesignProblem, UnknownName, expect, named_arguments
from spikefit_nb.mapping import GROUPERS, PARTITIONERS, PLACERS
from spikefit_nb.network import Network, PerPopulation, settings_of
from spikefit_nb.quantities import Quantity, Result

# knob: (lowest, highest, what it does)
KNOBS: dict[str, tuple[Any, Any, str]] = {
    "weight_bits": (1, 16, "Bits of a stored weight"),
    "prune_fraction": (0.0, 0.99, "Share of each layer's synapses removed"),
    "prune_neurons": (0.0, 0.9, "Share of each hidden layer's neurons removed"),
    "weight_values": (1, 256, "At most this many different weights lead into a layer"),
    "finetune_epochs": (0, 10_000, "Times that the weights are trained on each recording"),
    "max_fan_in": (1, 1_000_000, "At most this many synapses onto a neuron: the strongest stay"),
    "relays": (
        False,
        True,
        "Whether neurons with too many synapses get relays that add up the weaker ones",
    ),
    "suit_chip": (False, True, "Whether what the chip's neurons lack is replaced"),
    "fuse": (False, True, "Whether parallel projections are added up into one"),
    "threshold_scale": (0.1, 10.0, "Factor on every threshold"),
    "max_events_per_step": (1, 1_000_000, "At most this many spikes of a layer in a step"),
    "n_steps": (1, 1_000_000, "Steps of a recording that are run"),
    "encoder": (None, None, "Code by which values are sent as spikes"),
    "peak": (0.01, 1.0, "Spikes a step for a value of 1, of rate codes"),
    "neurons_per_core": (1, 1_000_000, "At most this many neurons on a core"),
    "share_cores": (False, True, "Whether different layers may share a core"),
    "partition": (None, None, "How layers are cut into pieces, and how many"),
    "placement": (None, None, "On which cores of the chip the cores in use lie"),
    "core_budget": (1, 1_000_000, "At most this many cores of the chip"),
    "split_layers": (
        False,
        True,
        "Whether layers too large for a core of a chip that takes them whole are split",
    ),
}

PER_POPULATION = (  # knobs of which each population may have its own value
    "weight_bits",
    "prune_fraction",
    "prune_neurons",
    "weight_values",
    "max_fan_in",
    "threshold_scale",
    "max_events_per_step",
    "neurons_per_core",
)


KINDS: dict[type, tuple[type, str]] = {  # by the type of a knob's default
    bool: (bool, "True or False"),
    float: (Real, "a number"),
    int: (Integral, "a whole number"),
    type(None): (Integral, "a whole number or None"),
}


SPREAD = ("bottleneck", "auto")  # partitions that need a run, which tells what is waited for
PARTITIONS = (*PARTITIONERS, *SPREAD)

Whole = int | None | Mapping[str, int | None]
Share = float | Mapping[str, float]


@named_arguments
@dataclass(frozen=True, kw_only=True, repr=False)
class Design(Result):
    """How a network is changed and laid out for a chip; the default changes as little as the chip
    allows.

    Of knobs that are numbers, but for ``n_steps``, populations may have their own: a mapping of
    population to value, of those that weights lead into; all others keep the default.

    Parameters
    ----------
    weight_bits : int or None, 1 to 16, signed; None: the widest the chip stores
    prune_fraction : float, 0 to 0.99, the share of each projection's least weights set to zero
    prune_neurons : float, 0 to 0.9, the share of each hidden layer's neurons (channels, of a
        convolution) removed
    weight_values : int or None, 1 to 256, different weights that lead into a layer; None: any
        number
    finetune_epochs : int, how many times the calibration set is gone through to train the weights
        in the chip's own integers; 0: they are not trained
    max_fan_in : int or None, at most this many synapses onto a neuron, the strongest; None: as many
        as there are
    relays : bool, whether ``max_fan_in`` is met by relays, which add up the weaker synapses, and
        not by pruning them
    suit_chip : bool, whether neuron models, resets, spikes a step and delays that the chip lacks
        are replaced, as ``suit`` does it
    fuse : bool, whether parallel projections are added up into one
    threshold_scale : float, 0.1 to 10, factor on every threshold
    max_events_per_step : int or None, at most this many spikes of a layer in a step of the
        calibration set, by its thresholds; None: any number
    n_steps : int or None, steps of each recording that are run before the answer is read, and into
        which values are encoded; None: all
    encoder : str or None, one of ``encode.ENCODERS``, for a data set of values; None: its own code
    peak : float or None, 0.01 to 1, spikes a step for a value of 1, of rate codes; None: as it is
    neurons_per_core : int or None; None: as many as the core holds
    share_cores : bool, whether pieces of different layers may share a core
    partition : str, one of PARTITIONS or GROUPERS: "auto" gives cores by what the scenario asks
        for: for stored input the shortest run, for live input the fewest cores that keep up, unless
        ``neurons_per_core`` or ``share_cores`` says how full cores are; "layers" fills as few cores
        as hold each layer; "tiles" does so with neighbouring pixels together; "bottleneck" gives
        cores to what the run waits for, again and again, which takes longest; "overlap", "graph"
        and "stream" put neurons of any layers on one core that have much in common in the
        run, for few packets: the last for networks of a hundred thousand neurons and more
    placement : str, one of PLACERS: "rows" fills the mesh of tiles row by row; "hilbert" and
        "annealed" put cores near those that they exchange packets with in the run, the latter by
        simulated annealing
    core_budget : int or None, at most this many cores; None: all of the chip
    split_layers : bool, whether layers that no core holds are split, on a chip that takes layers
        whole

    Raises
    ------
    DesignProblem
        A knob is outside its range.
    UnknownName
        There is no such encoder, partition, or placement.

    Examples
    --------
    >>> Design(weight_bits=4, prune_fraction=0.5)
    Design(weight_bits=4, prune_fraction=0.5)
    >>> Design(weight_bits={"hidden": 4, "out": 8})
    Design(weight_bits={'hidden': 4, 'out': 8})
    """

    weight_bits: Whole = None
    prune_fraction: Share = 0.0
    prune_neurons: Share = 0.0
    weight_values: Whole = None
    finetune_epochs: int = 0
    max_fan_in: Whole = None
    relays: bool = False
    suit_chip: bool = False
    fuse: bool = False
    threshold_scale: Share = 1.0
    max_events_per_step: Whole = None
    n_steps: int | None = None
    encoder: str | None = None
    peak: float | None = None
    neurons_per_core: Whole = None
    share_cores: bool = False
    partition: str = "auto"
    placement: str = "rows"
    core_budget: int | None = None
    split_layers: bool = False

    def __post_init__(self) -> None:
        for name in KNOBS:
            value, default = getattr(self, name), _default_of(name)
            if name == "encoder":
                _check_encoder(value)
            elif name == "partition":
                _check_name("partition", value, (*GROUPERS, *PARTITIONS))
            elif name == "placement":
                _check_name("placement", value, tuple(PLACERS))
            elif isinstance(value, Mapping):
                object.__setattr__(self, name, _per_population(name, value, default))
            else:
                _check(name, name, value, default)

    @property
    def is_spread(self) -> bool:
        """Whether a run tells what each core gets: not where it is said how full cores are."""
        is_said = self.neurons_per_core is not None or self.share_cores
        return self.partition in SPREAD and not (self.partition == "auto" and is_said)

    def must_suit(self, network: Network) -> None:
        """Refuse names that are of no population of a network.

        Parameters
        ----------
        network : Network

        Raises
        ------
        UnknownName
            A knob names another population than the network has.

        Examples
        --------
        >>> from spikefit_nb.nir_file import load_network
        >>> Design(weight_bits={"hiden": 4}).must_suit(load_network("digits"))
        Traceback (most recent call last):
        spikefit_nb.errors.UnknownName: There is no population with neurons 'hiden'. ...
        """
        for name in PER_POPULATION:
            settings_of(network, getattr(self, name))

    def changes(self) -> dict[str, Any]:
        """The knobs that differ from the default, in plain Python."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: dict(value) if isinstance(value, PerPopulation) else value
            for name, value in values.items()
            if value != _default_of(name)
        }

    def refuse_without_calibration(self) -> None:
        """Refuse knobs that need recordings to be calibrated on.

        Raises
        ------
        DesignProblem
            There is such a knob.
        """
        if self.relays and self.max_fan_in is not None:
            raise DesignProblem(
                "relays need a calibration set, which says how strong they have to be: give "
                "calibration=dataset, or leave relays out and the weakest synapses are pruned."
            )
        if self.finetune_epochs:
            raise DesignProblem(
                "finetune_epochs needs a calibration set with labels, which is trained on: give "
                "calibration=dataset, and never the recordings that accuracy is told of."
            )
        if self.max_events_per_step is not None:
            raise DesignProblem(
                "max_events_per_step needs a calibration set, on which the spikes of a step are "
                "counted: give calibration=dataset, or raise all thresholds alike with "
                "threshold_scale=2.0."
            )

    @property
    def words(self) -> str:
        """The design in a sentence: "as trained" where nothing is changed but what the chip
        demands.
        """
        return repr(self) if self.changes() else "as trained"

    def _headline(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.changes().items())

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(self._numbers())

    def _numbers(self) -> Iterator[Quantity]:
        for name, value in self.changes().items():
            each = value if isinstance(value, Mapping) else {"": value}
            for population, own in each.items():
                yield Quantity(name, KNOBS[name][2], own, of=population)

    def _card(self) -> tuple[str, ...]:
        return (self.words,)


def _default_of(knob: str) -> Any:
    return Design.__dataclass_fields__[knob].default


def _check_encoder(name: object) -> None:
    expect(name, str | None, "encoder", '"latency"')
    if name is not None and name not in ENCODERS:
        raise UnknownName("encoder", str(name), ENCODERS)


def _check_name(knob: str, name: object, known: tuple[str, ...]) -> None:
    expect(name, str, knob, f'"{known[-1]}"')
    if name not in known:
        raise UnknownName(knob, str(name), known)


def _per_population(knob: str, values: Mapping[str, Any], default: Any) -> Any:
    """The values of populations, each checked; the default where there are none."""
    if knob not in PER_POPULATION:
        raise DesignProblem(
            f"{knob} is {dict(values)!r}; it is one for the whole network. Populations may have "
            f"their own of {', '.join(PER_POPULATION)}."
        )
    for name, value in values.items():
        expect(name, str, f"A name in {knob}", '{"hidden": 4}')
        _check(knob, f"{knob} of {name!r}", value, default)
    return PerPopulation(values) if values else default


def _check(knob: str, said: str, value: object, default: object) -> None:
    """Refuse a value that a knob does not take."""
    if value is None and default is None:
        return
    low, high, _ = KNOBS[knob]
    kind, words = (Real, "a number or None") if knob == "peak" else KINDS[type(default)]
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind):
        more = ", or a dict of population to one" if knob in PER_POPULATION else ""
        raise DesignProblem(f"{said} is {value!r}; it must be {words}{more}.")
    if not low <= float(value) <= high:
        raise DesignProblem(f"{said} is {value}; it must be between {low} and {high}.")


def expect_whole(value: object, name: str, least: int) -> None:
    """Refuse what is not a whole number, or one that is too small."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise DesignProblem(f"{name} is {value!r}; it must be a whole number, {least} or more.")
    if value < least:
        raise DesignProblem(f"{name} is {value}; it must be {least} or more.")


def expect_number(value: object, name: str, wanted: str, within: Callable[[float], bool]) -> None:
    """Refuse what is not a finite number, or one outside its range."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not np.isfinite(float(value)) or not within(float(value)):
        raise DesignProblem(f"{name} is {value!r}; it must be a number, {wanted}.")


def expect_fraction(value: object, name: str) -> None:
    """Refuse what is not a number from 0 to below 1."""
    expect_number(value, name, "at least 0 and below 1", lambda number: 0 <= number < 1)


def expect_tolerance(value: object) -> None:
    """Refuse a tolerance that is not a number from 0 up."""
    expect_number(value, "tolerance", "0 or more", lambda number: number >= 0)
