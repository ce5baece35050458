"""Where a study is kept: a file that a killed kernel leaves whole, or any storage of Optuna's.

An Optuna study underneath, so that its samplers and its dashboard work on ours.
"""

import json
import os
import socket
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime, timedelta
from itertools import count
from numbers import Real
from pathlib import Path
from threading import Lock, RLock
from typing import Any, BinaryIO, NamedTuple

import optuna
import psutil
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from spikefit_nb.errors import FileProblem
from spikefit_nb.search.evaluate import Outcome
from spikefit_nb.search.objectives import OBJECTIVES, Objective
from spikefit_nb.search.places import ENDING, KeptStudy, studies_folder
from spikefit_nb.search.terms import Terms

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

OURS, WORKER = "spikefit", "worker"  # user attributes of ours
_numbers = count()
_at_work: set[str] = set()  # searches of this process that make trials now
STATES = ("done", "infeasible", "dropped", "failed")  # of a Trial
ENDED = {state.value for state in TrialState if state.is_finished()}
if optuna.logging.get_verbosity() == optuna.logging.INFO:
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # a line a trial is no news in a notebook


class Told(NamedTuple):
    """A trial that has ended."""

    number: int
    params: dict[str, Any]
    outcome: dict[str, Any]  # as it was written


class _File(JournalFileBackend):
    """A journal file whose writers take turns and cut off the line that a killed one left
    unfinished.
    """

    # What is written outlives its process at once; it outlives the machine once a trial has ended.

    def __init__(self, path: str):
        super().__init__(path)
        self._mine, self._held = RLock(), list[BinaryIO]()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let no other process, and no other thread, write meanwhile."""
        try:
            with self._mine, open(self._file_path, "ab+") as kept:
                fcntl.flock(kept, fcntl.LOCK_EX)  # goes with the process that holds it
                try:
                    _cut_unfinished_line(kept)
                    self._held.append(kept)
                    yield
                finally:
                    self._held.clear()
                    # Said, not left to closing: a process forked meanwhile has the file open too.
                    fcntl.flock(kept, fcntl.LOCK_UN)
        except OSError as error:  # also from closing, which tries once more to write
            raise FileProblem(
                f"{self._file_path} cannot be written to ({error.strerror}). The trials that had "
                "ended are kept: see to the disk, then study.resume() goes on."
            ) from error

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write lines after the last whole one."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        with self._mine, nullcontext() if self._held else self.turn():
            kept = self._held[-1]
            kept.write(lines.encode())
            kept.flush()
            # Waiting for the disk takes 3 ms, and a trial has some 20 lines.
            if any(log.get("state") in ENDED for log in logs):
                os.fsync(kept.fileno())


def _cut_unfinished_line(kept) -> None:
    """Cut a file after its last whole line."""
    end = kept.seek(0, os.SEEK_END)
    start = end
    while start:
        begin = max(0, start - 4096)
        kept.seek(begin)
        block = kept.read(start - begin)
        last = block.rfind(b"\n")
        if last >= 0 or not begin:
            whole = begin + last + 1
            if whole < end:
                kept.truncate(whole)
            return
        start = begin


def open_storage(place: str) -> BaseStorage:
    """The storage at a path, which is made where there is none, or behind a URL of Optuna's."""
    if "://" in place:
        return optuna.storages.get_storage(place)
    Path(place).touch()
    if not fcntl:
        return JournalStorage(JournalFileBackend(place, lock_obj=JournalFileOpenLock(place)))
    return JournalStorage(_File(place))


def _forget_unbegun(storage: BaseStorage, name: str) -> None:
    """Forget a study of which a process that was killed wrote no more than the name."""
    for study in storage.get_all_studies():
        is_unbegun = OURS not in study.user_attrs and not storage.get_n_trials(study._study_id)
        if study.study_name == name and is_unbegun:
            storage.delete_study(study._study_id)


