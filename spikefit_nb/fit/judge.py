"""Hold a case against every limit of its chip."""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt import Adaptation
from spikefit_nb.case import Case
from spikefit_nb.fit import core_rules, network_rules, properties
from spikefit_nb.fit.network_rules import hidden_of, loops_of
from spikefit_nb.hardware import (
    FAMILIES,
    HardwareProfile,
    LayerCounts,
    LayerWords,
    Need,
    counted,
)
from spikefit_nb.mapping import (
    GROUPERS,
    PARTITIONERS,
    CoreMap,
    can_be_cut,
    counts_cores,
    group_neurons,
    layer_on,
    layer_words,
    least_cores,
    map_by_hand,
    map_network,
)
from spikefit_nb.network import Network, Projection

# From so many on, laying a network out takes long enough that counting is worth it.
MANY_SYNAPSES, MANY_NEURONS = 2_000_000, 50_000
VERY_MANY_SYNAPSES = 10_000_000  # even rounding so many does, and a no comes before it
EASILY_GROUPED = 200_000  # synapses, of which a dozen ways to group neurons take seconds
LEAVE_COUNTS = {  # knobs that leave how many neurons and synapses there are
    "weight_bits",
    "threshold_scale",
    "neurons_per_core",
    "share_cores",
    "partition",
    "placement",
    "core_budget",
}


class Judgement(NamedTuple):
    """A case once it is adapted and laid out, and every limit beside what it needs."""

    adaptation: Adaptation
    laid_out: CoreMap | None  # None where that it does not fit is told without
    needs: tuple[Need, ...]
    cut_instead: str = ""  # how it is cut, where not as the design says


def judgement_of(
    case: Case,
    adaptation: Adaptation | None = None,
    *,
    mapping: CoreMap | None = None,
    may_count: bool = False,
) -> Judgement:
    """Adapt a case, if that is not done yet, lay it out, and count what it needs."""
    may_count &= mapping is None
    if may_count and adaptation is None and _leaves_counts(case):
        too_many = _too_many_cores(case, case.network, is_rounded=False)
        if too_many is not None:
            return Judgement(Adaptation(case.network), None, (too_many,))
    adaptation = adaptation or case.adapt()
    network, profile = adaptation.network, case.profile
    of_network = (
        *network_rules.network_needs(network, profile),
        *properties.property_needs(network, case.recordings, profile),
    )
    too_many = _too_many_cores(case, network) if may_count else None
    if too_many is not None:
        return Judgement(adaptation, None, (*of_network, too_many))
    is_refused = not all(need.met for need in of_network)
    if may_count and is_refused and network.n_synapses > VERY_MANY_SYNAPSES:
        return Judgement(adaptation, None, of_network)
    cut_instead = ""
    if mapping is None:
        mapping, cut_instead = placing_of(case, network)
    needs = (
        *of_network,
        *FAMILIES[profile.family].needs(profile, NetworkCounts(network, mapping)),
        *core_rules.core_needs(network, mapping),
        *_of_budget(case.design.core_budget, mapping),
    )
    return Judgement(adaptation, mapping, needs, cut_instead)


def mapping_of(case: Case, network: Network) -> CoreMap:
    """Lay out a network as a case says, or in another cut where it fits in no other way."""
    return placing_of(case, network)[0]


def placing_of(case: Case, network: Network) -> tuple[CoreMap, str]:
    """The same, and in words why it is cut in another way than the design says."""
    if case.cores is not None:
        return map_by_hand(network, case.profile, dict(case.cores)), ""
    own = case.design.partition if case.design.partition in PARTITIONERS else "layers"
    asked = _cut_as(own, case, network)
    has_maps = any(len(p.shape) == 3 for p in network.neuron_populations)
    for name in PARTITIONERS if has_maps and not _is_within(asked, case) else ():
        other = _cut_as(name, case, network) if name != own else asked
        if _is_within(other, case):
            return other, (
                f"In {own}, {_too_much(asked, case)}. It is cut in {name}, {other.n_cores} cores, "
                f"as sf.Design(partition={name!r}) says."
            )
    grouper = "" if _is_within(asked, case) else _grouper_for(case, network)
    if grouper:
        most, spikes = case.design.neurons_per_core, np.ones(network.n_neurons)
        other = group_neurons(asked, spikes, partition=grouper, neurons_per_core=most)
        if other is not asked and _is_within(other, case):
            return other, (
                f"Layer by layer, {_too_much(asked, case)}. Neurons are grouped by what they have "
                f"in common, {other.n_cores} cores, as sf.Design(partition={grouper!r}) says."
            )
    return asked, ""


