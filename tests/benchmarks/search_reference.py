"""The front that a long search finds, for the score of a problem:
``uv run --with pymoo python -m tests.benchmarks.search_reference RE3-5-4 ...``.
"""

import argparse
import json

import numpy as np

from spikefit_nb.search.hypervolume import hypervolume
from spikefit_nb.search.unit_cube import UnitCube
from tests.benchmarks.search_problems import BEHIND, HELD_OUT, TUNED_ON, Problem

POPULATION, GENERATIONS = 200, 200


def long_front(problem: Problem, seed: int = 0) -> np.ndarray:
    """Losses of the front of NSGA-II over uniform numbers that the knobs are drawn from."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem as PymooProblem
    from pymoo.optimize import minimize

    cube = UnitCube(problem.knobs)
    one = cube.params(cube.drawn(np.full((1, len(problem.knobs)), 0.5)))[0]
    n_violations = len(problem.violations(one))

    class Drawn(PymooProblem):
        def __init__(self):
            super().__init__(
                n_var=len(problem.knobs),
                n_obj=problem.n_objectives,
                n_ieq_constr=n_violations,
                xl=0.0,
                xu=1.0 - 1e-9,
            )

        def _evaluate(self, x, out, *args, **kwargs):
            points = cube.params(cube.drawn(x))
            out["F"] = np.array([problem.losses(params) for params in points])
            if n_violations:
                out["G"] = np.array([problem.violations(params) for params in points])

    found = minimize(Drawn(), NSGA2(pop_size=POPULATION), ("n_gen", GENERATIONS), seed=seed)
    return found.F


def main() -> None:
    """Print what stands in search_problems.json for each problem named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="+")
    names = parser.parse_args().problems
    for problem in TUNED_ON + HELD_OUT:
        if problem.name in names:
            front = long_front(problem)
            low, high = front.min(axis=0), front.max(axis=0)
            volume = hypervolume((front - low) / (high - low), np.full(len(low), BEHIND))
            print(json.dumps({problem.name: {"lo": [*low], "hi": [*high], "hv": volume}}))


if __name__ == "__main__":
    main()
