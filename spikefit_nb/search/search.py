"""Search: the best designs for several goals at once; studies are kept, listed and loaded."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset, ValueDataset
from spikefit_nb.errors import DatasetProblem, DesignProblem, UnknownName, WrongArgument, expect
from spikefit_nb.hardware import HardwareProfile, Scenario
from spikefit_nb.network import Network
from spikefit_nb.quantities import Several
from spikefit_nb.search.confirm import keep_back
from spikefit_nb.search.ending import parted
from spikefit_nb.search.means import Means
from spikefit_nb.search.objectives import (
    OBJECTIVES,
    Objective,
    check_limits,
    check_objectives,
    default_objectives,
    know,
)
from spikefit_nb.search.places import KeptStudy, checked_place, known_place
from spikefit_nb.search.space import default_space
from spikefit_nb.search.study import Study
from spikefit_nb.search.terms import Terms, own_of, read_space, words_of_own, written_space
from spikefit_nb.simulate import Decode

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

# names in search/samplers.py, which takes seconds to import
SAMPLERS = ("gaussian_process", "sobol", "random", "moead", "reinforce", "tpe", "nsga2")


def search(
    network: Network,
    profile: HardwareProfile | Sequence[HardwareProfile],
    dataset: SpikeDataset,
    *,
    objectives: Iterable[str | Objective] | None = None,
    n_trials: int = 40,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    space: Mapping[str, object] | None = None,
    sampler: "str | BaseSampler" = "gaussian_process",
    seed: int = 0,
    calibration: SpikeDataset | None = None,
    confirm: SpikeDataset | bool = True,
    decode: Decode | None = None,
    scenario: Scenario | None = None,
    deadline_s: float | None = None,
    goal: Mapping[str, float] | None = None,
    patience: int | None = None,
    max_seconds: float | None = None,
    storage: str | PathLike | None = None,
    warm_start: Study | None = None,
    executor: Executor | int | None = None,
    batch: int | None = 1,
) -> Study:
    """Search for the designs that trade several objectives best; returns at once and runs in the
    background.

    The same seed gives the same trials on one machine, also on many workers where ``batch`` is a
    number. Every finished trial is kept in a file; ``studies`` lists the files, ``load_study``
    brings a study back.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile, or several of which the chip is one more choice
    dataset : SpikeDataset; from 100 labelled recordings on, up to half (400 at the most) are kept
        back to tell the accuracy of what was chosen
    objectives : of str or Objective: accuracy, event_energy_j, energy_j, power_w, latency_s,
        n_cores, memory_bits, synaptic_operations, area_mm2, late_share, lag_s, missed_steps_share,
        or a function of the report, ``Objective(..., of=function)``; default: accuracy,
        event_energy_j (static power is drawn whatever the design; the notes say how much) and
        latency_s, with synaptic_operations and n_cores (memory_bits on a chip of one core) in place
        of what the chip cannot price
    n_trials : int, beside the network as trained, which is trial 0
    at_least, at_most : mapping of quantity to limit, also of what is no objective; the search looks
        for designs within them, and only those count as best; default: at most ten points less
        accurate than the network as trained
    space : mapping of knob to (low, high), a list of choices or a fixed value, replacing defaults
        (``sf.search.default_space(network, profile, dataset)`` shows them)
    sampler : one of ``SAMPLERS``, or a sampler of Optuna's
    seed : int, which also decides the recordings that are kept back
    calibration : SpikeDataset, optional, for the changes of every design, as of ``deploy``
    confirm : SpikeDataset that a choice is confirmed on; True: part of ``dataset`` is kept back;
        False: all of it is searched on
    decode, scenario, deadline_s : as of ``deploy``
    goal : mapping of quantity to value: the search ends with the first design that reaches all
    patience : int or None; the search ends when so many trials brought nothing better
    max_seconds : float or None; the search ends after that time, which no seed repeats
    storage : path, URL of a database as Optuna writes it, or None for the user's cache folder
    warm_start : Study or None, whose best designs are tried first
    executor : a ``concurrent.futures`` Executor, such as of loky or ``dask.distributed``, or how
        many processes to start; None: trials run in this one
    batch : int, trials asked for at once; None: a worker gets its next trial when it is free, and
        the order in which they end decides what comes next

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
    FileProblem
        The storage holds a study already.

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
    given = dict(locals())  # what was asked, by the names of the arguments
    profiles = _profiles(profile)
    _expect_kinds(given)
    base = Case(network, profiles[0], dataset, **{name: given[name] for name in OF_CASE})
    terms = _terms(given, base, profiles)
    _check(terms, base, profiles, sampler)
    means = replace(
        _means(
            terms,
            base,
            profiles,
            confirm if isinstance(confirm, SpikeDataset | ValueDataset) else None,
        ),
        executor=executor,
        sampler=None if isinstance(sampler, str) else sampler,
        warm=warm_start.best_params() if warm_start else (),
        own=own_of(terms.quantities),
    )
    study = Study(None if storage is None else checked_place(storage), terms, means)
    study.resume()
    return study


