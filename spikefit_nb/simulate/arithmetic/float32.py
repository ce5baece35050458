"""The reference arithmetic: every neuron model in float32."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spikefit_nb.kernels import adapting_neurons as adapting
from spikefit_nb.kernels import neurons as k
from spikefit_nb.network import (
    ALIF,
    IF,
    LI,
    LIF,
    AdEx,
    CubaLI,
    CubaLIF,
    Integrator,
    Izhikevich,
    Population,
    Projection,
)  # fmt: skip
from spikefit_nb.simulate.arithmetic.arithmetic import Prepared

MODEL = {
    IF: k.INTEGRATE, LIF: k.LEAKY, CubaLIF: k.CURRENT,
    Integrator: k.INTEGRATE, LI: k.LEAKY, CubaLI: k.CURRENT,
    ALIF: k.ADAPTING, Izhikevich: k.QUADRATIC, AdEx: k.EXPONENTIAL,
}  # fmt: skip
RESET = {"zero": k.TO_RESET, "subtract": k.SUBTRACT}
TAU = {"a_syn": "tau_syn_s", "a_mem": "tau_mem_s", "decay": "tau_adapt_s"}  # columns of dt / tau
DEFAULT = {"w_in": 1.0, "r": 1.0}
OWN: dict[tuple[type, str], str | Callable[[Population, float], np.ndarray]] = {  # columns under another name
    (ALIF, "coupling"): "beta",
    (Izhikevich, "a_mem"): lambda p, dt_s: np.full(p.n_neurons, dt_s * 1e3 / 2),  # half a step, in milliseconds
    (Izhikevich, "decay"): lambda p, dt_s: dt_s * 1e3 * p.parameter("a"),
    (Izhikevich, "coupling"): "b",
    (Izhikevich, "jump"): "d",
    (Izhikevich, "v_start"): "v_initial",
    (Izhikevich, "w_start"): lambda p, dt_s: p.parameter("b") * p.parameter("v_initial"),
    (AdEx, "coupling"): "a",
    (AdEx, "jump"): "b",
    (AdEx, "v_start"): "v_leak",
    (AdEx, "foot"): "v_threshold",
    (AdEx, "slope"): "slope_factor",
    (AdEx, "v_threshold"): "v_cut",
}


@dataclass(frozen=True, eq=False)
class FloatNeurons:
    """A population in float32, for ``kernels.neurons`` or ``kernels.adapting_neurons``.

    Parameters
    ----------
    rule : kernels.neurons.Rule
    values : kernels.neurons.Values
    adaptation : kernels.adapting_neurons.Adaptation, or None where the model has no second variable
    """

    rule: k.Rule
    values: k.Values
    adaptation: adapting.Adaptation | None
    current = np.float32

    @property
    def amounts(self) -> bool:
        """Whether a neuron may fire several times a step."""
        return self.rule.max_spikes != 1

    def start(self, n_samples: int, wants_all: bool) -> tuple:
        """State before the first step, and the rule to run by."""
        n, more = self.values.r.size, self.adaptation
        v, w = np.zeros((n_samples, n), np.float32), np.zeros((n_samples, n if more else 0), np.float32)
        if more:
            v[:], w[:] = more.v_start, more.w_start
        state = k.State(
            v, np.zeros((n_samples, n if self.rule.model == k.CURRENT else 0), np.float32), w,
            np.zeros((n_samples, n if more or self.rule.delayed else 0), np.int32),
            np.zeros(n_samples, np.int64), np.zeros(n_samples, np.bool_),
        )  # fmt: skip
        return state, self.rule._replace(may_rest=self.rule.may_rest and not wants_all)

    def run(
        self, state: tuple, current: np.ndarray, arrived: np.ndarray, first_step: int, out: k.Fired, seen: k.Seen
    ) -> int:
        """Run a window of steps; returns the number of events."""
        memory, rule = state
        if self.adaptation:
            return adapting.run_adapting(
                rule, self.values, self.adaptation, memory, current, arrived, first_step, out, seen
            )
        return k.run_neurons(rule, self.values, memory, current, arrived, first_step, out, seen)

    def overflows(self, state: tuple) -> int:
        """Floats are not counted: they leave their range only in an unstable network."""
        return 0

    def n_bytes(self, n_samples: int) -> int:
        """Memory of parameters and state."""
        n, more = self.values.r.size, self.adaptation
        n_variables = 1 + (self.rule.model == k.CURRENT) + 2 * bool(more) + (self.rule.delayed and not more)
        return 4 * n * (len(self.values) + (len(more) if more else 0) + n_variables * n_samples)


class Float32:
    """The reference: real units, nothing rounded but by float32 itself."""

    def prepare(self, population: Population, incoming: tuple[Projection, ...], dt_s: float) -> Prepared:
        """Put one population and the projections into it in these numbers."""
        scales = [np.atleast_1d(np.asarray(1.0 if e.scale is None else e.scale, np.float32)) for e in incoming]
        return Prepared(_neurons(population, dt_s), incoming, tuple(scales))


def _neurons(population: Population, dt_s: float) -> FloatNeurons:
    neuron = population.neuron
    model, most = MODEL[type(neuron)], getattr(neuron, "max_spikes_per_step", 1)
    values = k.Values(*(_column(population, name, dt_s) for name in k.Values._fields))
    rule = k.Rule(
        model,
        RESET[getattr(neuron, "reset", "zero")],
        bool(getattr(neuron, "strict_threshold", False)),
        bool(getattr(neuron, "delayed_reset", False)),
        0 if most is None else int(most),
        neuron.fires,
        False,
    )
    more = None
    if model >= k.ADAPTING:
        more = adapting.Adaptation(*(_column(population, name, dt_s) for name in adapting.Adaptation._fields))
    return FloatNeurons(rule._replace(may_rest=_may_rest(rule, values)), values, more)


def _may_rest(rule: k.Rule, p: k.Values) -> bool:
    """Whether without input the potential only falls back to a leak below the threshold, so that nothing fires."""
    if rule.model > k.LEAKY or rule.delayed or not rule.fires:
        return False
    stays = not p.bias.any() and np.all(p.v_threshold > 0) and np.all(p.v_reset < p.v_threshold)
    return bool(stays and (rule.model == k.INTEGRATE or (np.all(p.v_leak < p.v_threshold) and np.all(p.a_mem <= 1))))


def _column(population: Population, name: str, dt_s: float) -> np.ndarray:
    """One value per neuron of one column of the kernel's tables, (n_neurons,) float32."""
    own = OWN.get((type(population.neuron), name))
    if callable(own):
        return own(population, dt_s).astype(np.float32)
    source = own or TAU.get(name, name)
    if not hasattr(population.neuron, source):
        return np.full(population.n_neurons, DEFAULT.get(name, 0.0), np.float32)
    value = population.parameter(source)
    return (dt_s / value if name in TAU else value).astype(np.float32)
