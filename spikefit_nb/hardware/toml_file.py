"""Profile files: strict TOML in, faults with their lines; one canonical layout out. Reading one can
execute nothing.
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import islice

from spikefit_nb.errors import ProfileProblem
from spikefit_nb.hardware.check import Fault, Keys, document_faults, written_path

LARGEST_FILE_BYTES = 256 * 1024
# characters: a key of thousands of dotted parts would keep the TOML reader busy for minutes
LONGEST_LINE = 2_000
MOST_FAULTS_TOLD = 50
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
ESCAPES = {code: f"\\u{code:04X}" for code in [*range(32), 127]} | {
    ord(c): f"\\{name}" for c, name in zip('"\\\b\t\n\f\r', '"\\btnfr', strict=True)
}

# Enough of TOML's grammar to find where a key stands in a file that tomllib has accepted.
KEY = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
DOTTED = rf"{KEY}(?:[ \t]*\.[ \t]*{KEY})*"
HEADER = re.compile(rf"\[\[?[ \t]*({DOTTED})[ \t]*\]\]?")
ASSIGNMENT = re.compile(rf"({DOTTED})[ \t]*=")
BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)+")
PIECE_OF_VALUE = re.compile(
    r'''"""(?:\\[\s\S]|[^\\])*?"""{1,3}|\'\'\'[\s\S]*?\'\'\'{1,3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*\''''
    r"""|#[^\n]*|[\[{]|[\]}]|\n|[^"'#\[\]{}\n]+"""
)


def read_document(content: bytes | str, file_name: str) -> dict:
    r"""Read a profile file strictly."""
    content = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(content) > LARGEST_FILE_BYTES:
        raise ProfileProblem(
            f"{file_name} is too large for a profile: more than {LARGEST_FILE_BYTES:,} bytes."
        )
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileProblem(
            f"{file_name}, line {line}: this is not text in UTF-8; save it with that encoding."
        ) from None
    longest = max(map(len, text.split("\n")))
    if longest > LONGEST_LINE:
        raise ProfileProblem(
            f"{file_name} has a line of {longest:,} characters; at most {LONGEST_LINE:,} are read."
        )
    try:
        document = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # also of numbers and nestings that Python finds too long
        raise ProfileProblem(_not_toml(file_name, str(error))) from None
    faults = list(islice(document_faults(document), MOST_FAULTS_TOLD + 1))
    if faults:
        raise ProfileProblem(_told(faults, find_lines(text), file_name))
    return document


def find_lines(text: str) -> dict[Keys, int]:
    r"""Find the line of each table and key of a text that is TOML."""
    lines: dict[Keys, int] = {}
    mentioned: dict[Keys, int] = {}  # tables that only stand in the names of others
    table: Keys = ()
    at, line = 0, 1
    while at < len(text):
        start = at
        if blank := BLANK.match(text, at):
            at = blank.end()
        elif header := HEADER.match(text, at):
            key = table = _keys(header[1])
            at = header.end()
        elif assignment := ASSIGNMENT.match(text, at):
            key = (*table, *_keys(assignment[1]))
            at = _end_of_value(text, assignment.end())
        else:
            break
        if not blank:
            lines.setdefault(key, line)
            for n_keys in range(1, len(key)):
                mentioned.setdefault(key[:n_keys], line)
        line += text.count("\n", start, at)
    return mentioned | lines


def to_toml(document: dict) -> str:
    """Write a document in the canonical layout: keys, then tables, one blank line between them."""
    return "\n".join(_blocks((), document))


def _blocks(path: Keys, table: dict) -> Iterator[str]:
    lines = [
        f"{_key(key)} = {_value(value)}\n"
        for key, value in table.items()
        if not isinstance(value, dict)
    ]
    if lines:
        yield "".join([f"[{'.'.join(map(_key, path))}]\n"] * bool(path) + lines)
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _blocks((*path, key), value)


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return f'"{value.translate(ESCAPES)}"'
    return f"[{', '.join(map(_value, value))}]" if isinstance(value, tuple) else repr(value)


def _told(faults: list[Fault], lines: dict[Keys, int], file_name: str) -> str:
    """All faults in the order of their lines."""
    numbered = [
        (_line_of(path, lines), written_path(path), fault)
        for path, fault in faults[:MOST_FAULTS_TOLD]
    ]
    told = [
        f"{file_name}{f', line {line}' if line else ''}: "
        f"{f'{where} ' if where else 'the file '}{fault}"
        for line, where, fault in sorted(numbered, key=lambda item: item[0])
    ]
    if len(faults) == 1:
        return told[0]
    n_faults = f"more than {MOST_FAULTS_TOLD}" if len(faults) > MOST_FAULTS_TOLD else len(faults)
    return "\n".join([f"{file_name} has {n_faults} problems.", *told])


def _line_of(path: Keys, lines: dict[Keys, int]) -> int:
    """The line of a key; where that is not known of the table around it; 0 where neither is."""
    return next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), 0)


def _not_toml(file_name: str, said: str) -> str:
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", said, re.DOTALL)
    if found:
        return f"{file_name}, line {found[2]}: this is not TOML: {found[1]} (column {found[3]})."
    return f"{file_name} is not TOML: {said.removesuffix('.')}."


def _keys(dotted: str) -> Keys:
    """The keys of a dotted one, read by the parser itself."""
    found, table = [], tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        ((key, table),) = table.items()
        found.append(key)
    return tuple(found)


def _end_of_value(text: str, at: int) -> int:
    depth = 0
    while piece := PIECE_OF_VALUE.match(text, at):
        if piece[0] == "\n" and depth == 0:
            break
        depth += (piece[0] in "[{") - (piece[0] in "]}")
        at = piece.end()
    return at