def load_study(
    storage: "str | PathLike | KeptStudy",
    *,
    network: Network | None = None,
    profile: HardwareProfile | Sequence[HardwareProfile] | None = None,
    dataset: SpikeDataset | None = None,
    calibration: SpikeDataset | None = None,
    confirm: SpikeDataset | None = None,
    objectives: Iterable[Objective] = (),
    sampler: "BaseSampler | None" = None,
    executor: Executor | int | None = None,
) -> Study:
    """Bring back a study that was kept: every finished trial and the front, from the file alone.

    With the network, the chip and the recordings it was made with, its ``resume`` goes on where it
    ended, with the trials it would have made. Optuna's dashboard opens the same file:
    ``pip install optuna-dashboard``, then ``optuna-dashboard digits.study``.

    Parameters
    ----------
    storage : path or URL, as ``Study.storage`` has it, or one of ``studies()``; of those also the
        name of its file
    network, profile, dataset, calibration, confirm : as of ``search``; refused where they are not
        those of the study
    objectives : those of the user's own, whose functions no file holds
    sampler : the sampler of Optuna's that it was made with, if it was
    executor : as of ``search``

    Returns
    -------
    Study, not running

    Raises
    ------
    FileProblem
        There is no study at that place.
    DesignProblem
        Network, chip or recordings are others than those of the study, or only some are given.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(20)
    >>> study = search(*digits, n_trials=2)
    >>> study.wait()
    >>> len(load_study(study.storage).trials)
    2
    """
    from spikefit_nb.search.journal import Journal  # imported here, since Optuna takes its time

    for name, value, kind, example in (
        ("storage", storage, str | PathLike | KeptStudy, "sf.search.studies()[0]"),
        ("network", network, Network | None, "sf.load_network(name)"),
        ("dataset", dataset, SpikeDataset | ValueDataset | None, "sf.load_dataset(name)"),
        ("calibration", calibration, SpikeDataset | None, "sf.load_dataset(name)"),
        ("confirm", confirm, SpikeDataset | ValueDataset | None, "sf.load_dataset(name)"),
    ):
        expect(value, kind, name, example)
    _expect_own(objectives, sampler)
    _expect_workers(executor)
    profiles = _profiles(profile) if profile is not None else ()
    place = storage.storage if isinstance(storage, KeptStudy) else known_place(storage)
    journal = Journal.open(place)
    given = {"network": network, "profile": profile, "dataset": dataset}
    if all(value is None for value in given.values()):
        return Study(journal.place, journal.terms, journal=journal)
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise DesignProblem(f"To go on, a study needs also its {' and '.join(missing)}.")
    terms = journal.terms
    base = Case(
        network,
        profiles[0],
        dataset,
        calibration=calibration,
        decode=terms.decode,
        scenario=terms.scenario,
        deadline_s=terms.deadline_s,
    )
    _must_be_those(journal.place, terms, _fingerprints(base, profiles, confirm))
    own = _own_again(terms, objectives, sampler)
    means = _means(terms, base, profiles, confirm)
    means = replace(means, executor=executor, sampler=sampler, own=own)
    return Study(journal.place, terms, means, journal=journal)


