"""What the workbench says, as words, bars and tables; everything from outside is escaped here."""

from collections.abc import Iterable
from html import escape
from typing import Any

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.fit import FitReport
from spikefit_nb.html import FAINT, FONT, INK, table
from spikefit_nb.network import Network
from spikefit_nb.plots import counted
from spikefit_nb.units import text
from spikefit_nb.widgets.workbench.figures import Row

NUMBERS = {  # of a report: what each is called where there is little room
    "accuracy": "Accuracy",
    "event_energy_j": "Energy of events",
    "energy_j": "Energy in all",
    "latency_s": "Latency",
    "n_cores": "Cores",
}
N_GAUGES = 6
BADGES = {  # of kinds of figures: letter and colour, white on each is legible
    "measured": ("M", "#00755a"),
    "datasheet": ("D", "#0068a3"),
    "derived": ("C", "#5b5b9d"),
    "simulated": ("S", "#7a6500"),
    "assumed": ("A", "#b34a00"),
}
GOOD, BAD = "var(--jp-success-color1,#00755a)", "var(--jp-error-color1,#c62828)"


def finding(state: Any) -> str:
    """The title of the workbench: what is deployed on what, and what comes of it."""
    name, chip = state.network.name, state.profile.title
    report: Report | None = state.report if state.preview is None else state.preview
    if report is None or not report.fits:
        fit = state.fit
        if fit is None:
            return f"{name} on {chip}"
        cores = f": {fit.mapping.cores_in_words}" if fit.mapping.is_counted else ""
        return f"{name} fits {chip}{cores}" if fit.fits else f"{name} does not fit {chip}"
    known = {o: getattr(report, o) for o in ("energy_j", "event_energy_j", "accuracy")}
    del known["event_energy_j" if known["energy_j"] is not None else "energy_j"]
    said = counted({o: value for o, value in known.items() if value is not None})
    return f"{name} on {chip}: {said or report.mapping.cores_in_words}"


def numbers(report: Report) -> list[tuple[str, str, str]]:
    """What a design comes to: label, value, and the rest of what is known of it."""
    known = {q.name: q for q in report.quantities if not q.of}
    found = []
    for name, label in NUMBERS.items():
        if name in known:
            q = known[name]
            value, _, interval = q.text.partition(", ")
            found.append((label, value, ", ".join(filter(None, (interval, q.kind)))))
    return found


def numbers_html(report: Report | None, *, is_old: bool) -> str:
    """Write the numbers of a design as tiles; those of a design before stand back."""
    tiles = "".join(
        f'<div class="spikefit-tile" title="{escape(rest)}"><div style="{FAINT};font-size:12px">'
        f'{escape(label)}</div><div style="font-size:19px;font-weight:600">{escape(value)}</div>'
        f'<div style="{FAINT};font-size:12px">{escape(rest)}</div></div>'
        for label, value, rest in (numbers(report) if report is not None and report.fits else [])
    )
    faded = ";opacity:.45" if is_old else ""
    return f'<div class="spikefit-tiles" role="status" style="{FONT};{INK}{faded}">{tiles}</div>'


def part_html(preview: Report | None, dataset: SpikeDataset | None) -> str:
    """Write of which recordings the numbers are, where they are not of all."""
    if preview is None or preview.dataset is None or dataset is None:
        return ""
    words = f"Of the first {preview.dataset.n_samples} of {dataset.n_samples:,} recordings ..."
    return f'<div style="{FONT};{FAINT};font-size:12px">{words}</div>'


def gauges(fit: FitReport) -> list[tuple[str, float, str, bool]]:
    """What fills up: what it is, the share in use, need and limit in words, whether it is met."""
    return [
        (need.what, need.share or 0.0, f"{text(need.need)} of {text(need.limit)}", need.met)
        for need in fit.filling
    ]


def gauges_html(fit: FitReport) -> str:
    """Write how full each resource is, the fullest first."""
    rows = "".join(_gauge(*gauge) for gauge in gauges(fit)[:N_GAUGES])
    return f'<div class="spikefit-gauges" style="{FONT};{INK}">{rows}</div>'


def _gauge(what: str, share: float, words: str, is_met: bool) -> str:
    width, colour = 100 * min(share, 1.0), "#0072B2" if is_met else BAD
    shown = f"{100 * share:.0f} %" if share < 5 else f"{share:,.0f} times"
    said = f"{escape(what)}: {shown}, {escape(words)}"
    return (
        f"<div>{escape(what)}</div>"
        f'<div role="img" aria-label="{said}" class="spikefit-bar">'
        f'<div style="width:{width:.1f}%;background:{colour}"></div></div>'
        f'<div style="{FAINT};text-align:right" title="{escape(words)}">{shown}</div>'
    )


