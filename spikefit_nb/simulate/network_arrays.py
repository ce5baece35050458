"""From a Network to the flat arrays the kernel reads."""

from collections.abc import Callable

import numpy as np

from spikefit_nb.kernels import run_network as k
from spikefit_nb.network import (
    ALIF,
    IF,
    LI,
    LIF,
    AdEx,
    Conv2d,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Izhikevich,
    Network,
    Population,
    Projection,
)

MODEL = {
    Input: k.INPUT, IF: k.INTEGRATE, LIF: k.LEAKY, CubaLIF: k.CURRENT,
    Integrator: k.INTEGRATE, LI: k.LEAKY, CubaLI: k.CURRENT,
    ALIF: k.ADAPTING, Izhikevich: k.QUADRATIC, AdEx: k.EXPONENTIAL,
}  # fmt: skip
COLUMNS = ("a_syn", "a_mem", "w_in", "r", "v_leak", "v_threshold", "v_reset", "bias")
TAU = {"a_syn": "tau_syn_s", "a_mem": "tau_mem_s", "decay": "tau_adapt_s"}  # columns of dt / tau
DEFAULT = {"w_in": 1.0, "r": 1.0}
OWN: dict[tuple[type, str], str | Callable[[Population, float], np.ndarray]] = {  # columns under another name
    (ALIF, "coupling"): "beta",
    (Izhikevich, "a_mem"): lambda p, dt_s: np.full(p.n_neurons, dt_s * 1e3 / 2),  # half a step, in milliseconds
    (Izhikevich, "decay"): lambda p, dt_s: dt_s * 1e3 * p.parameter("a"),
    (Izhikevich, "coupling"): "b",
    (Izhikevich, "jump"): "d",
    (Izhikevich, "v_start"): "v_initial",
    (Izhikevich, "w_start"): lambda p, dt_s: p.parameter("b") * p.parameter("v_initial"),
    (AdEx, "coupling"): "a",
    (AdEx, "jump"): "b",
    (AdEx, "v_start"): "v_leak",
    (AdEx, "foot"): "v_threshold",
    (AdEx, "slope"): "slope_factor",
    (AdEx, "v_threshold"): "v_cut",
}
RESET = {"zero": k.TO_RESET, "subtract": k.SUBTRACT}


def network_arrays(network: Network) -> k.NetworkArrays:
    """Flatten a network for ``run_samples``.

    Parameters
    ----------
    network : Network

    Returns
    -------
    NetworkArrays
    """
    order = (*network.inputs, *network.neurons)
    populations = np.zeros((len(order), 9), np.int64)
    table: list[np.ndarray] = []
    stores: dict[str, list[np.ndarray]] = {"weight": [], "indptr": [], "index": []}
    for row, population in zip(populations, order, strict=True):
        outgoing = [e for e in network.projections if e.source == population.name]
        row[k.FIRST_PROJECTION], row[k.LAST_PROJECTION] = len(table), len(table) + len(outgoing)
        row[k.START], row[k.SIZE] = network.starts[population.name], population.n_neurons
        _describe_neuron(row, population)
        table += [_describe_projection(e, network.starts[e.target], stores) for e in outgoing]
    return k.NetworkArrays(
        populations,
        np.array(table, np.int64).reshape(len(table), k.N_COLUMNS),
        *(_column(order, name, network.dt_s) for name in COLUMNS),
        _join(stores["weight"], np.float32),
        _join(stores["indptr"], np.int64),
        _join(stores["index"], np.int32),
    )


def _describe_neuron(row: np.ndarray, population: Population) -> None:
    neuron = population.neuron
    row[k.MODEL] = MODEL[type(neuron)]
    if not neuron.fires:
        row[k.STRICT], row[k.MAX_SPIKES] = True, 1  # no potential is above an infinite threshold, not even overflow
    elif not isinstance(neuron, Input):
        row[k.RESET] = RESET[getattr(neuron, "reset", "zero")]
        row[k.STRICT] = getattr(neuron, "strict_threshold", False)
        row[k.DELAYED] = getattr(neuron, "delayed_reset", False)
        most = getattr(neuron, "max_spikes_per_step", 1)
        row[k.MAX_SPIKES] = 0 if most is None else most


def adaptation(network: Network) -> k.Adaptation | None:
    """The second variable of the models that have one, for ``run_samples``.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Adaptation, or None where no population has such a model
    """
    order = (*network.inputs, *network.neurons)
    if not any(MODEL[type(p.neuron)] >= k.ADAPTING for p in order):
        return None
    return k.Adaptation(*(_column(order, name, network.dt_s) for name in k.Adaptation._fields))


def _column(order: tuple[Population, ...], name: str, dt_s: float) -> np.ndarray:
    """One value per neuron of one column of the kernel's tables, (n_neurons,) float32."""

    def values(p: Population) -> np.ndarray:
        own = OWN.get((type(p.neuron), name))
        if callable(own):
            return own(p, dt_s)
        source = own or TAU.get(name, name)
        if not hasattr(p.neuron, source):
            return np.full(p.n_neurons, DEFAULT.get(name, 0.0))
        return dt_s / p.parameter(source) if name in TAU else p.parameter(source)

    return np.concatenate([values(p) for p in order]).astype(np.float32)


def _describe_projection(e: Projection, target: int, stores: dict[str, list[np.ndarray]]) -> np.ndarray:
    row = np.zeros(k.N_COLUMNS, np.int64)
    row[k.TARGET], row[k.N_TARGET], row[k.DELAY] = target, e.shape[1], e.delay_steps
    row[k.WEIGHT] = _size(stores["weight"])
    weight = e.real_weight()
    if isinstance(weight, Conv2d):
        row[k.KIND] = k.CONVOLUTION
        row[k.C_IN : k.X_OUT + 1] = (*weight.input_shape, *weight.output_shape)
        row[k.KY : k.GROUPS + 1] = (
            *weight.weight.shape[2:], *weight.stride, *weight.padding, *weight.dilation, weight.groups,
        )  # fmt: skip
        stores["weight"].append(weight.weight.ravel())
    elif e.kind == "sparse":
        row[k.KIND], row[k.INDPTR], row[k.INDEX] = k.SPARSE, _size(stores["indptr"]), _size(stores["index"])
        stores["indptr"].append(weight.indptr)
        stores["index"].append(weight.indices)
        stores["weight"].append(weight.data)
    else:
        stores["weight"].append(np.ravel(weight))
    return row


def _size(parts: list[np.ndarray]) -> int:
    return sum(part.size for part in parts)


def _join(parts: list[np.ndarray], dtype: type) -> np.ndarray:
    return np.ascontiguousarray(np.concatenate(parts), dtype=dtype) if parts else np.zeros(1, dtype)
