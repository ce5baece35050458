"""Make neurons harder or easier to fire: by a factor, or until they fire as often as wanted."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_number, expect_tolerance
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, NetworkProblem, guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import (
    ALIF,
    AdEx,
    Izhikevich,
    Network,
    Neuron,
    setting_in_words,
    settings_of,
)
from spikefit_nb.simulate import Layered, run_in_layers

TOLERANCE = 0.005  # of the rate: closer is not sought
PASSES = 16  # runs of one population, bracket and bisection together
CLEAR = 2.0  # times the tolerance: what is predicted to be further off need not be run
PREDICTED_UP_TO = (
    6  # factors tried; if they have not led to the end, each further one on the way is run
)
FURTHEST = 2.0**12  # the largest factor of a threshold, and one over the smallest


def scale_threshold(neuron: Neuron, factor: float | np.ndarray) -> Neuron:
    """The neuron with ``factor`` times the threshold; above one it fires less.

    ALIF: ``v_threshold`` and ``beta``. Izhikevich and AdEx have no single threshold, and theirs is
    not counted from 0: ``r`` is divided by the factor, which for a neuron that starts at 0 and is
    reset to 0 comes to the same. What never fires, and inputs, stay as they are.

    Parameters
    ----------
    neuron : a neuron model
    factor : float, above zero, or one for each neuron in the shape of its population

    Returns
    -------
    a neuron of the same model

    Raises
    ------
    DesignProblem
        A threshold would be too large or too small for float32, in which networks run.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> scale_threshold(IF(2.0), 1.5).v_threshold, scale_threshold(Izhikevich(), 2.0).r
    (np.float64(3.0), np.float64(0.5))
    """
    if isinstance(neuron, Izhikevich | AdEx):
        return replace(neuron, r=_scaled(neuron.r, factor, "r", np.divide))
    if "v_threshold" not in neuron.parameters:
        return neuron
    names = ("v_threshold", "beta") if isinstance(neuron, ALIF) else ("v_threshold",)
    return replace(neuron, **{name: _scaled(getattr(neuron, name), factor, name) for name in names})


def _scaled(
    value: np.ndarray | float, factor: np.ndarray | float, name: str, by: np.ufunc = np.multiply
) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        scaled = by(value, factor)
        single = scaled.astype(np.float32)
    lost = ~np.isfinite(single) | ((single == 0) & (np.asarray(value) != 0))
    if lost.any():
        worst = np.broadcast_to(scaled, lost.shape)[lost][0]
        raise DesignProblem(
            f"{name} would be {worst:g} after scaling; float32, in which networks run, holds sizes "
            "from 1e-45 to 3e38."
        )
    return scaled


@guarded
def scale_thresholds(network: Network, factor: float | Mapping[str, float]) -> Adapted:
    """Multiply every threshold: above one fewer spikes, below one more (``scale_threshold`` says
    how for each model).

    Parameters
    ----------
    network : Network
    factor : float, above zero, or a mapping of population to its own, others keeping theirs

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The factor is not a number above zero, or brings a threshold to where float32 has none.
    UnknownName
        There is no such population.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(2.0))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> scale_thresholds(network, 1.5).network["out"].neuron.v_threshold
    np.float64(3.0)
    """
    factors = settings_of(network, factor, 1.0)
    for each in factors.values():
        expect_number(each, "threshold_scale", "above zero", lambda number: number > 0)
    change = f"thresholds x {setting_in_words(factor, lambda own: f'{float(own):g}')}"
    if all(each == 1 for each in factors.values()):
        return Adapted(change, network, network)
    populations = [
        replace(p, neuron=scale_threshold(p.neuron, float(factors.get(p.name, 1.0))))
        for p in network.populations
    ]
    return Adapted(change, network, network.replace(populations=populations))


def with_factor(network: Network, name: str, factor: float | np.ndarray) -> Network:
    """The network with the thresholds of one population times a factor, as ``scale_threshold``
    says.
    """
    if np.all(np.asarray(factor) == 1):
        return network
    return network.replace(
        populations=[
            replace(p, neuron=scale_threshold(p.neuron, factor)) if p.name == name else p
            for p in network.populations
        ]
    )


def match_rates(
    network: Network,
    wanted: Mapping[str, float],
    dataset: SpikeDataset,
    *,
    arithmetic: str = "float32",
    tolerance: float = TOLERANCE,
) -> tuple[Network, dict[str, float]]:
    """Scale thresholds, population after population, so that each fires as often as wanted."""
    expect_tolerance(tolerance)
    runs, factors = matched(
        run_in_layers(network, dataset, arithmetic=arithmetic), wanted, tolerance=tolerance
    )
    return runs.network, factors


def matched(
    runs: Layered, wanted: Mapping[str, float], *, tolerance: float
) -> tuple[Layered, dict[str, float]]:
    """``match_rates`` of a network that is run in layers: a pass runs one population, on spikes
    that are known.
    """
    factors = {}
    for name, target in wanted.items():
        factors[name], runs = _at_nearest(runs, name, target, tolerance) if target else (1.0, runs)
    return runs, factors


def _at_nearest(runs: Layered, name: str, target: float, tolerance: float) -> tuple[float, Layered]:
    # one, ordered as ``best_factor`` chooses; others are let go
    nearest: dict[tuple[float, float], Layered] = {}

    def surplus(factor: float) -> float:
        tried = scaled(runs, name, factor)
        off = int(tried.counts(name).sum()) / target - 1
        nearest.setdefault((abs(off), abs(np.log(factor))), tried)
        for farther in sorted(nearest)[1:]:
            del nearest[farther]
        return off

    return best_factor(surplus, tolerance=tolerance), next(iter(nearest.values()))


def scaled(runs: Layered, name: str, factor: float | np.ndarray) -> Layered:
    """``with_factor`` of a network that is run in layers; what comes before the population is not
    run again.
    """
    if np.all(np.asarray(factor) == 1):
        return runs
    return runs.with_neuron(name, scale_threshold(runs.network[name].neuron, factor))


def best_factor(surplus: Callable[[float], float], *, tolerance: float = TOLERANCE) -> float:
    """The factor at which a falling function is nearest to zero, by doubling or halving and then
    bisection.
    """
    tried: dict[float, float] = {}
    while len(tried) < PASSES and (factor := _first_open(tried, tolerance)) is not None:
        tried[factor] = surplus(factor)
    return _nearest_of(tried)


def _first_open(tried: Mapping[float, float], tolerance: float) -> float | None:
    """The first factor on the way of bisection that has to be run, at the end the nearest."""
    low = high = None  # the largest factor with too many spikes, the smallest with too few
    factor, way = 1.0, dict[float, float]()
    while len(way) < PASSES and 1 / FURTHEST <= factor <= FURTHEST and factor not in way:
        off = tried.get(factor)
        if off is None:
            off = _predicted(tried, factor) if len(tried) <= PREDICTED_UP_TO else None
            if off is None or abs(off) <= CLEAR * tolerance:
                return factor
        elif abs(off) <= tolerance:
            return None
        way[factor] = off
        low, high = (factor, high) if off > 0 else (low, factor)
        if low is None or high is None:
            factor = 2 * low if low is not None else high / 2  # type: ignore[operator]
        else:
            factor = (low * high) ** 0.5
    nearest = _nearest_of(way)
    return None if nearest in tried else nearest


def _nearest_of(tried: Mapping[float, float]) -> float:
    return min(tried, key=lambda f: (abs(tried[f]), abs(np.log(f))))


def _predicted(tried: Mapping[float, float], factor: float) -> float | None:
    """The surplus on the power law through the nearest factors tried; None where there is none."""
    below, above = sorted(f for f in tried if f < factor), sorted(f for f in tried if f > factor)
    near = below[-1:] + above[:1] if below and above else below[-2:] or above[:2]
    if not near or any(tried[f] <= -1 for f in near):  # what is silent has no power
        return None
    x, y = np.log(near), np.log1p([tried[f] for f in near])
    # one alone: spikes go by one over the threshold
    power = -1.0 if len(near) == 1 else (y[1] - y[0]) / (x[1] - x[0])
    return float(np.expm1(y[0] + power * (np.log(factor) - x[0]))) if power < 0 else None


def in_chip_numbers(
    profile: HardwareProfile, done: str, change: Callable[[str], Adapted]
) -> Adapted:
    """A change made in a chip's own arithmetic, or in float32 where that cannot express it."""
    try:
        return change(profile.arithmetic)
    except NetworkProblem as problem:
        made = change("float32")
        return replace(made, notes=(*made.notes, f"{done} in float32: {problem}"))
