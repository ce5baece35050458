"""snnTorch, through a NIR file."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.export.job import network_file
from spikefit_nb.export.tool import Tool
from spikefit_nb.network import IF, LIF, CubaLIF, Network, Population, Projection
from spikefit_nb.nir_file import write_nir

DT_S = 1e-4  # the step that snnTorch takes, whatever a file says
NO_LEAK = 2.0**30  # steps a potential takes to decay: float32 then keeps all of it


def files(report: Report) -> dict[str, bytes]:
    """The network as adapted, in a NIR file as snnTorch takes it, and how neurons reset."""
    network = report.network
    order = (*network.inputs, *network.neuron_populations)
    names = {p.name: f"p{k}" for k, p in enumerate(order)}
    gains = {p.name: _gain(p, network.dt_s) for p in network.neuron_populations}
    populations = [Population(names[p.name], p.shape, p.neuron) for p in network.inputs]
    populations += [
        _restated(p, names, gains[p.name], network.dt_s) for p in order if not p.is_input
    ]
    projections = [_scaled(e, names, gains[e.target]) for e in network.projections]
    restated = Network(populations, projections, dt_s=DT_S, output=names[network.output])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.nir"
        write_nir(restated, file)
        nir = file.read_bytes()
    about: dict[str, Any] = {"output": names[network.output]}
    about["inputs"] = {names[p.name]: list(p.shape) for p in network.inputs}
    firing: Any = network.neuron_populations
    about["resets"] = {names[p.name]: p.neuron.reset for p in firing}
    return {"network.nir": nir, "network.npz": network_file(about, {})}


def _gain(p: Population, dt_s: float) -> np.ndarray:
    """What an input is worth for each neuron, so that its threshold is one."""
    neuron = p.neuron
    late = getattr(neuron, "delayed_reset", False)
    shifted = [n for n in ("v_leak", "v_reset") if hasattr(neuron, n) and p.parameter(n).any()]
    if not isinstance(neuron, IF | LIF | CubaLIF) or shifted or late:
        raise NetworkProblem(
            f"Population {p.name!r}, {neuron!r}: snnTorch is given IF, LIF and CubaLIF that leak "
            "and reset to 0 at once. Substitute one, or measure potentials from there."
        )
    if neuron.max_spikes_per_step != 1:
        raise NetworkProblem(
            f"Population {p.name!r} may fire several times a step; snnTorch's neurons fire once. "
            "Set max_spikes_per_step=1."
        )
    gain = p.parameter("r") / p.parameter("v_threshold")
    if not isinstance(neuron, IF):
        gain = gain * dt_s / p.parameter("tau_mem_s")
    if isinstance(neuron, CubaLIF):
        gain = gain * p.parameter("w_in") * dt_s / p.parameter("tau_syn_s")
    return gain


def _restated(p: Population, names: dict[str, str], gain: np.ndarray, dt_s: float) -> Population:
    """The same neurons with a threshold of one, in which nothing but time constants is left."""
    neuron: Any = p.neuron
    # it fires above its threshold: the next number below one
    threshold = (
        1.0 if neuron.strict_threshold else float(np.nextafter(np.float32(1), np.float32(0)))
    )
    tau = np.full(p.n_neurons, NO_LEAK) * DT_S
    if not isinstance(neuron, IF):
        tau = p.parameter("tau_mem_s") * DT_S / dt_s
    bias = (p.parameter("bias") * gain).reshape(p.shape)
    tau = tau.reshape(p.shape)
    made: Any = LIF(tau, threshold, r=tau / DT_S, bias=bias)
    if isinstance(neuron, CubaLIF):
        syn = (p.parameter("tau_syn_s") * DT_S / dt_s).reshape(p.shape)
        made = CubaLIF(syn, tau, threshold, r=tau / DT_S, w_in=syn / DT_S, bias=bias)
    return Population(names[p.name], p.shape, made)


def _scaled(e: Projection, names: dict[str, str], gain: np.ndarray) -> Projection:
    """A projection whose weights hold what an input is worth."""
    if (gain == gain[0]).all():
        weight = e.real_weight()
        weight = weight.with_values((weight.values * np.float32(gain[0])).astype(np.float32))
    else:
        weight = e.real_weight().toarray() * gain
    return Projection(names[e.source], names[e.target], weight, delay_steps=e.delay_steps)


TOOL = Tool(
    "snnTorch",
    ("torch==2.13.0", "snntorch==1.0.0", "nirtorch==2.6", "nir==1.0.8"),
    "run_snntorch",
    files,
    with_delays=False,
)
