"""How a simulator in another interpreter takes part: it runs when told to, and answers each run
with a line of JSON.

A peer is a script of its own, ``python <peer>.py workload.npz n_run``, that runs the first
``n_run`` samples or steps. It answers ``{peer, version, counts, wall_s, cpu_s}`` once unasked, its
warm-up, and then after each line it reads, so that several peers can take turns; ``{peer,
missing}`` where what it needs is not installed. Nothing here is imported from the project: the
interpreter need not have it.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Run(NamedTuple):
    """One run: the spikes by what they are counted over, and the seconds it took."""

    counts: dict[str, list]
    wall_s: float
    cpu_s: float  # user and system time, with that of child processes that ended


class Job(NamedTuple):
    """What is run again and again."""

    version: str
    run: Callable[[], object]
    counts: Callable[[object], dict[str, np.ndarray]]  # of what ``run`` returned; not timed
    before: Callable[[], object] = lambda: None  # puts back what a run used up; not timed


def cpu_seconds() -> float:
    """User and system time of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def timed(job: Job) -> Run:
    """Run once."""
    job.before()
    wall_s, cpu_s = time.perf_counter(), cpu_seconds()
    result = job.run()
    wall_s, cpu_s = time.perf_counter() - wall_s, cpu_seconds() - cpu_s
    return Run(
        {name: np.asarray(n).tolist() for name, n in job.counts(result).items()}, wall_s, cpu_s
    )


def serve(prepare: Callable[[dict[str, np.ndarray], int], tuple]) -> None:
    """Answer on standard output until standard input ends; what the simulator prints goes where
    errors go.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    name = Path(sys.argv[0]).stem
    with np.load(sys.argv[1]) as stored:
        arrays = dict(stored)
    try:
        job = Job(*prepare(arrays, int(sys.argv[2])))
    except ImportError as problem:
        print(json.dumps({"peer": name, "missing": str(problem)}), file=answers)
        return
    while True:
        print(
            json.dumps({"peer": name, "version": job.version, **timed(job)._asdict()}), file=answers
        )
        if not sys.stdin.readline():
            return
