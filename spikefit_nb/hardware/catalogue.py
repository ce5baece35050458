"""Chips that come by name, and chips of the user's own from files."""

import os
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path

from spikefit_nb.errors import FileProblem, UnknownName, expect
from spikefit_nb.hardware.chip import CoefficientSet
from spikefit_nb.hardware.profile import HardwareProfile
from spikefit_nb.hardware.sourced import Sourced
from spikefit_nb.hardware.toml_file import LARGEST_FILE_BYTES, read_document

CATALOGUE = files("spikefit_nb.hardware") / "profiles"


def profile_names() -> tuple[str, ...]:
    """The chips in the catalogue.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> {"loihi1", "truenorth"} <= set(profile_names())
    True
    """
    return tuple(
        sorted(
            entry.name.removesuffix(".toml")
            for entry in CATALOGUE.iterdir()
            if entry.name.endswith(".toml")
        )
    )


def load_profile(name: str, *, coefficients: str | None = None) -> HardwareProfile:
    """Load a chip from the catalogue.

    Parameters
    ----------
    name : str, such as "loihi1"
    coefficients : str or None, another of the chip's sets of coefficients

    Returns
    -------
    HardwareProfile

    Raises
    ------
    WrongArgument
        A name is no text.
    UnknownName
        The catalogue has no such chip, or the chip no such set; the message offers the nearest
        names.

    Examples
    --------
    >>> load_profile("loihi1").replace(cores=64).value("cores")
    64
    """
    expect(name, str, "name", "'loihi1'")
    expect(coefficients, str | None, "coefficients", "'calibrated'")
    return _load(name, coefficients)


@cache
def _load(name: str, coefficients: str | None) -> HardwareProfile:
    """A chip from the catalogue, read once."""
    if coefficients is not None:
        return _load(name, None).coefficients(coefficients)
    if name not in profile_names():
        raise UnknownName("profile", name, profile_names())
    return parse_profile((CATALOGUE / f"{name}.toml").read_bytes(), f"{name}.toml")


def read_profile(path: str | Path) -> HardwareProfile:
    """Read a chip of your own from a TOML file in the catalogue's format.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    HardwareProfile

    Raises
    ------
    WrongArgument
        It is no path.
    FileProblem
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> read_profile(CATALOGUE / "loihi1.toml").title
    'Intel Loihi'
    """
    expect(path, str | PathLike, "path", "'mine.toml'")
    path = Path(path)
    if not os.path.isfile(path):  # of a path too long to be one there is none
        raise FileProblem(
            f"There is no profile file {str(path)!r}. From the catalogue? "
            f"load_profile({path.stem!r})."
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise FileProblem(
            f"The profile file {str(path)!r} cannot be read: {error.strerror}."
        ) from None
    return parse_profile(content, path.name)


def parse_profile(toml: bytes | str, file_name: str) -> HardwareProfile:
    """Turn the content of a profile file into a profile."""
    document = read_document(toml, file_name)
    return HardwareProfile(
        **{key: document[key] for key in ("name", "title", "family", "step")},
        **_coefficients(document),
        checks=_figures(document.get("checks", {})),
        sets={
            name: CoefficientSet(
                other["title"], **_coefficients(other), fitted_on=other.get("fitted_on", "")
            )
            for name, other in document.get("sets", {}).items()
        },
        year=document.get("year"),
        arithmetic=document.get("arithmetic", "float32"),
        fitted_on=document.get("fitted_on", ""),
    )


def _coefficients(holder: dict) -> dict:
    return {"figures": _figures(holder.get("figures", {})), "included": holder.get("included", {})}


def _figures(entries: dict) -> dict[str, Sourced]:
    return {name: Sourced(**entry) for name, entry in entries.items()}