class Journal:
    """A study's trials as they are kept, and those to come."""

    def __init__(self, place: str, study: optuna.Study):
        self.place, self.study = place, study
        self.terms = Terms.from_json(study.user_attrs[OURS])
        self._told: dict[int, Told] = {}  # what has ended changes no more
        self._n_told = 0  # trials at the beginning of the study that are all told
        self._reading, self._worker = Lock(), ""

    @classmethod
    def begin(cls, place: str, terms: Terms) -> "Journal":
        """Begin a study at a place that has none."""
        storage, name = open_storage(place), f"{terms.network} on {terms.chip}"
        _forget_unbegun(storage, name)
        if optuna.get_all_study_names(storage):
            raise FileProblem(
                f"{place} holds a study already: sf.load_study({place!r}) goes on with it; "
                "a new one needs another storage."
            )
        objectives = [OBJECTIVES[o] for o in terms.objectives]
        study = optuna.create_study(
            storage=storage,
            study_name=name,
            directions=["maximize" if o.maximize else "minimize" for o in objectives],
        )
        with warnings.catch_warnings():  # Optuna calls the names of axes experimental
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names([_axis_words(o) for o in objectives])
        study.set_user_attr(OURS, terms.to_json())  # last: with it, the study can be gone on with
        return cls(place, study)

    @classmethod
    def open(cls, place: str) -> "Journal":
        """Open the study at a place."""
        if "://" not in place and not os.path.isfile(place):
            raise FileProblem(f"{place}: there is no such file; sf.search.studies() lists studies.")
        try:
            storage = open_storage(place)
            (name,) = optuna.get_all_study_names(storage)
            return cls(place, optuna.load_study(study_name=name, storage=storage))
        except Exception as error:  # a database says in words of its own what is missing
            raise FileProblem(
                f"{place} holds no study of spikefit_nb; sf.search.studies() lists those in the "
                "cache folder."
            ) from error

    def change(self, terms: Terms) -> None:
        """Write what is asked from now on, such as more trials."""
        self.terms = terms
        self.study.set_user_attr(OURS, terms.to_json())

    def turn(self) -> AbstractContextManager[None]:
        """Let no other process ask for trials meanwhile, where the study is kept in a file."""
        backend = getattr(self.study._storage, "_backend", None)
        return backend.turn() if isinstance(backend, _File) else nullcontext()

    def join(self) -> None:
        """Be one of those that make trials of the study."""
        self._worker = f"{_this_process()} {next(_numbers)}"
        _at_work.add(self._worker)

    def leave(self) -> None:
        """Make no more trials; those begun are left to others of this process."""
        _at_work.discard(self._worker)

    def queue(self, params: Mapping[str, Any]) -> None:
        """Let a point be tried before the sampler is asked again."""
        self.study.enqueue_trial(dict(params), user_attrs={WORKER: self._worker})

    def ask(self) -> optuna.Trial:
        """The next trial, which is this process's from now on."""
        # A trial is born with its worker's name: one without would seem abandoned for a moment.
        if not self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            self.queue({})
        trial = self.study.ask()
        trial.set_user_attr(WORKER, self._worker)
        return trial

    def abandoned(self) -> list[optuna.Trial]:
        """Trials that a search began which is no more, in order."""
        running = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        left = (t for t in running if _is_gone(t.user_attrs.get(WORKER, "")))
        mine = [optuna.Trial(self.study, t._trial_id) for t in left]
        for trial in mine:
            trial.set_user_attr(WORKER, self._worker)
        return mine

    def release(self, trial: optuna.Trial) -> None:
        """Give up a trial that was begun."""
        trial.set_user_attr(WORKER, "")

    def tell(
        self,
        trial: optuna.Trial,
        outcome: Outcome,
        design: Mapping[str, Any],
        chip: str,
        *,
        limits: Mapping[str, float],
    ) -> None:
        """Write what came of a trial; limits are kept where they are at most 0."""
        for name, excess in limits.items():
            trial.set_constraint(name, excess)
        told = outcome._asdict() | {"design": dict(design), "chip": chip}
        del told["report"]
        trial.set_user_attr("state", outcome.state)  # for samplers that learn what fits
        trial.set_user_attr(OURS, told)
        if outcome.state in ("done", "dropped"):  # samplers learn from what few recordings tell too
            self.study.tell(trial, [outcome.numbers[o] for o in self.terms.objectives])
        else:
            self.study.tell(trial, state=TrialState.FAIL)

    def told(self) -> list[Told]:
        """Trials of which is known what came of them, in the order in which that came to be known:
        new ones are added at the end.
        """
        with self._reading:
            first = self._n_told
            for trial in self.study.get_trials(deepcopy=False)[first:]:
                if not trial.state.is_finished():
                    continue
                if trial.number not in self._told and OURS in trial.user_attrs:
                    self._told[trial.number] = self._read(trial)
                if trial.number == self._n_told:
                    self._n_told += 1
            return list(self._told.values())

    def _read(self, trial: FrozenTrial) -> Told:
        """What was written of a trial, if it can be."""
        told = trial.user_attrs[OURS]
        is_named = all(isinstance(name, str) for name in trial.params)
        if not (is_named and _is_outcome(told, self.terms.objectives)):
            raise FileProblem(
                f"{self.place}: what it tells of trial {trial.number} cannot be; restore the file "
                "from a copy."
            )
        return Told(trial.number, trial.params, told)

    def take_over(self, other: "Journal") -> None:
        """Add the finished trials of another journal, its trial 0 left out."""
        ended = (TrialState.COMPLETE, TrialState.FAIL)
        trials = other.study.get_trials(states=ended)
        self.study.add_trials([t for t in trials if t.number and OURS in t.user_attrs])

    def annotate(self, number: int, note: str) -> None:
        """Keep a note on a trial."""
        self.study.set_user_attr(f"note {number}", note)

    def notes(self) -> dict[int, str]:
        """The notes on trials, by their numbers."""
        kept = self.study.user_attrs.items()
        return {int(key.split()[1]): note for key, note in kept if key.startswith("note ")}

    @property
    def seconds_spent(self) -> float:
        """How long trials were being made, a time in which several were at once counted once."""
        ended = (TrialState.COMPLETE, TrialState.FAIL)
        trials = self.study.get_trials(deepcopy=False, states=ended)
        spans = ((t.datetime_start, t.datetime_complete) for t in trials)
        return covered_seconds((begun, told) for begun, told in spans if begun and told)

    @property
    def n_queued(self) -> int:
        """Trials whose points were chosen before the sampler was asked."""
        trials = self.study.get_trials(deepcopy=False)
        return sum(bool(t.system_attrs.get("fixed_params")) for t in trials)

    @property
    def n_begun(self) -> int:
        """Trials that were begun, ended or not; those queued are not."""
        trials = self.study.get_trials(deepcopy=False)
        return sum(t.state != TrialState.WAITING for t in trials)


