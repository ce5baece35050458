"""Write NIR files entry by entry, wrong ones included, which ``nir`` itself would not build."""

from itertools import pairwise

import h5py
import numpy as np


def linear(weight):
    return {"type": "Linear", "weight": np.asarray(weight, np.float32)}


def affine(weight, bias):
    return {
        "type": "Affine",
        "weight": np.asarray(weight, np.float32),
        "bias": np.asarray(bias, np.float32),
    }


def conv(weight, *, bias=None, input_shape=None, stride=1, padding=0, dilation=1, groups=1):
    fields = {
        "type": "Conv2d",
        "weight": np.asarray(weight, np.float32),
        "stride": np.array([stride, stride]),
        "padding": padding if isinstance(padding, str) else np.array([padding, padding]),
        "dilation": np.array([dilation, dilation]),
        "groups": groups,
        "bias": np.zeros(len(weight), np.float32) if bias is None else np.asarray(bias, np.float32),
    }
    return fields if input_shape is None else {**fields, "input_shape": np.array(input_shape)}


def pool(kind, size, *, stride=None, padding=0):
    return {
        "type": kind,
        "kernel_size": np.array([size, size]),
        "stride": np.array([stride or size] * 2),
        "padding": np.array([padding, padding]),
    }


def fire(shape=(), threshold=1.0):
    return {"type": "IF", "r": np.ones(shape), "v_threshold": np.full(shape, threshold)}


def leaky(n, tau=1e-3):
    return {
        "type": "LIF",
        "tau": np.full(n, tau),
        "r": np.ones(n),
        "v_leak": np.zeros(n),
        "v_threshold": np.ones(n),
    }


def inputs(*shape):
    return {"type": "Input", "shape": np.array(shape)}


def outputs(*shape):
    return {"type": "Output", "shape": np.array(shape)}


def graph(nodes, edges=None, metadata=None):
    """A tree; without edges the nodes form a chain in the order given."""
    names = list(nodes)
    edges = list(pairwise(names)) if edges is None else edges
    tree = {"type": "NIRGraph", "nodes": nodes, "edges": edges}
    return tree if metadata is None else {**tree, "metadata": metadata}


def save(path, tree):
    """Write a tree as nir.write would, and return the path."""
    with h5py.File(path, "w", track_order=True) as file:
        file["version"] = "1.0.8"
        _fill(file.create_group("node", track_order=True), tree)
    return path


def _fill(group, tree):
    for name, value in tree.items():
        if isinstance(value, dict):
            _fill(group.create_group(name, track_order=True), value)
        elif name == "edges":
            group.create_dataset(
                name, data=np.array(value, dtype=object).reshape(-1, 2), dtype=h5py.string_dtype()
            )
        else:
            group[name] = value
