"""A network step by step in plain arrays, and what it is given: files of other tools' programs."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from spikefit_nb.datasets import SpikeDataset, storage
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.kernels import loihi, neurons, sanafe_loihi
from spikefit_nb.network import Network, Population, Projection, SigmaDelta
from spikefit_nb.simulate import ARITHMETICS

SCRIPTS = Path(__file__).parent / "scripts"
MODELS = {neurons.INTEGRATE: "integrate", neurons.LEAKY: "leaky", neurons.CURRENT: "current"}
RESETS = {neurons.TO_RESET: "zero", neurons.SUBTRACT: "subtract", neurons.KEEP: "none"}
COLUMNS = ["a_syn", "a_mem", "w_in", "r", "v_leak", "v_threshold", "v_reset", "bias", "v_least"]
OF_MODEL = {  # columns beside threshold and reset
    "integrate": {"r", "bias"},
    "leaky": {"a_mem", "r", "v_leak", "bias"},
    "current": {"a_syn", "a_mem", "w_in", "r", "v_leak", "bias"},
}
ALWAYS = {"v_threshold", "v_reset", "v_least"}

Arrays = dict[str, np.ndarray]


def npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as a file; the same bytes for the same arrays."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def script(name: str) -> dict[str, bytes]:
    """A program and what it shares with the others, by their file names."""
    return {f"{each}.py": (SCRIPTS / f"{each}.py").read_bytes() for each in (name, "job_files")}


def input_file(dataset: SpikeDataset) -> bytes:
    """The events of a data set: sample, step, channel and amount of each."""
    parts = []
    for first, part in storage.blocks(dataset.spikes):
        sample, step, channel = (axis.astype(np.int32) for axis in np.nonzero(part))
        amount = part[sample, step, channel].astype(np.float32)
        parts.append((sample + np.int32(first), step, channel, amount))
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    joined = dict(zip(("sample", "step", "channel", "amount"), columns, strict=True))
    sizes = dict(zip(("n_samples", "n_steps", "n_channels"), dataset.spikes.shape, strict=True))
    return npz({"sizes": np.array(json.dumps(sizes)), **joined})


def network_file(about: Mapping[str, Any], arrays: Arrays) -> bytes:
    """What ``network_arrays`` gives, as a file."""
    return npz({"network": np.array(json.dumps(about)), **arrays})


def network_arrays(
    network: Network, arithmetic: str, tool: str, kinds: Sequence[str], *, zeros: bool = False
) -> tuple[dict[str, Any], Arrays]:
    """Populations in the order of a step and the projections between them, and their numbers; with
    zeros also the synapses of weight zero, where a matrix or a kernel has them.
    """
    arrays: Arrays = {}
    order = (*network.inputs, *network.neuron_populations)
    place = {p.name: at for at, p in enumerate(order)}
    populations: list[dict[str, Any]] = []
    projections: list[dict[str, Any]] = []
    first = 0
    for p in network.inputs:
        populations.append(
            {"key": f"p{place[p.name]}", "name": p.name, "n": p.n_neurons, "kind": "input"}
            | {"place": place[p.name], "first": first}
        )
        first += p.n_neurons
    for p in network.neuron_populations:
        incoming = tuple(e for e in network.projections if e.target == p.name)
        numbers = [len(projections) + k for k in range(len(incoming))]
        is_last = all(e.source != p.name for e in network.projections)
        made = ARITHMETICS[arithmetic].prepare(p, incoming, network.dt_s, is_last=is_last)
        key = f"p{place[p.name]}"
        about = {"key": key, "name": p.name, "n": p.n_neurons, "place": place[p.name]}
        told = _neurons(p, made.neurons, key, arrays, tool)
        if told["kind"] not in kinds:
            raise _no_words(p, tool)
        populations.append(about | told | {"into": numbers})
        for number, e, scale in zip(numbers, made.projections, made.scales, strict=True):
            ends = {"source": f"p{place[e.source]}", "target": key}
            projections.append({"key": f"e{number}", **ends, "delay": int(e.delay_steps)})
            _synapses(e, f"e{number}", arrays, zeros=zeros)
            arrays[f"{key}.worth{number}"] = np.broadcast_to(scale, p.n_neurons).astype(np.float64)
    about = {"name": network.name, "dt_s": float(network.dt_s), "output": network.output}
    is_float = all(p["kind"] in ("input", *OF_MODEL) for p in populations)
    about |= {"dtype": "float32" if is_float else "float64"}  # which holds the numbers exactly
    about |= {"populations": populations, "projections": projections}
    return about, arrays


def _synapses(e: Projection, key: str, arrays: Arrays, *, zeros: bool) -> None:
    if zeros and e.kind != "sparse":  # numbered from 1, so that none is left out
        numbered = e.weight.with_values(np.arange(1.0, e.values.size + 1))
        blocks = replace(e, weight=numbered, scale=None).blocks()
        source, target, number = (np.concatenate(column) for column in zip(*blocks, strict=True))
        edges = [source, target, e.values.ravel()[number.astype(np.int64) - 1]]
    else:
        edges = [np.concatenate(column) for column in zip(*e.blocks(), strict=True)]
    for name, values, dtype in zip(
        ("source", "target", "weight"), edges, (np.int32, np.int32, np.float64), strict=True
    ):
        arrays[f"{key}.{name}"] = values.astype(dtype)


def _neurons(p: Population, made: Any, key: str, arrays: Arrays, tool: str) -> dict[str, Any]:
    """What kind of neurons a population has; their numbers go into the arrays."""
    describe = DESCRIBED.get(type(made.values))
    if describe is None:
        raise _no_words(p, tool)
    about, values = describe(p, made, tool)
    arrays.update({f"{key}.{name}": np.asarray(x, np.float64) for name, x in values.items()})
    return {"reset": "zero", "max_spikes": 1, "fires": bool(p.neuron.fires)} | about


def _no_words(p: Population, tool: str) -> NetworkProblem:
    cure = "Choose a chip whose numbers it knows, such as loihi1, or substitute IF, LIF or CubaLIF."
    if isinstance(p.neuron, SigmaDelta):
        cure = "sf.from_ann makes a network of IF neurons of the same ANN."
    return NetworkProblem(
        f"Population {p.name!r} holds {type(p.neuron).__name__} neurons, run in numbers of which "
        f"no program for {tool} can be written yet. {cure}"
    )


def _in_float(p: Population, made: Any, tool: str) -> tuple[dict[str, Any], Arrays]:
    values = made.values
    if values.delayed or values.reset not in RESETS or values.model not in MODELS:
        raise NetworkProblem(
            f"Population {p.name!r}, {p.neuron!r}, resets a step late or adapts; of such neurons "
            f"no program for {tool} can be written yet."
        )
    kind = MODELS[values.model]
    columns = dict(zip(COLUMNS, values.columns, strict=True))
    held = {name: columns[name] for name in COLUMNS if name in OF_MODEL[kind] | ALWAYS}
    if not p.neuron.fires:
        held |= {name: np.full(p.n_neurons, np.finfo(np.float32).max) for name in ALWAYS}
    return {"kind": kind, "reset": RESETS[values.reset], "max_spikes": values.max_spikes}, held


def _in_loihi(p: Population, made: Any, tool: str) -> tuple[dict[str, Any], Arrays]:
    values, n = made.values, p.n_neurons
    held = {"keep_u": values.keep_u, "keep_v": values.keep_v, "bias": values.bias}
    held |= {"v_least": values.threshold, "v_threshold": values.threshold, "v_reset": np.zeros(n)}
    held["u_start"] = made.i if made.i.size else np.zeros(n)
    return {"kind": "loihi"}, held


def _in_sanafe(p: Population, made: Any, tool: str) -> tuple[dict[str, Any], Arrays]:
    values = made.values
    names = ("keep_u", "keep_v", "gain", "bias", "v_reset")
    held = {name: getattr(values, name) for name in names}
    held |= {"v_threshold": values.taken, "v_least": values.threshold}
    reset = "subtract" if values.subtracts else "zero"
    return {"kind": "sanafe", "reset": reset, "bits": int(values.bits)}, held


DESCRIBED: dict[type, Callable[..., tuple[dict[str, Any], Arrays]]] = {
    neurons.Values: _in_float,
    loihi.Values: _in_loihi,
    sanafe_loihi.Values: _in_sanafe,
}
