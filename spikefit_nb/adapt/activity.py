"""What a calibration set does in a network: the evidence by which weights are kept, rounded and
shared.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, NetworkProblem, expect, guarded
from spikefit_nb.frozen import Frozen
from spikefit_nb.network import Network, Population, Projection, SigmaDelta
from spikefit_nb.progress import phase
from spikefit_nb.simulate import RECORDS, SpikeRecord

MOST_ROWS = 8192  # steps of samples, or places of them, that moments are taken over
MOST_COLUMNS = 4096  # sources for which products of every two are kept
DAMPING = 0.01  # of the mean square: what sources count that were silent


class Moments(NamedTuple):
    """Mean products of what reaches a population, ``second[i, j] = mean(x_i x_j)``, over steps and
    samples.

    ``x_i`` is the trace that source ``i`` leaves in the membrane potential through a weight of one;
    columns are ordered as the rows of ``weights.as_matrix(projections)``.
    """

    projections: tuple[Projection, ...]  # all matrices into a population, or one convolution
    second: np.ndarray | None  # (n_groups, n, n) float64; None above 4,096 sources
    diagonal: np.ndarray  # (n_groups, n) float64: mean(x_i ** 2)
    sent: np.ndarray  # (n_groups, n) float64: mean of what the source sends in a step

    @property
    def importance(self) -> np.ndarray:
        """What the squared error of a weight counts, (n_groups, n) float64: ``diagonal`` and a
        hundredth of its mean.

        So weights of sources that were silent on the calibration set still count, and all alike if
        all were.
        """
        return self.diagonal + (DAMPING * float(self.diagonal.mean()) or 1.0)


@dataclass(frozen=True, eq=False, repr=False)
class Activity(Frozen):
    """What a network does on a calibration set, run once; moments are taken when asked for.

    Parameters
    ----------
    network : Network, of neurons that spike
    dataset : SpikeDataset

    Raises
    ------
    DesignProblem
        The network holds SigmaDelta neurons.
    WrongArgument
        ``network`` is none.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> activity = Activity(network, SpikeDataset(np.array([[[1], [0]]], bool)))
    >>> # half of the trace is forgotten, as the neuron fires in every second step: (1 + 0.25) / 2
    >>> activity.moments("out")[0].sent, activity.moments("out")[0].second
    (array([[0.5]]), array([[[0.625]]]))
    """

    network: Network
    dataset: SpikeDataset
    _known: dict[str, tuple[Moments, ...]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        expect(self.network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
        for p in self.network.neuron_populations:
            if isinstance(p.neuron, SigmaDelta):
                raise DesignProblem(
                    f"Population {p.name!r} holds SigmaDelta neurons, whose messages are changes: "
                    "what a calibration set tells of spikes does not hold of them. Leave the "
                    "calibration set out, and train the ANN itself."
                )

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_known": {}}  # taken again where they are asked for

    @property
    def record(self) -> SpikeRecord:
        """The run, with events."""
        return RECORDS.simulate(self.network, self.dataset)

    def rates(self, population: str) -> np.ndarray:
        """Mean spikes a step of each neuron of a population, (n_neurons,) float64."""
        return self.record.spike_counts[population].mean(axis=0) / self.record.n_steps

    def moments(self, population: str) -> tuple[Moments, ...]:
        """Moments of what reaches a population: of all its matrices together, and of each
        convolution.

        The trace of a source follows the membrane's linear equation, ``i += dt/tau_syn (w_in x -
        i)`` and ``v += dt/tau_mem (r i - v)``, with the mean time constants of the population. A
        reset to zero forgets, so there the membrane keeps only the share ``1 - p`` a step, with
        ``p`` the mean spikes a step of the population.

        Parameters
        ----------
        population : str

        Returns
        -------
        tuple of Moments, as many as there are convolutions, and one for the matrices if there are
        any

        References
        ----------
        Second moments as the Hessian of a layer's squared error, Hassibi & Stork 1992,
        NeurIPS 5.
        """
        if population not in self._known:
            groups = incoming_groups(self.network, population)
            self._known[population] = tuple(
                self._moments(self.network[population], group) for group in groups
            )
        return self._known[population]

    def moments_for(self, network: Network, population: str) -> tuple[Moments, ...]:
        """The moments for a network whose projections into a population have the shapes that they
        have here.

        Parameters
        ----------
        network : Network, such as this one with some weights changed
        population : str

        Returns
        -------
        tuple of Moments, with the projections of that network

        Raises
        ------
        DesignProblem
            The activity is of another network.
        """
        self.must_be_of(network)
        groups = incoming_groups(network, population)
        return tuple(
            m._replace(projections=g) for m, g in zip(self.moments(population), groups, strict=True)
        )

    def must_be_of(self, network: Network, *, exactly: bool = False) -> None:
        """Refuse a network that this activity says nothing about.

        Parameters
        ----------
        network : Network
        exactly : bool, whether it has to be the very same; else weights and parameters of neurons
            may have changed, and populations, their neuron models and the projections between them
            are the same

        Raises
        ------
        DesignProblem
            The activity is of another network.

        Examples
        --------
        >>> from spikefit_nb.network import IF, Input
        >>> one, two = (Network([Population("in", (n,), Input()), Population("out", (1,), IF(1.0))],
        ...                     [Projection("in", "out", np.ones((n, 1)))]) for n in (1, 2))
        >>> activity = Activity(one, SpikeDataset(np.array([[[1], [0]]], bool)))
        >>> activity.must_be_of(one)
        >>> activity.must_be_of(two)
        Traceback (most recent call last):
        spikefit_nb.errors.DesignProblem: The activity was recorded with Network(1 inputs ...
        """
        if not self._is_of(network, exactly):
            raise DesignProblem(
                f"The activity was recorded with {self.network!r}, which has other populations, "
                f"other projections{' or other values' * exactly} than {network!r}. Record it with "
                "this network: Activity(network, dataset)."
            )

    def must_be_before(self, network: Network) -> None:
        """Refuse a network that cannot have been made of the one of this activity.

        Parameters
        ----------
        network : Network

        Raises
        ------
        DesignProblem
            The network has other inputs.
        """
        if _shapes(self.network.inputs) != _shapes(network.inputs):
            raise DesignProblem(
                f"The activity was recorded with {self.network!r}, which has other inputs than "
                f"{network!r}. Record it with the network that this one was made of: "
                "Activity(before, dataset)."
            )

    def of(self, network: Network, *, exactly: bool = False) -> "Activity":
        """Take this activity where it says something about a network, else that network's own on
        the same data set.

        Parameters
        ----------
        network : Network
        exactly : bool, as of ``must_be_of``

        Returns
        -------
        Activity
        """
        return self if self._is_of(network, exactly) else Activity(network, self.dataset)

    def _is_of(self, network: Network, exactly: bool) -> bool:
        if exactly:
            return self.network is network or self.network.fingerprint == network.fingerprint
        return _structure(self.network) == _structure(network)

    def _moments(self, target: Population, projections: tuple[Projection, ...]) -> Moments:
        n_samples, n_steps = self.record.n_samples, self.record.n_steps
        weight = projections[0].weight
        n_places = int(np.prod(weight.output_shape[1:]))
        stride = max(1, n_samples * n_steps * n_places // MOST_ROWS)
        steps_apart = (
            min(n_steps, stride)
            if weight.kind != "convolution"
            else max(1, min(n_steps, stride // 4))
        )
        samples_apart = max(1, n_samples // max(1, MOST_ROWS * steps_apart // n_steps))
        second: np.ndarray | None = None
        square = rate = np.zeros(1)
        n_rows, forgets = 0, 0.0
        if getattr(target.neuron, "reset", "") == "zero":
            # mean share of the membrane potential that resets take away in a step
            forgets = min(1.0, float(self.rates(target.name).mean()))
        for sample in range(0, n_samples, samples_apart):
            sent = np.concatenate([self.sent(e, sample) for e in projections], axis=1)
            left = trace(sent, target, self.network.dt_s, forgets)[
                sample % steps_apart :: steps_apart
            ]
            rows = weight.row_inputs(left, MOST_ROWS, sample)
            products = None if rows.shape[2] > MOST_COLUMNS else rows.transpose(0, 2, 1) @ rows
            second = products if second is None or products is None else second + products
            square = square + (rows**2).sum(axis=1)
            n_rows += rows.shape[1]
            rate = rate + weight.row_inputs(sent, MOST_ROWS, sample).mean(axis=1)
        n_read = len(range(0, n_samples, samples_apart))
        return Moments(
            projections,
            None if second is None else second.astype(np.float64) / max(1, n_rows),
            np.asarray(square, np.float64) / max(1, n_rows),
            np.asarray(rate, np.float64) / n_read,
        )

    def sent(self, projection: Projection, sample: int) -> np.ndarray:
        """What arrives over a projection in each step of a sample: its source's spikes, later by
        its delay.

        Parameters
        ----------
        projection : Projection, from a population of this network
        sample : int

        Returns
        -------
        (n_steps, n_sources) float32, spikes or, of an input that is driven by currents, these
        """
        source = self.network[projection.source]
        n_steps = self.record.n_steps
        sent = np.zeros((n_steps, source.n_neurons), np.float32)
        if source.is_input:
            first = sum(
                p.n_neurons for p in self.network.inputs[: self.network.inputs.index(source)]
            )
            given = self.dataset.block(sample, sample + 1)[0]
            sent[: len(given)] = given[:, first : first + source.n_neurons]
        else:
            rows = slice(sample * n_steps, (sample + 1) * n_steps + 1)
            step, neuron, count = self.record.events.of(  # type: ignore[union-attr]
                self.network.starts[source.name], source.n_neurons, rows
            )
            sent[step, neuron] = count
        late = projection.delay_steps
        return (
            np.concatenate([np.zeros_like(sent[:late]), sent[: max(0, n_steps - late)]])
            if late
            else sent
        )


def _shapes(populations: Iterable[Population]) -> list[tuple]:
    return [(p.name, p.shape) for p in populations]


def _structure(network: Network) -> tuple[list[tuple], list[tuple]]:
    populations = [(p.name, p.shape, type(p.neuron)) for p in network.populations]
    ends = [
        (e.source, e.target, e.shape, e.weight.column_shape, e.delay_steps)
        for e in network.projections
    ]
    return populations, ends


def incoming_groups(network: Network, population: str) -> tuple[tuple[Projection, ...], ...]:
    """The projections into a population as ``as_matrix`` takes them: each convolution alone, all
    matrices together.
    """
    incoming = [e for e in network.projections if e.target == population]
    matrices = tuple(e for e in incoming if e.kind != "convolution")
    alone = tuple((e,) for e in incoming if e not in matrices)
    return (*alone, matrices) if matrices else alone


def groups_into(
    network: Network, population: str, activity: Activity | None
) -> list[tuple[tuple[Projection, ...], Moments | None]]:
    """The groups of projections into a population, with what an activity says of each, if any."""
    groups = incoming_groups(network, population)
    known: tuple[Moments | None, ...] = (None,) * len(groups)
    if activity is not None:
        known = activity.moments_for(network, population)
    return list(zip(groups, known, strict=True))


@lru_cache(maxsize=4)  # a search adapts one network again and again
@phase("Watching the calibration set")
@guarded
def observe(network: Network, dataset: SpikeDataset) -> Activity:
    """The activity of a network on a calibration set, remembered.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset

    Returns
    -------
    Activity

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(20)
    >>> observe(network, dataset) is observe(network, dataset)
    True
    """
    return Activity(network, dataset)


def trace(sent: np.ndarray, target: Population, dt_s: float, forgets: float = 0.0) -> np.ndarray:
    """What each source leaves in the membrane potential through a weight of one, were nothing to
    fire.
    """
    # imported here: a third of what a first answer waits for
    from scipy.signal import lfilter  # type: ignore[attr-defined]

    for name, gain in (("tau_syn_s", "w_in"), ("tau_mem_s", "r")):
        has_tau = name in target.neuron.parameters
        if name == "tau_syn_s" and not has_tau:
            continue
        share = float(np.mean(dt_s / target.parameter(name))) if has_tau else 0.0
        if share > 2:
            raise NetworkProblem(
                f"{name} of {target.name!r} is {dt_s / share * 1e3:.3g} ms in the mean, less than "
                "half a step of "
                f"{dt_s * 1e3:.3g} ms: v += dt/tau (r i - v) grows without end. Give the network a "
                "shorter dt_s."
            )
        strength = (
            float(np.mean(np.abs(target.parameter(gain))))
            if gain in target.neuron.parameters
            else 1.0
        )
        kept = (1 - share) * (1 - forgets * (name == "tau_mem_s"))
        sent = lfilter([strength * (share if has_tau else 1.0)], [1.0, -kept], sent, axis=0).astype(
            np.float32
        )
    return sent
