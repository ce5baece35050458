"""What Loihi's integers can hold, and refusals of what they cannot."""

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    CubaLI,
    CubaLIF,
    Integrator,
    Population,
    Projection,
)

STATE = 2**23 - 1  # largest current or potential
WEIGHT_BITS = 8
DELIVERED = 2**31 - 1  # a sum comes in 32 bits, before the chip's 24
LAVA = "lava-nc 0.10, lava/proc/lif/models.py"


def check_model(population: Population) -> None:
    """Refuse neurons that are not current-based LIF with a reset to zero."""
    neuron = population.neuron
    most, reset = getattr(neuron, "max_spikes_per_step", 1), getattr(neuron, "reset", "zero")
    is_shifted = "v_reset" in neuron.parameters and population.parameter("v_reset").any()
    if not isinstance(neuron, IF | LIF | CubaLIF | Integrator | LI | CubaLI):
        what, limit = f"holds {type(neuron).__name__} neurons", "is a current-based LIF"
        remedy = "Substitute a LIF or CubaLIF"
    elif reset != "zero":
        does = "resets by subtraction" if reset == "subtract" else "does not reset"
        what, limit = does, "resets to zero"
        remedy = "Train with reset to zero"
    elif getattr(neuron, "delayed_reset", False):
        what, limit = "resets a step late", "resets in the step it fires in"
        remedy = "Read or make the network without delayed_reset"
    elif most != 1:
        what, limit = (
            f"may fire {most or 'any number of'} times a step",
            "fires once a step at most",
        )
        remedy = "Set max_spikes_per_step=1"
    elif is_shifted:
        what, limit = "has a v_reset other than 0", "resets to 0"
        remedy = "Measure potentials from there, thresholds included"
    else:
        return
    raise NetworkProblem(
        f"Population {population.name!r} {what}; a neuron of Loihi {limit} ({LAVA}). "
        f"{remedy}, or simulate with arithmetic='float32'."
    )


def check_leak(population: Population) -> None:
    """Refuse a leak other than to 0, which only integers of the chip state, as a bias."""
    if "v_leak" in population.neuron.parameters and population.parameter("v_leak").any():
        raise NetworkProblem(
            f"Population {population.name!r} has a v_leak other than 0; a neuron of Loihi leaks to "
            f"0 ({LAVA}). Measure potentials from there, thresholds included, or simulate with "
            "arithmetic='float32'."
        )


def check_sum(population: Population, most: float) -> None:
    """Refuse weights that add up to more than is delivered in a step."""
    if most > DELIVERED:
        raise NetworkProblem(
            f"Population {population.name!r}: the weights into one neuron may add up to "
            f"{most:.3g}, far above the {STATE} that Loihi's current holds ({LAVA}). "
            "Limit the fan-in, or prune."
        )


def check_weights(projection: Projection) -> None:
    """Refuse weights that are not integers of 8 bits, and scales that are not above zero."""
    if projection.scale is None:
        raise NetworkProblem(
            f"{projection!r} holds real weights; Loihi counts in integers of {WEIGHT_BITS} bits. "
            "Quantize first, for example with Design(weight_bits=8)."
        )
    low, high = int(projection.values.min(initial=0)), int(projection.values.max(initial=0))
    if low < -(2 ** (WEIGHT_BITS - 1)) or high >= 2 ** (WEIGHT_BITS - 1):
        raise NetworkProblem(
            f"{projection!r} holds weights from {low} to {high}; "
            f"Loihi's have {WEIGHT_BITS} bits (lava-nc 0.10, lava/proc/dense/models.py). "
            "Quantize with fewer, for example Design(weight_bits=8)."
        )
    if np.min(projection.scale) <= 0:
        raise NetworkProblem(
            f"{projection!r} has a scale of {np.min(projection.scale):g}; it must be above zero."
        )


def check_step(
    population: Population, gain: np.ndarray, threshold: np.ndarray, taken: dict[str, np.ndarray]
) -> None:
    """Refuse gains and thresholds that are not above zero, and decays by more than there is."""
    for name, values in (("gain (r and w_in)", gain), ("v_threshold", threshold)):
        if (values <= 0).any():
            raise NetworkProblem(
                f"Population {population.name!r} has a {name} of {values.min():g}; "
                "on Loihi it must be above zero."
            )
    for name, values in taken.items():
        if (values > 1).any():
            raise NetworkProblem(
                f"Population {population.name!r}: dt is {values.max():.3g} times {name}; "
                f"on Loihi a step takes away no more than what is there ({LAVA}). "
                "Was tau written in other units?"
            )


def check_shared(projection: Projection, steps: np.ndarray) -> None:
    """Refuse a convolution whose places would need different weights."""
    by_unit = steps.reshape(projection.weight.output_shape[0], -1)
    if (by_unit != by_unit[:, :1]).any():
        raise NetworkProblem(
            f"{projection!r} shares its weights among all places, but what else leads there "
            "has scales of other proportions at each, and Loihi adds both in one unit. "
            "Quantize that with one scale for all."
        )
