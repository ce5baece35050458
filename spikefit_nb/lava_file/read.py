"""Read a network that lava-dl exports for its netx."""

from dataclasses import dataclass, field
from numbers import Real
from os import PathLike
from pathlib import Path

import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem, WrongSource, expect
from spikefit_nb.lava_file.entries import Layer, layers_of
from spikefit_nb.lava_file.neurons import neuron_of, sent_after
from spikefit_nb.lava_file.weights import delays_of, loop_of, projections_of, weight_of
from spikefit_nb.network import Conv2d, Input, Network, Population, Projection

KINDS = ("input", "dense", "dense_rec", "conv", "pool", "flatten")


def read_lava_dl(
    path: str | PathLike[str],
    *,
    strict_threshold: bool | None = None,
    input_shape: tuple[int, ...] | None = None,
    dt_s: float = 1e-3,
    name: str | None = None,
) -> Network:
    """Read the integers that Loihi is given from a ``.net`` file of lava-dl's SLAYER.

    The network states them as they are (``v_threshold`` is the threshold's mantissa, a weight times
    its scale the weight's), so that ``simulate(..., arithmetic="loihi")`` runs it bit for bit::

        u = u * (4096 - iDecay) / 4096 + 64 * (weights of the spikes that arrive)
        v = v * (4096 - vDecay) / 4096 + u + 64 * bias
        spike where v > 64 * vThMant, or >=; then v = 0

    The first layer gets its spikes at once, another one in the next step where those of the layer
    before are lava-dl's ("CUBA", whose blocks shift what they send), in the same step where they
    are SLAYER 1's ("LOIHI"), and later by the delays of the layer before. A layer without neurons,
    or whose threshold is the chip's largest, integrates and never fires. An input layer that has
    neurons turns values into spikes: the data set sends each pixel so many spikes a step as its
    bias is, ``2 * weight * x - weight + bias`` of that layer.

    Parameters
    ----------
    path : str or path
    strict_threshold : bool, which no file states
        True: neurons fire above their threshold, as those of Lava and of the chip do. False: at
        it, as in runs of lava-dl's SLAYER.
    input_shape : tuple of int, optional, (n,) or (channels, y, x)
        Where the file has no input layer and begins with a convolution.
    dt_s : float, seconds of a step
    name : str, optional; default: the file's name without its ending

    Returns
    -------
    Network
        Populations ``input``, then one for each layer: ``dense0``, ``conv1``, ...

    Raises
    ------
    FileProblem
        There is no such file, it is damaged or no network of lava-dl, neurons fire and
        ``strict_threshold`` is not said, a layer or its neurons are of another kind, numbers are
        not whole, or shapes do not meet.
    WrongSource
        ``path`` is no path.
    WrongArgument
        Another argument is of another kind.

    References
    ----------
    lava-nc/lava-dl, src/lava/lib/dl/netx/hdf5.py and src/lava/lib/dl/slayer/block/base.py, for what
    entries mean.

    Examples
    --------
    >>> import h5py, tempfile
    >>> file = Path(tempfile.mkdtemp()) / "tiny.net"
    >>> with h5py.File(file, "w") as net:
    ...     layer = net.create_group("layer/0")
    ...     layer["type"], layer["shape"], layer["weight"] = [b"dense"], [2], np.full((2, 3), 8)
    ...     neuron = {"type": b"CUBA", "iDecay": 1024, "vDecay": 128, "vThMant": 80}
    ...     for key, value in neuron.items():
    ...         layer[f"neuron/{key}"] = value
    >>> read_lava_dl(file, strict_threshold=True)
    Network(3 inputs -> 2 CubaLIF, 6 synapses, dt 1 ms)
    """
    if not isinstance(path, str | PathLike):
        raise WrongSource(f"read_lava_dl takes a path, not a {type(path).__name__}: {path!r:.60}.")
    expect(strict_threshold, bool | None, "strict_threshold", "True")
    expect(input_shape, tuple | list | np.ndarray | None, "input_shape", "(2, 34, 34)")
    expect(dt_s, Real, "dt_s", "1e-3")
    expect(name, str | None, "name", "'mine'")
    file = Path(path).expanduser()
    try:
        made = _Chain(dt_s, strict_threshold, input_shape)
        for k, layer in enumerate(layers_of(file)):
            made.add(layer, k)
        return made.network(name or file.stem, file.name)
    except NetworkProblem as problem:
        raise FileProblem(f"{file.name}: {problem}") from problem
    except MemoryError as error:
        raise FileProblem(f"{file.name} is too large to be read: {error}.") from error


