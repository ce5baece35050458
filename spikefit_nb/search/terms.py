"""What a study was asked: everything beside the network, the chip and the recordings, as plain
numbers and words that a file can hold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from numbers import Real
from typing import Any

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.case import deploy_line
from spikefit_nb.errors import DesignProblem, UnknownName, expect
from spikefit_nb.search.given import spelled_out
from spikefit_nb.search.objectives import BUILT_IN, OBJECTIVES, Objective

MOST = 2**32
WORDS = {"sampler", "decode", "scenario", "confirm", "network", "chip", "chip_title"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Terms:
    """What a study was asked.

    ``fingerprints`` tells the network, chip and recordings apart from others; ``own`` are the words
    of objectives of the user's own.
    """

    objectives: tuple[str, ...]
    n_trials: int  # the network as trained (trial 0) not counted
    seed: int
    sampler: str
    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 1
    goal: Mapping[str, float] = field(default_factory=dict)
    patience: int | None = None
    max_seconds: float | None = None
    decode: str | None = None
    scenario: str | None = None
    deadline_s: float | None = None
    confirm: str = ""  # "kept" back of the recordings, "given", or nothing
    network: str = ""
    chip: str = ""
    chip_title: str = ""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, tuple] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, example in (
            ("at_least", '{"accuracy": 0.95}'),
            ("at_most", '{"event_energy_j": 1e-6}'),
            ("goal", '{"accuracy": 0.95}'),
        ):
            expect(getattr(self, name), Mapping | None, name, example)
            object.__setattr__(self, name, dict(getattr(self, name) or {}))
        for name, least in (("n_trials", 1), ("seed", 0), ("batch", 0), ("patience", 1)):
            value = getattr(self, name)
            if value is not None or name in ("n_trials", "seed"):
                _expect_whole(name, value, least)
        expect(self.max_seconds, Real | None, "max_seconds", "600")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise DesignProblem(f"max_seconds is {self.max_seconds}; it must be above 0: 600.")
        for f in fields(self):
            object.__setattr__(self, f.name, _plain(getattr(self, f.name)))
        object.__setattr__(self, "objectives", tuple(self.objectives))

    def to_json(self) -> dict[str, Any]:
        """Everything as plain Python."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Terms":
        """What was written, read again; words of objectives that are not known are remembered."""
        known = {f.name for f in fields(cls)}
        given = {name: value for name, value in told.items() if name in known}
        for name in WORDS & given.keys():
            expect(given[name], str | None, name, "as search writes it")
        expect(given.get("fingerprints", {}), Mapping, "fingerprints", "as search writes them")
        terms = cls(**given)
        for name, words in terms.own.items():
            said, unit, maximize, logarithmic = words
            own = Objective(said, unit, maximize, logarithmic, name=name)
            OBJECTIVES.setdefault(name, own)
        for name in terms.quantities:
            if name not in OBJECTIVES:
                raise UnknownName("objective", name, OBJECTIVES)
        return terms

    @property
    def quantities(self) -> tuple[str, ...]:
        """What has to be known of a trial: objectives, and what is limited beside them."""
        return tuple(dict.fromkeys((*self.objectives, *self.at_least, *self.at_most, *self.goal)))

    def deploy_line(self, design: Design) -> str:
        """The line of code that deploys a design as the study ran it."""
        said = {"decode": self.decode, "scenario": self.scenario, "deadline_s": self.deadline_s}
        return deploy_line(design, said, is_calibrated="calibration" in self.fingerprints)


def _expect_whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number, or one that is too small or too large."""
    expect(value, Real, name, str(max(least, 1)))
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not least <= value < MOST:  # type: ignore[operator]
        raise DesignProblem(
            f"{name} is {value!r}; it must be a whole number from {least} up, below 2**32."
        )


def _plain(value: Any) -> Any:
    """A value that a file can hold: numbers of numpy as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def written_space(space: Mapping[str, object]) -> dict[str, Any]:
    """Ranges of knobs as a file can hold them, pairs (low, high) told from lists of choices."""
    return {
        name: {"range": list(value)} if isinstance(value, tuple) else value
        for name, value in spelled_out(space).items()
    }


def read_space(space: Mapping[str, Any]) -> dict[str, Any]:
    """Ranges of knobs as they were given."""
    return {
        name: tuple(value["range"]) if isinstance(value, dict) else value
        for name, value in space.items()
    }


def own_of(names: Iterable[str]) -> dict[str, Objective]:
    """Objectives that the user made."""
    return {name: OBJECTIVES[name] for name in names if name not in BUILT_IN}


def words_of_own(names: Iterable[str]) -> dict[str, tuple]:
    """The words of objectives of the user's own, without the function that no file can hold."""
    known = [name for name in names if name in OBJECTIVES]
    return {name: tuple(o)[:4] for name, o in own_of(known).items()}
