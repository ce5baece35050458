"""W2 in plain PyTorch: ``index_add_`` of the weights of all neurons that fired."""

import numpy as np


def prepare(arrays: dict[str, np.ndarray], n_steps: int) -> tuple:
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    post = torch.from_numpy(arrays["post"].astype(np.int64))
    weight = torch.from_numpy(arrays["w"].astype(np.float32))
    v0, bias = (torch.from_numpy(arrays[name].astype(np.float32)) for name in ("v0", "bias"))
    beta, threshold = float(arrays["beta"]), float(arrays["thr"])

    def run() -> tuple:
        v, per_step, per_neuron = v0.clone(), [], torch.zeros(len(v0), dtype=torch.int64)
        current = bias.clone()
        for _ in range(n_steps):
            v.mul_(beta).add_(current)
            fired = torch.nonzero(v >= threshold).squeeze(1)
            v[fired] = 0
            current.copy_(bias)
            current.index_add_(0, post[fired].view(-1), weight[fired].view(-1))
            per_step.append(len(fired))
            per_neuron[fired] += 1
        return per_step, per_neuron

    return torch.__version__, run, lambda result: {"step": result[0], "neuron": result[1].numpy()}


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
