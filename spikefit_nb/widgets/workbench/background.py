"""A thread that answers the last question asked, and ends when there is none."""

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

NONE = object()  # no question


class Latest:
    """Answers questions in the background: only the newest, and only once no newer one came."""

    def __init__(
        self,
        answer: Callable[[Any], Any],
        told: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        patience_s: float = 0.0,
    ) -> None:
        self._answer, self._told, self._failed = answer, told, failed
        self._patience_s = patience_s
        self._lock = Lock()
        self._question: Any = NONE
        self._number = 0
        self._thread: Thread | None = None

    def ask(self, question: Any) -> None:
        """Have a question answered; one that waits is forgotten."""
        with self._lock:
            self._question = question
            self._number += 1
            if self._thread is None:
                thread = Thread(target=self._run, name="spikefit workbench", daemon=True)
                thread.start()
                self._thread = thread  # who waits finds one that has begun

    def forget(self) -> None:
        """Drop the question that waits, and the answer that is being worked out."""
        with self._lock:
            self._question = NONE
            self._number += 1

    def wait(self) -> None:
        """Block until all is answered."""
        while (thread := self._thread) is not None:
            thread.join(0.05)

    def _run(self) -> None:
        while True:
            before = self._number
            time.sleep(self._patience_s)
            if before != self._number:
                continue
            with self._lock:
                question, self._question = self._question, NONE
                number = self._number
                if question is NONE:
                    self._thread = None
                    return
            self._try(question, number)

    def _try(self, question: Any, number: int) -> None:
        try:
            answer, error = self._answer(question), None
        except Exception as problem:
            # A thread has no cell to raise in: the panel is where the reader looks.
            answer, error = None, problem
        if number != self._number:
            return
        if error is None:
            self._told(answer)
        else:
            self._failed(error)
