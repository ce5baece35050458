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
)
from spikefit_nb.simulate.prepared import Arithmetic, Arriving, Prepared
from spikefit_nb.simulate.routes import Route

MODEL = {
    IF: k.INTEGRATE,
    LIF: k.LEAKY,
    CubaLIF: k.CURRENT,
    Integrator: k.INTEGRATE,
    LI: k.LEAKY,
    CubaLI: k.CURRENT,
    ALIF: k.ADAPTING,
    Izhikevich: k.QUADRATIC,
    AdEx: k.EXPONENTIAL,
}
# rows, in the kernel's order
VALUES = ("a_syn", "a_mem", "w_in", "r", "v_leak", "v_threshold", "v_reset", "bias")
MORE = ("v_start", "w_start", "decay", "coupling", "jump", "foot", "slope")
RESET = {"zero": k.TO_RESET, "subtract": k.SUBTRACT}
TAU = {"a_syn": "tau_syn_s", "a_mem": "tau_mem_s", "decay": "tau_adapt_s"}  # columns of dt / tau
DEFAULT = {"w_in": 1.0, "r": 1.0}
Column = str | Callable[[Population, float], np.ndarray]
OWN: dict[tuple[type, str], Column] = {  # columns under another name
    (ALIF, "coupling"): "beta",
    (Izhikevich, "a_mem"): lambda p, dt_s: np.full(p.n_neurons, dt_s * 1e3 / 2),  # half a step, ms
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
    """A population in float32, for ``kernels.neurons`` or ``kernels.adapting_neurons``."""

    rule: k.Rule
    values: np.ndarray  # (8, n_neurons) float32, rows as in ``kernels.neurons``
    more: np.ndarray | None  # (7, n_neurons), as in ``adapting_neurons``; None: one variable
    loop: Route | None = None  # of the population onto itself, run within the kernel
    current = np.float32

    @property
    def kernel(self) -> Callable[..., int]:
        """The compiled function that runs them."""
        return k.run_neurons if self.more is None else adapting.run_adapting

    @property
    def amounts(self) -> bool:
        """Whether a neuron may fire several times a step."""
        return self.rule.max_spikes != 1

    def start(self, n_samples: int, wants_all: bool) -> tuple:
        """State before the first step, and the rule to run by."""
        n, has_more = self.values.shape[1], self.more is not None
        v, w = np.zeros((n_samples, n), np.float32), np.zeros((n_samples, n * has_more), np.float32)
        if self.more is not None:
            v[:], w[:] = self.more[adapting.V_START], self.more[adapting.W_START]
        state = k.State(
            v,
            np.zeros((n_samples, n * (self.rule.model == k.CURRENT)), np.float32),
            np.zeros((n_samples, n * (has_more or self.rule.delayed)), np.int32),
            np.zeros(n_samples, np.int64),
            np.zeros(n_samples, np.bool_),
            current=np.zeros(n, np.float32),
        )
        loop = None
        if self.loop is not None:
            route, shape = self.loop, (n_samples, self.loop.delay_steps)
            sums: np.ndarray = np.zeros((*shape, n), route.sums)
            loop = k.Loop(route.weights, route.scale, route.n_last, sums, np.zeros(shape, np.int64))
        return state, w, self.rule._replace(may_rest=self.rule.may_rest and not wants_all), loop

    def run(
        self,
        state: tuple,
        arriving: Arriving,
        arrived: np.ndarray,
        first_step: int,
        out: k.Fired,
        seen: k.Seen,
    ) -> int:
        """Run a window of steps; returns the number of events."""
        memory, w, rule, loop = state
        if self.more is None:
            amount = out.amount if self.amounts else None
            return k.run_neurons(
                rule, self.values, memory, *arriving, arrived, first_step, out, amount, seen, loop
            )
        return adapting.run_adapting(
            rule, self.values, self.more, memory, w, *arriving, arrived, first_step, out, seen
        )

    def overflows(self, state: tuple) -> int:
        """Floats are not counted: they leave their range only in an unstable network."""
        return 0

    def n_bytes(self, n_samples: int) -> int:
        """Memory of parameters and state."""
        n = self.values.shape[1]
        n_variables = 1.0 + (self.rule.model == k.CURRENT)
        fixed = self.values.nbytes
        if self.more is not None:
            fixed += self.more.nbytes
            n_variables += 2
        else:
            n_variables += self.rule.delayed
        if self.loop is not None:
            fixed += self.loop.n_bytes
            n_variables += self.loop.delay_steps * np.dtype(self.loop.sums).itemsize / 4
        return int(fixed + 4 * n * n_variables * n_samples)


def prepare(
    population: Population,
    incoming: tuple[Projection, ...],
    dt_s: float,
    *,
    is_last: bool,
) -> Prepared:
    """A population and what leads into it in real units, rounded by nothing but float32 itself."""
    scales = [1.0 if e.scale is None else e.scale for e in incoming]
    arrays = tuple(np.atleast_1d(np.asarray(scale, np.float32)) for scale in scales)
    neurons = _neurons(population, dt_s)
    return Prepared(neurons, incoming, arrays, most_spikes=neurons.rule.max_spikes or None)


def _neurons(population: Population, dt_s: float) -> FloatNeurons:
    neuron = population.neuron
    model, most = MODEL[type(neuron)], getattr(neuron, "max_spikes_per_step", 1)
    values = np.stack([_column(population, name, dt_s) for name in VALUES])
    rule = k.Rule(
        model,
        RESET[getattr(neuron, "reset", "zero")],
        bool(getattr(neuron, "strict_threshold", False)),
        bool(getattr(neuron, "delayed_reset", False)),
        0 if most is None else int(most),
        fires=neuron.fires,
        may_rest=False,
    )
    more = None
    if model >= k.ADAPTING:
        more = np.stack([_column(population, name, dt_s) for name in MORE])
    return FloatNeurons(rule._replace(may_rest=_may_rest(rule, values)), values, more)


def _may_rest(rule: k.Rule, values: np.ndarray) -> bool:
    """Whether without input nothing fires: a potential only falls to a leak below its threshold."""
    if rule.model > k.LEAKY or rule.delayed or not rule.fires:
        return False
    threshold = values[k.V_THRESHOLD]
    starts_below = np.all(threshold > 0) and np.all(values[k.V_RESET] < threshold)
    stays = starts_below and not values[k.BIAS].any()
    falls = np.all(values[k.V_LEAK] < threshold) and np.all(values[k.A_MEM] <= 1)
    return bool(stays and (rule.model == k.INTEGRATE or falls))


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


ARITHMETIC = Arithmetic(prepare, is_integer=False)
