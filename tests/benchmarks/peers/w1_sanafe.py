"""The first sample of W1 in SANA-FE with its `simple` timing, a layer to a core of its Loihi.

Each layer hears the one before in the next step, so that three silent steps follow the sample. Its
Loihi neuron cuts potentials to 1/64; with everything times 4096 nothing falls off that matters.
Neither building the chip nor setting the input spikes is timed.
"""

from importlib.metadata import version

import numpy as np

UNIT = 4096.0
NEVER = -1e18  # a neuron's second threshold, below which it would fire too
LAYERS = ("hidden1", "hidden2", "output")


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import sanafe

    if n_samples != 1:
        raise ValueError(
            f"n_samples is {n_samples}; loading one between others would have to be timed."
        )
    x = np.unpackbits(arrays["x"], axis=-1)[:, 0, : arrays["xs"][2]].astype(bool)
    n_steps = len(x) + len(LAYERS)
    architecture = sanafe.load_loihi()
    chip = sanafe.SpikingChip(architecture)
    chip.load(_network(sanafe, arrays, architecture.cores()))

    def load_inputs() -> None:
        chip.reset()
        for channel, neuron in enumerate(chip.mapped_neuron_groups["input"]):
            neuron.set_attributes(
                model_attributes={"spikes": x[:, channel].tolist() + [False] * len(LAYERS)}
            )

    def run(trace: bool | None = None) -> dict:
        return chip.sim(n_steps, timing_model="simple", processing_threads=1, spike_trace=trace)

    load_inputs()
    fired = [
        str(neuron).split(".")[0] for step in run(trace=True)["spike_trace"] for neuron in step
    ]
    traced = {
        name: [fired.count(name)] for name in LAYERS
    }  # once, since tracing takes time of its own

    return (
        version("sanafe"),
        run,
        lambda result: {**traced, "all": [result["neurons_fired"]]},
        load_inputs,
    )


def _network(sanafe, arrays: dict[str, np.ndarray], cores: list):
    network = sanafe.Network()
    before = network.create_neuron_group("input", int(arrays["xs"][2]))
    before.map_to_core(cores[0])
    for channel in range(len(before)):
        before[channel].set_attributes(
            soma_hw_name=f"loihi_inputs[{channel}]", model_attributes={"spikes": [False]}
        )
    for k, name in enumerate(LAYERS):
        attributes = {
            "threshold": float(arrays["thr"][k]) * UNIT,
            "leak_decay": float(arrays["beta"]),
            "reset_mode": "hard",
            "reset": 0.0,
            "reverse_threshold": NEVER,
        }
        weight = arrays[f"W{k}"]
        group = network.create_neuron_group(
            name, weight.shape[1], attributes, log_spikes=True, soma_hw_name="loihi_lif"
        )
        before.connect_neurons_dense(group, {"w": (weight.ravel() * UNIT).tolist()})
        group.map_to_core(cores[k + 1])
        before = group
    return network


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
