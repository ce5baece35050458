"""Keep the events of a population in a step within a limit, by its thresholds, and say what that
costs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted, measured
from spikefit_nb.adapt.design import expect_fraction, expect_whole
from spikefit_nb.adapt.thresholds import FURTHEST, in_chip_numbers, with_factor
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, WrongArgument, expect, guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, settings_of
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate import SpikeRecord, simulate
from spikefit_nb.units import text

BISECTIONS = 6  # once a factor within the limit is found: within 2 % of the least one

Load = Callable[[Network, SpikeRecord], np.ndarray]


class Limit(NamedTuple):
    """What is limited, and by whose thresholds it can be kept."""

    what: str  # in words: "spikes of 'hidden' in a step"
    most: float
    source: str
    tuned: tuple[str, ...]  # populations whose thresholds are raised
    load: Load  # (n_samples, n_steps) events


class CapChange(NamedTuple):
    """What became of one limit."""

    what: str
    most: float
    source: str
    tuned: tuple[str, ...]
    factor: float  # of the thresholds
    busiest_before: float  # most events of any step and sample
    busiest_after: float
    over_before: float  # share of steps over the limit
    over_after: float


@dataclass(frozen=True, eq=False, repr=False)
class Capped(Result):
    """A network whose events in a step are kept within limits, and the accuracy that it cost.

    Parameters
    ----------
    adapted : Adapted; its notes are limits that no threshold keeps
    limits : tuple of CapChange
    run_before, run_after : SpikeRecord, of the calibration set

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(60)
    >>> capped = cap_events(network, {"hidden": 6}, calibration=dataset)
    >>> capped.limits[0].busiest_after <= 6, capped.network.assumptions[-1]
    (True, 'thresholds of hidden raised to keep to 6 spikes of hidden in a step on digits')
    """

    adapted: Adapted
    limits: tuple[CapChange, ...]
    run_before: SpikeRecord
    run_after: SpikeRecord

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.adapted.network

    def _notes(self) -> tuple[str, ...]:
        return self.adapted.notes

    @property
    def holds(self) -> bool:
        """Whether every limit is kept on the calibration set."""
        return not self.notes

    def _headline(self) -> str:
        right = ""
        before, after = self.run_before.accuracy, self.run_after.accuracy
        if before is not None and after is not None:
            right = f", accuracy {100 * before:.1f} -> {100 * after:.1f} %"
        return f"{self.adapted.change}{right}"

    def _quantities(self) -> tuple[Quantity, ...]:
        before, after = self.run_before, self.run_after
        return (
            *before.accuracy_told("before"),
            *after.accuracy_told("after"),
            *self._of_limits(),
        )

    def _of_limits(self) -> Iterator[Quantity]:
        for c in self.limits:
            yield from measured(
                c.what,
                [
                    ("most", "At most", c.most, ""),
                    ("busiest_before", "Busiest step", c.busiest_before, ""),
                    ("busiest_after", "Busiest step", c.busiest_after, ""),
                    ("over_before", "Steps over", c.over_before, "%"),
                    ("over_after", "Steps over", c.over_after, "%"),
                    ("factor", "Factor on thresholds", c.factor, ""),
                ],
            )

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid(self._of_limits(), "Events")


@guarded
def cap_events(
    network: Network,
    limit: HardwareProfile | Mapping[str, int],
    *,
    calibration: SpikeDataset,
    share_over: float = 0.0,
    arithmetic: str = "float32",
) -> Capped:
    """Raise thresholds until what happens in a step stays within a limit, in every step of every
    sample.

    Of a chip: its ``output_spikes_per_step``, which one output neuron may send, and its
    ``operations_per_step`` of a core, times the fewest cores that hold a population's neurons, for
    the synaptic operations that arrive there; these are made rarer at the populations that send
    them. Of a mapping: the spikes that each named population may send in a step. One limit after
    another, in the order of evaluation: the factor is doubled until the limit is kept, at most
    twelve times, and six bisections look for the least that keeps it. What inputs alone send over a
    limit no threshold prevents: a note says so, and the thresholds stay.

    Parameters
    ----------
    network : Network
    limit : HardwareProfile, or mapping of population to the most spikes of all its neurons in a
        step
    calibration : SpikeDataset, to keep the limit on; with labels its accuracy before and after is
        reported
    share_over : float, share of all steps that may be over the limit; 0: none, the maximum counts
    arithmetic : one of ``simulate.ARITHMETICS``

    Returns
    -------
    Capped

    Raises
    ------
    DesignProblem
        The chip publishes neither figure, a limit is not a whole number or below 0, a population is
        an input or never fires, or ``share_over`` is not a share.
    WrongArgument
        The limit is neither of a chip nor of populations.
    UnknownName
        There is no such population.
    NetworkProblem
        The arithmetic does not exist, or cannot express the network.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(60)
    >>> cap_events(network, {"hidden": 64}, calibration=dataset)
    Capped(every limit was kept already, accuracy 98.3 -> 98.3 %)
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect_fraction(share_over, "share_over")
    find = _chip_limits if isinstance(limit, HardwareProfile) else _given
    limits = find(network, limit)

    def run(network: Network) -> SpikeRecord:
        return simulate(network, calibration, arithmetic=arithmetic, record="events")

    capped, first = network, run(network)
    factors = []
    for each in limits:
        capped, factor = _kept(capped, each, share_over, run)
        factors.append(factor)
    raised = [each for each, factor in zip(limits, factors, strict=True) if factor != 1]
    if raised:
        names = ", ".join(dict.fromkeys(name for each in raised for name in each.tuned))
        kept = "; ".join(f"{text(each.most)} {each.what}" for each in raised)
        words = f"thresholds of {names} raised to keep to {kept} on {calibration.name}"
        capped = capped.replace(assumptions=(*network.assumptions, words))
    last = run(capped)
    changes = tuple(
        _change(each, factor, each.load(network, first), each.load(capped, last))
        for each, factor in zip(limits, factors, strict=True)
    )
    notes = tuple(_broken(c) for c in changes if c.over_after > share_over)
    adapted = Adapted(_in_words(changes, len(notes)), network, capped, notes)
    return Capped(adapted, changes, first, last)


