"""What a sampler learns from: the trials of an Optuna study, as losses to be made small."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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


def history_of(
    study: Study,
    cube: UnitCube,
    *,
    logarithmic: Sequence[bool] | None,
    acting: Callable,
    before: int,
    known: dict[int, np.ndarray],
) -> History:
    """What is known of a study before the trial of that number.

    Rows of trials that have ended are kept in ``known``: they change no more.
    """
    trials = [
        trial
        for trial in study.get_trials(deepcopy=False, states=LEARNT_FROM)
        if trial.params and trial.number != before
    ]
    finished = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    misfits = [trial for trial in trials if trial.user_attrs.get("state") == MISFIT]
    new = [trial for trial in trials if trial.number not in known]
    rows = cube.rows([acting(trial.params) for trial in new])
    places = known | dict(zip((trial.number for trial in new), rows, strict=True))
    known.update({t.number: places[t.number] for t in new if t.state != TrialState.RUNNING})

    def rows_of(some: list[FrozenTrial]) -> np.ndarray:
        return np.array([places[trial.number] for trial in some]).reshape(-1, len(cube.names))

    return History(
        np.array([trial.number for trial in finished], int),
        rows_of(finished),
        losses_of([trial.values for trial in finished], study.directions, logarithmic),
        constraints_of(finished),
        misfit_numbers=np.array([trial.number for trial in misfits], int),
        misfits=rows_of(misfits),
        running=rows_of([trial for trial in trials if trial.state == TrialState.RUNNING]),
        seen=frozenset(row.tobytes() for row in rounded(rows_of(trials))),
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


def constraints_of(trials: Sequence[FrozenTrial]) -> np.ndarray:
    """A column for each name of a constraint."""
    names = sorted({name for trial in trials for name in trial.constraints})
    table = [[trial.constraints.get(name, np.nan) for name in names] for trial in trials]
    return np.array(table, float).reshape(len(trials), len(names))
