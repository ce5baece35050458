"""What a core holds of neurons and of their synapses."""

from typing import NamedTuple

from spikefit_nb.errors import DesignProblem
from spikefit_nb.mapping.wiring import Wiring


class Room(NamedTuple):
    """What a core holds."""

    neurons: int
    synapses: int


def must_hold(wiring: Wiring, room: Room) -> None:
    """Refuse a core that does not even hold one neuron with all its synapses."""
    most = int(wiring.fan_in.max(initial=0))
    if room.neurons < 1 or most > room.synapses:
        raise DesignProblem(
            f"A neuron has {most:,} synapses; a core holds {room.neurons:,} neurons and "
            f"{room.synapses:,} synapses. Try max_fan_in={room.synapses}."
        )
