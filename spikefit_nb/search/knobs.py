"""The knobs that a search can turn: which of them act on a network and a chip, how far, and why.

A knob is one entry of ``KINDS``: what finds its ranges, and how a value enters a case.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.adapt import Design, fuse, prune_neurons, split_large_layers, suit
from spikefit_nb.case import Case
from spikefit_nb.encode import ENCODERS, WITH_PEAK, Encoder, name_of
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import FAMILIES, HardwareProfile, stored_width
from spikefit_nb.network import Network, PerPopulation
from spikefit_nb.search.mapping_knobs import (
    even,
    find_core_budget,
    find_neurons_per_core,
    find_partition,
    find_placement,
    find_share_cores,
)
from spikefit_nb.search.setting import FEW, Found, Place, Setting, n_neurons_of, worth_a_knob
from spikefit_nb.units import text

CHIP = "chip"  # the knob that chooses one of several profiles
WIDEST = 16  # bits, where nobody has published how wide a chip's weights are
MOST_PRUNED, MOST_NEURONS_PRUNED = 0.9, 0.75
THRESHOLDS = (0.25, 2.0)
LEAST_PEAK = 0.25
FEW_VALUES = 10  # that are listed one by one
SHARES_OF_STEPS = 20  # parts of the recordings' length
FEWEST_SYNAPSES = 8  # the limit of a chip over this is the least fan-in that is tried


def _as_it_is(place: Place, value: Any) -> Any:
    return value


class Kind(NamedTuple):
    """One thing that a design, or a case, can choose."""

    find: Callable[[Setting], Iterator[Found]]
    enter: Callable[[Case, str, Any], Case] | None = None  # None: as a knob of the design
    kept: Callable[[Place, Any], Any] = _as_it_is  # what becomes of a value on the chip


def _synapses_into(network: Network) -> dict[str, int]:
    into = {p.name: 0 for p in network.neuron_populations}
    for e in network.projections:
        into[e.target] += e.n_synapses
    return into


def _steps(s: Setting) -> Iterator[Found]:
    if s.dataset is None or s.dataset.n_steps < 2:
        return
    if s.dataset.encoded_from is not None and _own_encoder(s) is None:
        return  # a code whose steps are those of a signal
    n = s.dataset.n_steps
    step = max(1, n // SHARES_OF_STEPS)
    low = n - step * ((n - max(1, n // 10)) // step)
    yield Found((low, n), n, f"fewer of {n} steps take less time and fewer events", step=step)


def _weight_bits(s: Setting) -> Iterator[Found]:
    given = {e.target for e in s.network.projections if e.scale is not None}
    free = {name: n for name, n in _synapses_into(s.network).items() if name not in given}
    if not free or (given and len(s.network.neuron_populations) > FEW):
        return
    widths, why = _widths(s.profile), "stored in fewer bits, weights take less memory"
    if not s.profile.has("weight_bits"):
        why = "how wide weights are is not published"
    if len(widths) < 2:
        return
    for name in worth_a_knob(s.network, free):
        yield Found((widths[0], widths[-1]), widths[-1], why, name)


def _widths(profile: HardwareProfile) -> tuple[int, ...]:
    """The widths of weights that a chip stores; one bit leaves no zero."""
    if not profile.has("weight_bits"):
        return tuple(range(2, WIDEST + 1))
    return tuple(sorted(bits for bits in profile.value("weight_bits") if bits > 1))


def _stored(place: Place, bits: Any) -> Any:
    """The width that so many bits are stored in, where the chip has several."""
    widths = _widths(place.profile)
    return stored_width(bits, widths) if bits is not None and len(widths) > 1 else bits


def _weight_values(s: Setting) -> Iterator[Found]:
    if not s.profile.has("axon_types"):
        return
    types, network = int(s.profile.value("axon_types")), s.network
    many = {
        e.target: 1
        for e in network.projections
        if e.scale is None and np.unique(e.values[e.values != 0]).size > types
    }
    if many:
        for name in worth_a_knob(network, many):
            why = f"an axon has one of {types} types, each with one weight a neuron"
            yield Found((2, types), None, why, name)


def _prune_fraction(s: Setting) -> Iterator[Found]:
    if FAMILIES[s.profile.family].operations_per_spike is not None:
        return  # every spike costs the same, whatever synapses it has
    for name in worth_a_knob(s.network, _synapses_into(s.network)):
        why = "synapses that are not there cost no operation and no memory"
        yield Found((0.0, MOST_PRUNED), 0.0, why, name)


def _prune_neurons(s: Setting) -> Iterator[Found]:
    sizes = n_neurons_of(s.network)
    hidden = [n for n in worth_a_knob(s.network, sizes) if n != s.network.output]
    for name in hidden:
        if name and not _can_be_cut(s.network, name):
            continue
        if len(sizes) > 1:
            why = "neurons that are not there take no core, no update and no synapse"
            yield Found((0.0, MOST_NEURONS_PRUNED), 0.0, why, name)


def _can_be_cut(network: Network, name: str) -> bool:
    try:
        prune_neurons(network, 0.0, populations=[name])
        prune_neurons(network, {name: 0.01})
    except DesignProblem:
        return False
    return network[name].n_neurons > 1


def _thresholds(s: Setting) -> Iterator[Found]:
    why = "higher thresholds let fewer spikes out, lower ones answer in fewer steps"
    firing = {p.name: p.n_neurons for p in s.network.neuron_populations if p.neuron.fires}
    for name in worth_a_knob(s.network, firing) if firing else ():
        yield Found(THRESHOLDS, 1.0, why, name)


def _fan_in_limit(profile: HardwareProfile) -> tuple[float, str]:
    """The most synapses onto a neuron that a chip takes, and the figure that says so."""
    figures = ("fan_in_per_neuron", "fan_in_per_circuit", "axons_in_per_core")
    return min((profile.si(figure, np.inf), figure) for figure in figures)


def _over_fan_in(s: Setting) -> list[str]:
    limit, _ = _fan_in_limit(s.profile)
    over = []
    for p in s.network.neuron_populations:
        into = [e.in_degree() for e in s.network.projections if e.target == p.name]
        if into and np.sum(into, axis=0).max() > limit:
            over.append(p.name)
    return over


def _max_fan_in(s: Setting) -> Iterator[Found]:
    over = _over_fan_in(s)
    if not over:
        return
    limit, figure = _fan_in_limit(s.profile)
    why = f"{figure} is {limit:,.0f}, and more end on some neurons"
    for name in over if len(s.network.neuron_populations) <= FEW else [""]:
        least = max(2, int(limit) // FEWEST_SYNAPSES)
        yield Found((least, int(limit)), None, why, name)


def _relays(s: Setting) -> Iterator[Found]:
    if s.has_calibration and _over_fan_in(s):
        yield Found([False, True], False, "relays add up the synapses beyond max_fan_in")


def _max_events(s: Setting) -> Iterator[Found]:
    caps = [f for f in ("operations_per_step", "output_spikes_per_step") if s.profile.has(f)]
    if not caps or not s.has_calibration:
        return
    firing = {p.name: p.n_neurons for p in s.network.neuron_populations if p.neuron.fires}
    for name in worth_a_knob(s.network, firing) if firing else ():
        most = firing.get(name, max(firing.values()))
        if most > 1:
            why = f"{caps[0]} limits what a core can do in a step"
            yield Found((max(1, most // 10), most), most, why, name)


def _suit_chip(s: Setting) -> Iterator[Found]:
    made = suit(s.network, s.profile)
    if made.network is not s.network:
        yield Found([True], False, f"the chip has no other neurons: {made.change}")


def _fuse(s: Setting) -> Iterator[Found]:
    if fuse(s.network).network is not s.network:
        yield Found([False, True], False, "parallel projections become one")


def _split_layers(s: Setting) -> Iterator[Found]:
    if split_large_layers(s.network, s.profile).network is not s.network:
        yield Found([False, True], False, "some layers are too large for a core")


def _own_encoder(s: Setting) -> Encoder | None:
    """The code of a data set of values, where its name is known."""
    values = None if s.dataset is None else s.dataset.encoded_from
    return values.encoder if values is not None and name_of(values.encoder) else None


def _encoder(s: Setting) -> Iterator[Found]:
    own = _own_encoder(s)
    if own is not None:
        name = name_of(own)
        names = [name, *(n for n in ENCODERS if n not in (name, "direct"))]
        yield Found(names, name, "codes differ in how many spikes tell a value")


def _peak(s: Setting) -> Iterator[Found]:
    own = _own_encoder(s)
    if own is None or name_of(own) == "direct":
        return
    yield Found(
        (LEAST_PEAK, 1.0),
        getattr(own, "peak", 1.0),
        "a lower rate sends fewer spikes",
        acts=partial(_is_rate, str(name_of(own))),
        condition=f"encoder is {' or '.join(WITH_PEAK)}",
    )


def _is_rate(own: str, params: Mapping[str, Any]) -> bool:
    return params.get("encoder", own) in WITH_PEAK


def _nothing(s: Setting) -> Iterator[Found]:
    """Only where the user gives a range."""
    yield from ()


def _with_figure(case: Case, name: str, value: Any) -> Case:
    return replace(case, profile=case.profile.replace(**{name.partition(":")[2]: value}))


def _with_decode(case: Case, name: str, value: Any) -> Case:
    return replace(case, decode=value)


KINDS = {  # knob: which ranges of it act, and how it enters a case
    "suit_chip": Kind(_suit_chip),
    "n_steps": Kind(_steps),
    "encoder": Kind(_encoder),
    "peak": Kind(_peak),
    "weight_bits": Kind(_weight_bits, kept=_stored),
    "weight_values": Kind(_weight_values),
    "finetune_epochs": Kind(_nothing),
    "prune_fraction": Kind(_prune_fraction),
    "prune_neurons": Kind(_prune_neurons),
    "threshold_scale": Kind(_thresholds),
    "neurons_per_core": Kind(find_neurons_per_core, kept=even),
    "share_cores": Kind(find_share_cores),
    "partition": Kind(find_partition),
    "core_budget": Kind(find_core_budget),
    "placement": Kind(find_placement),
    "split_layers": Kind(_split_layers),
    "max_fan_in": Kind(_max_fan_in),
    "relays": Kind(_relays),
    "max_events_per_step": Kind(_max_events),
    "fuse": Kind(_fuse),
    "decode": Kind(_nothing, _with_decode),
    "figure": Kind(_nothing, _with_figure),
}


def kind_of(name: str) -> str:
    """The kind of a knob: "weight_bits" of "weight_bits.hidden", "figure" of "figure:hop_x"."""
    return name.partition(":")[0] if name.startswith("figure:") else name.partition(".")[0]


def population_of(name: str) -> str:
    """The population of a knob, "" for all."""
    return "" if name.startswith("figure:") else name.partition(".")[2]


def into_design(design: Design, name: str, value: Any) -> Design:
    """The design with a knob, of all populations or one, at a value."""
    knob, population = kind_of(name), population_of(name)
    if population:
        before = getattr(design, knob)
        value = {**(before if isinstance(before, PerPopulation) else {}), population: value}
    return replace(design, **{knob: value})


def in_words(found: Found, kept: Callable[[Any], Any]) -> str:
    """A range in words: "2, 3, 4, 6, 8" where a chip keeps only few values, "1 to 64"."""
    values = found.range
    if isinstance(values, list):
        return ", ".join(str(value) for value in values)
    low, high = values
    if isinstance(low, int) and found.step == 1 and high - low < FEW_VALUES:
        return ", ".join(map(str, sorted({kept(k) for k in range(low, int(high) + 1)})))
    said = f"{text(low)} to {text(high)}"
    return f"{said} in steps of {found.step}" if found.step > 1 else said
