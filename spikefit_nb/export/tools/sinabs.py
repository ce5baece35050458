"""sinabs, the tool of Speck: it judges what fits, and fires in the whole numbers of the chip."""

from itertools import pairwise
from typing import Any

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.export.job import Arrays, network_file
from spikefit_nb.export.tool import Tool
from spikefit_nb.network import Conv2d, Network, Projection, layer_of
from spikefit_nb.simulate import ARITHMETICS


def files(report: Report) -> dict[str, bytes]:
    """The layers in order, in the whole numbers of the chip where it can hold them."""
    network = report.network
    arrays: Arrays = {}
    layers = []
    for k, e in enumerate(_chain(network), 1):
        population = network[e.target]
        is_last = e.target == network.output
        try:
            held = ARITHMETICS[report.profile.arithmetic].prepare(
                population, (e,), network.dt_s, is_last=is_last
            )
        except NetworkProblem:
            if report.fits:
                raise
            held = None  # the tool then says only whether it fits
        layer = layer_of(e, network[e.source].shape)
        about: dict[str, Any] = {"key": f"p{k}", "pool": layer.pool, "shape": population.shape}
        about |= {"stride": layer.stride, "padding": layer.padding, "groups": layer.groups}
        about["kind"] = "conv" if isinstance(e.weight, Conv2d) else "linear"
        about["bias"] = bool(population.parameter("bias").any())
        own = e if held is None else held.projections[0]
        arrays[f"p{k}.weight"] = _without_pooling(own, network[e.source].shape, layer.pool)
        if held is not None:
            values = held.neurons.values
            arrays[f"p{k}.weight"] = arrays[f"p{k}.weight"] * float(held.scales[0][0])
            about |= {"threshold": int(values.threshold[0]), "lowest": int(values.lowest[0])}
            neuron: Any = population.neuron
            about |= {"reset": neuron.reset, "once": neuron.max_spikes_per_step == 1}
        layers.append(about)
    shape = network.inputs[0].shape
    shape = shape if len(shape) == 3 else (network.n_channels, 1, 1)
    return {"network.npz": network_file({"input": shape, "layers": layers}, arrays)}


def _chain(network: Network) -> list[Projection]:
    """The projections from each population to the next."""
    order = (*network.inputs, *network.neuron_populations)
    found = []
    for before, after in pairwise(order):
        incoming = [e for e in network.projections if e.target == after.name]
        if len(incoming) != 1 or incoming[0].source != before.name or len(network.inputs) > 1:
            raise NetworkProblem(
                f"{after.name!r} hears {', '.join(repr(e.source) for e in incoming) or 'nothing'}; "
                "for sinabs a stack of layers can be written, each heard by the next alone."
            )
        found += incoming
    return found


def _without_pooling(e: Projection, shape: tuple[int, ...], pool: int) -> np.ndarray:
    """The weights behind a sum over squares of pixels."""
    if isinstance(e.weight, Conv2d):
        return np.asarray(e.weight.weight, np.float64)[:, :, ::pool, ::pool]
    weight = e.weight.toarray().astype(np.float64)
    if pool == 1:
        return weight
    channels, y, x = shape
    by_pixel = weight.reshape((channels, y // pool, pool, x // pool, pool, -1))
    return by_pixel[:, :, 0, :, 0].reshape(-1, weight.shape[1])


def remarks(report: Report) -> tuple[str, ...]:
    """On what its verdict and ours rest."""
    return (
        "sinabs judges memory and cores alone; the documentation of Speck also limits kernels to "
        "16 x 16 and images to 64 x 64, and knows no bias in steps",
    )


TOOL = Tool(
    "sinabs",
    ("torch==2.13.0", "sinabs==3.1.3", "nir==1.0.4"),
    "run_sinabs",
    files,
    with_delays=False,
    remarks=remarks,
    judges=True,
)
