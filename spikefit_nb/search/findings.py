"""What a search should say of its own objectives: constants, twins, and what static power hides."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.hardware import SCENARIOS
from spikefit_nb.search.objectives import OBJECTIVES, losses_of
from spikefit_nb.units import text

ENOUGH = 10  # trials, before anything is said of their values
ALIKE = 0.98  # rank correlation from which two objectives order designs alike
MOSTLY = 0.9  # share of all energy from which static power rules


def static_words(report: Report | None, objectives: Sequence[str]) -> tuple[str, ...]:
    """Say how much of the energy is static power, where it rules: what is left out where only
    events are traded, and what no design changes where all energy or power is.
    """
    if report is None or report.operation is None:
        return ()
    events_j, all_j = report.event_energy_j, report.energy_j
    if events_j is None or not all_j or 1 - events_j / all_j < MOSTLY:
        return ()
    share, said = text(1 - events_j / all_j, "%"), []
    if "event_energy_j" in objectives:
        scenario = SCENARIOS[report.operation.scenario]
        said.append(
            f"Static power is not traded: it is {share} of the {text(all_j, 'J')} that {scenario} "
            "takes as trained."
        )
    takes_as_long = report.operation.is_live or report.operation.price.timing == "tick"
    for name in ("energy_j", "power_w"):
        if name in objectives and takes_as_long:
            said.append(
                f"{share} of {OBJECTIVES[name].words} is static power for a time that hardly any "
                "design changes: event_energy_j is what designs change."
            )
    return tuple(said)


def alike_words(values: Sequence[dict[str, float]], objectives: Sequence[str]) -> Iterator[str]:
    """Say which objectives are the same in all trials, or order them as another one does."""
    if len(values) < ENOUGH:
        return
    from scipy.stats import spearmanr  # imported here: objectives are asked for without a search

    # as losses: of a cost that buys accuracy the orders are opposite, which is a trade
    losses = np.array([losses_of(v, tuple(objectives)) for v in values]).T
    columns = dict(zip(objectives, losses, strict=True))
    fixed = {o for o, column in columns.items() if np.ptp(column) <= 1e-9 * abs(column).max()}
    for o in objectives:
        if o in fixed:
            said = OBJECTIVES[o].words
            yield f"{said[:1].upper()}{said[1:]} is the same in all {len(values)} designs so far."
    for one, other in combinations([o for o in objectives if o not in fixed], 2):
        if spearmanr(columns[one], columns[other]).statistic > ALIKE:
            names = f"{OBJECTIVES[one].words} and {OBJECTIVES[other].words}"
            yield f"The designs so far are ordered alike by {names}: one of them would do."
