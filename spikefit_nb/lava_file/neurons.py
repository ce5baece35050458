"""The neurons of a layer: what the chip is given, as a neuron model."""

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.lava_file.entries import Layer
from spikefit_nb.network import IF, LI, LIF, CubaLI, CubaLIF, Integrator, Neuron

PARTS = 4096  # of a decay
NEVER = 2**17 - 1  # a threshold mantissa from here on is one that no potential reaches
NO_DECAY = 1e-9  # of a step: rounds to no part of 4096
KINDS = ("CUBA", "LOIHI")
REFUSED = {  # entry: the value that is no refusal
    "refDelay": 1,
    "gradedSpike": 0,
    "messageBits": 0,
}


def neuron_of(
    layer: Layer, shape: tuple[int, ...], *, dt_s: float, strict: bool | None
) -> tuple[Neuron, int]:
    """The neuron model of a layer, and the exponent of its weights."""
    given = layer.neuron
    if given is None:  # lava-dl's own default: the current gathers, and is read as the potential
        return Integrator(bias=_bias(layer, shape, "no neuron")), 0
    _check_kind(given)
    du, dv = (_decay(given, key) for key in ("iDecay", "vDecay"))
    vth = given.number("vThMant")
    if vth < 1:
        raise given.problem("vThMant", f"is {vth}; a threshold above zero is needed.")
    bias = _bias(layer, shape, given.kind)
    fires = vth < NEVER
    if fires and strict is None:
        raise FileProblem(
            f"{layer.where} does not say whether its neurons fire at their threshold or above it. "
            "Say strict_threshold=True for above, as Lava and the chip do, or False for at it, as "
            "runs of lava-dl's SLAYER do."
        )
    threshold = {"v_threshold": float(vth), "strict_threshold": bool(strict)} if fires else {}
    return _model(du, dv, bias, dt_s, threshold), given.number("wgtExp", 0)


def sent_after(layer: Layer) -> int:
    """Steps after which the next layer has the spikes of a layer, its delays not counted."""
    return int(layer.neuron is not None and layer.neuron.kind == "CUBA")


def _model(du: float, dv: float, bias: np.ndarray, dt_s: float, threshold: dict) -> Neuron:
    """The simplest model of which a spike adds its whole weight."""
    if du == 1 and dv <= NO_DECAY:
        return IF(bias=bias, **threshold) if threshold else Integrator(bias=bias)
    r = {"r": 1 / dv}
    if du == 1:
        at_once: type[LIF | LI] = LIF if threshold else LI
        return at_once(dt_s / dv, bias=bias, **r, **threshold)
    # a bias goes to the potential, past the current
    leak = {"v_leak": bias / dv, "w_in": 1 / du}
    lasting: type[CubaLIF | CubaLI] = CubaLIF if threshold else CubaLI
    return lasting(dt_s / du, dt_s / dv, **r, **leak, **threshold)


def _check_kind(given: Layer) -> None:
    if given.kind not in KINDS:
        raise given.problem(
            "type",
            f"is {given.kind!r}; neurons of {' and '.join(KINDS)} are read, "
            "current-based LIF with a reset to zero.",
        )
    for key, allowed in REFUSED.items():
        if given.number(key, allowed) != allowed:
            raise given.problem(
                key, f"is {given.number(key)}; only neurons whose {key} is {allowed} are read."
            )


def _decay(given: Layer, key: str) -> float:
    parts = given.number(key)
    if not 0 <= parts <= PARTS:
        raise given.problem(key, f"is {parts}; 0 to {PARTS} parts of {PARTS} are needed.")
    return parts / PARTS if parts else NO_DECAY


def _bias(layer: Layer, shape: tuple[int, ...], kind: str) -> np.ndarray | float:
    """A bias a neuron or a channel, in the shape of the layer."""
    if "bias" not in layer or layer.kind == "input":
        return 0.0
    bias = layer.whole("bias").ravel().astype(np.float64)
    n = int(np.prod(shape))
    if bias.size == n:
        return bias.reshape(shape)
    if bias.size in (1, shape[0]):
        return bias.reshape(-1, *(1,) * (len(shape) - 1))
    raise layer.problem(
        "bias",
        f"holds {bias.size} numbers, for a layer of {n} neurons ({kind}) in {shape[0]} channels.",
    )
