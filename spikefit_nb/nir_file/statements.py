"""What a NIR file leaves unsaid, time step and reset: from the caller, metadata or a framework."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.nir_file.conventions import CONVENTIONS, SAME_STEP, Convention, convention_of, hint
from spikefit_nb.nir_file.graph import Graph, Node
from spikefit_nb.nir_file.metadata import texts
from spikefit_nb.units import si

IF_ONLY_DT_S = 1e-3
TIMED = ("LIF", "CubaLIF", "LI", "CubaLI", "Delay")
RESETTING = ("IF", "LIF", "CubaLIF")
STATED, ANY = "stated", "any"  # max_spikes_per_step: what the file says; in a file, no limit
SLOW_STEPS = 1000
RESET_IN_WORDS = {"zero": "to zero", "subtract": "by subtraction", "none": "none"}


@dataclass(frozen=True)
class Statements:
    """Time step, reset and comparison for all neurons, and where each came from in words."""

    dt_s: float
    reset: str | None
    convention: Convention | None
    max_spikes_per_step: int | str | None
    delayed_reset: bool | None  # as the caller chose
    told: bool  # whether the caller chose the reset
    unit: float  # what a time constant of 1 in the file stands for, seconds
    assumptions: tuple[str, ...]

    def in_euler(self, kind: str, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A node's parameters as forward Euler needs them to do what its tool does."""
        if self.convention is None:
            return values
        exact = {
            name: value.astype(np.float64) * (self.unit if name.startswith("tau") else 1.0)
            for name, value in values.items()
        }
        return dict(self.convention.in_euler(kind, exact, self.dt_s))

    @property
    def sends_late(self) -> bool:
        """Whether spikes reach the next layer one step later than they do here by themselves."""
        return self.convention is not None and self.convention.sends_late

    def options(self, graph: Graph, node: Node) -> dict[str, Any]:
        """Arguments of the neuron model besides its parameters: reset, comparison and the like."""
        if node.kind not in RESETTING:
            return {}
        own, chosen = node.own, self.convention
        strict = plain(own.get("strict_threshold", False))
        return {
            "reset": self.reset if self.told or "reset" not in own else plain(own["reset"]),
            "strict_threshold": chosen.strict_threshold if chosen else bool(strict),
            "delayed_reset": self._late(graph, node),
            "max_spikes_per_step": self._most_spikes(node),
        }

    def _late(self, graph: Graph, node: Node) -> bool | str:
        """Whether the reset comes a step late: as the caller, the tool or write_nir says."""
        chosen, late = self.convention, plain(node.own.get("delayed_reset", False))
        late = node.kind in chosen.delayed_reset if chosen else late
        late = late if self.delayed_reset is None else self.delayed_reset
        if late and chosen and chosen.resets_after(graph, node):
            return "after"
        is_held = chosen and chosen.holds and self.delayed_reset is False
        if is_held and self.reset == "subtract" and self._most_spikes(node) == 1:
            return "held"
        return late if isinstance(late, str) else bool(late)

    def _most_spikes(self, node: Node) -> int | None:
        most = self.max_spikes_per_step
        if most == STATED and self.convention:
            return self.convention.max_spikes_per_step
        if most == STATED:
            most = plain(node.own.get("max_spikes_per_step", 1))
        if most in (ANY, None):
            return None
        if not (isinstance(most, int | float) and 1 <= most == np.floor(most) < 2**31):
            raise FileProblem(
                f"{node.where}: {node}: max_spikes_per_step is {most!r:.60}; a whole number "
                "from 1 up, or None for any number of spikes, is needed."
            )
        return int(most)


