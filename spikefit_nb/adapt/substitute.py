"""Give populations another neuron model and refit it, so that they fire as often as before; say
what it cost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.adapt.adapted import Adapted, measured
from spikefit_nb.adapt.design import expect_number, expect_whole
from spikefit_nb.adapt.thresholds import match_rates
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, UnknownName, expect, guarded
from spikefit_nb.network import ALIF, IF, LIF, AdEx, CubaLIF, Network, Neuron, Population
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.simulate import SpikeRecord, simulate
from spikefit_nb.units import text

LONG_STEPS = 1000  # a time constant so long that the leak hardly shows
SHARED = ("v_threshold", "v_reset", "bias", "reset", "strict_threshold", "delayed_reset")
TARGETS = ("ALIF", "CubaLIF", "IF", "LIF")


@guarded
def as_model(neuron: Neuron, model: str, dt_s: float, *, synapse_steps: int = 1) -> Neuron:
    """A neuron of another model that does what this one does, as nearly as a closed form can say.

    All go through LIF. Limits: LIF is a CubaLIF with ``tau_syn = dt`` and an ALIF with ``beta =
    0``, spike for spike; IF is, but for a leak of a thousandth a step, a LIF with a time constant
    of 1000 steps and 1000 times the ``r``. Approximations, after which rates have to be matched:
    CubaLIF is a LIF of the same total effect and mean delay, ``tau = tau_mem + tau_syn - dt`` and
    ``r * w_in`` (Elmore 1948, J. Appl. Phys. 19:55-63: delays of filters in a row add up); LIF is
    an IF without its leak, ``r * dt / tau_mem``; ALIF loses its adaptation; AdEx loses its
    exponential and its adaptation, and its potentials are counted from ``v_leak``.

    Parameters
    ----------
    neuron : IF, LIF, CubaLIF, ALIF or AdEx
    model : "IF", "LIF", "CubaLIF" or "ALIF"
    dt_s : float, seconds of one step in the equations
    synapse_steps : int, ``tau_syn`` of a CubaLIF in steps; where it is more than one, ``tau_mem``
        is shortened by what synapses take longer, and is a step at least

    Returns
    -------
    a neuron of that model; the same one where it is of that model already

    Raises
    ------
    UnknownName
        There is no such model, or nothing can be turned into it.
    DesignProblem
        The neuron has no such form, ``dt_s`` is not above zero, or ``synapse_steps`` no whole
        number from 1 up.

    Examples
    --------
    >>> as_model(CubaLIF(0.005, 0.02, w_in=2.0), "LIF", 1e-3)
    LIF(tau_mem_s=0.024, v_threshold=1, r=2, v_leak=0, v_reset=0, bias=0, reset='zero')
    """
    expect_number(dt_s, "dt_s", "above zero, in seconds", lambda number: number > 0)
    expect_whole(synapse_steps, "synapse_steps", 1)
    if type(neuron).__name__ == model:
        return neuron
    if model not in TARGETS:
        raise UnknownName("neuron model to substitute", model, TARGETS)
    lif = _as_lif(neuron, dt_s)
    same = {name: getattr(lif, name) for name in SHARED}
    if model == "CubaLIF":
        tau_syn_s = synapse_steps * dt_s
        tau_mem_s = lif.tau_mem_s
        if synapse_steps > 1:
            tau_mem_s = np.maximum(_array(tau_mem_s) - (tau_syn_s - dt_s), dt_s)
        return CubaLIF(tau_syn_s, tau_mem_s, r=lif.r, v_leak=lif.v_leak, **same)
    if model == "ALIF":
        if lif.reset not in ALIF.resets or isinstance(lif.delayed_reset, str):
            raise DesignProblem(
                "ALIF resets to zero or by subtraction, at once or before it integrates again; "
                f"{lif} does not. Substitute LIF or CubaLIF."
            )
        return ALIF(lif.tau_mem_s, lif.tau_mem_s, 0.0, r=lif.r, v_leak=lif.v_leak, **same)
    if model == "IF":
        r, leak = _array(lif.r), _array(lif.v_leak)
        drift = np.divide(
            leak, r, out=np.zeros(np.broadcast(leak, r).shape), where=r != 0
        )  # what pulls to v_leak
        return IF(r=r * dt_s / _array(lif.tau_mem_s), **{**same, "bias": _array(lif.bias) + drift})
    return lif


def _array(value: ArrayLike) -> np.ndarray:
    return np.asarray(value, dtype=np.float64)


def _as_lif(neuron: Neuron, dt_s: float) -> LIF:
    if isinstance(neuron, LIF):
        return neuron
    if isinstance(neuron, AdEx):
        above = {
            name: _array(getattr(neuron, name)) - _array(neuron.v_leak)
            for name in ("v_threshold", "v_reset")
        }
        return LIF(neuron.tau_mem_s, r=neuron.r, bias=neuron.bias, **above)
    if not isinstance(neuron, IF | CubaLIF | ALIF):
        name = type(neuron).__name__
        why = (
            "never fire, so there is no rate to match"
            if not neuron.fires
            else "have no limit that is a linear one"
        )
        raise DesignProblem(
            f"{name} neurons {why}. Take a chip whose neuron models include {name}, or train the "
            "network with neurons "
            "that the chip has."
        )
    same = {name: getattr(neuron, name) for name in SHARED}
    if isinstance(neuron, IF):
        return LIF(LONG_STEPS * dt_s, r=LONG_STEPS * _array(neuron.r), **same)
    if isinstance(neuron, CubaLIF):
        tau_s = np.maximum(_array(neuron.tau_mem_s) + _array(neuron.tau_syn_s) - dt_s, dt_s)
        return LIF(tau_s, r=_array(neuron.r) * _array(neuron.w_in), v_leak=neuron.v_leak, **same)
    return LIF(neuron.tau_mem_s, r=neuron.r, v_leak=neuron.v_leak, **same)


class PopulationChange(NamedTuple):
    """What became of one population; rates and times are None without a data set."""

    name: str
    before: str  # model
    after: str
    threshold_factor: float
    rate_before_hz: float | None = None  # mean spikes per neuron and second of the recordings
    rate_after_hz: float | None = None
    # mean |first spike after - first spike before|, where a neuron fires in both runs
    first_spike_steps: float | None = None
    # share of neurons and samples in which a neuron fires in one run alone
    only_one_fires: float | None = None

    @property
    def relative_error(self) -> float | None:
        """Relative difference of the rates; None where it is not measured or it did not fire
        before.
        """
        if self.rate_after_hz is None or not self.rate_before_hz:
            return None
        return self.rate_after_hz / self.rate_before_hz - 1


@dataclass(frozen=True, eq=False, repr=False)
class Substitution(Result):
    """A network with another neuron model, and the error made.

    Parameters
    ----------
    adapted : Adapted; its notes say what the other model cannot do
    model : str
    populations : tuple of PopulationChange, of all that fire, in the order of evaluation
    run_before, run_after : SpikeRecord or None, of the calibration set

    Examples
    --------
    >>> from spikefit_nb.network import CubaLIF, Input, Projection
    >>> layers = [Population("in", (1,), Input()), Population("out", (1,), CubaLIF(2e-3, 8e-3))]
    >>> network = Network(layers, [Projection("in", "out", np.full((1, 1), 9.0))])
    >>> substitute_neuron(network, "LIF")
    Substitution(LIF in 1 of 1 populations, not refitted: no data set)
    """

    adapted: Adapted
    model: str
    populations: tuple[PopulationChange, ...]
    run_before: SpikeRecord | None = None
    run_after: SpikeRecord | None = None

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.adapted.network

    def _notes(self) -> tuple[str, ...]:
        return self.adapted.notes

    @property
    def substituted(self) -> tuple[PopulationChange, ...]:
        """The populations whose model changed."""
        return tuple(change for change in self.populations if change.after != change.before)

    @property
    def largest_error(self) -> float | None:
        """The largest relative difference of a population's rate, in size; None where none is
        measured.
        """
        return max(
            (abs(c.relative_error) for c in self.populations if c.relative_error is not None),
            default=None,
        )

    def _headline(self) -> str:
        of = f"{self.model} in {len(self.substituted)} of {len(self.populations)} populations"
        if self.run_before is None or self.run_after is None:
            return f"{of}, not refitted: no data set"
        error = self.largest_error
        rates = "" if error is None else f": rates within {text(error, '%')}"
        shifts = [c.first_spike_steps for c in self.populations if c.first_spike_steps is not None]
        times = f", first spikes {max(shifts):.2g} steps apart" if shifts else ""
        right = ""
        if self.run_before.accuracy is not None:
            right = (
                f", {text(self.run_before.accuracy, '%')} right before, "
                f"{text(self.run_after.accuracy, '%')} after"
            )
        return f"{of}{rates}{times}{right}"

    def _quantities(self) -> tuple[Quantity, ...]:
        runs = {"before": self.run_before, "after": self.run_after}
        measured = [(name, run) for name, run in runs.items() if run is not None]
        return (
            *(q for name, run in measured for q in run.accuracy_told(name)),
            *(q for change in self.populations for q in _of_population(change)),
        )

    def _card(self) -> tuple[str, ...]:
        return self.headline, grid((q for q in self.quantities if q.of), "Population")


def _of_population(change: PopulationChange) -> Iterator[Quantity]:
    """The model, threshold and rate of a population before and after; nothing not measured."""
    return measured(
        change.name,
        [
            ("model_before", "Model", change.before, ""),
            ("model", "Model", change.after, ""),
            ("threshold_factor", "Factor on thresholds", change.threshold_factor, ""),
            ("rate_before_hz", "Rate of a neuron", change.rate_before_hz, "Hz"),
            ("rate_hz", "Rate of a neuron", change.rate_after_hz, "Hz"),
            ("rate_error", "Rate off by", change.relative_error, "+%"),
            ("first_spike_steps", "First spikes apart, steps", change.first_spike_steps, ""),
            ("only_one_fires", "Fires in one run only", change.only_one_fires, "%"),
        ],
    )


@guarded
def substitute_neuron(
    network: Network,
    model: str | type,
    *,
    calibration: SpikeDataset | None = None,
    populations: Sequence[str] | None = None,
    synapse_steps: int = 1,
) -> Substitution:
    """Replace neurons by a model that a chip has, and refit them so that every population fires as
    often as before.

    Each population starts as the nearest of the other model in closed form (``as_model``). Then,
    layer by layer in the order of evaluation, one factor of its thresholds is found by bisection so
    that its mean rate over the calibration set is the one before, ``|rate / rate before - 1| <=
    0.005``, or as near as it gets in 16 runs of it. What is reported is measured on the same data
    set: test the network on another one. Where a neuron's first spike falls can carry most of the
    answer in a feed-forward network (Thorpe, Delorme & Van Rullen 2001, Neural Networks
    14:715-725), so times are compared by it.

    Parameters
    ----------
    network : Network
    model : "IF", "LIF", "CubaLIF" or "ALIF", or the class
    calibration : SpikeDataset, optional; without it the closed form is all
    populations : sequence of str, optional; default: all that fire and are of another model
    synapse_steps : int, ``tau_syn`` of a CubaLIF in steps, as ``as_model`` takes it

    Returns
    -------
    Substitution

    Raises
    ------
    UnknownName
        There is no such model or population.
    DesignProblem
        A population cannot be of that model, or its threshold is not above zero.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(60)
    >>> bool(substitute_neuron(network, "LIF", calibration=dataset).largest_error < 0.01)
    True
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    name = model if isinstance(model, str) else getattr(model, "__name__", str(model))
    chosen = _chosen(network, populations)
    start = network.replace(
        populations=[
            _started(p, name, network.dt_s, synapse_steps) if p.name in chosen else p
            for p in network.populations
        ]
    )
    changed = tuple(
        p.name for p in network.neuron_populations if start[p.name].neuron is not p.neuron
    )
    before = after = None
    factors = dict.fromkeys(changed, 1.0)
    if calibration is not None:
        before = simulate(network, calibration, record="events")
        wanted = {name: int(before.spike_counts[name].sum()) for name in changed}
        start, factors = match_rates(start, wanted, calibration)
        after = simulate(start, calibration, record="events")
    assumed = network.assumptions
    if changed:
        kinds = " and ".join(dict.fromkeys(_model(network[each]) for each in changed))
        how = "in closed form"
        if calibration is not None:
            how = f"refitted to the firing rates on {calibration.name}"
        assumed = (*assumed, f"{name} for {kinds} in {', '.join(changed)}, {how}")
    result = start.replace(assumptions=assumed)
    changes = [
        PopulationChange(p.name, _model(p), _model(result[p.name]), factors.get(p.name, 1.0))
        for p in network.neuron_populations
        if p.neuron.fires
    ]
    if before is not None and after is not None and calibration is not None:
        dt_s = calibration.dt_s
        changes = [_measured(change, network, before, after, dt_s) for change in changes]
    change = f"{name} neurons in {len(changed)} of {len(changes)} populations"
    adapted = Adapted(change, network, result, tuple(_notes(network, changed, before)))
    return Substitution(adapted, name, tuple(changes), before, after)


