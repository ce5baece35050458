"""Ranges that a user gives in place of those a space would have: what they say, and whether they
can be searched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from spikefit_nb.adapt import KNOBS, Design
from spikefit_nb.errors import DesignProblem, UnknownName, expect
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network
from spikefit_nb.search.knobs import CHIP, KINDS, into_design, kind_of, population_of
from spikefit_nb.search.setting import Found
from spikefit_nb.simulate import DECODES

Names = Mapping[str, Mapping[str, Found]]


def spelled_out(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, with a name for each population that has its own."""
    spelled = {}
    for name, value in given.items():
        expect(name, str, "each knob of space", "'weight_bits'")
        each = value.items() if isinstance(value, Mapping) else [("", value)]
        spelled.update({f"{name}.{p}" if p else name: own for p, own in each})
    return spelled


def take_out(on: dict[str, Any], name: str) -> None:
    """Remove what a given knob stands in place of: the same, or the same of all or of each."""
    for other in list(on):
        is_whole = not population_of(name) or not population_of(other)
        if other == name or (kind_of(other) == kind_of(name) and is_whole and ":" not in name):
            del on[other]


def range_of(name: str, value: Any) -> tuple[float, float] | list | None:
    """A range or list to choose from; None where there is but one value."""
    if isinstance(value, tuple) and isinstance(value[0], bool | str):
        value = list(value)  # yes or no is a choice, not a range, and so are names
    if isinstance(value, tuple):
        return value if value[0] != value[1] else None
    if isinstance(value, list):
        return list(dict.fromkeys(value)) if len(set(value)) > 1 else None
    return None


def trained_value(name: str, profile: HardwareProfile) -> Any:
    """The value of a knob that changes nothing."""
    if kind_of(name) == "figure":
        figure = name.partition(":")[2]
        return profile.value(figure) if profile.has(figure) else None
    return getattr(Design(), kind_of(name), None)


def check(name: str, value: Any, network: Network, profiles: Sequence[HardwareProfile]) -> None:
    """Refuse a knob that there is not, and values that it does not take."""
    kind, choices = kind_of(name), value if isinstance(value, tuple | list) else [value]
    if kind not in KINDS and name != CHIP:
        raise UnknownName("knob", kind, [*KINDS, CHIP])
    if not len(choices):
        raise DesignProblem(
            f"{name}: there is nothing to choose from; give a range (low, high), a list or a value."
        )
    for choice in choices:
        _check_choice(name, choice, network, profiles)
    if isinstance(value, tuple) and (len(value) != 2 or None in value or value[0] > value[1]):
        least, most = KNOBS[kind][:2] if kind in KNOBS else ("low", "high")
        raise DesignProblem(
            f"{name}: the range {value} must be (low, high) within {least} to {most}."
        )


def _check_choice(
    name: str, choice: Any, network: Network, profiles: Sequence[HardwareProfile]
) -> None:
    """Refuse a value that a knob does not take."""
    kind, chips = kind_of(name), [p.name for p in profiles]
    if name == CHIP and choice not in chips:
        raise UnknownName("chip of this search", choice, chips)
    if kind == "decode" and choice is not None and choice not in DECODES:
        raise UnknownName("way to decode", choice, DECODES)
    if kind == "figure":
        profiles[0].replace(**{name.partition(":")[2]: choice})
    if kind in KNOBS:
        into_design(Design(), name, choice).must_suit(network)


def check_calibration(on: Names, fixed: Mapping[str, Any], has_calibration: bool) -> None:
    """Refuse knobs that need a calibration set where there is none."""
    if has_calibration:
        return
    largest = dict(fixed)
    for name, each in on.items():
        for found in each.values():
            given = [value for value in found.range if value is not None]
            largest[name] = max(given) if given and name != CHIP else None
    design = Design()
    for name in ("relays", "max_fan_in", "finetune_epochs", "max_events_per_step"):
        values = [v for n, v in largest.items() if kind_of(n) == name and v is not None]
        if values:
            design = replace(design, **{name: max(values)})
    design.refuse_without_calibration()
