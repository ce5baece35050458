"""What the integer arithmetics share: refusals, one scale for a population's weights, rounding."""

from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import Population, Projection

EXACT = 1e-6  # relative: a scale is float32, so that closer numbers are the same
WORTH_SAYING = 0.01  # relative: smaller errors of rounding are not told


class OneScale(NamedTuple):
    """The projections into a population, their weights on one scale for each neuron."""

    projections: tuple[Projection, ...]
    factors: tuple[np.ndarray, ...]  # for each: (1,) int32, what its sums are multiplied by
    unit: np.ndarray  # (n_neurons,) float64, real potential of one
    notes: tuple[str, ...]


class Room(NamedTuple):
    """What a chip's integers have room for."""

    chip: str
    weight: int  # the largest weight
    threshold: int  # the largest threshold
    shift: int  # bits by which one projection's weights can be shifted against another's
    source: str


def problem(population: Population, what: str, limit: str, cure: str) -> NetworkProblem:
    """Say what of a population a chip cannot express."""
    return NetworkProblem(f"Population {population.name!r} {what}, but {limit}. {cure}")


def check_neurons(population: Population, chip: str, models: tuple[type, ...], cure: str) -> None:
    """Refuse neurons whose model, threshold or reset no chip of integers has."""
    neuron = population.neuron
    if not isinstance(neuron, models):
        names = " and ".join(model.__name__ for model in models)
        raise problem(
            population,
            f"holds {type(neuron).__name__} neurons",
            f"those of {chip} are {names}",
            cure,
        )
    threshold = population.parameter("v_threshold")
    if (threshold <= 0).any():
        raise problem(
            population,
            f"has a threshold of {threshold.min():g}",
            f"{chip} is given thresholds above zero",
            "Shift potentials and thresholds so that rest is zero.",
        )
    if neuron.reset == "none":  # type: ignore[union-attr]
        raise problem(
            population,
            "does not reset (reset='none')",
            f"{chip} resets after a spike",
            "Train with reset='subtract' or 'zero'.",
        )
    if neuron.delayed_reset:  # type: ignore[union-attr]
        raise problem(
            population,
            "resets a step late (delayed_reset)",
            f"{chip} resets in the step of the spike",
            "Train without the delay, or set delayed_reset=False and look at what "
            "the accuracy becomes.",
        )


def check_strict(population: Population, chip: str, source: str) -> None:
    """Refuse neurons that subtract a threshold which they have to exceed."""
    neuron: Any = population.neuron
    if neuron.strict_threshold and neuron.reset == "subtract":
        raise problem(
            population,
            "fires above its threshold only (strict_threshold)",
            f"{chip} fires at it ({source})",
            "Set strict_threshold=False: real potentials hardly ever meet their threshold exactly.",
        )


