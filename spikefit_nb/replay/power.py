"""What a chip draws that answers so many times a second, and how long a battery lasts."""

from dataclasses import dataclass
from math import inf
from numbers import Real

from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.hardware import HardwareProfile, weakest
from spikefit_nb.html import folded, table
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay.battery import COIN_CELL, Battery
from spikefit_nb.replay.price import Price, parts_of_energy
from spikefit_nb.units import si, text

SECONDS_PER_DAY = 86400.0
FIGURE_OF_STATE = {  # what a chip can be between inferences: the figure of its power
    "running": "static_power",
    "after_run": "static_power_after_run",
    "before_boot": "static_power_before_boot",
    "clock_stopped": "static_power",
}
IN_WORDS = {
    "running": "idle as running",
    "after_run": "idle as after a run",
    "before_boot": "idle as before its first start",
    "clock_stopped": "idle with its clock stopped",
    "off": "switched off",
}
IDLE_STATES = tuple(IN_WORDS)
STATIC, IDLE = "static power while it computes", "between inferences"


@dataclass(frozen=True, eq=False, repr=False)
class PowerBudget(Result):
    """What a chip draws at so many inferences a second.

    ``energy = events + static power * latency + idle power * (1 / rate - latency)``, ``power = rate
    * energy``.

    Parameters
    ----------
    inferences_per_s : float
    latency_s : float or None, time the chip computes per inference
    idle : str, the state assumed between inferences, one of IDLE_STATES
    power_by_state_w : dict of state to watts, those that are published, and "off"
    energy_parts_j : dict of part to joules per inference, or None where one is not published or the
        chip cannot keep up
    active_power_w : float or None, mean while it computes
    battery : Battery
    figures : tuple of str, names of the profile's figures this rests on
    not_published : tuple of str, figures that would have been needed
    profile : HardwareProfile
    warnings : tuple of str

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> odin = load_profile("odin")
    >>> energy = {"events": 1e-6}
    >>> PowerBudget(10.0, 1e-3, "off", {"off": 0.0}, energy, 1e-3, COIN_CELL, (), (), odin)
    PowerBudget(10 inferences/s: 10 µW, 2,938 days on a CR2032, switched off)
    """

    inferences_per_s: float
    latency_s: float | None
    idle: str
    power_by_state_w: dict[str, float]
    energy_parts_j: dict[str, float] | None
    active_power_w: float | None
    battery: Battery
    figures: tuple[str, ...]
    not_published: tuple[str, ...]
    profile: HardwareProfile
    warnings: tuple[str, ...] = ()

    @property
    def duty_cycle(self) -> float | None:
        """Share of the time the chip computes: latency times rate; above 1 it cannot keep up."""
        return None if self.latency_s is None else self.latency_s * self.inferences_per_s

    @property
    def keeps_up(self) -> bool:
        """Whether it is done with one inference before the next; also where its latency is not
        published.
        """
        return self.duty_cycle is None or self.duty_cycle <= 1

    @property
    def idle_power_w(self) -> float | None:
        """Power between inferences, in the state assumed."""
        return self.power_by_state_w.get(self.idle)

    @property
    def energy_j(self) -> float | None:
        """Energy per inference with the time until the next: the sum of its parts."""
        return None if self.energy_parts_j is None else float(sum(self.energy_parts_j.values()))

    @property
    def idle_share(self) -> float | None:
        """Share of that energy spent between inferences."""
        energy_j = self.energy_j
        return self.energy_parts_j[IDLE] / energy_j if self.energy_parts_j and energy_j else None

    @property
    def average_power_w(self) -> float | None:
        """Energy per second."""
        return None if self.energy_j is None else self.energy_j * self.inferences_per_s

    @property
    def too_much(self) -> str:
        """Why the battery cannot deliver this, or nothing."""
        if self.average_power_w is None:
            return ""
        return self.battery.too_much(self.average_power_w, self.active_power_w or 0.0)

    @property
    def battery_life_s(self) -> float | None:
        """Energy of the battery over average power; infinite without power, None where unknown."""
        if self.too_much or self.average_power_w is None:
            return None
        return self.battery.energy_j / self.average_power_w if self.average_power_w else inf

    def _headline(self) -> str:
        rate = f"{text(self.inferences_per_s)} inferences/s"
        if not self.keeps_up:
            return f"cannot keep up with {rate}: at most {text(1 / self.latency_s)}"  # type: ignore
        if self.average_power_w is None:
            return f"{rate}: power not published"
        life = "too much for" if self.too_much else f"{self._life.text} on"
        return (
            f"{rate}: {si(self.average_power_w, 'W')}, {life} a {self.battery.name}, "
            f"{IN_WORDS[self.idle]}"
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("inferences_per_s", "Inferences a second", self.inferences_per_s),
            Quantity("latency_s", "Time per inference", self.latency_s, "s"),
            Quantity("duty_cycle", "Share of the time it computes", self.duty_cycle, "%"),
            *(self._powers() if self.keeps_up else self._too_slow()),
            *(
                Quantity(f"power_{state}_w", f"Power published: {IN_WORDS[state]}", power_w, "W")
                for state, power_w in self.power_by_state_w.items()
                if state != "off"
            ),
        )

    def _powers(self) -> tuple[Quantity, ...]:
        kind, _ = weakest((name, self.profile.figure(name)) for name in self.figures) or (None, "")
        active_w, average_w = self.active_power_w, self.average_power_w
        share = Quantity("idle_share", "  share between inferences", self.idle_share, "%")
        return (
            Quantity("active_power_w", "Power while it computes", active_w, "W"),
            Quantity("idle_power_w", "Power between inferences", self.idle_power_w, "W"),
            Quantity("idle", "  state assumed then", IN_WORDS[self.idle]),
            Quantity("energy_j", "Energy per inference", self.energy_j, "J", kind=kind),
            *parts_of_energy(self.energy_parts_j),
            *([share] if self.energy_j != 0 else []),
            Quantity("average_power_w", "Average power", average_w, "W", kind=kind),
            Quantity("energy_per_second_j", "Energy per second", average_w, "J", kind=kind),
            self._life._replace(kind=kind),
        )

    def _too_slow(self) -> tuple[Quantity, ...]:
        most = 1 / self.latency_s  # type: ignore[operator]
        return (
            Quantity("keeps_up", "Keeps up", "no"),
            Quantity("most_inferences_per_s", "  at most, inferences a second", most),
        )

    @property
    def _life(self) -> Quantity:
        life: float | str | None = self.battery_life_s and self.battery_life_s / SECONDS_PER_DAY
        if self.too_much:
            life = "no: more than it is rated for"
        elif life == inf:
            life = "without end"
        return Quantity("battery_life_days", f"Lasts on a {self.battery.name}", life, "days")

    def _notes(self) -> tuple[str, ...]:
        battery = f"{self.battery.words}, no self-discharge, no regulator"
        missing = ", ".join(self.not_published).replace("_", " ")
        return (
            *([f"{self.battery.name} taken as {battery}"] if self.keeps_up else []),
            *([f"Not published for this chip: {missing}"] if missing else []),
            *self.warnings,
            *([self.too_much] if self.too_much else []),
        )

    def _card(self) -> tuple[str, ...]:
        title = f"Predicted: {self.headline} ({self.profile.name})"
        return title, folded("Sources of the figures", self._sources())

    def _sources(self) -> str:
        figures = {name.replace("_", " "): self.profile.figure(name) for name in self.figures}
        said = ("capacity", "voltage", "continuous", "pulse")
        figures |= {
            f"{what} of a {self.battery.name}": getattr(self.battery, what) for what in said
        }
        return table(
            [(name, f.text, f.kind, f.source) for name, f in figures.items()],
            header=("Figure", "Value", "Kind", "Source"),
        )


