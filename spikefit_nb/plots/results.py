"""What pictures read of the results they are given."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Study(Protocol):
    """What the picture of a front reads of a search, running or ended."""

    objectives: tuple[str, ...]

    @property
    def trials(self) -> Sequence[Any]:
        """Those that have ended."""

    @property
    def best_trials(self) -> Sequence[Any]:
        """Those that no other beats in all objectives."""

    @property
    def reference(self) -> Any:
        """The trial of the network as trained, or None as long as it has not ended."""

    def is_within_limits(self, trial: Any) -> bool:
        """Whether a trial keeps the limits of the search."""


@runtime_checkable
class Report(Protocol):
    """What a core map reads of one design."""

    @property
    def profile(self) -> Any:
        """The chip."""

    @property
    def mapping(self) -> Any:
        """Which neurons are on which core, and where the cores are."""

    @property
    def price(self) -> Any:
        """How hard cores work and what they send; None where the network does not fit."""


@runtime_checkable
class SpikeRecord(Protocol):
    """What the picture of accuracy over steps reads of a run."""

    @property
    def accuracy_by_step(self) -> np.ndarray | None:
        """Share of right answers after each step, (n_steps,); None without labels."""

    @property
    def accuracy_interval(self) -> tuple[float, float] | None:
        """95 % interval of the last one; None without labels."""
