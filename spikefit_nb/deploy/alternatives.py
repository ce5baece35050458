"""What people would use instead: the same layers as an ANN, and processors that run one."""

from collections.abc import Iterator
from dataclasses import dataclass

from spikefit_nb.html import folded, table
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result, grid, listed
from spikefit_nb.replay import (
    ADD,
    MULTIPLY,
    PROCESSORS,
    READ,
    Interval,
    Operation,
    Processor,
    SameLayers,
)
from spikefit_nb.units import text

ANN, SPIKES, HERE = "Same layers as an ANN", "Same layers with spikes", "This chip"


@dataclass(frozen=True, eq=False, repr=False)
class Alternatives(Result):
    """What the same layers would cost otherwise.

    - As an ANN of the same bits on the same silicon: both from one table of energies, memory
      included, see ``replay.SameLayers``. So ``break_even`` asks no figure of the chip.
    - On a processor for ANNs, in the report's scenario: ``energy = multiply-accumulates * energy of
      one``, and with live input ``+ power while it waits * length of the recording``.

    Parameters
    ----------
    layers : SameLayers
    operation : Operation, of the chip
    network : Network, as run
    n_macs : int, multiply-accumulates of an inference of the ANN, zeros included

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> deploy(*digits).alternatives()
    Alternatives(no spike rate is expected to beat the same ANN in 65 steps;
                 with the kindest figures below 1.6 % a step (here 26.3 %);
                 MAX78000 40.9 nJ against 4.7 µJ here)
    """

    layers: SameLayers
    operation: Operation
    network: Network
    n_macs: int

    @property
    def waiting_s(self) -> float:
        """How long a processor waits for the input of an inference."""
        return self.operation.recording_s if self.operation.is_live else 0.0

    @property
    def processors_j(self) -> dict[str, Interval]:
        """Energy of an inference on each processor that holds the weights."""
        return {p.name: p.energy_j(self.n_macs, self.waiting_s) for p in self._holding}

    @property
    def cheaper(self) -> tuple[str, ...]:
        """Processors that need less than this chip, the cheapest first; none where its energy is
        not published.
        """
        here, found = self.operation.energy_j, self.processors_j
        if here is None:
            return ()
        names = [name for name, energy in found.items() if energy.value < here.value]
        return tuple(sorted(names, key=lambda name: found[name].value))

    @property
    def verdict(self) -> str:
        """That a processor would need less, and what that rests on; empty where none does."""
        if not self.cheaper:
            return ""
        processor = next(p for p in PROCESSORS if p.name == self.cheaper[0])
        energy, here = self.processors_j[processor.name], self.operation.energy_j
        surely = "would" if energy.high < here.low else "may"  # type: ignore[union-attr]
        left_out = (
            "awake all the time; turning events into frames left out"
            if self.operation.is_live
            else "loading weights and input left out"
        )
        return (
            f"{processor.name}, {processor.what}, {surely} need {self._against(processor)} for an "
            f"ANN of the same layers ({processor.weakest_kind} figures; {left_out})"
        )

    @property
    def against_ann(self) -> str:
        """At which spike rate spikes would cost less than the ANN, and at which they are."""
        limit, here = self.layers.break_even, f"(here {text(self.layers.spikes_per_step, '%')})"
        if limit is None:
            return "no spikes to compare with the same ANN"
        if limit.value >= 1:
            return f"spikes beat the same ANN at any rate {here}"
        if limit.value:
            beat = "beat" if self.layers.spikes_per_step < limit.value else "would beat"
            return f"spikes {beat} the same ANN below {text(limit.value, '%')} a step {here}"
        n_steps = self.layers.n_steps
        at_no_rate = f"no spike rate is expected to beat the same ANN in {n_steps} steps"
        if not limit.high:
            return at_no_rate
        return f"{at_no_rate}; with the kindest figures below {text(limit.high, '%')} a step {here}"

    @property
    def _holding(self) -> tuple[Processor, ...]:
        return tuple(p for p in PROCESSORS if p.holds(self.network))

    def _against(self, processor: Processor) -> str:
        """What a processor needs, beside what this chip needs."""
        needed, here = self.processors_j[processor.name].value, self.operation.energy_j
        if here is None:
            return f"{text(needed, 'J')}, here not published"
        static = "" if self.operation.static_power_w else " without static power"
        return f"{text(needed, 'J')} against {text(here.value, 'J')} here{static}"

    def _headline(self) -> str:
        said = [f"{p.name} {self._against(p)}" for p in self._holding[:1]]
        return "; ".join([self.against_ann, *said])

    def _quantities(self) -> Iterator[Quantity]:
        layers, limit = self.layers, self.layers.break_even
        yield Quantity("spikes_per_step", "Spikes a neuron and step", layers.spikes_per_step, "%")
        if limit is not None:
            yield limit.told("break_even", "  beats the ANN below", "%")
        if layers.break_even_steps is not None:
            steps = layers.break_even_steps
            yield steps.told("break_even_steps", "  or at this rate, in fewer steps than", "")
        yield Quantity("n_macs", "Multiply-accumulates", layers.n_macs, of=ANN)
        yield layers.ann_j.told("energy_j", "Energy", "J")._replace(of=ANN, kind=READ.kind)
        operations = layers.synaptic_operations
        yield Quantity("synaptic_operations", "Synaptic operations", operations, of=SPIKES)
        yield layers.spiking_j.told("energy_j", "Energy", "J")._replace(of=SPIKES, kind=READ.kind)
        here = self.operation.energy_j
        told = here.told("energy_j", "Energy", "J") if here else Quantity("energy_j", "", None, "J")
        yield told._replace(label="Energy", of=HERE)
        for p in self._holding:
            energy = self.processors_j[p.name].told("energy_j", "Energy", "J")
            yield energy._replace(of=p.name, kind=p.weakest_kind)

    def _notes(self) -> Iterator[str]:
        if self.verdict:
            yield self.verdict
        yield (
            "Same layers: one table of energies at 45 nm for both, so neither is this chip's; ends "
            "are those of memories of 8 KB and 1 MB, and of potentials that stay in registers. "
            "Left out: routing, control, static power, and in both a weight that is kept at hand "
            "for its next use, as a convolution's may be"
        )
        yield (
            f"The ANN computes in weights of {self.layers.weight_bits:.3g} bits and activations of "
            f"{self.layers.activation_bits}, and skips no zero; how accurate it is, is not known"
        )
        yield (
            "Processors: figures of networks of a quarter of a million multiply-accumulates and "
            "more; a smaller one pays more for each. The low end sleeps while it waits"
        )
        for p in PROCESSORS:
            if not p.holds(self.network):
                needed = p.weight_bytes(self.network)
                yield f"{p.name} holds {p.weight_memory.text}, and the weights take {needed:,.0f}"

    def _card(self) -> tuple[str, ...]:
        parts = [q for q in self.quantities if q.of]
        layers = (q for q in parts if q.of in (ANN, SPIKES))
        others = (q for q in parts if q.of not in (ANN, SPIKES))
        return (
            self.headline[:1].upper() + self.headline[1:],
            listed(layers),
            grid(others, "An inference"),
            folded("Sources of the figures", _sources()),
        )


def _sources() -> str:
    """What the comparison rests on, a row each."""
    rows = [("multiply", MULTIPLY), ("add", ADD), ("64 bits of memory", READ)]
    for p in PROCESSORS:
        rows += [(f"{p.name}, multiply-accumulate", p.multiply_accumulate)]
        rows += [(f"{p.name}, awake", p.awake), (f"{p.name}, weights", p.weight_memory)]
    cells = [(name, f.full_text, f.kind, f.source) for name, f in rows]
    return table(cells, header=("Figure", "Value", "Kind", "Source"))
