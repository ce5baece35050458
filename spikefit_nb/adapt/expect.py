"""Refuse settings of the wrong kind, in the words of ``Design``."""

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np

from spikefit_nb.errors import DesignProblem


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
