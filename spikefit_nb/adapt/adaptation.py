"""All steps that made a network fit a chip, in order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, distinct, grid


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation(Result):
    """A network as a design makes it for a chip, with each step on the way; ``drift_by_step`` tells
    what each cost.

    Parameters
    ----------
    before : Network, as trained
    steps : tuple of Adapted, each made of the network of the one before; only those that changed
        something
    notes : tuple of str, what could not be done or has to be known, of all steps

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> Adaptation(load_network("digits"))
    Adaptation(as trained: 4,649 synapses)
    """

    before: Network
    steps: tuple[Adapted, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.steps[-1].network if self.steps else self.before

    def then(self, adapted: Adapted) -> "Adaptation":
        """Take one more step; of one that changed nothing only the notes stay.

        Parameters
        ----------
        adapted : Adapted, made of this network

        Returns
        -------
        Adaptation
        """
        is_new = adapted.network is not self.network
        steps = (*self.steps, adapted) if is_new else self.steps
        return Adaptation(self.before, steps).noted(*self.notes, *adapted.notes)

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

    @property
    def headline(self) -> str:
        """Every step, and the synapses left."""
        words = ", then ".join(step.step for step in self.steps) or "as trained"
        return f"{words}: {self.network.n_synapses:,} synapses"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The size of the network to go on with, then its size and error after each step."""
        return (
            Quantity("n_neurons", "Neurons", self.network.n_neurons),
            Quantity("n_synapses", "Synapses", self.network.n_synapses),
            *self._after_steps(),
        )

    def _after_steps(self) -> Iterator[Quantity]:
        names = distinct(step.step for step in self.steps)
        for name, step in zip(names, self.steps, strict=True):
            yield Quantity("n_neurons", "Neurons", step.network.n_neurons, of=name)
            yield Quantity("n_synapses", "Synapses", step.network.n_synapses, of=name)
            if step.error:
                yield Quantity("error", "Weights off by", step.error, "%", of=name)

    def table(self) -> str:
        """The steps as HTML."""
        return grid(self._after_steps(), "Step")

    def _card(self) -> tuple[str, ...]:
        return self.headline, self.table()