def power_budget(
    price: Price,
    profile: HardwareProfile,
    *,
    inferences_per_s: float,
    idle: str | None = None,
    battery: Battery = COIN_CELL,
) -> PowerBudget:
    """Work out power, energy with idle time, and battery life at so many inferences a second.

    Between inferences the chip is in one state: "running" (static power, and its clock where that
    costs), "after_run" (idle once it has run), "before_boot", "clock_stopped" (static power alone,
    on a chip whose clock costs) or "off" (nothing, and nothing for starting it again). No steps are
    run then.

    Parameters
    ----------
    price : Price, per inference
    profile : HardwareProfile, the chip
    inferences_per_s : float, above 0
    idle : str or None, the state between inferences; None: "after_run" where published, else
        "running"
    battery : Battery

    Returns
    -------
    PowerBudget; power is None where a figure is not published

    Raises
    ------
    DesignProblem
        The rate is not above 0, or there is no clock whose stop would save anything.
    UnknownName
        There is no such state.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.replay import Links
    >>> links = Links(*[np.zeros(0)] * 3)
    >>> price = Price({}, {"spikes": 1e-6}, 1e-3, None, np.zeros(1), links, 1, (), ())
    >>> # 10 µW of events, 0.42 mW at rest
    >>> power_budget(price, load_profile("speck"), inferences_per_s=10)
    PowerBudget(10 inferences/s: 430 µW, 68.3 days on a CR2032, idle as running)
    """
    if not _is_rate(inferences_per_s):
        raise DesignProblem(
            f"inferences_per_s is {inferences_per_s!r}; it must be a number above 0, with a finite "
            "time between two."
        )
    if idle is not None and idle not in IDLE_STATES:
        raise UnknownName("idle state", idle, IDLE_STATES)
    if idle == "clock_stopped" and not profile.has("energy_clock_cycle"):
        raise DesignProblem(
            f"What the clock of {profile.title} costs is not published; idle can be 'running'."
        )
    states = power_by_state(profile, price.n_chips)
    idle = idle or ("after_run" if "after_run" in states else "running")
    whole = "active_power" in price.figures  # then the price holds static power already
    static_w = 0.0 if whole else _static_w(profile, price.n_chips)
    parts = _parts(price, static_w, states.get(idle), inferences_per_s)
    missing = (
        *price.not_published,
        *(["static_power"] if static_w is None else []),
        *([FIGURE_OF_STATE[idle]] if idle not in states else []),
    )
    is_clocked = idle == "running" and profile.has("energy_clock_cycle")
    used = (
        *price.figures,
        *(["static_power"] if not whole else []),
        *([FIGURE_OF_STATE[idle]] if idle != "off" else []),
        *(["energy_clock_cycle", "clock"] if is_clocked else []),
    )
    return PowerBudget(
        float(inferences_per_s),
        price.latency_s,
        idle,
        states,
        parts,
        active_power_w=_active_power_w(price, static_w),
        battery=battery,
        figures=tuple(f for f in dict.fromkeys(used) if profile.has(f)),
        not_published=tuple(dict.fromkeys(missing)),
        profile=profile,
        warnings=_warnings(price),
    )


