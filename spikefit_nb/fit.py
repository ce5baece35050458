"""Does it fit, why not, and which smallest change of the design would cure it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from spikefit_nb.adapt import Design, adapt
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import expect
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.html import Row, card, table
from spikefit_nb.mapping import Mapping, map_network, real_values
from spikefit_nb.network import Network, Population
from spikefit_nb.simulate import simulate
from spikefit_nb.units import text

BITS_TRIED = (8, 6, 5, 4, 3, 2)
PRUNING_TRIED = (0.25, 0.5, 0.75, 0.9)
FIGURES_OF_FIT = (
    "cores", "neurons_per_core", "axons_in_per_core", "axons_out_per_core", "synapse_memory_per_core", "neuron_models",
    "resets", "weight_bits", "spikes_per_step", "axon_types", "fan_out_axons", "crossbar_row", "maximum_delay",
)  # fmt: skip
PER_CORE = (
    ("neurons", "neurons_per_core", "neurons"),
    ("axons_in", "axons_in_per_core", "input axons"),
    ("axons_out", "axons_out_per_core", "output axons"),
    ("memory_bits", "synapse_memory_per_core", "bits of synapse memory"),
)


@dataclass(frozen=True)
class Violation:
    """One thing the network needs and the chip does not have.

    Parameters
    ----------
    what : str, in words
    need, limit : number or str
    where : str, population, projection or core
    source : str, of the limit

    Examples
    --------
    >>> Violation("neurons on a core", 300, 256, "hidden 0-299", "a paper")
    Violation(neurons on a core: needs 300, limit 256, at hidden 0-299)
    """

    what: str
    need: object
    limit: object
    where: str
    source: str

    def __repr__(self) -> str:
        return f"Violation({self.what}: needs {text(self.need)}, limit {text(self.limit)}, at {self.where})"


@dataclass(frozen=True, eq=False)
class Remedy:
    """A changed design that was mapped and fits, with what it costs.

    Parameters
    ----------
    design : Design
    mapping : Mapping
    accuracy : float or None, of the network so changed; None when no data was given

    Examples
    --------
    >>> Remedy(Design(weight_bits=2), None, 0.9).design
    Design(weight_bits=2)
    """

    design: Design
    mapping: Mapping
    accuracy: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class FitReport:
    """Whether a network fits a chip, and if not, why and what would help.

    Parameters
    ----------
    network : Network, as adapted by the design
    profile : HardwareProfile
    design : Design
    mapping : Mapping
    violations : tuple of Violation
    original : Network, before it was adapted
    dataset : SpikeDataset or None, for the accuracy of remedies

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (3,), Input()), Population("out", (2,), IF(1.0, reset="subtract"))],
    ...                   [Projection("in", "out", np.ones((3, 2)))])
    >>> check_fit(network, load_profile("loihi1"))
    FitReport(does not fit loihi1: reset mode)
    """

    network: Network
    profile: HardwareProfile
    design: Design
    mapping: Mapping
    violations: tuple[Violation, ...]
    original: Network
    dataset: SpikeDataset | None = None

    @cached_property
    def remedies(self) -> tuple[Remedy, ...]:
        """Changed designs that were mapped and fit, the mildest of each kind; tried when first asked for."""
        if self.fits:
            return ()
        return tuple(_remedies(self.original, self.profile, self.design, self.dataset))

    @property
    def hints(self) -> tuple[str, ...]:
        """What to do about each kind of violation, in words."""
        return tuple(_hints(self.violations))

    @property
    def fits(self) -> bool:
        """Whether nothing is violated."""
        return not self.violations

    def rows(self) -> list[Row]:
        """(label, value, unit)."""
        rows: list[Row] = [("Fits", "yes" if self.fits else "no", ""), *self.mapping.rows()]
        for v in self.violations:
            rows.append((v.what.capitalize(), f"needs {text(v.need)}, limit {text(v.limit)}, at {v.where}", ""))
        rows += [("Tried and fits", f"{r.design!r}: {r.mapping.n_cores} cores", "") for r in self.remedies]
        return rows + [("Try", hint, "") for hint in self.hints]

    def __repr__(self) -> str:
        if self.fits:
            return f"FitReport(fits {self.profile.name}: {self.mapping.n_cores} of {self.mapping.chip_n_cores} cores)"
        return (
            f"FitReport(does not fit {self.profile.name}: {', '.join(dict.fromkeys(v.what for v in self.violations))})"
        )

    def _repr_html_(self) -> str:
        if self.fits:
            title = f"Fits {self.profile.title}: {self.mapping.n_cores} of {self.mapping.chip_n_cores:,} cores"
            return card(title, table([(label, text(v, u)) for label, v, u in self.mapping.rows()]))
        needs = [(v.what, text(v.need), text(v.limit), v.where, v.source) for v in self.violations]
        parts = [table(needs, header=("Why not", "Needs", "Limit", "Where", "Source of the limit"), align="lrrll")]
        if self.remedies:
            tried = [
                (repr(r.design), text(r.mapping.n_cores), f"{text(int(r.mapping.needs.memory_bits.sum()))} bits",
                 "" if r.accuracy is None else text(r.accuracy, "%"))
                for r in self.remedies
            ]  # fmt: skip
            header = (
                "What would help (tried, fits)",
                "Cores",
                "Synapse memory",
                "" if self.remedies[0].accuracy is None else "Accuracy",
            )
            parts.append(table(tried, header=header, align="lrrr"))
        return card(f"Does not fit {self.profile.title} as it is", *parts, note=" ".join(self.hints))


def check_fit(
    network: Network, profile: HardwareProfile, design: Design | None = None, *, dataset: SpikeDataset | None = None
) -> FitReport:
    """Tell whether a network fits a chip; if not, why, and which changed design would fit.

    The network is first adapted as the design says; by default weights are rounded to the widest the chip stores.
    Remedies are found by trying: fewer weight bits, then pruning, then both; each one listed was mapped and fits.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design, optional
    dataset : SpikeDataset, optional; with it the accuracy left by each remedy is measured too

    Returns
    -------
    FitReport

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a name in place of a profile.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (3,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.arange(6.0).reshape(3, 2))])
    >>> check_fit(network, load_profile("truenorth"))
    FitReport(does not fit truenorth: different weight values)
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect(profile, HardwareProfile, "profile", "sf.load_profile(name)")
    design = design or Design()
    expect(design, Design, "design", "sf.Design(weight_bits=4)")
    adapted = adapt(network, profile, design)
    mapping = map_network(adapted, profile, neurons_per_core=design.neurons_per_core)
    violations = (*_model_violations(adapted, profile), *_core_violations(mapping, profile))
    return FitReport(adapted, profile, design, mapping, violations, network, dataset)