def _expect_own(objectives: Any, sampler: object) -> None:
    """Refuse what is no objective of the user's own, and no sampler of Optuna's."""
    expect(objectives, Iterable, "objectives", "[Objective(..., name=..., of=...)]")
    for one in objectives:
        expect(one, Objective, "each of objectives", "Objective(..., name=..., of=...)")
    if sampler is not None and not hasattr(sampler, "sample_relative"):
        raise WrongArgument(
            f"sampler is a {type(sampler).__name__} but must be a sampler of Optuna's: "
            "optuna.samplers.TPESampler(seed=1)."
        )


def _must_be_those(place: str, terms: Terms, found: Mapping[str, str]) -> None:
    """Refuse another network, chip or recordings than those of the study."""
    others = [name for name, of in found.items() if terms.fingerprints.get(name) != of]
    if others:
        raise DesignProblem(
            f"{' and '.join(others)}: other than in the study at {place}. Give the same, or begin "
            "a new study with warm_start=this one."
        )


def _own_again(
    terms: Terms, objectives: Iterable[Objective], sampler: object
) -> dict[str, Objective]:
    """Objectives of the user's own, which no file holds, nor a sampler of Optuna's."""
    names = know(objectives)
    own = {name: OBJECTIVES[name] for name in names}
    lacking = [name for name in terms.own if name not in own]
    if lacking:
        raise DesignProblem(
            f"No file holds the function of {' and '.join(lacking)}: give "
            "objectives=[Objective(..., name=..., of=...)] as they were."
        )
    if sampler is None and terms.sampler not in SAMPLERS:
        raise DesignProblem(
            f"The study was made with {terms.sampler}, a sampler of Optuna's: give one again with "
            "sampler=..."
        )
    return own


def studies() -> "Several[KeptStudy]":
    """List the studies in the user's cache folder, the latest first.

    Returns
    -------
    tuple of KeptStudy

    Examples
    --------
    >>> all(kept.storage.endswith(".study") for kept in studies())
    True
    """
    from spikefit_nb.search.journal import kept_studies  # imported here: Optuna takes its time

    return Several(kept_studies())


OF_CASE = ("calibration", "decode", "scenario", "deadline_s")
OF_TERMS = ("n_trials", "seed", "at_least", "at_most", "goal", "patience", "max_seconds")
EXPECTED = {  # argument: (its kind, one of that kind)
    "objectives": (Iterable | None, '("accuracy", "event_energy_j")'),
    "space": (Mapping | None, '{"weight_bits": (2, 8)}'),
    "confirm": (SpikeDataset | ValueDataset | bool, "another part of the recordings"),
    "storage": (str | PathLike | None, "'digits.study'"),
    "warm_start": (Study | None, "sf.load_study('digits.study')"),
}


def _expect_kinds(given: Mapping[str, Any]) -> None:
    """Refuse arguments of another kind."""
    for name, (kind, example) in EXPECTED.items():
        expect(given[name], kind, name, example)
    _expect_workers(given["executor"])


def _expect_sampler(sampler: object) -> None:
    """Refuse what is neither a name of ours nor a sampler of Optuna's."""
    if isinstance(sampler, str):
        if sampler not in SAMPLERS:
            raise UnknownName("sampler", sampler, SAMPLERS)
    elif not hasattr(sampler, "sample_relative"):
        raise WrongArgument(
            f"sampler is a {type(sampler).__name__} but must be one of {', '.join(SAMPLERS)}, or a "
            "sampler of Optuna's: sampler='gaussian_process'."
        )


def _expect_workers(executor: object) -> None:
    """Refuse what no trial can be given to."""
    if executor is not None and not isinstance(executor, int) and not hasattr(executor, "submit"):
        raise WrongArgument(
            f"executor is a {type(executor).__name__} but must be an Executor of "
            "concurrent.futures, or a number of processes: executor=2."
        )


