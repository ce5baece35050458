"""A number about hardware, with its unit, its kind and where it was published."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from spikefit_nb.errors import ProfileProblem
from spikefit_nb.units import to_si

PARTS = ("value", "unit", "kind", "source")
OPTIONAL = ("spread",)
KINDS = ("measured", "simulated", "datasheet", "derived", "assumed")
LARGEST = 2**63 - 1  # the largest integer of TOML; no figure comes near
SURROGATE = re.compile("[\ud800-\udfff]")  # halves of characters, which UTF-8 cannot hold
OWN = "the user"  # the source of a figure that a user has changed
# How far to trust a kind, strongest first: silicon, the designer's own structure, arithmetic on
# published numbers, a simulator, somebody's guess.
TRUST = ("measured", "datasheet", "derived", "simulated", "assumed")


@dataclass(frozen=True)
class Sourced:
    """One figure of a chip.

    Parameters
    ----------
    value : number, str or tuple of them, as published; lists and NumPy's numbers are turned into
        these
    unit : str, as published ("pJ", "ns", "cores")
    kind : "measured", "simulated", "datasheet", "derived" or "assumed"
    source : str, where it says so
    spread : (low, high) or None, from where to where the figure was published or measured, each
        like the value and in its unit; a list has two lists, number by number

    Raises
    ------
    ProfileProblem
        The kind is unknown, a text is empty, a number is negative or not finite, or the value is
        outside its spread.

    Examples
    --------
    >>> Sourced(23.6, "pJ", "simulated", "Davies 2018, Table 2").si
    2.36e-11
    >>> Sourced(232, "mW", "measured", "two networks on one board", spread=(232, 282)).spread_text
    '232 to 282 mW'
    """

    value: object
    unit: str
    kind: str
    source: str
    spread: tuple | None = None

    def __post_init__(self) -> None:
        for key in ("value", "spread"):
            object.__setattr__(self, key, plain(getattr(self, key)))
        faults = [
            f"{key} {fault}." for key in PARTS if (fault := part_fault(key, getattr(self, key)))
        ]
        if self.spread is not None and (fault := spread_fault(self.spread, self.value)):
            faults.append(f"spread {fault}.")
        if faults:
            raise ProfileProblem(" ".join(faults))

    @property
    def si(self):
        """The value in SI units; of a list, the tuple of them."""
        if isinstance(self.value, tuple):
            return tuple(to_si(value, self.unit) for value in self.value)
        return to_si(self.value, self.unit)

    @property
    def spread_si(self):
        """The two ends of the spread in SI units, of a list two tuples; None where there is
        none.
        """
        return self.spread and tuple(
            replace(self, value=end, spread=None).si for end in self.spread
        )

    @property
    def text(self) -> str:
        """The value as published, with its unit."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if any(isinstance(value, str) for value in values):
            return ", ".join(map(str, values))
        return f"{_listed(self.value)} {self.unit.removesuffix('s' * (values == (1,)))}"

    @property
    def spread_text(self) -> str:
        """The spread as published, with its unit; empty where there is none."""
        return f"{' to '.join(map(_listed, self.spread))} {self.unit}" if self.spread else ""

    @property
    def full_text(self) -> str:
        """The value, and its spread in brackets."""
        return f"{self.text} ({self.spread_text})" if self.spread else self.text


def _listed(numbers: object) -> str:
    numbers = numbers if isinstance(numbers, tuple) else (numbers,)
    return ", ".join(f"{number:,}" for number in numbers)


def plain(value: object) -> object:
    """Turn a list into a tuple and NumPy's numbers into Python's, however deep; anything else
    stays.
    """
    value = value.tolist() if isinstance(value, np.generic | np.ndarray) else value
    return tuple(plain(item) for item in value) if isinstance(value, list | tuple) else value


def is_number(value: object) -> bool:
    """Whether a value is a number a figure can have: a truth value is none, nor is less than
    nothing.
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST


def is_text(value: object) -> bool:
    """Whether a value is a text with something in it that can be written to a file."""
    return isinstance(value, str) and bool(value.strip()) and not SURROGATE.search(value)


def shown(value: object) -> str:
    """Write a value for a message: as Python writes it, cut where it grows too long."""
    try:
        written = repr(value)
    except (
        ValueError,
        RecursionError,
    ):  # Python refuses to write thousands of digits, or of nested tables
        return f"a {type(value).__name__} too long to show"
    return written if len(written) <= 60 else f"{written[:37]}..."


def _is_value(value: object) -> bool:
    """Whether a figure could have a value: a number or a text, or a list of either."""
    values = value if isinstance(value, list | tuple) and value else [value]
    return all(map(is_number, values)) or all(map(is_text, values))


RULES = {  # what a part of a figure must be
    "value": (_is_value, "a number, 0 or more and finite, or a text, or a list of such"),
    "unit": (is_text, 'a text, such as "pJ" or "cores"'),
    "kind": (lambda kind: kind in KINDS, f"one of {', '.join(KINDS)}"),
    "source": (
        is_text,
        'a text: a figure without a source does not exist. Yours? kind = "assumed"',
    ),
}


def part_fault(key: str, part: object) -> str:
    """Say what is wrong with one of the four parts of a figure."""
    is_right, wanted = RULES[key]
    return "" if is_right(part) else f"is {shown(part)}; it must be {wanted}"


def spread_fault(spread: object, value: object) -> str:
    """Say what is wrong with the spread of a figure."""
    ends = spread if isinstance(spread, list | tuple) and len(spread) == 2 else (None, None)
    parts = (ends[0], value, ends[1])
    are_lists = {isinstance(part, list | tuple) for part in parts}
    rows = [part if isinstance(part, list | tuple) else [part] for part in parts]
    is_right = (
        len(are_lists) == 1
        and len(set(map(len, rows))) == 1
        and all(map(is_number, chain(*rows)))
        and all(low <= middle <= high for low, middle, high in zip(*rows, strict=True))
    )
    wanted = (
        f"two ends around the value, a low and a high one: [low, high], each like {shown(value)}"
    )
    return "" if is_right else f"is {shown(spread)}; it must be {wanted}"


def weakest(figures: Iterable[tuple[str, Sourced]]) -> tuple[str, str] | None:
    """Find the figure that deserves least trust.

    Parameters
    ----------
    figures : iterable of (name, Sourced)

    Returns
    -------
    (kind, name), of equals one of the user's own, else the first; None where there is no figure

    Examples
    --------
    >>> area = Sourced(60, "mm2", "measured", "p. 95")
    >>> mesh = Sourced(8, "tiles", "assumed", "a guess")
    >>> weakest([("area", area), ("mesh", mesh)])
    ('assumed', 'mesh')
    """
    worst = max(
        figures, key=lambda item: (TRUST.index(item[1].kind), item[1].source == OWN), default=None
    )
    return worst and (worst[1].kind, worst[0])
