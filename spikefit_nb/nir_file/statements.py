"""What a NIR file leaves unsaid: time step and reset, from the caller, the metadata, or a framework's convention."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem, UnknownName
from spikefit_nb.nir_file.graph import NEURONS, Graph
from spikefit_nb.units import si

IF_ONLY_DT_S = 1e-3


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
        1e-4, "subtract", True, True,
        "snnTorch's convention: spike where v > v_threshold, reset one step later",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Statements:
    """Time step, reset and comparison for all neurons, and where each came from in words."""

    dt_s: float
    reset: str
    strict_threshold: bool
    delayed_reset: bool
    assumptions: tuple[str, ...]


def settle(graph: Graph, *, dt_s: float | None, reset: str | None, source: str | None) -> Statements:
    """Decide what the file leaves open: the caller first, then the file's metadata, then the framework.

    Parameters
    ----------
    graph : Graph
    dt_s : float or None, seconds
    reset : "zero", "subtract" or None
    source : name of a framework, or None

    Returns
    -------
    Statements

    Raises
    ------
    FileProblem
        Time step or reset is stated nowhere, in two ways, or with a value that cannot be.
    UnknownName
        The framework is not known.
    """
    if source is not None and source not in CONVENTIONS:
        raise UnknownName("source", source, CONVENTIONS)
    convention = None if source is None else CONVENTIONS[source]
    said: list[str] = [] if convention is None else [convention.sentence]
    chosen_dt_s, dt_sentence = _first(
        (dt_s, "given, not read from the file"),
        _in_metadata(graph, "dt_s", "dt"),
        (convention and convention.dt_s, f"{source}'s default"),
    )
    chosen_reset, reset_sentence = _first(
        (reset, "given, not read from the file"),
        _in_metadata(graph, "reset"),
        (convention and convention.reset, f"{source}'s default"),
    )
    if chosen_dt_s is None and not graph.of_kind("LIF", "CubaLIF"):
        chosen_dt_s, dt_sentence = IF_ONLY_DT_S, "it changes nothing, since IF neurons do not decay"
    if graph.of_kind(*NEURONS):
        _refuse_silence(graph.where, chosen_dt_s, chosen_reset)
    chosen_dt_s, chosen_reset = _checked(graph.where, chosen_dt_s, chosen_reset)
    if dt_sentence:
        said.append(f"time step {si(chosen_dt_s, 's')}: {dt_sentence}")
    said.append(f"reset {'to zero' if chosen_reset == 'zero' else 'by subtraction'}: {reset_sentence}")
    strict, delayed = (convention.strict_threshold, convention.delayed_reset) if convention else (False, False)
    return Statements(chosen_dt_s, chosen_reset, strict, delayed, tuple(said))


def _first(*candidates: tuple[Any, str]) -> tuple[Any, str]:
    return next((pair for pair in candidates if pair[0] is not None), (None, ""))


def plain(value: Any) -> Any:
    """A metadata entry as a plain Python value."""
    value = value.item() if isinstance(value, np.ndarray | np.generic) and np.size(value) == 1 else value
    return value.decode() if isinstance(value, bytes) else value


def _in_metadata(graph: Graph, *keys: str) -> tuple[Any, str]:
    found: dict[Any, list[str]] = {}
    for owner, entries in graph.metadata:
        for key in keys:
            if isinstance(entries, Mapping) and key in entries:
                found.setdefault(plain(entries[key]), []).append(owner)
    if len(found) > 1:
        listed = "; ".join(f"{value!r} ({', '.join(owners)})" for value, owners in found.items())
        raise FileProblem(
            f"{graph.where}: the metadata state {keys[0]} in several ways: {listed}. Say {keys[0]}=... to choose one."
        )
    return (next(iter(found)), "stated in the file's metadata") if found else (None, "")


def stated_number(graph: Graph, key: str) -> float | None:
    """A number in the metadata, None where it is not stated."""
    value = _in_metadata(graph, key)[0]
    return None if value is None else float(value)


def _refuse_silence(where: str, dt_s: float | None, reset: str | None) -> None:
    missing = ["the time step"] * (dt_s is None) + ["the reset mode"] * (reset is None)
    if not missing:
        return
    what = f"neither {missing[0]} nor {missing[1]}" if len(missing) == 2 else f"not {missing[0]}"
    remedy = ["dt_s=... (seconds, as in the framework's conversion)"] * (dt_s is None)
    remedy += ["reset='zero' or 'subtract'"] * (reset is None)
    raise FileProblem(
        f"{where} states {what}; NIR files do not. From snnTorch? read_nir(path, source='snntorch'). "
        f"Otherwise say {' and '.join(remedy)}."
    )


def _checked(where: str, dt_s: Any, reset: Any) -> tuple[float, str]:
    if not isinstance(dt_s, int | float) or not (np.isfinite(dt_s) and dt_s > 0):
        raise FileProblem(f"{where}: dt_s is {dt_s!r}; it must be above zero, in seconds, such as 1e-4.")
    reset = "zero" if reset is None else reset
    if reset not in ("zero", "subtract"):
        raise FileProblem(f"{where}: reset is {reset!r}; it must be 'zero' or 'subtract'.")
    return float(dt_s), reset
