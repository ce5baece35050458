"""Files as lava-dl exports them, made on the spot."""

import h5py
import numpy as np

CUBA = {"type": b"CUBA", "iDecay": 1024, "vDecay": 128, "vThMant": 80, "refDelay": 1}


def write(path, *layers):
    """A file of layers, each a dict of entries; nested dicts are groups, links and the like as they
    are.
    """
    with h5py.File(path, "w") as file:
        for k, layer in enumerate(layers):
            group = file.create_group(f"layer/{k}")
            for key, value in layer.items():
                if isinstance(value, dict):
                    inner = group.create_group(key)
                    for name, each in value.items():
                        inner[name] = each
                else:
                    group[key] = value
    return path


def dense(weight, neuron=CUBA, **entries):
    """A dense layer of weights (out, in)."""
    layer = {"type": [b"dense"], "shape": [len(weight)], "weight": np.float32(weight), **entries}
    return layer if neuron is None else {**layer, "neuron": neuron}


def conv(weight, shape, **entries):
    """A convolution."""
    sides = {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1}
    weight = np.float32(weight)[..., None]
    return {"type": [b"conv"], "shape": shape, "weight": weight, "neuron": CUBA, **sides, **entries}
