"""What all neuron models share: checking their parameters and writing them out."""

from dataclasses import fields
from typing import Literal

import numpy as np

from spikefit_nb.errors import NetworkProblem, is_one_of

Reset = Literal["zero", "subtract", "none"]
Late = bool | Literal["after", "held"]
LATE = ("after", "held")
RESETS = ("zero", "subtract", "none")
POSITIVE = ("tau_mem_s", "tau_syn_s", "tau_adapt_s")


def check_values(neuron: object) -> None:
    """Turn the parameters of a neuron model into read-only float64 and refuse what cannot be."""
    name = type(neuron).__name__
    for parameter in neuron.parameters:  # type: ignore[attr-defined]
        value = _in_numbers(name, parameter, getattr(neuron, parameter))
        if not np.isfinite(value).all():
            raise NetworkProblem(
                f"{name}: {parameter} holds NaN or infinite values; every value must be finite."
            )
        if parameter in POSITIVE and (value <= 0).any():
            raise NetworkProblem(
                f"{name}: {parameter} must be above zero, but its smallest value is "
                f"{value.min():g} s."
            )
        value.setflags(write=False)
        object.__setattr__(neuron, parameter, value if value.ndim else np.float64(value))
    _check_shapes(name, {each: getattr(neuron, each) for each in neuron.parameters})  # type: ignore
    reset, resets = getattr(neuron, "reset", "zero"), getattr(neuron, "resets", RESETS)
    if not is_one_of(reset, resets):
        listed = f"{', '.join(map(repr, resets[:-1]))} or {resets[-1]!r}"
        raise NetworkProblem(f"{name}: reset is {reset!r}; it must be {listed}.")
    strict = getattr(neuron, "strict_threshold", False)
    if not isinstance(strict, bool | np.bool_):
        raise NetworkProblem(f"{name}: strict_threshold is {strict!r}; it must be True or False.")
    late = getattr(neuron, "delayed_reset", False)
    words = LATE if resets is RESETS else ()
    if not isinstance(late, bool | np.bool_) and not is_one_of(late, words):
        known = "True, False, 'after' or 'held'" if words else "True or False"
        raise NetworkProblem(f"{name}: delayed_reset is {late!r}; it must be {known}.")
    most = getattr(neuron, "max_spikes_per_step", 1)
    _check_most_spikes(name, most)
    if late == "held" and (reset != "subtract" or most != 1):
        raise NetworkProblem(
            f"{name}: delayed_reset='held' goes with reset='subtract' and one spike a step."
        )


def _in_numbers(name: str, parameter: str, given: object) -> np.ndarray:
    """A parameter as a float64 array; times, words and complex numbers are none."""
    try:
        value = np.asarray(given)
    except ValueError:  # lists of different lengths
        value = np.array(None)
    if value.dtype.kind not in "fiub" or not value.size or np.ma.isMaskedArray(given):
        raise NetworkProblem(
            f"{name}: {parameter} is {given!r:.60}; a number, or an array of numbers, is needed."
        )
    return np.array(value, dtype=np.float64)


def _check_shapes(name: str, values: dict[str, np.ndarray]) -> None:
    """Refuse arrays that no population could have together."""
    shapes = {parameter: np.shape(value) for parameter, value in values.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        said = ", ".join(f"{parameter} {shape}" for parameter, shape in shapes.items() if shape)
        raise NetworkProblem(
            f"{name}: arrays of parameters must go together, but their shapes are: {said}."
        ) from None


def _check_most_spikes(name: str, most: object) -> None:
    """Refuse a number of spikes a step that is neither None nor a whole number from 1 up."""
    is_whole = isinstance(most, int | np.integer) and not isinstance(most, bool)
    if most is not None and not (is_whole and most >= 1):  # type: ignore[operator]
        raise NetworkProblem(
            f"{name}: max_spikes_per_step is {most!r}; a whole number from 1 up, "
            "or None for any number, is needed."
        )


def describe(neuron: object) -> str:
    """Write a neuron model with the range of each parameter, the reset, and options chosen."""
    parts = []
    for parameter in neuron.parameters:  # type: ignore[attr-defined]
        value = np.unique(np.asarray(getattr(neuron, parameter)))
        most = f"..{value[-1]:.4g}" if value.size > 1 else ""
        parts.append(f"{parameter}={value[0]:.4g}{most}")
    for field in fields(neuron):
        value = getattr(neuron, field.name)
        is_set = field.name not in neuron.parameters and value != field.default  # type: ignore
        if field.name == "reset" or is_set:
            parts.append(f"{field.name}={value!r}")
    return f"{type(neuron).__name__}({', '.join(parts)})"
