"""A report in the metrics of NeuroBench, by its names."""

from typing import Any

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import DoesNotFit, expect, guarded
from spikefit_nb.network import Weight


@guarded
def to_neurobench(report: Report) -> dict[str, Any]:
    r"""A report as NeuroBench's metrics, each per inference.

    Connection sparsity is the share of synapses :math:`w = 0` of all that layers of these shapes
    can have; activation sparsity is :math:`1 - \sum s_{t,i} / (T N)` over the steps :math:`t` and
    all neurons :math:`i` but inputs. Synaptic operations are multiplications (``Effective_MACs``)
    where the input is currents, else additions (``Effective_ACs``); ``Dense`` counts every synapse
    that there can be in every step.

    Parameters
    ----------
    report : Report, of a design that fits

    Returns
    -------
    dict
        ``footprint`` in bytes of synapse memory on the chip; ``connection_sparsity``,
        ``activation_sparsity`` and ``classification_accuracy`` as fractions, the last None without
        labels; ``synaptic_operations``, a dict; ``membrane_updates``, a count; then of the system:
        ``latency_s``, ``energy_j``, ``power_w``, None where not published.

    Raises
    ------
    DoesNotFit
        The design does not fit the chip: it has no workload there.

    References
    ----------
    Yik et al. 2025, "The neurobench framework for benchmarking neuromorphic computing algorithms
    and systems", Nat. Commun. 16:1545, tables of the algorithm track.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(20)
    >>> found = to_neurobench(deploy(*digits))
    >>> found["footprint"], found["synaptic_operations"]["Dense"]
    (16856.0, 307840)
    """
    expect(report, Report, "report", "sf.deploy(network, profile, dataset)")
    if report.record is None or report.price is None:
        raise DoesNotFit(
            f"{report.network.name} does not fit {report.profile.title}: it has no workload there."
        )
    network, record, counts = report.network, report.record, report.price.counts
    operations = counts["synaptic_operations"]
    n_possible = sum(_possible(e.weight) for e in network.projections)
    fired = sum(int(record.spike_counts[p.name].sum()) for p in network.neuron_populations)
    n_neurons = sum(p.n_neurons for p in network.neuron_populations)
    n_states = n_neurons * record.n_samples * record.n_steps
    is_current = report.dataset.is_current
    return {
        "footprint": report.memory_bits / 8,
        "connection_sparsity": 1 - network.n_synapses / n_possible,
        "classification_accuracy": report.accuracy,
        "activation_sparsity": 1 - fired / n_states,
        "synaptic_operations": {
            "Effective_MACs": operations if is_current else 0.0,
            "Effective_ACs": 0.0 if is_current else operations,
            "Dense": n_possible * record.n_steps,
        },
        "membrane_updates": counts["updates_active"] + counts["updates_inactive"],
        "latency_s": report.latency_s,
        "energy_j": report.energy_j,
        "power_w": report.power_w,
    }


def _possible(weight: Weight) -> int:
    """Synapses that a layer of this shape has where none is zero."""
    if weight.kind != "convolution":
        return weight.shape[0] * weight.shape[1]
    return int(weight.with_values(np.ones_like(weight.values)).degrees()[0].sum())
