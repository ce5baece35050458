"""A network in XyloSim: ``python run_xylosim.py`` writes what hidden and output neurons fire."""

from importlib.metadata import version
from typing import Any

import numpy as np

LAYERS = {"hidden": "", "output": "_out"}


def layer_of(given: dict[str, np.ndarray], shifts: dict[str, int], alive: list) -> Any:
    """The network as the tool takes it; it keeps pointers to what Python would throw away."""
    from xylosim.v2 import XyloLayer, XyloSynapse

    def synapses(weight: np.ndarray) -> list:
        rows = [
            [XyloSynapse(int(t), 0, int(row[t])) for t in np.flatnonzero(row)] for row in weight
        ]
        alive.extend(rows)
        return rows

    named = {}
    for layer, end in LAYERS.items():
        for part in ("threshold", "bias", "dash_mem"):
            named[f"{part}{end}"] = given[f"{part}_{layer}"].tolist()
        named[f"dash_syns{end}"] = [[dash] for dash in given[f"dash_syn_{layer}"].tolist()]
    return XyloLayer(
        synapses_in=synapses(given["w_hidden"]),
        synapses_rec=synapses(given["w_recurrent"]),
        synapses_out=synapses(given["w_output"]),
        aliases=[[] for _ in given["threshold_hidden"]],
        has_bias=bool(given["bias_hidden"].any() or given["bias_output"].any()),
        weight_shift_inp=shifts.get("w_hidden", 0),
        weight_shift_rec=shifts.get("w_recurrent", 0),
        weight_shift_out=shifts.get("w_output", 0),
        name="deployment",
        **named,
    )


def main() -> None:
    """Run all samples, each on a layer of its own."""
    from job_files import dense_input, read_input, read_network, write_answer

    about, given = read_network()
    sizes, events = read_input()
    alive: list = []
    spikes: dict[str, list] = {"p1": [], "p2": []}
    for sample in range(sizes["n_samples"]):
        layer = layer_of(given, about["shifts"], alive)
        given_spikes = dense_input(sizes, events, [sample])[0].astype(int)
        layer.evolve(given_spikes.tolist())
        fired = {"p1": layer.rec_recurrent_spikes, "p2": layer.rec_out_spikes}
        for key, recorded in fired.items():
            of = np.array(recorded, np.int32)
            step, neuron = np.nonzero(of)
            rows = [np.full(step.size, sample), step, neuron, of[step, neuron]]
            spikes[key].append(np.stack(rows, 1))
    rows_of = {key: np.concatenate(parts) for key, parts in spikes.items()}
    write_answer(f"XyloSim {version('xylosim')}", rows_of)


if __name__ == "__main__":
    main()
