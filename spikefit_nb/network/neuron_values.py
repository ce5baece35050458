"""What all neuron models share: checking their parameters and writing them out."""

from dataclasses import fields
from typing import Literal

import numpy as np

from spikefit_nb.errors import NetworkProblem

Reset = Literal["zero", "subtract"]
POSITIVE = ("tau_mem_s", "tau_syn_s", "tau_adapt_s")


def check_values(neuron: object) -> None:
    """Turn the parameters of a neuron model into read-only float64 and refuse what cannot be."""
    name = type(neuron).__name__
    for parameter in neuron.parameters:  # type: ignore[attr-defined]
        value = np.array(getattr(neuron, parameter), dtype=np.float64)
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
    reset = getattr(neuron, "reset", "zero")
    if reset not in ("zero", "subtract"):
        raise NetworkProblem(f"{name}: reset is {reset!r}; it must be 'zero' or 'subtract'.")


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
