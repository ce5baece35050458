"""What a network needs beside what a chip has: one record a limit, met or not."""

from dataclasses import dataclass

from spikefit_nb.hardware.counts import Chip
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
        return float(self.need) / float(self.limit) if numbers and self.limit else None

    def __repr__(self) -> str:
        return (
            f"Need({self.what}: needs {text(self.need)}, limit {text(self.limit)}, at {self.where})"
        )


def counted(
    what: str, need: float, where: str, figure: str, chip: Chip, *, limit: float | None = None
) -> Need:
    """Hold a number against the figure that limits it from above.

    Parameters
    ----------
    what : str, in words
    need : number
    where : str, population, projection or core
    figure : str; of a list, the largest number is the limit
    chip : HardwareProfile
    limit : number or None, where it only follows from the figure

    Returns
    -------
    Need

    Raises
    ------
    NotPublished
        The chip has no such figure.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> chip = load_profile("truenorth")
    >>> counted("neurons on a core", 300, "hidden", "neurons_per_core", chip).met
    False
    """
    sourced = chip.figure(figure)
    if limit is None:
        limit = max(sourced.value) if isinstance(sourced.value, tuple) else sourced.value  # type: ignore[assignment]
    return Need(what, need, limit, where, figure, source=sourced.source, met=need <= limit)  # type: ignore[operator]


def among(what: str, need: object, where: str, figure: str, chip: Chip) -> Need:
    """Hold what must be one of those that a figure lists against that list.

    Parameters
    ----------
    what : str, in words
    need : number or str
    where : str, population, projection or core
    figure : str
    chip : HardwareProfile

    Returns
    -------
    Need

    Raises
    ------
    NotPublished
        The chip has no such figure.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> among("reset mode", "subtract", "hidden", "resets", load_profile("loihi1"))
    Need(reset mode: needs subtract, limit zero, at hidden)
    """
    sourced = chip.figure(figure)
    values: tuple = sourced.value  # type: ignore[assignment]
    limit = ", ".join(map(text, values))
    return Need(what, need, limit, where, figure, source=sourced.source, met=need in values)
