"""Scale thresholds until populations fire as often as they are wanted to."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from spikefit_nb.adapt.thresholds import scale_threshold
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import Network
from spikefit_nb.simulate import simulate

TOLERANCE = 0.005  # of the rate: closer is not sought
PASSES = 16  # runs of the data set for one population, bracket and bisection together
FURTHEST = 2.0**12  # the largest factor of a threshold, and one over the smallest


def with_factor(network: Network, name: str, factor: float | np.ndarray) -> Network:
    """The network with the thresholds of one population times a factor, as ``scale_threshold`` says.

    Parameters
    ----------
    network : Network
    name : str, of a population
    factor : float, or an array that broadcasts to the population's shape

    Returns
    -------
    Network

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.5))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> with_factor(network, "out", 2.0)["out"].neuron.v_threshold
    np.float64(3.0)
    """
    if np.all(np.asarray(factor) == 1):
        return network
    return network.replace(populations=[
        replace(p, neuron=scale_threshold(p.neuron, factor)) if p.name == name else p for p in network.populations
    ])  # fmt: skip


def match_rates(
    network: Network,
    wanted: Mapping[str, float],
    dataset: SpikeDataset,
    *,
    arithmetic: str = "float32",
    tolerance: float = TOLERANCE,
) -> tuple[Network, dict[str, float]]:
    """Scale the thresholds of one population after another, so that each fires as often as wanted.

    Parameters
    ----------
    network : Network
    wanted : mapping of a population's name to its spikes on the whole data set, in the order to go by
    dataset : SpikeDataset
    arithmetic : one of ``simulate.ARITHMETICS``
    tolerance : float, relative difference of the spikes below which nothing is sought

    Returns
    -------
    Network, and the factor of each named population; 1 where no spike is wanted

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.0, reset="subtract"))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> match_rates(network, {"out": 25}, SpikeDataset(np.ones((1, 100, 1), bool)))[1]
    {'out': 4.0}
    """
    factors: dict[str, float] = {}
    known: dict[str, int] | None = None  # spikes of each population in the network as it stands
    for name, target in wanted.items():
        seen: dict[float, dict[str, int]] = {} if known is None else {1.0: known}

        def surplus(
            factor: float, name: str = name, target: float = target, network: Network = network, seen: dict = seen
        ) -> float:
            if factor not in seen:
                counts = simulate(with_factor(network, name, factor), dataset, arithmetic=arithmetic).spike_counts
                seen[factor] = {n: int(c.sum()) for n, c in counts.items()}
            return seen[factor][name] / target - 1

        factors[name] = best_factor(surplus, tolerance=tolerance) if target else 1.0
        known = seen.get(factors[name], known)
        network = with_factor(network, name, factors[name])
    return network, factors


def best_factor(surplus: Callable[[float], float], *, tolerance: float = TOLERANCE) -> float:
    """The factor at which a falling function is nearest to zero, by doubling or halving and then bisection.

    Parameters
    ----------
    surplus : callable, factor to relative surplus of spikes
    tolerance : float, surplus in size that is near enough

    Returns
    -------
    float, the best of at most 16 tried

    Examples
    --------
    >>> round(best_factor(lambda factor: 3 / factor - 1), 1)
    3.0
    """
    tried: dict[float, float] = {}
    low = high = None  # the largest factor with too many spikes, the smallest with too few
    factor = 1.0
    while len(tried) < PASSES and 1 / FURTHEST <= factor <= FURTHEST:
        tried[factor] = surplus(factor)
        if abs(tried[factor]) <= tolerance:
            break
        low, high = (factor, high) if tried[factor] > 0 else (low, factor)
        factor = 2 * low if high is None else high / 2 if low is None else (low * high) ** 0.5  # type: ignore
        if factor in tried:
            break
    return min(tried, key=lambda f: (abs(tried[f]), abs(np.log(f))))
