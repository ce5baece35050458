"""A number about hardware, with its unit, its kind and where it was published."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from spikefit_nb.errors import ProfileProblem
from spikefit_nb.units import to_si

KINDS = ("measured", "simulated", "datasheet", "derived", "assumed")
OWN = "the user"  # the source of a figure that a user has changed
# How far to trust a kind, strongest first: silicon, the designer's own structure, arithmetic on published
# numbers, a simulator, somebody's guess.
TRUST = ("measured", "datasheet", "derived", "simulated", "assumed")


@dataclass(frozen=True)
class Sourced:
    """One figure of a chip.

    Parameters
    ----------
    value : number, str or tuple of them, as published
    unit : str, as published ("pJ", "ns", "cores")
    kind : "measured", "simulated", "datasheet", "derived" or "assumed"
    source : str, where it says so

    Raises
    ------
    ProfileProblem
        The kind is unknown, the source is empty, or a number is negative or not finite.

    Examples
    --------
    >>> Sourced(23.6, "pJ", "simulated", "Davies 2018, Table 2").si
    2.36e-11
    """

    value: object
    unit: str
    kind: str
    source: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ProfileProblem(f"kind is {self.kind!r}; it must be one of {', '.join(KINDS)}.")
        if not self.source.strip():
            raise ProfileProblem("source is empty; a figure without a source does not exist. Yours? kind='assumed'.")
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | str | tuple):
            raise ProfileProblem(f"value is {self.value!r}; it must be a number, a text or a list of them.")
        if isinstance(self.value, int | float) and not 0 <= self.value < math.inf:
            raise ProfileProblem(f"value is {self.value} {self.unit}; it cannot be negative or without end.")

    @property
    def si(self) -> float:
        """The value in SI units."""
        return to_si(self.value, self.unit)  # type: ignore[arg-type]


def weakest(figures: Iterable[tuple[str, Sourced]]) -> tuple[str, str]:
    """Find the figure that deserves least trust.

    Parameters
    ----------
    figures : iterable of (name, Sourced)

    Returns
    -------
    (kind, name); of equals one of the user's own, else the first

    Examples
    --------
    >>> area, mesh = Sourced(60, "mm2", "measured", "p. 95"), Sourced(8, "tiles", "assumed", "a guess")
    >>> weakest([("area", area), ("mesh", mesh)])
    ('assumed', 'mesh')
    """
    figures = list(figures)
    worst = max(TRUST.index(figure.kind) for _, figure in figures)
    least = [(name, figure) for name, figure in figures if figure.kind == TRUST[worst]]
    own = [name for name, figure in least if figure.source == OWN]
    return TRUST[worst], (own or [least[0][0]])[0]
