"""What can be traded: each objective, its direction, and the figure a chip must have published for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NotPublished, UnknownName
from spikefit_nb.hardware import HardwareProfile


class Objective(NamedTuple):
    """One quantity to be made best.

    Attributes of a Report under the same name hold its value.
    """

    words: str
    unit: str
    maximize: bool
    logarithmic: bool
    needs: tuple[str, ...]  # figures without which it cannot be priced; one "|" separates alternatives


OBJECTIVES = {
    "accuracy": Objective("accuracy", "%", True, False, ()),
    "energy_j": Objective("energy per inference", "J", False, True, ("energy_synaptic_operation",)),
    "latency_s": Objective("latency", "s", False, True, ("time_synaptic_operation|tick",)),
    "n_cores": Objective("cores", "", False, True, ()),
    "memory_bits": Objective("synapse memory", "bits", False, True, ()),
    "synaptic_operations": Objective("synaptic operations per inference", "", False, True, ()),
}


def check_objectives(
    objectives: tuple[str, ...],
    profile: HardwareProfile,
    at_least: Mapping[str, float] = MappingProxyType({}),
    at_most: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Refuse what the chip cannot price, and limits on what is no objective, before the first trial.

    Parameters
    ----------
    objectives : tuple of str
    profile : HardwareProfile
    at_least, at_most : mapping of objective to float

    Raises
    ------
    UnknownName
        There is no such objective, or a limit is on something that is no objective of this search.
    NotPublished
        A figure the objective rests on is not published for this chip.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> check_objectives(("accuracy", "energy_j"), load_profile("loihi1"))
    """
    for name in (*at_least, *at_most):
        if name not in objectives:
            raise UnknownName("objective of this search", name, objectives)
    for name in objectives:
        if name not in OBJECTIVES:
            raise UnknownName("objective", name, OBJECTIVES)
        missing = _missing(name, profile)
        if missing:
            works = [other for other in OBJECTIVES if not _missing(other, profile)]
            raise NotPublished(
                f"{name} cannot be priced on {profile.title}: {missing} is not published. "
                f"Objectives that work: {', '.join(works)}. A figure of your own: "
                f"profile.replace({missing}=...), which marks it as your assumption."
            )


def _missing(name: str, profile: HardwareProfile) -> str:
    for need in OBJECTIVES[name].needs:
        if not any(profile.has(figure) for figure in need.split("|")):
            return need.split("|")[0]
    return ""


def values_of(report: Report, objectives: tuple[str, ...]) -> dict[str, float]:
    """The report's value of each objective.

    Parameters
    ----------
    report : Report, of a design that fits
    objectives : tuple of str

    Returns
    -------
    dict of str to float
    """
    return {name: float(getattr(report, name)) for name in objectives}


def losses_of(values: dict[str, float], objectives: tuple[str, ...]) -> np.ndarray:
    """Values as numbers to be made small, on the scale on which differences count: log10 for costs.

    Parameters
    ----------
    values : dict of str to float
    objectives : tuple of str

    Returns
    -------
    (n_objectives,) float64

    Examples
    --------
    >>> losses_of({"accuracy": 0.9, "energy_j": 1e-6}, ("accuracy", "energy_j"))
    array([-0.9, -6. ])
    """
    losses = []
    for name in objectives:
        objective, value = OBJECTIVES[name], values[name]
        value = np.log10(max(value, 1e-30)) if objective.logarithmic else value
        losses.append(-value if objective.maximize else value)
    return np.array(losses)


def meets(values: Mapping[str, float], at_least: Mapping[str, float], at_most: Mapping[str, float]) -> bool:
    """Whether values keep limits.

    Parameters
    ----------
    values, at_least, at_most : mapping of objective to float

    Returns
    -------
    bool

    Examples
    --------
    >>> meets({"accuracy": 0.9}, {"accuracy": 0.85}, {})
    True
    """
    return all(values[o] >= v for o, v in at_least.items()) and all(values[o] <= v for o, v in at_most.items())


def limits_of(objectives: tuple[str, ...], at_least: Mapping[str, float], at_most: Mapping[str, float]) -> np.ndarray:
    """Limits as losses not to exceed; infinite where there is none.

    Parameters
    ----------
    objectives : tuple of str
    at_least, at_most : mapping of objective to float

    Returns
    -------
    (n_objectives,) float64

    Examples
    --------
    >>> limits_of(("accuracy", "energy_j"), {"accuracy": 0.9}, {})
    array([-0.9,  inf])
    """
    stated = dict(at_least) | dict(at_most)
    given = losses_of({o: stated.get(o, 1.0) for o in objectives}, objectives)
    return np.where([o in stated for o in objectives], given, np.inf)
