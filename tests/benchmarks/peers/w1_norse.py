"""W1 in norse: its LIF without synaptic current; it multiplies the input by dt / tau, which the
weights undo.
"""

import numpy as np


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import norse
    import torch
    from norse.torch.functional.lif_box import (
        LIFBoxFeedForwardState,
        LIFBoxParameters,
        lif_box_feed_forward_step,
    )

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    x = np.unpackbits(arrays["x"], axis=-1)[:, :n_samples, : arrays["xs"][2]]
    inputs = torch.from_numpy(x.astype(np.float32))
    share = 1 - float(arrays["beta"])  # what a step forgets: dt / tau
    weights = [
        torch.from_numpy(arrays[f"W{k}"].astype(np.float32) / np.float32(share)) for k in range(3)
    ]
    parameters = [
        LIFBoxParameters(tau_mem_inv=torch.tensor(share), v_th=torch.tensor(threshold))
        for threshold in arrays["thr"]
    ]

    def run() -> list:
        states = [LIFBoxFeedForwardState(torch.zeros(n_samples, w.shape[1])) for w in weights]
        spikes = [torch.zeros(n_samples, w.shape[1]) for w in weights]
        for active in inputs:
            for k, weight in enumerate(weights):
                active, states[k] = lif_box_feed_forward_step(
                    active @ weight, states[k], parameters[k], dt=1.0
                )
                spikes[k] += active
        return spikes

    def counts(spikes: list) -> dict[str, np.ndarray]:
        return {
            name: s.sum(1).long().numpy()
            for name, s in zip(("hidden1", "hidden2", "output"), spikes, strict=True)
        }

    return norse.__version__, run, counts


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
