"""Where neurons lie, what each core holds, how packets go and when layers run, as JSON."""

import json
from typing import Any

from spikefit_nb.deploy import Report
from spikefit_nb.mapping import sites_of
from spikefit_nb.replay import Counters

FORMAT = "spikefit_nb mapping, version 1"


def mapping_document(report: Report) -> str:
    """The mapping of a report as the text of ``mapping.json``."""
    mapping = report.mapping
    return as_json(
        {
            "format": FORMAT,
            "chip": report.profile.name,
            "neurons": {name: cores.tolist() for name, cores in mapping.cores.items()},
            "cores": _cores(report),
            "routes": _routes(report),
            "schedule": _schedule(report),
        }
    )


def _cores(report: Report) -> list[dict[str, Any]]:
    """What each core in use holds."""
    m = report.mapping
    rows = zip(m.places, m.labels, m.tiles, *m.needs, strict=True)
    return [
        {
            "core": int(place),
            "holds": label,
            "tile": [int(x), int(y)],
            "neurons": int(neurons),
            "axons_in": int(axons_in),
            "axons_out": int(axons_out),
            "memory_bits": int(memory_bits),
        }
        for place, label, (x, y), neurons, axons_in, axons_out, memory_bits in rows
    ]


def _routes(report: Report) -> dict[str, Any]:
    """Packets from core to core of an inference; the way of each is told by its ends."""
    m, n_samples = report.mapping, report.dataset.n_samples
    links = Counters(report.record, m).links
    pairs = [
        {
            "from": int(m.places[source]),
            "to": int(m.places[target]),
            "packets_per_inference": float(packets) / n_samples,
        }
        for source, target, packets in zip(*links, strict=True)
    ]
    sites = sites_of(report.profile, m.n_cores)
    return {"topology": sites and sites.topology, "order": "x first", "pairs": pairs}


def _schedule(report: Report) -> list[dict[str, Any]]:
    """Projections in the order in which layers run, with the steps each takes to deliver."""
    return [
        {"source": e.source, "target": e.target, "delay_steps": int(e.delay_steps)}
        for e in report.run.retimed.network.projections  # type: ignore[union-attr]  # it fits
    ]


def as_json(document: dict[str, Any]) -> str:
    """A document as JSON, a line for each entry, and for each row of a table."""
    return "{\n" + ",\n".join(f"{_json(k)}: {_lines(v)}" for k, v in document.items()) + "\n}\n"


def _lines(value: object) -> str:
    """A table, or a dict of lists, over several lines; anything else on one."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(map(_json, value)) + "\n]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f" {_json(k)}: {_json(v)}" for k, v in value.items()) + "\n}"
    return _json(value)


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)
