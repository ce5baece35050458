"""XyloSim, the vendor's simulator of Xylo: a layer that feeds itself, and one that reads it."""

from typing import Any

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.export.job import Arrays, network_file
from spikefit_nb.export.tool import Tool
from spikefit_nb.kernels import xylo
from spikefit_nb.network import Network
from spikefit_nb.simulate import ARITHMETICS

PARTS = ("dash_syn", "dash_mem", "threshold", "bias")


def files(report: Report) -> dict[str, bytes]:
    """The whole numbers that the chip is given."""
    network = report.run.retimed.network  # type: ignore[union-attr]  # asked only of what was run
    layers = _layers(network)
    arrays: Arrays = {}
    shifts = {}
    for name, population in layers.items():
        incoming = tuple(e for e in network.projections if e.target == population)
        held = ARITHMETICS[report.profile.arithmetic].prepare(
            network[population], incoming, network.dt_s, is_last=population == network.output
        )
        values: Any = held.neurons.values
        if not isinstance(values, xylo.Values):
            raise NetworkProblem(
                f"{report.profile.title} counts otherwise than Xylo, which is what XyloSim "
                "simulates. Choose xylo_audio2, xylo_audio3 or xylo_imu."
            )
        for part in PARTS:
            arrays[f"{part}_{name}"] = np.asarray(getattr(values, part), np.int64)
        for e, scale in zip(held.projections, held.scales, strict=True):
            weight = f"w_{name}" if e.source != population else "w_recurrent"
            arrays[weight] = e.weight.toarray().astype(np.int64)
            shifts[weight] = int(np.log2(int(scale[0])))
    n = network[layers["hidden"]].n_neurons
    arrays.setdefault("w_recurrent", np.zeros((n, n), np.int64))
    return {"network.npz": network_file({"shifts": shifts}, arrays)}


def _layers(network: Network) -> dict[str, str]:
    """The hidden population and that which answers."""
    names = [p.name for p in (*network.inputs, *network.neuron_populations)]
    ways = {(e.source, e.target): e.delay_steps for e in network.projections}
    told = ", ".join(f"{e.source} -> {e.target}" for e in network.projections)
    if len(names) == 3:
        given, hidden, output = names
        back, on = ways.pop((hidden, hidden), 1), ways.pop((hidden, output), None)
        if ways == {(given, hidden): 0} and back == 1 and on == 1:
            return {"hidden": hidden, "output": output}
    raise NetworkProblem(
        f"The network is {told}; XyloSim is given inputs, a hidden population that may feed "
        "itself, and one that answers a step later, without further delays."
    )


TOOL = Tool("XyloSim", ("xylosim==0.1.3", "numpy==2.4.6"), "run_xylosim", files)
