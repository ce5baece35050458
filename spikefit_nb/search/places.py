"""Where studies are kept that nobody gave a place."""

import os
import re
import tempfile
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from os import PathLike, fspath
from pathlib import Path

from spikefit_nb.errors import FileProblem
from spikefit_nb.fetch import cache_folder
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.terms import Terms

STUDIES_FOLDER = "SPIKEFIT_STUDIES"
ENDING = ".study"
LONGEST_NAME = 120


def studies_folder() -> Path:
    """Where studies are kept that nobody gave a place: ``SPIKEFIT_STUDIES``, else the user's cache
    folder.
    """
    named = os.environ.get(STUDIES_FOLDER)
    return Path(named).expanduser() if named else cache_folder() / "studies"


def new_place(network: str, chip: str) -> str:
    """Claim a path that no study has yet, which tells when and what of."""
    folder, when = studies_folder(), time.strftime("%Y-%m-%d_%H%M%S")
    name = re.sub(r"[^\w.-]+", "_", f"{when}_{network}_on_{chip}")[:LONGEST_NAME]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for k in count(1):
            path = folder / f"{name}{'' if k == 1 else f'_{k}'}_{os.getpid()}{ENDING}"
            with suppress(FileExistsError):
                path.open("x").close()
                return str(path)
    except OSError as error:
        path = Path(tempfile.mkdtemp(prefix="studies")) / f"{name}{ENDING}"
        warnings.warn(
            f"Studies cannot be kept in {folder} ({error.strerror}), so this one is in {path}, "
            f"which may be gone tomorrow. To keep it, name a file with storage=..., or set "
            f"{STUDIES_FOLDER} to a folder that can be written to.",
            stacklevel=2,
        )
        return str(path)
    raise FileProblem(f"{folder} has no name left for a study.")


def known_place(storage: str | PathLike) -> str:
    """The path or URL of a study that is there; a mere name may be of one that nobody gave a
    place.
    """
    place = fspath(storage)
    kept = studies_folder() / place
    is_name = Path(place).name == place and not os.path.exists(place)
    return str(kept) if is_name and os.path.isfile(kept) else place


def place_in_words(place: str) -> str:
    """What ``load_study`` takes for a study, as short as can be."""
    path = Path(place)
    return path.name if path.parent == studies_folder() else place


def _is_unbegun(path: Path) -> bool:
    """Whether a file is empty, or a journal in which a killed search wrote nothing of a study."""
    written = path.read_bytes()
    whole = written.rpartition(b"\n")[0].splitlines()  # a killed process may leave half a line
    is_journal = bool(whole) and all(b'"op_code"' in line for line in whole)
    return not written or (is_journal and not any(b'"spikefit"' in line for line in whole))


def checked_place(storage: str | PathLike) -> str:
    """The path or URL of a new study, which must be free."""
    place = fspath(storage)
    if "://" in place:
        return place
    path = Path(place).expanduser().absolute()
    if os.path.isdir(path) or not os.path.isdir(path.parent):
        raise FileProblem(f"storage is {place!r}; it must be a file in a folder that is there.")
    if os.path.isfile(path) and not _is_unbegun(path):
        raise FileProblem(
            f"{place} holds a study already, or something else: sf.load_study({place!r}) goes on "
            "with a study; a new one needs another storage."
        )
    return str(path)


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
