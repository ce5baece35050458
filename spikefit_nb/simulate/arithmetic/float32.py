"""The reference arithmetic: every neuron model in float32."""

from collections.abc import Callable

import numpy as np

from spikefit_nb.kernels import neurons as k
from spikefit_nb.kernels import sigma_delta
from spikefit_nb.kernels.adapting_neurons import run_adapting
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
    SigmaDelta,
)
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared

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
COLUMNS = ("a_syn", "a_mem", "w_in", "r", "v_leak", "v_threshold", "v_reset", "bias", "v_threshold")
ADAPTING_COLUMNS = ("decay", "coupling", "jump", "foot", "slope")
RESET = {"zero": k.TO_RESET, "subtract": k.SUBTRACT, "none": k.KEEP}
TAU = {"a_syn": "tau_syn_s", "a_mem": "tau_mem_s", "decay": "tau_adapt_s"}  # columns of dt / tau
DEFAULT = {"w_in": 1.0, "r": 1.0}
Column = str | Callable[[Population, float], np.ndarray]
OWN: dict[tuple[type, str], Column] = {  # columns under another name
    (ALIF, "coupling"): "beta",
    (ALIF, "w_start"): "a_initial",
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
    return Prepared(_neurons_of(population, dt_s), incoming, arrays)


def _neurons_of(population: Population, dt_s: float) -> Neurons:
    if isinstance(population.neuron, SigmaDelta):
        return _sigma_delta(population, population.neuron)
    return _neurons(population, dt_s)


def _sigma_delta(population: Population, neuron: SigmaDelta) -> Neurons:
    threshold, bias = (population.parameter(n).astype(np.float32) for n in neuron.parameters)
    rectified = neuron.activation == "relu"
    return Neurons(
        sigma_delta.run_sigma_delta,
        sigma_delta.Values(threshold, rectified, bool(neuron.whole_thresholds)),
        bias,
        w=np.zeros_like(bias),
        current=np.float32,
        graded=True,
    )


def _neurons(population: Population, dt_s: float) -> Neurons:
    neuron = population.neuron
    model, most = MODEL[type(neuron)], getattr(neuron, "max_spikes_per_step", 1)
    adapts, strict = model >= k.ADAPTING, bool(getattr(neuron, "strict_threshold", False))
    reset, late = getattr(neuron, "reset", "zero"), getattr(neuron, "delayed_reset", False)
    code = RESET[reset]
    if late == "held":
        code = k.HELD
    elif late == "after" and reset == "zero":
        code = k.AFTER
    elif getattr(neuron, "adapted_reset", False):
        code = k.ADAPTED
    names = COLUMNS + ADAPTING_COLUMNS * adapts
    columns = np.stack([_column(population, name, dt_s) for name in names])
    if strict:
        columns[k.V_LEAST] = np.nextafter(columns[k.V_LEAST], np.float32(np.inf))
    values = k.Values(
        columns,
        model,
        code,
        strict,
        bool(late),
        max_spikes=0 if most is None else int(most),
        fires=neuron.fires,
        may_rest=False,
    )
    v, w = (_column(population, name, dt_s) for name in ("v_start", "w_start"))
    return Neurons(
        run_adapting if adapts else k.run_neurons,
        values._replace(may_rest=_may_rest(values)),
        v,
        i=np.zeros(v.size * (model == k.CURRENT), np.float32),
        w=w[: w.size * adapts],
        fired=np.zeros(v.size * (adapts or values.delayed), np.int32),
        most_spikes=most,
        current=np.float32,
    )


def _may_rest(p: k.Values) -> bool:
    """Whether without input nothing fires: a potential only falls to a leak below its threshold."""
    if p.model > k.LEAKY or p.delayed or not p.fires:
        return False
    threshold = p.columns[k.V_THRESHOLD]
    starts_below = np.all(threshold > 0) and np.all(p.columns[k.V_RESET] < threshold)
    stays = starts_below and not p.columns[k.BIAS].any()
    falls = np.all(p.columns[k.V_LEAK] < threshold) and np.all(p.columns[k.A_MEM] <= 1)
    return bool(stays and (p.model == k.INTEGRATE or falls))


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
