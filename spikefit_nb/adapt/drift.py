"""What adapting a network did to its spikes: which population drifted or fell silent, from which
step, at what cost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from spikefit_nb.adapt.adapted import measured
from spikefit_nb.adapt.retime import lags
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import expect, guarded
from spikefit_nb.network import Network, Population
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate import ARITHMETICS, RECORDS, Decode, SpikeRecord, accuracy_of
from spikefit_nb.units import text

SILENT = 0.05  # of the rate before: below, a population has fallen silent
SATURATED = 0.9  # of the most spikes a neuron can fire


class Spikes(NamedTuple):
    """Spikes of one population, ordered: one entry for each sample, step and neuron that fired."""

    key: np.ndarray  # (n,) int64: (sample * n_steps + step) * n_neurons + neuron
    count: np.ndarray  # type: ignore[assignment]  # (n,) int32
    shape: tuple[int, int, int]  # n_samples, n_steps, n_neurons

    @property
    def per_neuron(self) -> np.ndarray:
        """Spikes of each neuron over all samples and steps, (n_neurons,)."""
        return np.bincount(self.key % self.shape[2], self.count, self.shape[2])


class Parting(NamedTuple):
    """Where two runs of one population part."""

    agreement: float  # spikes at the same sample, step and neuron, of all that either run has
    # (n_samples,) the first step in which they differ; n_steps where they never do
    first: np.ndarray


def aligned_spikes(
    record: SpikeRecord, network: Network, population: str, lag: int, n_steps: int
) -> Spikes:
    """The spikes of a population in ``n_steps`` steps from step ``lag`` on, counted from there."""
    start, n = network.starts[population], network[population].n_neurons
    row, neuron, count = record.events.of(start, n)  # type: ignore[union-attr]
    sample, step = np.divmod(row, record.n_steps)
    inside = (step >= lag) & (step < lag + n_steps)
    key = ((sample * n_steps + step - lag) * n + neuron)[inside]
    return Spikes(key, count[inside], (record.n_samples, n_steps, n))


def parting(before: Spikes, after: Spikes) -> Parting:
    """Compare two runs of one population spike by spike."""
    n_samples, n_steps, n_neurons = before.shape
    shared, at_first, at_then = np.intersect1d(
        before.key, after.key, assume_unique=True, return_indices=True
    )
    common = int(np.minimum(before.count[at_first], after.count[at_then]).sum())
    either = int(before.count.sum()) + int(after.count.sum()) - common
    alone = np.setxor1d(before.key, after.key, assume_unique=True)
    differing = (
        np.concatenate([alone, shared[before.count[at_first] != after.count[at_then]]]) // n_neurons
    )
    first = np.full(n_samples, n_steps)
    np.minimum.at(first, differing // n_steps, differing % n_steps)
    return Parting(common / either if either else 1.0, first)


class PopulationDrift(NamedTuple):
    """What became of the spikes of one population."""

    name: str
    before_hz: np.ndarray  # (n_neurons,) mean rate of each neuron over the data set
    after_hz: np.ndarray
    distance_hz: float  # Wasserstein-1 distance of the two distributions of rates
    # share of neurons that fire in nine steps of ten, or as much of the most they can
    saturated_before: float
    saturated_after: float
    # share of spikes at the same place and step; None where there are other neurons
    agreement: float | None
    # from which spikes differ, median of the samples in which they do; None: nowhere
    first_step: float | None
    earliest_step: int | None  # the least of all samples

    @property
    def rates_hz(self) -> tuple[float, float]:
        """Mean rate of a neuron before and after."""
        return float(self.before_hz.mean()), float(self.after_hz.mean())

    @property
    def dead(self) -> tuple[float, float]:
        """Share of neurons that never fire on the data set, before and after."""
        return float(np.mean(self.before_hz == 0)), float(np.mean(self.after_hz == 0))

    @property
    def share_left(self) -> float | None:
        """The rate after, of that before; None where it did not fire before."""
        before, after = self.rates_hz
        return after / before if before else None

    @property
    def fell_silent(self) -> bool:
        """Whether less than a twentieth of its rate is left."""
        return self.share_left is not None and self.share_left < SILENT

    @property
    def drift(self) -> float:
        """Distance of the rates, of the mean rate before (of the one after, where none fired
        before).
        """
        return self.distance_hz / (self.rates_hz[0] or self.rates_hz[1] or 1.0)

    @property
    def words(self) -> str:
        """What happened to it, for a sentence."""
        left = self.share_left
        since = "" if self.first_step is None else f", first at step {self.first_step:g}"
        if self.fell_silent:
            return f"{self.name!r} fell silent ({text(left, '%')} of its rate){since}"
        if left is None:
            return f"{self.name!r} fires, and did not before{since}"
        apart = f"rates {text(self.drift, '%')} apart, mean {100 * left - 100:+.1f} %"
        return f"{self.name!r} drifted most ({apart}){since}"


class Answers(NamedTuple):
    """How the answers of two runs on the same samples compare; counts of right ones are None
    without labels.
    """

    n_samples: int
    n_changed: int
    right_before: int | None = None
    right_after: int | None = None
    n_lost: int | None = None  # right before, wrong after
    n_won: int | None = None
    n_independent: int | None = None  # None: all of them

    @property
    def accuracy(self) -> tuple[float, float] | None:
        """Share of right answers before and after; None without labels."""
        if self.right_before is None or self.right_after is None:
            return None
        return self.right_before / self.n_samples, self.right_after / self.n_samples

    @property
    def chance(self) -> float | None:
        """How likely answers lost and won differ as much by chance: McNemar's test, exact; None
        without labels, and where answers are not independent, as those of steps.

        References
        ----------
        McNemar 1947, Psychometrika 12(2):153-157.
        """
        if self.n_lost is None or self.n_won is None or self.n_independent is not None:
            return None
        from scipy.stats import binomtest  # imported here, as below: most runs never ask

        n = self.n_lost + self.n_won
        return float(binomtest(self.n_lost, n).pvalue) if n else 1.0

    @property
    def words(self) -> str:
        """Accuracy before and after, or, without labels, how many answers are the same."""
        if self.accuracy is None:
            return f"{text(1 - self.n_changed / self.n_samples, '%')} of answers the same"
        before, after = self.accuracy
        return f"accuracy {100 * before:.1f} -> {100 * after:.1f} %"


@dataclass(frozen=True, eq=False, repr=False)
class Drift(Result):
    """What became of the spikes of a network, population by population.

    Parameters
    ----------
    populations : tuple of PopulationDrift, of those that fire and both networks have, in the order
        of evaluation
    answers : Answers
    notes : tuple of str, what could not be compared, and in which numbers the network after counts
    arithmetic : str, that the network after was run in

    Examples
    --------
    >>> from spikefit_nb.adapt.thresholds import scale_thresholds
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(100)
    >>> drift(network, scale_thresholds(network, 20.0), dataset).blamed.name
    'hidden'
    """

    populations: tuple[PopulationDrift, ...]
    answers: Answers
    notes: tuple[str, ...] = ()
    arithmetic: str = "float32"

    @property
    def blamed(self) -> PopulationDrift | None:
        """The first population that fell silent, else the one that drifted most; None where every
        spike is the same.
        """
        silent = next((p for p in self.populations if p.fell_silent), None)
        changed = [p for p in self.populations if p.distance_hz or p.first_step is not None]
        return silent or max(changed, key=lambda p: (p.drift, 1 - (p.agreement or 0)), default=None)

    @property
    def finding(self) -> str:
        """The answer in one line."""
        words = "every spike is the same" if self.blamed is None else self.blamed.words
        return f"{self.answers.words}: {words}"

    def _headline(self) -> str:
        return self.finding

    def _quantities(self) -> tuple[Quantity, ...]:
        return (*_of_answers(self.answers), *(q for p in self.populations for q in _of_spikes(p)))

    def _card(self) -> tuple[str, ...]:
        spikes = grid((q for p in self.populations for q in _of_spikes(p)), "Population")
        return self.finding[:1].upper() + self.finding[1:], spikes


def _of_answers(answers: Answers) -> Iterator[Quantity]:
    n, independent = answers.n_samples, answers.n_independent
    yield from accuracy_of(answers.right_before, n, "before", n_independent=independent)
    yield from accuracy_of(answers.right_after, n, "after", n_independent=independent)
    yield from measured(
        "",
        [
            ("n_samples", "Answers", answers.n_samples, ""),
            ("n_changed", "Answers that changed", answers.n_changed, ""),
            ("n_lost", "Right answers lost", answers.n_lost, ""),
            ("n_won", "Right answers won", answers.n_won, ""),
            ("chance", "Chance of such a difference, McNemar's test", answers.chance, ""),
        ],
    )


def _of_spikes(p: PopulationDrift) -> Iterator[Quantity]:
    (rate_before, rate), (dead_before, dead) = p.rates_hz, p.dead
    return measured(
        p.name,
        [
            ("rate_before_hz", "Rate of a neuron", rate_before, "Hz"),
            ("rate_hz", "Rate of a neuron", rate, "Hz"),
            ("distance_hz", "Rates apart", p.distance_hz, "Hz"),
            ("drift", "of the mean rate", p.drift, "%"),
            ("dead_before", "Never fire", dead_before, "%"),
            ("dead", "Never fire", dead, "%"),
            ("saturated_before", "Saturated", p.saturated_before, "%"),
            ("saturated", "Saturated", p.saturated_after, "%"),
            ("agreement", "Spikes agree", p.agreement, "%"),
            ("first_step", "Differ from step", p.first_step, ""),
            ("earliest_step", "earliest", p.earliest_step, ""),
        ],
    )


class HasNetwork(Protocol):
    """The result of a change, such as ``Adapted``, ``Retimed`` or ``Substitution``."""

    @property
    def network(self) -> Network:
        """The network to go on with."""


@guarded
def drift(
    before: Network,
    after: Network | HasNetwork,
    dataset: SpikeDataset,
    *,
    arithmetic: str = "float32",
    decode: Decode | None = None,
) -> Drift:
    """Compare the spikes of a changed network with those of the one it was made from, on the same
    samples.

    Populations are matched by name. Of each: the Wasserstein-1 distance of the distributions of its
    neurons' rates, the share of neurons that never fire and of those that are saturated (0.9 of the
    most spikes they can fire in all steps), the first step in which spikes differ, counted from 0,
    and the share of spikes at the same sample, step and neuron. What hears later by the delays of
    its network, as after ``retime``, is compared as much later, and runs so much longer. The first
    to fall silent, in the order of evaluation, is the one to blame.

    Parameters
    ----------
    before : Network, run in float32
    after : Network, or the result of a change that holds one
    dataset : SpikeDataset, with or without labels; ``dataset.dt_s`` makes steps seconds
    arithmetic : one of ``simulate.ARITHMETICS``, for the network after; float32, which a note
        says, where it cannot express it
    decode : "count", "first_spike", "potential" or None, how the output is read

    Returns
    -------
    Drift

    Raises
    ------
    DatasetProblem
        The data set does not belong to a network.
    NetworkProblem
        There is no such arithmetic or way to decode.

    References
    ----------
    Wasserstein-1 distance of samples on a line: scipy.stats.wasserstein_distance.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(50)
    >>> drift(network, network, dataset)
    Drift(accuracy 98.0 -> 98.0 %: every spike is the same)
    """
    expect(before, Network, "before", "sf.load_network(name) or sf.read_nir(path)")
    run = RECORDS.simulate(before, dataset, decode=decode)
    return drift_from(before, run, after, dataset, arithmetic)


def drift_from(
    before: Network,
    run: SpikeRecord,
    after: Network | HasNetwork,
    dataset: SpikeDataset,
    arithmetic: str,
) -> Drift:
    """``drift`` where the network before has been run already."""
    after = after if isinstance(after, Network) else after.network
    late = lags(before, after)
    extra_steps = max(0, *late.values())
    then = RECORDS.simulate(after, dataset, extra_steps, run.decode, arithmetic)
    firing = {p.name: p for p in after.neuron_populations if p.neuron.fires}
    matched = [p for p in before.neuron_populations if p.neuron.fires and p.name in firing]
    populations = tuple(
        _population(
            p, firing[p.name], before, after, run, run_then=then, lag=late[p.name], dataset=dataset
        )
        for p in matched
    )
    notes = _notes(before, after)
    if ARITHMETICS[then.arithmetic].is_integer:
        notes = (*notes, f"Neurons after count in integers, as {arithmetic} does")
    elif then.arithmetic != arithmetic:
        notes = (*notes, f"Run in float32 after, as {arithmetic} cannot express the network")
    return Drift(populations, _answers(run, then), notes, then.arithmetic)


def _population(
    population: Population,
    then: Population,
    before: Network,
    after: Network,
    run: SpikeRecord,
    run_then: SpikeRecord,
    lag: int,
    dataset: SpikeDataset,
) -> PopulationDrift:
    from scipy.stats import wasserstein_distance

    # where delays shrank, the last steps have no counterpart
    n_steps = max(1, dataset.n_steps - max(0, -lag))
    first = aligned_spikes(run, before, population.name, max(0, -lag), n_steps)
    second = aligned_spikes(run_then, after, population.name, max(0, lag), n_steps)
    seconds = dataset.n_samples * n_steps * dataset.dt_s
    rates = [spikes.per_neuron / seconds for spikes in (first, second)]
    agreement = first_step = earliest = None
    if first.shape == second.shape:
        parted = parting(first, second)
        differ = parted.first[parted.first < n_steps]
        agreement = parted.agreement
        if differ.size:
            first_step, earliest = float(np.median(differ)), int(differ.min())
    return PopulationDrift(
        population.name,
        rates[0],
        rates[1],
        float(wasserstein_distance(*rates)),
        _saturated(population, rates[0] * dataset.dt_s),
        saturated_after=_saturated(then, rates[1] * dataset.dt_s),
        agreement=agreement,
        first_step=first_step,
        earliest_step=earliest,
    )


def _saturated(population: Population, spikes_per_step: np.ndarray) -> float:
    """Share of neurons that fire nearly as often as they can; none, where there is no most."""
    most = getattr(population.neuron, "max_spikes_per_step", 1)
    return 0.0 if most is None else float(np.mean(spikes_per_step >= SATURATED * most))


def _answers(before: SpikeRecord, after: SpikeRecord) -> Answers:
    first, then, labels = before.predictions, after.predictions, before.wanted
    n_changed = int(np.sum(first != then))
    if labels is None:
        return Answers(len(first), n_changed)
    right, still = first == labels, then == labels
    counted = (int(np.sum(mask)) for mask in (right, still, right & ~still, ~right & still))
    independent = before.n_independent if before.has_step_labels else None
    return Answers(len(first), n_changed, *counted)._replace(n_independent=independent)


def _notes(before: Network, after: Network) -> tuple[str, ...]:
    notes = []
    for network, other, words in ((before, after, "before"), (after, before, "after")):
        known = {p.name for p in other.neuron_populations}
        if alone := [p.name for p in network.neuron_populations if p.name not in known]:
            notes.append(f"Only the network {words} has {_listed(alone)}")
    sizes = {p.name: p.n_neurons for p in after.neuron_populations}
    if other_size := [
        p.name for p in before.neuron_populations if sizes.get(p.name, p.n_neurons) != p.n_neurons
    ]:
        notes.append(
            f"Of {_listed(other_size)} rates alone are compared: the neurons are not the same"
        )
    return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name) for name in names[:4]]
    return ", ".join(shown) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
