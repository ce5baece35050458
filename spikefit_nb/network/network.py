"""What is deployed: populations of neurons and the projections between them."""

from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from hashlib import sha256
from math import prod
from numbers import Real
from typing import Any

import numpy as np

from spikefit_nb.errors import NetworkProblem, UnknownName, WrongArgument, expect, is_whole
from spikefit_nb.html import table
from spikefit_nb.network.neurons import Input, Neuron
from spikefit_nb.network.projections import Projection
from spikefit_nb.network.sigma_delta import SigmaDelta
from spikefit_nb.quantities import Quantity, Result

MOST_NEURONS = 2**31 - 1  # of a population: kernels number them in 32 bits


def _listed(given: Any, field: str, kind: type, example: str) -> tuple:
    """What is listed, as a tuple, each of a kind; a word is no list of its letters."""
    try:
        listed = None if isinstance(given, str | bytes) else tuple(given)
    except TypeError:
        listed = None
    if listed is None:
        raise NetworkProblem(f"{field} is {given!r:.60}; give a list.")
    for each in listed:
        expect(each, kind, f"each of {field}", example)
    return listed


def _sides(given: Any) -> tuple:
    """A shape as a tuple; what is no list is its only side."""
    try:
        return tuple(given)
    except TypeError:
        return (given,)


@dataclass(frozen=True, eq=False, repr=False)
class Population(Result):
    """Neurons of one model under one name, in row-major order of ``shape``.

    Parameters
    ----------
    name : str
    shape : tuple of int, such as (10,) or (16, 34, 34)
    neuron : neuron model
        Input, one that fires (IF, LIF, CubaLIF, ALIF, Izhikevich, AdEx, SigmaDelta) or one that
        does not (Integrator, LI, CubaLI).

    Raises
    ------
    NetworkProblem
        The shape is empty or of more than 2**31 - 1 neurons, or a neuron parameter does not
        broadcast to it.
    WrongArgument
        ``neuron`` is not a neuron model, or the class and not one made of it.

    Examples
    --------
    >>> Population("input", (2, 34, 34), Input()).n_neurons
    2312
    """

    name: str
    shape: tuple[int, ...]
    neuron: Neuron

    def __post_init__(self) -> None:
        expect(self.name, str, "name", '"hidden"')
        shape = _sides(self.shape)
        if not shape or not all(is_whole(n, 1) for n in shape):
            raise NetworkProblem(
                f"Population {self.name!r}: shape {self.shape} needs whole numbers from 1 up."
            )
        object.__setattr__(self, "shape", tuple(int(n) for n in shape))
        if prod(self.shape) > MOST_NEURONS:
            raise NetworkProblem(
                f"Population {self.name!r}: shape {self.shape} is {prod(self.shape):,} neurons; "
                f"they are counted in 32 bits, {MOST_NEURONS:,} at most. Is a size given in "
                "another unit?"
            )
        if not isinstance(self.neuron, Neuron):
            raise WrongArgument(
                f"Population {self.name!r}: neuron is {self.neuron!r:.60}, but must be a neuron "
                "model: LIF(0.02), or Input() where the data set drives it."
            )
        for parameter in self.neuron.parameters:
            self.parameter(parameter)

    @property
    def n_neurons(self) -> int:
        """Product of the shape."""
        return prod(self.shape)

    @property
    def is_input(self) -> bool:
        """Whether the dataset drives this population."""
        return isinstance(self.neuron, Input)

    def parameter(self, name: str) -> np.ndarray:
        """One value per neuron of a neuron parameter, (n_neurons,) float64."""
        value = np.asarray(getattr(self.neuron, name), dtype=np.float64)
        try:
            return np.broadcast_to(value, self.shape).ravel()
        except ValueError:
            raise NetworkProblem(
                f"Population {self.name!r}: {name} has shape {value.shape}, "
                f"which does not broadcast to {self.shape}."
            ) from None

    def _headline(self) -> str:
        size = " x ".join(map(str, self.shape))
        return f"{self.name!r}, {size}: {self.neuron!r}"

    def _quantities(self) -> tuple[Quantity, ...]:
        values = ((name, self.parameter(name)) for name in self.neuron.parameters)
        return (
            Quantity("n_neurons", "Neurons", self.n_neurons),
            *(_of_neurons(name, each) for name, each in values),
        )

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)


