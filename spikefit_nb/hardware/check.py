"""What may stand in a profile: one check for files, for ``replace`` and for profiles made by hand.

It looks at a *document*, the tables of a profile file as ``tomllib`` gives them, and says where
which fault is.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from spikefit_nb.hardware.families import FAMILIES
from spikefit_nb.hardware.figures import ABOVE_ZERO, FIGURES, MAY_BE_ZERO, STEPS, base_of
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
    "included",
    "figures",
    "checks",
    "sets",
)
KEYS_OF_SET = ("title", "included", "figures")
FIRST_YEAR, LAST_YEAR = 1900, 2100
NARROWEST_WEIGHT_BITS, WIDEST_WEIGHT_BITS = 2, 16  # what quantizing knows
ANY_NUMBER = "number{}, 0 or more and finite"
NO_ZERO = "number, above 0 and finite"
LIMITS_OF_LISTS = {
    "weight_bits": f"; its largest must be from {NARROWEST_WEIGHT_BITS} to {WIDEST_WEIGHT_BITS}",
    "barrier_tiles": ", each larger than the one before",
}


def document_faults(document: dict) -> Iterator[Fault]:
    """Find all that is wrong with a profile."""
    yield from _key_faults((), document, KEYS, NEEDED, "A profile")
    known_values = {"family": tuple(FAMILIES), "step": STEPS, "arithmetic": arithmetic_names()}
    for key, known in known_values.items():
        if key in document and document[key] not in known:
            must = f"it must be one of {', '.join(known)}."
            yield (key,), f"is {shown(document[key])}; {must}{_nearest(document[key], known)}"
    yield from _text_faults((), document, ("name", "title"))
    year = document.get("year", FIRST_YEAR)
    if not isinstance(year, int) or isinstance(year, bool) or not FIRST_YEAR <= year <= LAST_YEAR:
        yield (
            ("year",),
            f"is {shown(year)}; it must be a whole number from {FIRST_YEAR} to {LAST_YEAR}.",
        )
    yield from _coefficient_faults((), document, {})
    yield from _table_faults((), document, ("checks", "sets"))
    for name, entry in _entries(document, "checks"):
        yield from _name_faults(("checks", name))
        yield from _figure_faults(("checks", name), entry)
    for name, entry in _entries(document, "sets"):
        yield from _name_faults(("sets", name))
        if isinstance(entry, dict):
            yield from _key_faults(
                ("sets", name), entry, KEYS_OF_SET, ("title",), "A set of coefficients"
            )
            yield from _text_faults(("sets", name), entry, ("title",))
            yield from _coefficient_faults(
                ("sets", name), entry, dict(_entries(document, "figures"))
            )
        else:
            yield ("sets", name), f"is {shown(entry)}; it must be a table."


def arithmetic_names() -> tuple[str, ...]:
    """The numbers that neurons of a chip can count in: float32, and those of all families."""
    return ("float32", *(name for family in FAMILIES.values() for name in family.arithmetics))


def value_fault(name: str, value: object) -> str:
    """Say what is wrong with the value of a figure."""
    return "" if _is_value(name, value) else f"is {shown(value)}; it must be {_wanted_value(name)}"


def least(name: str) -> int:
    """The smallest number a figure can have: there is at least one of what is counted."""
    return int(FIGURES[name].is_count and name not in MAY_BE_ZERO)


def written_path(path: Keys) -> str:
    """Write the keys that lead to a place as TOML does."""
    keys = (str(key) for key in path)
    return ".".join(key if key.isidentifier() and len(key) <= 60 else shown(key) for key in keys)


def _nearest(name: object, known: Iterable[str]) -> str:
    near = get_close_matches(str(name)[:99], known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _entries(holder: dict, key: str) -> Iterable[tuple[str, object]]:
    table = holder.get(key)
    return table.items() if isinstance(table, dict) else ()


def _key_faults(path: Keys, table: dict, known: Keys, needed: Keys, what: str) -> Iterator[Fault]:
    has = f"{what} has {', '.join(known[:-1])} and {known[-1]}."
    for key in needed:
        if key not in table:
            yield path, f"lacks the key {key!r}. {has}"
    for key in table:
        if key not in known:
            yield (*path, key), f"is an unknown key.{_nearest(key, known)} {has}"


def _table_faults(path: Keys, holder: dict, keys: Keys) -> Iterator[Fault]:
    for key in keys:
        if not isinstance(holder.get(key, {}), dict):
            yield (*path, key), f"is {shown(holder[key])}; it must be a table."


def _text_faults(path: Keys, holder: dict, keys: Keys) -> Iterator[Fault]:
    for key in keys:
        if key in holder and not is_text(holder[key]):
            yield (*path, key), f"is {shown(holder[key])}; it must be a text."


def _name_faults(path: Keys) -> Iterator[Fault]:
    if not is_text(path[-1]):
        yield path, "is no name; it must be a text."


def _known_faults(path: Keys, name: object, said: str = "is") -> Iterator[Fault]:
    if not isinstance(name, str) or name not in FIGURES:
        known = f"{len(FIGURES)} names are known: spikefit_nb.hardware.FIGURES."
        yield path, f"{said} no figure of the vocabulary.{_nearest(name, FIGURES)} {known}"


def _coefficient_faults(path: Keys, holder: dict, below: dict) -> Iterator[Fault]:
    """Faults of the figures and inclusions of a chip, or of a set laid over figures ``below``."""
    yield from _table_faults(path, holder, ("included", "figures"))
    figures = dict(_entries(holder, "figures"))
    for name, by in _entries(holder, "included"):
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


def _wanted_value(name: str) -> str:
    meaning = FIGURES[name]
    if meaning.shape == "words":
        return f"a list of texts, the {meaning.unit}"
    measured = NO_ZERO if name in ABOVE_ZERO else ANY_NUMBER
    number = (
        f"whole number{{}} of {meaning.unit}, {least(name)} or more"
        if meaning.is_count
        else measured
    )
    rest = LIMITS_OF_LISTS.get(name, "")
    return (
        f"a list of {number.format('s')}{rest}"
        if meaning.shape == "numbers"
        else f"a {number.format('')}"
    )


def _part_fault(key: str, part: object, name: str) -> str:
    if not name:
        return part_fault(key, part)
    if key == "value":
        return value_fault(name, part)
    if key == "unit" and not _is_unit(name, part):
        usual, base = FIGURES[name].unit, FIGURES[name].base
        return (
            f"is {shown(part)}; it must be "
            f"{f'{base} or a multiple of it such as {usual}' if base else usual}"
        )
    return part_fault(key, part)


def _spread_fault(spread: object, value: object, name: str) -> str:
    """What is wrong with a spread: each end must be a value that the figure could have."""
    fault = spread_fault(spread, value)
    if fault or not name:
        return fault
    faults = (value_fault(name, end) for end in spread)  # type: ignore[attr-defined]
    return next((f"has an end that {fault}" for fault in faults if fault), "")


def _is_unit(name: str, unit: object) -> bool:
    base = FIGURES[name].base
    return isinstance(unit, str) and (base_of(unit) == base if base else unit == FIGURES[name].unit)


def _is_value(name: str, value: Any) -> bool:
    meaning = FIGURES[name]
    is_list = isinstance(value, list | tuple)
    if is_list == (meaning.shape == "number") or (is_list and not value):
        return False
    values = value if is_list else [value]
    if meaning.shape == "words":
        return all(is_text(word) for word in values)
    if not all(is_number(number) and number >= least(name) for number in values):
        return False
    if name in ABOVE_ZERO and not value:
        return False
    if meaning.is_count and not all(isinstance(number, int) for number in values):
        return False
    if name == "barrier_tiles":
        return all(first < second for first, second in pairwise(values))
    return name != "weight_bits" or NARROWEST_WEIGHT_BITS <= max(values) <= WIDEST_WEIGHT_BITS


def _barrier_faults(path: Keys, figures: dict) -> Iterator[Fault]:
    entries = (figures.get(name) for name in ("barrier_tiles", "time_barrier"))
    tiles, times = (entry.get("value") if isinstance(entry, dict) else None for entry in entries)
    if isinstance(tiles, list) and isinstance(times, list) and len(tiles) != len(times):
        said = (
            f"has {len(times)} values, but barrier_tiles has {len(tiles)}; each number of tiles "
            "has its time."
        )
        yield (*path, "figures", "time_barrier"), said
