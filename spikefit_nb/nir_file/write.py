"""Write a network into the field's exchange format, losing nothing that decides its spikes."""

import os
from importlib.metadata import version
from io import BytesIO
from os import PathLike, replace
from pathlib import Path
from typing import Any

import nir
import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem, expect
from spikefit_nb.network import (
    LI,
    LIF,
    Conv2d,
    Input,
    Network,
    Population,
    Projection,
    SparseWeight,
)
from spikefit_nb.nir_file.graph import OWN, Shape
from spikefit_nb.nir_file.layout import closes_loop, is_along_time, route_of, shapes_in_nir
from spikefit_nb.nir_file.metadata import VERSION, unrolled
from spikefit_nb.nir_file.nodes import graph_of, has, make
from spikefit_nb.nir_file.statements import ANY

NODE_OF: dict[str, tuple[str, dict[str, str]]] = {  # NIR's node, and its names for our parameters
    "IF": ("IF", {}),
    "LIF": ("LIF", {"tau_mem_s": "tau"}),
    "CubaLIF": ("CubaLIF", {"tau_mem_s": "tau_mem", "tau_syn_s": "tau_syn"}),
    "Integrator": ("I", {}),
    "LI": ("LI", {"tau_mem_s": "tau"}),
    "CubaLI": ("CubaLI", {"tau_mem_s": "tau_mem", "tau_syn_s": "tau_syn"}),
}
OPTIONS = ("reset", "strict_threshold", "delayed_reset", "max_spikes_per_step")


