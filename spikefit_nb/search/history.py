"""What a sampler learns from: the trials of an Optuna study, as losses to be made small."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from spikefit_nb.search.unit_cube import UnitCube

LEARNT_FROM = (TrialState.COMPLETE, TrialState.FAIL, TrialState.RUNNING)
MISFIT = "infeasible"
Params = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class History:
    """Trials in the order of their numbers, as rows of a unit cube."""

    numbers: np.ndarray  # of the trials that finished with values
    rows: np.ndarray
    losses: np.ndarray
    constraints: np.ndarray  # at most 0 is kept; nan where a trial has none of that name
    misfit_numbers: np.ndarray  # of the trials that do not fit
    misfits: np.ndarray  # their rows
    running: np.ndarray  # rows of the trials that are still running
    seen: frozenset[bytes]

    @property
    def kept(self) -> np.ndarray:
        """Marks the finished trials that break no constraint."""
        return np.logical_not((self.constraints > 0).any(axis=1))


class _Read(NamedTuple):
    """What one trial tells."""

    number: int
    row: np.ndarray
    state: TrialState
    values: list[float] | None
    constraints: Mapping[str, float]
    is_misfit: bool


class Reader:
    """Reads the trials of a study, those at its beginning that have ended once."""

    def __init__(self, cube: UnitCube, acting: Callable[[Params], Params]):
        self._cube, self._acting = cube, acting
        self._ended: list[_Read] = []
        self._n_ended = 0  # trials at the beginning that change no more, read or without a point

    def read(self, study: Study) -> list[_Read]:
        """Every trial with a point, in order."""
        rest = study.get_trials(deepcopy=False)[self._n_ended :]
        n_new = next((k for k, t in enumerate(rest) if not t.state.is_finished()), len(rest))
        self._ended += self._read(rest[:n_new])
        self._n_ended += n_new
        return self._ended + self._read(rest[n_new:])

    def rows_of(self, trials: Sequence[_Read]) -> np.ndarray:
        """The points of trials, one a row."""
        return np.array([trial.row for trial in trials]).reshape(-1, len(self._cube.names))

    def _read(self, trials: Sequence[FrozenTrial]) -> list[_Read]:
        trials = [t for t in trials if t.state in LEARNT_FROM and t.params]
        rows = self._cube.rows([self._acting(trial.params) for trial in trials])
        return [
            _Read(
                trial.number,
                row,
                trial.state,
                trial.values if trial.state == TrialState.COMPLETE else None,
                trial.constraints,
                is_misfit=trial.user_attrs.get("state") == MISFIT,
            )
            for trial, row in zip(trials, rows, strict=True)
        ]


def history_of(
    study: Study, reader: Reader, *, logarithmic: Sequence[bool] | None, before: int
) -> History:
    """What is known of a study before the trial of that number."""
    trials = [trial for trial in reader.read(study) if trial.number != before]
    finished = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    misfits = [trial for trial in trials if trial.is_misfit]
    return History(
        np.array([trial.number for trial in finished], int),
        reader.rows_of(finished),
        losses_of([trial.values for trial in finished], study.directions, logarithmic),
        constraints_of(finished),
        misfit_numbers=np.array([trial.number for trial in misfits], int),
        misfits=reader.rows_of(misfits),
        running=reader.rows_of([t for t in trials if t.state == TrialState.RUNNING]),
        seen=frozenset(row.tobytes() for row in rounded(reader.rows_of(trials))),
    )


def key(row: np.ndarray) -> bytes:
    """Tells rows apart, but for what rounding does to a number on its way through a file."""
    return rounded(row).tobytes()


def rounded(rows: np.ndarray) -> np.ndarray:
    """Rows without the last of their decimals."""
    return np.round(rows, 9)


def losses_of(values, directions: Sequence[StudyDirection], logarithmic) -> np.ndarray:
    """Values as losses: what is to be large with its sign turned, costs as decades."""
    values = np.array(values, float).reshape(-1, len(directions))
    for k in np.flatnonzero(logarithmic or []):
        above = values[values[:, k] > 0, k]
        values[:, k] = np.log10(np.maximum(values[:, k], above.min(initial=np.inf) / 10))
    return np.where([d == StudyDirection.MAXIMIZE for d in directions], -values, values)


def constraints_of(trials: Sequence[_Read]) -> np.ndarray:
    """A column for each name of a constraint."""
    names = sorted({name for trial in trials for name in trial.constraints})
    table = [[trial.constraints.get(name, np.nan) for name in names] for trial in trials]
    return np.array(table, float).reshape(len(trials), len(names))
