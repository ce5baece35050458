"""Neurons that send what has changed of their activation: an ANN's layers, event by event."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import NetworkProblem, is_one_of
from spikefit_nb.frozen import Frozen
from spikefit_nb.network.neuron_values import check_values, describe

ACTIVATIONS = ("relu", "none")


@dataclass(frozen=True, eq=False, repr=False)
class SigmaDelta(Frozen):
    """Sigma-delta neuron: ``v += I``, first ``v = bias``; of ``a = max(v, 0)`` it sends changes.

    Where ``|a - sent| >= v_threshold`` it sends the message ``m = a - sent``, and ``sent += m``. A
    message is a number with a sign, in the unit of the activation: a target gets ``weight * m``. It
    is one spike, one packet and one synaptic operation a synapse, whatever it carries. What arrives
    has to be changes, too: frames as ``np.diff(frames, axis=1, prepend=0)``. Nothing leaks and
    nothing is reset, and the bias, from which the potential starts, counts once. An output is read
    by its potential.

    Parameters
    ----------
    v_threshold, bias : float or array
    activation : "relu", or "none" for ``a = v``
    whole_thresholds : bool
        True sends ``m = v_threshold * trunc((a - sent) / v_threshold)``: messages of few digits,
        which leave a rest to send.

    Raises
    ------
    NetworkProblem
        A parameter is not finite, a threshold is not above zero, or the activation is unknown.

    References
    ----------
    lava-nc/lava@174f46d src/lava/proc/sdn/models.py, PySigmaDeltaModelFloat, of Loihi 2; O'Connor &
    Welling 2017, ICLR, arXiv 1611.02024, for networks of them.

    Examples
    --------
    >>> SigmaDelta(0.1)
    SigmaDelta(v_threshold=0.1, bias=0)
    """

    v_threshold: "ArrayLike"
    bias: "ArrayLike" = 0.0
    _: KW_ONLY
    activation: Literal["relu", "none"] = "relu"
    whole_thresholds: bool = False

    parameters: ClassVar[tuple[str, ...]] = ("v_threshold", "bias")
    fires: ClassVar[bool] = True
    __repr__ = describe

    def __post_init__(self) -> None:
        check_values(self)
        least, largest = np.min(self.v_threshold), np.max(self.v_threshold)
        float32 = np.finfo(np.float32)
        if least < float32.smallest_subnormal:
            raise NetworkProblem(
                f"SigmaDelta: v_threshold must be above zero, but its smallest value is {least:g}: "
                "it is the smallest change that is sent."
            )
        if largest > float32.max:
            raise NetworkProblem(
                f"SigmaDelta: v_threshold is up to {largest:g}, but float32 goes to "
                f"{float32.max:.2g}: no change would ever be sent."
            )
        if not is_one_of(self.activation, ACTIVATIONS):
            raise NetworkProblem(
                f"SigmaDelta: activation is {self.activation!r}; it must be 'relu' or 'none'."
            )
        if not isinstance(self.whole_thresholds, bool | np.bool_):
            raise NetworkProblem(
                f"SigmaDelta: whole_thresholds is {self.whole_thresholds!r}; it must be True or "
                "False."
            )
