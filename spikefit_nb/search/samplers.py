"""Samplers by name: what proposes the next point of a study.

Each depends on the seed, the number of the trial and the trials of the study alone, so that a study
taken up by a new process goes on as if nothing had happened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from scipy.stats import qmc

from spikefit_nb.errors import UnknownName, WrongArgument
from spikefit_nb.search.gaussian_process import GaussianProcessSampler
from spikefit_nb.search.history import Params
from spikefit_nb.search.moead import MoeadSampler
from spikefit_nb.search.own_sampler import OwnSampler
from spikefit_nb.search.reinforce import ReinforceSampler
from spikefit_nb.search.setting import Kept


@dataclass(frozen=True, eq=False)
class SamplerSettings:
    """What a study knows when it makes its sampler; each sampler takes what it can use."""

    distributions: Mapping[str, BaseDistribution]
    seed: int
    reference: Sequence[float | None] | None = None
    limits: Sequence[float | None] | None = None
    logarithmic: Sequence[bool] | None = None
    starts: Sequence[Params] = ()
    n_initial: int | None = None
    canonical: Callable[[Params], Params] | None = None
    kept: Mapping[str, Kept] | None = None
    is_admissible: Callable[[Params], bool] | None = None


class RandomSampler(OwnSampler):
    """Draws evenly, and learns nothing."""

    def _proposed(self, study, history, number, random):
        return self._anywhere(random, history.seen)


class SobolSampler(OwnSampler):
    """Fills the space more evenly than chance would, and learns nothing."""

    # Source: Sobol 1967, USSR Comput. Math. Math. Phys. 7(4):86-112.

    def _proposed(self, study, history, number, random):
        sequence = qmc.Sobol(len(self._cube.names), rng=self._random())
        if number > 0:
            sequence.fast_forward(number)
        row = self._acting(self._cube.drawn(sequence.random(1)))
        return self._first_new(row, history.seen) or self._anywhere(random, history.seen)


class ReseededSampler(BaseSampler):
    """One of Optuna's samplers, made anew for each trial with a seed of that trial's own."""

    def __init__(self, make: Callable[[int], BaseSampler], *, seed: int):
        self._make, self._seed = make, seed
        self._sampler, self._number = make(seed), -1

    def _of(self, trial) -> BaseSampler:
        if trial.number != self._number:
            seed = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0]
            self._sampler, self._number = self._make(int(seed)), trial.number
        return self._sampler

    def before_trial(self, study, trial) -> None:
        """What the sampler does before a trial."""
        self._of(trial).before_trial(study, trial)

    def infer_relative_search_space(self, study, trial) -> dict[str, BaseDistribution]:
        """The knobs that the sampler chooses together."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(self, study, trial, search_space) -> dict[str, object]:
        """The knobs chosen together."""
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(self, study, trial, param_name, param_distribution) -> object:
        """A knob chosen for itself."""
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study, trial, state, values) -> None:
        """What the sampler does after a trial."""
        self._of(trial).after_trial(study, trial, state, values)


def _gaussian_process(settings: SamplerSettings) -> BaseSampler:
    return GaussianProcessSampler(
        settings.distributions,
        seed=settings.seed,
        reference=settings.reference,
        limits=settings.limits,
        logarithmic=settings.logarithmic,
        starts=settings.starts,
        n_initial=settings.n_initial,
        canonical=settings.canonical,
        kept=settings.kept,
        is_admissible=settings.is_admissible,
    )


def _of_kind(kind: type[OwnSampler]) -> Callable[[SamplerSettings], BaseSampler]:
    def make(settings: SamplerSettings) -> BaseSampler:
        return kind(
            settings.distributions,
            seed=settings.seed,
            logarithmic=settings.logarithmic,
            canonical=settings.canonical,
            kept=settings.kept,
            is_admissible=settings.is_admissible,
        )

    return make


def _tpe(settings: SamplerSettings) -> BaseSampler:
    return ReseededSampler(lambda seed: TPESampler(seed=seed), seed=settings.seed)


def _nsga2(settings: SamplerSettings) -> BaseSampler:
    return ReseededSampler(lambda seed: NSGAIISampler(seed=seed), seed=settings.seed)


SAMPLERS: dict[str, Callable[[SamplerSettings], BaseSampler]] = {
    "gaussian_process": _gaussian_process,
    "sobol": _of_kind(SobolSampler),
    "random": _of_kind(RandomSampler),
    "moead": _of_kind(MoeadSampler),
    "reinforce": _of_kind(ReinforceSampler),
    "tpe": _tpe,
    "nsga2": _nsga2,
}


def made_sampler(sampler: str | BaseSampler, settings: SamplerSettings) -> BaseSampler:
    """The sampler of that name; one of Optuna's kind passes as it is."""
    if isinstance(sampler, BaseSampler):
        return sampler
    if not isinstance(sampler, str):
        raise WrongArgument(
            f"sampler is a {type(sampler).__name__} but must be one of {', '.join(SAMPLERS)}, "
            "or a sampler of Optuna's: sampler='gaussian_process'."
        )
    if sampler not in SAMPLERS:
        raise UnknownName("sampler", sampler, SAMPLERS)
    return SAMPLERS[sampler](settings)
