"""Give every spike the delay the chip gives it."""

from dataclasses import dataclass, replace

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.errors import guarded
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import AdEx, Network, Population, Projection, SigmaDelta


@dataclass(frozen=True, eq=False)
class Retimed(Frozen):
    """A network with the chip's delays, and how much longer it takes to answer.

    Parameters
    ----------
    adapted : Adapted
    extra_steps : int, the delay added on the longest way to the output

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> network = load_network("digits")
    >>> Retimed(Adapted("no delay changed", network, network), 0).network is network
    True
    """

    adapted: Adapted
    extra_steps: int

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.adapted.network

    @property
    def notes(self) -> tuple[str, ...]:
        """Projections whose timing relative to their neighbours changed, in words."""
        return self.adapted.notes


@guarded
def retime(network: Network, profile: HardwareProfile) -> Retimed:
    """Replace delays that the chip cannot keep by its shortest one.

    A projection between neurons with fewer delay steps than the chip's minimum gets the minimum;
    inputs are injected from outside and keep theirs.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile

    Returns
    -------
    Retimed

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (1,), Input()), Population("a", (1,), IF(1.0)),
    ...                    Population("b", (1,), IF(1.0))],
    ...                   [Projection("in", "a", np.eye(1)), Projection("a", "b", np.eye(1))])
    >>> retimed = retime(network, load_profile("loihi1"))
    >>> [e.delay_steps for e in retimed.network.projections], retimed.extra_steps, retimed.notes
    ([0, 1], 1, ())
    """
    least = int(profile.value("minimum_delay")) if profile.has("minimum_delay") else 0
    inputs = {p.name for p in network.inputs}
    added = {
        e: 0 if e.source in inputs else max(0, least - e.delay_steps) for e in network.projections
    }
    if not any(added.values()):
        return Retimed(Adapted("no delay changed", network, network), 0)
    late = _lateness(network, added)
    shifts = {e: late[e.source] + added[e] - late[e.target] for e in network.projections}
    # Neurons keep their numbers: the order of evaluation before is one of those possible after.
    populations = (*network.inputs, *network.neuron_populations)
    projections = [replace(e, delay_steps=e.delay_steps + added[e]) for e in network.projections]
    after = network.replace(populations=populations, projections=projections)
    notes = (
        *(_setting_in_words(e, shift) for e, shift in shifts.items() if shift),
        *_biases_in_words(network, late),
    )
    steps = f"{least} step{'s' * (least > 1)}"
    adapted = Adapted(f"delays of at least {steps}", network, after, notes)
    return Retimed(adapted, late[network.output])


def lags(before: Network, after: Network) -> dict[str, int]:
    """By how many steps each population hears later in the network after than in the one before."""
    first, then = (
        _lateness(network, {e: e.delay_steps for e in network.projections})
        for network in (before, after)
    )
    return {name: then[name] - first[name] for name in first if name in then}


def _lateness(network: Network, steps: dict[Projection, int]) -> dict[str, int]:
    """How late each population hears of the inputs, on the longest way, if projections take so
    many steps.
    """
    late = dict.fromkeys((p.name for p in network.populations), 0)
    onward = [
        e
        for e in network.projections
        if e.delay_steps == 0 or e.source not in network.reach[e.target]
    ]
    for _ in network.populations:  # the longest way, however the populations are listed
        for e in onward:
            late[e.target] = max(late[e.target], late[e.source] + steps[e])
    return late


def _biases_in_words(network: Network, late: dict[str, int]) -> tuple[str, ...]:
    """That a chip updates all neurons from the first step on, also where spikes come later."""
    early = [p for p in network.neuron_populations if late[p.name] and _drives_itself(p)]
    if not early:
        return ()
    each = ", ".join(f"{p.name!r} {late[p.name]}" for p in early)
    return (
        f"Biases act from the first step on, as the chip updates all neurons in every step, and "
        f"spikes arrive later than in the network as trained (steps: {each}): as many steps of "
        "bias come before the first input.",
    )


def _drives_itself(population: Population) -> bool:
    """Whether neurons have a bias, or rest away from the zero at which they start."""
    names = {"bias", "v_leak"}.intersection(population.neuron.parameters)
    starts_there = isinstance(population.neuron, AdEx | SigmaDelta)
    return not starts_there and any(population.parameter(name).any() for name in names)


def _setting_in_words(e: Projection, shift: int) -> str:
    steps = (
        f"{abs(shift)} step{'s' if abs(shift) > 1 else ''} {'later' if shift > 0 else 'earlier'}"
    )
    against = "in its loop" if shift > 0 else f"than what else reaches {e.target!r}"
    return (
        f"Spikes from {e.source!r} to {e.target!r} arrive {steps} {against}, compared with the "
        "network as trained."
    )
