"""All changes that made a network fit a chip, in order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, distinct, grid


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation(Result):
    """A network as a design makes it for a chip, with each change on the way; ``drift_by_change``
    tells what each cost.

    Parameters
    ----------
    before : Network, as trained
    changes : tuple of Adapted, each made of the network of the one before; only those that did
        something
    notes : tuple of str, what could not be done or has to be known, of all changes

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> Adaptation(load_network("digits"))
    Adaptation(as trained: 4,649 synapses)
    """

    before: Network
    changes: tuple[Adapted, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.changes[-1].network if self.changes else self.before

    def then(self, adapted: Adapted) -> "Adaptation":
        """Make one more change; of one that did nothing only the notes stay.

        Parameters
        ----------
        adapted : Adapted, made of this network

        Returns
        -------
        Adaptation
        """
        is_new = adapted.network is not self.network
        changes = (*self.changes, adapted) if is_new else self.changes
        return Adaptation(self.before, changes).noted(*self.notes, *adapted.notes)

    def noted(self, *notes: str) -> "Adaptation":
        """Say something more, if it is not said yet.

        Parameters
        ----------
        notes : str

        Returns
        -------
        Adaptation
        """
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def _headline(self) -> str:
        words = ", then ".join(made.change for made in self.changes) or "as trained"
        return f"{words}: {self.network.n_synapses:,} synapses"

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            Quantity("n_neurons", "Neurons", self.network.n_neurons),
            Quantity("n_synapses", "Synapses", self.network.n_synapses),
            *self._after_changes(),
        )

    def _after_changes(self) -> Iterator[Quantity]:
        names = distinct(made.change for made in self.changes)
        for name, made in zip(names, self.changes, strict=True):
            yield Quantity("n_neurons", "Neurons", made.network.n_neurons, of=name)
            yield Quantity("n_synapses", "Synapses", made.network.n_synapses, of=name)
            if made.error:
                yield Quantity("error", "Weights off by", made.error, "%", of=name)

    def table(self) -> str:
        """The changes as HTML."""
        return grid(self._after_changes(), "Change")

    def _card(self) -> tuple[str, ...]:
        return self.headline, self.table()
