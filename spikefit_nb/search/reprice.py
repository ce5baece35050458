"""The same designs once more, with other figures of the chip."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.search.means import Means
from spikefit_nb.search.terms import Terms


def repriced(
    terms: Terms, means: Means, params: Sequence[Mapping[str, Any]], profile: HardwareProfile
) -> tuple[Terms, Means]:
    """What was asked, and the means of a search, with other figures of a chip and no designs but
    these.
    """
    before = means.space.profiles
    alike = [p for p in before if p.name == profile.name]
    alike = alike or [p for p in before if p.family == profile.family]
    if len(alike) != 1:
        names = " and ".join(p.name for p in before)
        raise DesignProblem(
            f"profile is {profile.name!r}, and the study is of {names}: give the same "
            "chip with other figures, such as study.profile.replace(static_power=0.05) or "
            "fit_costs(profile, measurements).profile."
        )
    changed = replace(profile, name=alike[0].name)  # knobs go by the name of their chip
    profiles = tuple(changed if p is alike[0] else p for p in before)
    base = replace(means.base, profile=profiles[0])
    space = replace(means.space, profiles=profiles)
    told = {**terms.fingerprints, "profile": " ".join(p.fingerprint for p in profiles)}
    terms = replace(
        terms,
        fingerprints=told,
        n_trials=len(params),
        goal={},
        patience=None,
        max_seconds=None,
        chip_title=" and ".join(p.title for p in profiles),
    )
    return terms, replace(means, base=base, space=space, warm=tuple(params))
