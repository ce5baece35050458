"""A neuron node of NIR as a neuron model of ours, told what its tool means by its numbers."""

from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import IF, LI, LIF, CubaLI, CubaLIF, Integrator, Neuron
from spikefit_nb.nir_file.graph import READOUT, Graph, Node, Shape
from spikefit_nb.nir_file.shapes import DEFAULTS, PARAMETERS
from spikefit_nb.nir_file.statements import RESETTING, Statements

MODELS = {
    "IF": IF,
    "LIF": LIF,
    "CubaLIF": CubaLIF,
    "Threshold": LIF,
    "I": Integrator,
    "LI": LI,
    "CubaLI": CubaLI,
    READOUT: LI,
}
OUR_NAME = {
    "tau": "tau_mem_s",
    "tau_mem": "tau_mem_s",
    "tau_syn": "tau_syn_s",
    "threshold": "v_threshold",
}
OF_SHAPES = ("shape", "input_type", "output_type")  # fields that no equation reads
GAIN_OF = {"tau": "r", "tau_mem": "r", "tau_syn": "w_in"}  # infinite together: no leak
WITHOUT_LEAK = {"LIF": "IF", "LI": "I"}
NEVER_STEPS = 2.0**40  # a time constant that float32 forgets nothing by
Values = dict[str, np.ndarray]


def neuron_of(
    graph: Graph, node: Node, told: Statements, shape: Shape, kept: Shape, bias: np.ndarray
) -> Neuron:
    """The model a node stands for, with its parameters in the shape ``kept`` of the population."""
    values = {p: node.array(p, DEFAULTS.get(p)) for p in PARAMETERS[node.kind]}
    kind, values = _without_leak(graph, node, told, told.in_euler(node.kind, values))
    options = told.options(graph, node)
    _tell(graph, node, values, options)
    if node.kind in ("Threshold", READOUT):
        options["tau_mem_s"] = told.dt_s  # v becomes what arrives in this step
    if node.kind == "Threshold":
        options["strict_threshold"] = True
    ours = {OUR_NAME.get(p, p): _shaped(value, shape, kept) for p, value in values.items()}
    ours["bias"] = bias.reshape(kept) if bias.any() else np.zeros(())
    try:
        return MODELS[kind](**ours, **options)
    except NetworkProblem as problem:
        raise FileProblem(f"{node.where}: node {node.name!r}: {problem}") from problem


def _shaped(value: np.ndarray, shape: Shape, kept: Shape) -> np.ndarray:
    """A parameter in the population's shape, without axes of length 1 that no other node has."""
    if value.size == 1:
        return value.reshape(())
    if value.size == np.prod(shape):
        return value.reshape(kept)
    return np.broadcast_to(value, shape).reshape(kept)


def _without_leak(graph: Graph, node: Node, told: Statements, values: Values) -> tuple[str, Values]:
    """Kind and parameters where time constants may be infinite: nothing is forgotten then."""
    kind = node.kind
    for tau, gain in GAIN_OF.items():
        if tau not in values:
            continue
        lasts, adds = np.broadcast_arrays(*map(np.isinf, (values[tau], values[gain])))
        if (lasts != adds).any():
            raise _half_infinite(node, tau, gain, (lasts & ~adds).any())
        if not lasts.any():
            continue
        if told.convention is None:
            raise _no_ratio(node, tau, gain)
        if lasts.all() and kind in WITHOUT_LEAK:
            kind = WITHOUT_LEAK[kind]
            values = {name: values[name] for name in PARAMETERS[kind] if name in values}
            values["r"] = np.ones(())
            graph.notes.append(f"{node.name}: {tau} is infinite, so it has no leak: read as {kind}")
        else:
            longest = {tau: NEVER_STEPS * told.dt_s, gain: NEVER_STEPS}
            values |= {name: np.where(lasts, long, values[name]) for name, long in longest.items()}
            graph.notes.append(
                f"{node.name}: {tau} of {np.sum(lasts)} neurons is infinite: they forget nothing"
            )
    return kind, values


def _half_infinite(node: Node, tau: str, gain: str, adds_nothing: bool) -> FileProblem:
    what = f"field {tau!r} is infinite and {gain!r} is not, so that input would add nothing"
    if not adds_nothing:
        what = f"field {gain!r} is infinite and {tau!r} is not, so that input would add all at once"
    return FileProblem(
        f"{node.where}: {node}, {what} ({gain} * dt / {tau}). A neuron without leak has both "
        "infinite (snnTorch's beta = 1), or is an IF."
    )


def _no_ratio(node: Node, tau: str, gain: str) -> FileProblem:
    return FileProblem(
        f"{node.where}: {node}, fields {tau!r} and {gain!r} are infinite: it has no leak, and what "
        f"input adds, {gain} * dt / {tau}, is not stated. snnTorch writes a beta of 1 so: say "
        "source='snntorch', or put IF in its place."
    )


def _tell(graph: Graph, node: Node, values: Values, options: dict[str, Any]) -> None:
    """Note what the file states and is not used, and thresholds at or below where neurons rest."""
    unused = sorted(set(node.fields) - {*PARAMETERS[node.kind], *OF_SHAPES})
    if unused:
        graph.notes.append(f"{node.name}: {', '.join(unused)} in the file is not used")
    if node.kind not in RESETTING:
        return
    v_reset, to_zero = values["v_reset"], options["reset"] == "zero"
    if not to_zero and v_reset.any():
        how = "by subtraction" if options["reset"] == "subtract" else "left out"
        graph.notes.append(
            f"{node.name}: v_reset ({v_reset.flat[0]:g}) is not used, since the reset is {how}"
        )
    threshold = values["v_threshold"]
    rest = np.maximum(values.get("v_leak", 0.0), v_reset if to_zero else 0.0)
    low = threshold < rest if options["strict_threshold"] else threshold <= rest
    begins = threshold < 0 if options["strict_threshold"] else threshold <= 0
    leaks = threshold <= values.get("v_leak", -np.inf)
    once = low & ~leaks & ~begins
    without, then = "these fire without input", "once they have fired, these fire in every step"
    for where, what, does in (
        (low & ~once, "rest (v_leak, v_reset)", without),
        (begins & ~low, "begin (0)", without),
        (once, "are reset to (v_reset)", then),
    ):
        if np.any(where):
            graph.notes.append(
                f"{node.name}: thresholds of {np.sum(where)} of {np.size(where)} neurons are not "
                f"above where they {what}: {does}"
            )
