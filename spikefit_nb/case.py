"""What a run is about: verbs make a case from their arguments, and results carry it."""

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from math import inf
from numbers import Real

import numpy as np

from spikefit_nb.adapt import Activity, Adaptation, Design, Retimed, adapt, observe, retime
from spikefit_nb.datasets import SpikeDataset, in_spikes
from spikefit_nb.encode import encoder_named
from spikefit_nb.errors import DesignProblem, UnknownName, expect
from spikefit_nb.frozen import Frozen
from spikefit_nb.hardware import SCENARIOS, HardwareProfile, Scenario, settle_scenario
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network, PerPopulation
from spikefit_nb.simulate import (
    DECODES,
    RECORDS,
    Decode,
    RecordKey,
    SpikeRecord,
    check_inputs,
    record_key,
    settle_decode,
)
from spikefit_nb.units import text

FIRST_PARTITION = ("partition", "layers")


def deploy_line(design: Design, said: Mapping[str, object], *, is_calibrated: bool) -> str:
    """The line of code that deploys a design, with what else was said of the run.

    Parameters
    ----------
    design : Design
    said : mapping of argument to value; None is not said
    is_calibrated : bool

    Returns
    -------
    str

    Examples
    --------
    >>> deploy_line(Design(weight_bits=4), {"decode": None}, is_calibrated=False)
    'sf.deploy(network, profile, dataset, design=sf.Design(weight_bits=4))'
    """
    calibration = ", calibration=calibration" if is_calibrated else ""
    more = "".join(f", {name}={value!r}" for name, value in said.items() if value is not None)
    return f"sf.deploy(network, profile, dataset, design=sf.{design!r}{calibration}{more})"


