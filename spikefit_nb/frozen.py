"""Nouns are read-only all the way down: also the arrays they hold."""

import numpy as np


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
        parts = value.values() if isinstance(value, dict) else value
        for part in parts if isinstance(value, dict | tuple) else [value]:
            if isinstance(part, np.ndarray):
                part.setflags(write=False)