def _remedies(
    network: Network, profile: HardwareProfile, design: Design, dataset: SpikeDataset | None
) -> Iterator[Remedy]:
    """The mildest setting of each knob, and of both together, that makes the network fit."""
    held = max((e.weight_bits or 16 for e in network.projections if e.scale is not None), default=2)
    if any(_model_violations(adapt(network, profile, replace(design, weight_bits=held)), profile)):
        return  # not even the fewest bits would do
    widest = design.weight_bits or max(profile.value("weight_bits"))
    fewer_bits = [replace(design, weight_bits=bits) for bits in BITS_TRIED if held <= bits < widest]
    pruned = [replace(design, prune_fraction=f) for f in PRUNING_TRIED if f > design.prune_fraction]
    both = [replace(d, prune_fraction=f) for f in PRUNING_TRIED if f > design.prune_fraction for d in fewer_bits]
    fuller = [replace(design, neurons_per_core=None)] if design.neurons_per_core else []
    found = False
    for candidates in (fuller, fewer_bits, pruned, both):
        if candidates is both and found:
            return
        for candidate in candidates:
            adapted = adapt(network, profile, candidate)
            if any(_model_violations(adapted, profile)):
                continue  # known without placing a neuron
            mapping = map_network(adapted, profile, neurons_per_core=candidate.neurons_per_core)
            if not any(_core_violations(mapping, profile)):
                found = True
                yield Remedy(candidate, mapping, None if dataset is None else simulate(adapted, dataset).accuracy)
                break


