"""The convolutional network for N-MNIST in sinabs, made from its NIR file, some recordings at a
time.

Layers are made here and not by sinabs' own reader of NIR files, which keeps potentials above minus
one threshold: the file says nothing of that, and the numbers published with it were made without.
"""

import numpy as np

BATCH = 8  # recordings in one pass; a pass holds all steps of all layers


def prepare(arrays: dict[str, np.ndarray], n_samples: int) -> tuple:
    import nir
    import sinabs
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    n_steps, channels = int(arrays["n_steps"]), tuple(arrays["channel_shape"])
    model = torch.nn.Sequential(*_layers(nir.read(str(arrays["nir"])), n_steps))
    n_channels = int(np.prod(channels))
    place = arrays["step"].astype(np.int64) * n_channels + arrays["channel"]
    first = np.searchsorted(arrays["sample"], np.arange(0, n_samples + BATCH, BATCH))

    def run() -> list:
        spikes = []
        for k, start in enumerate(range(0, n_samples, BATCH)):
            n = min(BATCH, n_samples - start)
            events = slice(first[k], first[k + 1])
            x = torch.zeros(n * n_steps * n_channels)
            x[(arrays["sample"][events] - start) * (n_steps * n_channels) + place[events]] = (
                torch.from_numpy(arrays["count"][events])
            )
            sinabs.reset_states(model)
            spikes.append(model(x.view(n * n_steps, *channels)).view(n, n_steps, -1).sum(1))
        return spikes

    def counts(spikes: list) -> dict[str, np.ndarray]:
        return {
            "prediction": np.concatenate([s.numpy() for s in spikes]).argmax(1)
        }  # ties go to the lowest

    return sinabs.__version__, run, counts


def _layers(graph, n_steps: int) -> list:
    """Layers in the order of the edges, which form a chain."""
    following, name, layers = dict(graph.edges), "input", []
    while (name := following[name]) != "output":
        layers.append(_layer(graph.nodes[name], n_steps))
    return layers


def _layer(node, n_steps: int):
    import sinabs.layers
    import torch

    kind = type(node).__name__
    if kind in ("Conv2d", "Affine"):
        weight, bias = (
            torch.from_numpy(np.asarray(part, np.float32)) for part in (node.weight, node.bias)
        )
        shape = weight.shape[1], weight.shape[0]
        if kind == "Conv2d":
            stride, padding = tuple(node.stride), tuple(node.padding)
            layer = torch.nn.Conv2d(
                *shape, tuple(weight.shape[2:]), stride, padding, tuple(node.dilation)
            )
        else:
            layer = torch.nn.Linear(*shape)
        layer.weight.data, layer.bias.data = weight, bias
        return layer
    if kind == "IF":
        threshold = torch.from_numpy(np.asarray(node.v_threshold, np.float32))
        return sinabs.layers.IAFSqueeze(
            num_timesteps=n_steps, spike_threshold=threshold, min_v_mem=None
        )
    if kind == "SumPool2d":
        return sinabs.layers.SumPool2d(tuple(node.kernel_size), tuple(node.stride))
    if kind == "Flatten":
        return torch.nn.Flatten()
    raise ValueError(f"The network has a {kind} node, which this peer does not know.")


if __name__ == "__main__":
    from pacing import serve  # it lies beside this file

    serve(prepare)
