"""Neuron models with a second variable that remembers past spikes.

Each docstring is the equation of one step.
``I`` is what arrives in a step: the weighted spikes plus ``bias``. ``z`` is 1 where the neuron
fired in the step before, otherwise 0.
"""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.frozen import Frozen
from spikefit_nb.network.neuron_values import Reset, check_values, describe


@dataclass(frozen=True, eq=False, repr=False)
class ALIF(Frozen):
    """LIF whose threshold rises with every spike and falls back.

    ``v += dt / tau_mem * (v_leak - v + r * I)``; ``a += z - dt / tau_adapt * a``; spike where
    ``v >= v_threshold + beta * a``; then reset, by subtraction of ``v_threshold`` alone, or of the
    whole ``v_threshold + beta * a``. ``a`` starts at ``a_initial``.

    Parameters
    ----------
    tau_mem_s, tau_adapt_s : float or array, seconds
    beta : float or array, how much one spike raises the threshold
    v_threshold, r, v_leak, v_reset, bias : float or array
    a_initial : float or array, what ``a`` is before the first step
    reset : "zero" (to ``v_reset``) or "subtract"
    adapted_reset : bool, whether "subtract" takes off the threshold with its adaptation
    strict_threshold : bool; spike where ``v > v_threshold + beta * a`` instead
    delayed_reset : bool
        Reset in the following step, as in the paper: to zero before it integrates, by subtraction
        after.

    Raises
    ------
    NetworkProblem
        A parameter is not finite, a time constant is not above zero, the reset is unknown, or
        ``adapted_reset`` is asked for where nothing is subtracted.

    Notes
    -----
    The paper's ``rho = exp(-dt / tau)`` is ``1 - dt / tau`` in forward Euler: give
    ``tau_adapt_s = dt / (1 - rho)`` for its rho exactly, and the like for alpha. Bellec et al. 2018
    (NeurIPS 31) and sinabs weigh the spike by ``1 - rho``: divide their beta by ``tau_adapt / dt``.
    Yin et al. 2021 also subtract the threshold as it stands in the step after, and start ``b`` at
    ``b_j0``: ``delayed_reset=True, adapted_reset=True`` and ``a_initial = b_j0 * tau_adapt / dt``.

    References
    ----------
    Bellec et al. 2020, Nature Communications 11:3625, Methods: ``A = v_th + beta a``,
    ``a(t+1) = rho a(t) + z(t)``, ``v(t+1) = alpha v(t) + I - z(t) v_th``. Yin, Corradi & Bohte
    2021, Nature Machine Intelligence 3:905-913, mem_update_adp of its program.

    Examples
    --------
    >>> ALIF(0.02, 0.2, 0.05, reset="subtract")  # doctest: +NORMALIZE_WHITESPACE
    ALIF(tau_mem_s=0.02, tau_adapt_s=0.2, beta=0.05, v_threshold=1, r=1, v_leak=0, v_reset=0,
         bias=0, a_initial=0, reset='subtract')
    """

    tau_mem_s: "ArrayLike"
    tau_adapt_s: "ArrayLike"
    beta: "ArrayLike"
    v_threshold: "ArrayLike" = 1.0
    r: "ArrayLike" = 1.0
    v_leak: "ArrayLike" = 0.0
    v_reset: "ArrayLike" = 0.0
    bias: "ArrayLike" = 0.0
    a_initial: "ArrayLike" = 0.0
    _: KW_ONLY
    reset: Reset = "zero"
    adapted_reset: bool = False
    strict_threshold: bool = False
    delayed_reset: bool = False

    parameters: ClassVar[tuple[str, ...]] = (
        "tau_mem_s",
        "tau_adapt_s",
        "beta",
        "v_threshold",
        "r",
        "v_leak",
        "v_reset",
        "bias",
        "a_initial",
    )
    resets: ClassVar[tuple[str, ...]] = ("zero", "subtract")
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)
        if not isinstance(self.adapted_reset, bool | np.bool_):
            raise NetworkProblem(
                f"ALIF: adapted_reset is {self.adapted_reset!r}; it must be True or False."
            )
        if self.adapted_reset and self.reset != "subtract":
            raise NetworkProblem(
                f"ALIF: adapted_reset goes with reset='subtract', and reset is {self.reset!r}: "
                "nothing is subtracted."
            )