def cap_for_chip(
    network: Network,
    most: int | Mapping[str, int | None],
    profile: HardwareProfile,
    *,
    activity: Activity,
) -> Adapted:
    """Keep every population that the activity knows within so many spikes a step, or its own."""
    limits = settings_of(network, most)
    known = [p.name for p in activity.network.neuron_populations if p.neuron.fires]
    limit = {name: limits[name] for name in known if limits[name] is not None}
    capped = partial(cap_events, network, limit, calibration=activity.dataset)
    return in_chip_numbers(
        profile, "Spikes a step counted", lambda name: capped(arithmetic=name).adapted
    )


def _broken(change: CapChange) -> str:
    """Why a limit is not kept, in words."""
    why = (
        "no factor of thresholds up to 4,096 keeps it"
        if change.tuned
        else "inputs alone bring so many"
    )
    over = f"over {text(change.most)} in {text(change.over_after, '%')} of steps"
    return f"{change.what}: {over}; {why}"


def _kept(
    network: Network, limit: Limit, share_over: float, run: Callable[[Network], SpikeRecord]
) -> tuple[Network, float]:
    """The network with the least factor found that keeps a limit, or as it is where none does."""

    def at(factor: float) -> Network:
        scaled = network
        for name in limit.tuned:
            scaled = with_factor(scaled, name, factor)
        return scaled

    def keeps(factor: float) -> bool:
        scaled = at(factor)
        return bool(np.mean(limit.load(scaled, run(scaled)) > limit.most) <= share_over)

    if not limit.tuned or keeps(1.0):
        return network, 1.0
    low, high = 1.0, 2.0
    while not keeps(high):
        low, high = high, 2 * high
        if high > FURTHEST:
            return network, 1.0
    for _ in range(BISECTIONS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return at(high), high


def _change(limit: Limit, factor: float, was: np.ndarray, now: np.ndarray) -> CapChange:
    return CapChange(
        limit.what,
        limit.most,
        limit.source,
        limit.tuned,
        factor,
        busiest_before=float(was.max()),
        busiest_after=float(now.max()),
        over_before=float(np.mean(was > limit.most)),
        over_after=float(np.mean(now > limit.most)),
    )


def _given(network: Network, limit: Mapping[str, int]) -> list[Limit]:
    if not isinstance(limit, Mapping):
        raise WrongArgument(
            f"limit is {limit!r}, and does not say of what: give a chip, sf.load_profile(name), or "
            "how many spikes "
            "each population may send in a step, {'hidden': 40}."
        )
    for name, most in limit.items():
        expect_whole(most, f"The limit of {name!r}", 0)
        if network[name].is_input or not network[name].neuron.fires:
            raise DesignProblem(
                f"{name!r} has no threshold by which it could be kept to {most:g} spikes a step."
            )
    return [
        Limit(
            f"spikes of {p.name} in a step",
            limit[p.name],
            "given",
            (p.name,),
            partial(_spikes, p.name),
        )
        for p in network.neuron_populations
        if p.name in limit
    ]


def _chip_limits(network: Network, profile: HardwareProfile) -> list[Limit]:
    limits = []
    if profile.has("operations_per_step") and profile.has("neurons_per_core"):
        figure, per_core = profile.figure("operations_per_step"), profile.value("neurons_per_core")
        inputs = {p.name for p in network.inputs}
        for p in network.neuron_populations:
            sources = dict.fromkeys(e.source for e in network.projections if e.target == p.name)
            tuned = tuple(name for name in sources if name not in inputs)
            what, load = (
                f"synaptic operations into {p.name} in a step",
                partial(_operations, p.name),
            )
            most = figure.value * -(-p.n_neurons // per_core)
            limits.append(Limit(what, most, figure.source, tuned, load))
    if profile.has("output_spikes_per_step") and network[network.output].neuron.fires:
        figure, name = profile.figure("output_spikes_per_step"), network.output
        what, most = f"spikes of a neuron of {name} in a step", float(figure.value)
        limits.append(
            Limit(what, most, figure.source, (name,), lambda n, run: run.output_spikes.max(axis=2))
        )
    if not limits:
        raise DesignProblem(
            f"{profile.title} publishes no limit of events in a step (operations_per_step, "
            "output_spikes_per_step). Say how many spikes a population may send: "
            "cap_events(network, {'hidden': 40}, calibration=dataset)."
        )
    return limits


def _spikes(name: str, network: Network, run: SpikeRecord) -> np.ndarray:
    return _summed(run, network.starts[name], np.ones(network[name].n_neurons))


def _operations(name: str, network: Network, run: SpikeRecord) -> np.ndarray:
    total = np.zeros((run.n_samples, run.n_steps))
    for e in network.projections:
        if e.target == name:
            sent = _summed(run, network.starts[e.source], np.asarray(e.out_degree(), np.float64))
            late = min(e.delay_steps, run.n_steps)
            total[:, late:] += sent[:, : run.n_steps - late]
    return total


def _summed(run: SpikeRecord, start: int, weight: np.ndarray) -> np.ndarray:
    """Events of the neurons from ``start`` on, each times its weight, (n_samples, n_steps)."""
    row, neuron, count = run.events.of(start, weight.size)  # type: ignore[union-attr]
    return np.bincount(row, count * weight[neuron], run.n_samples * run.n_steps).reshape(
        run.n_samples, run.n_steps
    )


def _in_words(changes: tuple[CapChange, ...], n_broken: int) -> str:
    changed = [c for c in changes if c.factor != 1]
    if n_broken:
        return f"{n_broken} of {len(changes)} limits cannot be kept by thresholds"
    if not changed:
        return "every limit was kept already"
    return "; ".join(
        f"at most {text(c.most)} {c.what}, thresholds x {c.factor:.3g}" for c in changed
    )