def write_nir(
    network: Network, path: str | PathLike[str] | None = None, *, overwrite: bool = False
) -> nir.NIRGraph:
    """Write a network as a NIR graph that reads back exactly and that any other tool understands.

    The graph holds what NIR has fields for, in real units: weights, biases, time constants,
    thresholds, delays. What NIR cannot say (time step, reset, bit widths and integer weights with
    their scale, several spikes in a step) stands in metadata under the key ``spikefit_nb``, and
    ``read_nir`` takes it from there. A projection in a loop that delivers in the next step has no
    Delay node, since every tool does so by itself. Sparse weights become matrices.

    Parameters
    ----------
    network : Network
    path : str or path, optional; the file to write besides
    overwrite : bool, whether a file of that name may be replaced

    Returns
    -------
    nir.NIRGraph

    Raises
    ------
    FileProblem
        The file exists already, or its folder does not.
    NetworkProblem
        NIR, or the installed nir, has no node for a neuron model, a file cannot hold a population's
        name, no input reaches it, or a matrix would be too large.

    Notes
    -----
    The type check of nir 1.0.8 misjudges convolutions with groups or with a window that is not
    square; it is left out for a graph that has one, and ``nir.read(path, type_check=False)`` opens
    its file.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> from spikefit_nb.nir_file import read_nir
    >>> output = Population("out", (2,), IF(1.0, reset="subtract"))
    >>> network = Network([Population("in", (3,), Input()), output],
    ...                   [Projection("in", "out", np.ones((3, 2)))])
    >>> read_nir(write_nir(network)).fingerprint == network.fingerprint
    True
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect(path, str | PathLike | None, "path", "'network.nir'")
    expect(overwrite, bool, "overwrite", "True")
    file = None if path is None else _free(Path(path).expanduser(), overwrite)
    _check_names(network)
    writer = _Writer(network)
    graph = graph_of(
        writer.nodes,
        writer.edges,
        _graph_metadata(network),
        type_check=not writer.beyond_type_check,
    )
    if file is not None:
        part = file.with_name(file.name + ".part")
        try:
            part.write_bytes(_in_memory(graph))
            replace(part, file)
        except OSError as error:
            raise FileProblem(
                f"{file} cannot be written: {error}. Choose another folder."
            ) from error
        finally:
            part.unlink(missing_ok=True)
    return graph


def _in_memory(graph: nir.NIRGraph) -> bytes:
    """The content of a file: a disk that is full ends HDF5 and the whole process with it."""
    stream = BytesIO()
    nir.write(stream, graph)
    return stream.getvalue()


def _free(file: Path, overwrite: bool) -> Path:
    if os.path.isdir(file) or not os.path.isdir(file.parent):
        missing = f"cannot be written: there is no folder {file.parent}"
        raise FileProblem(
            f"{file} {'is a folder' if os.path.isdir(file) else missing}. "
            f"Give the name of a file, such as {file.parent / 'network.nir'}."
        )
    if os.path.exists(file) and not overwrite:
        raise FileProblem(
            f"{file} exists already. Say overwrite=True to replace it, or choose another name."
        )
    return file


def _check_names(network: Network) -> None:
    reached = set().union(*(network.reach[p.name] for p in network.inputs))
    for p in network.populations:
        if not p.name.strip(".") or "/" in p.name or "\0" in p.name:
            raise NetworkProblem(
                f"A population is called {p.name!r}; a NIR file needs a name without '/'. "
                "Rename it."
            )
        if not p.is_input and p.name not in reached:
            raise NetworkProblem(
                f"No input reaches the population {p.name!r}, and NIR knows no neurons that "
                "nothing drives. Leave it out, or connect it by a projection of zeros."
            )
        if not p.is_input and type(p.neuron).__name__ not in NODE_OF:
            raise NetworkProblem(
                f"NIR has no node for {type(p.neuron).__name__} neurons (population {p.name!r}); "
                f"it has {', '.join(NODE_OF)}. Put one of these in their place first."
            )
        if not p.is_input and not has(NODE_OF[type(p.neuron).__name__][0]):
            raise NetworkProblem(
                f"nir {version('nir')} has no node for {type(p.neuron).__name__} neurons "
                f"(population {p.name!r}); later versions have. Update nir."
            )


def _graph_metadata(network: Network) -> dict[str, Any]:
    own = {
        "version": VERSION,
        "name": network.name,
        "output": network.output,
        "dt_s": float(network.dt_s),
        "assumptions": list(network.assumptions),
    }
    accuracy = {} if network.ann_accuracy is None else {"ann_accuracy": float(network.ann_accuracy)}
    return {OWN: own, **accuracy}


class _Writer:
    """Nodes and edges of a network, population by population and projection by projection."""

    def __init__(self, network: Network):
        self.network = network
        self.shapes = shapes_in_nir(network)
        self.nodes: dict[str, nir.NIRNode] = {}
        self.edges: list[tuple[str, str]] = []
        self.beyond_type_check = False
        for position, population in enumerate(network.populations):
            self.nodes[population.name] = self._population(population, position)
        carriers = self._carriers()
        for position, projection in enumerate(network.projections):
            self._add_projection(projection, position, carriers.get(position))
        if not _is_readout(network[network.output], network.dt_s):
            shape = np.array(self.shapes[network.output])
            self._add(network.output, "output", make("Output", {}, shape))

    def _add(self, source: str, base: str, node: nir.NIRNode) -> str:
        """Add a node behind another, under a name that is still free."""
        name, n = base, 1
        while name in self.nodes:
            n += 1
            name = f"{base}_{n}"
        self.nodes[name] = node
        self.edges.append((source, name))
        return name

    def _population(self, population: Population, position: int) -> nir.NIRNode:
        shape, neuron = self.shapes[population.name], population.neuron
        own: dict[str, Any] = {"position": position}
        if isinstance(neuron, Input):
            return make("Input", own, np.array(shape))
        if shape != population.shape:
            own["shape"] = np.array(population.shape)
        if _is_readout(population, self.network.dt_s):
            return make("Output", own, np.array(shape))

        def value(name: str) -> np.ndarray:
            return population.parameter(name).reshape(shape).copy()

        if _is_threshold(population, self.network.dt_s):
            return make("Threshold", own, value("v_threshold"))
        chosen = {o: getattr(neuron, o) for o in OPTIONS if hasattr(neuron, o)}
        own |= {o: ANY if setting is None else setting for o, setting in chosen.items()}
        kind, renamed = NODE_OF[type(neuron).__name__]
        fields = {renamed.get(p, p): value(p) for p in neuron.parameters if p != "bias"}
        return make(kind, own, **fields)

    def _carriers(self) -> dict[int, np.ndarray]:
        """Which projection brings each population its bias: the first with a field for it."""
        carriers = {}
        projections = self.network.projections
        for population in self.network.neuron_populations:
            bias = population.parameter("bias")
            incoming = [k for k, e in enumerate(projections) if e.target == population.name]
            if bias.any():
                able = [k for k in incoming if route_of(projections[k], self.shapes) != "factors"]
                carriers[(able or incoming)[0]] = bias
        return carriers

    def _add_projection(self, e: Projection, position: int, bias: np.ndarray | None) -> None:
        own: dict[str, Any] = {"position": position}
        at, shape = e.source, self.shapes[e.source]
        if closes_loop(self.network, e):
            own["closes_loop"] = True
        elif e.delay_steps:
            delay_s = np.full(shape, e.delay_steps * self.network.dt_s)
            at = self._add(at, f"{e.source}_late", make("Delay", {}, delay_s))
        route = route_of(e, self.shapes)
        if route == "factors" and bias is None:
            node = make("Scale", own, e.weight.tocsr().diagonal().reshape(shape))
        elif route == "convolution":
            node = self._convolution(e, own, bias, shape)
        else:
            if len(shape) > 1:
                flat = make("Flatten", {}, {"input": np.array(shape)}, 0, -1)
                at = self._add(at, f"{e.source}_flat", flat)
            node = _matrix(e, own, bias)
        name = self._add(at, f"{e.source}_to_{e.target}", node)
        self.edges.append((name, e.target))

    def _convolution(
        self, e: Projection, own: dict[str, Any], bias: np.ndarray | None, shape: Shape
    ) -> nir.NIRNode:
        weight: Any = e.weight  # a Conv2d, by its route
        kernel = _real(e).weight
        own |= _stored(e, weight.weight)
        bias = np.zeros(len(kernel)) if bias is None else bias.reshape(len(kernel), -1)[:, 0].copy()
        self.beyond_type_check |= weight.groups > 1
        pairs = weight.stride, weight.padding, weight.dilation
        rest = {"groups": weight.groups, "bias": bias}
        if is_along_time(weight) and len(shape) == 2:
            along = (x for _, x in pairs)
            return make("Conv1d", own, shape[1], kernel[:, :, 0], *along, **rest)
        self.beyond_type_check |= kernel.shape[2] != kernel.shape[3]
        return make("Conv2d", own, shape[1:], kernel, *pairs, **rest)


def _holds_one_step(population: Population, dt_s: float) -> bool:
    """Whether the potential is what arrives in this step, no more."""
    wanted = {"tau_mem_s": dt_s, "r": 1.0, "v_leak": 0.0}
    return all((population.parameter(name) == value).all() for name, value in wanted.items())


def _is_readout(population: Population, dt_s: float) -> bool:
    return isinstance(population.neuron, LI) and _holds_one_step(population, dt_s)


def _is_threshold(population: Population, dt_s: float) -> bool:
    neuron = population.neuron
    if not isinstance(neuron, LIF) or not _holds_one_step(population, dt_s):
        return False
    resets_at_once = neuron.reset == "zero" and not neuron.delayed_reset
    return neuron.strict_threshold and resets_at_once and not population.parameter("v_reset").any()


def _real(e: Projection) -> Any:
    return e.weight if e.scale is None else e.real_weight()


def _stored(e: Projection, integers: np.ndarray) -> dict[str, Any]:
    """Bits, scale and integers of a quantized projection."""
    own: dict[str, Any] = {} if e.weight_bits is None else {"weight_bits": int(e.weight_bits)}
    if e.scale is not None:
        own |= {"scale": np.asarray(e.scale)[()], "integer": integers}
    return own


def _matrix(e: Projection, own: dict[str, Any], bias: np.ndarray | None) -> nir.NIRNode:
    weight = e.weight
    if isinstance(weight, Conv2d):
        own |= {**_stored(e, weight.weight), "kernel": weight.weight, "groups": weight.groups}
        own |= {
            k: np.array(getattr(weight, k))
            for k in ("input_shape", "stride", "padding", "dilation")
        }
        own.pop("integer", None)
    else:
        if isinstance(weight, SparseWeight):
            own["sparse"] = str(weight.matrix.indices.dtype)
        own |= _stored(e, np.ascontiguousarray(unrolled(weight).T))
    real = np.ascontiguousarray(unrolled(_real(e)).T)
    if bias is None:
        return make("Linear", own, real)
    return make("Affine", own, real, bias.copy())
