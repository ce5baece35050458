"""Give every spike the delay the chip gives it."""

from dataclasses import replace

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network


def retime(network: Network, profile: HardwareProfile) -> tuple[Network, int, tuple[str, ...]]:
    """Replace delays that the chip cannot keep by its shortest one.

    A projection between neurons with fewer delay steps than the chip's minimum gets the minimum; inputs are
    injected from outside and keep theirs. The run has to be longer by the delay added on the longest way to
    the output.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile

    Returns
    -------
    (Network, int, tuple of str)
        The retimed network, the extra steps, and sentences on paths whose relative timing changed.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> layers = [Population("in", (1,), Input()), Population("a", (1,), IF(1.0)), Population("b", (1,), IF(1.0))]
    >>> network = Network(layers, [Projection("in", "a", np.eye(1)), Projection("a", "b", np.eye(1))])
    >>> retimed, extra, notes = retime(network, load_profile("loihi1"))
    >>> [e.delay_steps for e in retimed.projections], extra, notes
    ([0, 1], 1, ())
    """
    least = int(profile.value("minimum_delay")) if profile.has("minimum_delay") else 0
    inputs = {p.name for p in network.inputs}
    added = {
        e: 0 if e.source in inputs else max(0, least - e.delay_steps) for e in network.projections
    }  # fmt: skip
    if not any(added.values()):
        return network, 0, ()
    late, notes = {name: 0 for name in inputs}, []
    for population in network.neurons:
        arriving = {
            late[e.source] + added[e]
            for e in network.projections
            if e.target == population.name and e.delay_steps == 0 and e.source in late
        }
        late[population.name] = max(arriving, default=0)
        if len(arriving) > 1:
            notes.append(
                f"Paths into {population.name!r} now arrive {min(arriving)} to {max(arriving)} steps later than in "
                "training: their relative timing changed."
            )
    retimed = network.replace(
        projections=[replace(e, delay_steps=e.delay_steps + added[e]) for e in network.projections]
    )
    return retimed, late[network.output], tuple(notes)
