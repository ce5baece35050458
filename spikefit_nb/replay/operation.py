"""A chip in operation: input in store or as it comes, and what is spent over the time it takes."""

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import (
    FAMILIES,
    SCENARIOS,
    HardwareProfile,
    Scenario,
    settle_scenario,
    with_range,
)
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.replay.clocks import clocks_in_words
from spikefit_nb.replay.idle_power import board_idle_w, n_boards, static_parts
from spikefit_nb.replay.pace import ROUNDING, Arrivals, Pace, lag_of
from spikefit_nb.replay.power import FIGURE_OF_STATE, IN_WORDS, power_by_state
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.ranges import energy_interval
from spikefit_nb.replay.uncertainty_result import Interval
from spikefit_nb.units import si, text


@dataclass(frozen=True, eq=False, repr=False)
class Operation(Result):
    """What a chip spends and keeps up with in one scenario.

    With stored input the time occupied is the latency; with ``s_k`` the time that step k takes,

    ``f_k = max(f_(k-1), (k + 1) * dt_s) + s_k`` and ``occupied_s = f_last``

    with live input, whose step k is there at ``(k + 1) * dt_s``. Then

    ``energy = events + static power * occupied_s`` and ``power = energy / occupied_s``.

    Parameters
    ----------
    price : Price, per inference
    profile : HardwareProfile
    scenario : str, one of SCENARIOS
    dt_s : float, seconds of a step of the recordings
    n_steps : int, of the recordings
    deadline_s : float or None, until when an answer is of use: from the end of a live recording, or
        from the start of a stored one

    Raises
    ------
    UnknownName
        There is no such scenario.
    DesignProblem
        The step is not above 0.

    References
    ----------
    Reddi et al. 2020, "MLPerf Inference Benchmark", ISCA, section IV: its scenarios.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import Links
    >>> links, steps = Links(*[np.zeros(0)] * 3), np.full(10, 1e-5)
    >>> events = {"spikes": 1e-6}
    >>> told = {"step_s": steps, "slowest_step_s": 1e-5}
    >>> price = Price({}, events, 1e-4, None, np.zeros(1), links, 10, (), (), **told)
    >>> Operation(price, load_profile("loihi1"), "real_time", 1e-3, 10)
    Operation(live input: 1.05 mJ over 10 ms, 104 mW, keeps up, 100 times slack)
    """

    price: Price
    profile: HardwareProfile
    scenario: Scenario
    dt_s: float
    n_steps: int
    deadline_s: float | None = None

    def __post_init__(self) -> None:
        settle_scenario(self.profile, self.scenario)
        if not 0 < self.dt_s < inf:
            raise DesignProblem(f"dt_s is {self.dt_s!r}; it must be a time above 0.")

    @property
    def is_live(self) -> bool:
        """Whether input arrives as the recording lasts."""
        return self.scenario == "real_time"

    @property
    def recording_s(self) -> float:
        """How long a recording lasts."""
        return self.n_steps * self.dt_s

    @cached_property
    def occupied_s(self) -> float | None:
        """Time of the chip an inference takes; None where times are not published."""
        if not self.is_live:
            return self.price.latency_s
        return None if self.price.step_s is None else self.recording_s + self.lag_s  # type: ignore

    @cached_property
    def lag_s(self) -> float | None:
        """Time from the end of a live recording to its answer, with the mean time of each step;
        None where not published.
        """
        if self.price.step_s is None:
            return None
        return float(lag_of(self.price.step_s[None], Arrivals(self.dt_s, self.n_steps))[0])

    @property
    def slowest_step_s(self) -> float | None:
        """Seconds of the slowest step of all recordings."""
        return self.price.slowest_step_s

    @property
    def keeps_up(self) -> bool | None:
        """Whether every step of every recording is done before the next one is there; None where
        not published.
        """
        slowest_s = self.slowest_step_s
        return None if slowest_s is None else slowest_s <= self.dt_s * (1 + ROUNDING)

    @property
    def answers_s(self) -> np.ndarray | None:
        """Time to the answer of each recording, (n_samples,): its lag live, else its latency; None
        where not published.
        """
        if not self.is_live:
            return self.price.sample_s
        pace = self._pace_of_each
        return None if pace is None else pace.lag_s

    @property
    def worst_answer_s(self) -> float | None:
        """Time to the answer of the recording that takes longest; None where not published."""
        return None if self.answers_s is None else float(self.answers_s.max(initial=0.0))

    @property
    def late_share(self) -> float | None:
        """Share of the answers that come after the deadline; None without one, or without times."""
        if self.answers_s is None or self.deadline_s is None:
            return None
        return float(np.mean(self.answers_s > self.deadline_s * (1 + ROUNDING)))

    @property
    def missed_steps_share(self) -> float | None:
        """Share of live steps that are not done before the next one is there, or in their tick."""
        pace = self._pace_of_each
        if pace is None or not self.is_live:
            return None
        return float(pace.n_missed.mean() / self.price.n_steps)

    @property
    def _pace_of_each(self) -> Pace | None:
        """The pace of each recording, if it was told of recordings such as these."""
        pace = self.price.pace
        return pace if pace and pace.arrivals == (self.dt_s, self.n_steps) else None

    @property
    def pipelined_per_s(self) -> float | None:
        """Inferences a second at the most, where a recording begins as soon as the one before has
        been read in, beside its last spikes on their way: steps do the work of both.
        """
        if self.price.step_s is None:
            return None
        pace = self._pace_of_each
        if pace is not None and pace.period_s is not None:
            busy_s = float(pace.period_s.mean())
        else:
            busy_s = float(self.price.step_s[: self.n_steps].sum())
        each_s = max(self.recording_s, busy_s) if self.is_live else busy_s
        return 1 / each_s if each_s else None

    @property
    def input_events_hz(self) -> float | None:
        """Input events a second: of the recording live, else of the latency, where published."""
        return self._a_second(self.price.counts.get("input_events"))

    @property
    def busiest_operations_per_s(self) -> float | None:
        """Synaptic operations a second on the core that has most, in the same time."""
        each = self.price.core_counts
        most = None if each is None else float(each["synaptic_operations"].max())
        return self._a_second(most)

    def _a_second(self, count: float | None) -> float | None:
        """A count of an inference for each second in which its input comes."""
        during_s = self.recording_s if self.is_live else self.occupied_s
        return count / during_s if count is not None and during_s else None

    @property
    def static_power_w(self) -> Interval | None:
        """Power of the chips in use while they compute nothing, in the range of its figure and down
        to what other states of them draw.
        """
        if not self.profile.has("static_power"):
            return None
        running_w = self.profile.si("static_power")
        ranged = with_range("static_power", self.profile.figure("static_power"))
        ends = ranged.spread_si or (running_w, running_w)
        low, n = min(*ends, *self._states_of_one.values()), self.price.n_chips
        return Interval(n * low, n * running_w, n * max(ends))

    @property
    def _states_of_one(self) -> dict[str, float]:
        """Power of one chip after a run and before the first start, those that are published."""
        others = {s: f for s, f in FIGURE_OF_STATE.items() if f != "static_power"}
        return {s: self.profile.si(f) for s, f in others.items() if self.profile.has(f)}

    @property
    def _waiting_w(self) -> float:
        """Power above static while the chip waits for input: that of its clock, where published."""
        static_w = self.price.n_chips * self.profile.si("static_power", 0.0)
        states_w = power_by_state(self.profile, self.price.n_chips)
        return states_w.get("running", static_w) - static_w

    @cached_property
    def event_energy_j(self) -> Interval | None:
        """Energy of what happens, above a chip that idles; None where not published."""
        energy = energy_interval(self.price, self.profile)
        if energy is None or self.static_power_w is None or not self._holds_static:
            return energy
        idle_j = self.static_power_w.value * (self.price.latency_s or 0.0)
        return Interval(*(max(0.0, j - idle_j) for j in energy))

    @property
    def _holds_static(self) -> bool:
        """Whether the price is the power of the whole chip times its latency."""
        return FAMILIES[self.profile.family].priced_by_power

    @property
    def energy_j(self) -> Interval | None:
        """All energy of an inference that is published, by the ends of energies and powers."""
        if self.event_energy_j is None or self.occupied_s is None:
            return None
        static_w = self.static_power_w or Interval(0.0, 0.0, 0.0)
        waiting_j = self._waiting_w * max(0.0, self.occupied_s - (self.price.latency_s or 0.0))
        events = zip(self.event_energy_j, static_w, strict=True)
        return Interval(*(j + w * self.occupied_s + waiting_j for j, w in events))

    @property
    def power_w(self) -> Interval | None:
        """Mean power over the time occupied."""
        if self.energy_j is None or not self.occupied_s:
            return None
        return Interval(*(j / self.occupied_s for j in self.energy_j))

    @property
    def board_power_w(self) -> Interval | None:
        """Mean power of the boards that hold the chips: idle, and events over the time occupied;
        None where a part is not published.
        """
        idle_w = board_idle_w(self.profile)
        if idle_w is None or self.event_energy_j is None or not self.occupied_s:
            return None
        parts = zip(idle_w, self.event_energy_j, strict=True)
        return Interval(*(watts + j / self.occupied_s for watts, j in parts))

    @property
    def n_boards(self) -> int | None:
        """Boards that hold the chips; None where none is published."""
        return n_boards(self.profile)

    @property
    def inferences_per_s(self) -> float | None:
        """Inferences a second, back to back."""
        return 1 / self.occupied_s if self.occupied_s else None

    @property
    def speed(self) -> float | None:
        """How much faster than the recording a chip's fixed tick runs it; None without a tick."""
        has_tick = self.price.timing == "tick" and self.profile.has("tick")
        return self.dt_s / self.profile.si("tick") if has_tick else None

    def _headline(self) -> str:
        energy, power = self.energy_j, self.power_w
        said = "energy not published" if energy is None else si(energy.value, "J")
        said += "" if self.occupied_s is None else f" over {text(self.occupied_s, 's')}"
        said += "" if power is None else f", {si(power.value, 'W')}"
        return f"{SCENARIOS[self.scenario]}: {said}{self._pace}"

    @property
    def _pace(self) -> str:
        """Whether a live chip keeps up, for a sentence."""
        if not self.is_live or not self.slowest_step_s:
            return ""
        if self.keeps_up:
            return f", keeps up, {text(self.dt_s / self.slowest_step_s)} times slack"
        return f", too slow: its slowest step takes {text(self.slowest_step_s, 's')}"

    def _quantities(self) -> tuple[Quantity, ...]:
        live = (
            Quantity("slowest_step_s", "Slowest step", self.slowest_step_s, "s"),
            Quantity("dt_s", "  of a step of the recording", self.dt_s, "s"),
            Quantity("lag_s", "Answer after the last step", self.lag_s, "s"),
            Quantity("missed_steps_share", "Steps missed", self.missed_steps_share, "%"),
        )
        late = (
            Quantity("deadline_s", "Deadline", self.deadline_s, "s"),
            Quantity("late_share", "  answers after it", self.late_share, "%"),
        )
        board = f"Power of the board{'s' if (self.n_boards or 0) > 1 else ''}"
        events_hz, operations_per_s = self.input_events_hz, self.busiest_operations_per_s
        return (
            Quantity("scenario", "Scenario", SCENARIOS[self.scenario]),
            Quantity("occupied_s", "Time occupied", self.occupied_s, "s"),
            _told(self.event_energy_j, "event_energy_j", "Energy of events, above idle", "J"),
            _told(self.energy_j, "energy_j", "Energy in all", "J"),
            _told(self.power_w, "power_w", "Power", "W"),
            _told(self.static_power_w, "static_power_w", "  of it idle", "W"),
            *static_parts(self.profile, self.price, self.static_power_w),
            *([self.board_power_w.told("board_power_w", board, "W")] if self.board_power_w else []),
            Quantity("worst_answer_s", "Slowest answer", self.worst_answer_s, "s"),
            *(late if self.deadline_s is not None else ()),
            Quantity("pipelined_per_s", "Inferences a second, at most", self.pipelined_per_s),
            Quantity("input_events_hz", "Input events a second", events_hz, "Hz"),
            Quantity("busiest_operations_per_s", "Busiest core", operations_per_s, "SOP/s"),
            *(live if self.is_live else ()),
        )

    @property
    def has_states(self) -> bool:
        """Whether static power is published of more states than that of a running chip."""
        return self.static_power_w is not None and bool(self._states_of_one)

    @property
    def static_state(self) -> str:
        """The states that static power is published of, in words; empty where it is of none."""
        if not self.static_power_w:
            return ""
        n = self.price.n_chips
        others = [f"{IN_WORDS[s]} {si(n * w, 'W')}" for s, w in self._states_of_one.items()]
        chips = [f"of {n} chips"] if n > 1 else []
        return ", ".join([*chips, IN_WORDS["running"], *others])

    def _notes(self) -> tuple[str, ...]:
        static = f"Static power: {self.static_state}" if self.static_power_w else ""
        ends = "Ends are those of energies and powers; report.uncertainty moves the latency too"
        missing = "" if self.static_power_w else "Static power is not published: it is in no number"
        mismatch = ""
        if self.speed is not None and not np.isclose(self.speed, 1.0):
            mismatch = (
                f"A tick is {text(self.profile.si('tick'), 's')} and a step of the recordings "
                f"{text(self.dt_s, 's')}: stored input runs at {text(self.speed)} times its speed"
            )
        return tuple(
            said
            for said in (static, missing, mismatch, ends, self.lateness, *self.cautions)
            if said
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader has to know beside late answers: stalls, figures of other clocks."""
        said = (self._stalls, clocks_in_words(self.profile))
        return tuple(filter(None, said))

    @property
    def _stalls(self) -> str:
        """That events may pile up, where nobody has said how many a chip without steps can take."""
        known = self.price.step_s is not None or self.profile.step != "asynchronous"
        if known or not self.is_live or self.busiest_operations_per_s is None:
            return ""
        return (
            f"The busiest core does {text(self.busiest_operations_per_s, 'SOP/s')} (synaptic "
            "operations a second) on average; how many it can do is not published. Where events "
            "pile up, decimate or pool the input, or give the layer fewer channels"
        )

    @property
    def lateness(self) -> str:
        """How many answers miss the deadline, or that nobody can tell; empty where none does."""
        if self.deadline_s is not None and self.price.latency_s is None:
            return (
                f"Whether answers come within the deadline of {text(self.deadline_s, 's')} is not "
                "known: times of this chip are not published"
            )
        if not self.late_share:
            return ""
        return (
            f"{text(self.late_share, '%')} of the answers miss the deadline of "
            f"{text(self.deadline_s, 's')}: the slowest takes {text(self.worst_answer_s, 's')}"
        )

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


def _told(interval: Interval | None, name: str, label: str, unit: str) -> Quantity:
    """A quantity between two ends, or one that is not known."""
    if interval is None:
        return Quantity(name, label, None, unit)
    return interval.told(name, label, unit)
