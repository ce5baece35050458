"""The space of designs that a search moves in: its knobs, how far each turns, and what a point of
it makes of a case.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spikefit_nb.adapt import KNOBS, Design
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset, ValueDataset, in_spikes
from spikefit_nb.errors import DesignProblem, guarded
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, setting_of
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.search.given import (
    check,
    check_calibration,
    range_of,
    spelled_out,
    take_out,
    trained_value,
)
from spikefit_nb.search.knobs import (
    CHIP,
    KINDS,
    in_words,
    into_design,
    kind_of,
    population_of,
)
from spikefit_nb.search.setting import Found, Kept, Place, Range, Setting

if TYPE_CHECKING:  # Optuna takes half a second to import; a study does it in its own thread
    from optuna.distributions import BaseDistribution

DECIMALS = 2  # of fractions and factors: finer steps would not be told apart
WIDE = 100  # times its least, from which on a knob is searched on a logarithmic scale
FACTOR = 4  # of the ends of a range, from which on it is searched so
FIRST_STEP = 1 / 3  # of the way from the value as trained to the farther end: a neighbour
OWN = "given"  # why a knob has a range that the user chose


class Knob(NamedTuple):
    """A knob of a space: one range on each chip where it acts."""

    name: str
    on: dict[str, Found]  # by the name of the chip

    @property
    def found(self) -> Found:
        """The range over all chips."""
        first, *others = self.on.values()
        if not others or isinstance(first.range, list):
            return first
        ranges = [found.range for found in self.on.values()]
        low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
        trained = high if first.as_trained == first.range[1] else first.as_trained
        step = first.step if len(set(ranges)) == 1 else 1
        return first._replace(range=(low, high), as_trained=trained, step=step)


Params = Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class DesignSpace(Result):
    """What a search can choose: knobs with their ranges, those that are fixed, and the chips.

    Parameters
    ----------
    network : Network
    profiles : sequence of HardwareProfile, one or several
    knobs : sequence of Knob
    fixed : mapping of knob to the value that all designs have
    why_fixed : mapping of knob to the reason

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> space = default_space(load_network("digits"), load_profile("loihi1"))
    >>> space.design({"weight_bits.hidden": 4, "prune_fraction.digit": 0.5})
    Design(weight_bits={'hidden': 4}, prune_fraction={'digit': 0.5})
    """

    network: Network
    profiles: tuple[HardwareProfile, ...]
    knobs: tuple[Knob, ...]
    fixed: Mapping[str, Any]
    why_fixed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def distributions(self) -> "dict[str, BaseDistribution]":
        """The range of each knob, as Optuna has it."""
        return {knob.name: _distribution(knob.name, knob.found) for knob in self.knobs}

    def canonical(self, params: Params) -> dict[str, Any]:
        """Keep of a point only what acts: knobs of the chip it names, at values the chip has.

        Two points of the same canonical form are the same design.

        Parameters
        ----------
        params : mapping of knob to value

        Returns
        -------
        dict of knob to value
        """
        acting = {**self.fixed, **params}
        return {
            name: keep(params[name])
            for name, acts, keep in self._keepers[self._chip(params)]
            if name in params and (acts is None or acts(acting))
        }

    @cached_property
    def kept(self) -> dict[str, Kept] | None:
        """What becomes of the values of each knob, and where it acts; None where chips differ."""
        (keepers, *others) = self._keepers.values()
        if others:
            return None

        def given_fixed(acts: Callable) -> Callable[[Params], bool]:
            return lambda params: acts({**self.fixed, **params})

        conditions = {acts: given_fixed(acts) for _, acts, _ in keepers if acts is not None}
        return {n: Kept(keep, acts and conditions[acts]) for n, acts, keep in keepers}

    @cached_property
    def _keepers(self) -> dict[str, list[tuple[str, Callable | None, Callable[[Any], Any]]]]:
        """For each chip its knobs, where they act, and what becomes of a value; a sampler asks
        thousands of times.
        """
        return {
            p.name: [
                (knob.name, found.acts, self._keeper(knob.name, p, found))
                for knob in self.knobs
                if (found := knob.on.get(p.name)) is not None
            ]
            for p in self.profiles
        }

    def _keeper(self, name: str, profile: HardwareProfile, found: Found) -> Callable[[Any], Any]:
        """What becomes of a value on a chip: within its range, as fine as it can be told apart."""
        kind, values = kind_of(name), found.range
        if kind in KNOBS and isinstance(KNOBS[kind][0], float):
            return partial(_rounded, values)
        if name == CHIP or kind.startswith("figure"):
            return partial(_within, values)
        place = Place(self.network, profile, population_of(name))
        return cache(partial(_stored, values, partial(KINDS[kind].kept, place)))

    def design(self, params: Params) -> Design:
        """The design at a point.

        Parameters
        ----------
        params : mapping of knob to value

        Returns
        -------
        Design
        """
        return self._with_design(Design(), params)

    def case(self, params: Params, case: Case) -> Case:
        """What a point makes of a case: its chip, the figures, and the design.

        Parameters
        ----------
        params : mapping of knob to value
        case : Case, of the network as trained

        Returns
        -------
        Case
        """
        if len(self.profiles) > 1:
            chip = self._chip(params)
            case = replace(case, profile=next(p for p in self.profiles if p.name == chip))
        for name, value in self._chosen(params):
            enter = KINDS[kind_of(name)].enter
            if enter is not None:
                case = enter(case, name, value)
        return replace(case, design=self._with_design(case.design, params))

    def starts(self, case: Case) -> list[dict[str, Any]]:
        """Points worth trying first: the network as trained, what would make it fit, and one knob
        moved at a time.

        Parameters
        ----------
        case : Case, of the network as trained

        Returns
        -------
        list of dict of knob to value, none twice; the first changes nothing, or as little as the
        ranges allow
        """
        trained = {knob.name: self._as_trained(knob) for knob in self.knobs}
        near = chain(self._of_remedies(case, trained), self._neighbours(trained))
        found, seen = [trained], [self.canonical(trained)]
        for params in near:
            if (form := self.canonical(params)) not in seen:
                found.append(params)
                seen.append(form)
        return found

    def _chip(self, params: Params) -> str:
        return params.get(CHIP, self.fixed.get(CHIP, self.profiles[0].name))

    def _chosen(self, params: Params) -> Iterator[tuple[str, Any]]:
        """Knobs and values, but for the chip: those fixed, and those of a point that act."""
        for name, value in {**self.fixed, **self.canonical(params)}.items():
            if name != CHIP:
                yield name, value

    def _with_design(self, design: Design, params: Params) -> Design:
        trained = {knob.name: knob.found.as_trained for knob in self.knobs}
        chip = self._chip(params)
        trained |= {k.name: k.on[chip].as_trained for k in self.knobs if chip in k.on}
        for name, value in self._chosen(params):
            is_changed = name in self.fixed or value != trained[name]
            if KINDS[kind_of(name)].enter is None and is_changed:
                design = into_design(design, name, value)
        return design

    def _as_trained(self, knob: Knob) -> Any:
        """The value that changes nothing, or the mildest of the range."""
        values, wanted = knob.found.range, knob.found.as_trained
        if isinstance(values, list):
            return wanted if wanted in values else values[0]
        return values[1] if wanted is None else min(max(wanted, values[0]), values[1])

    def _of_remedies(self, case: Case, trained: Params) -> Iterator[dict[str, Any]]:
        """What would make the network fit, as far as the space has it."""
        for profile in self.profiles:
            report = check_fit(case.network, profile, calibration=case.calibration)
            if report.fits:
                continue
            for remedy in report.remedies:
                if remedy.n_chips == 1 and remedy.network is case.network:
                    params = self._params_of(remedy.design, trained)
                    if CHIP in params:
                        params[CHIP] = profile.name
                    yield params

    def _params_of(self, design: Design, trained: Params) -> dict[str, Any]:
        """The point whose design is nearest to one given."""
        params = dict(trained)
        for knob in self.knobs:
            name = kind_of(knob.name)
            value = setting_of(getattr(design, name, None), population_of(knob.name))
            if value is None or value == setting_of(getattr(Design(), name, None), ""):
                continue
            values = knob.found.range
            if isinstance(values, list):
                params[knob.name] = value if value in values else trained[knob.name]
            else:
                params[knob.name] = min(max(value, values[0]), values[1])
        return params

    def _neighbours(self, trained: Params) -> Iterator[dict[str, Any]]:
        """One kind of knob moved in all populations, then one knob alone; fewer steps and lower
        thresholds, which need each other, first.
        """
        moved = {knob.name: list(_moved(knob, trained[knob.name])) for knob in self.knobs}
        alike: dict[str, dict[str, Any]] = {}
        for name, values in moved.items():
            alike.setdefault(kind_of(name), {}).update({name: values[0]} if values else {})
        if {"n_steps", "threshold_scale"} <= alike.keys():  # lower thresholds answer sooner
            yield {**trained, **alike["n_steps"], **alike["threshold_scale"]}
        for params in alike.values():
            yield {**trained, **params}
        for name, values in moved.items():
            for value in values:
                yield {**trained, name: value}

    def _headline(self) -> str:
        chips = ", ".join(p.name for p in self.profiles)
        n, n_fixed = len(self.knobs), len(self.fixed)
        more = f", {n_fixed} more fixed" if n_fixed else ""
        return f"{n} knob{'s' * (n != 1)} of {self.network.name} on {chips}{more}"

    def _quantities(self) -> Iterator[Quantity]:
        for knob in self.knobs:
            found = knob.found
            for name, label, words in (
                ("range", "Range", in_words(found, self._kept_anywhere(knob))),
                ("condition", "Acts where", self._condition(knob)),
                ("why", "Why", found.why),
            ):
                yield Quantity(name, label, words, of=knob.name)
        for name, value in self.fixed.items():
            yield Quantity("range", "Range", f"{value}, fixed", of=name)
            yield Quantity("condition", "Acts where", "always", of=name)
            yield Quantity("why", "Why", self.why_fixed.get(name, OWN), of=name)

    def _kept_anywhere(self, knob: Knob) -> Callable[[Any], Any]:
        profile = next(p for p in self.profiles if p.name in knob.on)
        return self._keeper(knob.name, profile, knob.on[profile.name])

    def _condition(self, knob: Knob) -> str:
        said = [knob.found.condition] if knob.found.condition else []
        if len(knob.on) < len(self.profiles):
            said.insert(0, f"{CHIP} is {' or '.join(knob.on)}")
        return " and ".join(said) or "always"

    def _card(self) -> tuple[str, ...]:
        return f"Design space: {self.headline}", grid(self.quantities, "Knob")


@guarded
def default_space(
    network: Network,
    profile: HardwareProfile | Sequence[HardwareProfile],
    dataset: SpikeDataset | ValueDataset | None = None,
    *,
    given: Mapping[str, Any] | None = None,
    calibration: SpikeDataset | None = None,
) -> DesignSpace:
    """Find the knobs that act on a network on a chip, and how far each should turn.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile, or several, of which ``chip`` chooses one
    dataset : SpikeDataset or ValueDataset, optional, whose steps can be fewer, and whose values can
        be encoded otherwise
    given : mapping of knob to (low, high), a list of choices or one value, in place of what is
        found here: a knob of ``Design``, of one population ("weight_bits.hidden", or a mapping of
        population to its range), "chip", "decode", or a figure of the chip ("figure:hop_x")
    calibration : SpikeDataset, optional, with which relays and caps can be made

    Returns
    -------
    DesignSpace

    Raises
    ------
    UnknownName
        There is no such knob, population, chip or figure.
    DesignProblem
        A range is none, a value is not one of its knob's, or nothing is left to search.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits, chip = load_network("digits"), load_profile("truenorth")
    >>> [knob.name for knob in default_space(digits, chip).knobs][:2]
    ['weight_values.hidden', 'weight_values.digit']
    """
    profiles = (profile,) if isinstance(profile, HardwareProfile) else tuple(profile)
    on: dict[str, dict[str, Found]] = {}
    for each in profiles:
        setting = Setting(network, each, in_spikes(dataset), calibration is not None)
        for name, kind in KINDS.items():
            for found in kind.find(setting):
                full = f"{name}.{found.population}" if found.population else name
                on.setdefault(full, {})[each.name] = found
    names = [p.name for p in profiles]
    if len(profiles) > 1:
        every = Found(names, names[0], "several chips are compared")
        on = {CHIP: dict.fromkeys(names, every), **on}
    fixed, why = _settled(on)
    for name, value in spelled_out(given or {}).items():
        check(name, value, network, profiles)
        take_out(on, name)
        fixed.pop(name, None)
        if (searched := range_of(name, value)) is None:
            fixed[name] = value[0] if isinstance(value, tuple | list) else value
        else:
            found = Found(searched, trained_value(name, profiles[0]), OWN)
            on[name] = dict.fromkeys(names, found)
    if not on:
        raise DesignProblem(
            "Nothing to search: every knob is fixed. Give at least one a range (low, high)."
        )
    check_calibration(on, fixed, calibration is not None)
    return DesignSpace(
        network, profiles, tuple(Knob(n, each) for n, each in on.items()), fixed, why
    )


def _settled(on: dict[str, dict[str, Found]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Take out knobs that have one value only, with the reason why all designs have it."""
    fixed, why = dict[str, Any](), dict[str, str]()
    for name in list(on):
        found = next(iter(on[name].values()))
        if isinstance(found.range, list) and len(found.range) == 1:
            del on[name]
            fixed[name], why[name] = found.range[0], found.why
    return fixed, why


