"""A chip as data: sourced figures, loaded from TOML. Loading one can execute nothing."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import numpy as np

from spikefit_nb.errors import FileProblem, NotPublished, ProfileProblem, UnknownName
from spikefit_nb.hardware.sourced import OWN, Sourced, weakest
from spikefit_nb.html import Row, card, table
from spikefit_nb.units import SCALE_OF_PREFIX, SI_UNITS, text

FAMILIES = ("loihi", "truenorth")
STEPS = ("barrier", "tick")
CATALOGUE = files("spikefit_nb.hardware") / "profiles"
REQUIRED = ("cores", "cores_per_tile", "mesh_columns", "mesh_rows", "neurons_per_core", "weight_bits", "resets")
BASE_UNITS = {"energy": "J", "time": "s", "tick": "s", "static": "W", "synapse": "bits", "area": "mm2"}
COUNTED = ("cores", "tiles", "neurons", "axons", "types", "bits")  # units of which a chip has at least one


@dataclass(frozen=True, eq=False, repr=False)
class HardwareProfile:
    """Where a network runs: the limits and costs of one chip.

    Parameters
    ----------
    name, title : str
    family : str, which capacity rules apply
    step : "barrier" (a step ends when the busiest core is done) or "tick" (a global clock)
    figures : mapping of str to Sourced
    included : mapping of figure to figure: what is not published alone because another figure contains it

    Raises
    ------
    ProfileProblem
        A figure every chip needs is missing, a count is below one, a unit is of another quantity, or family or step
        is unknown.

    Examples
    --------
    >>> load_profile("loihi1").replace(cores=64).value("cores")
    64
    """

    name: str
    title: str
    family: str
    step: str
    figures: Mapping[str, Sourced] = field(default_factory=dict)
    included: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", MappingProxyType(dict(self.figures)))
        object.__setattr__(self, "included", MappingProxyType(dict(self.included)))
        if self.family not in FAMILIES or self.step not in STEPS:
            raise ProfileProblem(
                f"Profile {self.name!r}: family is {self.family!r} (known: {', '.join(FAMILIES)}), "
                f"step is {self.step!r} (known: {', '.join(STEPS)})."
            )
        missing = [name for name in REQUIRED if name not in self.figures]
        if missing:
            raise ProfileProblem(
                f"Profile {self.name!r} lacks the figures {', '.join(missing)}; every chip needs them."
            )
        for name, figure in self.figures.items():
            _check_figure(self.name, name, figure)

    def has(self, name: str) -> bool:
        """Whether a figure is published for this chip."""
        return name in self.figures

    def figure(self, name: str) -> Sourced:
        """One figure with its source.

        Parameters
        ----------
        name : str

        Returns
        -------
        Sourced

        Raises
        ------
        NotPublished
            Nobody has published it for this chip.
        """
        if name not in self.figures:
            raise NotPublished(
                f"{name} is not published for {self.title}. "
                f"A figure of your own: profile.replace({name}=...), which marks it as your assumption."
            )
        return self.figures[name]

    def value(self, name: str):  # type: ignore[no-untyped-def]
        """The value of a figure as published."""
        return self.figure(name).value

    def si(self, name: str, default: float | None = None) -> float:
        """The value of a figure in SI units; ``default`` where it is not published."""
        return default if default is not None and name not in self.figures else self.figure(name).si

    def replace(self, **figures: object) -> "HardwareProfile":
        """The same chip with figures of your own, in the published unit; each is marked as assumed.

        Parameters
        ----------
        **figures : a number or list, or a Sourced of your own

        Returns
        -------
        HardwareProfile

        Raises
        ------
        UnknownName
            No chip of the catalogue has such a figure; with a unit of your own, give a Sourced.
        ProfileProblem
            The value is not of the figure's kind, or out of its range.
        """
        known = {**known_figures(), **self.figures}
        changed = dict(self.figures)
        for name, value in figures.items():
            if isinstance(value, Sourced):
                changed[name] = value
                continue
            if name not in known:
                raise UnknownName("figure", name, known)
            pattern = known[name]
            if isinstance(value, np.generic):
                value = value.item()
            value = tuple(value) if isinstance(value, list) else value
            if isinstance(value, tuple) != isinstance(pattern.value, tuple) or isinstance(value, str):
                wanted = "a list" if isinstance(pattern.value, tuple) else f"a number of {pattern.unit}"
                raise ProfileProblem(f"{name} is {value!r}; it must be {wanted}, such as {pattern.value!r}.")
            changed[name] = Sourced(value, pattern.unit, "assumed", OWN)
        return replace(self, figures=changed)

    @property
    def weakest_kind(self) -> str:
        """The kind of the figure that deserves least trust."""
        return weakest(self.figures.items())[0]

    def rows(self) -> list[Row]:
        """(figure, value, unit)."""
        return [(name, _written(figure), "") for name, figure in self.figures.items()]

    def __repr__(self) -> str:
        return f"HardwareProfile({self.name}: {self.value('cores')} cores, {len(self.figures)} sourced figures)"

    def _repr_html_(self) -> str:
        rows = [(n.replace("_", " "), _written(f), f.kind, f.source) for n, f in self.figures.items()]
        title = f"{self.title} ({self.name}): {text(self.value('cores'))} cores"
        return card(title, table(rows, header=("Figure", "Value", "Kind", "Source")))


def _check_figure(chip: str, name: str, figure: Sourced) -> None:
    base = BASE_UNITS.get(name.split("_")[0], "")
    prefix = figure.unit.removesuffix(base) if base else ""
    if not figure.unit.endswith(base) or (prefix and (base not in SI_UNITS or prefix not in SCALE_OF_PREFIX)):
        such = f", or one such as p{base}" if base in SI_UNITS else ""
        raise ProfileProblem(f"Profile {chip!r}: {name} has unit {figure.unit!r}; it must be {base}{such}.")
    values = figure.value if isinstance(figure.value, tuple) else (figure.value,)
    if figure.unit in COUNTED and not all(isinstance(v, int) and not isinstance(v, bool) and v >= 1 for v in values):
        said = f"{figure.value} {figure.unit}"
        raise ProfileProblem(f"Profile {chip!r}: {name} is {said}; it must be 1 or more, in whole numbers.")
    if name == "weight_bits" and not 2 <= max(values, default=0) <= 16:
        raise ProfileProblem(f"Profile {chip!r}: weight_bits is {figure.value}; its largest must be from 2 to 16.")


def _written(figure: Sourced) -> str:
    value = figure.value
    return f"{', '.join(map(str, value)) if isinstance(value, tuple) else f'{value:,}'} {figure.unit}"


def known_figures() -> dict[str, Sourced]:
    """Every figure that some chip of the catalogue has, with one example of it.

    Returns
    -------
    dict of str to Sourced

    Examples
    --------
    >>> known_figures()["tick"].unit
    'ms'
    """
    return {name: figure for chip in profile_names() for name, figure in load_profile(chip).figures.items()}


def profile_names() -> tuple[str, ...]:
    """The chips in the catalogue.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> profile_names()
    ('loihi1', 'truenorth')
    """
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in CATALOGUE.iterdir() if entry.name.endswith(".toml"))
    )


@cache
def load_profile(name: str) -> HardwareProfile:
    """Load a chip from the catalogue.

    Parameters
    ----------
    name : str, such as "loihi1"

    Returns
    -------
    HardwareProfile

    Raises
    ------
    UnknownName
        The catalogue has no such chip; the message offers the nearest names.

    Examples
    --------
    >>> load_profile("truenorth")
    HardwareProfile(truenorth: 4096 cores, 20 sourced figures)
    """
    if name not in profile_names():
        raise UnknownName("profile", name, profile_names())
    return parse_profile((CATALOGUE / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def read_profile(path: str | Path) -> HardwareProfile:
    """Read a chip of your own from a TOML file in the catalogue's format.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    HardwareProfile

    Raises
    ------
    FileProblem
        There is no such file.

    Examples
    --------
    >>> read_profile(CATALOGUE / "loihi1.toml").title
    'Intel Loihi'
    """
    path = Path(str(path))
    if not path.is_file():
        raise FileProblem(f"There is no profile file {str(path)!r}. From the catalogue? load_profile({path.stem!r}).")
    return parse_profile(path.read_text(encoding="utf-8"), path.name)


def parse_profile(toml: str, file_name: str) -> HardwareProfile:
    """Turn the text of a profile file into a profile.

    Parameters
    ----------
    toml : str
    file_name : str, for messages

    Returns
    -------
    HardwareProfile

    Raises
    ------
    ProfileProblem
        It is not TOML, or a key is missing or unknown; the message names file, figure and key.

    Examples
    --------
    >>> parse_profile((CATALOGUE / "loihi1.toml").read_text(), "loihi1.toml").name
    'loihi1'
    """
    try:
        document = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise ProfileProblem(f"{file_name} is not TOML: {error}.") from None
    wanted, odd = {"name", "title", "family", "step", "figures"}, set(document) - {"included"}
    if odd != wanted:
        raise ProfileProblem(f"{file_name}: keys {sorted(odd ^ wanted)} are missing or unknown at the top.")
    figures = {}
    for name, entry in document["figures"].items():
        if set(entry) != {"value", "unit", "kind", "source"}:
            odd = sorted(set(entry) ^ {"value", "unit", "kind", "source"})
            raise ProfileProblem(f"{file_name}: figure {name!r}: keys {odd} are missing or unknown.")
        try:
            figures[name] = Sourced(**entry)
        except ProfileProblem as problem:
            raise ProfileProblem(f"{file_name}: figure {name!r}: {problem}") from None
    described = (document[key] for key in ("name", "title", "family", "step"))
    return HardwareProfile(*described, figures, document.get("included", {}))
