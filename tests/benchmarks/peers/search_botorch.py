"""BoTorch as people use it on such problems: a Gaussian process per objective and constraint, and
the noisy expected hypervolume improvement, told the reference of the score.
"""

import time
import warnings

import numpy as np
import torch
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import IdentityMCMultiOutputObjective
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf
from botorch.sampling import SobolQMCNormalSampler
from gpytorch.mlls import SumMarginalLogLikelihood

from spikefit_nb.search.unit_cube import UnitCube

N_INITIAL, DRAWS, RESTARTS, RAW = 16, 64, 4, 128


def botorch_run(problem, n_trials: int, seed: int) -> tuple[list, list[float]]:
    """Points that can be, and CPU seconds an ask; all knobs are drawn from uniform numbers."""
    warnings.simplefilter("ignore")
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random, cube = np.random.default_rng(seed + 1000), UnitCube(problem.knobs)
    d = len(problem.knobs)
    uniform = torch.quasirandom.SobolEngine(d, scramble=True, seed=seed).draw(N_INITIAL).numpy()
    x, y, points, seconds = [], [], [], []
    for k in range(n_trials):
        began = time.process_time()
        at = uniform[k] if k < N_INITIAL else _next(problem, np.array(x), np.array(y))
        seconds.append(time.process_time() - began)
        params = cube.params(cube.drawn(np.clip(at, 0, 1 - 1e-9)[None]))[0]
        losses = np.array(problem.losses(params))
        if problem.noise:
            losses = losses + random.standard_normal(len(losses)) * problem.noise
        x.append(at)
        y.append([*-losses, *problem.violations(params)])
        points.append(params)
    can_be = [p for p in points if max(problem.violations(p), default=0) <= 0]
    return can_be, seconds


def _next(problem, x, y):
    x, y = torch.tensor(x).double(), torch.tensor(y).double()
    m = problem.n_objectives
    models = [
        SingleTaskGP(x, y[:, j : j + 1], outcome_transform=Standardize(1))
        for j in range(y.shape[1])
    ]
    model = ModelListGP(*models)
    fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
    acquisition = qLogNoisyExpectedHypervolumeImprovement(
        model=model,
        ref_point=torch.tensor(-problem.reference),
        X_baseline=x,
        prune_baseline=True,
        sampler=SobolQMCNormalSampler(torch.Size([DRAWS])),
        objective=IdentityMCMultiOutputObjective(outcomes=list(range(m))),
        constraints=[lambda z, j=j: z[..., j] for j in range(m, y.shape[1])] or None,
    )
    bounds = torch.stack([torch.zeros(x.shape[1]), torch.ones(x.shape[1])]).double()
    found, _ = optimize_acqf(acquisition, bounds, q=1, num_restarts=RESTARTS, raw_samples=RAW)
    return found[0].numpy()
