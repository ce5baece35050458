"""What a deployment says to people and to other tools: a page, methods, references, a checklist."""

import re
from html import escape
from importlib.metadata import version

from spikefit_nb.deploy import Report
from spikefit_nb.export.mapping_file import as_json
from spikefit_nb.export.neurobench import to_neurobench
from spikefit_nb.hardware import SCENARIOS, settle_scenario
from spikefit_nb.simulate import ARITHMETICS
from spikefit_nb.units import text

VERSION = version("spikefit_nb")
ARXIV = re.compile(r"arXiv[: ]\s*(\d{4}\.\d{4,5})", re.IGNORECASE)
DOI = re.compile(r"\b(10\.\d{4,9}/[^\s;,()]+)")
TEX = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}"})
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ margin: 20px auto; max-width: 62em; padding: 0 16px; font: 14px/1.5 system-ui, sans-serif }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def documents_of(report: Report) -> dict[str, str]:
    """The texts of a deployment, by file name."""
    return {
        "report.html": _page(report),
        "checklist.json": as_json(report.checklist().to_dict()),
        "neurobench.json": as_json(to_neurobench(report)),
        "methods.md": methods(report) + "\n",
        "references.bib": references(report),
    }


def _page(report: Report) -> str:
    """The report as a page that opens alone."""
    title = f"{report.network.name} on {report.profile.title}"
    parts = [f"<p>{escape(methods(report))}</p>", report._repr_html_(), report.fit._repr_html_()]
    return PAGE.format(title=escape(title), body="\n".join(parts))


def methods(report: Report) -> str:
    """A paragraph for the methods section of a paper."""
    network, profile, dataset = report.network, report.profile, report.dataset
    design = report.design.changes()
    changed = ", ".join(f"{name} = {value}" for name, value in design.items()) or "none"
    scenario = SCENARIOS[settle_scenario(profile, report.case.scenario)]
    exact = ARITHMETICS[report.arithmetic].is_integer
    counted = "the integers of the chip" if exact else "float32"
    right = "" if report.accuracy is None else f" It answered {text(report.accuracy, '%')} right."
    return (
        f"The network {network.name} ({network.n_neurons:,} neurons, {network.n_synapses:,} "
        f"synapses as deployed) was fitted to {profile.title} with spikefit_nb {VERSION} (settings "
        f"changed from the default: {changed}). Neurons were placed on "
        f"{report.mapping.cores_in_words}. {dataset.n_samples:,} recordings of "
        f"{dataset.n_steps:,} steps ({dataset.name}) were simulated event by event in {counted}."
        f"{right} Energy and latency ({scenario}) are counted events times the figures of the "
        f"chip in references.bib, of which the weakest is {report.weakest_kind or 'none'}. They "
        "are predicted; no chip was measured."
    )


def references(report: Report) -> str:
    """Every source that the numbers of a report rest on, as BibTeX."""
    rests_on: dict[str, list[str]] = {}
    for name in dict.fromkeys(report.figures):
        rests_on.setdefault(report.profile.figure(name).source, []).append(name)
    if report.dataset.source:
        rests_on.setdefault(report.dataset.source, []).append("recordings")
    entries = [
        _entry(f"{report.profile.name}_{n}", source, names)
        for n, (source, names) in enumerate(rests_on.items(), start=1)
    ]
    return "\n".join([_own_entry(), *entries])


def _entry(key: str, source: str, names: list[str]) -> str:
    """A source as an entry of BibTeX: its words are kept, and what can be looked up is marked."""
    fields = {"title": f"{{{source.translate(TEX)}}}"}
    if found := ARXIV.search(source):
        fields |= {"eprint": found[1], "archiveprefix": "arXiv"}
    if found := DOI.search(source):
        fields["doi"] = found[1].rstrip(".")
    fields["note"] = f"Rests on it: {', '.join(names)}".translate(TEX)
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key},\n{body}\n}}\n"


def _own_entry() -> str:
    return (
        "@software{spikefit_nb,\n"
        "  title = {{spikefit\\_nb: fitting spiking networks to neuromorphic chips, in a "
        "notebook}},\n"
        "  author = {{The spikefit\\_nb maintainers}},\n"
        f"  version = {{{VERSION}}}\n}}\n"
    )
