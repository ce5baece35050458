"""What ends a search before its last trial, and how it is said."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from spikefit_nb.search.objectives import OBJECTIVES, limits_in_words, meets
from spikefit_nb.search.terms import Terms
from spikefit_nb.search.trial import Trial, front
from spikefit_nb.units import text

REPEATED = 4  # designs in a row that were tried before, from which on there are no others
HOPELESS = 8  # trials of which none can be run, from which on no other is expected to


class End(NamedTuple):
    """Why a search ended: a word for programs, a sentence for people."""

    by: str  # "trials", "time", "stagnation", "goal", "exhausted", "hopeless", "stop" or "error"
    words: str = ""


def end_of(terms: Terms, trials: Sequence[Trial], seconds: float) -> End | None:
    """Why a search should end now, trial 0 among its trials; None to go on."""
    for rule in (_goal, _hopeless, _exhausted, _stagnation):
        found = rule(terms, trials)
        if found is not None:
            return found
    if terms.max_seconds is not None and seconds >= terms.max_seconds:
        return End("time", f"ended after {text(terms.max_seconds, 's')}")
    return None


def without_its_end(terms: Terms, trials: Sequence[Trial], seconds: float) -> Terms:
    """What a search that goes on is asked, without what would end it again at once."""
    if terms.max_seconds is not None and seconds >= terms.max_seconds:
        terms = replace(terms, max_seconds=None)
    return replace(terms, goal={}, patience=None) if end_of(terms, trials, 0.0) else terms


def _goal(terms: Terms, trials: Sequence[Trial]) -> End | None:
    if not terms.goal:
        return None
    goal, words = parted(terms.goal), limits_in_words(*parted(terms.goal))
    done = (t for t in trials if t.state == "done")
    within = (t for t in done if meets(t.numbers, terms.at_least, terms.at_most))
    first = next((t for t in within if meets(t.numbers, *goal)), None)
    return End("goal", f"{first.name} reaches {words}") if first else None


def parted(goal) -> tuple[dict[str, float], dict[str, float]]:
    """A goal as what is to be at least, and at most, so large."""
    least = {o: v for o, v in goal.items() if OBJECTIVES[o].maximize}
    return least, {o: v for o, v in goal.items() if o not in least}


def _hopeless(terms: Terms, trials: Sequence[Trial]) -> End | None:
    """Nothing that was tried can be run: say what would help."""
    if len(trials) < HOPELESS or any(t.state not in ("infeasible", "failed") for t in trials):
        return None
    return End("hopeless", f"none of the first {len(trials)} designs fits. {help_of(trials[0])}")


def help_of(reference: Trial) -> str:
    """What keeps the network as trained from fitting, and the remedy with its line."""
    said = f"{reference.message.rstrip('.')}."
    report = reference.report
    if report is None:
        return said
    if not report.fit.remedies:
        return " ".join((said, *report.fit.hints))
    remedy = report.fit.remedies[0]
    return (
        f"{said} What helps: {remedy.headline}. remedy = sf.check_fit(network, profile)."
        "remedies[0]; sf.search(remedy.network, remedy.profile, dataset)"
    )


def _exhausted(terms: Terms, trials: Sequence[Trial]) -> End | None:
    """A space of few designs: the latest ones were all tried before."""
    before = {trial.tried for trial in trials[:-REPEATED]}
    if not before or not all(trial.tried in before for trial in trials[-REPEATED:]):
        return None
    return End("exhausted", "every design of the space was tried")


def _stagnation(terms: Terms, trials: Sequence[Trial]) -> End | None:
    if terms.patience is None or len(trials) <= terms.patience:
        return None
    within = [t for t in trials if t.state == "done"]
    within = [t for t in within if meets(t.numbers, terms.at_least, terms.at_most)]
    latest = max((t.number for t in front(within, terms.objectives)), default=0)
    waited = max(t.number for t in trials) - latest
    if waited < terms.patience:
        return None
    return End("stagnation", f"nothing better in the last {waited} trials")
