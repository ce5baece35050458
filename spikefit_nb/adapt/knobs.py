"""Refuse settings of the wrong kind, in the words of ``Design``."""

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


def expect_number(value: object, name: str, wanted: str) -> None:
    """Refuse what is no number, or none that is finite.

    Parameters
    ----------
    value : object
    name : str, of the knob
    wanted : str, what it must be

    Raises
    ------
    DesignProblem
        The value is no finite number.

    Examples
    --------
    >>> expect_number(0.5, "fraction", "at least 0 and below 1")
    >>> expect_number("0.5", "fraction", "at least 0 and below 1")
    Traceback (most recent call last):
    spikefit_nb.errors.DesignProblem: fraction is '0.5'; it must be a number, at least 0 and below 1.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(float(value)):
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
    wanted = "at least 0 and below 1"
    expect_number(value, name, wanted)
    if not 0 <= float(value) < 1:  # type: ignore[arg-type]
        raise DesignProblem(f"{name} is {value!r}; it must be a number, {wanted}.")