def put_on_one_scale(
    population: Population,
    incoming: tuple[Projection, ...],
    gain: np.ndarray,
    room: Room,
    *,
    one_threshold: bool,
) -> OneScale:
    """Choose what one unit of potential is worth, so that integer weights stay where they can."""
    for e in incoming:
        check_weights(e, room)
    threshold = population.parameter("v_threshold")
    driven = [e for e in incoming if e.values.any()]
    worth = {e: np.broadcast_to(np.asarray(e.scale, np.float64), gain.shape) * gain for e in driven}
    if any((each <= 0).any() for each in worth.values()):
        raise problem(
            population,
            "has a scale or gain (r, w_in) that is not above zero",
            f"{room.chip} adds what it stores",
            "Move the sign into the weights.",
        )
    if not driven:
        ones = (np.ones(1, np.int32),) * len(incoming)
        return OneScale(incoming, ones, threshold / room.threshold, ())
    unit = (np.min if room.shift else np.max)(list(worth.values()), axis=0)
    if one_threshold:
        unit = threshold * np.max(unit / threshold)
    unit = np.maximum(unit, threshold / room.threshold)
    shifts = {e: _shift(worth[e] / unit, room) for e in driven}
    unit = unit * np.max([np.max(worth[e] / unit) / 2 ** shifts[e] for e in driven], initial=1.0)
    rounded = {e: _rounded_again(e, worth[e] / (unit * 2 ** shifts[e])) for e in driven}
    largest = max(int(np.abs(each.values.astype(np.int64)).max()) for each in rounded.values())
    fits = int(room.threshold // np.max(threshold / unit))
    factor = max(1, min(room.weight // max(largest, 1), fits))
    return OneScale(
        tuple(rounded.get(e, e) for e in incoming),
        tuple(np.array([factor << shifts.get(e, 0)], np.int32) for e in incoming),
        unit / factor,
        tuple(note for e in driven if (note := _in_words(e, rounded[e], shifts[e]))),
    )


def check_weights(projection: Projection, room: Room) -> None:
    """Refuse weights that are not integers, or too large for the chip."""
    where = f"The projection {projection.source!r} -> {projection.target!r}"
    bits = room.weight.bit_length() + 1
    if projection.scale is None:
        raise NetworkProblem(
            f"{where} holds weights in floating point, but {room.chip} computes with integers of "
            f"{bits} bits ({room.source}). Quantize the network first: Design(weight_bits={bits}) "
            f"for deploy, or spikefit_nb.adapt.quantize(network, {bits})."
        )
    largest = int(np.abs(projection.values.astype(np.int64)).max(initial=0))
    if largest > room.weight:
        raise NetworkProblem(
            f"{where} holds weights of up to {largest}, but those of "
            f"{room.chip} go to {room.weight} ({bits} bits; {room.source}). "
            f"Quantize the network it was made from to {bits} bits."
        )


def whole_thresholds(
    population: Population, unit: np.ndarray, room: Room
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Thresholds in units of the potential, and what their rounding changes."""
    exact = population.parameter("v_threshold") / unit
    neuron: Any = population.neuron
    if neuron.reset == "zero":
        nearest = np.rint(exact)
        is_whole = np.abs(exact - nearest) <= EXACT * exact
        up = np.floor(exact) + 1 if neuron.strict_threshold else np.ceil(exact)
        whole = np.where(is_whole, nearest + neuron.strict_threshold, up)
        return np.clip(whole, 1, room.threshold).astype(np.int32), ()
    whole = np.clip(np.rint(exact), 1, room.threshold)
    error = float(np.max(np.abs(whole - exact) / exact))
    note = (
        f"Thresholds of {population.name!r} are whole numbers on {room.chip}, "
        f"{int(whole.min())} to {int(whole.max())}, up to {error:.1%} from the trained ones."
    )
    return whole.astype(np.int32), (note,) if error > WORTH_SAYING else ()


def _shift(ratio: np.ndarray, room: Room) -> int:
    """Bits by which a projection is shifted up, so that rounding again only shrinks its weights."""
    return int(np.clip(np.ceil(np.log2(np.max(ratio) * (1 - EXACT))), 0, room.shift))


def _rounded_again(projection: Projection, factor: np.ndarray) -> Projection:
    """The projection with its weights times a factor for each target, and rounded again."""
    if np.allclose(factor, 1, rtol=EXACT, atol=0):
        return projection
    by_unit = factor.reshape(projection.weight.output_shape[0], -1)
    if np.ptp(by_unit, axis=1).max() > EXACT * by_unit.max():
        raise NetworkProblem(
            f"The convolution {projection.source!r} -> {projection.target!r} shares its weights "
            "among all places, but thresholds or gains there ask for others at each. "
            "Give the neurons of a channel equal ones."
        )
    values, each = projection.values, projection.weight.at_targets(factor)
    return projection.with_values(np.rint(values * each).astype(values.dtype))


def _in_words(before: Projection, after: Projection, shift: int) -> str:
    """What became of a projection's weights; nothing where they are as they were."""
    if before is after:
        return ""
    largest = [int(np.abs(e.values.astype(np.int64)).max()) for e in (before, after)]
    moved = f", shifted by {shift} bits" if shift else ""
    return (
        f"Weights from {before.source!r} to {before.target!r} are rounded again, "
        f"to a scale shared with what else reaches {before.target!r} and with its thresholds: "
        f"the largest was {largest[0]} and is {largest[1]}{moved}."
    )
