"""W1 in snnTorch: leaky neurons that reset to zero in the step of the spike, not in the next."""

from importlib.metadata import version

import numpy as np


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import snntorch
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    x = np.unpackbits(arrays["x"], axis=-1)[:, :n_samples, : arrays["xs"][2]]
    inputs = torch.from_numpy(x.astype(np.float32))
    weights = [torch.from_numpy(arrays[f"W{k}"].astype(np.float32)) for k in range(3)]
    layers = [
        snntorch.Leaky(
            beta=float(arrays["beta"]),
            threshold=float(t),
            reset_mechanism="zero",
            reset_delay=False,
        )
        for t in arrays["thr"]
    ]

    def run() -> list:
        potentials = [torch.zeros(n_samples, w.shape[1]) for w in weights]
        spikes = [torch.zeros(n_samples, w.shape[1]) for w in weights]
        for active in inputs:
            for k, layer in enumerate(layers):
                active, potentials[k] = layer(active @ weights[k], potentials[k])
                spikes[k] += active
        return spikes

    def counts(spikes: list) -> dict[str, np.ndarray]:
        return {
            name: s.sum(1).long().numpy()
            for name, s in zip(("hidden1", "hidden2", "output"), spikes, strict=True)
        }

    return version("snntorch"), run, counts


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
