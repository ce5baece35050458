"""What of a chip draws power while nothing happens: its cores in use, processors beside them, and
the board around it.
"""

from collections.abc import Iterator

from spikefit_nb.hardware import HardwareProfile, figure_quantity, with_range
from spikefit_nb.quantities import Quantity
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.uncertainty_result import Interval


def n_chips(profile: HardwareProfile) -> int:
    """Chips that a profile stands for."""
    if not profile.has("cores_per_chip"):
        return 1
    return -(-profile.value("cores") // profile.value("cores_per_chip"))


def n_boards(profile: HardwareProfile) -> int | None:
    """Boards that hold all chips; None where no board is published."""
    if not profile.has("board_chips") or not profile.has("board_power"):
        return None
    return -(-n_chips(profile) // profile.value("board_chips"))


def board_idle_w(profile: HardwareProfile) -> Interval | None:
    """Power of the boards that hold all chips, idle, in the range of its figure."""
    n = n_boards(profile)
    if n is None:
        return None
    value = profile.si("board_power")
    low, high = with_range("board_power", profile.figure("board_power")).spread_si or (value, value)
    return Interval(n * low, n * value, n * high)


def static_parts(
    profile: HardwareProfile, price: Price, static_w: Interval | None
) -> Iterator[Quantity]:
    """Rows beside static power: the share of the cores in use, and what processors beside the cores
    drew.
    """
    if static_w is not None and profile.si("cores", 1) > 1:
        each = profile.si("cores_per_chip", profile.si("cores"))
        share = price.core_loads.size / (price.n_chips * each)
        ends = Interval(*(watts * share for watts in static_w))
        yield ends.told("static_power_cores_w", "  of it idle, share of the cores in use", "W")
    if profile.has("x86_power"):
        label, figure = "x86 cores on another workload, in no sum", profile.figure("x86_power")
        yield figure_quantity("x86_power", figure)._replace(label=label)
