"""Refuse settings of the wrong kind, in the words of ``Design``."""

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np

from spikefit_nb.errors import DesignProblem


def expect_whole(value: object, name: str, least: int) -> None:
    """Refuse what is no whole number, or one that is too small.

    Parameters
    ----------
    value : object
    name : str, of the knob
    least : int

    Raises
    ------
    DesignProblem
        The value is no whole number, or below the least.

    Examples
    --------
    >>> expect_whole(3, "most", 2)
    >>> expect_whole(2.5, "most", 2)
    Traceback (most recent call last):
    spikefit_nb.errors.DesignProblem: most is 2.5; it must be a whole number, 2 or more.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise DesignProblem(f"{name} is {value!r}; it must be a whole number, {least} or more.")
    if value < least:
        raise DesignProblem(f"{name} is {value}; it must be {least} or more.")


def expect_number(value: object, name: str, wanted: str, within: Callable[[float], bool]) -> None:
    """Refuse what is no finite number, or one outside its range.

    Parameters
    ----------
    value : object
    name : str, of the knob
    wanted : str, the range in words
    within : callable, whether a number is in that range

    Raises
    ------
    DesignProblem
        The value is no finite number, or outside its range.

    Examples
    --------
    >>> expect_number("0.5", "tolerance", "0 or more", lambda number: number >= 0)
    Traceback (most recent call last):
    spikefit_nb.errors.DesignProblem: tolerance is '0.5'; it must be a number, 0 or more.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not np.isfinite(float(value)) or not within(float(value)):  # type: ignore[arg-type]
        raise DesignProblem(f"{name} is {value!r}; it must be a number, {wanted}.")


def expect_fraction(value: object, name: str) -> None:
    """Refuse what is no number from 0 to below 1.

    Parameters
    ----------
    value : object
    name : str, of the knob

    Raises
    ------
    DesignProblem
        The value is no number, or outside that range.

    Examples
    --------
    >>> expect_fraction(1, "prune_fraction")
    Traceback (most recent call last):
    spikefit_nb.errors.DesignProblem: prune_fraction is 1; it must be a number, at least 0 and below 1.
    """
    expect_number(value, name, "at least 0 and below 1", lambda number: 0 <= number < 1)


def expect_tolerance(value: object) -> None:
    """Refuse a tolerance that is no number from 0 up.

    Parameters
    ----------
    value : object

    Raises
    ------
    DesignProblem
        The value is no number, or below 0.

    Examples
    --------
    >>> expect_tolerance(float("nan"))
    Traceback (most recent call last):
    spikefit_nb.errors.DesignProblem: tolerance is nan; it must be a number, 0 or more.
    """
    expect_number(value, "tolerance", "0 or more", lambda number: number >= 0)
