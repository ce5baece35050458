"""Read the layered network that comes with SANA-FE's tutorials."""

import math
import os
import re
import tokenize
import zipfile
import zlib
from itertools import product
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from spikefit_nb.errors import FileProblem, NetworkProblem, guarded
from spikefit_nb.network import (
    IF,
    Conv2d,
    Input,
    Network,
    Population,
    Projection,
    Weight,
    as_weight,
)

LARGEST_SIZE = 2**25  # numbers of one array
MOST_LAYERS = 12
LAYER = re.compile(r"(conv|dense)([1-9]\d?)")
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    TypeError,
    tokenize.TokenError,
)

Arrays = dict[str, np.ndarray]


@guarded
def read_sanafe_network(
    path: str | Path, *, strides: tuple[int, ...] | None = None, name: str | None = None
) -> Network:
    """Read the network of an .npz file in the form of SANA-FE's ``dvs_challenge.npz``.

    Its keys are ``conv1``, ``conv2``, ... (y, x, in, out), ``dense1``, ... (source, target),
    ``inputs``, the biases of the neurons that stand for the image's pixels, and ``thresholds``, one
    for each layer, the pixels' first. Neurons integrate without a leak, fire where
    ``v > threshold`` and reset to zero; what they send arrives in the next step. The image is part
    of the network, as biases: the one input it has, "outside", is connected to nothing.

    Parameters
    ----------
    path : str or Path
    strides : tuple of int, optional
        Of each convolution; default: the only 1s and 2s after which the first dense layer fits.
    name : str, optional; default: the file's name without its ending

    Returns
    -------
    Network
        Populations ``outside``, ``pixels``, then one for each layer under its key.

    Raises
    ------
    FileProblem
        There is no such file, it is not .npz, holds pickled objects or other keys, shapes do not
        meet, a number is not finite, or no strides, or several, lead to the first dense layer.

    References
    ----------
    Tutorial 5 of SANA-FE 2.2.9, which says what the arrays mean.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "tiny.npz"
    >>> layers = {"conv1": np.ones((3, 3, 1, 2)), "dense1": np.ones((8, 3))}
    >>> np.savez(file, inputs=np.ones(36), thresholds=[1, 2, 3], **layers)
    >>> read_sanafe_network(file)
    Network(1 inputs -> 36 IF -> 8 IF -> 3 IF, 96 synapses, dt 1 ms)
    """
    path = Path(path).expanduser()
    arrays = _arrays(path)
    layers = _layers(arrays, path.name)
    biases, thresholds = (_vector(arrays, key, path.name) for key in ("inputs", "thresholds"))
    if thresholds.size != len(layers) + 1:
        raise FileProblem(
            f"{path.name}: thresholds has {thresholds.size} numbers, "
            f"but there are {len(layers)} layers and the pixels."
        )
    kernels = [arrays[layer] for layer in layers if layer.startswith("conv")]
    matrices = [arrays[layer] for layer in layers if layer.startswith("dense")]
    shape = _image_shape(biases.size, kernels, path.name)
    strides = _strides(shape, kernels, matrices, strides, path.name)
    populations = [
        Population("outside", (1,), Input()),
        Population("pixels", shape, _neuron(thresholds[0], biases.reshape(shape))),
    ]
    projections: list[Projection] = []
    try:
        for layer, threshold in zip(layers, thresholds[1:], strict=True):
            source = populations[-1]
            weight = _weight(arrays[layer], source, strides[len(projections) :][:1])
            populations.append(Population(layer, weight.output_shape, _neuron(threshold)))
            projections.append(Projection(source.name, layer, weight, delay_steps=1))
        return Network(
            populations,
            projections,
            name=name or path.stem,
            assumptions=_assumed(arrays, layers, strides),
        )
    except NetworkProblem as problem:
        raise FileProblem(f"{path.name}: {problem}") from problem


def _neuron(threshold: float, bias: np.ndarray | float = 0.0) -> IF:
    return IF(threshold, bias=bias, reset="zero", strict_threshold=True)


def _weight(array: np.ndarray, source: Population, stride: tuple[int, ...]) -> Weight:
    if array.ndim == 2:
        return as_weight(array.astype(np.float32))
    return Conv2d(array.transpose(3, 2, 0, 1).astype(np.float32), source.shape, stride=stride[0])


def _arrays(path: Path) -> Arrays:
    """All arrays of a file, headers first, so that a small file cannot fill the memory."""
    if not os.path.isfile(path):
        raise FileProblem(f"There is no file {str(path)!r}.")
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_LAYERS + 2:
                raise FileProblem(
                    f"{path.name} holds {len(archive.infolist())} entries; "
                    f"{MOST_LAYERS + 2} at most."
                )
            for entry in archive.infolist():
                key = entry.filename.removesuffix(".npy")
                if key not in ("inputs", "thresholds") and not LAYER.fullmatch(key):
                    raise FileProblem(
                        f"{path.name}: {key!r:.60} is an unknown key. It has conv1, conv2, "
                        "..., dense1, dense2, ..., inputs and thresholds."
                    )
                with archive.open(entry) as member:
                    arrays[key] = _array(member, f"{path.name}: {key}")
    except FileProblem:
        raise
    except DAMAGE as error:
        raise FileProblem(f"{path.name} is not an .npz file, or a damaged one: {error}.") from None
    return arrays


