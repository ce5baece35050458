"""Brian2: the network step by step, in float32 or in Loihi's integers."""

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.export.job import network_arrays, network_file
from spikefit_nb.export.tool import Tool
from spikefit_nb.network import Network

KINDS = ("integrate", "leaky", "current", "loihi")


def files(report: Report) -> dict[str, bytes]:
    """The network as it was run, with the chip's delays."""
    network = report.run.retimed.network  # type: ignore[union-attr]  # asked only of what was run
    _check_several(network)
    about, arrays = network_arrays(network, report.arithmetic, "Brian2", KINDS)
    return {"network.npz": network_file(about, arrays)}


def _check_several(network: Network) -> None:
    """Refuse several spikes a step that wait: how many there were is no longer known on arrival."""
    order = [*(p.name for p in network.inputs), *(p.name for p in network.neuron_populations)]
    for e in network.projections:
        neuron = network[e.source].neuron
        several = network[e.source].is_input or getattr(neuron, "max_spikes_per_step", 1) != 1
        waits = e.delay_steps - (order.index(e.source) >= order.index(e.target))
        if several and waits:
            raise NetworkProblem(
                f"{e!r} delays spikes of {e.source!r}, of which several may be sent in one step; "
                "for Brian2 no program can be written of that yet. Take the delay away, or set "
                "max_spikes_per_step=1."
            )


TOOL = Tool("Brian2", ("brian2==2.9.0", "numpy<2.4"), "run_brian2", files)
