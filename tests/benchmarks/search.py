"""What samplers find in few trials: ``uv run python -m tests.benchmarks.search``.

The hypervolume after so many trials, median of so many seeds, 1.1 of the front's width behind it:
first on problems that no sampler of ours was tuned on. Points are scored without the noise that the
samplers see. ``ours, reference`` is told where the score is counted from, as a user tells limits;
of the others only BoTorch is. For the peers: ``uv run --with pymoo --with botorch python -m ...``.
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GPSampler
from optuna.trial import TrialState

from spikefit_nb.search.hypervolume import hypervolume
from spikefit_nb.search.samplers import SAMPLERS, SamplerSettings
from spikefit_nb.search.unit_cube import UnitCube
from tests.benchmarks.search_problems import BEHIND, HELD_OUT, TUNED_ON, Problem

N_INITIAL = 16
Maker = Callable[[Problem, int], BaseSampler]
Run = Callable[[Problem, int, int], tuple[list, list[float]]]  # points that can be, seconds an ask


def study_run(make: Maker) -> Run:
    """Trials of an Optuna study with a sampler made for the problem and the seed."""

    def run(problem: Problem, n_trials: int, seed: int) -> tuple[list, list[float]]:
        random, sampler = np.random.default_rng(seed + 1000), make(problem, seed)
        study = optuna.create_study(directions=["minimize"] * problem.n_objectives, sampler=sampler)
        found, seconds = [], []
        for _ in range(n_trials):
            began = time.process_time()
            trial = study.ask(dict(problem.knobs))
            seconds.append(time.process_time() - began)
            if tell(study, trial, problem, random):
                found.append(trial.params)
        return found, seconds

    return run


def tell(study, trial, problem: Problem, random) -> bool:
    """Tell what came of a trial, and answer whether it can be."""
    violations = problem.violations(trial.params)
    can_be = max(violations, default=0) <= 0
    if problem.fails and not can_be:
        trial.set_user_attr("state", "infeasible")
        study.tell(trial, state=TrialState.FAIL)
        return False
    for k, violation in enumerate(violations if not problem.fails else []):
        trial.set_constraint(str(k), violation)
    losses = np.array(problem.losses(trial.params))
    if problem.noise:
        losses = losses + random.standard_normal(len(losses)) * problem.noise
    study.tell(trial, losses.tolist())
    return can_be


def named(name: str, *, told: bool = False) -> Run:
    """One of this package's samplers, perhaps told the reference."""

    def make(problem: Problem, seed: int) -> BaseSampler:
        reference = problem.reference.tolist() if told else None
        settings = SamplerSettings(problem.knobs, seed, reference=reference, n_initial=N_INITIAL)
        return SAMPLERS[name](settings)

    return study_run(make)


def pymoo_run(name: str) -> Run:
    """One of pymoo's algorithms, over uniform numbers that the knobs are drawn from."""

    def run(problem: Problem, n_trials: int, seed: int) -> tuple[list, list[float]]:
        from pymoo.core.problem import ElementwiseProblem
        from pymoo.optimize import minimize

        cube, points = UnitCube(problem.knobs), []

        class Drawn(ElementwiseProblem):
            def __init__(self):
                n_var, n_obj = len(problem.knobs), problem.n_objectives
                super().__init__(n_var=n_var, n_obj=n_obj, xl=0.0, xu=1.0 - 1e-9)

            def _evaluate(self, x, out, *args, **kwargs):
                params = cube.params(cube.drawn(x[None]))[0]
                points.append(params)
                # its MOEA/D knows no constraints: what cannot be is told as far behind the front
                excess = max(0.0, *problem.violations(params), 0.0)
                out["F"] = np.array(problem.losses(params)) + excess * np.ptp(problem.reference)

        minimize(Drawn(), _pymoo_algorithm(name, problem), ("n_eval", n_trials), seed=seed)
        can_be = [p for p in points[:n_trials] if max(problem.violations(p), default=0) <= 0]
        return can_be, [0.0]

    return run


def _pymoo_algorithm(name: str, problem: Problem):
    from pymoo.algorithms.moo.moead import MOEAD
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.util.ref_dirs import get_reference_directions

    if name == "nsga2":
        return NSGA2(pop_size=20)
    n_parts = {2: 19, 3: 5, 4: 3}[problem.n_objectives]
    directions = get_reference_directions("das-dennis", problem.n_objectives, n_partitions=n_parts)
    return MOEAD(directions, n_neighbors=6)


METHODS: dict[str, Run] = {
    "ours": named("gaussian_process"),
    "ours, reference": named("gaussian_process", told=True),
    **{name: named(name) for name in SAMPLERS if name != "gaussian_process"},
    "Optuna's GP": study_run(lambda problem, seed: GPSampler(seed=seed, n_startup_trials=16)),
}


def with_peers() -> dict[str, Run]:
    """The methods whose libraries are installed."""
    methods = dict(METHODS)
    if find_spec("pymoo"):
        methods |= {f"pymoo {name}": pymoo_run(name) for name in ("nsga2", "moead")}
    if find_spec("botorch"):
        from tests.benchmarks.peers.search_botorch import botorch_run

        methods["BoTorch, reference"] = botorch_run
    return methods


def score(problem: Problem, points: list) -> float:
    """The hypervolume of points without noise, in widths of the front."""
    losses = np.array([problem.losses(params) for params in points])
    if not len(losses):
        return 0.0
    return hypervolume(problem.scaled(losses), np.full(problem.n_objectives, BEHIND))


def row(run: Run, problem: Problem, n_trials: int, seeds: int) -> str:
    """Median hypervolume, its least and largest, and CPU seconds an ask."""
    done = [run(problem, n_trials, seed) for seed in range(seeds)]
    scores = [score(problem, points) for points, _ in done]
    asks = [second for _, seconds in done for second in seconds[N_INITIAL:]]
    ask = f"{np.median(asks):.3f} s" if asks else "-"
    return f"{np.median(scores):.3f}  ({min(scores):.3f} to {max(scores):.3f})  {ask}"


def main() -> None:
    """Print a line for each problem and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--methods", nargs="+", help="all that are installed, unless named")
    parser.add_argument("--problems", nargs="+", help="all, unless named")
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    methods = with_peers()
    for title, problems in (("Held out", HELD_OUT), ("Tuned on", TUNED_ON)):
        for problem in problems:
            if given.problems and problem.name not in given.problems:
                continue
            print(f"{title}: {problem.name}, {given.trials} trials, {given.seeds} seeds")
            for name in given.methods or methods:
                line = row(methods[name], problem, given.trials, given.seeds)
                print(f"  {name:22}{line}", flush=True)


if __name__ == "__main__":
    main()
