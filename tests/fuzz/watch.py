"""What a call comes to: an answer, a refusal with a reason, or something that nobody should see."""

import re
import resource
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import SpikefitError

HANG_S = 10  # of work, or three times as long of waiting
LIMIT_BYTES = 4 << 30
CANARY = "<b>odd</b>"  # a name that must not come out as it went in
GOOD = ("answered", "refused")
MAY_BE_NAN = {"labels", "numbers"}  # an answer that is absent; a number that was not published


class Hang(BaseException):
    """It takes too long."""


class Outcome(NamedTuple):
    """A kind of outcome, and what tells it from others of its kind."""

    kind: str
    sign: str = ""


def limit_memory() -> None:
    """Let this process take no more than the limit."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))


def outcome(call: Callable[[], object]) -> Outcome:
    """What a call comes to."""
    try:
        with _alarm(), warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", category=RuntimeWarning, module="spikefit_nb")
            answer = call()
            return _of_answer(answer)
    except SpikefitError as error:
        said = str(error)
        is_reason = len(said) > 15 and " " in said
        return Outcome("refused") if is_reason else Outcome("no reason", f"{type(error)}: {said}")
    except Hang:
        return Outcome("hang", f"over {HANG_S} s")
    except RecursionError as error:
        return Outcome("foreign", _place_of(error))
    except MemoryError as error:
        return Outcome("memory", _place_of(error))
    except BaseException as error:  # also what a library in Rust panics with
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        return Outcome("foreign", _place_of(error))


@contextmanager
def _alarm() -> Iterator[None]:
    """Raise ``Hang`` in the midst of what takes too long."""

    def ring(*_: object) -> None:
        raise Hang

    # Work is told by the processor's time, since a machine may be busy with other things.
    timers = {signal.SIGPROF: (signal.ITIMER_PROF, 1), signal.SIGALRM: (signal.ITIMER_REAL, 3)}
    for heard, (timer, times) in timers.items():
        signal.signal(heard, ring)
        signal.setitimer(timer, times * HANG_S)
    try:
        yield
    finally:
        for timer, _ in timers.values():
            signal.setitimer(timer, 0)


def _place_of(error: BaseException) -> str:
    """The error and the last lines of ours that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "spikefit_nb" in f.filename and "/tests/" not in f.filename]
    at = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(ours[-2:]))
    said = re.sub(r"\d+", "0", str(error)[:70])  # one sign for all numbers
    return f"{type(error).__name__}: {said!r} at {at or 'no line of ours'}"


def _of_answer(answer: object) -> Outcome:
    """Whether an answer is whole and shows itself."""
    shown = repr(answer)
    page = getattr(answer, "_repr_html_", lambda: "")() or ""
    if CANARY in page and "Bokeh" not in page:  # which puts names into JSON, escaped as that is
        return Outcome("injection", type(answer).__name__)
    place = _nan_in(answer, type(answer).__name__, 0)
    if place or "nan" in shown.split():
        return Outcome("silent nan", place or shown[:80])
    return Outcome("answered")


def _nan_in(value: object, place: str, depth: int) -> str:
    """Where a value holds a number that is none; empty where nowhere."""
    if depth > 6 or place.rpartition(".")[2] in MAY_BE_NAN:
        return ""
    if isinstance(value, np.ndarray):
        return place if value.dtype.kind == "f" and np.isnan(value).any() else ""
    if isinstance(value, float):
        return place if np.isnan(value) else ""
    if isinstance(value, tuple | list):
        inner = [(f"{place}[]", each) for each in value[:50]]
    elif is_dataclass(value) and not isinstance(value, type):
        inner = [(f"{place}.{f.name}", getattr(value, f.name)) for f in fields(value)]
    else:
        return ""
    return next(filter(None, (_nan_in(each, at, depth + 1) for at, each in inner)), "")
