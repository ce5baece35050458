"""Designs tried elsewhere: by the processes of an executor, as they come."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from os import cpu_count
from typing import TypeVar

from spikefit_nb.search.evaluate import Outcome, Task, evaluate_task

Asked = TypeVar("Asked")


class Workers:
    """The processes of an executor, or as many of our own as a number says."""

    def __init__(self, executor: Executor | int):
        self._own = executor if isinstance(executor, int) else None
        self._executor = None if isinstance(executor, int) else executor
        self.n = self._own or _workers_of(executor)

    def submit(self, task: Task) -> Future:
        """Begin a task, in new processes where those of our own have died."""
        try:
            return self._pool().submit(evaluate_task, task)
        except Exception as error:  # of an executor that is broken, or shut down
            failed: Future = Future()
            failed.set_exception(error)
            return failed

    def _pool(self) -> Executor:
        if self._executor is not None:
            return self._executor
        from joblib.externals import loky  # imported here: most searches have no workers

        return loky.get_reusable_executor(max_workers=self._own, timeout=60)

    def close(self) -> None:
        """End the processes of our own; those of the user's executor are the user's."""
        if self._own is not None:
            self._pool().shutdown(wait=False)


def _workers_of(executor: Executor) -> int:
    """How many tasks an executor runs at once, as far as it says."""
    return int(getattr(executor, "_max_workers", None) or cpu_count() or 1)


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