LISTED = (  # by a network: of which kind each is, and how one is made
    ("populations", Population, 'Population("out", (2,), IF(1.0))'),
    ("projections", Projection, 'Projection("in", "out", np.ones((3, 2)))'),
    ("assumptions", str, '"weights were rounded"'),
)


def _of_neurons(name: str, values: np.ndarray) -> Quantity:
    """A parameter of neurons as one quantity: their mean, and its ends where they differ."""
    unit = "s" if name.endswith("_s") else ""
    label = name.removesuffix("_s")
    low, high = (None, None) if (values == values[0]).all() else (values.min(), values.max())
    mean = float(values.mean())
    return Quantity(name, label, mean if np.isfinite(mean) else None, unit, low=low, high=high)


def _evaluation_order(
    populations: tuple[Population, ...], projections: tuple[Projection, ...]
) -> tuple[str, ...]:
    """Names in an order in which every projection without delay points forward."""
    waiting = {
        p.name: {e.source for e in projections if e.target == p.name and e.delay_steps == 0}
        for p in populations
    }
    order: list[str] = []
    while waiting:
        ready = [name for name, sources in waiting.items() if not sources - set(order)]
        if not ready:
            raise NetworkProblem(
                f"Populations {sorted(waiting)} form a loop without delay. Give one of its "
                "projections delay_steps=1: a spike cannot arrive before it is sent."
            )
        order.append(ready[0])
        del waiting[ready[0]]
    return tuple(order)


