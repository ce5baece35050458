"""What somebody measured on a chip, and how much of each cost figure the workload used."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NotPublished, ProfileProblem, UnknownName, WrongArgument, expect
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware import FAMILIES, FIGURES, HardwareProfile
from spikefit_nb.replay import (
    NOT_TOLD_APART,
    WORK_FIGURES,
    Price,
    barrier_s,
    event_amounts,
    missing_figures,
    works_at_once,
)
from spikefit_nb.units import SCALE_OF_PREFIX, text, to_si

MEASURED_AS = {"J": "an energy", "s": "a time"}


def _base_unit(unit: str) -> str:
    """J, W or s without its prefix; nothing for other units."""
    return unit[-1] if unit[-1:] in ("J", "W", "s") and unit[:-1] in SCALE_OF_PREFIX else ""


def unit_of(figure: str) -> str:
    """SI unit of a cost figure; nothing for other figures."""
    return _base_unit(FIGURES[figure].unit)


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise WrongArgument(f"{what} is {value!r}, a {type(value).__name__}, but must be a number.")
    return float(value)


@dataclass(frozen=True, eq=False, repr=False)
class Measurement(Frozen):
    """An energy or a time that somebody measured, and what the workload did meanwhile.

    A measured power is the energy of one second: amounts per second, and ``static_power=1.0``.

    Parameters
    ----------
    amounts : mapping of figure name to number
        How much of a figure the workload used: events for an energy or time of an event, clock
        cycles for energy_clock_cycle, seconds for a power, steps for tick and time_barrier.
    value : float, above 0, in ``unit``
    unit : str, "J" or "s" with any SI prefix
    source : str, where it was measured or published

    Raises
    ------
    WrongArgument
        An amount or the value is not a number, or amounts is not a mapping.
    UnknownName
        No chip has such a figure; the message offers the nearest names.
    ProfileProblem
        An amount is negative or not finite, all are zero, the value is not above 0, the source is
        empty, or a figure and the unit are of different quantities.

    Examples
    --------
    >>> amounts = {"static_power": 1.0, "energy_synaptic_operation": 1.554e9}
    >>> Measurement(amounts, 68, "mJ", "Akopyan 2015")
    Measurement(68 mJ: static_power 1, energy_synaptic_operation 1,554,000,000; Akopyan 2015)
    """

    amounts: Mapping[str, float]
    value: float
    unit: str
    source: str

    def __post_init__(self) -> None:
        expect(self.amounts, Mapping, "amounts", "{figure: amount}")
        expect(self.source, str, "source", "'my bench, 3 May'")
        expect(self.unit, str, "unit", "'nJ'")
        object.__setattr__(self, "value", _number(self.value, "value"))
        if not 0 < self.value < np.inf:
            raise ProfileProblem(
                f"value is {self.value:g} {self.unit}; what is measured must be above 0 and finite."
            )
        if not self.source.strip():
            raise ProfileProblem(
                "source is empty; say where this was measured, such as 'my bench, 3 May'."
            )
        if self.quantity not in MEASURED_AS:
            raise ProfileProblem(
                f"unit is {self.unit!r}; it must be J or s, or one such as nJ or us. "
                "A power? Take one second of it: its value in mJ for mW, amounts per second, "
                "and static_power=1.0."
            )
        checked = {name: self._checked(name, amount) for name, amount in self.amounts.items()}
        object.__setattr__(self, "amounts", MappingProxyType(checked))
        if not any(self.amounts.values()):
            raise ProfileProblem(
                "amounts are all zero; say what the workload used: {figure: amount}."
            )

    def _checked(self, name: str, amount: object) -> float:
        if name not in FIGURES:
            raise UnknownName("figure", name, (figure for figure in FIGURES if unit_of(figure)))
        if not unit_of(name):
            raise ProfileProblem(
                f"{name} is in {FIGURES[name].unit}: it is not a cost. "
                "Amounts are of energies or times."
            )
        if (unit_of(name) == "s") != (self.quantity == "s"):
            raise ProfileProblem(
                f"{name} is in {FIGURES[name].unit} and cannot be a part of "
                f"{MEASURED_AS[self.quantity]}: {self.value:g} {self.unit}. "
                "Energies and powers add up to J, times to s."
            )
        number = _number(amount, f"The amount of {name}")
        if not 0 <= number < np.inf:
            raise ProfileProblem(
                f"The amount of {name} is {number:g}; it must be finite and 0 or more."
            )
        return number

    @classmethod
    def of(
        cls, report: Report, value: float, unit: str, source: str, *, static: bool = False
    ) -> "Measurement":
        """Measured value of a workload that ``deploy`` has counted, per inference.

        Times are a maximum over cores and over ways, so their amounts are known only where a step
        is one tick, or on one core that sends no messages.

        Parameters
        ----------
        report : Report, of the network and data that were measured
        value : float, per inference, in ``unit``
        unit : str, "J" or "s" with any SI prefix
        source : str
        static : bool
            Whether the measured energy includes the chip's static power; its seconds are the
            predicted latency.

        Returns
        -------
        Measurement

        Raises
        ------
        ProfileProblem
            The network does not fit, or its time is not a sum of amounts.
        NotPublished
            The seconds of static power are asked for and the latency is not published.

        Examples
        --------
        >>> from spikefit_nb.datasets import SpikeDataset
        >>> from spikefit_nb.deploy import deploy
        >>> from spikefit_nb.hardware import load_profile
        >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
        >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
        ...                   [Projection("in", "out", np.eye(2))])
        >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
        >>> report = deploy(network, load_profile("loihi1"), dataset)
        >>> dict(Measurement.of(report, 150, "pJ", "my bench").amounts)
        {'energy_synaptic_operation': 1.0,
         'energy_update_active': 1.0,
         'energy_update_inactive': 1.0}
        """
        expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
        expect(unit, str, "unit", "'nJ'")
        price = report.price
        if price is None:
            raise ProfileProblem(
                f"The network does not fit {report.profile.title}, so nothing was counted."
            )
        amounts = (_time_amounts if _base_unit(unit) == "s" else _event_amounts)(report, price)
        if static:
            if report.latency_s is None:
                raise NotPublished(
                    "static=True needs the seconds of an inference, and the latency of "
                    f"{report.profile.title} is not published. With seconds of your own: "
                    "Measurement({..., 'static_power': seconds}, ...)."
                )
            amounts["static_power"] = report.latency_s * price.n_chips
        return cls(amounts, value, unit, source)

    @property
    def quantity(self) -> str:
        """J for an energy, s for a time."""
        return _base_unit(self.unit)

    @property
    def si(self) -> float:
        """The measured value in J or s."""
        return to_si(self.value, self.unit)

    def __repr__(self) -> str:
        used = ", ".join(f"{name} {text(amount)}" for name, amount in self.amounts.items())
        return f"Measurement({text(self.si, self.quantity)}: {used}; {self.source})"


def _event_amounts(report: Report, price: Price) -> dict[str, float]:
    """Counts of a report by the figure that prices them, without what another figure contains."""
    profile = report.profile
    if FAMILIES[profile.family].priced_by_power and report.latency_s is not None:
        return {"active_power": report.latency_s}
    amounts = event_amounts(profile, price.counts)
    used = {f: n for f, n in amounts.items() if n > 0 and not _is_contained(profile, f)}
    return {f: n for f, n in used.items() if f not in NOT_TOLD_APART or profile.has(f)}


def _time_amounts(report: Report, price: Price) -> dict[str, float]:
    profile = report.profile
    if profile.step == "tick":
        return {"tick": float(price.n_steps)}
    if profile.step != "barrier":
        raise ProfileProblem(
            f"Times of {profile.title} are not a sum of amounts: a step of it is {profile.step!r}."
        )
    if works_at_once(profile):
        raise ProfileProblem(
            f"This time is not a sum of amounts: cores of {profile.title} read what arrives while "
            "they update neurons (stages_at_once), and the longer of the two counts. Count that "
            "one and give it by hand: Measurement({'time_synaptic_operation': ...}, ...)."
        )
    if report.n_cores > 1 or price.counts["packets"] > 0:
        raise ProfileProblem(
            f"This time is not a sum of amounts: {report.n_cores} cores with "
            f"{price.counts['packets']:g} messages, and a step lasts as long as its busiest core. "
            "Measure one layer on one core, or count what is on the critical path and give it "
            "by hand: Measurement({'time_synaptic_operation': ...}, ...)."
        )
    amounts = {
        figure.replace("energy", "time", 1): n
        for figure, n in event_amounts(profile, price.counts).items()
    }
    used = {f: n for f, n in amounts.items() if n > 0 and (f in WORK_FIGURES or profile.has(f))}
    return {**used, "time_barrier": float(price.n_steps)}


def _is_contained(profile: HardwareProfile, name: str) -> bool:
    """Whether a figure is published only as a part of another one."""
    return not profile.has(name) and profile.has(profile.included.get(name, ""))


def own_cost(profile: HardwareProfile, name: str) -> float:
    """What the profile itself says that one of a figure costs, in SI."""
    if name == "time_barrier":  # a list over tiles: that of one, since more cores make no sum
        lacking = any(figure.startswith(name) for figure in missing_figures(profile, "latency_s"))
        if any(figure.startswith(name) for figure in profile.figures) and not lacking:
            return barrier_s(profile, 1)
    elif profile.has(name) or _is_contained(profile, name):
        return profile.si(name, 0.0)
    raise NotPublished(
        f"{name} is in the amounts, is not fitted, and is not published for {profile.title}. "
        f"Fit it too: figures=(..., {name!r}), with workloads that tell it apart. "
        f"Or give your own: profile.replace({name}=...)."
    )
