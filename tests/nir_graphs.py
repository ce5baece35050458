"""Random small NIR graphs of every node, and random networks, for properties that must always
hold.
"""

import nir
import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    Conv2d,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Network,
    Population,
    Projection,
)

DT_S = 1e-3


@st.composite
def generators(draw):
    """Numbers come from a seed: what matters is which nodes meet, and drawing every weight would
    take long.
    """
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def _neuron(rng, kind, shape):
    def some(low=0.5, high=2.0):
        return rng.uniform(low, high, shape)

    return {
        "IF": lambda: nir.IF(some(), some(), some(-0.5, 0.5)),
        "LIF": lambda: nir.LIF(some(2e-3, 9e-3), some(), some(-0.1, 0.1), some(), some(-0.5, 0.5)),
        "CubaLIF": lambda: nir.CubaLIF(
            some(2e-3, 9e-3), some(2e-3, 9e-3), some(), some(-0.1, 0.1), some(), w_in=some()
        ),
        "Threshold": lambda: nir.Threshold(some()),
        "I": lambda: nir.I(some()),
        "LI": lambda: nir.LI(some(2e-3, 9e-3), some(), some(-0.1, 0.1)),
        "CubaLI": lambda: nir.CubaLI(
            some(2e-3, 9e-3), some(2e-3, 9e-3), some(), some(-0.1, 0.1), some()
        ),
    }[kind]()


