"""One network, every chip: where it fits, how full it is there, and what stands in the way."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from spikefit_nb.adapt import Adaptation, Design
from spikefit_nb.case import Case
from spikefit_nb.errors import UnknownName, expect, guarded
from spikefit_nb.fit.check import FitReport, judge, worst_of
from spikefit_nb.hardware import HardwareProfile, load_profile, profile_names
from spikefit_nb.html import table
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, distinct
from spikefit_nb.units import text

REASONS_SHOWN = 3
BUILT_IN = {"neuron_models": "built in:"}  # others may be programmed, or made of these


@dataclass(frozen=True, eq=False, repr=False)
class FitComparison(Result):
    """Fit reports of one network on several chips; those that fit come first.

    Parameters
    ----------
    network : Network, as trained
    reports : tuple of FitReport

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (3,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((3, 2)))])
    >>> compare_fit(network, [load_profile("loihi1"), load_profile("truenorth")])
    FitComparison(fits 2 of 2 chips: truenorth, loihi1)
    """

    network: Network
    reports: tuple[FitReport, ...]

    @property
    def fitting(self) -> tuple[FitReport, ...]:
        """Reports of the chips on which everything that decides is known and nothing exceeded."""
        return tuple(report for report in self.reports if report.fits and not report.unknown)

    @property
    def fitting_as_far_as_judged(self) -> tuple[FitReport, ...]:
        """Reports of the chips on which no known limit is exceeded, but not all are known."""
        return tuple(report for report in self.reports if report.fits and report.unknown)

    def __getitem__(self, name: str) -> FitReport:
        """The report of one chip, by its name."""
        reports = {report.profile.name: report for report in self.reports}
        if name not in reports:
            raise UnknownName("chip in this comparison", name, reports)
        return reports[name]

    def _headline(self) -> str:
        said = f"fits {len(self.fitting)} of {len(self.reports)} chips{_named(self.fitting)}"
        others = self.fitting_as_far_as_judged
        return f"{said}; as far as judged, {len(others)} more{_named(others)}" if others else said

    def _quantities(self) -> tuple[Quantity, ...]:
        names = distinct(report.profile.title for report in self.reports)
        return (
            Quantity("n_fitting", "Chips it fits", len(self.fitting)),
            Quantity(
                "n_as_far_as_judged",
                "Chips it fits as far as judged",
                len(self.fitting_as_far_as_judged),
            ),
            Quantity("n_chips", "Chips", len(self.reports)),
            *(
                q
                for name, report in zip(names, self.reports, strict=True)
                for q in _of_chip(report, name)
            ),
        )

    def _notes(self) -> tuple[str, ...]:
        return (
            "sf.check_fit(network, sf.load_profile(name)) shows every limit with its source, and "
            "tries remedies.",
        )

    def _card(self) -> tuple[str, ...]:
        words = self.reports[0].design.words if self.reports else "as trained"
        title = f"{self.network.name} {words} fits {len(self.fitting)} of {len(self.reports)} chips"
        others = len(self.fitting_as_far_as_judged)
        title += f"; as far as judged, {others} more" if others else ""
        way = "Nearest limit, or what is in the way"
        header = ("Chip", "Fits", "Cores", way, "Not published, not judged")
        return title, table([_row(r) for r in self.reports], header=header, align="lnrll")


def _named(reports: Iterable[FitReport]) -> str:
    """The names of their chips after a colon; nothing where there are none."""
    names = ", ".join(report.profile.name for report in reports)
    return f": {names}" if names else ""


def _of_chip(report: FitReport, of: str) -> Iterator[Quantity]:
    yield Quantity("fits", "Fits", _answer(report)[2:], of=of)
    if report.fits:
        yield report.mapping.of_cores._replace(label="Cores", of=of)
        if report.tightest is not None:
            yield Quantity("share", "Nearest limit, used", report.tightest.share, "%", of=of)


def _answer(report: FitReport) -> str:
    if not report.fits:
        return "\u2717 no"
    if report.constructions:
        return "\u2713 by construction"
    return "\u2713 as far as judged" if report.unknown else "\u2713 yes"


def _row(report: FitReport) -> tuple[str, ...]:
    title, answer, unknown = report.profile.title, _answer(report), ", ".join(report.unknown)
    if not report.fits:
        made = report.in_other_models
        answer = "\u2717 not as it is" if made else answer
        why = f"{_why_not(report)}; by construction: {made}" if made else _why_not(report)
        return title, answer, "", why, unknown
    near = report.tightest
    nearest = "" if near is None else f"{near.what}: {100 * (near.share or 0):.0f} % used"
    nearest = "; ".join([*report.constructions, *([nearest] if nearest else [])])
    return title, answer, report.mapping.cores_of_chip, nearest, unknown


def _why_not(report: FitReport) -> str:
    """Each kind of violation once, the farthest over first; what is not a number comes before."""
    worst = worst_of(report.violations, lambda v: v.what)
    worst.sort(key=lambda v: -(v.share or float("inf")))
    reasons = [
        f"{v.what}: {text(v.need)}, limit {text(v.limit)}"
        if v.share
        else f"{v.what} {v.need} ({BUILT_IN.get(v.figure, 'has')} {v.limit})"
        for v in worst
    ]
    left = [f"{len(worst) - REASONS_SHOWN} more"] if len(worst) > REASONS_SHOWN else []
    return "; ".join([*reasons[:REASONS_SHOWN], *left])


@guarded
def compare_fit(
    network: Network,
    profiles: Sequence[HardwareProfile] | None = None,
    *,
    design: Design | None = None,
) -> FitComparison:
    """Tell on which chips a network fits as it is, and what stands in the way on the others.

    Parameters
    ----------
    network : Network
    profiles : sequence of HardwareProfile, optional; all chips of the catalogue when left out
    design : Design, optional; by default nothing is changed but what the chip's weights demand

    Returns
    -------
    FitComparison, the chips that fit first

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as names in place of profiles.

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> len(compare_fit(load_network("digits")).reports) == len(profile_names())
    True
    """
    design = Design() if design is None else design
    expect(profiles, Iterable | None, "profiles", '[sf.load_profile("loihi1")]')
    if profiles is None:
        profiles = [load_profile(name) for name in profile_names()]
    known: dict[tuple, Adaptation] = {}
    reports = []
    for profile in profiles:
        expect(profile, HardwareProfile, "each profile", "sf.load_profile(name)")
        case = Case(network, profile, design=design)
        alike = _changed_alike(profile, design)
        if alike not in known:
            known[alike] = case.adapt()
        reports.append(judge(case, known[alike]))
    reports.sort(key=lambda report: (not report.fits, bool(report.unknown), report.profile.title))
    return FitComparison(network, tuple(reports))


def _changed_alike(profile: HardwareProfile, design: Design) -> tuple:
    """What chips have in common for which a design makes the same of a network."""
    if design.split_layers:
        return (profile.name,)
    bits = max(profile.value("weight_bits")) if profile.has("weight_bits") else None
    sums = ("weight_currents_per_core", "input_sum_bits")
    return bits, *(profile.value(name) if profile.has(name) else None for name in sums)
