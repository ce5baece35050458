"""Batteries, by what their makers say of them."""

from dataclasses import dataclass
from math import inf
from numbers import Real

from spikefit_nb.errors import DesignProblem, expect
from spikefit_nb.hardware import Sourced
from spikefit_nb.units import si

OWN = "the user"
SHEET = "specification of a CR2032 sold as PRO ELEC PSG90906, Table I"


@dataclass(frozen=True, eq=False, repr=False)
class Battery:
    """A battery at its nominal voltage, without self-discharge and without what a regulator loses.

    Parameters
    ----------
    name : str
    capacity : Sourced, in mAh
    voltage : Sourced, in V or a multiple
    continuous : Sourced or None, the largest current it is rated for without end, in A or a
        multiple; None: not known, and not checked
    pulse : Sourced or None, the largest current it is rated for in pulses, likewise

    Examples
    --------
    >>> COIN_CELL, COIN_CELL.energy_j  # 235 mAh x 3 V
    (Battery(CR2032: 235 mAh at 3 V), 2538.0)
    """

    name: str
    capacity: Sourced
    voltage: Sourced
    continuous: Sourced | None = None
    pulse: Sourced | None = None

    @property
    def energy_j(self) -> float:
        """Capacity times nominal voltage."""
        # 3.6 coulombs are 1 mAh
        return float(self.capacity.value) * 3.6 * self.voltage.si

    @property
    def words(self) -> str:
        """Capacity and voltage."""
        return f"{self.capacity.value:g} {self.capacity.unit} at {si(self.voltage.si, 'V')}"

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
            if rated is not None and drawn_a > rated.si:
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


def own_battery(
    volts: float, *, mah: float | None = None, wh: float | None = None, name: str = "battery"
) -> Battery:
    """A battery of one's own, by its capacity or its energy; its largest current is not checked.

    Parameters
    ----------
    volts : float, nominal
    mah : float, capacity in mAh
    wh : float, energy in Wh, in the place of ``mah``
    name : str

    Returns
    -------
    Battery

    Raises
    ------
    DesignProblem
        Capacity and energy are both given or both left out, or a number is not above 0.

    Examples
    --------
    >>> own_battery(3.7, mah=500), round(own_battery(3.7, wh=1.85).energy_j)
    (Battery(battery: 500 mAh at 3.7 V), 6660)
    """
    expect(volts, Real, "volts", "3.7")
    if (mah is None) == (wh is None):
        raise DesignProblem(f"mah is {mah!r} and wh is {wh!r}; give one of the two: mah=500.")
    expect(mah, Real | None, "mah", "500")
    expect(wh, Real | None, "wh", "1.85")
    for what, value in (("volts", volts), ("mah", mah), ("wh", wh)):
        if value is not None and not 0 < value < inf:
            raise DesignProblem(f"{what} is {value!r}; it must be a number above 0, such as 3.7.")
    capacity = mah if mah is not None else 1000 * wh / volts  # type: ignore[operator]
    voltage = Sourced(float(volts), "V", "assumed", OWN)
    return Battery(name, Sourced(float(f"{capacity:.6g}"), "mAh", "assumed", OWN), voltage)