@dataclass
class _Chain:
    """The network as far as its layers are read: each leads into the next."""

    dt_s: float
    strict: bool | None
    input_shape: tuple[int, ...] | None
    populations: list[Population] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    before: Layer | None = None  # what the last population was read from

    def add(self, layer: Layer, k: int) -> None:
        """Add one layer."""
        if layer.kind == "flatten":
            return
        if layer.kind not in KINDS:
            raise layer.problem(
                "type", f"is {layer.kind!r}; layers of {', '.join(KINDS)} are read."
            )
        if layer.kind == "input":
            self._begin(layer, k)
        else:
            source = self._source(layer)
            self._join(layer, k, weight_of(layer, source.shape))

    def network(self, name: str, file_name: str) -> Network:
        """The network of all layers."""
        if len(self.populations) < 2:
            raise FileProblem(f"{file_name} holds no layer with synapses.")
        last, shape = self.before, self.populations[-1].shape
        if last is not None and delays_of(last, shape).any():
            self.assumptions.append(
                f"delays of {self.populations[-1].name}, the last layer, are left out: they would "
                "only shift its answer"
            )
        return Network(
            self.populations,
            self.projections,
            dt_s=self.dt_s,
            output=self.populations[-1].name,
            name=name,
            assumptions=self.assumptions,
        )

    def _begin(self, layer: Layer, k: int) -> None:
        if self.populations:
            raise layer.problem("type", "is 'input', but layers stand before it.")
        self.populations.append(Population("input", layer.shape, Input()))
        if layer.neuron is not None:
            shape = layer.shape
            spatial = (*shape, 1, 1)[:3] if len(shape) < 3 else shape
            ones = Conv2d(np.ones((spatial[0], 1, 1, 1), np.int64), spatial, groups=spatial[0])
            self._join(layer, k, ones if len(shape) == 3 else ones.tocsr())
            self.assumptions.append(
                "the input layer's neurons turn values into spikes: each pixel is sent so many "
                "spikes a step as its bias is on the chip, which costs the chip no spike"
            )

    def _source(self, layer: Layer) -> Population:
        """What leads into a layer; the inputs where it is the first."""
        if not self.populations:
            self.populations.append(Population("input", self._inputs(layer), Input()))
        return self.populations[-1]

    def _inputs(self, layer: Layer) -> tuple[int, ...]:
        if self.input_shape is not None:
            return tuple(int(n) for n in self.input_shape)
        if layer.kind.startswith("dense"):
            n_target = int(np.prod(layer.shape))
            return (max(1, layer.whole("weight").size // n_target),)
        raise FileProblem(
            f"{layer.where} is the first layer, and no file says how large a picture its kernels "
            "look at. Say input_shape=(channels, y, x)."
        )

    def _join(self, layer: Layer, k: int, weight) -> None:
        """Add the population of a layer, and what leads into it."""
        source = self.populations[-1]
        shape = (
            layer.shape if layer.kind in ("input", "dense", "dense_rec") else weight.output_shape
        )
        neuron, exponent = neuron_of(layer, shape, dt_s=self.dt_s, strict=self.strict)
        population = Population(f"{layer.kind}{k}", shape, neuron)
        steps = np.zeros(source.n_neurons, np.int64)
        if not source.is_input and self.before is not None:
            steps = sent_after(self.before) + delays_of(self.before, source.shape)
        self.projections += projections_of(source, population.name, weight, exponent, steps)
        if layer.kind == "dense_rec":
            steps = 1 + delays_of(layer, shape)
            loop = loop_of(layer, population.n_neurons)
            self.projections += projections_of(population, population.name, loop, exponent, steps)
        self.populations.append(population)
        self.before = layer