def settle(
    graph: Graph,
    *,
    dt_s: float | None,
    reset: str | None,
    source: str | None,
    max_spikes_per_step: int | str | None = STATED,
    delayed_reset: bool | None = None,
) -> Statements:
    """Decide what the file leaves open: by the caller, else its metadata, else the framework."""
    convention = convention_of(graph, source)
    if convention:
        convention.mend(graph)
    is_timed = graph.of_kind(*TIMED)
    asks = convention is not None and is_timed and dt_s is None
    default = _step(graph, convention) if asks else None
    dt = _settle_one(graph, dt_s, ("dt_s", "dt"), default)
    mode = _settle_one(
        graph, reset, ("reset",), convention and (convention.reset, "that tool's default")
    )
    if dt is None and not is_timed:
        dt = (IF_ONLY_DT_S, "it changes nothing, since IF neurons do not decay")
    resetting = [
        node for node in graph.of_kind(*RESETTING) if reset is not None or "reset" not in node.own
    ]
    if dt is None or (mode is None and resetting):
        raise _silence(graph, dt is None, mode is None and bool(resetting))
    _check(graph.where, dt[0], mode[0] if mode and resetting else "zero")
    many = None if max_spikes_per_step == STATED else True
    told = {"time step ": dt_s, "reset ": reset, "the reset comes ": delayed_reset}
    told |= {"at most one spike a step": many, "neurons may fire ": many}
    statements = Statements(
        float(dt[0]),
        mode[0] if mode else None,
        convention,
        max_spikes_per_step,
        delayed_reset,
        told=reset is not None,
        unit=convention.unit_of(graph, float(dt[0])) if convention else 1.0,
        assumptions=(),
    )
    said = _assumptions(
        graph,
        dt,
        mode if resetting else None,
        statements,
        tuple(start for start, value in told.items() if value is not None),
    )
    return replace(statements, assumptions=(*said, *_spikes_in_words(graph, statements)))


def unstated(graph: Graph) -> tuple[str, ...]:
    """What a file leaves to be said, as arguments of ``read_nir``; the last has a default."""
    if convention_of(graph, None) is not None:
        return ()
    resetting = [node for node in graph.of_kind(*RESETTING) if "reset" not in node.own]
    dt = _settle_one(graph, None, ("dt_s", "dt"), None)
    mode = _settle_one(graph, None, ("reset",), None)
    many = [node for node in resetting if "max_spikes_per_step" not in node.own]
    is_open = {
        "dt_s": dt is None and bool(graph.of_kind(*TIMED)),
        "reset": mode is None and bool(resetting),
        "max_spikes_per_step": bool(many),
    }
    return tuple(name for name, left in is_open.items() if left)


def _step(graph: Graph, convention: Convention) -> tuple[float, str]:
    """The time step of a tool: what the file's numbers imply, else the tool's own."""
    implied = convention.step_of(graph)
    if implied == 0:
        raise FileProblem(
            f"{graph.where}: tau and r of its neurons imply no time step, as this tool's files do. "
            "Say dt_s, or leave source out and say reset and max_spikes_per_step by hand."
        )
    if implied is not None:
        return implied, "as r and tau in the file imply"
    return convention.dt_s, convention.why_dt


def _spikes_in_words(graph: Graph, told: Statements) -> list[str]:
    """What was decided of spikes in a step and of a late reset, where the file does not say."""
    resetting, most = graph.of_kind(*RESETTING), told.max_spikes_per_step
    sentences = []
    silent = [n for n in resetting if "max_spikes_per_step" not in n.own and "reset" not in n.own]
    if most == STATED and silent and told.convention is None:
        sentences.append("at most one spike a step: not stated in the file")
    if most != STATED and resetting:
        times = "any number of" if most is None else f"up to {most}"
        sentences.append(f"neurons may fire {times} times in a step: given")
    if told.convention is None and silent and hint(graph):
        sentences.append(hint(graph))
    once = [node.name for node in graph.of_kind("Threshold")]
    if most not in (STATED, 1) and once:
        sentences.append(f"{', '.join(once)}: a Threshold fires once a step, whatever is asked")
    if told.delayed_reset is not None and resetting:
        when = "one step after" if told.delayed_reset else "in the step of"
        held = "; one left above its threshold next fires at twice that, as in that tool"
        is_held = any(told._late(graph, node) == "held" for node in resetting)
        sentences.append(f"the reset comes {when} the spike: given{held * is_held}")
    return sentences


def _assumptions(
    graph: Graph,
    dt: tuple[Any, str],
    reset: tuple[Any, str] | None,
    statements: Statements,
    told: tuple[str, ...],
) -> tuple[str, ...]:
    """What was decided, after what an earlier reading said, save of what the caller told now."""
    sentences = [
        sentence
        for sentence in texts(graph.own.get("assumptions"))
        if not sentence.startswith(told)
    ]
    if statements.convention:
        sentences.append(statements.convention.sentence)
    implied = statements.convention and statements.convention.step_of(graph)
    if implied and abs(implied / dt[0] - 1) > SAME_STEP:
        sentences.append(f"r and tau in the file imply a step of {si(implied, 's')}, not this one")
    if statements.unit != 1:
        sentences.append(
            f"time constants in the file are {statements.unit:,.0f} times too short for its step, "
            "as norse 1.1 writes them: taken that much longer"
        )
    is_ours = "dt_s" in graph.own and "time step " not in told
    origin = ", reset and the like: as write_nir left them in the metadata"
    sentences.append(f"time step {si(dt[0], 's')}{origin if is_ours else f': {dt[1]}'}")
    if reset:
        sentences.append(f"reset {RESET_IN_WORDS[reset[0]]}: {reset[1]}")
    return (*sentences, *_told_of_times(graph, dt[0], statements))