@dataclass(frozen=True, eq=False, repr=False)
class Case(Frozen):
    """What a run is about: a network, a chip, recordings, and how the network is changed and read.

    Everything that decides a result is here, and is checked here, once.

    Parameters
    ----------
    network : Network, as trained
    profile : HardwareProfile
    dataset : SpikeDataset or ValueDataset or None, what it is run on; values are kept as the spikes
        of their own code
    design : Design
    calibration : SpikeDataset or ValueDataset or None, recordings that tell the design's changes
        which errors matter
    decode : "count", "first_spike", "potential", or None for how the output answers by itself
    scenario : "offline", "single_stream" (stored input, back to back or one at a time),
        "real_time" (live input), or None for what the chip is built for
    deadline_s : float or None, until when an answer is of use: from the end of a live recording, or
        from the start of a stored one
    mapping : CoreMap, or dict of population to the chip's core of each neuron, where the adapted
        network is to lie; None: as the design says

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    DatasetProblem
        A data set does not belong to the network.
    UnknownName
        There is no such way to decode, no such scenario, or no population that the design names.
    DesignProblem
        More steps are to be run than the recordings have, spikes are to be encoded again of which
        no values are known, or the deadline is no time above 0.
    NetworkProblem
        Spikes are to be counted of neurons that never fire.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits, chip = load_network("digits"), load_profile("loihi1")
    >>> Case(digits, chip, load_dataset("digits"), design=Design(weight_bits=4))
    Case(digits on loihi1, Design(weight_bits=4), 360 recordings)
    """

    network: Network
    profile: HardwareProfile
    dataset: SpikeDataset | None = None
    _: KW_ONLY
    design: Design = field(default_factory=Design)
    calibration: SpikeDataset | None = None
    decode: Decode | None = None
    scenario: Scenario | None = None
    deadline_s: float | None = None
    mapping: CoreMap | Mapping[str, np.ndarray] | None = None

    def __post_init__(self) -> None:
        expect(self.network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
        expect(self.profile, HardwareProfile, "profile", "sf.load_profile(name)")
        expect(self.design, Design, "design", "sf.Design(weight_bits=4)")
        self.design.must_suit(self.network)
        for name, given in (("dataset", self.dataset), ("calibration", self.calibration)):
            recordings = in_spikes(given)
            object.__setattr__(self, name, recordings)
            if recordings is not None:
                check_inputs(self.network, recordings, name)
                self._check_encoding(name, recordings)
        expect(self.decode, str | None, "decode", " or ".join(map(repr, DECODES)))
        if self.decode is not None and self.decode not in DECODES:
            raise UnknownName("way to decode", self.decode, DECODES)
        settle_decode(self.network, self.decode, self.dataset)
        settle_scenario(self.profile, self.scenario)
        expect(self.mapping, CoreMap | Mapping | None, "mapping", "report.mapping")
        if isinstance(self.mapping, Mapping):
            object.__setattr__(self, "mapping", _read_only(self.mapping))
        expect(self.deadline_s, Real | None, "deadline_s", "10e-3")
        if self.deadline_s is not None and not 0 < self.deadline_s < inf:
            raise DesignProblem(
                f"deadline_s is {self.deadline_s!r}; it must be a time above 0: 10e-3 is 10 ms."
            )
        n_steps, dataset = self.design.n_steps, self.dataset
        if dataset is None or dataset.encoded_from is not None or n_steps is None:
            return
        if n_steps > dataset.n_steps:
            raise DesignProblem(
                f"n_steps is {n_steps}; the recordings have {dataset.n_steps} steps."
            )

    def _check_encoding(self, name: str, recordings: SpikeDataset) -> None:
        """Refuse a code for spikes of which no values are known."""
        asked = self.design.encoder or self.design.peak
        if asked and recordings.encoded_from is None:
            raise DesignProblem(
                f"{self.design!r} chooses how values are encoded, and {name} is of spikes: give "
                f"{name}=spikefit_nb.datasets.ValueDataset(values, labels, encoder=...)."
            )

    @cached_property
    def recordings(self) -> SpikeDataset | None:
        """What is run of the data set: as many steps as the design says; of values, encoded as it
        says.
        """
        dataset, n_steps = self.dataset, self.design.n_steps
        if dataset is None or dataset.encoded_from is not None:
            return self._encoded(dataset)
        return dataset if n_steps is None else dataset.take_steps(n_steps)

    def _encoded(self, recordings: SpikeDataset | None) -> SpikeDataset | None:
        """Recordings in the code of the design, where their values are known."""
        if recordings is None or recordings.encoded_from is None:
            return recordings
        values, design = recordings.encoded_from, self.design
        encoder = encoder_named(
            design.encoder, values.encoder, n_steps=design.n_steps, peak=design.peak
        )
        return recordings if encoder == values.encoder else values.encoded(encoder)

    @property
    def activity(self) -> Activity | None:
        """What the network does on the calibration set; None without one."""
        seen = self._encoded(self.calibration)
        return None if seen is None else observe(self.network, seen)

    def adapt(self) -> Adaptation:
        """Change the network as the design says.

        Returns
        -------
        Adaptation
        """
        # on which cores neurons lie changes no network
        elsewhere = {"neurons_per_core": None, "core_budget": None, "placement": "rows"}
        design = replace(self.design, partition="layers", **elsewhere)
        return _adapted(self.network, self.profile, design, self.activity)

    def run(self, network: Network) -> "Run":
        """Give the adapted network the chip's delays, ready to be simulated.

        Parameters
        ----------
        network : Network, as adapted

        Returns
        -------
        Run
        """
        return Run(self, retime(network, self.profile))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that decides a report: equal fingerprints, equal numbers, in any
        process and on any machine.
        """
        held = self.network, self.profile, self.dataset, self.calibration
        decided = [
            *(noun and noun.fingerprint for noun in held),
            self.dataset and float(self.dataset.dt_s),
            settle_decode(self.network, self.decode),
            settle_scenario(self.profile, self.scenario),
            self.deadline_s and float(self.deadline_s),
            self._changes,
        ]
        # only where there are values, so that all other cases keep the fingerprints in files
        values = [noun and noun.encoded_from and noun.encoded_from.fingerprint for noun in held[2:]]
        decided += values if any(values) else []
        decided += [{name: of.tolist() for name, of in (self.cores or {}).items()}] * self.is_placed
        written = json.dumps(decided, sort_keys=True, default=_plain)
        return sha256(written.encode()).hexdigest()

    @property
    def _changes(self) -> dict[str, object]:
        """The changes of the design; "layers" is left out, since files were written when it was the
        default.
        """
        told = {**self.design.changes(), "partition": self.design.partition}
        return {name: value for name, value in told.items() if (name, value) != FIRST_PARTITION}

    @property
    def code(self) -> str:
        """The line that repeats it, with the names that the arguments of ``deploy`` have."""
        said = {"decode": self.decode, "scenario": self.scenario, "deadline_s": self.deadline_s}
        line = deploy_line(self.design, said, is_calibrated=self.calibration is not None)
        return f"{line[:-1]}, mapping=mapping)" if self.is_placed else line

    @property
    def is_placed(self) -> bool:
        """Whether it is given where neurons lie."""
        return self.mapping is not None

    @property
    def cores(self) -> Mapping[str, np.ndarray] | None:
        """The chip's core of each neuron, by population, where that is given."""
        return self.mapping.cores if isinstance(self.mapping, CoreMap) else self.mapping

    def __repr__(self) -> str:
        said = [f"{self.network.name} on {self.profile.name}", self.design.words]
        if self.is_placed:
            said.append("on cores that are given")
        if self.dataset is not None:
            said.append(f"{self.dataset.n_samples:,} recordings")
        if self.calibration is not None:
            said.append(f"calibrated on {self.calibration.n_samples:,}")
        if self.decode is not None:
            said.append(f"read by {self.decode.replace('_', ' ')}")
        if self.scenario is not None:
            said.append(SCENARIOS[self.scenario])
        if self.deadline_s is not None:
            said.append(f"answers within {text(self.deadline_s, 's')}")
        return f"Case({', '.join(said)})"


def _read_only(cores: Mapping[str, np.ndarray]) -> PerPopulation:
    """Cores of neurons as arrays that nobody else can change."""
    kept = {name: np.array(of) for name, of in cores.items()}
    for of in kept.values():
        of.setflags(write=False)
    return PerPopulation(kept)


def _plain(value: object) -> object:
    """NumPy's numbers and read-only mappings as JSON has them."""
    return dict(value) if isinstance(value, Mapping) else value.item()  # type: ignore[attr-defined]


@lru_cache(maxsize=8)  # trials of a search that differ in their mapping alone share a network
def _adapted(
    network: Network, profile: HardwareProfile, design: Design, activity: Activity | None
) -> Adaptation:
    """What a design makes of a network, remembered."""
    return adapt(network, profile, design, activity)


class OfCase:
    """What holds of every answer about a case.

    Examples
    --------
    >>> from spikefit_nb.fit import check_fit
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> check_fit(load_network("digits"), load_profile("loihi1")).design
    Design()
    """

    case: Case

    @property
    def profile(self) -> HardwareProfile:
        """The chip, or several as one with more cores."""
        return self.case.profile

    @property
    def design(self) -> Design:
        """The design."""
        return self.case.design

    @property
    def code(self) -> str:
        """The line that repeats it, with the names that the arguments of ``deploy`` have."""
        return self.case.code


@dataclass(frozen=True, eq=False)
class Run(Frozen):
    """An adapted network of a case as the chip times it, and the record of its spikes.

    Parameters
    ----------
    case : Case, with a data set
    retimed : Retimed

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> case = Case(load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(9))
    >>> run = case.run(case.adapt().network)
    >>> run.record is run.record, run.key.arithmetic
    (True, 'loihi')
    """

    case: Case
    retimed: Retimed

    @cached_property
    def key(self) -> RecordKey:
        """What the record is kept under: content of network and data, arithmetic, decoding."""
        return record_key(self.retimed.network, self.case.recordings, *self._how)

    @property
    def record(self) -> SpikeRecord:
        """Every spike; simulated where it is not remembered."""
        return RECORDS.simulate(self.retimed.network, self.case.recordings, *self._how)

    @property
    def _how(self) -> tuple[int, Decode | None, str]:
        return self.retimed.extra_steps, self.case.decode, self.case.profile.arithmetic
