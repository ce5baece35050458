"""Which knob decides what: shares of the variance of each objective."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from spikefit_nb.errors import DesignProblem
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.search.objectives import OBJECTIVES
from spikefit_nb.units import text

if TYPE_CHECKING:  # Optuna takes half a second to import
    from optuna import Study
    from optuna.trial import FrozenTrial

LEAST = 10  # priced trials


@dataclass(frozen=True, eq=False, repr=False)
class Importance(Result):
    """How much each knob decides of each objective, from a random forest over the trials.

    Parameters
    ----------
    shares : mapping of objective to mapping of knob to share of its variance, the largest first
    n_trials : int, priced trials it is told of

    References
    ----------
    Hutter, Hoos & Leyton-Brown 2014, ICML: functional ANOVA of random forests.

    Examples
    --------
    >>> Importance({"accuracy": {"weight_bits": 0.9, "prune_fraction": 0.1}}, 40)
    Importance(accuracy: mostly weight_bits (90.0 %))
    """

    shares: dict[str, dict[str, float]]
    n_trials: int

    def _headline(self) -> str:
        most = ((o, max(of, key=lambda knob: of[knob])) for o, of in self.shares.items() if of)
        return "; ".join(
            f"{OBJECTIVES[o].words}: mostly {knob} ({text(self.shares[o][knob], '%')})"
            for o, knob in most
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(
            Quantity(f"share_of_{o}", OBJECTIVES[o].words.capitalize(), share, "%", of=knob)
            for o, of in self.shares.items()
            for knob, share in of.items()
        )

    def _card(self) -> tuple[str, ...]:
        return f"What decides, after {self.n_trials} trials", grid(self.quantities, "Knob")


def _value(place: int, trial: "FrozenTrial") -> float:
    return trial.values[place]


def importance(study: "Study", objectives: Sequence[str]) -> Importance:
    """Fit a random forest to the priced trials, and share out its variance among the knobs."""
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    priced = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    n = len(priced)
    if n < LEAST:
        raise DesignProblem(f"{n} trials are priced; {LEAST} are needed to tell what decides.")
    shares: dict[str, dict[str, float]] = {}
    for j, name in enumerate(objectives):
        if len({t.values[j] for t in priced}) == 1:  # nothing decides of what is always the same
            shares[name] = {}
            continue
        found = get_param_importances(
            study,
            evaluator=FanovaImportanceEvaluator(seed=0),
            target=partial(_value, j),
        )
        shares[name] = {knob: float(share) for knob, share in found.items()}
    return Importance(shares, n)
