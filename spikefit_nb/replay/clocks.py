"""Whether a chip's powers and times were taken at one clock."""

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.units import si

OF_CLOCK = {  # figure that a clock decides: the figure that says which clock it was
    "static_power": "clock_of_static_power",
    "active_power": "clock_of_active_power",
    "clock": "clock",
}
IN_WORDS = {"static_power": "idle power", "active_power": "active power", "clock": "times"}


def clocks_in_words(profile: HardwareProfile) -> str:
    """At which clocks powers and times were taken, in words; empty where it was a single one."""
    if not profile.has("active_power") or not profile.has("clock"):
        return ""
    clocks = {
        figure: profile.si(clock, 0.0) for figure, clock in OF_CLOCK.items() if profile.has(figure)
    }
    if len(set(clocks.values())) == 1:
        return ""
    said = (
        f"{IN_WORDS[figure]} at {si(hz, 'Hz') if hz else 'a clock not stated'}"
        for figure, hz in clocks.items()
    )
    return f"Mixes clocks: {', '.join(said)}"
