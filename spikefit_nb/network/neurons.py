"""Neuron models: each docstring is the equation of one time step.

``I`` is what arrives in a step: the weighted spikes plus ``bias``. All are forward Euler, as NIR's
importers do it. A parameter is a number or an array that broadcasts to the population's shape.
``fires`` says whether a model sends spikes at all; one that does not is read by its potential.
"""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.frozen import Frozen
from spikefit_nb.network.adaptive_neurons import ALIF, AdEx, Izhikevich
from spikefit_nb.network.neuron_values import Late, Reset, check_values, describe
from spikefit_nb.network.sigma_delta import SigmaDelta


@dataclass(frozen=True, eq=False)
class Input(Frozen):
    """Repeats what the dataset says: spikes, counts or currents.

    Examples
    --------
    >>> Input()
    Input()
    """

    parameters: ClassVar[tuple[str, ...]] = ()
    fires: ClassVar[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class IF(Frozen):
    """Integrate and fire: ``v += r * I``; spike where ``v >= v_threshold``; then reset.

    Parameters
    ----------
    v_threshold, r, v_reset, bias : float or array
    reset : "zero" (to ``v_reset``), "subtract" (the threshold, once a spike) or "none"
    max_spikes_per_step : int or None
        None lets a neuron fire floor(v / v_threshold) times in a step.
    strict_threshold : bool; spike where ``v > v_threshold`` instead
    delayed_reset : bool, "after" or "held"
        Reset in the following step: to zero before it integrates, by subtraction after. "after":
        to zero after, too, so that what arrives in that step is lost to the potential. "held":
        by subtraction at once, but one left above its threshold next fires at twice that.

    Raises
    ------
    NetworkProblem
        A parameter is not finite, the reset is unknown, or ``max_spikes_per_step`` is not a whole
        number from 1 up.

    Examples
    --------
    >>> IF(1.0, reset="subtract")
    IF(v_threshold=1, r=1, v_reset=0, bias=0, reset='subtract')
    """

    v_threshold: "ArrayLike" = 1.0
    r: "ArrayLike" = 1.0
    v_reset: "ArrayLike" = 0.0
    bias: "ArrayLike" = 0.0
    _: KW_ONLY
    reset: Reset = "zero"
    max_spikes_per_step: int | None = 1
    strict_threshold: bool = False
    delayed_reset: Late = False

    parameters: ClassVar[tuple[str, ...]] = ("v_threshold", "r", "v_reset", "bias")
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, eq=False, repr=False)
class LIF(Frozen):
    """Leaky integrate and fire: ``v += dt / tau_mem * (v_leak - v + r * I)``.

    It spikes where ``v >= v_threshold``.

    Parameters
    ----------
    tau_mem_s : float or array, seconds
    v_threshold, r, v_leak, v_reset, bias : float or array
    reset : "zero" (to ``v_reset``), "subtract" (the threshold, once a spike) or "none"
    max_spikes_per_step : int or None
        None lets a neuron fire floor(v / v_threshold) times in a step.
    strict_threshold : bool; spike where ``v > v_threshold`` instead
    delayed_reset : bool, "after" or "held"
        Reset in the following step: to zero before it integrates, by subtraction after. "after":
        to zero after, too, so that what arrives in that step is lost to the potential. "held":
        by subtraction at once, but one left above its threshold next fires at twice that.

    Raises
    ------
    NetworkProblem
        A parameter is not finite, a time constant is not above zero, the reset is unknown, or
        ``max_spikes_per_step`` is not a whole number from 1 up.

    Examples
    --------
    >>> LIF(0.02, reset="zero").tau_mem_s
    np.float64(0.02)
    """

    tau_mem_s: "ArrayLike"
    v_threshold: "ArrayLike" = 1.0
    r: "ArrayLike" = 1.0
    v_leak: "ArrayLike" = 0.0
    v_reset: "ArrayLike" = 0.0
    bias: "ArrayLike" = 0.0
    _: KW_ONLY
    reset: Reset = "zero"
    max_spikes_per_step: int | None = 1
    strict_threshold: bool = False
    delayed_reset: Late = False

    parameters: ClassVar[tuple[str, ...]] = (
        "tau_mem_s",
        "v_threshold",
        "r",
        "v_leak",
        "v_reset",
        "bias",
    )
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, eq=False, repr=False)
class CubaLIF(Frozen):
    """Current-based LIF: ``i += dt / tau_syn * (w_in * I - i)``, then the LIF step with ``r * i``.

    Parameters
    ----------
    tau_syn_s, tau_mem_s : float or array, seconds
    v_threshold, r, v_leak, v_reset, w_in, bias : float or array
    reset : "zero" (to ``v_reset``), "subtract" (the threshold, once a spike) or "none"
    max_spikes_per_step : int or None
        None lets a neuron fire floor(v / v_threshold) times in a step.
    strict_threshold : bool; spike where ``v > v_threshold`` instead
    delayed_reset : bool, "after" or "held"
        Reset in the following step: to zero before it integrates, by subtraction after. "after":
        to zero after, too, so that what arrives in that step is lost to the potential. "held":
        by subtraction at once, but one left above its threshold next fires at twice that.

    Raises
    ------
    NetworkProblem
        A parameter is not finite, a time constant is not above zero, the reset is unknown, or
        ``max_spikes_per_step`` is not a whole number from 1 up.

    Examples
    --------
    >>> CubaLIF(2e-4, 1e-3, reset="subtract").reset
    'subtract'
    """

    tau_syn_s: "ArrayLike"
    tau_mem_s: "ArrayLike"
    v_threshold: "ArrayLike" = 1.0
    r: "ArrayLike" = 1.0
    v_leak: "ArrayLike" = 0.0
    v_reset: "ArrayLike" = 0.0
    w_in: "ArrayLike" = 1.0
    bias: "ArrayLike" = 0.0
    _: KW_ONLY
    reset: Reset = "zero"
    max_spikes_per_step: int | None = 1
    strict_threshold: bool = False
    delayed_reset: Late = False

    parameters: ClassVar[tuple[str, ...]] = (
        "tau_syn_s",
        "tau_mem_s",
        "v_threshold",
        "r",
        "v_leak",
        "v_reset",
        "w_in",
        "bias",
    )
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, eq=False, repr=False)
class Integrator(Frozen):
    """Integrator without spikes, NIR's ``I``: ``v += r * I``.

    It never fires and is read by its potential.

    Parameters
    ----------
    r, bias : float or array

    Raises
    ------
    NetworkProblem
        A parameter is not finite.

    Examples
    --------
    >>> Integrator(0.5)
    Integrator(r=0.5, bias=0)
    """

    r: "ArrayLike" = 1.0
    bias: "ArrayLike" = 0.0

    parameters: ClassVar[tuple[str, ...]] = ("r", "bias")
    fires: ClassVar[bool] = False
    v_threshold: ClassVar[float] = np.inf
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, eq=False, repr=False)
class LI(Frozen):
    """Leaky integrator: ``v += dt / tau_mem * (v_leak - v + r * I)``.

    It never fires and is read by its potential.

    Parameters
    ----------
    tau_mem_s : float or array, seconds
    r, v_leak, bias : float or array

    Raises
    ------
    NetworkProblem
        A parameter is not finite, or a time constant is not above zero.

    Examples
    --------
    >>> LI(0.02)
    LI(tau_mem_s=0.02, r=1, v_leak=0, bias=0)
    """

    tau_mem_s: "ArrayLike"
    r: "ArrayLike" = 1.0
    v_leak: "ArrayLike" = 0.0
    bias: "ArrayLike" = 0.0

    parameters: ClassVar[tuple[str, ...]] = ("tau_mem_s", "r", "v_leak", "bias")
    fires: ClassVar[bool] = False
    v_threshold: ClassVar[float] = np.inf
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, eq=False, repr=False)
class CubaLI(Frozen):
    """Current-based LI: ``i += dt / tau_syn * (w_in * I - i)``, then the LI step with ``r * i``.

    It never fires and is read by its potential.

    Parameters
    ----------
    tau_syn_s, tau_mem_s : float or array, seconds
    r, v_leak, w_in, bias : float or array

    Raises
    ------
    NetworkProblem
        A parameter is not finite, or a time constant is not above zero.

    Examples
    --------
    >>> CubaLI(0.005, 0.02)
    CubaLI(tau_syn_s=0.005, tau_mem_s=0.02, r=1, v_leak=0, w_in=1, bias=0)
    """

    tau_syn_s: "ArrayLike"
    tau_mem_s: "ArrayLike"
    r: "ArrayLike" = 1.0
    v_leak: "ArrayLike" = 0.0
    w_in: "ArrayLike" = 1.0
    bias: "ArrayLike" = 0.0

    parameters: ClassVar[tuple[str, ...]] = (
        "tau_syn_s",
        "tau_mem_s",
        "r",
        "v_leak",
        "w_in",
        "bias",
    )
    fires: ClassVar[bool] = False
    v_threshold: ClassVar[float] = np.inf
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)


Silent = Integrator | LI | CubaLI
Neuron = Input | IF | LIF | CubaLIF | Silent | ALIF | Izhikevich | AdEx | SigmaDelta