def _chosen(network: Network, populations: Sequence[str] | None) -> tuple[str, ...]:
    if populations is None:
        return tuple(p.name for p in network.neuron_populations if p.neuron.fires)
    names = (populations,) if isinstance(populations, str) else tuple(populations)
    for name in names:
        if network[name].is_input:
            raise DesignProblem(
                f"{name!r} is an input: it repeats what the data set says and has no model to "
                "substitute."
            )
    return names


def _started(population: Population, model: str, dt_s: float, synapse_steps: int) -> Population:
    """The population as the nearest of the other model in closed form."""
    try:
        neuron = as_model(population.neuron, model, dt_s, synapse_steps=synapse_steps)
    except DesignProblem as problem:
        raise DesignProblem(f"Population {population.name!r}: {problem}") from problem
    started = population if neuron is population.neuron else replace(population, neuron=neuron)
    if started is not population and (started.parameter("v_threshold") <= 0).any():
        raise DesignProblem(
            f"Population {population.name!r}: a threshold is "
            f"{started.parameter('v_threshold').min():g}; to be scaled "
            "it must be above zero. Count potentials from rest: subtract v_leak from v_threshold, "
            "v_reset and v_leak."
        )
    return started


def _model(population: Population) -> str:
    return type(population.neuron).__name__


