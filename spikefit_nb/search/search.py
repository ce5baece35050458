"""Search: the best designs for several goals at once."""

from collections.abc import Iterable, Mapping
from numbers import Integral, Real

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, DesignProblem, UnknownName, expect
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network
from spikefit_nb.search.objectives import check_objectives, default_objectives
from spikefit_nb.search.ranges import Range, check_ranges, default_ranges
from spikefit_nb.search.study import Study
from spikefit_nb.simulate import Decode

SAMPLERS = ("gaussian_process", "sobol")


def search(
    network: Network,
    profile: HardwareProfile,
    dataset: SpikeDataset,
    *,
    objectives: tuple[str, ...] | None = None,
    n_trials: int = 40,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    space: Mapping[str, object] | None = None,
    sampler: str = "gaussian_process",
    seed: int = 0,
    calibration: SpikeDataset | None = None,
    decode: Decode | None = None,
) -> Study:
    """Search for the designs that trade several objectives best; returns at once and runs in the
    background.

    The same seed gives the same trials on one machine.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    dataset : SpikeDataset
    objectives : tuple of str: accuracy, event_energy_j, energy_j, power_w, latency_s, n_cores,
        memory_bits, synaptic_operations; default: accuracy, event_energy_j (static power is drawn
        whatever the design; the notes say how much) and latency_s, with synaptic_operations and
        n_cores (memory_bits on a chip of one core) in place of what the chip cannot price
    n_trials : int
    at_least, at_most : mapping of objective to limit; the search looks for designs within them, and
        only those count as best; default: at most ten points less accurate than the network as
        trained
    space : mapping of knob to (low, high), a list of choices or a fixed value, replacing default
        ranges
    sampler : "gaussian_process" or "sobol"
    seed : int
    calibration : SpikeDataset, optional, for the changes of every design, as of ``deploy``
    decode : "count", "first_spike" or "potential"; None: by count, or by potential where the output
        never fires

    Returns
    -------
    Study, running

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a name in place of a profile.
    NotPublished
        The chip has no published figure for an objective.
    UnknownName
        There is no such objective, sampler or knob.
    DatasetProblem
        The data set does not belong to the network, or accuracy is asked for without labels.
    DesignProblem
        A range, a limit, the number of trials or the seed is not one, there is nothing to search,
        or designs of the space need a calibration set.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> study = search(network, load_profile("loihi1"), dataset, n_trials=3, seed=1)
    >>> study.wait()
    >>> len(study.trials), study.state
    (3, 'finished')
    """
    for setting, value, kind, example in (
        ("objectives", objectives, Iterable | None, '("accuracy", "event_energy_j")'),
        ("n_trials", n_trials, Real, "40"),
        ("at_least", at_least, Mapping | None, '{"accuracy": 0.95}'),
        ("at_most", at_most, Mapping | None, '{"event_energy_j": 1e-6}'),
        ("space", space, Mapping | None, '{"weight_bits": (2, 8)}'),
        ("sampler", sampler, str, "'gaussian_process'"),
        ("seed", seed, Real, "0"),
    ):
        expect(value, kind, setting, example)
    case = Case(network, profile, dataset, calibration=calibration, decode=decode)
    if objectives is None:
        objectives = default_objectives(profile)
    objectives = (objectives,) if isinstance(objectives, str) else tuple(objectives)
    for objective in objectives:
        expect(objective, str, "each of objectives", "'event_energy_j'")
    at_least, at_most = at_least or {}, at_most or {}
    ranges = default_ranges(network, profile) | dict(space or {})
    check_objectives(objectives, profile, at_least, at_most)
    check_ranges(ranges, has_calibration=calibration is not None)
    _check_choices(objectives, case, sampler, n_trials, seed)
    return Study(
        case,
        lambda limits: _begin(sampler, ranges, n_trials, seed, limits),
        objectives=objectives,
        n_trials=n_trials,
        at_least=at_least,
        at_most=at_most,
    )


def _begin(sampler: str, ranges: Mapping[str, Range], n_trials: int, seed: int, limits):
    """The space of designs, and where in it to look."""
    # here, since scikit-optimize takes seconds to import
    from spikefit_nb.search.sampler import DesignSpace, GaussianProcessSampler, SobolSampler

    space, n_initial = DesignSpace(ranges), max(4, min(12, n_trials // 3))
    if sampler == "sobol":
        return space, SobolSampler(space, n_trials, seed=seed)
    return space, GaussianProcessSampler(space, n_initial, seed=seed, limits=limits)


def _check_choices(
    objectives: tuple[str, ...], case: Case, sampler: str, n_trials: int, seed: int
) -> None:
    expect(case.dataset, SpikeDataset, "dataset", "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    if "accuracy" in objectives and case.dataset.labels is None:  # type: ignore[union-attr]
        raise DatasetProblem(
            "accuracy needs labels and this data set has none: SpikeDataset(spikes, labels, ...)."
        )
    if sampler not in SAMPLERS:
        raise UnknownName("sampler", sampler, SAMPLERS)
    for name, value, least in (("n_trials", n_trials, 1), ("seed", seed, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or not least <= value < 2**32:
            raise DesignProblem(
                f"{name} is {value!r}; it must be a whole number from {least} up, below 2**32."
            )
