"""The sentences of the live view; everything that comes from outside is escaped here."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from spikefit_nb.html import FAINT, FONT, INK, table
from spikefit_nb.plots import (
    BLUE,
    CoresData,
    FrontData,
    cores_data,
    counted,
    front_svg,
    no_cores,
    words_of,
    written,
)
from spikefit_nb.search.places import place_in_words

N_ROWS_OF_FALLBACK = 12
N_LINKS = 256  # about so many links between cores travel with each trial, for taps
WITHOUT_CORES = {
    "infeasible": "does not fit",
    "failed": "failed",
    "dropped": "dropped before all recordings were run",
}
CODE_FONT = "var(--jp-code-font-family, ui-monospace, monospace)"
CODE = (
    f"display:block;margin-top:4px;padding:5px 9px;font-family:{CODE_FONT};font-size:13px;"
    "background:rgba(128,128,128,.13);border-radius:3px;white-space:pre-wrap;overflow-wrap:anywhere"
)
ERROR = "color:var(--jp-error-color1,#c62828);font-size:14px;line-height:1.4;overflow-wrap:anywhere"
BAR = "height:4px;border-radius:2px"
# A live view whose kernel has restarted says so and cannot be stopped; the last state is shown
# where the next output of the cell is not, or no longer, a live view.
STYLE = """<style>
.spikefit-restarted { display: none }
.jupyter-widgets-disconnected .spikefit-restarted { display: block }
.spikefit-live .jupyter-button.jupyter-widgets-disconnected { display: none }
.spikefit-live.jupyter-widgets-disconnected::before,
.spikefit-live .jupyter-widgets-disconnected::before { display: none }
.jp-OutputArea-child:has(.spikefit-last):has(+ .jp-OutputArea-child .spikefit-live),
.jp-OutputArea-child:has(.spikefit-last) + .jp-OutputArea-child:not(:has(.spikefit-live)) {
  display: none
}
</style>"""
RESTARTED = "The kernel has restarted: this is the last state of the search."


def trial_name(trial, reference=None) -> str:
    """Name a trial for a title: its number, or what it was before anything was changed."""
    is_reference = reference is not None and trial.number == reference.number
    return "As trained" if is_reference else f"Trial {trial.number}"


def trial_sentence(trial, objectives: Sequence[str], reference=None) -> str:
    """Say in one sentence what a trial came to."""
    name = trial_name(trial, reference)
    if trial.state == "infeasible":
        return f"{name} does not fit: {trial.message}"
    if trial.state != "done":
        happened = "was dropped early" if trial.state == "dropped" else "failed"
        return f"{name} {happened}: {trial.message}"
    values = counted({o: trial.values[o] for o in objectives})
    per = " per inference" if {"event_energy_j", "energy_j", "latency_s"} & set(objectives) else ""
    return f"{name}: {values}{per}."


def trial_html(trial, objectives: Sequence[str], reference=None, *, broken: str = "") -> str:
    """Write a trial's sentence, the limit it breaks, and below them the code that repeats it."""
    code = f'<code style="{CODE}">{escape(trial.code)}</code>' if trial.code else ""
    outside = f" Outside the limits of the search: {broken}." if broken else ""
    sentence = escape(trial_sentence(trial, objectives, reference) + outside)
    return f'<div style="font-size:15px;line-height:1.4">{sentence}{code}</div>'


def trial_cores(trial, report, reference=None) -> CoresData:
    """Give the core map of a trial from its report, or an empty chip that says why there is
    none.
    """
    name = trial_name(trial, reference)
    if report is not None and report.mapping is not None:
        return cores_data(report, name=name, n_links=N_LINKS, over_steps=False)
    if trial.state in WITHOUT_CORES:
        return no_cores(f"{name}: {WITHOUT_CORES[trial.state]}")
    if trial.case is None:
        return no_cores(f"{name}: cores are drawn where network, chip and recordings are loaded")
    return no_cores(f"{name}: cores are drawn when it is tapped")