@dataclass(frozen=True, eq=False, repr=False)
class Network(Result):
    """A spiking network: what is deployed.

    Parameters
    ----------
    populations : sequence of Population
    projections : sequence of Projection
    dt_s : float, seconds of one step in the neurons' equations (decay is ``dt_s / tau``)
    output : str or None, the population that answers; None: the one that feeds no other
    name : str
    assumptions : sequence of str, what was assumed in reading or changing it, in words
    ann_accuracy : float or None, what the ANN it was made from reached, as its maker states it

    Raises
    ------
    NetworkProblem
        Names repeat or are missing, shapes disagree, a loop has no delay, or no population can be
        the output.
    WrongArgument
        A population, a projection, an assumption, ``dt_s``, ``output`` or the name is of another
        kind.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> Network([Population("in", (3,), Input()), Population("out", (2,), IF(1.0))],
    ...         [Projection("in", "out", np.ones((3, 2)))], dt_s=1e-3)
    Network(3 inputs -> 2 IF, 6 synapses, dt 1 ms)
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    _: KW_ONLY
    dt_s: float = 1e-3
    output: str = ""
    name: str = "network"
    assumptions: tuple[str, ...] = ()
    ann_accuracy: float | None = None

    def __post_init__(self) -> None:
        for field, kind, example in LISTED:
            listed = _listed(getattr(self, field), field, kind, example)
            object.__setattr__(self, field, listed)
        self._check_settings()
        names = [p.name for p in self.populations]
        if len(set(names)) < len(names):
            raise NetworkProblem(
                "Two populations share a name: "
                f"{sorted(n for n in set(names) if names.count(n) > 1)}."
            )
        if not self.inputs:
            raise NetworkProblem("The network has no Input population, so nothing can drive it.")
        for projection in self.projections:
            self._check_projection(projection)
        object.__setattr__(self, "order", _evaluation_order(self.populations, self.projections))
        object.__setattr__(self, "output", self.output or self._only_sink())
        if self[self.output].is_input:
            raise NetworkProblem(
                f"output is {self.output!r}, an input, which only repeats the recordings. Name a "
                "population of neurons."
            )

    def _check_settings(self) -> None:
        expect(self.name, str, "name", '"my network"')
        expect(self.dt_s, Real, "dt_s", "1e-3, in seconds")
        expect(self.output, str | None, "output", '"out", the name of a population')
        expect(self.ann_accuracy, Real | None, "ann_accuracy", "0.97")
        if not (self.dt_s > 0 and np.isfinite(float(self.dt_s))):
            raise NetworkProblem(f"dt_s is {self.dt_s}; it must be above zero, in seconds.")
        if self.ann_accuracy is not None and not 0 <= self.ann_accuracy <= 1:
            raise NetworkProblem(
                f"ann_accuracy is {self.ann_accuracy}; it must be from 0 to 1, or None where no "
                "ANN's accuracy is known."
            )

    def _only_sink(self) -> str:
        """The one population of neurons that feeds no other."""
        feeding = {e.source for e in self.projections if e.source != e.target}
        neurons = [p.name for p in self.populations if not p.is_input]
        sinks = [name for name in neurons if name not in feeding]
        if len(sinks) != 1:
            raise NetworkProblem(
                f"Which population answers? Candidates: {sinks or neurons}. Say output='name'."
                if neurons
                else "The network has no neurons, so nothing can answer: add a Population."
            )
        return sinks[0]

    def _check_projection(self, projection: Projection) -> None:
        source, target = self[projection.source], self[projection.target]
        expected = (source.n_neurons, target.n_neurons)
        if projection.shape != expected:
            raise NetworkProblem(
                f"Projection {source.name!r} -> {target.name!r} has weights for "
                f"{projection.shape} neurons, but {source.name!r} has {expected[0]} and "
                f"{target.name!r} has {expected[1]}."
            )
        if target.is_input:
            raise NetworkProblem(
                f"Projection {source.name!r} -> {target.name!r}: an input receives no synapses."
            )
        if not source.neuron.fires:
            raise NetworkProblem(
                f"Projection {source.name!r} -> {target.name!r}: "
                f"{type(source.neuron).__name__} neurons never fire, so nothing would be sent. "
                "They can only be read out, by their potential; use a neuron that fires."
            )

    def __getitem__(self, name: str) -> Population:
        for population in self.populations:
            if isinstance(name, str) and population.name == name:
                return population
        raise UnknownName("population", name, (p.name for p in self.populations))

    @property
    def inputs(self) -> tuple[Population, ...]:
        """Populations driven by the dataset, in order; their channels are concatenated."""
        return tuple(p for p in self.populations if p.is_input)

    @property
    def neuron_populations(self) -> tuple[Population, ...]:
        """Populations other than inputs, in the order they are evaluated within a step."""
        return tuple(self[name] for name in self.order if not self[name].is_input)  # type: ignore

    @cached_property
    def reach(self) -> dict[str, set[str]]:
        """The populations that spikes of each can get to, over any number of projections."""
        after: dict[str, set[str]] = {p.name: set() for p in self.populations}
        for e in self.projections:
            after[e.source].add(e.target)
        reached = {name: set(targets) for name, targets in after.items()}
        for _ in self.populations:
            for seen in reached.values():
                seen.update(*(after[name] for name in seen))
        return reached

    @property
    def is_recurrent(self) -> bool:
        """Whether a spike can come back to the neuron that sent it."""
        return any(name in reached for name, reached in self.reach.items())

    @property
    def sends_changes(self) -> bool:
        """Whether neurons send what has changed of their activation, so that a step is a frame."""
        return any(isinstance(p.neuron, SigmaDelta) for p in self.populations)

    @property
    def n_neurons(self) -> int:
        """Neurons that compute, inputs not counted."""
        return sum(p.n_neurons for p in self.neuron_populations)

    @property
    def n_channels(self) -> int:
        """Input channels."""
        return sum(p.n_neurons for p in self.inputs)

    @cached_property
    def starts(self) -> dict[str, int]:
        """Network-wide index of each population's first neuron: inputs first, then as evaluated."""
        order = (*self.inputs, *self.neuron_populations)
        ends = np.cumsum([0, *(p.n_neurons for p in order)])
        return {p.name: int(at) for p, at in zip(order, ends, strict=False)}

    @cached_property
    def n_synapses(self) -> int:
        """Connections with a weight other than zero."""
        return sum(e.n_synapses for e in self.projections)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that decides the spikes: equal fingerprints, equal spikes."""
        digest = sha256(repr((self.dt_s, self.output)).encode())
        for p in self.populations:
            digest.update(repr((p.name, p.shape, p.neuron)).encode())
            for parameter in p.neuron.parameters:
                digest.update(np.ascontiguousarray(p.parameter(parameter)).tobytes())
        for e in self.projections:
            ends = e.source, e.target, e.delay_steps, e.shape, e.kind, str(e.values.dtype)
            digest.update(repr(ends).encode())
            digest.update(np.ascontiguousarray(e.values).tobytes())
            digest.update(np.asarray(1 if e.scale is None else e.scale, dtype=np.float64).tobytes())
            digest.update(e.weight.layout)
        return digest.hexdigest()

    def replace(self, *, populations=None, projections=None, assumptions=None) -> "Network":
        """The same network with some parts exchanged.

        Parameters
        ----------
        populations : sequence of Population, optional
        projections : sequence of Projection, optional
        assumptions : sequence of str, optional

        Returns
        -------
        Network
        """
        given = {"populations": populations, "projections": projections, "assumptions": assumptions}
        return replace(self, **{k: tuple(v) for k, v in given.items() if v is not None})

    def _headline(self) -> str:
        populations = self.neuron_populations
        layers = " -> ".join(f"{p.n_neurons} {type(p.neuron).__name__}" for p in populations)
        synapses = f"{self.n_synapses:,} synapses, dt {self.dt_s * 1e3:g} ms"
        return f"{self.n_channels} inputs -> {layers}, {synapses}"

    def _quantities(self) -> tuple[Quantity, ...]:
        found = [
            Quantity("n_channels", "Input channels", self.n_channels),
            Quantity("n_neurons", "Neurons", self.n_neurons),
            Quantity("n_synapses", "Synapses", self.n_synapses),
            Quantity("dt_s", "Time step in the equations", self.dt_s, "s"),
        ]
        for p in (*self.inputs, *self.neuron_populations):
            n_synapses = self._synapses_in(p.name)
            found.append(Quantity("n_neurons", "Neurons", p.n_neurons, of=p.name))
            found.append(Quantity("n_synapses_in", "Synapses in", n_synapses, of=p.name))
        return tuple(found)

    def _notes(self) -> tuple[str, ...]:
        return tuple(f"Assumed: {sentence.rstrip('.')}" for sentence in self.assumptions)

    def _synapses_in(self, name: str) -> int:
        return sum(e.n_synapses for e in self.projections if e.target == name)

    def summary(self) -> str:
        """Layers, sizes and every assumption made, as text."""
        lines = [repr(self)]
        lines += [f"  {p.name}: {p.shape} {p.neuron!r}" for p in self.populations]
        lines += [f"  {e!r}" for e in self.projections]
        return "\n".join(lines + [f"  assumed: {sentence}" for sentence in self.assumptions])

    def _card(self) -> tuple[str, ...]:
        layers = []
        for p in (*self.inputs, *self.neuron_populations):
            incoming = [e for e in self.projections if e.target == p.name]
            layers.append(
                (
                    p.name,
                    " x ".join(map(str, p.shape)),
                    type(p.neuron).__name__,
                    getattr(p.neuron, "reset", ""),
                    f"{self._synapses_in(p.name):,}" if incoming else "",
                    ", ".join(f"{e.kind} from {e.source}" for e in incoming),
                )
            )
        header = ("Layer", "Neurons", "Model", "Reset", "Synapses in", "Connection")
        title = f"{self.name}: {self.n_neurons:,} neurons, {self.n_synapses:,} synapses"
        return title, table(layers, header=header, align="llllr")
