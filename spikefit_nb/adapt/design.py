"""One point of the design space: every knob, each with its range, and checks of settings alike."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from numbers import Integral, Real

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.quantities import Quantity, Result

# knob: (lowest, highest, what it does)
KNOBS = {
    "weight_bits": (1, 16, "Bits of a stored weight"),
    "prune_fraction": (0.0, 0.99, "Share of each layer's synapses removed"),
    "prune_neurons": (0.0, 0.9, "Share of each hidden layer's neurons removed"),
    "weight_values": (1, 256, "At most this many different weights lead into a layer"),
    "max_fan_in": (1, 1_000_000, "At most this many synapses onto a neuron: the strongest stay"),
    "relays": (
        False,
        True,
        "Whether neurons with too many synapses get relays that add up the weaker ones",
    ),
    "fuse": (False, True, "Whether parallel projections are added up into one"),
    "threshold_scale": (0.1, 10.0, "Factor on every threshold"),
    "max_events_per_step": (1, 1_000_000, "At most this many spikes of a layer in a step"),
    "n_steps": (1, 1_000_000, "Steps of a recording that are run"),
    "neurons_per_core": (1, 1_000_000, "At most this many neurons on a core"),
    "share_cores": (False, True, "Whether different layers may share a core"),
    "split_layers": (
        False,
        True,
        "Whether layers too large for a core of a chip that takes them whole are split",
    ),
}


KINDS: dict[type, tuple[type, str]] = {  # by the type of a knob's default
    bool: (bool, "True or False"),
    float: (Real, "a number"),
    type(None): (Integral, "a whole number or None"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Design(Result):
    """How a network is changed and laid out for a chip; the default changes as little as the chip
    allows.

    Parameters
    ----------
    weight_bits : int or None, 1 to 16, signed; None: the widest the chip stores
    prune_fraction : float, 0 to 0.99, the share of each projection's least weights set to zero
    prune_neurons : float, 0 to 0.9, the share of each hidden layer's neurons (channels, of a
        convolution) removed
    weight_values : int or None, 1 to 256, different weights that lead into a layer; None: any
        number
    max_fan_in : int or None, at most this many synapses onto a neuron, the strongest; None: as many
        as there are
    relays : bool, whether ``max_fan_in`` is met by relays, which add up the weaker synapses, and
        not by pruning them
    fuse : bool, whether parallel projections are added up into one
    threshold_scale : float, 0.1 to 10, factor on every threshold
    max_events_per_step : int or None, at most this many spikes of a layer in a step of the
        calibration set, by its thresholds; None: any number
    n_steps : int or None, steps of each recording that are run before the answer is read; None: all
    neurons_per_core : int or None; None: as many as the core holds
    share_cores : bool, whether pieces of different layers may share a core
    split_layers : bool, whether layers that no core holds are split, on a chip that takes layers
        whole

    Raises
    ------
    DesignProblem
        A knob is outside its range.

    Examples
    --------
    >>> Design(weight_bits=4, prune_fraction=0.5)
    Design(weight_bits=4, prune_fraction=0.5)
    """

    weight_bits: int | None = None
    prune_fraction: float = 0.0
    prune_neurons: float = 0.0
    weight_values: int | None = None
    max_fan_in: int | None = None
    relays: bool = False
    fuse: bool = False
    threshold_scale: float = 1.0
    max_events_per_step: int | None = None
    n_steps: int | None = None
    neurons_per_core: int | None = None
    share_cores: bool = False
    split_layers: bool = False

    def __post_init__(self) -> None:
        for name, (low, high, _) in KNOBS.items():
            value, default = getattr(self, name), type(self).__dataclass_fields__[name].default
            if value is None and default is None:
                continue
            kind, words = KINDS[type(default)]
            if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind):
                raise DesignProblem(f"{name} is {value!r}; it must be {words}.")
            if not low <= float(value) <= high:
                raise DesignProblem(f"{name} is {value}; it must be between {low} and {high}.")

    def changes(self) -> dict[str, float]:
        """The knobs that differ from the default."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if getattr(self, f.name) != f.default
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
        return tuple(Quantity(name, KNOBS[name][2], v) for name, v in self.changes().items())

    def _card(self) -> tuple[str, ...]:
        return (self.words,)


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