def _is_outcome(told: object, objectives: Iterable[str]) -> bool:
    """Whether something read from a file is what was written of a trial."""
    if not isinstance(told, Mapping) or told.get("state") not in STATES:
        return False
    numbers = told.get("numbers")
    return (
        isinstance(numbers, Mapping)
        and all(isinstance(number, Real) for number in numbers.values())
        and (told["state"] != "done" or all(name in numbers for name in objectives))
        and isinstance(told.get("design"), Mapping)
        and isinstance(told.get("message"), str)
        and isinstance(told.get("chip"), str)
    )


def covered_seconds(spans: Iterable[tuple[datetime, datetime]]) -> float:
    """Seconds that lie in any of some spans of time."""
    covered, until = timedelta(), datetime.min
    for first, last in sorted(spans):
        covered += max(last - max(first, until), timedelta())
        until = max(last, until)
    return covered.total_seconds()


def _axis_words(objective: Objective) -> str:
    """What an objective is called where its values stand without a unit; shares have none."""
    is_share = objective.unit in ("", "%")
    return objective.words if is_share else f"{objective.words} ({objective.unit})"


def kept_studies() -> list[KeptStudy]:
    """Studies in the folder for those that nobody gave a place, the latest first."""
    paths = sorted(studies_folder().glob(f"*{ENDING}"), key=os.path.getmtime, reverse=True)
    found = []
    for path in paths:
        with suppress(FileProblem):  # a file of something else, or of a study that never began
            journal = Journal.open(str(path))
            n_done = sum(told.number > 0 for told in journal.told())
            found.append(KeptStudy(str(path), journal.terms, n_done, path.stat().st_size))
    return found


def _this_process() -> str:
    pid = os.getpid()
    return f"{socket.gethostname()} {pid} {psutil.Process(pid).create_time():.0f}"


def _is_gone(worker: str) -> bool:
    """Whether a search of this machine has ended; of others nobody here can know."""
    if not worker:  # it was given up
        return True
    if worker.startswith(_this_process()):
        return worker not in _at_work
    host, pid, began, *_ = worker.split()
    if host != socket.gethostname():
        return False
    with suppress(psutil.NoSuchProcess):
        return f"{psutil.Process(int(pid)).create_time():.0f}" != began
    return True
