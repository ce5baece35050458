"""A figure of a user's own: which unit it is in, and that it says so."""

import re

from spikefit_nb.errors import ProfileProblem
from spikefit_nb.hardware.check import value_fault
from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.figures import FIGURES, base_of
from spikefit_nb.hardware.sourced import OWN, Sourced, plain, shown

WITH_UNIT = re.compile(r"\s*([0-9.eE+-]+)\s*(\S+)\s*")


def own_figure(chip: Chip, name: str, value: object) -> Sourced:
    """A figure as a user gives it: a number or a list in the unit that the chip's figures have, or
    a text with a unit of its own.
    """
    value, meaning = plain(value), FIGURES[name]
    unit: str | None
    if isinstance(value, str) and meaning.shape == "number" and meaning.base:
        value, unit = _with_unit(name, value)
    else:
        unit = _unit_of(chip, name)
    if fault := value_fault(name, value):
        raise ProfileProblem(f"{name} {fault}.")
    if unit is None:
        raise ProfileProblem(_which_unit(chip, name, value))
    return Sourced(value, unit, "assumed", OWN)


def _with_unit(name: str, value: str) -> tuple[float, str]:
    """The number and the unit of a text."""
    base, found = FIGURES[name].base, WITH_UNIT.fullmatch(value)
    try:
        if found and base_of(found[2]) == base:
            return float(found[1]), found[2]
    except ValueError:
        pass
    raise ProfileProblem(
        f"{name} is {shown(value)}; write a number, or one with its unit as a text: "
        f'"80.9 {FIGURES[name].unit}".'
    )


def _unit_of(chip: Chip, name: str) -> str | None:
    """The unit in which a figure is published, or else its neighbours; None where they differ."""
    if chip.has(name):
        return chip.figure(name).unit
    units = _units_of_neighbours(chip, name) or {FIGURES[name].unit}
    return units.pop() if len(units) == 1 else None


def _units_of_neighbours(chip: Chip, name: str) -> set[str]:
    """Units of the chip's other figures of the same kind, such as its energies."""
    if not FIGURES[name].base:
        return set()
    usual = FIGURES[name].unit
    return {figure.unit for other, figure in chip.figures.items() if FIGURES[other].unit == usual}


def _which_unit(chip: Chip, name: str, value: object) -> str:
    units = sorted(_units_of_neighbours(chip, name))
    return (
        f"{name} is {shown(value)}: in which unit? Other figures of its kind are in "
        f'{" and ".join(units)} on {chip.title}. Say it: replace({name}="{value} {units[0]}").'
    )
