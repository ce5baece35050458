"""What our samplers have in common: the space, the seed, what is admissible, what was tried."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from weakref import WeakKeyDictionary
from zlib import crc32

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from scipy.stats import qmc

from spikefit_nb.search.history import History, Params, Reader, history_of, key
from spikefit_nb.search.setting import Kept
from spikefit_nb.search.unit_cube import UnitCube

TRIES = 20  # times a pool of rows is drawn to find one that is new and admissible


class OwnSampler(BaseSampler):
    """Proposes points from the seed, the number of the trial and the trials of the study alone."""

    def __init__(
        self,
        distributions: Mapping[str, BaseDistribution],
        *,
        seed: int,
        logarithmic=None,
        canonical: Callable[[Params], Params] | None = None,
        kept: Mapping[str, Kept] | None = None,
        is_admissible: Callable[[Params], bool] | None = None,
    ):
        self._distributions, self._seed = dict(distributions), seed
        self._cube, self._logarithmic = UnitCube(distributions), logarithmic
        self._canonical, self._is_admissible = canonical, is_admissible
        self._kept = kept  # the same knob by knob, which is faster
        self._readers: MutableMapping[Study, Reader] = WeakKeyDictionary()

    def infer_relative_search_space(self, study, trial) -> dict[str, BaseDistribution]:
        """All knobs are chosen together."""
        return self._distributions

    def sample_relative(self, study, trial, search_space) -> dict[str, object]:
        """The point of a trial."""
        history = self._history(study, trial.number)
        return self._proposed(study, history, trial.number, self._random(trial.number))

    def sample_independent(self, study, trial, param_name, param_distribution) -> object:
        """A knob that is not in the space is drawn evenly."""
        random = self._random(trial.number, crc32(param_name.encode()))
        cube = UnitCube({param_name: param_distribution})
        return cube.params(cube.drawn(random.random((1, 1))))[0][param_name]

    def _proposed(self, study, history: History, number: int, random) -> dict[str, object]:
        """The point of the trial of this number."""
        raise NotImplementedError

    def _random(self, *numbers: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self._seed, *numbers]))

    def _history(self, study, number: int) -> History:
        reader = self._readers.get(study)
        if reader is None:
            acting = self._canonical or (lambda params: params)
            reader = self._readers[study] = Reader(self._cube, acting)
        return history_of(study, reader, logarithmic=self._logarithmic, before=number)

    def _acting(self, rows: np.ndarray) -> np.ndarray:
        """Rows whose knobs without effect stand where they say nothing."""
        if self._kept is not None:
            return self._cube.kept(rows, self._kept)
        if self._canonical is None:
            return rows
        return self._cube.rows([self._canonical(params) for params in self._cube.params(rows)])

    def _filled(self, starts: Sequence[Params], n: int) -> np.ndarray:
        """The starts, then what of a Sobol sequence is admissible, to n rows in all."""
        sequence = qmc.Sobol(len(self._cube.names), rng=self._random())
        uniform = sequence.random_base2(max(4, (n - 1).bit_length() + 2))
        rows = np.vstack([self._cube.rows(starts), self._acting(self._cube.drawn(uniform))])
        taken: dict[bytes, np.ndarray] = {}
        for row in rows:
            if len(taken) < max(n, len(starts)) and self._first_new(row[None], frozenset(taken)):
                taken[key(row)] = row
        return np.array(list(taken.values())).reshape(-1, len(self._cube.names))

    def _first_new(self, rows: np.ndarray, seen: frozenset) -> dict[str, object] | None:
        """The first of rows that was not tried and is admissible."""
        return next(self._new(rows, seen), None)

    def _new(self, rows: np.ndarray, seen: frozenset) -> Iterator[dict[str, object]]:
        for row in rows:
            if key(row) not in seen:
                params = self._cube.params(row[None])[0]
                if self._is_admissible is None or self._is_admissible(params):
                    yield params

    def _drawn(self, random: np.random.Generator, n: int) -> np.ndarray:
        rows = self._cube.drawn(random.random((n, len(self._cube.names))))
        rows[::2] = self._cube.alike(rows[::2])
        return self._acting(rows)

    def _anywhere(self, random: np.random.Generator, seen: frozenset) -> dict[str, object]:
        """A point drawn evenly; one already tried only where no other is found."""
        for known in (seen, frozenset()):
            for _ in range(TRIES):
                params = self._first_new(self._drawn(random, 16), known)
                if params is not None:
                    return params
        return self._cube.params(self._drawn(random, 1))[0]
