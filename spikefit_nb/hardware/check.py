"""What may stand in a profile: one check for files, for ``replace`` and for profiles made by hand.

It looks at a *document*, the tables of a profile file as ``tomllib`` gives them, and says where
which fault is.
"""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from spikefit_nb.hardware.families import FAMILIES
from spikefit_nb.hardware.figures import (
    ABOVE_ZERO,
    FIGURES,
    MAY_BE_ZERO,
    PROPERTIES,
    STEPS,
    base_of,
)
from spikefit_nb.hardware.sourced import (
    OPTIONAL,
    PARTS,
    is_number,
    is_text,
    part_fault,
    shown,
    spread_fault,
)

Keys = tuple[str, ...]
Fault = tuple[
    Keys, str
]  # keys from the top of the document; what is wrong there, without its subject

NEEDED = ("name", "title", "family", "step")
KEYS = (
    "name",
    "title",
    "year",
    "family",
    "step",
    "arithmetic",
    "fitted_on",
    "included",
    "figures",
    "checks",
    "sets",
)
KEYS_OF_SET = ("title", "fitted_on", "included", "figures")
FIRST_YEAR, LAST_YEAR = 1900, 2100
NARROWEST_WEIGHT_BITS, WIDEST_WEIGHT_BITS = 2, 16  # what quantizing knows
AMONG_PROPERTIES = (
    lambda words: set(words) <= set(PROPERTIES),
    f", each one of {', '.join(PROPERTIES)}",
)
LISTS = {  # that must be more than lists: how, and in words
    "weight_bits": (
        lambda bits: NARROWEST_WEIGHT_BITS <= max(bits) <= WIDEST_WEIGHT_BITS,
        f"; its largest must be from {NARROWEST_WEIGHT_BITS} to {WIDEST_WEIGHT_BITS}",
    ),
    "barrier_tiles": (
        lambda tiles: all(first < second for first, second in pairwise(tiles)),
        ", each larger than the one before",
    ),
    "supports": AMONG_PROPERTIES,
    "lacks": AMONG_PROPERTIES,
}


def document_faults(document: dict) -> Iterator[Fault]:
    """Find all that is wrong with a profile."""
    yield from _key_faults((), document, KEYS, NEEDED, "A profile")
    known_values = {"family": tuple(FAMILIES), "step": STEPS, "arithmetic": arithmetic_names()}
    for key, known in known_values.items():
        if key in document and document[key] not in known:
            must = f"it must be one of {', '.join(known)}."
            yield (key,), f"is {shown(document[key])}; {must}{_nearest(document[key], known)}"
    yield from _shape_faults((), document, ("name", "title", "fitted_on"), "text")
    year = document.get("year", FIRST_YEAR)
    if not isinstance(year, int) or isinstance(year, bool) or not FIRST_YEAR <= year <= LAST_YEAR:
        must = f"it must be a whole number from {FIRST_YEAR} to {LAST_YEAR}."
        yield ("year",), f"is {shown(year)}; {must}"
    yield from _coefficient_faults((), document, {})
    yield from _shape_faults((), document, ("checks", "sets"), "table")
    named = [(key, name) for key in ("checks", "sets") for name in _entries(document, key)]
    yield from ((path, "is no name; it must be a text.") for path in named if not is_text(path[1]))
    for name, entry in _entries(document, "checks").items():
        yield from _figure_faults(("checks", name), entry)
    sets = _entries(document, "sets")
    yield from _shape_faults(("sets",), sets, tuple(sets), "table")
    for name, entry in sets.items():
        if isinstance(entry, dict):
            path = ("sets", name)
            yield from _key_faults(path, entry, KEYS_OF_SET, ("title",), "A set of coefficients")
            yield from _shape_faults(path, entry, ("title", "fitted_on"), "text")
            yield from _coefficient_faults(path, entry, _entries(document, "figures"))


def arithmetic_names() -> tuple[str, ...]:
    """The numbers that neurons of a chip can count in: float32, and those of all families."""
    return ("float32", *(name for family in FAMILIES.values() for name in family.arithmetics))


def value_fault(name: str, value: object) -> str:
    """Say what is wrong with the value of a figure."""
    is_right, wanted = _single(name)
    if FIGURES[name].shape == "number":
        is_good, wanted = is_right(value), f"a {wanted.format('')}"
    else:
        is_right_list, more = LISTS.get(name, (bool, ""))
        is_list = isinstance(value, list | tuple) and bool(value) and all(map(is_right, value))
        is_good, wanted = is_list and is_right_list(value), f"a list of {wanted.format('s')}{more}"
    return "" if is_good else f"is {shown(value)}; it must be {wanted}"


def _single(name: str) -> tuple[Callable[[Any], bool], str]:
    """What each number or word of a figure must be: how to tell, and in words."""
    meaning, fewest = FIGURES[name], least(name)
    if meaning.shape == "words":
        return is_text, f"text{{}}, the {meaning.unit}"
    if meaning.is_count:
        wanted = f"whole number{{}} of {meaning.unit}, {fewest} or more"
        return lambda n: is_number(n) and isinstance(n, int) and n >= fewest, wanted
    if name in ABOVE_ZERO:
        return lambda n: is_number(n) and n > 0, "number{}, above 0 and finite"
    return is_number, "number{}, 0 or more and finite"