def verdict_html(fit: FitReport) -> str:
    """Write whether it fits, and every limit that is exceeded."""
    colour = GOOD if fit.fits else BAD
    answer = "Fits" if fit.fits else "Does not fit"
    why = [f"{n.what}: {text(n.need)}, limit {text(n.limit)} ({n.where})" for n in fit.violations]
    rows = "".join(f"<li>{escape(words)}</li>" for words in dict.fromkeys(why))
    listed = f'<ul style="margin:2px 0 4px;padding-left:18px">{rows}</ul>' if rows else ""
    cores = f"; {escape(fit.mapping.cores_in_words)}" if fit.mapping.is_counted else ""
    beside = cores if fit.fits else ""
    return f'<div style="{FONT};{INK}"><b style="color:{colour}">{answer}</b>{beside}{listed}</div>'


def badge_html(row: Row) -> str:
    """Write what stands beside a figure: its unit, and how it is known."""
    letter, colour = BADGES[row.kind]
    kind = f"{row.kind}, yours" if row.is_own else row.kind
    return (
        f'<div style="{FONT};{INK};display:flex;gap:6px;align-items:center" '
        f'title="{escape(row.says)}. {escape(kind)}: {escape(row.source)}">'
        f'<span class="spikefit-badge" style="background:{colour}" '
        f'aria-label="{escape(kind)}">{letter}</span><span>{escape(row.unit)}</span></div>'
    )


def source_html(row: Row) -> str:
    """Write where a figure was published."""
    words = escape(row.source)
    return f'<div class="spikefit-source" style="{FAINT}" title="{words}">{words}</div>'


def legend_html(n_own: int) -> str:
    """Write what the letters of the badges mean."""
    letters = " ".join(
        f'<span class="spikefit-badge" style="background:{colour}">{letter}</span> {kind}'
        for kind, (letter, colour) in BADGES.items()
    )
    own = f"<div><b>{n_own} figure{'s are' if n_own > 1 else ' is'} yours.</b></div>"
    return f'<div style="{FONT};{FAINT};font-size:12px">{letters}{own if n_own else ""}</div>'


def layers_html(network: Network, report: Report | None) -> str:
    """Write the layers of a network, and how often each fires."""
    rows = layer_rows(network, report)
    header = ("Population", "Neurons", "Model", "Synapses in", "Rate")
    return table(rows, header=header, align="lrlrr")


def layer_rows(network: Network, report: Report | None) -> list[tuple[str, ...]]:
    """The populations of a network; rates are of the run that the report is of."""
    onto: dict[str, int] = {}
    for e in network.projections:
        onto[e.target] = onto.get(e.target, 0) + e.n_synapses
    record = report.record if report is not None else None
    rows: list[tuple[str, ...]] = []
    for p in network.populations:
        rate = ""
        if record is not None and p.name in record.spike_counts:
            counts = record.spike_counts[p.name]
            seconds = report.dataset.n_steps * report.dataset.dt_s  # type: ignore[union-attr]
            rate = text(float(counts.mean()) / seconds, "Hz")
        synapses = f"{onto[p.name]:,}" if p.name in onto else ""
        rows.append((p.name, f"{p.n_neurons:,}", type(p.neuron).__name__, synapses, rate))
    return rows


def space_row_html(reach: str, why: str) -> str:
    """Write how far a knob of a search turns, and why it does."""
    faint = f'<span style="{FAINT}">{escape(why)}</span>'
    return f'<div style="{FONT};{INK};line-height:1.3">{escape(reach)} · {faint}</div>'


def code_html(line: str) -> str:
    """Write a line of code."""
    return f'<code class="spikefit-code">{escape(line)}</code>' if line else ""


def problem_html(words: str) -> str:
    """Write what went wrong, where it happened."""
    return f'<div role="alert" class="spikefit-problem">{escape(words)}</div>' if words else ""


def options(
    values: Iterable[float], unit: str, *, none: str, held: float | None
) -> list[tuple[str, float | str]]:
    """Choices of a limit: none, then each value with its unit, none twice; and the one that
    holds.
    """
    found: dict[str, float] = {} if held is None else {text(held, unit): held}
    for value in values:
        found.setdefault(text(value, unit), value)
    return [(none, none), *sorted(found.items(), key=lambda choice: choice[1])]
