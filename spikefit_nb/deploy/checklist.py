"""What a reader has to know of a reported number, each filled in or said to be missing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import version

from spikefit_nb.case import Case
from spikefit_nb.errors import UnknownName
from spikefit_nb.hardware import SCENARIOS
from spikefit_nb.quantities import Quantity, Result, between
from spikefit_nb.replay import Operation
from spikefit_nb.units import text

NOT_STATED = "not stated"
OWN = ("voltage", "data_split", "seeds", "batch")  # what a user may know, and nothing here does
LONGEST = 80  # characters of an entry; what is longer is a note
LABELS = {
    "scenario": "Scenario",
    "batch": "Batch",
    "static_power": "State of static power",
    "excluded": "Left out",
    "voltage": "Supply voltage",
    "process": "Process node",
    "data": "Recordings",
    "data_split": "Data split",
    "seeds": "Seeds",
    "kinds": "Kinds of figures",
    "interval": "Interval of energy",
    "accuracy_interval": "Interval of accuracy",
    "baseline": "Baseline",
    "version": "Version",
}


@dataclass(frozen=True, eq=False, repr=False)
class Checklist(Result):
    """What a reader has to know of reported numbers: each entry filled in, or "not stated".

    Parameters
    ----------
    entries : dict of name, one of ``checklist.LABELS``, to str
    remarks : tuple of str, what is too long for an entry

    Examples
    --------
    >>> Checklist({"scenario": "live input", "seeds": "not stated"})
    Checklist(1 of 2 entries stated; not stated: seeds)
    """

    entries: dict[str, str]
    remarks: tuple[str, ...] = field(default=())

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of entries that nobody has stated."""
        return tuple(name for name, said in self.entries.items() if said == NOT_STATED)

    def _headline(self) -> str:
        n, missing = len(self.entries), self.missing
        said = f"{n - len(missing)} of {n} entries stated"
        return f"{said}; {NOT_STATED}: {', '.join(missing)}".replace("_", " ") if missing else said

    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(Quantity(name, LABELS[name], said) for name, said in self.entries.items())

    def _notes(self) -> tuple[str, ...]:
        return self.remarks

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


def fill_in(
    case: Case,
    operation: Operation | None,
    *,
    figures: Iterable[str],
    left_out: Iterable[str],
    accuracy_interval: tuple[float, float] | None,
    baseline: str,
    stated: dict[str, object],
) -> Checklist:
    """Fill in what a case and its price tell, and what its user states."""
    for name in stated:
        if name not in OWN:
            raise UnknownName("entry that you can state", name, OWN)
    known = {
        **_of_operation(operation),
        "batch": "1: one recording at a time" if operation else "",
        "excluded": ", ".join(left_out),
        "process": case.profile.figure("process").text if case.profile.has("process") else "",
        "data": case.recordings.source if case.recordings is not None else "",
        "data_split": _split(case),
        "kinds": _kinds(case, figures),
        "accuracy_interval": between(*accuracy_interval, "%") if accuracy_interval else "",
        "baseline": baseline,
        "version": f"spikefit_nb {version('spikefit_nb')}",
        **{name: str(value) for name, value in stated.items()},
    }
    entries, remarks = {}, []
    for name, label in LABELS.items():
        said = known.get(name, "").rstrip(".") or NOT_STATED
        if len(said) > LONGEST:
            remarks.append(f"{label}: {said}")
            said = "stated in a note"
        entries[name] = said
    return Checklist(entries, tuple(remarks))


def _of_operation(operation: Operation | None) -> dict[str, str]:
    """Scenario, static power and interval; nothing where there is no price."""
    if operation is None:
        return {}
    told = {q.name: q for q in operation.quantities}
    found = {
        "scenario": f"{SCENARIOS[operation.scenario]}, {text(operation.dt_s, 's')} a step",
        "static_power": operation.static_state,
    }
    for name in ("energy_j", "event_energy_j"):
        if told[name].low is not None:
            return {**found, "interval": f"{told[name].text}, worst cases of the figures"}
    return found


def _split(case: Case) -> str:
    """Which recordings the design saw; how the network was trained no file says."""
    seen, told = case.calibration, case.recordings
    if seen is None or told is None:
        return ""
    of = " and ".join(f"{text(d.n_samples)} of {d.name}" for d in (seen, told))
    return f"calibrated, then told of: {of}"


def _kinds(case: Case, figures: Iterable[str]) -> str:
    """How many figures of each kind the numbers rest on."""
    kinds = Counter(case.profile.figure(name).kind for name in dict.fromkeys(figures))
    return ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
