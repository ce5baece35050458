"""What a NIR file leaves unsaid, time step and reset: from the caller, metadata or a framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem, UnknownName
from spikefit_nb.nir_file.graph import Graph, Node
from spikefit_nb.nir_file.metadata import texts
from spikefit_nb.units import si

IF_ONLY_DT_S = 1e-3
TIMED = ("LIF", "CubaLIF", "LI", "CubaLI", "Delay")
RESETTING = ("IF", "LIF", "CubaLIF")
STATED, ANY = "stated", "any"  # max_spikes_per_step: what the file says; in a file, no limit
SLOW_STEPS = 1000


@dataclass(frozen=True)
class Convention:
    """How a framework steps its neurons, for files it wrote."""

    dt_s: float
    reset: str
    strict_threshold: bool
    delayed_reset: bool
    sentence: str


CONVENTIONS = {
    "snntorch": Convention(
        1e-4,
        "subtract",
        True,
        True,
        "snnTorch's convention: spike where v > v_threshold, reset one step later",
    ),
}


@dataclass(frozen=True)
class Statements:
    """Time step, reset and comparison for all neurons, and where each came from in words."""

    dt_s: float
    reset: str | None
    convention: Convention | None
    max_spikes_per_step: int | str | None
    told: bool  # whether the caller chose the reset
    assumptions: tuple[str, ...]

    def options(self, node: Node) -> dict[str, Any]:
        """Arguments of the neuron model besides its parameters: reset, comparison and the like."""
        if node.kind not in RESETTING:
            return {}
        own, chosen = node.own, self.convention
        strict, delayed = (plain(own.get(k, False)) for k in ("strict_threshold", "delayed_reset"))
        options = {
            "reset": self.reset if self.told or "reset" not in own else plain(own["reset"]),
            "strict_threshold": chosen.strict_threshold if chosen else bool(strict),
            "delayed_reset": chosen.delayed_reset if chosen else bool(delayed),
        }
        if node.kind == "IF":
            options["max_spikes_per_step"] = self._most_spikes(node)
        return options

    def _most_spikes(self, node: Node) -> int | None:
        most = self.max_spikes_per_step
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
) -> Statements:
    """Decide what the file leaves open: by the caller, else its metadata, else the framework."""
    if source is not None and source not in CONVENTIONS:
        raise UnknownName("source", source, CONVENTIONS)
    convention = None if source is None else CONVENTIONS[source]
    dt = _settle_one(graph, dt_s, ("dt_s", "dt"), convention and convention.dt_s, source)
    mode = _settle_one(graph, reset, ("reset",), convention and convention.reset, source)
    if dt is None and not graph.of_kind(*TIMED):
        dt = (IF_ONLY_DT_S, "it changes nothing, since IF neurons do not decay")
    resetting = [
        node for node in graph.of_kind(*RESETTING) if reset is not None or "reset" not in node.own
    ]
    if dt is None or (mode is None and resetting):
        raise _silence(graph.where, dt is None, mode is None and bool(resetting))
    _check(graph.where, dt[0], mode[0] if mode and resetting else "zero")
    given = {"time step ": dt_s, "reset ": reset}
    assumptions = _assumptions(
        graph,
        dt,
        mode if resetting else None,
        convention,
        told=tuple(start for start, value in given.items() if value is not None),
        most_spikes=max_spikes_per_step,
    )
    return Statements(
        float(dt[0]),
        mode[0] if mode else None,
        convention,
        max_spikes_per_step,
        told=reset is not None,
        assumptions=assumptions,
    )


def _assumptions(
    graph: Graph,
    dt: tuple[Any, str],
    reset: tuple[Any, str] | None,
    convention: Convention | None,
    *,
    told: tuple[str, ...],
    most_spikes: int | str | None,
) -> tuple[str, ...]:
    """What was decided, after what an earlier reading said, save of what the caller told now."""
    sentences = [
        sentence
        for sentence in texts(graph.own.get("assumptions"))
        if not sentence.startswith(told)
    ]
    if convention:
        sentences.append(convention.sentence)
    is_ours = "dt_s" in graph.own and "time step " not in told
    origin = ", reset and the like: as write_nir left them in the metadata"
    sentences.append(f"time step {si(dt[0], 's')}{origin if is_ours else f': {dt[1]}'}")
    if reset:
        sentences.append(
            f"reset {'to zero' if reset[0] == 'zero' else 'by subtraction'}: {reset[1]}"
        )
    shortest = min(
        (
            node.array(name).min()
            for node in graph.of_kind(*TIMED)
            for name in ("tau", "tau_mem", "tau_syn")
            if node.get(name) is not None
        ),
        default=0.0,
    )
    if shortest >= SLOW_STEPS * dt[0]:  # so many that seconds can hardly be meant
        sentences.append(
            f"time constants are in seconds: from {si(float(shortest), 's')} up, "
            f"{shortest / dt[0]:,.0f} steps, so neurons hardly forget; "
            "if the file counts them in steps, say dt_s=1"
        )
    if most_spikes not in (STATED, 1) and graph.of_kind("IF"):
        times = "any number of" if most_spikes is None else f"up to {most_spikes}"
        sentences.append(f"IF neurons may fire {times} times in a step: given")
    return tuple(sentences)


def _settle_one(
    graph: Graph, told: Any, keys: tuple[str, ...], default: Any, source: str | None
) -> tuple[Any, str] | None:
    """A value and where it came from: caller, metadata or framework; None where nobody says."""
    if told is not None:
        return told, "given, not read from the file"
    stated = plain(graph.own[keys[0]]) if keys[0] in graph.own else _in_metadata(graph, *keys)
    if stated is not None:
        return stated, "stated in the file's metadata"
    return None if default is None else (default, f"{source}'s default")


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


def _silence(where: str, no_dt: bool, no_reset: bool) -> FileProblem:
    step = "dt_s=... (seconds, as in the framework's conversion)"
    reset = "reset='zero' or 'subtract'"
    if no_dt and no_reset:
        what, remedy = "states neither the time step nor the reset mode", f"{step} and {reset}"
    else:
        what = f"does not state {'the time step' if no_dt else 'the reset mode'}"
        remedy = step if no_dt else reset
    return FileProblem(
        f"{where} {what}; NIR files do not. From snnTorch? read_nir(path, source='snntorch'). "
        f"Otherwise say {remedy}."
    )


def _check(where: str, dt_s: Any, reset: Any) -> None:
    is_number = isinstance(dt_s, int | float | np.number) and not isinstance(dt_s, bool)
    if not (is_number and np.isfinite(dt_s) and dt_s > 0):
        raise FileProblem(
            f"{where}: dt_s is {dt_s!r}; it must be above zero, in seconds, such as 1e-4."
        )
    if reset not in ("zero", "subtract"):
        raise FileProblem(f"{where}: reset is {reset!r}; it must be 'zero' or 'subtract'.")
