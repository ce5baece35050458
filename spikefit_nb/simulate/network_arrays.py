"""From a Network to the flat arrays the kernel reads."""

import numpy as np

from spikefit_nb.kernels import run_network as k
from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    Conv2d,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Network,
    Population,
    Projection,
)

MODEL = {
    Input: k.INPUT, IF: k.INTEGRATE, LIF: k.LEAKY, CubaLIF: k.CURRENT,
    Integrator: k.INTEGRATE, LI: k.LEAKY, CubaLI: k.CURRENT,
}  # fmt: skip
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
        *_parameters(network, order),
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
        row[k.RESET] = RESET[neuron.reset]
        row[k.STRICT], row[k.DELAYED] = neuron.strict_threshold, neuron.delayed_reset
        most = getattr(neuron, "max_spikes_per_step", 1)
        row[k.MAX_SPIKES] = 0 if most is None else most


def _parameters(network: Network, order: tuple[Population, ...]) -> list[np.ndarray]:
    def every(name: str, default: float, decay: bool = False) -> np.ndarray:
        parts = [
            p.parameter(name) if hasattr(p.neuron, name) else np.full(p.n_neurons, np.inf if decay else default)
            for p in order
        ]
        values = np.concatenate(parts)
        return (network.dt_s / values if decay else values).astype(np.float32)

    decays = [every("tau_syn_s", 0, decay=True), every("tau_mem_s", 0, decay=True)]
    rest = (("w_in", 1), ("r", 1), ("v_leak", 0), ("v_threshold", 0), ("v_reset", 0), ("bias", 0))
    return decays + [every(name, default) for name, default in rest]


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
