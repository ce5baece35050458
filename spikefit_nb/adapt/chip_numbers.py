"""Change a network in the numbers that a chip counts in."""

from collections.abc import Callable
from dataclasses import replace

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.hardware import HardwareProfile


def in_chip_numbers(
    profile: HardwareProfile, done: str, change: Callable[[str], Adapted]
) -> Adapted:
    """A change made in a chip's own arithmetic, or in float32 where that cannot express it."""
    try:
        return change(profile.arithmetic)
    except NetworkProblem as problem:
        made = change("float32")
        return replace(made, notes=(*made.notes, f"{done} in float32: {problem}"))