@dataclass(frozen=True, eq=False, repr=False)
class Izhikevich(Frozen):
    """Izhikevich's quadratic neuron, in millivolts and milliseconds.

    ``v += h * (0.04 v**2 + 5 v + 140 - u + r * I)`` twice, with ``h`` half a step in ms; then
    ``u += 2 h * a * (b * v - u)``; spike where ``v >= v_peak``, then ``v = c`` and ``u += d``. It
    starts with ``v = v_initial`` and ``u = b * v_initial``.

    Parameters
    ----------
    a, b, c, d : float or array
        Speed (per ms) and coupling (per ms) of u, v after a spike (mV), jump of u (mV/ms); the
        defaults are regular spiking.
    v_peak : float or array, mV, where the spike is cut off
    v_initial : float or array, mV
    r : float or array
        ``r * I`` is in mV/ms and acts for the whole step, so that a spike of weight w moves v by
        ``r * w * dt`` mV, dt in ms.
    bias : float or array, in the unit of I

    Raises
    ------
    NetworkProblem
        A parameter is not finite, or v after a spike is not below the peak.

    References
    ----------
    Izhikevich 2003, IEEE Transactions on Neural Networks 14(6):1569-1572, equations 1 to 3 and the
    program net.m, whose step is 1 ms. Longer ones are not stable.

    Examples
    --------
    >>> Izhikevich(d=2.0, a=0.1)
    Izhikevich(a=0.1, b=0.2, c=-65, d=2, v_peak=30, v_initial=-65, r=1, bias=0)
    """

    a: "ArrayLike" = 0.02
    b: "ArrayLike" = 0.2
    c: "ArrayLike" = -65.0
    d: "ArrayLike" = 8.0
    v_peak: "ArrayLike" = 30.0
    v_initial: "ArrayLike" = -65.0
    r: "ArrayLike" = 1.0
    bias: "ArrayLike" = 0.0

    parameters: ClassVar[tuple[str, ...]] = ("a", "b", "c", "d", "v_peak", "v_initial", "r", "bias")
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)
        if (np.asarray(self.c) >= self.v_peak).any():
            raise NetworkProblem(
                "Izhikevich: c must be below v_peak, or a neuron that fired would fire for ever."
            )

    @property
    def v_threshold(self) -> ArrayLike:
        """Where a spike is noticed: the peak."""
        return self.v_peak

    @property
    def v_reset(self) -> ArrayLike:
        """The potential after a spike: c."""
        return self.c


@dataclass(frozen=True, eq=False, repr=False)
class AdEx(Frozen):
    """Adaptive exponential integrate and fire.

    Both from the values before, with ``growth = exp((v - v_threshold) / slope_factor)``::

        v += dt / tau_mem * (v_leak - v + slope_factor * growth + r * (I - w))
        w += dt / tau_adapt * (a * (v - v_leak) - w)

    Spike where ``v >= v_peak``, then ``v = v_reset`` and ``w += b``. Without a slope factor the
    exponential is a wall: spike where ``v >= v_threshold``. It starts with ``v = v_leak`` and
    ``w = 0``.

    Parameters
    ----------
    tau_mem_s : float or array, seconds: capacitance over leak conductance
    tau_adapt_s : float or array, seconds
    v_threshold, slope_factor, v_peak, v_leak, v_reset : float or array
        Volts, or any unit throughout.
    r : float or array, ohms: one over the leak conductance
    a : float or array, siemens
    b, bias : float or array, amperes, the unit of I

    Raises
    ------
    NetworkProblem
        A parameter is not finite, a time constant not above zero, the slope factor below it, or v
        after a spike is not below where it fires.

    Notes
    -----
    Forward Euler needs a step well below ``tau_mem``: 0.1 ms or less with the defaults.

    References
    ----------
    Brette & Gerstner 2005, Journal of Neurophysiology 94(5):3637-3642, equations 2 to 4; the
    defaults are its regular spiking neuron (281 pF, 30 nS, -70.6 mV, -50.4 mV, 2 mV, 144 ms, 4 nS,
    80.5 pA, cut off at 20 mV).

    Examples
    --------
    >>> AdEx(b=0.0).slope_factor
    np.float64(0.002)
    """

    tau_mem_s: "ArrayLike" = 281 / 30 * 1e-3
    tau_adapt_s: "ArrayLike" = 0.144
    v_threshold: "ArrayLike" = -50.4e-3
    slope_factor: "ArrayLike" = 2e-3
    v_peak: "ArrayLike" = 20e-3
    r: "ArrayLike" = 1 / 30e-9
    v_leak: "ArrayLike" = -70.6e-3
    v_reset: "ArrayLike" = -70.6e-3
    a: "ArrayLike" = 4e-9
    b: "ArrayLike" = 80.5e-12
    bias: "ArrayLike" = 0.0

    parameters: ClassVar[tuple[str, ...]] = (
        "tau_mem_s",
        "tau_adapt_s",
        "v_threshold",
        "slope_factor",
        "v_peak",
        "r",
        "v_leak",
        "v_reset",
        "a",
        "b",
        "bias",
    )
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)
        if (np.asarray(self.slope_factor) < 0).any():
            raise NetworkProblem(
                "AdEx: slope_factor must be 0 or more, but its smallest value is "
                f"{np.min(self.slope_factor):g}."
            )
        if (np.asarray(self.v_reset) >= self.v_cut).any():
            raise NetworkProblem(
                "AdEx: v_reset must be below v_peak (below v_threshold where slope_factor is 0), "
                "or a neuron that fired would fire for ever."
            )

    @property
    def v_cut(self) -> np.ndarray:
        """Where a spike is noticed: the peak, or the threshold where there is no exponential."""
        return np.where(np.asarray(self.slope_factor) > 0, self.v_peak, self.v_threshold)