def _grouper_for(case: Case, network: Network) -> str:
    """Which way to group neurons may fit where layers do not, "" for none: the design's own, or of
    a recurrent network one that takes seconds.
    """
    design = case.design
    if design.partition in GROUPERS:
        return design.partition
    is_open = design.partition == "auto" and network.is_recurrent and can_be_cut(case.profile)
    return "overlap" if is_open and network.n_synapses <= EASILY_GROUPED else ""


def _too_much(mapping: CoreMap, case: Case) -> str:
    """Why a mapping does not fit, in words."""
    if mapping.n_cores > _most_cores(case):
        return f"it would take {mapping.n_cores} of {_most_cores(case):.0f} cores"
    return "a core would hold too much"


def _most_cores(case: Case) -> float:
    return min(case.profile.si("cores", np.inf), case.design.core_budget or np.inf)


def _cut_as(partition: str, case: Case, network: Network) -> CoreMap:
    return map_network(
        network,
        case.profile,
        neurons_per_core=case.design.neurons_per_core,
        share_cores=case.design.share_cores,
        partition=partition,
        core_budget=case.design.core_budget,
    )


def _is_within(mapping: CoreMap, case: Case) -> bool:
    """Whether a mapping takes no more cores than there are, and no core holds more than it can."""
    return mapping.is_within_cores and mapping.n_cores <= _most_cores(case)


def _of_budget(core_budget: int | None, mapping: CoreMap) -> Iterator[Need]:
    """The cores in use beside those that the design allows."""
    if core_budget is not None and mapping.is_counted:
        n, said = mapping.n_cores, f"sf.Design(core_budget={core_budget})"
        is_met = n <= core_budget
        yield Need(
            "cores of the budget",
            n,
            core_budget,
            "the chip",
            "core_budget",
            source=said,
            met=is_met,
        )


def _leaves_counts(case: Case) -> bool:
    """Whether so many synapses are rounded, and nothing else changes, that counting comes first."""
    is_large = case.network.n_synapses > VERY_MANY_SYNAPSES
    return is_large and case.calibration is None and set(case.design.changes()) <= LEAVE_COUNTS


def _too_many_cores(case: Case, network: Network, *, is_rounded: bool = True) -> Need | None:
    """That a large network takes more cores than there are, however it is laid out; None where
    counting alone does not tell.
    """
    profile, design = case.profile, case.design
    is_large = network.n_synapses > MANY_SYNAPSES or network.n_neurons > MANY_NEURONS
    if not is_large or not profile.has("cores") or not counts_cores(profile):
        return None
    least = least_cores(
        network,
        profile,
        neurons_per_core=design.neurons_per_core,
        share_cores=design.share_cores,
        is_rounded=is_rounded,
    )
    need = counted("cores, at the very least", least, "the chip", "cores", profile)
    return None if need.met else need


def judged_figures(profile: HardwareProfile) -> tuple[str, ...]:
    """List the figures by which a network is judged, of those a chip has.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> "neurons_per_core" in judged_figures(load_profile("loihi1"))
    True
    """
    names = (
        *network_rules.RULES,
        *properties.FIGURES,
        *core_rules.FIGURES,
        *FAMILIES[profile.family].figures,
    )
    return tuple(name for name in dict.fromkeys(names) if profile.has(name))


