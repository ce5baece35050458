"""All steps that made a network fit a chip, in order."""

from dataclasses import dataclass

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.html import Row, card, table
from spikefit_nb.network import Network
from spikefit_nb.units import text


@dataclass(frozen=True, eq=False, repr=False)
class Adaptation:
    """A network as a design makes it for a chip, with each step on the way; ``drift_by_step`` tells
    what each cost.

    Parameters
    ----------
    before : Network, as trained
    steps : tuple of Adapted, each made of the network of the one before; only those that changed
        something

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> Adaptation(load_network("digits"))
    Adaptation(as trained: 4,649 synapses)
    """

    before: Network
    steps: tuple[Adapted, ...] = ()

    @property
    def network(self) -> Network:
        """The network to go on with."""
        return self.steps[-1].network if self.steps else self.before

    def then(self, adapted: Adapted) -> "Adaptation":
        """Take one more step, which is left out if it changed nothing.

        Parameters
        ----------
        adapted : Adapted, made of this network

        Returns
        -------
        Adaptation
        """
        if adapted.network is self.network:
            return self
        return Adaptation(self.before, (*self.steps, adapted))

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be done or has to be known, of all steps."""
        return tuple(dict.fromkeys(note for step in self.steps for note in step.notes))

    def cells(self) -> list[tuple[str, str, str, str]]:
        """(step, neurons, synapses, weights off by) after each step."""
        return [
            (
                s.step,
                f"{s.network.n_neurons:,}",
                f"{s.network.n_synapses:,}",
                "" if not s.error else text(s.error, "%"),
            )
            for s in self.steps
        ]

    def rows(self) -> list[Row]:
        """(label, value, unit)."""
        return [
            *(
                (
                    step,
                    f"{neurons} neurons, {synapses} synapses"
                    + (f", weights {off} off" if off else ""),
                    "",
                )
                for step, neurons, synapses, off in self.cells()
            ),
            *(("Note", note, "") for note in self.notes),
        ]

    def __repr__(self) -> str:
        words = ", then ".join(step.step for step in self.steps) or "as trained"
        return f"Adaptation({words}: {self.network.n_synapses:,} synapses)"

    def table(self) -> str:
        """The steps as HTML."""
        return table(
            self.cells(), header=("Step", "Neurons", "Synapses", "Weights off by"), align="lrrr"
        )

    def _repr_html_(self) -> str:
        return card(repr(self)[len("Adaptation(") : -1], self.table(), notes=self.notes)
