"""How each tool that writes NIR steps its neurons, and what the numbers in its files stand for.

NIR states equations of continuous time; a tool's own step decides the spikes. Each rule was read in
the tool's source, at the version named beside it, and is tested spike for spike.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from spikefit_nb.errors import FileProblem, UnknownName
from spikefit_nb.nir_file.graph import OWN, ROCKPOOL, Graph, Node

Values = Mapping[str, np.ndarray]  # a node's parameters by NIR's names
Reading = Callable[[str, Values, float], Values]  # kind, values, dt: values for forward Euler
LEAKY = ("LIF", "CubaLIF", "LI")
NAMES_TOOL = ("source", "framework", "tool", "exporter", "generator", "producer", "created_by")
NEWTON_STEPS = 30
SAME_STEP = 1e-3  # how far apart the steps that a file's neurons imply may lie


@dataclass(frozen=True, eq=False)
class Convention:
    """How a tool steps its neurons, for files it wrote."""

    sentence: str
    reset: str
    dt_s: float = 1e-3  # where the file does not say
    why_dt: str = "that tool's default"
    strict_threshold: bool = False
    delayed_reset: tuple[str, ...] = ()  # kinds that reset one step late
    resets_after: Callable[[Graph, Node], bool] = lambda graph, node: False  # to zero, even later
    max_spikes_per_step: int | None = 1
    sends_late: bool = False  # spikes leave a neuron one step after the potential passed
    in_euler: Reading = lambda kind, values, dt_s: values
    step_of: Callable[[Graph], float | None] = lambda graph: None  # as the file's numbers imply
    # seconds that a time constant of 1 stands for, given the step
    unit_of: Callable[[Graph, float], float] = lambda graph, dt_s: 1.0
    holds: bool = False  # without delay, a neuron left above its threshold
    # what the exporter writes otherwise than NIR
    mend: Callable[[Graph], None] = lambda graph: None


def _gains_of_one(values: Values, dt_s: float) -> Values:
    """Input that is added whole, whatever the file says of r."""
    return {**values, "r": values["tau"] / dt_s}


def _sinabs(kind: str, values: Values, dt_s: float) -> Values:
    """``v = alpha * v + (1 - alpha) * I``, ``alpha = exp(-1 / tau)``; an ExpLeak adds all of I."""
    if "tau" not in values:
        return values
    with np.errstate(divide="ignore"):  # an infinite tau, of a neuron without leak, stays one
        values = {**values, "tau": dt_s / -np.expm1(-1 / values["tau"])}
    return _gains_of_one(values, dt_s) if kind == "LI" else values


def _sinabs_unnormed(kind: str, values: Values, dt_s: float) -> Values:
    """``v = alpha * v + I``."""
    return _gains_of_one(_sinabs(kind, values, dt_s), dt_s) if "tau" in values else values


def _norse(kind: str, values: Values, dt_s: float) -> Values:
    """``i = (1 - dt / tau_syn) * i + I`` of LIFCell; potentials that start at ``v_leak``."""
    if kind == "CubaLIF":
        values = {**values, "w_in": values["tau_syn"] / dt_s}
    if kind in ("LIF", "CubaLIF"):
        rest = values["v_leak"]
        moved = {name: values[name] - rest for name in ("v_threshold", "v_reset", "v_leak")}
        return {**values, **moved}
    return values


def _rockpool(kind: str, values: Values, dt_s: float) -> Values:
    """``i = beta * (i + I)``, ``v = alpha * v + i``, both decays exponentials."""
    lost = {name: -np.expm1(-dt_s / values[name]) for name in values if name.startswith("tau")}
    with np.errstate(divide="ignore"):
        taus = {name: dt_s / share for name, share in lost.items()}
        if kind == "LI":
            return {**values, **taus, "r": (1 - lost["tau"]) / lost["tau"]}
        if kind == "LIF":
            return {**values, **taus, "r": 1 / lost["tau"]}
        if kind == "CubaLIF":
            w_in = (1 - lost["tau_syn"]) / lost["tau_syn"]
            return {**values, **taus, "r": 1 / lost["tau_mem"], "w_in": w_in}
    return values


def _spyx(kind: str, values: Values, dt_s: float) -> Values:
    """``v = beta * v + I`` with ``beta = 1 - dt / tau``; r, which holds beta, is not used."""
    if kind == "CubaLIF":
        r, w_in = values["tau_mem"] / dt_s, values["tau_syn"] / dt_s
        return {**values, "r": r, "w_in": w_in}
    return _gains_of_one(values, dt_s) if kind == "LIF" else values


def _channels_first(graph: Graph) -> None:
    """Put weights behind a Flatten, whose inputs spyx orders (y, x, channel), into NIR's order."""
    for node in graph.of_kind("Flatten"):
        shape = node.whole("input_type", 0, 0)
        for name in graph.targets(node.name) if len(shape) == 3 else ():
            reader = graph.nodes[name]
            weight = reader.array("weight", 0.0)
            if weight.ndim == 2 and weight.shape[1] == prod(shape):
                channels, y, x = shape
                by_axis = weight.reshape(-1, y, x, channels).transpose(0, 3, 1, 2)
                mended = {**reader.fields, "weight": by_axis.reshape(weight.shape)}
                graph.nodes[name] = replace(reader, fields=mended)
                graph.notes.append(
                    f"{name}: its columns are taken in spyx's order, channels last, though "
                    f"{node.name} flattens channels first"
                )


