"""A folder of modules that all offer one thing: the list of them is the folder's."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

Offered = TypeVar("Offered")


class Listed(Mapping[str, Offered]):
    """What each module of a package offers under one name; it is imported when it is asked for.

    Parameters
    ----------
    package : str, the full name of the package
    offered : str, the name under which each of its modules offers something

    Examples
    --------
    >>> list(Listed("json", "JSONDecoder"))
    ['decoder', 'encoder', 'scanner', 'tool']
    >>> Listed("json", "JSONDecoder")["decoder"].__name__
    'JSONDecoder'
    """

    def __init__(self, package: str, offered: str) -> None:
        self.package, self.offered = package, offered

    def __getitem__(self, name: str) -> Offered:
        if name not in self:
            raise KeyError(name)
        return getattr(import_module(f"{self.package}.{name}"), self.offered)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def _names(self) -> tuple[str, ...]:
        return _modules_in(tuple(sys.modules[self.package].__path__))


@cache
def _modules_in(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(module.name for module in iter_modules(folders)))
