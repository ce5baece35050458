"""From where to where a figure may lie: as published, or by how figures of its kind have turned out."""

from typing import NamedTuple

from spikefit_nb.hardware.figures import FIGURES
from spikefit_nb.hardware.sourced import LARGEST, Sourced

# kind: a figure of it lies between value / factor and value * factor; ``range_of`` says what that rests on
STATED = {"measured": 1.4, "datasheet": 1.4, "derived": 1.5, "simulated": 2.0, "assumed": 4.0}
COSTS = ("J", "W", "s", "Hz")  # base units; whatever else there is, is counted or a shape
CHOSEN = ("clock", "tick")  # by whoever runs the chip


class Range(NamedTuple):
    """The two ends of a figure, like its value and in its unit."""

    low: object
    high: object
    basis: str  # "published", "stated" by its kind, or "exact"


def range_of(name: str, figure: Sourced) -> Range:
    """From where to where a figure may lie.

    As published, where a spread is. Else energies, times and powers lie within a factor of their value that is stated
    by kind: the smallest round one that covers every pair of figures in the catalogue that should be equal, wider the
    less a kind is to be trusted.

    - measured, 1.4: the same quantity on silicon twice. Synaptic operation of SpiNNaker 9.59 and 13.3 nJ (1.39), idle
      boards of it 2.67 and 3.56 W (1.33) and 23.05 and 26.84 W (1.16), static power of Loihi 2 232 and 282 mW (1.22),
      of Xylo Audio 3 590.9 and 629.5 uW (1.07). Also a datasheet's costs, of which no pair is known.
    - derived, 1.5: arithmetic on measured figures, so wider than these. Slopes between the points of TrueNorth's power
      sweep 2.259 to 2.633 pJ (1.17); Loihi's powered chip 104.4 and 96.3 mW (1.08).
    - simulated, 2: Loihi before silicon against coefficients fitted to silicon. Synaptic operation 23.6 and 35.5 pJ
      (1.50), updates 1.02 and 1.11, times of work 1.09 to 1.34. Its barrier was 3.9 to 5.3 times too short, beyond any
      factor worth stating: it has a spread of its own.
    - assumed, 4: another chip's figure, or one recalled. One neuron update on SpiNNaker under other software 26 and
      89.6 nJ (3.4); Loihi's static power before and after its first boot 29.6 and 104.4 mW (3.5).

    Counts, shapes and clock cycles are exact: another number is another chip, which ``sensitivity`` tries. So are a
    clock and a tick without a published spread, since they are chosen.

    Parameters
    ----------
    name : str, a key of FIGURES
    figure : Sourced

    Returns
    -------
    Range

    Examples
    --------
    >>> range_of("energy_hop_x", Sourced(3.0, "pJ", "simulated", "p. 1"))
    Range(low=1.5, high=6.0, basis='stated')
    >>> range_of("energy_hop_x", Sourced(3.0, "pJ", "simulated", "p. 1", spread=(2.9, 3.1))).basis
    'published'
    >>> range_of("tick", Sourced(1, "ms", "assumed", "p. 1"))
    Range(low=1, high=1, basis='exact')
    """
    if FIGURES[name].base not in COSTS or (name in CHOSEN and figure.spread is None):
        return Range(figure.value, figure.value, "exact")
    if figure.spread is not None:
        low, high = figure.spread
        return Range(low, high, "published")
    factor = STATED[figure.kind]
    return Range(_times(figure.value, 1 / factor), _times(figure.value, factor), "stated")


def _times(value: object, factor: float) -> object:
    if isinstance(value, tuple):
        return tuple(_times(number, factor) for number in value)
    return min(value * factor, float(LARGEST))  # type: ignore[operator]
