"""Files that come by name: from the folder in ``SPIKEFIT_DATA``, else downloaded by checksum."""

import os
from pathlib import Path

from spikefit_nb.errors import FileProblem
from spikefit_nb.interrupts import hold_interrupts

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
    if not os.path.isdir(folder):
        raise FileProblem(
            f"{DATA_FOLDER} is {folder!r}, which is not a folder. Correct it, or unset it to "
            "download."
        )
    return min(Path(folder).rglob(name), default=None)


def cache_folder() -> Path:
    """The user's folder for what this package keeps.

    Returns
    -------
    Path

    Examples
    --------
    >>> "spikefit_nb" in str(cache_folder())
    True
    """
    with hold_interrupts():
        import pooch

    return Path(pooch.os_cache("spikefit_nb"))


def fetch(name: str, url: str, checksum: str, *, about: str = "") -> Path:
    """Give the path of a file, downloading it once where it is not at hand.

    Parameters
    ----------
    name : str, the file's own name
    url : str, where it comes from
    checksum : str, sha256 the download must have, or another with its name before it, such as
        "md5:69ca..."; a file in ``SPIKEFIT_DATA`` is taken as it is
    about : str, size and licence, told before the download and where it fails

    Returns
    -------
    Path

    Raises
    ------
    FileProblem
        The download fails or has another checksum, or ``SPIKEFIT_DATA`` names no folder.
    """
    local = find_local(name)
    if local is not None:
        return local
    with hold_interrupts():
        import pooch

    cache = pooch.os_cache("spikefit_nb")
    remedy = (
        f"Offline? Put {name} into a folder and set {DATA_FOLDER} to that folder; "
        f"with it in {cache} the download is skipped too."
    )
    kind, _, digest = checksum.rpartition(":")
    kind = kind or "sha256"
    told = f"{name} ({about})" if about else name
    if about and not os.path.isfile(Path(cache) / name):
        print(f"Downloading {told} from {url}, once.", flush=True)
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        downloader = pooch.HTTPDownloader(timeout=TIMEOUT_S)
        return Path(
            pooch.retrieve(url, f"{kind}:{digest}", fname=name, path=cache, downloader=downloader)
        )
    except ValueError:
        raise FileProblem(
            f"{told} from {url} does not have the expected checksum {kind} {digest}: the download "
            f"was cut off, or the file upstream changed. Try again. {remedy}"
        ) from None
    except OSError as error:  # requests' errors are OSErrors
        raise FileProblem(
            f"{told} is not at hand and could not be downloaded from {url} "
            f"({type(error).__name__}). {remedy}"
        ) from None
    finally:
        logger.setLevel(level)
