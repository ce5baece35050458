"""Files that come by name: from the folder in ``SPIKEFIT_DATA`` first, else from upstream by checksum."""

import os
from pathlib import Path

from spikefit_nb.errors import FileProblem

DATA_FOLDER = "SPIKEFIT_DATA"
TIMEOUT_S = 30


def find_local(name: str) -> Path | None:
    """Look for a file under its own name anywhere below the folder in ``SPIKEFIT_DATA``.

    Parameters
    ----------
    name : str

    Returns
    -------
    Path or None
        None where the variable is not set or the file is not there.

    Raises
    ------
    FileProblem
        ``SPIKEFIT_DATA`` names no folder.

    Examples
    --------
    >>> find_local("no_such_file.bin") is None
    True
    """
    folder = os.environ.get(DATA_FOLDER)
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise FileProblem(f"{DATA_FOLDER} is {folder!r}, which is not a folder. Correct it, or unset it to download.")
    return min(Path(folder).rglob(name), default=None)


def fetch(name: str, url: str, sha256: str) -> Path:
    """Give the path of a file, downloading it once where it is not at hand.

    Parameters
    ----------
    name : str, the file's own name
    url : str, where it comes from
    sha256 : str, checksum the download must have; a file in ``SPIKEFIT_DATA`` is taken as it is

    Returns
    -------
    Path

    Raises
    ------
    FileProblem
        The download fails or has another checksum, or ``SPIKEFIT_DATA`` names no folder.
    """
    local = find_local(name)
    return local if local is not None else _download(name, url, sha256)


def _download(name: str, url: str, sha256: str) -> Path:
    import pooch

    cache = pooch.os_cache("spikefit_nb")
    remedy = (
        f"Offline? Put {name} into a folder and set {DATA_FOLDER} to that folder; "
        f"with it in {cache} the download is skipped too."
    )
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        downloader = pooch.HTTPDownloader(timeout=TIMEOUT_S)
        return Path(pooch.retrieve(url, f"sha256:{sha256}", fname=name, path=cache, downloader=downloader))
    except ValueError:
        raise FileProblem(
            f"{name} from {url} does not have the expected checksum sha256 {sha256}: the download was cut off, "
            f"or the file upstream changed. Try again. {remedy}"
        ) from None
    except OSError as error:  # requests' errors are OSErrors
        why = f"{name} is not at hand and could not be downloaded from {url} ({type(error).__name__})"
        raise FileProblem(f"{why}. {remedy}") from None
    finally:
        logger.setLevel(level)