def _told_of_times(graph: Graph, dt_s: float, told: Statements) -> list[str]:
    """A doubt about time constants so long or short that seconds can hardly be meant."""
    taus = [
        node.array(name)
        for node in graph.of_kind(*TIMED)
        for name in ("tau", "tau_mem", "tau_syn")
        if node.get(name) is not None
    ]
    shortest = min((float(tau.min()) for tau in taus), default=np.nan)
    if not told.convention and shortest < dt_s * (1 - 1e-6):
        return [
            f"time constants from {si(shortest, 's')} up are shorter than the step, where forward "
            "Euler overshoots; norse 1.1 writes them so: source='norse'"
        ]
    if told.convention or not SLOW_STEPS * dt_s <= shortest < np.inf:
        return []
    return [
        f"time constants are in seconds: from {si(shortest, 's')} up, "
        f"{shortest / dt_s:,.0f} steps, so neurons hardly forget; "
        "if the file counts them in steps, say dt_s=1"
    ]


def _settle_one(
    graph: Graph, told: Any, keys: tuple[str, ...], default: tuple[Any, str] | None
) -> tuple[Any, str] | None:
    """A value and where it came from: caller, metadata or framework; None where nobody says."""
    if told is not None:
        return told, "given, not read from the file"
    stated = plain(graph.own[keys[0]]) if keys[0] in graph.own else _in_metadata(graph, *keys)
    if stated is not None:
        return stated, "stated in the file's metadata"
    return default


def plain(value: Any) -> Any:
    """A metadata entry as a plain Python value."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.item() if np.size(value) == 1 else tuple(np.ravel(value).tolist())
    if isinstance(value, Mapping | list):
        value = str(value)
    return value.decode() if isinstance(value, bytes) else value


def _in_metadata(graph: Graph, *keys: str) -> Any:
    found: dict[Any, list[str]] = {}
    for owner, entries in graph.metadata:
        for key in keys:
            if isinstance(entries, Mapping) and key in entries:
                found.setdefault(plain(entries[key]), []).append(owner)
    if len(found) > 1:
        listed = "; ".join(f"{value!r} ({', '.join(owners)})" for value, owners in found.items())
        raise FileProblem(
            f"{graph.where}: the metadata state {keys[0]} in several ways: {listed}. Say "
            f"{keys[0]}=... to choose one."
        )
    return next(iter(found), None)


def stated_number(graph: Graph, key: str) -> float | None:
    """A number in the metadata, None where it is not stated."""
    value = _in_metadata(graph, key)
    if value is not None and not isinstance(value, int | float):
        raise FileProblem(
            f"{graph.where}: the metadata state {key} as {value!r:.60}; a number is needed."
        )
    return value


def _silence(graph: Graph, no_dt: bool, no_reset: bool) -> FileProblem:
    step = "dt_s=... (seconds, as in the framework's conversion)"
    reset = "reset='zero' or 'subtract'"
    if no_dt and no_reset:
        what, remedy = "states neither the time step nor the reset mode", f"{step} and {reset}"
    else:
        what = f"does not state {'the time step' if no_dt else 'the reset mode'}"
        remedy = step if no_dt else reset
    others = ", ".join(n for n in CONVENTIONS if n != "snntorch" and " " not in n)
    tools = f"From snnTorch? read_nir(path, source='snntorch'); so for {others}"
    if hint(graph):
        tools = "Its node names are Rockpool's: read_nir(path, source='rockpool')"
    return FileProblem(f"{graph.where} {what}; NIR files do not. {tools}. Otherwise say {remedy}.")


def _check(where: str, dt_s: Any, reset: Any) -> None:
    is_number = isinstance(dt_s, int | float | np.number) and not isinstance(dt_s, bool)
    if not (is_number and np.isfinite(dt_s) and dt_s > 0):
        raise FileProblem(
            f"{where}: dt_s is {dt_s!r}; it must be above zero, in seconds, such as 1e-4."
        )
    if reset not in RESET_IN_WORDS:
        raise FileProblem(f"{where}: reset is {reset!r}; it must be 'zero', 'subtract' or 'none'.")
