"""Let simulators take turns on one workload, see that they counted the same spikes, and only then
tell the time.
"""

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.peers.pacing import Run

PEERS = Path(__file__).parent / "peers"
REPOSITORY = Path(__file__).parents[2]
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}

Counts = dict[str, list]


class CountsDiffer(Exception):
    """Two simulators did not compute the same thing, so that their times say nothing."""


class NotInstalled(Exception):
    """An interpreter lacks what a peer needs."""


class Contestant(NamedTuple):
    """Who is timed: ``ask`` runs it once."""

    name: str
    ask: Callable[[], Run]
    expected: Counts  # what it may count; it has to give one of these at least, and nothing else
    n_events: int  # synaptic events of one run
    version: str = ""
    part: str = ""  # of the workload, where it is not all of it


class Result(NamedTuple):
    """Medians of one contestant."""

    contestant: Contestant
    wall_s: float
    cpu_s: float

    @property
    def events_hz(self) -> float:
        """Synaptic events in a second of processor time, which a busy machine disturbs less than
        the clock.
        """
        return self.contestant.n_events / self.cpu_s


class Peer(NamedTuple):
    """A simulator that may stand in another interpreter."""

    name: str
    script: str
    n_run: int  # of the workload's samples or steps
    expected: Counts
    n_events: int
    part: str = ""


def options(description: str, n_repeats: int, peers: Sequence[str] = ()) -> ArgumentParser:
    """The options that all benchmarks share."""
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--repeats", type=int, default=n_repeats, help="rounds, of which the median is taken"
    )
    if peers:
        parser.add_argument(
            "--peer",
            action="append",
            type=_interpreter,
            default=[],
            metavar="NAME[,NAME]=PYTHON",
            help=f"the interpreter that has a peer ({', '.join(peers)}); without it, the one that "
            "runs this",
        )
    return parser


def _interpreter(text: str) -> dict[str, str]:
    names, _, python = text.partition("=")
    if not python:
        raise ArgumentTypeError(f"{text!r} is not NAME=PYTHON")
    return dict.fromkeys(names.split(","), python)


@contextmanager
def pinned(n_cpus: int) -> Iterator[None]:
    """Keep this process and those it starts on so many processors; where that cannot be asked for,
    on all.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:n_cpus])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def process(name: str, command: Sequence[str]) -> Iterator[Callable[[], dict]]:
    """Start a program that speaks as in ``peers/pacing.py``; calling what is yielded has it run
    once.
    """
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, **ONE_THREAD},
        ) as child,
    ):
        answers = _answers(child, complaints, name)
        try:
            yield lambda: next(answers)
        finally:
            child.stdin.close()  # it ends by itself


def _answers(child: subprocess.Popen, complaints, name: str) -> Iterator[dict]:
    while line := child.stdout.readline():
        answer = json.loads(line)
        if "missing" in answer:
            raise NotInstalled(answer["missing"])
        yield answer
        child.stdin.write("again\n")
        child.stdin.flush()
    complaints.seek(0)
    raise RuntimeError(f"{name} ended:\n{complaints.read()[-2000:]}")


def enter(
    peers: Sequence[Peer], workload: Path, given: Namespace, stack: ExitStack
) -> list[Contestant]:
    """Start the peers that are installed, which have then run once to warm up, and name the
    others.
    """
    pythons = {name: python for pairs in given.peer for name, python in pairs.items()}
    unknown = sorted(set(pythons) - {peer.name for peer in peers})
    if unknown:
        raise SystemExit(
            f"No such peer: {', '.join(unknown)}. There are {', '.join(p.name for p in peers)}."
        )
    contestants = []
    for peer in peers:
        command = [
            pythons.get(peer.name, sys.executable),
            str(PEERS / f"{peer.script}.py"),
            str(workload),
        ]
        ask = stack.enter_context(process(peer.name, [*command, str(peer.n_run)]))
        try:
            warm_up = ask()
        except NotInstalled as problem:
            print(f"{peer.name}: skipped, not installed ({problem}); --peer {peer.name}=PYTHON")
            continue
        run = turns(warm_up, ask)
        contestants.append(
            Contestant(peer.name, run, peer.expected, peer.n_events, warm_up["version"], peer.part)
        )
    return contestants


def turns(warm_up: dict, ask: Callable[[], dict]) -> Callable[[], Run]:
    """What a process answers, as runs: first what it answered already."""
    answers = chain([warm_up], iter(ask, None))

    def run() -> Run:
        answer = next(answers)
        return Run(answer["counts"], answer["wall_s"], answer["cpu_s"])

    return run


def check(name: str, counts: Counts, expected: Counts) -> None:
    """Refuse spikes other than those expected."""
    if not counts:
        raise CountsDiffer(f"{name} counted nothing, so that nothing can be compared.")
    for over, values in counts.items():
        if over not in expected or len(values) != len(expected[over]):
            raise CountsDiffer(
                f"{name} counted by {over!r}, {len(values)} values, which are not those expected."
            )
        wrong = [
            k
            for k, pair in enumerate(zip(values, expected[over], strict=True))
            if pair[0] != pair[1]
        ]
        if wrong:
            raise CountsDiffer(
                f"{name}: {len(wrong)} of {len(values)} values by {over!r} differ; the first, "
                f"number {wrong[0]}, is {values[wrong[0]]} and not {expected[over][wrong[0]]}."
            )


def race(contestants: Sequence[Contestant], n_repeats: int) -> list[Result]:
    """Run all in turns after a warm-up of each, every run checked, and take medians."""
    for contestant in contestants:
        check(contestant.name, contestant.ask().counts, contestant.expected)
    runs: list[list[Run]] = [[] for _ in contestants]
    for k in range(n_repeats):
        for at in range(len(contestants)):
            turn = (at + k) % len(contestants)  # nobody always follows the same neighbour
            runs[turn].append(contestants[turn].ask())
            check(contestants[turn].name, runs[turn][-1].counts, contestants[turn].expected)
    return [
        Result(contestant, median(run.wall_s for run in own), median(run.cpu_s for run in own))
        for contestant, own in zip(contestants, runs, strict=True)
    ]


def table(title: str, results: Sequence[Result], n_events: int) -> str:
    """Seconds for the whole workload, events a second of processor time, and times the first one's
    processor time.
    """
    first = results[0]
    lines = [
        f"{title}: {n_events:,} synaptic events, all counts equal",
        f"{'':28}{'wall s':>9}{'CPU s':>9}{'Mevents/s':>11}{'x':>9}",
    ]
    for result in results:
        who = result.contestant
        scale = n_events / who.n_events
        seconds = f"{result.wall_s * scale:9.4f}{result.cpu_s * scale:9.4f}"
        speed = f"{result.events_hz / 1e6:11,.1f}{first.events_hz / result.events_hz:9.2f}"
        part = f"  {who.part}, scaled" if who.part else ""
        lines.append(f"{' '.join((who.name, who.version)):28}{seconds}{speed}{part}")
    return "\n".join(lines)


def bounds_table(title: str, ours: Result, bounds: Sequence[Result]) -> str:
    """How fast the bare loops are, and our share of the fastest."""
    best = max(bounds, key=lambda bound: bound.events_hz)
    lines = [title]
    lines += [
        f"  {bound.contestant.name:46}{bound.events_hz / 1e6:11,.1f} "
        f"Mevents/s{'  the bound' * (bound is best)}"
        for bound in bounds
    ]
    share = ours.events_hz / best.events_hz
    return "\n".join([*lines, f"  {ours.contestant.name}: {share:.1%} of the bound"])
