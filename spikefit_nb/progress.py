"""Say what is being done, where it takes long enough to wonder."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

PATIENCE_S = 1.0  # what is done sooner shows nothing
LOOK_EVERY_S = 0.5
_phases: list[str] = []  # that run in the main thread, the innermost last


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Show the name of a phase and the time it takes, from its first second on to its end.

    Parameters
    ----------
    name : str, such as "Mapping"

    Examples
    --------
    >>> with phase("Mapping"):
    ...     cores = [0, 0, 1]
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # what runs in the background has a picture of its own
        return
    _phases.append(name)
    try:
        if len(_phases) > 1:  # the outermost phase tells of those inside
            yield
            return
        ended = threading.Event()
        # In a copy of the context, or a notebook would not know which cell it belongs to.
        teller = threading.Thread(target=copy_context().run, args=(_tell, ended, name), daemon=True)
        teller.start()
        try:
            yield
        finally:
            ended.set()
            teller.join()
    finally:
        _phases.remove(name)


def _tell(ended: threading.Event, outermost: str) -> None:
    if ended.wait(PATIENCE_S):
        return
    from tqdm.auto import tqdm  # imported here: it takes longer than most phases

    def innermost() -> str:
        return (_phases or [outermost])[-1]  # none is left of a phase that was interrupted

    with tqdm(desc=innermost(), bar_format="{desc}: {elapsed}", leave=False) as bar:
        while not ended.wait(LOOK_EVERY_S):
            bar.set_description_str(innermost())


@contextmanager
def counting(n: int, what: str, unit: str) -> Iterator[Callable[[str], None]]:
    """Show how many of n units are done, in the main thread only; what it gives is called after
    each, with a word on it.

    Parameters
    ----------
    n : int
    what : str, such as "Training"
    unit : str, such as "epoch"

    Examples
    --------
    >>> with counting(2, "Training", "epoch") as show:
    ...     for loss in (0.3, 0.2):
    ...         show(f"loss {loss}")
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda words: None
        return
    from tqdm.auto import tqdm  # imported here: it takes longer than a small network's epoch

    with tqdm(total=n, desc=what, unit=unit, leave=False, delay=PATIENCE_S) as bar:

        def show(words: str) -> None:
            bar.set_postfix_str(words)
            bar.update()

        yield show