def _array(member: zipfile.ZipExtFile, where: str) -> np.ndarray:
    read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    shape, by_column, dtype = read_header[npy.read_magic(member)](member)
    size = math.prod(shape)
    if dtype.kind not in "fiu" or not 1 <= size <= LARGEST_SIZE:
        raise FileProblem(
            f"{where} is {shape} of {dtype}; it must be numbers, "
            f"from 1 to {LARGEST_SIZE:,} of them."
        )
    values = np.frombuffer(member.read(size * dtype.itemsize), dtype).astype(np.float64)
    array = values.reshape(shape, order="F" if by_column else "C")
    is_number = np.abs(array) <= np.finfo(np.float32).max  # NaN is not
    if not is_number.all():
        raise FileProblem(
            f"{where} holds {int((~is_number).sum())} numbers that are NaN, infinite, or too large "
            "for float32."
        )
    return array


def _layers(arrays: Arrays, file_name: str) -> list[str]:
    """Keys of the layers, convolutions first, each kind numbered from 1 on."""
    layers = []
    for kind, n_axes in (("conv", 4), ("dense", 2)):
        numbers = sorted(int(key.removeprefix(kind)) for key in arrays if key.startswith(kind))
        found = [f"{kind}{number}" for number in numbers]
        if found != [f"{kind}{k + 1}" for k in range(len(found))]:
            raise FileProblem(
                f"{file_name}: {', '.join(found)} leave out a number; "
                f"they are counted from {kind}1."
            )
        for key in found:
            if arrays[key].ndim != n_axes:
                axes = "(y, x, in, out)" if n_axes == 4 else "(source, target)"
                raise FileProblem(
                    f"{file_name}: {key} has the shape {arrays[key].shape}; it must be {axes}."
                )
        layers += found
    if not layers:
        raise FileProblem(f"{file_name} has no layer: conv1, conv2, ..., dense1, dense2, ....")
    return layers


def _vector(arrays: Arrays, key: str, file_name: str) -> np.ndarray:
    if key not in arrays:
        raise FileProblem(f"{file_name} lacks the key {key!r}; it has {', '.join(arrays)}.")
    if arrays[key].ndim != 1:
        raise FileProblem(
            f"{file_name}: {key} has the shape {arrays[key].shape}; it must be one row of numbers."
        )
    return arrays[key]


def _image_shape(n_pixels: int, kernels: list[np.ndarray], file_name: str) -> tuple[int, ...]:
    """(channels, y, x) of a square image, or (n,) where no convolution looks at it."""
    for number, kernel in enumerate(kernels, 1):
        if kernel.shape[0] != kernel.shape[1]:
            raise FileProblem(
                f"{file_name}: conv{number} has a kernel of {kernel.shape[0]} x {kernel.shape[1]}; "
                "only square ones are read, since the tool takes the same axis for width "
                "in one place and for height in another."
            )
    if not kernels:
        return (n_pixels,)
    n_channels = kernels[0].shape[2]
    side = round((n_pixels / n_channels) ** 0.5)
    if side * side * n_channels != n_pixels:
        raise FileProblem(
            f"{file_name}: inputs has {n_pixels} numbers, no square image of {n_channels} channels."
        )
    return (n_channels, side, side)


def _strides(
    shape: tuple[int, ...],
    kernels: list[np.ndarray],
    matrices: list[np.ndarray],
    given: tuple[int, ...] | None,
    file_name: str,
) -> tuple[int, ...]:
    """Strides of the convolutions: given, or the only 1s and 2s that lead to the dense layer."""
    if given is not None:
        if len(given) != len(kernels) or not all(n == int(n) and n >= 1 for n in given):
            raise FileProblem(
                f"strides is {given}; {file_name} has {len(kernels)} convolutions, "
                "each with 1 or more."
            )
        return tuple(int(stride) for stride in given)
    if not kernels:
        return ()
    found = list(product((1, 2), repeat=len(kernels)))
    if matrices:
        n_pixels = matrices[0].shape[0] / kernels[-1].shape[3]
        found = [s for s in found if _side_after(shape[1], kernels, s) ** 2 == n_pixels]
    if len(found) != 1:
        which = f"{len(found)} choices of 1s and 2s fit" if found else "no choice of 1s and 2s fits"
        raise FileProblem(
            f"{file_name} does not say the strides of its {len(kernels)} convolutions, "
            f"and {which} what follows them. Say them: read_sanafe_network(..., "
            f"strides={(2,) + (1,) * (len(kernels) - 1)})."
        )
    return found[0]


def _side_after(side: int, kernels: list[np.ndarray], strides: tuple[int, ...]) -> int:
    for kernel, stride in zip(kernels, strides, strict=True):
        side = (side - kernel.shape[0]) // stride + 1 if side >= kernel.shape[0] else 0
    return side


def _assumed(arrays: Arrays, layers: list[str], strides: tuple[int, ...]) -> tuple[str, ...]:
    n_zero = sum(int(np.sum(arrays[layer] == 0)) for layer in layers)
    sentences = [
        "The image is fixed, as biases of the pixels' neurons; "
        "the input population is connected to nothing.",
        "No leak and a reset to zero, as SANA-FE's tutorial runs it; "
        "the file states neither, nor a time step.",
    ]
    if strides:
        sentences.append(
            f"Strides {', '.join(map(str, strides))} without padding; the file does not state them."
        )
    if n_zero:
        sentences.append(
            f"{n_zero} weights of zero are not synapses; on a profile of read_sanafe_arch "
            "they are read and priced."
        )
    return tuple(sentences)
