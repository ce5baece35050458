"""The key of a core map: what colours say, what links say, how large the chip is."""

from collections.abc import Sequence
from html import escape

import numpy as np

from spikefit_nb.plots.cores import CoresData
from spikefit_nb.plots.theme import LAYER_COLOURS, LOAD_COLOURS, NOTE_SIZE, layer_colours
from spikefit_nb.plots.ways import DECADES, FAINTEST
from spikefit_nb.units import text


def key_html(shown: CoresData, choice: str) -> str:
    """Write the key of a core map: what colours say, what links say, what the thumbnail is."""
    words = {"layer": _layers_key, "load": _load_key, "energy": _energy_key}[choice](shown)
    whole = "; ".join(said for said in (shown.chip, shown.note) if said)
    lines = [words, _links_key(shown), f'<span style="opacity:.75">{escape(whole)}</span>']
    rows = "<br>".join(line for line in lines if line)
    return f'<div style="font-size:{NOTE_SIZE};line-height:1.6">{rows}</div>'


def _scale(colours: Sequence[str]) -> str:
    """A bar from the first colour to the last."""
    return (
        '<span style="display:inline-block;width:72px;height:11px;vertical-align:-1px;'
        f'background:linear-gradient(90deg,{", ".join(colours)})"></span>'
    )


def _layers_key(shown: CoresData) -> str:
    n = len(shown.layers)
    colours = layer_colours(n)
    if n > len(LAYER_COLOURS):
        ends = map(escape, (shown.layers[0], shown.layers[-1]))
        return f" {_scale(colours)} ".join(ends) + f", {n} layers"
    swatch = (
        '<span style="white-space:nowrap;margin-right:10px"><span style="display:inline-block;'
        'width:11px;height:11px;border-radius:2px;background:{}"></span> {}</span>'
    )
    named = zip(colours, map(escape, shown.layers), strict=True)
    return "".join(swatch.format(*pair) for pair in named)


def _load_key(shown: CoresData) -> str:
    if np.isnan(shown.load).any():
        return "how hard cores work is not published"
    return f"0 {_scale(LOAD_COLOURS[:: len(LOAD_COLOURS) // 8])} 100 % at work, busiest step"


def _energy_key(shown: CoresData) -> str:
    if not len(shown.x) or np.isnan(shown.energy_j).any():
        return "energy of a core is not published" if len(shown.x) else ""
    most = text(float(shown.energy_j.max()), "J")
    return f"0 {_scale(LOAD_COLOURS[:: len(LOAD_COLOURS) // 8])} {most} of events per inference"


def _links_key(shown: CoresData) -> str:
    tap = "tap a core for its links"
    if not len(shown.own.source):
        return ""
    if not len(shown.bars.x):
        drawn = "arcs: who sends to whom, not by which way" if shown.has_arcs else ""
        return "; ".join(said for said in (drawn, tap) if said)
    most = float(shown.bars.packets.max())
    inks = [f"color-mix(in srgb, currentColor {100 * a:.0f}%, transparent)" for a in (FAINTEST, 1)]
    least = text(most / 10**DECADES) if most > 10**DECADES else "0"
    return f"links: {least} {_scale(inks)} {text(most)} packets; {tap}"
