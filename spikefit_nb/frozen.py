"""Nouns are read-only all the way down, also the arrays they hold, and stay so when they travel."""

from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

ALSO_TRAVELS = "fingerprint"  # the only value made of the others that is worth its bytes


def freeze_arrays(noun: object) -> None:
    """Make every array of an object read-only, those in its tuples and dicts too.

    Parameters
    ----------
    noun : object with attributes

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> noun = SimpleNamespace(counts={"a": np.zeros(2)})
    >>> freeze_arrays(noun)
    >>> noun.counts["a"].flags.writeable
    False
    """
    for value in vars(noun).values():
        _freeze(value)


def _freeze(value: object) -> None:
    """Make an array read-only, or those in tuples and dicts."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, tuple):
        for part in value:
            _freeze(part)
    elif isinstance(value, dict):
        for part in value.values():
            _freeze(part)


def read_only(array: np.ndarray) -> np.ndarray:
    """The same values, not to be written: of one type for kernels, whoever holds the array.

    Parameters
    ----------
    array : array

    Returns
    -------
    array, a view

    Examples
    --------
    >>> read_only(np.zeros(2)).flags.writeable
    False
    """
    view = array.view()
    view.setflags(write=False)
    return view


class Frozen:
    """What pickles and deep-copies, and is read-only where it arrives.

    What is made of its other values when asked for (``cached_property``) stays behind and is made
    again, so that only what a noun was made of travels.

    Examples
    --------
    >>> import copy
    >>> class Weights(Frozen):
    ...     def __init__(self):
    ...         self.values = np.zeros(2)
    >>> copy.deepcopy(Weights()).values.flags.writeable
    False
    """

    def __getstate__(self) -> dict[str, Any]:
        kind = type(self)
        return {
            name: _Unlocked(value) if isinstance(value, MappingProxyType) else value
            for name, value in vars(self).items()
            if name == ALSO_TRAVELS or not isinstance(getattr(kind, name, None), cached_property)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        freeze_arrays(self)


class _Unlocked(dict):
    """The content of a read-only mapping on its way; it arrives as the read-only mapping."""

    def __reduce__(self) -> tuple:
        return _locked, (dict(self),)


def _locked(content: dict) -> MappingProxyType:
    """A read-only mapping, by a name that pickles."""
    return MappingProxyType(content)