def _implied(graph: Graph, step: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float | None:
    """The step that tau and r of a file imply, the same for all its neurons; None without any, 0
    where they imply none.
    """
    steps: list[np.ndarray] = []
    for node in graph.of_kind(*LEAKY):
        tau = node.array("tau_mem" if node.kind == "CubaLIF" else "tau").astype(np.float64)
        tau, r = np.broadcast_arrays(tau, node.array("r").astype(np.float64))
        finite = np.isfinite(tau) & np.isfinite(r) & (r > 0)
        steps.append(step(tau[finite], r[finite]))
    found = np.concatenate(steps) if steps else np.zeros(0)
    if not found.size:
        return None
    if not (found > 0).all():
        return 0.0
    if np.ptp(found) > SAME_STEP * found.max():
        raise FileProblem(
            f"{graph.where}: tau and r of its neurons imply time steps from {found.min():.4g} to "
            f"{found.max():.4g} s where this tool has one. Leave source out and say dt_s, reset "
            "and max_spikes_per_step by hand."
        )
    return float(f"{np.median(found):.4g}")


def _step_of_rockpool(graph: Graph) -> float | None:
    """The step in ``r = tau * exp(-dt / tau) / dt``."""
    return _implied(graph, lambda tau, r: tau * _steps_a_tau(1 / r))


def _steps_a_tau(product: np.ndarray) -> np.ndarray:
    """The u in ``u * exp(u) = product``, by Newton's method from above."""
    u = np.log1p(product)
    for _ in range(NEWTON_STEPS):
        u = u - (u - product * np.exp(-u)) / (1 + u)
    return u


def _step_of_spyx(graph: Graph) -> float | None:
    """The step in ``tau = dt / (1 - r)``."""
    return _implied(graph, lambda tau, r: tau * (1 - r))


def _unit_of_norse(graph: Graph, dt_s: float) -> float:
    """What a tau of 1 stands for: norse 1.1 wrote ``dt * tau``, others tau."""
    shortest = np.inf
    for node in graph.of_kind(*LEAKY):
        for name in ("tau", "tau_mem", "tau_syn"):
            if node.get(name) is not None:
                shortest = min(shortest, float(node.array(name).min()))
    return 1 / dt_s if shortest < dt_s else 1.0


def _loses_a_step(graph: Graph, node: Node) -> bool:
    """Whether snnTorch's class loses what arrives when it is reset to zero: all but Leaky."""
    loop = set(graph.targets(node.name)) & set(graph.sources(node.name))
    return node.kind == "CubaLIF" or bool(loop)


ANY_STEP = "it changes nothing, since this tool counts time constants in steps"
SINABS = (
    "fires floor(v / v_threshold) times a step, each spike subtracting a threshold; tau counts "
    "steps and decays as exp(-1 / tau); no lower bound of the potential"
)
CONVENTIONS = {
    # snnTorch 1.0.0, export_nir.py and _neurons/leaky.py
    "snntorch": Convention(
        "snnTorch's convention: spike where v > v_threshold, at most once a step, reset one step "
        "later",
        "subtract",
        1e-4,
        strict_threshold=True,
        delayed_reset=("IF", "LIF", "CubaLIF"),
        resets_after=_loses_a_step,
        holds=True,
    ),
    # sinabs 3.1.3, nir.py and layers/functional/lif.py
    "sinabs": Convention(
        f"sinabs's convention: {SINABS}; input of a LIF weighed by 1 - exp(-1 / tau), which is "
        "norm_input=True; else say source='sinabs norm_input=False'",
        "subtract",
        why_dt=ANY_STEP,
        max_spikes_per_step=None,
        in_euler=_sinabs,
    ),
    "sinabs norm_input=False": Convention(
        f"sinabs's convention: {SINABS}; input added whole (norm_input=False)",
        "subtract",
        why_dt=ANY_STEP,
        max_spikes_per_step=None,
        in_euler=_sinabs_unnormed,
    ),
    # norse 1.1.0, utils/export_nir.py and functional/lif.py, lif_box.py, iaf.py
    "norse": Convention(
        "norse's convention: spike where v > v_threshold, at most once a step; LIFCell adds input "
        "whole to its current; potentials start at v_leak and are counted from there",
        "zero",
        strict_threshold=True,
        in_euler=_norse,
        unit_of=_unit_of_norse,
    ),
    # Rockpool 3.1.0, nn/modules/torch/nir.py, lif_torch.py, lif_neuron_torch.py, exp_syn_torch.py
    "rockpool": Convention(
        "Rockpool's convention: fires floor(v / v_threshold) times a step, each spike subtracting "
        "a threshold; a spike adds its whole weight to the current, whatever w_in says; decays "
        "are exp(-dt / tau); its export leaves out bias and recurrent weights of LIFTorch",
        "subtract",
        max_spikes_per_step=None,
        in_euler=_rockpool,
        step_of=_step_of_rockpool,
    ),
    # spyx 1.0.0, nir.py and nn.py
    "spyx": Convention(
        "spyx's convention: spike where v > v_threshold, at most once a step; input added whole; "
        "spikes reach the next layer one step later, and it emits those of the output one step "
        "after they stand here",
        "subtract",
        1.0,
        strict_threshold=True,
        delayed_reset=("IF", "LIF"),
        sends_late=True,
        in_euler=_spyx,
        step_of=_step_of_spyx,
        mend=_channels_first,
    ),
}
BY_HAND = {
    "lava-dl": "it writes the chip's integers (tau = 1 / decay of 4,096, w_in = tau_syn, r = 1) "
    "without weight exponent and delay, so that input counts far less than on the chip. In every "
    "CubaLIF set w_in = 4096 * tau_syn and r = 4096 * tau_mem, then read_nir(graph, dt_s=1/4096, "
    "reset='zero'); a layer's spikes arrive one step later there (nir.Delay)",
    "nengo": "it has no exporter, only examples; its LIF solves each step exactly and keeps the "
    "time of a spike within the step, which no neuron here does. Rebuild it with sf.LIF, or say "
    "dt_s=..., reset='zero' and compare",
}


def convention_of(graph: Graph, source: str | None) -> Convention | None:
    """The convention asked for, else that of the tool which the file's metadata name."""
    if source in BY_HAND:
        raise FileProblem(
            f"{graph.where}: source={source!r} is not known well enough to be read: "
            f"{BY_HAND[source]}."
        )
    if source is not None and source not in CONVENTIONS:
        raise UnknownName("source", source, CONVENTIONS)
    if OWN in (graph.metadata[0][1] if graph.metadata else {}):
        if source is not None:
            graph.notes.append(f"source={source!r} is left aside: write_nir states all itself")
        return None
    named = source or _named_in(graph)
    if named == "spyx" and graph.of_kind("Identity"):
        raise FileProblem(
            f"{graph.where}: spyx writes a recurrent layer as if its input passed the recurrent "
            "weights too, so the file does not say what spyx runs. Lead the edge from the nested "
            "Input to the neurons, then read with dt_s, reset and delayed_reset by hand."
        )
    return None if named is None else CONVENTIONS[named]


def hint(graph: Graph) -> str:
    """What the names of nodes tell of the tool, where no convention is taken; "" for nothing."""
    if not any(ROCKPOOL.fullmatch(name) for name in graph.nodes):
        return ""
    return (
        "node names are Rockpool's, whose neurons add a spike's whole weight though w_in is 1, and "
        "fire several times a step: source='rockpool' takes that over, and did not here"
    )


def _named_in(graph: Graph) -> str | None:
    """The tool that the metadata of the whole graph name, if it is one and known."""
    entries: Iterable[tuple[str, object]] = graph.metadata[0][1].items() if graph.metadata else ()
    said = [_plain(value) for key, value in entries if str(key).lower() in NAMES_TOOL]
    found = {
        tool for tool in CONVENTIONS for text in said if re.search(rf"\b{tool}\b", text.lower())
    }
    if len(found) != 1:
        return None
    tool = found.pop()
    graph.notes.append(f"the file's metadata name {tool}: source={tool!r} is taken")
    return tool


def _plain(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