def least(name: str) -> int:
    """The smallest number a figure can have: there is at least one of what is counted."""
    return int(FIGURES[name].is_count and name not in MAY_BE_ZERO)


def written_path(path: Keys) -> str:
    """Write the keys that lead to a place as TOML does."""
    keys = map(str, path)
    return ".".join(key if key.isidentifier() and len(key) <= 60 else shown(key) for key in keys)


def _nearest(name: object, known: Iterable[str]) -> str:
    near = get_close_matches(str(name)[:99], known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _entries(holder: dict, key: str) -> dict:
    table = holder.get(key)
    return table if isinstance(table, dict) else {}


def _key_faults(path: Keys, table: dict, known: Keys, needed: Keys, what: str) -> Iterator[Fault]:
    has = f"{what} has {', '.join(known[:-1])} and {known[-1]}."
    for key in needed:
        if key not in table:
            yield path, f"lacks the key {key!r}. {has}"
    for key in table:
        if key not in known:
            yield (*path, key), f"is an unknown key.{_nearest(key, known)} {has}"


def _shape_faults(path: Keys, holder: dict, keys: Keys, shape: str) -> Iterator[Fault]:
    """Entries that are no text, or no table."""
    for key in keys:
        entry = holder.get(key, {} if shape == "table" else "absent")
        if not (isinstance(entry, dict) if shape == "table" else is_text(entry)):
            yield (*path, key), f"is {shown(entry)}; it must be a {shape}."


def _known_faults(path: Keys, name: object, said: str = "is") -> Iterator[Fault]:
    if not isinstance(name, str) or name not in FIGURES:
        known = f"{len(FIGURES)} names are known: spikefit_nb.hardware.FIGURES."
        yield path, f"{said} no figure of the vocabulary.{_nearest(name, FIGURES)} {known}"


def _coefficient_faults(path: Keys, holder: dict, below: dict) -> Iterator[Fault]:
    """Faults of the figures and inclusions of a chip, or of a set laid over figures ``below``."""
    yield from _shape_faults(path, holder, ("included", "figures"), "table")
    figures = _entries(holder, "figures")
    for name, by in _entries(holder, "included").items():
        where = (*path, "included", name)
        yield from _known_faults(where, name)
        yield from _known_faults(where, by, f"is {shown(by)},")
        if name in figures:
            yield (
                where,
                "is also among the figures: what is published alone is included in no other.",
            )
    for name, entry in figures.items():
        where = (*path, "figures", name)
        if name in FIGURES:
            yield from _figure_faults(where, entry, name)
        else:
            yield from _known_faults(where, name)
    yield from _barrier_faults(path, below | figures)


def _figure_faults(path: Keys, entry: object, name: str = "") -> Iterator[Fault]:
    """Faults of one sourced figure; with the name of one in the vocabulary also of its unit and
    shape.
    """
    if not isinstance(entry, dict):
        yield path, f"is {shown(entry)}; it must be a table with value, unit, kind and source."
        return
    yield from _key_faults(path, entry, (*PARTS, *OPTIONAL), PARTS, "A figure")
    for key in PARTS:
        if key in entry and (fault := _part_fault(key, entry[key], name)):
            yield (*path, key), f"{fault}."
    if "spread" in entry and (fault := _spread_fault(entry["spread"], entry.get("value"), name)):
        yield (*path, "spread"), f"{fault}."


def _part_fault(key: str, part: object, name: str) -> str:
    if name and key == "value":
        return value_fault(name, part)
    if name and key == "unit":
        usual, base = FIGURES[name].unit, FIGURES[name].base
        is_right = isinstance(part, str) and (base_of(part) == base if base else part == usual)
        wanted = f"{base} or a multiple of it such as {usual}" if base else usual
        return "" if is_right else f"is {shown(part)}; it must be {wanted}"
    return part_fault(key, part)


def _spread_fault(spread: object, value: object, name: str) -> str:
    """What is wrong with a spread: each end must be a value that the figure could have."""
    fault = spread_fault(spread, value)
    if fault or not name:
        return fault
    faults = (value_fault(name, end) for end in spread)  # type: ignore[attr-defined]
    return next((f"has an end that {fault}" for fault in faults if fault), "")


def _barrier_faults(path: Keys, figures: dict) -> Iterator[Fault]:
    entries = (figures.get(name) for name in ("barrier_tiles", "time_barrier"))
    tiles, times = (entry.get("value") if isinstance(entry, dict) else None for entry in entries)
    if (
        isinstance(tiles, list | tuple)
        and isinstance(times, list | tuple)
        and len(tiles) != len(times)
    ):
        said = (
            f"has {len(times)} values, but barrier_tiles has {len(tiles)}; each number of tiles "
            "has its time."
        )
        yield (*path, "figures", "time_barrier"), said
