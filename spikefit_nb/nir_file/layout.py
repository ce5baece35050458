"""In which shape each population stands in a NIR graph, and as which node each projection.

NIR's nodes check shapes edge by edge, and there is no node that makes a picture of a list. So a
population keeps its shape only where everything that arrives has that shape already, from
convolutions or one by one; otherwise it stands there as a list, and the convolutions that leave it
are written out as matrices.
"""

from typing import Literal

import numpy as np

from spikefit_nb.network import Conv2d, Network, Population, Projection, SparseWeight
from spikefit_nb.nir_file.graph import Shape

Route = Literal["convolution", "factors", "matrix"]


def shapes_in_nir(network: Network) -> dict[str, Shape]:
    """The shape of each population in a NIR graph: its own, or that of a list."""
    shapes = {p.name: p.shape for p in network.populations}
    while True:  # a population that becomes a list may make lists of those behind it
        shaped = [p for p in network.neuron_populations if len(shapes[p.name]) > 1]
        lists = [p for p in shaped if not _keeps_shape(network, p, shapes)]
        if not lists:
            return shapes
        shapes.update({p.name: (p.n_neurons,) for p in lists})


def _keeps_shape(network: Network, population: Population, shapes: dict[str, Shape]) -> bool:
    routes = [route_of(e, shapes) for e in network.projections if e.target == population.name]
    if "matrix" in routes:
        return False
    bias = population.parameter("bias").reshape(population.shape[0], -1)
    return not bias.any() or ("convolution" in routes and bool((bias == bias[:, :1]).all()))


def route_of(projection: Projection, shapes: dict[str, Shape]) -> Route:
    """As which kind of NIR node a projection can stand between populations of these shapes."""
    source, target = shapes[projection.source], shapes[projection.target]
    weight = projection.weight
    if isinstance(weight, Conv2d):
        flat = is_along_time(weight) and len(source) == 2
        arriving, leaving = (
            (shape[0], shape[2]) if flat else shape
            for shape in (weight.input_shape, weight.output_shape)
        )
        return "convolution" if (source, target) == (arriving, leaving) else "matrix"
    return "factors" if source == target and _is_diagonal(projection) else "matrix"


def is_along_time(weight: Conv2d) -> bool:
    """Whether a convolution is one of height 1, NIR's Conv1d."""
    along_y = weight.input_shape[1], weight.weight.shape[2], weight.stride[0], weight.dilation[0]
    return along_y == (1, 1, 1, 1) and weight.padding[0] == 0


def _is_diagonal(projection: Projection) -> bool:
    weight = projection.weight
    is_plain = projection.scale is None and projection.weight_bits is None
    if not is_plain or not isinstance(weight, SparseWeight):
        return False
    matrix = weight.matrix
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    ordinary = matrix.dtype.char in "fd" and matrix.indices.dtype == np.int32
    return ordinary and np.array_equal(rows, matrix.indices)


def closes_loop(network: Network, projection: Projection) -> bool:
    """Whether the one step of a projection is the one that closes a loop, which no Delay states."""
    order: tuple[str, ...] = network.order  # type: ignore[attr-defined]
    source, target = projection.source, projection.target
    backward = order.index(source) >= order.index(target)
    in_loop = source == target or source in network.reach[target]
    return projection.delay_steps == 1 and backward and in_loop
