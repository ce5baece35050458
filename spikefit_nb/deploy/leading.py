"""What a report says first of energy and power, in the words of its family of chips."""

from collections.abc import Iterator

from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.quantities import Quantity
from spikefit_nb.replay import Operation
from spikefit_nb.units import si, text

OF_PACE = (
    "lag_s",
    "missed_steps_share",
    "worst_answer_s",
    "late_share",
    "input_events_hz",
    "busiest_operations_per_s",
)


def leading_words(operation: Operation) -> str:
    """The quantities that the family's papers lead with, in one phrase; those not known are left
    out, but never all of them.
    """
    names = FAMILIES[operation.profile.family].leads_with
    said = [words for name in names if (words := SAY[name](operation))]
    if said:
        return ", ".join(said)
    what = "energy" if names[0].endswith("_j") else "power"
    idle_w = operation.static_power_w
    idle = f" ({si(idle_w.value, 'W')} idle)" if what == "power" and idle_w else ""
    return f"{what} not published{idle}{_rate(operation)}"


def published_accuracy(profile: HardwareProfile) -> tuple[Quantity, ...]:
    """What a network has been published to reach on the chip itself, for a row below accuracy."""
    if not profile.has("accuracy_on_silicon") or not profile.has("accuracy_in_simulation"):
        return ()
    silicon, simulated = map(profile.figure, ("accuracy_on_silicon", "accuracy_in_simulation"))
    label = f"  a published network on silicon, of {text(simulated.value, '%')} in simulation"
    return (Quantity("accuracy_on_silicon", label, silicon.value, "%", kind=silicon.kind),)


def idle_rows(operation: Operation) -> Iterator[Quantity]:
    """What of a chip draws power while nothing happens, and what its board does at work."""
    names = ("static_power_w", "static_power_cores_w", "x86_power_w", "board_power_w")
    for quantity in operation.quantities:
        if quantity.name in names and quantity.value is not None:
            label = quantity.label.removeprefix("  of it ")
            yield quantity._replace(label=label, of="Power")


def _events(operation: Operation) -> str:
    if operation.event_energy_j is None:
        return ""
    return f"{si(operation.event_energy_j.value, 'J')} of events{operation.price.without}"


def _energy(operation: Operation) -> str:
    """All energy, with the state that its static power is of where others are published too."""
    if operation.energy_j is None or operation.static_power_w is None:
        return ""
    state = " with static power as running" if operation.has_states else ""
    return f"{si(operation.energy_j.value, 'J')} {'live' if operation.is_live else 'in all'}{state}"


def _power(operation: Operation) -> str:
    """Power at the chip's tick, where it has one, else at the rate of input events."""
    if operation.power_w is None:
        return ""
    at = _rate(operation)
    if operation.price.timing == "tick":
        at = f" at its tick of {text(operation.profile.si('tick'), 's')}"
    alone = " without static power" if operation.static_power_w is None else ""
    return f"{si(operation.power_w.value, 'W')}{alone}{at}"


def _board(operation: Operation) -> str:
    power, n_boards = operation.board_power_w, operation.n_boards
    if power is None or n_boards is None:
        return ""
    boards = "a board" if n_boards == 1 else f"{n_boards} boards"
    chips = operation.profile.value("board_chips")
    return f"{si(power.value, 'W')} of {boards} of {chips} chips"


def _rate(operation: Operation) -> str:
    """The rate of input events for which a power is told; nothing where energy leads."""
    leads = FAMILIES[operation.profile.family].leads_with[0]
    if leads != "power_w" or operation.input_events_hz is None:
        return ""
    return f" at {text(operation.input_events_hz)} input events/s"


SAY = {
    "event_energy_j": _events,
    "energy_j": _energy,
    "power_w": _power,
    "board_power_w": _board,
}
