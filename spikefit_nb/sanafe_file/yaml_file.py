"""A YAML file as mappings, lists and texts that know their line: no tags, aliases or programs."""

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from spikefit_nb.errors import FileProblem

LARGEST_BYTES = 256 * 1024
DEEPEST = 32  # levels; an architecture has eight
KNOWN_TAGS = ("map", "seq", "str", "int", "float", "bool", "null")
RANGE = re.compile(r"([^\[\]]*)\[(\d{1,9})\.\.(\d{1,9})\]")


@dataclass(frozen=True, eq=False)
class Entry:
    """One value of a file, and where it stands."""

    value: Any  # a mapping or list of entries, or the text of a scalar
    line: int
    path: str  # the keys to it
    file_name: str

    def problem(self, text: str) -> FileProblem:
        """An error that names the file, the line and the key."""
        return FileProblem(f"{self.file_name}, line {self.line}: {self.path or 'the file'} {text}")

    def has(self, key: str) -> bool:
        """Whether this is a mapping with that key."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str) -> "Entry":
        """The value of a key."""
        if not isinstance(self.value, dict):
            raise self.problem(f"is {self.shown}; it must be a mapping with the key {key!r}.")
        if key not in self.value:
            raise self.problem(f"lacks the key {key!r}; it has {', '.join(self.value) or 'none'}.")
        return self.value[key]

    def each(self, key: str) -> list["Entry"]:
        """The entries of a key that holds one mapping or a list of them."""
        found = self.at(key)
        entries = found.value if isinstance(found.value, list) else [found]
        if not entries:
            raise found.problem("is an empty list; it needs at least one entry.")
        return entries

    @property
    def text(self) -> str:
        """The text of a scalar."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.problem(f"is {self.shown}; it must be a text.")
        return self.value

    @property
    def number(self) -> float:
        """A number of 0 or more."""
        try:
            number = float(self.text)
        except ValueError:
            number = math.nan
        if not 0 <= number < math.inf:
            raise self.problem(f"is {self.shown}; it must be a number, 0 or more and finite.")
        return number

    @property
    def count(self) -> int:
        """A whole number of 1 or more."""
        if not re.fullmatch(r"\+?\d{1,9}", self.text) or int(self.text) < 1:
            raise self.problem(f"is {self.shown}; it must be a whole number from 1 to 999999999.")
        return int(self.text)

    @property
    def copies(self) -> tuple[str, int]:
        """A name without its range, and how many it asks for: ``core[0..3]`` is four cores."""
        found = RANGE.fullmatch(self.text)
        if not found:
            return self.text, 1
        first, last = int(found[2]), int(found[3])
        if last < first:
            raise self.problem(f"is {self.shown}; its range runs backwards.")
        return found[1], last - first + 1

    @property
    def shown(self) -> str:
        """The value for a message, cut where it grows too long."""
        if isinstance(self.value, dict | list):
            return "a mapping" if isinstance(self.value, dict) else "a list"
        return f"{self.value!r:.60}"


def read_yaml(path: str | Path) -> Entry:
    """Read a YAML file of bounded size and depth, without tags of its own and without aliases."""
    path = Path(path).expanduser()
    if not os.path.isfile(path):
        raise FileProblem(f"There is no file {str(path)!r}.")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise FileProblem(f"{path.name} cannot be read: {error.strerror}.") from None
    if len(content) > LARGEST_BYTES:
        raise FileProblem(
            f"{path.name} is too large for an architecture: more than {LARGEST_BYTES:,} bytes."
        )
    return parse_yaml(content, path.name)


def parse_yaml(content: bytes | str, file_name: str) -> Entry:
    r"""Turn the content of a YAML file into entries."""
    try:
        _refuse_aliases(yaml.parse(content, Loader=yaml.SafeLoader), file_name)
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        raise FileProblem(
            f"{file_name}{line}: this is not YAML: {error.problem or error.context}."
        ) from None
    except yaml.YAMLError as error:
        raise FileProblem(f"{file_name} is not YAML: {str(error).splitlines()[0]}.") from None
    if node is None:
        raise FileProblem(f"{file_name} is empty.")
    return _entry(node, "", file_name)


def _refuse_aliases(events: Iterator, file_name: str) -> None:
    """Refuse aliases, which can blow up, and deep nesting, before a file is composed."""
    depth = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FileProblem(
                f"{file_name}, line {line}: {event.anchor!r} is an anchor or alias; "
                "write out what it stands for."
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise FileProblem(f"{file_name}, line {line}: nested deeper than {DEEPEST} levels.")


def _entry(node: Any, path: str, file_name: str) -> Entry:
    place = Entry(None, node.start_mark.line + 1, path, file_name)
    if node.tag.removeprefix("tag:yaml.org,2002:") not in KNOWN_TAGS:
        raise place.problem(
            f"has the tag {node.tag!r:.60}; only plain mappings, lists and values are read."
        )
    if isinstance(node, yaml.ScalarNode):
        return Entry(node.value, place.line, path, file_name)
    if isinstance(node, yaml.SequenceNode):
        items = [_entry(item, f"{path}[{k}]", file_name) for k, item in enumerate(node.value)]
        return Entry(items, place.line, path, file_name)
    entries: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise place.problem("has a key that is not a plain text.")
        entry = _entry(value, f"{path}.{key.value}" if path else key.value, file_name)
        if key.value in entries:
            raise entry.problem("is said a second time.")
        entries[key.value] = entry
    return Entry(entries, place.line, path, file_name)
