"""The answer to "does it fit?": every limit beside what the network needs, and what would cure
it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from spikefit_nb.adapt import Adaptation, Design
from spikefit_nb.adapt.suit import as_the_chip_demands, microcode_of, reset_of
from spikefit_nb.case import Case, OfCase
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.fit.hints import hints_for
from spikefit_nb.fit.judge import judgement_of, mapping_of
from spikefit_nb.fit.network_rules import RELU
from spikefit_nb.fit.properties import not_judged
from spikefit_nb.fit.remedies import Remedy, find_remedies
from spikefit_nb.fit.support import Supported, supported
from spikefit_nb.hardware import FAMILIES, HardwareProfile, Need
from spikefit_nb.html import folded, table
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, distinct, grid
from spikefit_nb.units import text

TIMES_FROM = 5  # from here on a need is told in times its limit
OF_RATES = (
    "The chip computes layers of ReLU neurons, not spikes: an IF neuron that resets by subtraction "
    "is judged as the ReLU that its rate is, layer by layer; spikes, steps and timing are not."
)
CHOSEN = (  # a design uses these in full; nothing fills up
    "weight_bits",
    "spikes_per_step",
    "output_spikes_per_step",
    "target_layers",
    "kernel_size",
    "padding",
)

WHEN_ASKED = (
    "A network this large is laid out, and remedies tried, when asked for: report.mapping, "
    "report.remedies."
)


@dataclass(frozen=True, eq=False, repr=False)
class FitReport(OfCase, Result):
    """Whether a network fits a chip, and if not, why and what would help.

    Parameters
    ----------
    case : Case, what was judged
    adaptation : Adaptation, what the design made of the network, change by change
    laid_out : CoreMap or None, where it is told without that a large network does not fit: what it
        is made of is in the way, or counting tells that it takes too many cores
    needs : tuple of Need, every limit that was judged
    cut_instead : str, how it is cut, where it fits, but not as the design says
    laid_out_by : str, which cores were chosen by what a run waits for, and why

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.fit import check_fit
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> neuron = IF(1.0, reset="subtract")
    >>> network = Network([Population("in", (3,), Input()), Population("out", (2,), neuron)],
    ...                   [Projection("in", "out", np.ones((3, 2)))])
    >>> report = check_fit(network, load_profile("loihi1"))
    >>> report, report.remedies
    (FitReport(does not fit loihi1: reset mode), (Remedy(reset to zero),))
    """

    case: Case
    adaptation: Adaptation
    laid_out: CoreMap | None
    needs: tuple[Need, ...]
    cut_instead: str = ""
    laid_out_by: str = ""

    @cached_property
    def mapping(self) -> CoreMap:
        """Neurons on cores; laid out when first asked for where counting was enough to judge."""
        return self.laid_out or mapping_of(self.case, self.network)

    @property
    def network(self) -> Network:
        """The network as adapted by the design."""
        return self.adaptation.network

    @property
    def original(self) -> Network:
        """The network before it was adapted."""
        return self.case.network

    @property
    def violations(self) -> tuple[Need, ...]:
        """The needs that are not met."""
        return tuple(need for need in self.needs if not need.met)

    @property
    def fits(self) -> bool:
        """Whether no published limit is exceeded."""
        return not self.violations

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """What decides on other chips, or the network uses, and nobody has published for this one:
        it is not judged.
        """
        used = not_judged(self.network, self.case.recordings, self.profile)
        return tuple(dict.fromkeys((*self.profile.unknown, *used)))

    @property
    def answer(self) -> str:
        """Whether it fits, such as "fits loihi1: 2 of 128 cores"; "as far as judged" where
        something is not published.
        """
        return self._answer(self.profile.name)

    def _answer(self, name: str) -> str:
        if not self.fits:
            return f"does not fit {name}"
        cores = f": {self.mapping.cores_in_words}" if self.mapping.is_counted else ""
        made = f" by construction ({', '.join(self.constructions)})" if self.constructions else ""
        return f"fits {name}{made}{' as far as judged' * bool(self.unknown)}{cores}"

    @property
    def constructions(self) -> tuple[str, ...]:
        """What of the network the chip has no circuit for, and does by a construction."""
        resets = {reset_of(p) for p in self.network.neuron_populations}
        words = {"subtract": "reset by subtraction", "value": "reset to another potential"}
        return tuple(
            f"{words.get(mode, mode)} in microcode"
            for mode in microcode_of(self.profile)
            if mode in resets
        )

    @cached_property
    def verdict(self) -> str:
        """One of three: "native", "by construction: ..." with what it takes, or "no construction
        found".
        """
        if self.fits:
            made = "; ".join(self.constructions)
            return f"by construction: {made}" if made else "native"
        if not self.remedies:
            return "no construction found"
        remedy = self.remedies[0]
        right = "" if remedy.accuracy is None else f" ({text(remedy.accuracy, '%')} right)"
        return f"by construction: {remedy.headline}{right}"

    @cached_property
    def supported(self) -> Supported:
        """What the chip has for each population and projection: ``supported.nodes`` says
        "native", "substituted" or "unsupported", and why.
        """
        return supported(self.case, self.needs)

    @cached_property
    def in_other_models(self) -> str:
        """How the chip's own neurons would stand in for others, where that is all it takes to fit;
        nothing where it is not. Tried when first asked for: one mapping, no remedies.
        """
        if {violation.figure for violation in self.violations} != {"neuron_models"}:
            return ""
        case, over = self.case, {violation.figure for violation in self.violations}
        network, words = as_the_chip_demands(
            case.network, case.profile, case.calibration, over=over
        )
        needs = judgement_of(replace(self.case, network=network)).needs if words else ()
        return "; ".join(words) if all(need.met for need in needs) else ""

    @property
    def filling(self) -> tuple[Need, ...]:
        """Limits that fill up, a need of each: its fullest place, the fullest limit first."""
        return tuple(n for n in self._worst() if n.share is not None and n.figure not in CHOSEN)

    @property
    def tightest(self) -> Need | None:
        """The limit that the network is nearest to, or farthest over."""
        filling = (n for n in self.needs if n.share is not None and n.figure not in CHOSEN)
        others = (n for n in filling if (n.figure, n.limit) != ("cores", 1))  # always in use
        return max(others, key=lambda need: need.share or 0, default=None)

    @cached_property
    def remedies(self) -> tuple[Remedy, ...]:
        """Changes that were mapped and fit, the cheapest first; tried when first asked for."""
        return () if self.fits else find_remedies(self.case, self.needs)

    @cached_property
    def n_chips(self) -> int | None:
        """Chips that it takes as the design says; None where no number of them is enough. As many
        at the very least where counting alone tells that they are too few.
        """
        if self.fits:
            return 1
        if self.laid_out is None:
            cores = [n for n in self.violations if n.figure == "cores"]
            return ceil(cores[0].share or 0) if cores == [*self.violations] else None
        of_chips = [r.n_chips for r in self.remedies if r.is_chips_alone]
        return min(of_chips, default=None)

    @property
    def _several(self) -> str:
        """How many chips it takes, in words, what the cut between them costs, and what one chip
        would have to load in turn.
        """
        several = [r for r in self._shown if r.is_chips_alone]
        if not several:
            return ""
        mapping, packets = several[0].mapping, several[0].packets_between_chips
        often = "" if packets is None else f", {packets:,.1f} packets per inference"
        return (
            f"As it is, it takes {several[0].n_chips} chips: {mapping.axons_between_chips:,} axons "
            f"lead from one to another{often}. One chip in turn would load all of its "
            f"{several[0].n_chips} parts in every step, {mapping.memory_bits:,} bits of synapses; "
            "what loading costs is not published."
        )

    @property
    def _shown(self) -> tuple[Remedy, ...]:
        """The remedies that are shown: none where trying them would lay out a large network."""
        return self.remedies if self.laid_out else ()

    @property
    def hints(self) -> tuple[str, ...]:
        """What to do about what no tried change cures, in words."""
        whole = FAMILIES[self.profile.family].whole_layers
        return hints_for(self.violations, whole_layers=whole)

    def _headline(self) -> str:
        if self.fits:
            unknown = f"; not published: {', '.join(self.unknown)}" if self.unknown else ""
            return f"{self.answer}{unknown}"
        why = ", ".join(dict.fromkeys(v.what for v in self.violations))
        return f"{self.answer}: {why}"

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("fits", "Fits", self._in_a_word),
            *([Quantity("verdict", "Verdict", self.verdict)] if self.constructions else []),
            *(self.laid_out.quantities if self.laid_out else ()),
            *self._of_limits(),
            *self._of_remedies(),
        )

    def _notes(self) -> tuple[str, ...]:
        unknown = ", ".join(self.unknown)
        judged = f"Not published for this chip, so not judged: {unknown}."
        is_relu = any((n.figure, n.need) == ("neuron_models", RELU) for n in self.needs)
        return (
            *([judged] if unknown else []),
            *([OF_RATES] if is_relu else []),
            *(f"By construction: {made}, priced by no figure here." for made in self.constructions),
            *(words for words in (self.cut_instead, self._several) if words),
            *(f"In all {n.need} {n.what}: {n.where}." for n in self._of_more_cores),
            *([WHEN_ASKED] if not self.fits and self.laid_out is None else []),
            *(() if self._shown else self.hints),
        )

    @property
    def _of_more_cores(self) -> list[Need]:
        """Cores that are needed beside those the neurons are on, where the chip has them."""
        return [n for n in self.needs if n.met and n.figure == "cores" and n.what != "cores"]

    @property
    def _in_a_word(self) -> str:
        if not self.fits:
            return "no"
        return "as far as judged" if self.unknown else "yes"

    def _of_limits(self) -> Iterator[Quantity]:
        needs = self._worst()
        for of, n in zip(distinct(n.what for n in needs), needs, strict=True):
            kind = self.profile.figure(n.figure).kind if self.profile.has(n.figure) else None
            for name, label, value in (("need", "Needs", n.need), ("limit", "Limit", n.limit)):
                is_number = isinstance(value, int | float)
                yield Quantity(name, label, value if is_number else text(value), kind=kind, of=of)
            if n.share is not None:
                yield Quantity("share", "Used", n.share, "%", kind=kind, of=of)

    def _of_remedies(self) -> Iterator[Quantity]:
        names = distinct(remedy.headline for remedy in self._shown)
        for of, remedy in zip(names, self._shown, strict=True):
            yield from (q._replace(of=of) for q in remedy.quantities)

    def _card(self) -> tuple[str, ...]:
        worst = self._worst()
        n = len(worst)
        judged = f"All {n} limits judged" if not self.unknown else f"The {n} limits that are known"
        judged = folded(judged, self._limits(worst, "Limit on"))
        if not self.fits:
            why = self._limits(_once(self.violations), "Why not")
            tried = grid(self._of_remedies(), "What would help (tried, fits; cheapest first)")
            return f"Does not fit {self.profile.title} as it is", why, tried, judged
        title = self._answer(self.profile.title).replace("fits", "Fits", 1)
        near = self.tightest
        if near is not None:
            title += f"; nearest limit: {near.what}, {100 * (near.share or 0):.0f} % used"
        return title, judged

    def _worst(self) -> list[Need]:
        """One need for each limit, the fullest place first."""
        worst = worst_of(self.needs, lambda need: (need.figure, need.what))
        return sorted(worst, key=lambda need: (need.met, -(need.share or 0)))

    def _limits(self, needs: list[Need], title: str) -> str:
        rows = [
            (n.what, text(n.need), text(n.limit), _used(n.share), n.where, n.source) for n in needs
        ]
        header = (title, "Needs", "Limit", "Used", "Where", "Source of the limit")
        return table(rows, header=header, align="lrnrll")


def worst_of(needs: Iterable[Need], kind: Callable[[Need], object]) -> list[Need]:
    """The need of each kind that is farthest over its limit, or nearest to it."""
    worst: dict[object, Need] = {}
    for need in needs:
        same = worst.setdefault(kind(need), need)
        if (not need.met, need.share or 0) > (not same.met, same.share or 0):
            worst[kind(need)] = need
    return list(worst.values())


def _once(needs: Iterable[Need]) -> list[Need]:
    """Each kind of need once: the largest, and every place where it occurs."""

    def kind(need: Need) -> object:
        return need.what, need.need if need.share is None else None

    places: dict[object, dict[str, None]] = {}
    for need in needs:
        places.setdefault(kind(need), {})[need.where] = None
    return [replace(need, where=", ".join(places[kind(need)])) for need in worst_of(needs, kind)]


def _used(share: float | None) -> str:
    if share is None:
        return ""
    return f"{100 * share:.0f} %" if share < TIMES_FROM else f"{share:,.0f} times"


def check_fit(
    network: Network,
    profile: HardwareProfile,
    design: Design | None = None,
    *,
    dataset: SpikeDataset | None = None,
    calibration: SpikeDataset | None = None,
) -> FitReport:
    """Tell whether a network fits a chip; if not, why, and which changes would make it fit.

    The network is first adapted as the design says; by default weights are rounded to the widest
    the chip stores. Remedies are found by trying: sharing cores, splitting layers, fewer weight
    bits, pruning (of the weakest synapses, or of those that free what is short), fewer synapses
    onto a neuron, more chips, and what the chip's circuits demand (neuron models, resets, spikes a
    step, delays). Each one listed was mapped and fits.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    design : Design, optional
    dataset : SpikeDataset, optional; with it the accuracy left by each remedy is measured too
    calibration : SpikeDataset, optional, such as training data: it tells the design's changes which
        errors matter, and remedies refit thresholds to it where a neuron model has to change

    Returns
    -------
    FitReport

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a name in place of a profile.
    DatasetProblem
        The data set does not belong to the network.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (6,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.arange(12.0).reshape(6, 2))])
    >>> check_fit(network, load_profile("truenorth"))
    FitReport(does not fit truenorth: different weight values)
    """
    return judge(
        Case(
            network,
            profile,
            dataset,
            design=Design() if design is None else design,
            calibration=calibration,
        )
    )


def judge(
    case: Case, adaptation: Adaptation | None = None, *, mapping: CoreMap | None = None
) -> FitReport:
    """Tell whether a case fits its chip.

    Parameters
    ----------
    case : Case
    adaptation : Adaptation, optional, what its design makes of its network where that is known
    mapping : CoreMap, optional, of the network as adapted; None: as the design says

    Returns
    -------
    FitReport

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> judge(Case(load_network("digits"), load_profile("loihi1")))
    FitReport(fits loihi1: 2 of 128 cores)
    """
    return FitReport(case, *judgement_of(case, adaptation, mapping=mapping, may_count=True))
