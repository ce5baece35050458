"""What a network needs beside what a chip has: one record a limit, met or not."""

from dataclasses import dataclass

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.units import text


@dataclass(frozen=True)
class Need:
    """One thing a network needs and a chip limits.

    Parameters
    ----------
    what : str, in words
    need, limit : number or str
    where : str, population, projection or core
    figure : str, the name of the profile's figure that sets the limit
    source : str, of the limit
    met : bool

    Examples
    --------
    >>> Need("neurons on a core", 300, 256, "hidden 0-299", "neurons_per_core", "a paper", False)
    Need(neurons on a core: needs 300, limit 256, at hidden 0-299)
    """

    what: str
    need: object
    limit: object
    where: str
    figure: str
    source: str
    met: bool

    @property
    def share(self) -> float | None:
        """Need over limit; None where they are not numbers."""
        numbers = isinstance(self.need, int | float) and isinstance(self.limit, int | float)
        return float(self.need) / float(self.limit) if numbers and self.limit else None  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return (
            f"Need({self.what}: needs {text(self.need)}, limit {text(self.limit)}, at {self.where})"
        )


def counted(what: str, need: float, where: str, figure: str, profile: HardwareProfile) -> Need:
    """A need that is a number, against the figure that limits it from above."""
    sourced = profile.figure(figure)
    limit = max(sourced.value) if isinstance(sourced.value, tuple) else sourced.value
    return Need(what, need, limit, where, figure, sourced.source, need <= limit)  # type: ignore[operator]


def among(what: str, need: object, where: str, figure: str, profile: HardwareProfile) -> Need:
    """A need that must be one of those a figure lists."""
    sourced = profile.figure(figure)
    values: tuple = sourced.value  # type: ignore[assignment]
    limit = ", ".join(map(text, values))
    return Need(what, need, limit, where, figure, sourced.source, need in values)
