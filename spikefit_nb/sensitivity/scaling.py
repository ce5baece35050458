"""Which figures of a chip can be made better and worse, which way better is, and what whole numbers allow."""

from spikefit_nb.deploy import Report
from spikefit_nb.errors import ProfileProblem
from spikefit_nb.hardware import FIGURES, HardwareProfile
from spikefit_nb.mapping import ONE_CORE

NOT_BY_SIZE = (  # choices, shapes and widths: no number of which more or less is better
    "weight_bits", "state_bits", "strides", "poolings", "signs_per_source", "neurons_per_parameter_set",
    "mesh_columns", "mesh_rows", "cores_per_tile", "cores_per_chip", "barrier_tiles", "destination_chips", "process",
    "minimum_delay",  # another one gives another network, with other spikes
    "weight_currents_per_core",  # which weights more than four currents can express is not known
)  # fmt: skip
TAKES_MEMORY = ("bits_per_synapse", "crossbar_row")  # counts of which fewer are better
OF_EACH_CORE = ("kernel_memory_per_core", "neuron_memory_per_core")
READ_SILENTLY = ("bias_memory_per_core", "fan_in_per_circuit")  # by rules of a family that name another figure


def is_cost(name: str) -> bool:
    """Whether less of a figure is better: energies, times, powers, cycles, and memory that something takes.

    Parameters
    ----------
    name : str, a key of FIGURES

    Returns
    -------
    bool

    Examples
    --------
    >>> is_cost("energy_hop_x"), is_cost("clock"), is_cost("cores"), is_cost("bits_per_synapse")
    (True, False, False, True)
    """
    meaning = FIGURES[name]
    return meaning.base in ("J", "s", "W") or meaning.unit == "cycles" or name in TAKES_MEMORY


def scalable(report: Report) -> tuple[str, ...]:
    """Figures a report rests on that can be made better and worse by a factor.

    Parameters
    ----------
    report : Report

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> report = deploy(network, load_profile("loihi1"), SpikeDataset(np.ones((1, 1, 2), bool)))
    >>> [name in scalable(report) for name in ("cores", "static_power", "resets", "area")]
    [True, True, False, False]
    """
    profile = report.profile
    fixed = (*NOT_BY_SIZE, "cores") if profile.family in ONE_CORE else NOT_BY_SIZE
    judged = (need.figure for need in report.fit.needs)
    names = dict.fromkeys((*report.figures, *judged, *READ_SILENTLY))
    numbers = (name for name in names if profile.has(name) and FIGURES[name].shape != "words")
    return tuple(name for name in numbers if name not in fixed)


def scaled(profile: HardwareProfile, name: str, ratio: float) -> HardwareProfile | None:
    """The chip with one figure multiplied, lists number by number, what is counted rounded.

    Parameters
    ----------
    profile : HardwareProfile, which has the figure
    name : str
    ratio : float

    Returns
    -------
    HardwareProfile or None
        None where whole numbers do not allow it: half of 1 core cannot be.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> loihi = load_profile("loihi1")
    >>> scaled(loihi, "time_barrier", 0.5).value("time_barrier"), scaled(loihi, "spikes_per_step", 0.5)
    ((56.5, 232.5), None)
    """
    before = profile.value(name)
    numbers = [number * ratio for number in (before if isinstance(before, tuple) else (before,))]
    if FIGURES[name].is_count:
        numbers = [round(number) for number in numbers]
    after = tuple(numbers) if isinstance(before, tuple) else numbers[0]
    if FIGURES[name].is_count and after == before:
        return None
    try:
        return with_value(profile, name, after)
    except ProfileProblem:  # fewer than there must be, or more than a file can hold
        return None


def with_value(profile: HardwareProfile, name: str, value: object) -> HardwareProfile:
    """The chip with another value of one figure; cores that come or go take or leave their place in lists of cores.

    Parameters
    ----------
    profile : HardwareProfile
    name : str
    value : object

    Returns
    -------
    HardwareProfile

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> with_value(load_profile("speck"), "cores", 10).value("neuron_memory_per_core")[-2:]  # the tenth is as the first
    (16384, 65536)
    """
    figures = {name: value}
    if name == "cores":
        figures |= {each: _repeated(profile.value(each), value) for each in OF_EACH_CORE if profile.has(each)}
    return profile.replace(**figures)


def _repeated(values: tuple[int, ...], n: object) -> list[int]:
    return [values[k % len(values)] for k in range(int(n))]  # type: ignore[call-overload]