def _terms(given: Mapping[str, Any], base: Case, profiles: Sequence[HardwareProfile]) -> Terms:
    """What was asked, as a file can hold it."""
    objectives, sampler, confirm = given["objectives"], given["sampler"], given["confirm"]
    if objectives is None:
        objectives = default_objectives(profiles[0])
    own_part = isinstance(confirm, SpikeDataset | ValueDataset)
    terms = Terms(
        objectives=know((objectives,) if isinstance(objectives, str) else objectives),
        sampler=sampler if isinstance(sampler, str) else type(sampler).__name__,
        batch=0 if given["batch"] is None else given["batch"],
        space=written_space(given["space"] or {}),
        decode=base.decode,
        scenario=base.scenario,
        deadline_s=base.deadline_s,
        confirm="given" if own_part else "kept" if confirm else "",
        network=base.network.name,
        chip=" and ".join(p.name for p in profiles),
        chip_title=" and ".join(p.title for p in profiles),
        fingerprints=_fingerprints(base, profiles, confirm if own_part else None),
        **{name: given[name] for name in OF_TERMS},
    )
    return replace(terms, own=words_of_own(terms.quantities))


def _profiles(profile: Any) -> Sequence[HardwareProfile]:
    profiles = [profile] if isinstance(profile, HardwareProfile) else profile
    example = "sf.load_profile(name), or a list of them"
    expect(profiles, Sequence, "profile", example)
    for one in profiles:
        expect(one, HardwareProfile, "profile", example)
    names = [one.name for one in profiles]
    if not names or len(set(names)) < len(names):
        raise DesignProblem(
            f"profile is {names}; give one or several chips of different names: "
            "dataclasses.replace(profile, name='my_chip') renames one."
        )
    return profiles


def _means(
    terms: Terms, base: Case, profiles: Sequence[HardwareProfile], given: SpikeDataset | None
) -> Means:
    """Recordings to choose by and to confirm on, and the space of designs."""
    chosen_by, kept = base.dataset, given
    if given is not None:
        kept = _to_confirm_on(base, given)
    if terms.confirm == "kept" and "accuracy" in terms.objectives:
        chosen_by, kept = keep_back(base.dataset, terms.seed)
    space = default_space(
        base.network,
        profiles,
        base.dataset,
        given=read_space(terms.space),
        calibration=base.calibration,
    )
    return Means(replace(base, dataset=chosen_by), space, kept)


def _to_confirm_on(base: Case, given: SpikeDataset | ValueDataset) -> SpikeDataset:
    """Recordings that the user gives to confirm a choice on, as spikes."""
    kept, dataset = replace(base, dataset=given).dataset, base.dataset
    if kept is None or dataset is None or kept.labels is None or kept is dataset:
        raise DatasetProblem("confirm must be labelled recordings of the same kind.")
    if kept.fingerprint == dataset.fingerprint:
        raise DatasetProblem(
            "confirm holds the recordings that designs are chosen by: it would confirm nothing."
        )
    return kept


def _fingerprints(
    base: Case, profiles: Sequence[HardwareProfile], confirm: SpikeDataset | None
) -> dict[str, str]:
    """What tells network, chip and recordings from others."""
    told = {
        "network": base.network,
        "dataset": base.dataset,
        "calibration": base.calibration,
        "confirm": confirm,
    }
    found = {name: one.fingerprint for name, one in told.items() if one is not None}
    return {**found, "profile": " ".join(p.fingerprint for p in profiles)}


def _check(terms: Terms, base: Case, profiles: Sequence[HardwareProfile], sampler: object) -> None:
    expect(base.dataset, SpikeDataset, "dataset", "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    for one in profiles:
        goal = parted({name: v for name, v in terms.goal.items() if name in OBJECTIVES})
        for limits in ((terms.at_least, terms.at_most), goal):
            check_objectives(terms.objectives, one, *limits)
    for name in terms.goal:
        if name not in OBJECTIVES:
            raise UnknownName("quantity to be reached", name, OBJECTIVES)
    check_limits(*parted(terms.goal))
    if "late_share" in terms.quantities and terms.deadline_s is None:
        raise DesignProblem("late_share needs a deadline: deadline_s=10e-3 is 10 ms.")
    if "accuracy" in terms.quantities and base.dataset.labels is None:  # type: ignore[union-attr]
        raise DatasetProblem(
            "accuracy needs labels and this data set has none: SpikeDataset(spikes, labels, ...)."
        )
    _expect_sampler(sampler)
