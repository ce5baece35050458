"""The knobs a search turns, and how far."""

from collections.abc import Mapping

from spikefit_nb.adapt import KNOBS, Design
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network

Range = tuple[float, float] | list | float


def default_ranges(network: Network, profile: HardwareProfile) -> dict[str, Range]:
    """Ranges of every knob that make sense for a network on a chip."""
    largest = max(p.n_neurons for p in network.neuron_populations)
    most = min(largest, int(profile.si("neurons_per_core", largest)))
    fewest = max(1, -(-network.n_neurons // int(profile.si("cores", network.n_neurons))))
    return {
        "weight_bits": (2, max(profile.value("weight_bits")) if profile.has("weight_bits") else 16),
        "prune_fraction": (0.0, 0.9),
        "threshold_scale": (0.5, 2.0),
        "neurons_per_core": (min(fewest, most), most),
    }


def check_ranges(ranges: Mapping[str, Range], *, has_calibration: bool = True) -> None:
    """Refuse ranges that cannot be searched, or only with a calibration set that there is not."""
    n_searched, largest = 0, dict[str, float]()
    for name, value in ranges.items():
        if name not in KNOBS:
            raise UnknownName("knob", name, KNOBS)
        least, most, _ = KNOBS[name]
        choices = value if isinstance(value, tuple | list) else [value]
        if not choices:
            raise DesignProblem(
                f"{name}: there is nothing to choose from; give a range (low, high), a list or a "
                "value."
            )
        for choice in choices:
            Design(**{name: choice})  # refuses what the knob does not take
        if isinstance(value, tuple) and (len(value) != 2 or None in value or value[0] > value[1]):
            raise DesignProblem(
                f"{name}: the range {value} must be (low, high) within {least} to {most}."
            )
        n_searched += len(set(choices)) > 1
        given = [choice for choice in choices if choice is not None]
        largest |= {name: max(given)} if given else {}
    if not n_searched:
        raise DesignProblem(
            "Nothing to search: every knob is fixed. Give at least one a range (low, high)."
        )
    if not has_calibration:
        Design(**largest).refuse_without_calibration()
