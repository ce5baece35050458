"""Errors that say what, the value, the limit and its source, and what to try."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from os import PathLike
from types import NoneType, UnionType
from typing import get_args

PLAIN = {  # kinds that have a plain name
    Integral: "a whole number",
    Iterable: "a list",
    Mapping: "a dict",
    NoneType: "None",
    PathLike: "a path",
    Real: "a number",
}


class SpikefitError(Exception):
    """Any error spikefit_nb raises on purpose; catch this one to catch them all."""


class FileProblem(SpikefitError, ValueError):
    """A file is missing, of another format, or says something that cannot be."""


class NetworkProblem(SpikefitError, ValueError):
    """A network is inconsistent in itself: shapes, parameters, missing statements."""


class DatasetProblem(SpikefitError, ValueError):
    """Spikes and labels do not belong together, or not to this network."""


class ProfileProblem(SpikefitError, ValueError):
    """A hardware profile is incomplete or inconsistent."""


class DesignProblem(SpikefitError, ValueError):
    """A design asks for a value outside the range of its knob."""


class NotPublished(SpikefitError, ValueError):
    """A number was asked for that rests on a figure nobody has published for this chip."""


class WrongArgument(SpikefitError, TypeError):
    """An argument is of another kind than the verb takes, such as a name in place of a profile."""


class WrongSource(FileProblem, WrongArgument):
    """What is to be read is neither the path of a file nor an object that can be read."""


class SearchFailed(SpikefitError):
    """A search ended because the network as trained could not even be priced."""


class DoesNotFit(SpikefitError):
    """Raised only with ``strict=True``: the network does not fit the chip."""


class UnknownName(SpikefitError, KeyError):
    """A name is not in the list; the message offers the nearest, and the list or where it is."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, listed_in: str = ""):
        known = sorted(known)
        folded = {each.casefold(): each for each in reversed(known)}
        close = get_close_matches(str(name).casefold(), folded, n=3, cutoff=0.4)
        near = [folded[each] for each in close]
        hint = f"Did you mean {' or '.join(repr(n) for n in near)}? " if near else ""
        names = (
            f"{len(known)} are known: {listed_in}" if listed_in else f"Known: {', '.join(known)}"
        )
        self.message = f"There is no {kind} {name!r}. {hint}{names}."
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


def expect(value: object, kind: type | UnionType, name: str, example: str) -> None:
    """Refuse an argument of another kind, and say how one of the right kind is made.

    Parameters
    ----------
    value : object
    kind : type, or several as in ``str | None``
    name : str, of the argument
    example : str, an expression that makes one

    Raises
    ------
    WrongArgument
        The value is not of that kind.

    Examples
    --------
    >>> expect(3, int, "n_trials", "40")
    """
    if not isinstance(value, kind):
        kinds = " or ".join(_with_article(k) for k in get_args(kind) or (kind,))
        raise WrongArgument(
            f"{name} is {_with_article(type(value))} but must be {kinds}: {example}."
        )


def is_whole(value: object, least: int = 0) -> bool:
    """Say whether a value is a whole number from a least one up; True and False are none.

    Parameters
    ----------
    value : object
    least : int

    Returns
    -------
    bool

    Examples
    --------
    >>> is_whole(3), is_whole(3.0), is_whole(3.5), is_whole("3"), is_whole(True)
    (True, True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return float(value).is_integer() and float(value) >= least


def _with_article(kind: type) -> str:
    return PLAIN.get(kind, f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}")


class NotInstalled(SpikefitError, ImportError):
    """A package that only this needs is not installed; the message says how to get it."""


class TooLarge(SpikefitError, MemoryError):
    """A run would take more memory than the user or the machine allows."""
