"""Find the designs worth having."""

from spikefit_nb.search.confirm import Confirmation
from spikefit_nb.search.importance import Importance
from spikefit_nb.search.objectives import OBJECTIVES, Objective, is_best
from spikefit_nb.search.places import KeptStudy
from spikefit_nb.search.recommend import Recommendation
from spikefit_nb.search.search import load_study, search, studies
from spikefit_nb.search.space import DesignSpace, default_space
from spikefit_nb.search.study import Study
from spikefit_nb.search.trial import Trial

__all__ = [
    "OBJECTIVES",
    "Confirmation",
    "DesignSpace",
    "Importance",
    "KeptStudy",
    "Objective",
    "Recommendation",
    "Study",
    "Trial",
    "default_space",
    "is_best",
    "load_study",
    "search",
    "studies",
]