def _convolution(draw, rng, shape):
    along_time = len(shape) == 2
    groups = draw(st.sampled_from([g for g in (1, 2) if shape[0] % g == 0]))
    n_out = groups * draw(st.integers(1, 2))
    window = draw(st.integers(1, min(3, *shape[1:])))
    padding = draw(st.sampled_from([0, 1, "same", "valid"]))
    stride = 1 if padding == "same" else draw(st.integers(1, 2))
    dilation = (
        draw(st.integers(1, 2))
        if window == 1 or (padding != "same" and 2 * window - 1 <= min(shape[1:]))
        else 1
    )
    weight = rng.normal(size=(n_out, shape[0] // groups, *(window,) * (len(shape) - 1))).astype(
        np.float32
    )
    bias = rng.normal(size=n_out) * draw(st.sampled_from([0, 1]))
    make = nir.Conv1d if along_time else nir.Conv2d
    pad = {"same": (dilation * (window - 1)), "valid": 0}.get(
        padding, 2 * padding if padding in (0, 1) else 0
    )
    leaving = tuple((n + pad - dilation * (window - 1) - 1) // stride + 1 for n in shape[1:])
    size = shape[1] if along_time else shape[1:]
    return make(size, weight, stride, padding, dilation, groups, bias), (n_out, *leaving)


def _pool(draw, shape):
    size, stride, padding = (
        draw(st.integers(1, 2)),
        draw(st.integers(1, 2)),
        draw(st.integers(0, 1)),
    )
    size = min(size, *shape[1:])
    padding = min(padding, size // 2)
    kind = draw(st.sampled_from([nir.SumPool2d, nir.AvgPool2d]))
    leaving = tuple((n + 2 * padding - size) // stride + 1 for n in shape[1:])
    return kind(np.array([size] * 2), np.array([stride] * 2), np.array([padding] * 2)), (
        shape[0],
        *leaving,
    )


def _linear(draw, rng, shape):
    """One linear node that fits behind this shape, and the shape it gives."""
    kinds = {1: ["Linear", "Affine"], 2: ["Conv", "Flatten"], 3: ["Conv", "Pool", "Flatten"]}[
        len(shape)
    ]
    kind = draw(st.sampled_from([*kinds, "Scale", "Delay"]))
    if kind == "Scale":
        return nir.Scale(rng.normal(size=shape)), shape
    if kind == "Delay":
        steps = (
            rng.integers(0, 3, shape)
            if draw(st.booleans())
            else np.full(shape, draw(st.integers(0, 3)))
        )
        return nir.Delay(steps * DT_S), shape
    if kind == "Flatten":
        start = draw(st.integers(0, len(shape) - 2))
        flat = (*shape[:start], int(np.prod(shape[start:])))
        return nir.Flatten({"input": np.array(shape)}, start, -1), flat
    if kind == "Conv":
        return _convolution(draw, rng, shape)
    if kind == "Pool":
        return _pool(draw, shape)
    n_out = draw(st.integers(1, 4))
    weight = rng.normal(size=(n_out, shape[0])).astype(np.float32)
    return (
        nir.Linear(weight) if kind == "Linear" else nir.Affine(weight, rng.normal(size=n_out))
    ), (n_out,)


@st.composite
def graphs(draw):
    """A NIR graph: inputs, layers of linear nodes and neurons, loops, nested graphs, one or two
    outputs.
    """
    rng = draw(generators())
    nodes, edges = {}, []
    shape = draw(st.sampled_from([(3,), (2, 5), (2, 4, 4), (1, 5, 3)]))
    at = "input"
    nodes[at] = nir.Input(np.array(shape))
    if second := len(shape) == 1 and draw(st.booleans()):
        nodes["other"] = nir.Input(np.array([2]))
    n_layers = draw(st.integers(1, 3))
    for layer in range(n_layers):
        for k in range(draw(st.integers(0, 3))):
            node, shape = _linear(draw, rng, shape)
            nodes[f"w{layer}{k}"] = node
            edges.append((at, f"w{layer}{k}"))
            at = f"w{layer}{k}"
        last = layer == n_layers - 1
        kinds = [
            "IF",
            "LIF",
            "CubaLIF",
            "Threshold",
            *(["I", "LI", "CubaLI", "none"] if last else []),
        ]
        kind = draw(st.sampled_from(kinds))
        if kind == "none" and at.startswith("w"):
            break
        name, neuron = f"n{layer}", _neuron(rng, "IF" if kind == "none" else kind, shape)
        loops = len(shape) == 1 and kind in kinds[:4] and draw(st.booleans())
        if loops and draw(st.booleans()):
            neuron = _loop_inside(rng, neuron, shape)
        elif loops:
            nodes[f"back{layer}"] = nir.Linear(rng.normal(size=shape * 2).astype(np.float32))
            edges += [(name, f"back{layer}"), (f"back{layer}", name)]
        nodes[name] = neuron
        edges.append((at, name))
        if second and layer == 0 and len(shape) == 1:
            nodes["from_other"] = nir.Linear(rng.normal(size=(*shape, 2)).astype(np.float32))
            edges += [("other", "from_other"), ("from_other", name)]
            second = False
        at = name
    nodes["output"] = nir.Output(np.array(shape))
    edges.append((at, "output"))
    if second:
        del nodes["other"]
    return nir.NIRGraph(nodes, edges, type_check=False)


def _loop_inside(rng, neuron, shape):
    back = nir.Affine(rng.normal(size=shape * 2).astype(np.float32), rng.normal(size=shape))
    nodes = {
        "input": nir.Input(np.array(shape)),
        "lif": neuron,
        "w_rec": back,
        "output": nir.Output(np.array(shape)),
    }
    edges = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
    return nir.NIRGraph(nodes, edges, type_check=False)


def _model(draw, rng, shape, last):
    per = draw(st.sampled_from([(), shape, (shape[0],) + (1,) * (len(shape) - 1)]))

    def some(low=0.5, high=2.0):
        return rng.uniform(low, high, per)

    bias = draw(st.sampled_from([0.0, rng.normal(), rng.normal(size=shape), rng.normal(size=per)]))
    choice = {
        "reset": draw(st.sampled_from(["zero", "subtract", "none"])),
        "max_spikes_per_step": draw(st.sampled_from([1, 3, None])),
        "strict_threshold": draw(st.booleans()),
        "delayed_reset": draw(st.sampled_from([False, True, "after"])),
    }
    kind = draw(st.integers(0, 7 if last else 3))
    tau = some(2e-3, 9e-3)
    return [
        lambda: IF(some(), some(), some(-0.5, 0.5), bias, **choice),
        lambda: LIF(tau, some(), some(), some(-0.1, 0.1), some(-0.5, 0.5), bias, **choice),
        lambda: CubaLIF(tau, some(2e-3, 9e-3), some(), some(), 0.1, 0.0, some(), bias, **choice),
        lambda: LIF(DT_S, some(), bias=bias, strict_threshold=True),
        lambda: Integrator(some(), bias),
        lambda: LI(tau, some(), some(-0.1, 0.1), bias),
        lambda: CubaLI(tau, some(2e-3, 9e-3), some(), some(-0.1, 0.1), some(), bias),
        lambda: LI(DT_S, bias=bias),
    ][kind]()


def _weight(draw, rng, source, target):
    """A weight between two shapes: a convolution where there is one, otherwise dense or sparse,
    maybe quantized.
    """
    n_source, n_target = int(np.prod(source)), int(np.prod(target))
    bits = draw(st.sampled_from([None, 8, 4]))
    per_output = draw(st.booleans())
    kinds = ["dense", "sparse", *(["diagonal"] if n_source == n_target else [])]
    fits = len(source) == len(target) == 3 and source[1:] == target[1:] and target[0] % 2 == 0
    kind = draw(st.sampled_from([*kinds, "conv", "conv"] if fits else kinds))
    size = {
        "dense": (n_source, n_target),
        "sparse": (n_source, n_target),
        "diagonal": (n_source,),
    }.get(kind)
    groups = draw(st.sampled_from([1, 2])) if kind == "conv" and source[0] % 2 == 0 else 1
    wide = draw(st.booleans())
    if kind == "conv":
        size = (target[0], source[0] // groups, 3, 3 if wide else 1)
    values = (
        rng.integers(-7, 8, size).astype(np.int8)
        if bits
        else rng.normal(size=size).astype(draw(st.sampled_from([np.float32, np.float64])))
    )
    scale = None
    if bits:
        scale = np.float32(rng.uniform(0.01, 1))
        if per_output:
            scale = rng.uniform(0.01, 1, n_target).astype(np.float32)
            if kind == "conv":
                scale = np.repeat(rng.uniform(0.01, 1, target[0]), n_target // target[0]).astype(
                    np.float32
                )
    if kind == "sparse":
        values = sp.csr_array(values * (rng.random(size) < 0.3))
    if kind == "diagonal":
        values = sp.csr_array(sp.diags_array(values, dtype=values.dtype))
    if kind == "conv":
        values = Conv2d(values, source, padding=(1, int(wide)), groups=groups)
    return {"weight": values, "scale": scale, "weight_bits": bits}


@st.composite
def networks(draw):
    """A network of populations in any shape, projections of any kind, delays, loops, all models and
    options.
    """
    rng = draw(generators())
    shapes = st.sampled_from([(3,), (2, 3, 3), (4, 3, 3), (2, 4)])
    populations = [Population("in", draw(shapes), Input())]
    projections = []
    n_populations = draw(st.integers(1, 3))
    for k in range(n_populations):
        last = k == n_populations - 1
        shape = draw(shapes)
        populations.append(Population(f"p.{k}", shape, _model(draw, rng, shape, last)))
        others = [populations[-2], *(draw(st.lists(st.sampled_from(populations[:-1]), max_size=1)))]
        for source in others:
            weight = _weight(draw, rng, source.shape, shape)
            projections.append(
                Projection(
                    source.name,
                    f"p.{k}",
                    **weight,
                    delay_steps=draw(st.sampled_from([0, 0, 0, 1, 3])),
                )
            )
        if not last and draw(st.booleans()):
            late = draw(st.sampled_from([1, 2]))
            target = draw(st.sampled_from(populations[1:]))
            projections.append(
                Projection(
                    f"p.{k}",
                    target.name,
                    **_weight(draw, rng, shape, target.shape),
                    delay_steps=late,
                )
            )
    output = f"p.{n_populations - 1}"
    order = draw(st.permutations(range(len(projections))))
    return Network(
        [populations[k] for k in draw(st.permutations(range(len(populations))))],
        [projections[k] for k in order],
        dt_s=DT_S,
        output=output,
        name="random",
        assumptions=draw(st.lists(st.sampled_from(["a", "b é"]), unique=True)),
    )
