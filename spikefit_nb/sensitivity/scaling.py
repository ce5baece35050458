"""Which figures of a chip can be made better and worse, which way, and what whole numbers allow."""

from spikefit_nb.deploy import Report
from spikefit_nb.errors import ProfileProblem
from spikefit_nb.hardware import FAMILIES, FIGURES, HardwareProfile

NOT_BY_SIZE = (  # choices, shapes and widths: no number of which more or less is better
    "weight_bits",
    "state_bits",
    "strides",
    "poolings",
    "signs_per_source",
    "neurons_per_parameter_set",
    "mesh_columns",
    "mesh_rows",
    "cores_per_tile",
    "cores_per_chip",
    "barrier_tiles",
    "destination_chips",
    "process",
    "minimum_delay",  # another one gives another network, with other spikes
    "weight_currents_per_core",  # which weights more than four currents can express is not known
)
TAKES_MEMORY = ("bits_per_synapse", "crossbar_row")  # counts of which fewer are better
OF_EACH_CORE = ("kernel_memory_per_core", "neuron_memory_per_core")
# by rules of a family that name another figure
READ_SILENTLY = ("bias_memory_per_core", "fan_in_per_circuit")


def is_cost(name: str) -> bool:
    """Whether less of a figure is better: energies, times, powers, cycles, and memory taken."""
    meaning = FIGURES[name]
    return meaning.base in ("J", "s", "W") or meaning.unit == "cycles" or name in TAKES_MEMORY


def scalable(report: Report) -> tuple[str, ...]:
    """Figures a report rests on that can be made better and worse by a factor."""
    profile = report.profile
    fixed = (*NOT_BY_SIZE, "cores") if FAMILIES[profile.family].one_core else NOT_BY_SIZE
    judged = (need.figure for need in report.fit.needs)
    names = dict.fromkeys((*report.figures, *judged, *READ_SILENTLY))
    numbers = (name for name in names if profile.has(name) and FIGURES[name].shape != "words")
    return tuple(name for name in numbers if name not in fixed)


def scaled(profile: HardwareProfile, name: str, ratio: float) -> HardwareProfile | None:
    """The chip with one figure multiplied, lists number by number, what is counted rounded."""
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
    """The chip with another value of one figure; lists of cores grow or shrink with them."""
    figures = {name: value}
    if name == "cores":
        lists = [each for each in OF_EACH_CORE if profile.has(each)]
        figures |= {each: _repeated(profile.value(each), value) for each in lists}
    return profile.replace(**figures)


def _repeated(values: tuple[int, ...], n: object) -> list[int]:
    return [values[k % len(values)] for k in range(int(n))]  # type: ignore[call-overload]
