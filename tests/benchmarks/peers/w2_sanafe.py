"""W2 in SANA-FE with its `simple` timing, over ten cores of its Loihi.

Its Loihi neuron cuts potentials to 1/64; with everything times 4096 nothing falls off that matters.
All potentials begin at 0, and an input is heard in the next step; so a step of its own comes first,
after which ``v = bias``, and an input neuron that fires in it brings ``beta * (v0 - bias)``. Then
``beta * v + bias`` and that input is ``beta * v0 + bias``, the first potential of the workload.
Building the chip is not timed.
"""

from importlib.metadata import version

import numpy as np

UNIT = 4096.0
NEVER = -1e18  # a neuron's second threshold, below which it would fire too
N_CORES = 10


def prepare(arrays: dict[str, np.ndarray], n_steps: int) -> tuple:
    import sanafe

    architecture = sanafe.load_loihi()
    chip = sanafe.SpikingChip(architecture)
    chip.load(_network(sanafe, arrays, architecture.cores()))

    def start_again() -> None:
        chip.reset()
        chip.mapped_neuron_groups["start"][0].set_attributes(
            model_attributes={"spikes": [True] + [False] * n_steps}
        )

    def run(trace: bool | None = None) -> dict:
        return chip.sim(n_steps + 1, timing_model="simple", processing_threads=1, spike_trace=trace)

    start_again()
    per_step = [len(fired) for fired in run(trace=True)["spike_trace"]][
        1:
    ]  # once: tracing takes time of its own

    def counts(result: dict) -> dict[str, list]:
        return {"step": per_step, "all": [result["neurons_fired"] - 1]}  # less the input neuron's

    return version("sanafe"), run, counts, start_again


def _network(sanafe, arrays: dict[str, np.ndarray], cores: list):
    network = sanafe.Network()
    attributes = {
        "threshold": float(arrays["thr"]) * UNIT,
        "leak_decay": float(arrays["beta"]),
        "reset_mode": "hard",
        "reset": 0.0,
        "reverse_threshold": NEVER,
    }
    n_neurons = len(arrays["v0"])
    start = network.create_neuron_group("start", 1)
    start[0].set_attributes(soma_hw_name="loihi_inputs[0]", model_attributes={"spikes": [False]})
    start[0].map_to_core(cores[N_CORES])
    group = network.create_neuron_group(
        "neurons", n_neurons, attributes, log_spikes=True, soma_hw_name="loihi_lif"
    )
    for k in range(n_neurons):
        group[k].set_attributes(model_attributes={"bias": float(arrays["bias"][k]) * UNIT})
        group[k].map_to_core(cores[k * N_CORES // n_neurons])
    head_start = float(arrays["beta"]) * (arrays["v0"] - arrays["bias"]) * UNIT
    start.connect_neurons_dense(group, {"w": head_start.tolist()})
    sources, targets = (
        np.repeat(np.arange(n_neurons), arrays["post"].shape[1]),
        arrays["post"].ravel(),
    )
    pairs = list(zip(sources.tolist(), targets.tolist(), strict=True))
    group.connect_neurons_sparse(group, {"w": (arrays["w"].ravel() * UNIT).tolist()}, pairs)
    return network


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