def _distribution(name: str, found: Found) -> "BaseDistribution":
    from optuna import distributions

    values = found.range
    if isinstance(values, list):
        return distributions.CategoricalDistribution(values)
    low, high = values
    least, most = KNOBS[kind_of(name)][:2] if kind_of(name) in KNOBS else (low, high)
    is_log = _is_wide(least, most) and _is_wide(low, high, FACTOR) and found.step == 1
    if isinstance(low, float) or isinstance(high, float) or isinstance(least, float):
        return distributions.FloatDistribution(float(low), float(high), log=is_log)
    return distributions.IntDistribution(int(low), int(high), log=is_log, step=found.step)


def _within(values: Range, value: Any) -> Any:
    """A number within a range; what is chosen from a list as it is."""
    if value is None or isinstance(values, list):
        return value
    return min(max(value, values[0]), values[1])


def _rounded(values: Range, value: Any) -> Any:
    return None if value is None else round(float(_within(values, value)), DECIMALS)


def _stored(values: Range, stored: Callable[[Any], Any], value: Any) -> Any:
    return stored(_within(values, value))


def _is_wide(low: float, high: float, times: float = WIDE) -> bool:
    return low > 0 and high >= times * low


def _moved(knob: Knob, trained: Any) -> Iterator[Any]:
    """Other values of a knob: the other choices, or a third of the way to the farther end."""
    values, step = knob.found.range, knob.found.step
    if isinstance(values, list):
        yield from (value for value in values if value != trained)
        return
    low, high = values
    is_wide = _is_wide(low, high, FACTOR)

    def distance(end):
        return abs(np.log(end / trained)) if is_wide else abs(end - trained)

    for end in sorted((low, high), key=distance, reverse=True):
        if end == trained:
            continue
        moved = trained + FIRST_STEP * (end - trained)
        if is_wide:
            moved = float(trained * np.power(end / trained, FIRST_STEP))
        if isinstance(low, float):
            yield round(moved, DECIMALS)
        else:
            yield low + step * round((moved - low) / step)
