"""W1 in sinabs: LIF layers whose input is not normalised, which spike once a step and reset to
zero.
"""

import numpy as np


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import sinabs.layers
    import torch
    from sinabs.activation import MembraneReset, SingleSpike

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    x = np.unpackbits(arrays["x"], axis=-1)[:, :n_samples, : arrays["xs"][2]]
    inputs = (
        torch.from_numpy(x.astype(np.float32)).transpose(0, 1).contiguous()
    )  # (sample, step, channel)
    weights = [torch.from_numpy(arrays[f"W{k}"].astype(np.float32)) for k in range(3)]
    layers = [
        sinabs.layers.LIF(
            tau_mem=-1 / np.log(float(arrays["beta"])),
            spike_threshold=torch.tensor(threshold),
            spike_fn=SingleSpike,
            reset_fn=MembraneReset(),
            norm_input=False,
        )
        for threshold in arrays["thr"]
    ]

    def run() -> list:
        spikes, active = [], inputs
        for weight, layer in zip(weights, layers, strict=True):
            layer.reset_states()
            active = layer(active @ weight)
            spikes.append(active.sum((1, 2)))
        return spikes

    def counts(spikes: list) -> dict[str, np.ndarray]:
        return {
            name: s.long().numpy()
            for name, s in zip(("hidden1", "hidden2", "output"), spikes, strict=True)
        }

    return sinabs.__version__, run, counts


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
