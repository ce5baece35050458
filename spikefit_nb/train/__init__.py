"""Learn: slopes by the adjoint of the simulator's own kernels, and steps against them."""

from spikefit_nb.train.gradient import Surrogate, Told
from spikefit_nb.train.loop import (
    ONE_ANSWER,
    Epoch,
    Goal,
    Latents,
    Recipe,
    epochs,
    goal_of,
    slope_of,
)
from spikefit_nb.train.scratch import train_network

__all__ = [
    "ONE_ANSWER",
    "Epoch",
    "Goal",
    "Latents",
    "Recipe",
    "Surrogate",
    "Told",
    "epochs",
    "goal_of",
    "slope_of",
    "train_network",
]
