"""How many threads work at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_most: ContextVar[int | None] = ContextVar("most_threads", default=None)


def n_threads() -> int:
    """Count the processors that this process may use, or what ``at_most_threads`` leaves of them.

    Returns
    -------
    int

    Examples
    --------
    >>> n_threads() >= 1
    True
    """
    known = hasattr(os, "sched_getaffinity")
    n = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    return min(n, _most.get() or n)


@contextmanager
def at_most_threads(n: int) -> Iterator[None]:
    """Let what is called inside use so many threads, where several processes share a machine.

    Parameters
    ----------
    n : int

    Examples
    --------
    >>> with at_most_threads(1):
    ...     n_threads()
    1
    """
    before = _most.set(n)
    try:
        yield
    finally:
        _most.reset(before)
