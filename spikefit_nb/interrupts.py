"""What a stop must not tear: a library imported by half fails until the kernel restarts."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Finish what stands inside before an interrupt (Stop, Ctrl-C) is heard.

    Examples
    --------
    >>> with hold_interrupts():
    ...     import numba
    """
    handler = signal.getsignal(signal.SIGINT)
    # Only the main thread is interrupted, and only it may change what an interrupt does.
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda *interrupt: heard.append(interrupt))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if heard:
        handler(*heard[0])