def _measured(
    change: PopulationChange, network: Network, before: SpikeRecord, after: SpikeRecord, dt_s: float
) -> PopulationChange:
    """Rates and first spikes of one population in both runs."""
    rates_hz = [
        float(record.spike_counts[change.name].mean() / record.n_steps / dt_s)
        for record in (before, after)
    ]
    start, n_neurons = network.starts[change.name], network[change.name].n_neurons
    first, then = (_first_spikes(record, start, n_neurons) for record in (before, after))
    both = (first < before.n_steps) & (then < before.n_steps)
    apart = float(np.abs(then - first)[both].mean()) if both.any() else None
    alone = float(((first < before.n_steps) != (then < before.n_steps)).mean())
    return change._replace(
        rate_before_hz=rates_hz[0],
        rate_after_hz=rates_hz[1],
        first_spike_steps=apart,
        only_one_fires=alone,
    )


def _first_spikes(record: SpikeRecord, start: int, n_neurons: int) -> np.ndarray:
    """The step of the first spike of each neuron, (n_samples, n_neurons); n_steps where it never
    fires.
    """
    row, neuron, _ = record.events.of(start, n_neurons)  # type: ignore[union-attr]
    sample, step = np.divmod(row, record.n_steps)
    first = np.full((record.n_samples, n_neurons), record.n_steps)
    np.minimum.at(first, (sample, neuron), step)
    return first


def _notes(network: Network, changed: Sequence[str], before: SpikeRecord | None) -> list[str]:
    """What the other model cannot do, and what could not be matched."""
    notes = []
    for name in changed:
        neuron = network[name].neuron
        if getattr(neuron, "max_spikes_per_step", 1) != 1:
            notes.append(f"{name}: fired several times a step before, and does once at most now")
        if before is not None and not before.spike_counts[name].any():
            notes.append(f"{name}: never fired before, so there was no rate to match")
    return notes