class NetworkCounts:
    """Counts of a network on the cores of a chip."""

    def __init__(self, network: Network, mapping: CoreMap) -> None:
        self.network, self.mapping = network, mapping
        self.n_channels, self.n_neurons = network.n_channels, network.n_neurons
        self.places = mapping.places

    @cached_property
    def layers(self) -> list[LayerCounts]:
        """Every projection as a layer."""
        return [self._layer(e) for e in self.network.projections]

    def _layer(self, e: Projection) -> LayerCounts:
        source = self.network[e.source]
        layer = layer_on(e, source.shape, self.mapping.profile)
        is_kernel = e.kind == "convolution"
        size = e.weight.input_shape[1:] if is_kernel else layer.kernel
        whole = tuple(-(-n // layer.pool // s) for n, s in zip(size, layer.stride, strict=True))
        return LayerCounts(
            f"{e.source} -> {e.target}",
            source.is_input,
            is_kernel,
            layer.n_in,
            layer.n_out,
            size=size,
            kernel=layer.kernel,
            stride=layer.stride,
            same_size=not is_kernel or whole == e.weight.output_shape[1:],
            weight_bits=e.n_bits,
        )

    @cached_property
    def layer_words(self) -> dict[str, LayerWords]:
        """What each population takes of a core."""
        names = [p.name for p in self.network.neuron_populations]
        words = layer_words(self.network, self.mapping.profile)
        return dict(zip(names, words, strict=True))

    @cached_property
    def synapses_by_sign(self) -> np.ndarray:
        """Synapses of positive and of negative weight from each input and neuron, (n, 2) int64."""
        signs = np.zeros((self.n_channels + self.n_neurons, 2), np.int64)
        for e in self.network.projections:
            signs[self.network.starts[e.source] :][: e.shape[0]] += _signs(e)
        return signs

    @cached_property
    def rows_by_sign(self) -> dict[str, np.ndarray]:
        """Rows that each neuron of a population listens to, (n_neurons,) int64: one a source, two
        where the source's weights have both signs.
        """
        rows = {p.name: np.zeros(p.n_neurons) for p in self.network.neuron_populations}
        for e in self.network.projections:
            rows_of = np.count_nonzero(_signs(e), axis=1)
            for edges in e.blocks():
                rows[e.target] += np.bincount(edges.target, rows_of[edges.source], e.shape[1])
        return {name: n.astype(np.int64) for name, n in rows.items()}

    @cached_property
    def hidden_reached(self) -> dict[str, int]:
        """The most hidden neurons that a hidden neuron of each population reaches."""
        reached = {p.name: np.zeros(1, np.int64) for p in hidden_of(self.network)}
        for e in loops_of(self.network):
            reached[e.source] = reached[e.source] + e.out_degree()
        return {name: int(n.max()) for name, n in reached.items()}

    @cached_property
    def n_recurrent(self) -> int:
        """Synapses between hidden neurons."""
        return sum(e.n_synapses for e in loops_of(self.network))

    @cached_property
    def n_to_output(self) -> int:
        """Synapses from hidden neurons to the output."""
        network, hidden = self.network, {p.name for p in hidden_of(self.network)}
        to_output = (e for e in network.projections if e.target == network.output)
        return sum(e.n_synapses for e in to_output if e.source in hidden)

    @cached_property
    def hidden_alike(self) -> np.ndarray:
        """Hidden neurons of each set of threshold and decay, (n_sets,) int64."""
        sets = [np.zeros((0, 2))]
        for p in hidden_of(self.network):
            decays = "tau_mem_s" in p.neuron.parameters
            decay = p.parameter("tau_mem_s") if decays else np.zeros(p.n_neurons)
            sets.append(np.column_stack([p.parameter("v_threshold"), decay]))
        return np.unique(np.concatenate(sets), axis=0, return_counts=True)[1]

    @cached_property
    def longest_delays(self) -> dict[str, tuple[int, int]]:
        """Of each population with synapses, its neurons and the longest delay of its spikes."""
        longest: dict[str, int] = {}
        for e in self.network.projections:
            longest[e.source] = max(longest.get(e.source, 0), e.delay_steps)
        return {name: (self.network[name].n_neurons, steps) for name, steps in longest.items()}

    @cached_property
    def magnitudes(self) -> list[tuple[str, np.ndarray]]:
        """Each core's label, and the different magnitudes of the weights on it."""
        mapping = self.mapping
        on_core = [np.zeros(0)] * mapping.n_cores
        for e in self.network.projections:
            core_of = mapping.core_of[self.network.starts[e.target] :]
            scale = np.broadcast_to(np.float64(1 if e.scale is None else e.scale), e.shape[1])
            for edges in e.blocks():
                magnitude = np.abs(edges.weight.astype(np.float64)) * scale[edges.target]
                core = core_of[edges.target]
                for k in np.unique(core):
                    on_core[k] = np.union1d(on_core[k], magnitude[core == k])
        return list(zip(mapping.labels, on_core, strict=True))

    def chips_reached(self, cores_per_chip: int) -> tuple[int, str]:
        """The most chips of so many cores that a neuron sends to, and the label of its core."""
        mapping = self.mapping
        source = np.repeat(np.arange(mapping.core_of.size), np.diff(mapping.fan_ptr))
        chip, n_chips = mapping.fan_core // cores_per_chip, -(-mapping.n_cores // cores_per_chip)
        pairs = np.unique(source * n_chips + chip)
        reached = np.bincount(pairs // n_chips, minlength=mapping.core_of.size)
        reached *= mapping.core_of >= 0
        n = int(reached.argmax())
        return int(reached[n]), mapping.labels[max(0, int(mapping.core_of[n]))]


def _signs(e: Projection) -> np.ndarray:
    """Synapses of positive and of negative weight from each source, (n_sources, 2) int64."""
    signs = np.zeros(2 * e.shape[0], np.int64)
    for edges in e.blocks():
        signs += np.bincount(2 * edges.source + (edges.weight < 0), minlength=signs.size)
    return signs.reshape(-1, 2)
