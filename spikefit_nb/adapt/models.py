"""One neuron model as the nearest of another, in closed form: exact where it is a limit of the
other.
"""

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.network import ALIF, IF, LIF, AdEx, CubaLIF, Neuron

LONG_STEPS = 1000  # a time constant so long that the leak hardly shows
SHARED = ("v_threshold", "v_reset", "bias", "reset", "strict_threshold", "delayed_reset")
TARGETS = ("ALIF", "CubaLIF", "IF", "LIF")


def as_model(neuron: Neuron, model: str, dt_s: float) -> Neuron:
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

    Returns
    -------
    a neuron of that model; the same one where it is of that model already

    Raises
    ------
    UnknownName
        There is no such model, or nothing can be turned into it.
    DesignProblem
        The neuron has no such form.

    Examples
    --------
    >>> as_model(CubaLIF(0.005, 0.02, w_in=2.0), "LIF", 1e-3)
    LIF(tau_mem_s=0.024, v_threshold=1, r=2, v_leak=0, v_reset=0, bias=0, reset='zero')
    """
    if type(neuron).__name__ == model:
        return neuron
    if model not in TARGETS:
        raise UnknownName("neuron model to substitute", model, TARGETS)
    lif = _as_lif(neuron, dt_s)
    same = {name: getattr(lif, name) for name in SHARED}
    if model == "CubaLIF":
        return CubaLIF(dt_s, lif.tau_mem_s, r=lif.r, v_leak=lif.v_leak, **same)
    if model == "ALIF":
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
