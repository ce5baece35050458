"""W1 in plain PyTorch: one matrix product a layer and step, for the whole batch."""

import numpy as np


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    x = np.unpackbits(arrays["x"], axis=-1)[:, :n_samples, : arrays["xs"][2]]
    inputs = torch.from_numpy(x.astype(np.float32))
    weights = [torch.from_numpy(arrays[f"W{k}"].astype(np.float32)) for k in range(3)]
    beta, thresholds = float(arrays["beta"]), [float(t) for t in arrays["thr"]]

    def run() -> list:
        potentials = [torch.zeros(n_samples, w.shape[1]) for w in weights]
        spikes = [torch.zeros(n_samples, w.shape[1]) for w in weights]
        for active in inputs:
            for k, v in enumerate(potentials):
                v.mul_(beta).add_(active @ weights[k])
                fires = v >= thresholds[k]
                v.masked_fill_(fires, 0)
                active = fires.float()
                spikes[k] += active
        return spikes

    def counts(spikes: list) -> dict[str, np.ndarray]:
        return {
            name: s.sum(1).long().numpy()
            for name, s in zip(("hidden1", "hidden2", "output"), spikes, strict=True)
        }

    return torch.__version__, run, counts


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
