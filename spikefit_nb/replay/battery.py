"""Batteries, by what their makers say of them."""

from dataclasses import dataclass

from spikefit_nb.hardware import Sourced
from spikefit_nb.units import si

SHEET = "specification of a CR2032 sold as PRO ELEC PSG90906, Table I"


@dataclass(frozen=True, eq=False, repr=False)
class Battery:
    """A battery at its nominal voltage, without self-discharge and without what a regulator loses.

    Parameters
    ----------
    name : str
    capacity : Sourced, in mAh
    voltage : Sourced, in V or a multiple
    continuous : Sourced, the largest current it is rated for without end, in A or a multiple
    pulse : Sourced, the largest current it is rated for in pulses, in A or a multiple

    Examples
    --------
    >>> COIN_CELL, COIN_CELL.energy_j  # 235 mAh x 3 V
    (Battery(CR2032: 235 mAh at 3 V), 2538.0)
    """

    name: str
    capacity: Sourced
    voltage: Sourced
    continuous: Sourced
    pulse: Sourced

    @property
    def energy_j(self) -> float:
        """Capacity times nominal voltage."""
        # 3.6 coulombs are 1 mAh
        return float(self.capacity.value) * 3.6 * self.voltage.si

    @property
    def words(self) -> str:
        """Capacity and voltage."""
        return f"{self.capacity.text} at {si(self.voltage.si, 'V')}"

    def too_much(self, average_power_w: float, active_power_w: float) -> str:
        """Say where a load draws more than this battery is rated for.

        Parameters
        ----------
        average_power_w : float
        active_power_w : float, while it computes

        Returns
        -------
        str, empty where it does not

        Examples
        --------
        >>> COIN_CELL.too_much(1e-3, 2e-3), COIN_CELL.too_much(0.03, 0.03)
        ('', 'draws 10 mA on average, and a CR2032 is rated for 3 mA')
        """
        for power_w, rated, when in (
            (average_power_w, self.continuous, "on average"),
            (active_power_w, self.pulse, "while it computes"),
        ):
            drawn_a = power_w / self.voltage.si
            if drawn_a > rated.si:
                pulses = " in pulses" if rated is self.pulse else ""
                return (
                    f"draws {si(drawn_a, 'A')} {when}, and a {self.name} is rated for "
                    f"{si(rated.si, 'A')}{pulses}"
                )
        return ""

    def __repr__(self) -> str:
        return f"Battery({self.name}: {self.words})"


COIN_CELL = Battery(
    "CR2032",
    Sourced(
        235,
        "mAh",
        "datasheet",
        f"{SHEET}: nominal capacity at standard discharge; about 1 mA empties it sooner",
    ),
    Sourced(3.0, "V", "datasheet", f"{SHEET}: nominal voltage"),
    Sourced(
        3,
        "mA",
        "assumed",
        "Renata CR2032, as its sheet of the CR2325 says (read); recalled, not read again",
    ),
    Sourced(
        15,
        "mA",
        "assumed",
        "commonly listed for a CR2032 (encyc.org/wiki/CR2032); no sheet of a maker read",
    ),
)
