"""How many threads work at once."""

import os


def n_threads() -> int:
    """Count the processors that this process may use.

    Returns
    -------
    int

    Examples
    --------
    >>> n_threads() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
