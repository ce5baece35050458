"""A chip as data: sourced figures that anyone can read, change, compare and save."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from spikefit_nb.errors import FileProblem, ProfileProblem, UnknownName, expect
from spikefit_nb.hardware.card import ProfileDiff, figure_quantity, n_cores, profile_card
from spikefit_nb.hardware.check import document_faults, written_path
from spikefit_nb.hardware.chip import Chip, CoefficientSet
from spikefit_nb.hardware.figures import FIGURES, group_of
from spikefit_nb.hardware.own_figure import own_figure
from spikefit_nb.hardware.sourced import OWN, Sourced, weakest
from spikefit_nb.hardware.toml_file import to_toml
from spikefit_nb.quantities import Quantity, Result

LEFT_OUT = {"arithmetic": "float32", "fitted_on": ""}  # of a file, which has no None either
CHANGED = "_changed"  # ends the name of a chip with figures of the user's own


@dataclass(frozen=True, eq=False, repr=False)
class HardwareProfile(Chip, Result):
    """Where a network runs: the limits and costs of one chip.

    Parameters
    ----------
    name, title : str
    family : str, which capacity rules apply
    step : "barrier" (a step ends when the busiest core is done), "tick" (a global clock), "cycles"
        (so many cycles of a clock for what happens in a step) or "asynchronous" (no steps: events
        are handled as they come)
    figures : mapping of str to Sourced; every name is one of FIGURES, none is required
    included : mapping of figure to figure: what is not published alone because another figure
        contains it
    checks : mapping of str to Sourced: published totals to hold a prediction against; any names,
        shown, never priced
    sets : mapping of str to CoefficientSet: other coefficients of the same chip
    year : int or None, of publication
    arithmetic : str, what its neurons count in: the integers of a chip, or "float32" where nobody
        has published them
    fitted_on : str, the system and workloads that its costs were measured, fitted or simulated on

    Raises
    ------
    ProfileProblem
        A figure is not in the vocabulary, or its unit, shape or range is another; family or step is
        unknown.

    Examples
    --------
    >>> HardwareProfile("mine", "A chip of mine", "mesh", "tick").replace(cores=64)
    HardwareProfile(mine_changed: 64 cores, 1 sourced figure)
    """

    def __post_init__(self) -> None:
        for name in ("figures", "included", "checks", "sets"):
            expect(getattr(self, name), Mapping, name, "{'cores': Sourced(...)}")
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for name in ("name", "title", "family", "step", "arithmetic", "fitted_on"):
            expect(getattr(self, name), str, name, '"mesh"')
        faults = [
            f"{written_path(path)} {fault}" for path, fault in document_faults(_document(self))
        ]
        if faults:
            raise ProfileProblem("\n".join(f"Profile {self.name!r}: {fault}" for fault in faults))

    def replace(self, **figures: object) -> "HardwareProfile":
        """The same chip with figures of your own; each is marked as assumed.

        A plain number is in the unit in which the figure is published; where it is not, in the one
        unit that the chip's other figures of its kind have, or in the usual one where there are
        none. A text states its unit: ``"80.9 nJ"``.

        Name and title say that it is changed, in every report that rests on it.

        Parameters
        ----------
        **figures : a number, list or text such as "80.9 nJ", or a Sourced of your own

        Returns
        -------
        HardwareProfile

        Raises
        ------
        UnknownName
            The vocabulary has no such figure.
        ProfileProblem
            The value is not of the figure's shape, or out of its range, or its unit is not told.
        """
        changed = dict(self.figures)
        for name, value in figures.items():
            if name not in FIGURES:
                raise UnknownName("figure", name, FIGURES, listed_in="spikefit_nb.hardware.FIGURES")
            changed[name] = value if isinstance(value, Sourced) else own_figure(self, name, value)
        included = {name: by for name, by in self.included.items() if name not in figures}
        called = {}
        if any(changed[name].source == OWN for name in figures) and not self.name.endswith(CHANGED):
            called = {"name": self.name + CHANGED, "title": f"{self.title}, changed by you"}
        return replace(self, figures=changed, included=included, **called)

    def coefficients(self, name: str) -> "HardwareProfile":
        """The same chip with another set of coefficients.

        What the set says is included in another figure is no longer a figure of its own, and the
        other way round.

        Parameters
        ----------
        name : str, one of ``sets``

        Returns
        -------
        HardwareProfile

        Raises
        ------
        UnknownName
            The chip has no such set.
        """
        if name not in self.sets:
            raise UnknownName(f"set of coefficients of {self.name}", name, self.sets)
        other = self.sets[name]
        figures = {n: figure for n, figure in self.figures.items() if n not in other.included}
        included = {n: by for n, by in self.included.items() if n not in other.figures}
        return replace(
            self,
            name=f"{self.name}_{name}",
            title=f"{self.title}, {other.title}",
            figures={**figures, **other.figures},
            included={**included, **other.included},
            fitted_on=other.fitted_on,
            sets={},
        )

    def diff(self, base: "HardwareProfile") -> ProfileDiff:
        """What this chip's figures say otherwise than those of another.

        Parameters
        ----------
        base : HardwareProfile

        Returns
        -------
        ProfileDiff
        """
        return ProfileDiff(self, base)

    def to_toml(self) -> str:
        """The text of this profile's file."""
        return to_toml(_document(self))

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write this profile to a file that ``read_profile`` reads back exactly; comments are not
        part of a profile.

        Parameters
        ----------
        path : str or Path
        overwrite : bool, whether a file of that name may be replaced

        Returns
        -------
        Path

        Raises
        ------
        FileProblem
            There is such a file already, or it cannot be written; what was there stays whole.
        """
        path = Path(path)
        expect(overwrite, bool, "overwrite", "True")
        if os.path.exists(path) and not overwrite:
            raise FileProblem(
                f"{str(path)!r} exists already. Another name, or save(..., overwrite=True)?"
            )
        unfinished = Path(f"{path}.{os.getpid()}.part")
        try:
            unfinished.write_bytes(self.to_toml().encode("utf-8"))
            unfinished.replace(path)
        except (OSError, ValueError) as error:
            with suppress(OSError, ValueError):
                unfinished.unlink()
            raise FileProblem(
                f"{str(path)!r} cannot be written: {getattr(error, 'strerror', error)}."
            ) from None
        return path

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that decides a prediction: equal fingerprints, equal numbers."""
        figures = {n: (f.value, f.unit, f.kind, f.spread) for n, f in self.figures.items()}
        rules = self.family, self.step, self.arithmetic, dict(self.included)
        return sha256(json.dumps((rules, figures), sort_keys=True).encode()).hexdigest()

    @property
    def weakest_kind(self) -> str:
        """The kind of the figure that deserves least trust; of a chip without figures "assumed"."""
        return (weakest(self.figures.items()) or ("assumed",))[0]

    def _headline(self) -> str:
        n = len(self.figures)
        return f"{self.name}: {n_cores(self)}, {n} sourced figure{'s' * (n != 1)}"

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(figure_quantity(n, f, group_of(n)) for n, f in self.figures.items())

    def _notes(self) -> tuple[str, ...]:
        return tuple(
            f'profile.coefficients("{name}"): {other.title}.' for name, other in self.sets.items()
        )

    def _card(self) -> tuple[str, ...]:
        return profile_card(self)


def _document(profile: HardwareProfile) -> dict:
    """The tables of a profile's file, in the order they are written."""
    top = {
        "name": profile.name,
        "title": profile.title,
        "year": profile.year,
        "family": profile.family,
        "step": profile.step,
        "arithmetic": profile.arithmetic,
        "fitted_on": profile.fitted_on,
        **_coefficients(profile),
        "checks": {name: _parts(figure) for name, figure in profile.checks.items()},
        "sets": {
            name: _set_of(other) if isinstance(other, CoefficientSet) else other
            for name, other in profile.sets.items()
        },
    }
    return {key: value for key, value in top.items() if value != LEFT_OUT.get(key)}


def _set_of(other: CoefficientSet) -> dict:
    fitted_on = {"fitted_on": other.fitted_on} if other.fitted_on else {}
    return {"title": other.title, **fitted_on, **_coefficients(other)}


def _coefficients(holder: HardwareProfile | CoefficientSet) -> dict:
    return {
        "included": dict(holder.included),
        "figures": {name: _parts(figure) for name, figure in holder.figures.items()},
    }


def _parts(figure: Sourced) -> object:
    if not isinstance(figure, Sourced):
        return figure
    return {part: value for part, value in vars(figure).items() if value is not None}
