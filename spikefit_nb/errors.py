"""Errors that say what, the value, the limit and its source, and what to try."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import Signature, signature
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

Noun = TypeVar("Noun", bound=type)
Verb = TypeVar("Verb", bound=Callable[..., Any])

EXAMPLES = {  # how one of a kind is made
    "Adapted": "spikefit_nb.adapt.adapt(network, profile, design)",
    "Design": "sf.Design(weight_bits=4)",
    "Iterable": "[first, second]",
    "HardwareProfile": "sf.load_profile('loihi1')",
    "bool": "True",
    "Network": "sf.load_network('digits')",
    "PathLike": "'my_file'",
    "Report": "sf.deploy(network, profile, dataset)",
    "SpikeDataset": "sf.load_dataset('digits')",
    "ValueDataset": "sf.datasets.load_values('digits')",
}
LISTS = (Iterable, Collection, Sequence)  # an array is one of them where it has axes
PLAIN = {  # kinds that have a plain name
    bool: "True or False",
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


def expect(
    value: object, kind: type | UnionType | tuple[type, ...], name: str, example: str
) -> None:
    """Refuse an argument of another kind, and say how one of the right kind is made.

    Parameters
    ----------
    value : object
    kind : type, or several as in ``str | None`` or ``(str, NoneType)``
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
    several = kind if isinstance(kind, tuple) else get_args(kind) or (kind,)
    if not _is_of(value, several):
        kinds = " or ".join(map(_with_article, several))
        raise WrongArgument(
            f"{name} is {_with_article(type(value))} but must be {kinds}: {example}."
        )


def _is_of(value: object, kinds: tuple[type, ...]) -> bool:
    """Whether a value is of one of some kinds; an array without axes is no list."""
    kinds = (*kinds, np.bool_) if bool in kinds else kinds
    if isinstance(value, tuple(kind for kind in kinds if kind is not Iterable)):
        return True
    if Iterable not in kinds or not isinstance(value, Iterable):
        return False
    try:
        iter(value)
    except TypeError:
        return False
    return True


def guarded(verb: Verb) -> Verb:
    """Let a verb check its arguments against its signature before it begins.

    How many and which arguments there are is checked, and the kind of each whose annotation names
    nouns of ours, words, paths, lists, True or False alone; of numbers the verb itself says what is
    wrong, and of words which it knows.

    Parameters
    ----------
    verb : function with annotations

    Returns
    -------
    The same function, checked

    Raises
    ------
    WrongArgument
        When it is called with an argument of another name or kind, with too many, or too few.

    Examples
    --------
    >>> @guarded
    ... def repeat(word: str, n_times: int = 2) -> str:
    ...     return word * n_times
    >>> repeat("ab"), repeat("ab", n_times=3)
    ('abab', 'ababab')
    >>> repeat("ab", n_time=3)
    Traceback (most recent call last):
    spikefit_nb.errors.WrongArgument: repeat(): no argument named n_time. Did you mean n_times? It
    takes word, n_times.
    >>> repeat(3)
    Traceback (most recent call last):
    spikefit_nb.errors.WrongArgument: word is a int but must be a str: 'a word'.
    """
    told = signature(verb)
    kinds: dict[str, Any] = {}

    @wraps(verb)
    def checked(*args: Any, **named: Any) -> Any:
        try:
            given = told.bind(*args, **named).arguments
        except TypeError as error:
            raise _misnamed(verb.__name__, error, told, named) from None
        if not kinds:
            kinds.update(_kinds_of(verb))
        for name, value in given.items():
            if name in kinds:
                expect(value, kinds[name], name, _example_of(kinds[name]))
        return verb(*args, **named)

    return checked  # type: ignore[return-value]


