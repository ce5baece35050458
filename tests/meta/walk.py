"""Follow a call from room to room: which verbs are called from a floor above, in which order."""

import ast
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.meta.source import FUNCTION, PACKAGE, is_public, modules, room_of
from tests.meta.test_docstrings import offered_by
from tests.meta.test_floors import FLOOR_OF

LOWEST = FLOOR_OF["simulate"]  # below it stand nouns and what reads them; verbs of a run begin here


def verbs() -> dict[tuple[str, str], Path]:
    """Modules of the functions that rooms offer to the floors above, by file and name."""
    trees = dict(modules())
    found = {}
    for path, tree in trees.items():
        if FLOOR_OF.get(room_of(path), 0) >= LOWEST:
            names = set(functions(tree)) & (offered_by(path, trees) or set())
            found |= {(str(PACKAGE / path), name): path for name in names}
    return found


def functions(tree: ast.Module) -> Iterator[str]:
    """Public functions of a module."""
    yield from (n.name for n in tree.body if isinstance(n, FUNCTION) and is_public(n.name))


def walk(call: Callable[[], object]) -> list[str]:
    """Verbs that are called from a floor above, such as "adapt/retime", repeats in a row once."""
    known, places = verbs(), []

    def entered(frame, event, _):
        here = (frame.f_code.co_filename, frame.f_code.co_name)
        if event != "call" or here not in known or not is_from_above(frame):
            return
        place = known[here].with_suffix("").as_posix()
        if not places or places[-1] != place:
            places.append(place)

    threading.setprofile(entered)  # of threads that the call starts, such as a search's own
    sys.setprofile(entered)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return places


def is_from_above(frame) -> bool:
    """Whether the nearest caller in the package stands on a higher floor, or is no part of it; what
    checks a verb's arguments on the way to it calls nothing of its own accord.
    """
    caller = frame.f_back
    while caller is not None and not is_of_package(caller):
        caller = caller.f_back
    return caller is None or floor(caller) > floor(frame)


def is_of_package(frame) -> bool:
    """Whether a frame runs in a room of the package."""
    name = frame.f_code.co_filename
    return name.startswith(str(PACKAGE)) and name != str(PACKAGE / "errors.py")


def floor(frame) -> int:
    """The floor of the room that a frame runs in."""
    return FLOOR_OF[room_of(Path(frame.f_code.co_filename).relative_to(PACKAGE))]


def entered_again(places: list[str]) -> list[str]:
    """Modules that are entered once more after they were left."""
    return sorted({place for n, place in enumerate(places) if place in places[:n]})