def time_left(seconds: float | None) -> str:
    """Say roughly how long is left, as a person would."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(5 * round(seconds / 5), 1)} s left"
    return f"about {round(seconds / 60)} min left"


def progress_words(study, *, is_stopping: bool = False, is_gone: bool = False) -> str:
    """Say how far a search is, or was when its kernel went."""
    n = n_done(study)
    if study.state == "stopped" and n >= study.n_trials:
        return f"all {n} trials"
    if study.state in ("failed", "stopped"):
        why = f": {study.end_words.rstrip('.')}" if study.end_words else ""
        return f"{study.state} after {n} of {study.n_trials} trials{why}"
    if study.state == "finished":
        return f"finished: {study.end_words or f'{n} trials'}"
    left = "stopping ..." if is_stopping else time_left(None if is_gone else study.seconds_left)
    return f"{n} of {study.n_trials} trials{', ' if left else ''}{left}"


def n_done(study) -> int:
    """Count the trials that a search has behind it, the unadapted network left out."""
    own = None if study.reference is None else study.reference.number
    return sum(trial.number != own for trial in study.trials)


def strip_html(
    study, finding: str, *, is_stopping: bool = False, is_gone: bool = False, problem: str = ""
) -> str:
    """Write the strip above the picture: the finding, how far the search is, what went wrong."""
    share = 1.0 if study.state == "finished" else min(n_done(study) / max(study.n_trials, 1), 1.0)
    if study.state == "failed":
        problem = problem or study.message or "the search failed"
    where = " on ".join(part for part in (study.network_name, study.profile.name) if part)
    progress = progress_words(study, is_stopping=is_stopping, is_gone=is_gone)
    error = f'<div style="{ERROR}">{escape(problem)}</div>' if problem else ""
    return (
        f'<div style="{FONT};{INK};line-height:1.35">'
        f'<div style="font-size:18px;font-weight:600">{escape(finding)}</div>'
        f'<div style="{FAINT};font-size:14px;margin-bottom:5px">'
        f"{escape(where)}: {escape(progress)}<br/>{escape(rule_words(study))}</div>{error}"
        f'{STYLE}<div class="spikefit-restarted" style="{ERROR}">{RESTARTED}</div>'
        f'<div style="{BAR};background:rgba(128,128,128,.25)">'
        f'<div style="{BAR};width:{100 * share:.1f}%;background:{BLUE}"></div></div></div>'
    )


def rule_words(study) -> str:
    """Say which design is ringed and named, within which limits, and what could not be traded."""
    names = ", ".join(words_of(o)[0].lower() for o in study.objectives)
    alike = f", the best balance of {names}, all counted alike" if len(study.objectives) > 1 else ""
    limits = f" Limits: {study.limits_in_words}." if study.limits_in_words else ""
    notes = "".join(f" {note}" for note in study.notes)
    kept = f" Kept: sf.load_study({place_in_words(study.storage)!r}) brings it back."
    return f"Named, and ringed until a tap: study.recommend(){alike}.{limits}{notes}{kept}"


def last_html(study, shown: FrontData) -> str:
    """Write a search that runs for a page from which its kernel has gone."""
    gone = f"{RESTARTED} Run the cell again to search anew."
    state = strip_html(study, shown.title, is_gone=True, problem=gone)
    return f'<div class="spikefit-last">{state}{still_html(study, shown)}</div>'


def still_html(study, shown: FrontData) -> str:
    """Write a search for a page that runs no scripts: a picture, and the designs as a table."""
    svg = b64encode(front_svg(shown).encode()).decode()
    source = f"data:image/svg+xml;base64,{svg}"
    image = f'<img style="max-width:100%" alt="{escape(shown.title)}" src="{source}"/>'
    return f"{image if shown.axes else ''}{study_html(study)}"


def study_html(study) -> str:
    """Write the designs worth considering as a table."""
    names = study.objectives
    best = sorted(study.best_trials, key=lambda t: [t.values[n] for n in names], reverse=True)
    rows = [
        [str(t.number), *(written(name, t.values[name]) for name in names), str(t.design)]
        for t in best[:N_ROWS_OF_FALLBACK]
    ]
    header = ["Trial", *(words_of(name)[0] for name in names), "Design"]
    align = "r" * (len(header) - 1) + "l"
    more = f"<div>{len(best) - len(rows)} more</div>" if len(best) > len(rows) else ""
    return f"{table(rows, header=header, align=align) if rows else ''}{more}"
