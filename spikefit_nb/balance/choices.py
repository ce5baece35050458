"""Remember where a run was laid out, so that a slider or another trial asks no second time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from threading import Lock

from spikefit_nb.balance.auto import Choice
from spikefit_nb.mapping import CoreMap

N_CHOICES = 64


class Choices:
    """What was chosen, by the content of what it was chosen for; the least recently used go
    first.
    """

    def __init__(self, n_choices: int = N_CHOICES):
        self._chosen: OrderedDict[Hashable, Choice] = OrderedDict()
        self._n_choices = n_choices
        self._lock = Lock()

    def of(self, key: Hashable, filled: CoreMap, choose: Callable[[], Choice]) -> Choice:
        """The choice for a key, made only if it is new; of the network and chip that are laid out
        as ``filled``, which have the same content.
        """
        with self._lock:
            known = self._chosen.get(key)
            if known is not None:
                self._chosen.move_to_end(key)
        if known is not None:
            own = replace(known.mapping, network=filled.network, profile=filled.profile)
            return known._replace(mapping=own)
        made = choose()
        with self._lock:
            self._chosen[key] = made
            while len(self._chosen) > self._n_choices:
                self._chosen.popitem(last=False)
        return made

    def forget(self) -> None:
        """Begin empty again."""
        with self._lock:
            self._chosen.clear()


CHOICES = Choices()
