"""Where studies are kept that nobody gave a place."""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from spikefit_nb.fetch import cache_folder
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.terms import Terms

STUDIES_FOLDER = "SPIKEFIT_STUDIES"
ENDING = ".study"


def studies_folder() -> Path:
    """Where studies are kept that nobody gave a place: ``SPIKEFIT_STUDIES``, else the user's cache
    folder.
    """
    named = os.environ.get(STUDIES_FOLDER)
    return Path(named) if named else cache_folder() / "studies"


def new_place(network: str, chip: str) -> str:
    """A path that no study has yet, which tells when and what of."""
    folder, when = studies_folder(), time.strftime("%Y-%m-%d_%H%M%S")
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", f"{when}_{network}_on_{chip}")
    taken = {path.name for path in folder.iterdir()}
    numbered = (f"{name}{'' if k == 1 else f'_{k}'}_{os.getpid()}{ENDING}" for k in range(1, 10**6))
    return str(folder / next(n for n in numbered if n not in taken))


@dataclass(frozen=True, eq=False, repr=False)
class KeptStudy(Result):
    """A study in the user's cache folder.

    Parameters
    ----------
    storage : str, what ``load_study`` takes
    terms : Terms
    n_done : int, finished trials
    n_bytes : int

    Examples
    --------
    >>> from spikefit_nb.search.terms import Terms
    >>> terms = Terms(objectives=("accuracy",), n_trials=40, seed=0, sampler="sobol",
    ...               network="digits", chip="loihi1")
    >>> KeptStudy("digits.study", terms, 12, 34_000)
    KeptStudy(digits on loihi1: 12 of 40 trials, digits.study)
    """

    storage: str
    terms: Terms
    n_done: int
    n_bytes: int

    def _headline(self) -> str:
        of = f"{self.terms.network} on {self.terms.chip}"
        return f"{of}: {self.n_done} of {self.terms.n_trials} trials, {self.storage}"

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("n_done", "Trials", self.n_done),
            Quantity("n_trials", "Trials asked for", self.terms.n_trials),
            Quantity("file_bytes", "File", self.n_bytes, "B"),
        )

    def _card(self) -> tuple[str, ...]:
        return (self.headline,)