def named_arguments(noun: Noun) -> Noun:
    """Let a class answer arguments that it does not have, or lacks, with those that it takes.

    Parameters
    ----------
    noun : class

    Returns
    -------
    The same class

    Raises
    ------
    WrongArgument
        When an object is made with an argument of another name, with too many, or too few.

    Examples
    --------
    >>> @named_arguments
    ... class Spike:
    ...     def __init__(self, step):
    ...         self.step = step
    >>> Spike(stp=3)
    Traceback (most recent call last):
    spikefit_nb.errors.WrongArgument: Spike(): no argument named stp. Did you mean step? It takes
    step.
    """
    made: Any = vars(noun)["__init__"]
    told = signature(made)

    @wraps(made)
    def checked(self: object, *args: Any, **named: Any) -> None:
        try:
            told.bind(self, *args, **named)
        except TypeError as error:
            raise _misnamed(noun.__name__, error, told, named) from None
        made(self, *args, **named)

    setattr(noun, "__init__", checked)  # noqa: B010  # mypy knows no other way
    return noun


def _misnamed(call: str, error: TypeError, told: Signature, named: Iterable[str]) -> WrongArgument:
    """The error of arguments that a call does not have, or lacks."""
    takes = [name for name in told.parameters if name != "self"]
    unknown = [name for name in named if name not in takes]
    near = [close for name in unknown for close in get_close_matches(name, takes, n=1)]
    said = f"no argument named {' or '.join(unknown)}" if unknown else str(error)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return WrongArgument(f"{call}(): {said}.{hint} It takes {', '.join(takes)}.")


def _kinds_of(verb: Any) -> dict[str, tuple[type, ...]]:
    """The kinds of each argument whose annotation names nouns of ours, words and paths alone."""
    try:
        hints = get_type_hints(verb)
    except NameError:  # of packages that are imported only where they are used
        return {}
    found: dict[str, tuple[type, ...]] = {}
    for name, hint in hints.items():
        parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        kinds = tuple(map(_kind_of, parts))
        either = Iterable in kinds and str in kinds  # names, or one: the verb says what it takes
        if name != "return" and not either and all(map(_can_be_checked, kinds)):
            found[name] = kinds
    return found


def _kind_of(part: Any) -> Any:
    """What an argument is checked to be, for one part of its annotation."""
    kind = get_origin(part) or part
    if kind is Literal and all(isinstance(word, str) for word in get_args(part)):
        return str
    return Iterable if kind in LISTS else kind


def _can_be_checked(kind: Any) -> bool:
    """Whether a kind is a noun of ours, a word, a path, a list, True or False, or None."""
    if kind in (str, bool, PathLike, Path, NoneType, Iterable):
        return True
    is_ours = getattr(kind, "__module__", "").startswith("spikefit_nb")
    return is_ours and isinstance(kind, type) and not getattr(kind, "_is_protocol", False)


def _example_of(kinds: tuple[type, ...]) -> str:
    """How one of some kinds is made."""
    made = (EXAMPLES[kind.__name__] for kind in kinds if kind.__name__ in EXAMPLES)
    return next(made, "'a word'")


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


def expect_seed(seed: object) -> None:
    """Refuse a seed that numpy makes no random numbers from.

    Parameters
    ----------
    seed : object

    Raises
    ------
    WrongArgument
        It is neither a whole number from 0 up nor a numpy Generator.

    Examples
    --------
    >>> expect_seed(0)
    >>> expect_seed(-1)
    Traceback (most recent call last):
    spikefit_nb.errors.WrongArgument: seed is -1 but must be a whole number from 0 up: seed=0.
    """
    is_number = isinstance(seed, Integral) and is_whole(seed)
    if not is_number and not isinstance(seed, np.random.Generator):
        raise WrongArgument(f"seed is {seed!r:.60} but must be a whole number from 0 up: seed=0.")


def is_one_of(value: object, words: Collection[str]) -> bool:
    """Say whether a value is one of some words; what is no word is none of them.

    Parameters
    ----------
    value : object
    words : collection of str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_one_of("zero", ("zero", "none")), is_one_of("one", ("zero", "none")), is_one_of([], ())
    (True, False, False)
    """
    return isinstance(value, str) and value in words


def _with_article(kind: type) -> str:
    return PLAIN.get(kind, f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}")


class NotInstalled(SpikefitError, ImportError):
    """A package that only this needs is not installed; the message says how to get it."""


class TooLarge(SpikefitError, MemoryError):
    """A run would take more memory than the user or the machine allows."""
