"""Show how far a simulation has come, where it takes long enough to wonder."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait

from spikefit_nb.interrupts import hold_interrupts
from spikefit_nb.simulate.block import Watch

PATIENCE_S = 2.0  # what is done sooner shows nothing
LOOK_EVERY_S = 0.2


def show_progress(futures: Sequence[Future], watch: Watch, n_total: int) -> None:
    """Wait for all blocks or the first error; after two seconds with a bar of the time left."""
    if threading.current_thread() is not threading.main_thread():
        wait(futures, return_when=FIRST_EXCEPTION)
        return
    began = time.monotonic()
    # until a first window is done, kernels are compiled
    while not watch.done or time.monotonic() < began + PATIENCE_S:
        if _finished(futures, LOOK_EVERY_S):
            return
    with hold_interrupts():
        from tqdm.auto import tqdm  # imported here: it takes longer than most simulations

    with tqdm(
        total=n_total, desc="Simulating", unit=" sample-steps", unit_scale=True, leave=False
    ) as bar:
        while not _finished(futures, LOOK_EVERY_S):
            bar.update(sum(watch.done) - bar.n)
        if not any(future.exception() for future in futures if future.done()):
            bar.update(n_total - bar.n)  # short of its total, a bar ends in the colour of failures


def _finished(futures: Sequence[Future], timeout_s: float) -> bool:
    done, waiting = wait(futures, timeout=max(0.0, timeout_s), return_when=FIRST_EXCEPTION)
    return not waiting or any(future.exception() for future in done)
