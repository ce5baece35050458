"""Codes by name: those that need one channel a value, and nothing but a number of steps."""

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from types import MappingProxyType

from spikefit_nb.encode.channels import PopulationCode
from spikefit_nb.encode.encoder import Encoder
from spikefit_nb.encode.rate import Direct, RateBernoulli, RateRegular
from spikefit_nb.encode.timing import Burst, Latency, Phase
from spikefit_nb.errors import DatasetProblem, UnknownName

ENCODERS: MappingProxyType[str, Callable[[int], Encoder]] = MappingProxyType(
    {
        "rate_bernoulli": RateBernoulli,
        "rate_regular": RateRegular,
        "latency": Latency,
        "phase": Phase,
        "burst": Burst,
        "direct": Direct,
    }
)
WITH_PEAK = ("rate_bernoulli", "rate_regular")


def encoder_named(
    name: str | None, own: Encoder, *, n_steps: int | None = None, peak: float | None = None
) -> Encoder:
    """Make an encoder of its name, or change one that there is.

    Parameters
    ----------
    name : str, one of ``ENCODERS``; None: ``own``
    own : Encoder, whose steps are taken where none are given; of a PopulationCode the code by
        which it sends its activities is the one that changes
    n_steps : int, optional
    peak : float, optional, spikes a step for a value of 1, of rate codes

    Returns
    -------
    Encoder; ``own`` itself where nothing is given

    Raises
    ------
    UnknownName
        There is no such encoder.
    DatasetProblem
        The encoder has no peak, or its steps are its own.

    Examples
    --------
    >>> encoder_named("rate_regular", RateBernoulli(64), n_steps=20, peak=0.5)
    RateRegular(n_steps=20, peak=0.5)
    """
    if name is not None and name not in ENCODERS:
        raise UnknownName("encoder", name, ENCODERS)
    if isinstance(own, PopulationCode):
        code = encoder_named(name, own.code, n_steps=n_steps, peak=peak)
        return own if code == own.code else replace(own, code=code)
    made = own
    if name is not None and name != name_of(own):
        made = ENCODERS[name](own.n_steps if n_steps is None else n_steps)
    elif n_steps is not None and n_steps != own.n_steps:
        if not is_dataclass(own):
            raise DatasetProblem(f"n_steps is {n_steps}, but {own!r} has {own.n_steps} of its own.")
        made = replace(own, n_steps=n_steps)
    if peak is None:
        return made
    if not isinstance(made, RateBernoulli | RateRegular):
        raise DatasetProblem(
            f"peak is {peak}, but {made!r} has none: it is for {' and '.join(WITH_PEAK)}."
        )
    return replace(made, peak=peak)


def name_of(encoder: Encoder) -> str | None:
    """Find the name of an encoder's kind.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    str, one of ``ENCODERS``, or None

    Examples
    --------
    >>> name_of(Latency(8))
    'latency'
    """
    return next((name for name, kind in ENCODERS.items() if type(encoder) is kind), None)