def _model_violations(network: Network, profile: HardwareProfile) -> Iterator[Violation]:
    """What the chip's circuits cannot do, wherever the neurons are put."""

    def unsupported(what: str, figure: str, need: str, where: str) -> Iterator[Violation]:
        if profile.has(figure) and need not in profile.value(figure):
            yield Violation(what, need, ", ".join(profile.value(figure)), where, profile.figure(figure).source)

    for population in network.neurons:
        yield from unsupported("neuron model", "neuron_models", type(population.neuron).__name__, population.name)
        yield from unsupported("reset mode", "resets", _reset_of(population), population.name)
        fires = getattr(population.neuron, "max_spikes_per_step", 1)
        if profile.has("spikes_per_step") and fires != profile.value("spikes_per_step"):
            limit = profile.figure("spikes_per_step")
            yield Violation(
                "spikes of a neuron in a step", fires or "any number", limit.value, population.name, limit.source
            )
        incoming = [e for e in network.projections if e.target == population.name]
        n_values = len(set().union(*(real_values(e) for e in incoming)))
        if profile.has("axon_types") and n_values > profile.value("axon_types"):
            limit = profile.figure("axon_types")
            where = f"{' + '.join(e.source for e in incoming)} -> {population.name}"
            yield Violation("different weight values", n_values, limit.value, where, limit.source)
    for e in network.projections:
        where = f"{e.source} -> {e.target}"
        widths = profile.value("weight_bits")
        if e.weight_bits and e.weight_bits > max(widths):
            source = profile.figure("weight_bits").source
            yield Violation("bits of a weight", e.weight_bits, max(widths), where, source)
        if profile.has("maximum_delay") and e.delay_steps > profile.value("maximum_delay"):
            limit = profile.figure("maximum_delay")
            yield Violation("delay in steps", e.delay_steps, limit.value, where, limit.source)


def _reset_of(population: Population) -> str:
    """One of "zero", "value" (to another potential) and "subtract"."""
    reset = population.neuron.reset  # type: ignore[union-attr]
    return "value" if reset == "zero" and population.parameter("v_reset").any() else reset


def _core_violations(mapping: Mapping, profile: HardwareProfile) -> Iterator[Violation]:
    """What does not fit on the fullest core, or on all of them."""
    for need, figure, words in PER_CORE:
        counts = getattr(mapping.needs, need)
        if profile.has(figure) and counts.max() > profile.value(figure):
            n_over = int(np.sum(counts > profile.value(figure)))
            more = f" and {n_over - 1} more core{'s' if n_over > 2 else ''}" if n_over > 1 else ""
            where = f"{mapping.labels[int(counts.argmax())]}{more}"
            limit = profile.figure(figure)
            yield Violation(f"{words} on a core", int(counts.max()), limit.value, where, limit.source)
    if profile.has("fan_out_axons"):
        limit = profile.figure("fan_out_axons")
        fed = np.diff(mapping.fan_ptr) * (mapping.core_of >= 0)
        if (fed > mapping.copies * limit.value).any():
            n = int(np.argmax(fed - mapping.copies * limit.value))
            need, where = -(-int(fed[n]) // int(mapping.copies[n])), mapping.labels[mapping.core_of[n]]
            yield Violation("axons fed by one neuron", need, limit.value, where, limit.source)
    if mapping.n_cores > mapping.chip_n_cores:
        yield Violation("cores", mapping.n_cores, mapping.chip_n_cores, "the chip", profile.figure("cores").source)


def _hints(violations: tuple[Violation, ...]) -> Iterator[str]:
    by_what = {v.what: v for v in violations}
    if "reset mode" in by_what:
        v = by_what["reset mode"]
        yield f"Reset {v.need!r} is not native here: read the network with reset={v.limit!r} and compare."
    if "spikes of a neuron in a step" in by_what:
        yield "A neuron here fires once a step: give IF neurons max_spikes_per_step=1 and compare."
    if "axons fed by one neuron" in by_what:
        yield "A neuron here feeds one axon, and copies of it in its own loop are not counted: split the recurrence."
    if "neuron model" in by_what:
        v = by_what["neuron model"]
        yield f"{v.need} is not a neuron of this chip ({v.limit} is): it would have to be trained or refitted as one."
    if "cores" in by_what:
        yield "More neurons on a core (neurons_per_core=None) and pruning free cores; a second chip adds them."
    if "different weight values" in by_what:
        limit = by_what["different weight values"].limit
        yield f"At most {limit} values a layer: two bits give two (Design(weight_bits=2)); shared weights would do too."
    if "input axons on a core" in by_what:
        limit = by_what["input axons on a core"].limit
        yield f"More than {text(limit)} sources reach one core: prune, or train narrower layers or local connections."
    if "bits of synapse memory on a core" in by_what:
        yield "Synapses take memory: fewer weight bits, pruning, or fewer neurons on a core (neurons_per_core)."
