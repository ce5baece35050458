"""The knobs a search turns, and how far."""

from collections.abc import Mapping
from dataclasses import fields

from skopt.space import Categorical, Dimension, Integer, Real, Space

from spikefit_nb.adapt import KNOBS, Design
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network

ROUNDED = {"prune_fraction": 2, "threshold_scale": 2}  # decimals: finer steps would not be told apart
Range = tuple[float, float] | list | float


def default_ranges(network: Network, profile: HardwareProfile) -> dict[str, Range]:
    """Ranges of every knob that make sense for a network on a chip.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile

    Returns
    -------
    dict of knob to (low, high)

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> import numpy as np
    >>> network = Network([Population("in", (2,), Input()), Population("out", (200,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((2, 200)))])
    >>> default_ranges(network, load_profile("loihi1"))["neurons_per_core"]
    (2, 200)
    """
    widest = max(p.n_neurons for p in network.neurons)
    return {
        "weight_bits": (2, max(profile.value("weight_bits"))),
        "prune_fraction": (0.0, 0.9),
        "threshold_scale": (0.5, 2.0),
        "neurons_per_core": (
            max(1, -(-network.n_neurons // int(profile.value("cores")))),
            min(widest, int(profile.value("neurons_per_core"))),
        ),
    }


class DesignSpace:
    """Designs as points that a sampler can move in.

    Parameters
    ----------
    ranges : mapping of knob to (low, high), a list of choices, or one fixed value

    Raises
    ------
    UnknownName
        There is no such knob.
    DesignProblem
        A range is empty or outside what the knob allows.

    Examples
    --------
    >>> DesignSpace({"weight_bits": (2, 8), "prune_fraction": 0.5}).design([4])
    Design(weight_bits=4, prune_fraction=0.5)
    """

    def __init__(self, ranges: Mapping[str, Range]):
        self.fixed: dict[str, object] = {}
        dimensions = []
        for name, value in ranges.items():
            if name not in KNOBS:
                raise UnknownName("knob", name, KNOBS)
            if isinstance(value, tuple) and value[0] != value[1]:
                dimensions.append(_dimension(name, *value))
            elif isinstance(value, list) and len(value) > 1:
                dimensions.append(Categorical(value, name=name, transform="onehot"))
            else:
                self.fixed[name] = value[0] if isinstance(value, tuple | list) else value
        if not dimensions:
            raise DesignProblem("Nothing to search: every knob is fixed. Give at least one a range (low, high).")
        self.space = Space(dimensions)
        self.names = tuple(d.name for d in dimensions)

    def design(self, point: list) -> Design:
        """The design at a point.

        Parameters
        ----------
        point : list, one value per searched knob

        Returns
        -------
        Design
        """
        integers = {f.name for f in fields(Design) if "int" in str(f.type)}
        knobs = dict(self.fixed)
        for name, value in zip(self.names, point, strict=True):
            knobs[name] = int(value) if name in integers else round(float(value), ROUNDED[name])
        return Design(**knobs)  # type: ignore[arg-type]


def _dimension(name: str, low: float, high: float) -> Dimension:
    least, most, _ = KNOBS[name]
    if not least <= low < high <= most:
        raise DesignProblem(f"{name}: the range ({low}, {high}) must rise and stay within {least} to {most}.")
    if name == "weight_bits":
        return Integer(int(low), int(high), name=name, transform="normalize")
    if name == "neurons_per_core":
        return Integer(int(low), int(high), prior="log-uniform", name=name, transform="normalize")
    prior = "log-uniform" if name == "threshold_scale" else "uniform"
    return Real(float(low), float(high), prior=prior, name=name, transform="normalize")
