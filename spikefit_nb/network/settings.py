"""A setting of a network's populations: one number for all, or of some their own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spikefit_nb.errors import UnknownName
from spikefit_nb.network.network import Network


class PerPopulation(Mapping[str, Any]):
    """Settings by the name of a population: a mapping that cannot change, and has a hash.

    Parameters
    ----------
    settings : mapping of population to setting

    Examples
    --------
    >>> bits = PerPopulation({"hidden": 4, "out": 8})
    >>> bits, bits == {"out": 8, "hidden": 4}, len({bits, PerPopulation(bits)})
    ({'hidden': 4, 'out': 8}, True, 1)
    """

    __slots__ = ("_settings",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = dict(settings)

    def __getitem__(self, name: str) -> Any:
        return self._settings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)

    def __hash__(self) -> int:
        return hash(frozenset(self._settings.items()))

    def __repr__(self) -> str:
        return repr(self._settings)


def setting_of(setting: Any, name: str, default: Any = None) -> Any:
    """Find the setting of one population.

    What a change of adaptation makes of a population, "hidden/relays", has the setting of "hidden"
    where it has none of its own.

    Parameters
    ----------
    setting : one for all, or a mapping of population to its own
    name : str, of the population
    default : what populations have that the mapping does not name

    Returns
    -------
    one setting

    Examples
    --------
    >>> setting_of(4, "hidden"), setting_of({"hidden": 4}, "hidden/relays", 8)
    (4, 4)
    >>> setting_of({"hidden": 4}, "out", 8)
    8
    """
    if not isinstance(setting, Mapping):
        return setting
    while name not in setting and "/" in name:
        name = name.rpartition("/")[0]
    return setting.get(name, default)


def setting_in_words(setting: Any, said: Callable[[Any], str] = str) -> str:
    """Write a setting as words, with the populations that have their own.

    Parameters
    ----------
    setting : one for all, or a mapping of population to its own
    said : callable that writes one

    Returns
    -------
    str

    Examples
    --------
    >>> setting_in_words(4), setting_in_words({"hidden": 4, "out": 8})
    ('4', '4 (hidden) and 8 (out)')
    """
    if not isinstance(setting, Mapping):
        return said(setting)
    *most, last = [f"{said(own)} ({name})" for name, own in setting.items()] or ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def settings_of(network: Network, setting: Any, default: Any = None) -> dict[str, Any]:
    """Find the setting of every population with neurons.

    Parameters
    ----------
    network : Network
    setting : one for all, or a mapping of population to its own
    default : what populations have that the mapping does not name

    Returns
    -------
    dict of population to setting, in the order of the network

    Raises
    ------
    UnknownName
        The mapping names what is no population with neurons.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("a", (2,), IF(1.0)),
    ...                    Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "a", np.eye(2)),
    ...                    Projection("a", "out", np.ones((2, 1)))])
    >>> settings_of(network, {"a": 0.5}, 0.0)
    {'a': 0.5, 'out': 0.0}
    """
    names = [p.name for p in network.neuron_populations]
    if isinstance(setting, Mapping):
        for name in setting:
            if name not in names and not any(f"{known}/".startswith(f"{name}/") for known in names):
                raise UnknownName("population with neurons", name, names)
    return {name: setting_of(setting, name, default) for name in names}


def settings_given(network: Network, setting: Any) -> dict[str, Any]:
    """Find the setting of the populations that are given one: all, or those a mapping names.

    Parameters
    ----------
    network : Network
    setting : one for all, or a mapping of population to its own, None for no setting

    Returns
    -------
    dict of population to setting, in the order of the network

    Raises
    ------
    UnknownName
        The mapping names what is no population with neurons.

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> settings_given(load_network("digits"), {"digit": 8, "hidden": None})
    {'digit': 8}
    """
    each = settings_of(network, setting)
    if not isinstance(setting, Mapping):
        return each
    return {name: own for name, own in each.items() if own is not None}
