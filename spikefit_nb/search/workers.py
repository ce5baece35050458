"""Designs tried elsewhere: by the processes of an executor, as they come."""

import pickle
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from os import cpu_count
from typing import TypeVar

import cloudpickle

from spikefit_nb.case import Case
from spikefit_nb.errors import SearchFailed
from spikefit_nb.search.evaluate import Outcome, Task, evaluate_task
from spikefit_nb.search.objectives import Objective
from spikefit_nb.simulate import n_threads

Asked = TypeVar("Asked")


class Workers:
    """The processes of an executor, or as many of our own as a number says."""

    def __init__(self, executor: Executor | int):
        self._executor = None if isinstance(executor, int) else executor
        self.n = executor if isinstance(executor, int) else _workers_of(executor)
        self.threads_each = max(1, n_threads() // self.n)

    def submit(self, task: Task) -> Future:
        """Begin a task, in new processes where others have died."""
        pickled = pickle.dumps(task)
        try:
            return self._pool().submit(evaluate_task, pickled)
        except BrokenExecutor:  # a worker died, and some executors take no work from then on
            self._executor = None
            return self._pool().submit(evaluate_task, pickled)
        except Exception as error:
            raise SearchFailed(
                f"The executor takes no more work ({type(error).__name__}: {error}). Finished "
                "trials are kept: sf.load_study(study.storage, ..., executor=2) goes on."
            ) from error

    def _pool(self) -> Executor:
        if self._executor is not None:
            return self._executor
        from joblib.externals import loky  # imported here: most searches have no workers

        return loky.get_reusable_executor(max_workers=self.n, timeout=60)

    def close(self) -> None:
        """End the processes of our own; those of the user's executor are the user's."""
        if self._executor is None:
            self._pool().shutdown(wait=False)


def _workers_of(executor: Executor) -> int:
    """How many tasks an executor runs at once, as far as it says."""
    of_a_cluster = getattr(executor, "_client", None)  # of dask.distributed
    if of_a_cluster is not None:
        return max(1, sum(of_a_cluster.nthreads().values()))
    return int(getattr(executor, "_max_workers", None) or cpu_count() or 1)


def pickled(base: Case, own: Mapping[str, Objective]) -> bytes:
    """What all tasks of a study share, also functions written in a notebook."""
    return cloudpickle.dumps((base, dict(own)))


def outcomes(
    workers: Workers,
    begun: Mapping[Future, Asked],
    task_of: Callable[[Asked], Task],
) -> Iterator[tuple[Asked, Outcome]]:
    """What came of tasks, as they end; one whose worker died is tried once more, alone."""
    waiting, died = dict(begun), list[Asked]()
    while waiting:
        ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ended:
            asked = waiting.pop(future)
            if future.exception() is None:
                yield asked, future.result()
            else:
                died.append(asked)
        for asked in died if not waiting else ():
            yield asked, _once_more(workers, task_of(asked))


def _once_more(workers: Workers, task: Task) -> Outcome:
    try:
        return workers.submit(task).result()
    except Exception as error:  # the worker died again: this design, not the search, is at fault
        return Outcome("failed", {}, f"its worker died twice: {type(error).__name__}: {error}")
