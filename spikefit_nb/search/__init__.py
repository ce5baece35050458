"""Find the designs worth having."""

from spikefit_nb.search.objectives import OBJECTIVES, Objective, is_best
from spikefit_nb.search.recommend import Recommendation
from spikefit_nb.search.search import search
from spikefit_nb.search.space import DesignSpace, default_space
from spikefit_nb.search.study import Study
from spikefit_nb.search.trial import Trial

__all__ = [
    "OBJECTIVES",
    "DesignSpace",
    "Objective",
    "Recommendation",
    "Study",
    "Trial",
    "default_space",
    "is_best",
    "search",
]