def _static_w(profile: HardwareProfile, n_chips: int) -> float | None:
    """Static power of so many chips; None where it is not published."""
    return n_chips * profile.si("static_power") if profile.has("static_power") else None


def power_by_state(profile: HardwareProfile, n_chips: int = 1) -> dict[str, float]:
    """Power of so many chips that compute nothing, by the state they are in."""
    published = {state: f for state, f in FIGURE_OF_STATE.items() if profile.has(f)}
    states = {state: n_chips * profile.si(f) for state, f in published.items()}
    if not profile.has("energy_clock_cycle"):
        states.pop("clock_stopped", None)
    elif "running" in states and profile.has("clock"):
        states["running"] += n_chips * profile.si("clock") * profile.si("energy_clock_cycle")
    else:
        states.pop("running", None)
    return {**states, "off": 0.0}


def _is_rate(value: object) -> bool:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and 0 < value < inf and 1 / float(value) < inf  # type: ignore[operator]


def _parts(
    price: Price, static_w: float | None, idle_w: float | None, inferences_per_s: float
) -> dict[str, float] | None:
    """Energy per inference by part; None where one is not published, or there is no time for it."""
    parts_j, latency_s = price.energy_parts_j, price.latency_s
    if parts_j is None or latency_s is None or static_w is None or idle_w is None:
        return None
    idle_s = 1 / inferences_per_s - latency_s
    static = {STATIC: static_w * latency_s} if static_w else {}
    keeps_up = latency_s * inferences_per_s <= 1
    return {**parts_j, **static, IDLE: idle_w * idle_s} if keeps_up else None


def _active_power_w(price: Price, static_w: float | None) -> float | None:
    if price.energy_j is None or not price.latency_s or static_w is None:
        return None
    return price.energy_j / price.latency_s + static_w


def _warnings(price: Price) -> tuple[str, ...]:
    late = (
        f"{text(price.late_steps)} steps per inference need more than a tick: real time is missed."
    )
    left_out = price.of_chips_left_out
    chips = f"Several chips, left out: {', '.join(left_out)}."
    return (*([late] if price.late_steps else []), *([chips] if left_out else []))
