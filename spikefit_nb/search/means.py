"""What a search needs to make trials, and what is known without it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.search.objectives import Objective
from spikefit_nb.search.space import DesignSpace

if TYPE_CHECKING:  # Optuna takes half a second to import
    from optuna.samplers import BaseSampler


@dataclass(frozen=True, eq=False)
class Means:
    """What a search needs to make trials, beside what it was asked: the network as trained on the
    recordings that designs are chosen by, the space, recordings to confirm a choice on, workers,
    a sampler of the user's, params of designs to try first, and objectives of the user's own.
    """

    base: Case
    space: DesignSpace
    kept_back: SpikeDataset | None = None
    executor: Executor | int | None = None
    sampler: "BaseSampler | None" = None
    warm: Sequence[Mapping[str, Any]] = ()
    own: Mapping[str, Objective] = field(default_factory=dict)


class Named(NamedTuple):
    """What a file tells of a chip that is not at hand."""

    name: str
    title: str


def load_loop() -> None:
    """Import what makes trials, in a thread that knows no study."""
    # Optuna keeps the errors of packages that are not installed, and with them all frames above:
    # the first study of a kernel would stay for ever.
    loading = Thread(target=import_module, args=("spikefit_nb.search.loop",), daemon=True)
    loading.start()
    loading.join()
