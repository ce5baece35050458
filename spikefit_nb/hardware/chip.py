"""A chip as data: its figures by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from spikefit_nb.errors import NotPublished
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware.figures import EVERY_CHIP_HAS
from spikefit_nb.hardware.sourced import Sourced


@dataclass(frozen=True, eq=False)
class CoefficientSet(Frozen):
    """Another set of coefficients of the same chip, such as one calibrated on silicon.

    Parameters
    ----------
    title : str
    figures : mapping of str to Sourced, which take the place of the chip's own
    included : mapping of figure to figure, as in HardwareProfile
    fitted_on : str, the system and workloads that they were measured, fitted or simulated on

    Examples
    --------
    >>> CoefficientSet("at 1.0 V", {"energy_hop_x": Sourced(5, "pJ", "simulated", "p. 3")}).title
    'at 1.0 V'
    """

    title: str
    figures: Mapping[str, Sourced] = field(default_factory=dict)
    included: Mapping[str, str] = field(default_factory=dict)
    fitted_on: str = ""

    def __post_init__(self) -> None:
        for name in ("figures", "included"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


@dataclass(frozen=True, eq=False, repr=False)
class Chip:
    """What a profile holds: the fields of ``HardwareProfile``, and figures by name."""

    name: str
    title: str
    family: str
    step: str
    figures: Mapping[str, Sourced] = field(default_factory=dict)
    included: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, Sourced] = field(default_factory=dict)
    sets: Mapping[str, CoefficientSet] = field(default_factory=dict)
    year: int | None = None
    arithmetic: str = "float32"
    fitted_on: str = ""

    def has(self, name: str) -> bool:
        """Whether a figure is published for this chip."""
        return name in self.figures

    @property
    def unknown(self) -> tuple[str, ...]:
        """What decides whether any network fits and nobody has published for this chip."""
        return tuple(
            what for what, figures in EVERY_CHIP_HAS.items() if not any(map(self.has, figures))
        )

    def figure(self, name: str) -> Sourced:
        """One figure with its source; NotPublished where nobody has published it for this chip."""
        if name not in self.figures:
            raise NotPublished(
                f"{name} is not published for {self.title}. "
                f"A figure of your own: profile.replace({name}=...), which marks it as your "
                "assumption."
            )
        return self.figures[name]

    def value(self, name: str):
        """The value of a figure as published."""
        return self.figure(name).value

    def si(self, name: str, default: float | None = None):
        """The value of a figure in SI units; ``default`` where it is not published."""
        return default if default is not None and name not in self.figures else self.figure(name).si
