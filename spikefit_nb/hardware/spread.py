"""From where to where a figure may lie: as published, or as figures of its kind have turned out."""

from dataclasses import replace

from spikefit_nb.hardware.figures import FIGURES
from spikefit_nb.hardware.sourced import LARGEST, Sourced

# kind: a figure of it lies between value / factor and value * factor; ``with_range`` says what that
# rests on
STATED = {"measured": 1.4, "datasheet": 1.4, "derived": 1.5, "simulated": 2.0, "assumed": 4.0}
COSTS = ("J", "W", "s", "Hz")  # base units; whatever else there is, is counted or a shape
CHOSEN = ("clock", "tick")  # by whoever runs the chip


def with_range(name: str, figure: Sourced) -> Sourced:
    """Give a figure the range in which it may lie for its spread.

    As published, where a spread is. Else energies, times and powers lie within a factor of their
    value that is stated by kind: the smallest round one that covers every pair of figures in the
    catalogue that should be equal, wider the less a kind is to be trusted.

    - measured, 1.4: the same quantity on silicon twice. Synaptic operation of SpiNNaker 9.59 and
      13.3 nJ (1.39), idle boards of it 2.67 and 3.56 W (1.33) and 23.05 and 26.84 W (1.16), static
      power of Loihi 2 232 and 282 mW (1.22), of Xylo Audio 3 590.9 and 629.5 µW (1.07). Also a
      datasheet's costs, of which no pair is known.
    - derived, 1.5: arithmetic on measured figures, so wider than these. Slopes between the points
      of TrueNorth's power sweep 2.259 to 2.633 pJ (1.17); Loihi's powered chip 104.4 and 96.3 mW
      (1.08).
    - simulated, 2: Loihi before silicon against coefficients fitted to silicon. Synaptic operation
      23.6 and 35.5 pJ (1.50), updates 1.02 and 1.11, times of work 1.13 to 1.34. Its barrier was
      3.9 to 5.3 times too short, beyond any factor worth stating: it has a spread of its own.
    - assumed, 4: another chip's figure, or one recalled. One neuron update on SpiNNaker under other
      software 26 and 89.6 nJ (3.4); Loihi's static power before and after its first boot 29.6 and
      104.4 mW (3.5).

    Counts, shapes and clock cycles are exact: another number is another chip, which
    ``sensitivity`` tries. So are a clock and a tick without a published spread, since they are
    chosen.

    Parameters
    ----------
    name : str, a key of FIGURES
    figure : Sourced

    Returns
    -------
    Sourced, without a spread where it is exact

    Examples
    --------
    >>> with_range("energy_hop_x", Sourced(3.0, "pJ", "simulated", "p. 1")).spread
    (1.5, 6.0)
    >>> with_range("energy_hop_x", Sourced(3.0, "pJ", "simulated", "p. 1", spread=(2.9, 4))).spread
    (2.9, 4)
    >>> with_range("tick", Sourced(1, "ms", "assumed", "p. 1")).spread is None
    True
    """
    if FIGURES[name].base not in COSTS:
        return replace(figure, spread=None)
    if figure.spread is not None or name in CHOSEN:
        return figure
    factor = STATED[figure.kind]
    return replace(figure, spread=(_times(figure.value, 1 / factor), _times(figure.value, factor)))


def _times(value: object, factor: float) -> object:
    if isinstance(value, tuple):
        return tuple(_times(number, factor) for number in value)
    return min(value * factor, LARGEST)  # type: ignore[operator]
