"""What of a network a chip has circuits for: each population and projection."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from spikefit_nb.adapt.suit import as_the_chip_demands
from spikefit_nb.case import Case
from spikefit_nb.fit.hints import hints_for
from spikefit_nb.fit.judge import judgement_of
from spikefit_nb.fit.kinds_of_change import CURED_BY, cured_by
from spikefit_nb.hardware import Need
from spikefit_nb.network import Network
from spikefit_nb.units import text

NATIVE, SUBSTITUTED, UNSUPPORTED = "native", "substituted", "unsupported"
SIGNS = {NATIVE: "\u2713", SUBSTITUTED: "~", UNSUPPORTED: "\u2717"}
WHOLE = "all together"  # what is asked of no single layer: cores, memory, addresses


class Support(NamedTuple):
    """What a chip has for a population or a projection.

    Parameters
    ----------
    state : "native", "substituted" or "unsupported"
    why : str, what stands in for it, or what is in the way; empty where it is native

    Examples
    --------
    >>> Support("substituted", "reset to zero").said
    'substituted: reset to zero'
    """

    state: str
    why: str = ""

    @property
    def said(self) -> str:
        """The state, and why."""
        return f"{self.state}: {self.why}" if self.why else self.state


class Supported(NamedTuple):
    """What a chip has for each node, and the network with what the chip's circuits demand."""

    nodes: dict[str, Support]
    network: Network


def supported(case: Case, needs: Sequence[Need]) -> Supported:
    """What a chip has for each population and projection of a case that was judged."""
    violations = [need for need in needs if not need.met]
    over = {need.figure for need in violations}
    changed, words = as_the_chip_demands(case.network, case.profile, over=over)
    left = judgement_of(replace(case, network=changed)).needs if words else needs
    nodes = {}
    for name in (*_names(case.network), WHOLE):
        unmet = [n for n in violations if _is_of(n, name, case.network)]
        still = [n for n in left if not n.met and _is_of(n, name, case.network)]
        nodes[name] = _support(unmet, still, words)
    return Supported(nodes, changed)


def _names(network: Network) -> tuple[str, ...]:
    """Populations, then projections, each once."""
    return tuple(
        dict.fromkeys(
            [p.name for p in network.populations]
            + [f"{e.source} -> {e.target}" for e in network.projections]
        )
    )


def _is_of(need: Need, name: str, network: Network) -> bool:
    """Whether a need names a node; what names none is of all together."""
    named = {need.where}
    sources, arrow, target = need.where.partition(" -> ")
    if arrow:  # of several projections onto one population at once
        named |= {f"{source} -> {target}" for source in sources.split(" + ")}
    names = _names(network)
    return name in named if named & set(names) else name == WHOLE


def _support(unmet: list[Need], still: list[Need], words: tuple[str, ...]) -> Support:
    """The state of a node with these needs unmet, before and after the chip's demands."""
    if not unmet and not still:
        return Support(NATIVE)
    hopeless = [n for n in still if n.figure not in cured_by(CURED_BY) | {"axon_types"}]
    if hopeless:
        why = ", ".join(
            dict.fromkeys(f"{n.what} {text(n.need)} ({text(n.limit)})" for n in hopeless)
        )
        return Support(UNSUPPORTED, why)
    by_design = hints_for(still)
    return Support(SUBSTITUTED, "; ".join((*words, *by_design) if unmet else by_design))
